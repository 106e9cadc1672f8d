/* scatter.c - a label goes to the first of many places around its point where it covers nothing; farther away, a line leads to it. */
#include "scatter.h"

#include <math.h>
#include <stdlib.h>

#include "plot_frame.h"

/* Pixels. */
enum { WIDTH = 760, HEIGHT = 480, LEFT = 78, RIGHT = 726, TOP = 84, BOTTOM = 420 };
enum { DOT = 5, ROW = 15, LEGEND_GAP = 34, RINGS = 9 };

struct box {
    double left, top, right, bottom;
};

static bool is_drawn(const struct sterna_scatter_point *point)
{
    return point->x > 0.0 && sterna_plot_usable(point->x) && sterna_plot_usable(point->y);
}

static struct sterna_plot_frame make_frame(const struct sterna_scatter_point *points, size_t count)
{
    struct sterna_plot_frame frame = {.width = WIDTH,
                                      .height = HEIGHT,
                                      .left = LEFT,
                                      .right = RIGHT,
                                      .top = TOP,
                                      .bottom = BOTTOM,
                                      .x = sterna_plot_axis_none(),
                                      .y = sterna_plot_axis_none()};
    for (size_t i = 0; i < count; i++) {
        if (!is_drawn(&points[i]))
            continue;
        const double deviation = sterna_plot_usable(points[i].deviation) ? points[i].deviation : 0.0;
        sterna_plot_axis_include(&frame.x, log2(points[i].x));
        sterna_plot_axis_include(&frame.y, points[i].y - deviation);
        sterna_plot_axis_include(&frame.y, points[i].y + deviation);
    }
    sterna_plot_axis_finish(&frame.x, 8);
    sterna_plot_axis_finish(&frame.y, 6);
    sterna_plot_axis_round(&frame.y);
    frame.x.power_of_two = true;
    frame.x.step = 1.0; /* an octave: room at both sides for labels */
    frame.x.low = floor(frame.x.low - 0.2);
    frame.x.high = ceil(frame.x.high + 0.4);
    return frame;
}

/* ---- labels -------------------------------------------------------------------------------------------- */

static bool overlaps(const struct box *one, const struct box *other)
{
    return one->left < other->right && other->left < one->right && one->top < other->bottom &&
           other->top < one->bottom;
}

static bool is_free(const struct sterna_plot_frame *frame, const struct box *box, const struct box *taken,
                    size_t n)
{
    if (box->left < frame->left || box->right > frame->right + 24 || box->top < frame->top - 8 ||
        box->bottom > frame->bottom)
        return false;
    for (size_t i = 0; i < n; i++)
        if (overlaps(box, &taken[i]))
            return false;
    return true;
}

/* Around (x, y) in rings: right, left, above, below, and between; an empty box where all is taken. */
static struct box place_label(const struct sterna_plot_frame *frame, double x, double y, double width,
                              const struct box *taken, size_t n)
{
    static const double directions[8][2] = {{1, 0},  {-1, 0}, {0, -1},  {0, 1},
                                            {1, -1}, {1, 1},  {-1, -1}, {-1, 1}};
    for (int ring = 0; ring < RINGS; ring++) {
        for (int i = 0; i < 8; i++) {
            const double *to = directions[i];
            const double away_x = DOT + 4 + ring * ROW, away_y = ROW * 0.9 + ring * ROW;
            const double middle_x = x + to[0] * (away_x + width / 2), middle_y = y + to[1] * away_y;
            const struct box box = {middle_x - width / 2, middle_y - ROW / 2.0, middle_x + width / 2,
                                    middle_y + ROW / 2.0};
            if (is_free(frame, &box, taken, n))
                return box;
        }
    }
    return (struct box){0};
}

static void put_label(FILE *out, const struct sterna_scatter_point *point, const struct box *box, double x,
                      double y)
{
    const double near_x = fmin(fmax(x, box->left), box->right), near_y = fmin(fmax(y, box->top), box->bottom);
    if (hypot(near_x - x, near_y - y) > DOT + ROW)
        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", x, y, near_x, near_y);
    const char *anchor = box->left > x ? "start" : box->right < x ? "end" : "middle";
    const double at = box->left > x    ? box->left + 2
                      : box->right < x ? box->right - 2
                                       : (box->left + box->right) / 2;
    fprintf(out, "<text class=\"f%zu\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
            point->series % STERNA_PLOT_COLOURS, at, box->bottom - 3, anchor);
    sterna_plot_text(out, point->label);
    fprintf(out, "</text>\n");
}

/* ---- points -------------------------------------------------------------------------------------------- */

static void put_mark(FILE *out, size_t series, double x, double y)
{
    const size_t colour = series % STERNA_PLOT_COLOURS;
    if (series < STERNA_PLOT_COLOURS)
        fprintf(out, "<circle class=\"f%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>\n", colour, x, y, DOT);
    else
        fprintf(out, "<rect class=\"f%zu\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\"/>\n", colour,
                x - DOT, y - DOT, 2 * DOT - 1, 2 * DOT - 1);
}

static void put_point(FILE *out, const struct sterna_plot_frame *frame,
                      const struct sterna_scatter_point *point)
{
    const double x = sterna_plot_x(frame, log2(point->x));
    if (sterna_plot_usable(point->deviation))
        fprintf(out, "<path class=\"line c%zu\" d=\"M%.1f %.1fV%.1f\"/>\n",
                point->series % STERNA_PLOT_COLOURS, x, sterna_plot_y(frame, point->y - point->deviation),
                sterna_plot_y(frame, point->y + point->deviation));
    put_mark(out, point->series, x, sterna_plot_y(frame, point->y));
}

static void put_legend(FILE *out, const char *const *series, size_t count)
{
    int x = LEFT;
    for (size_t i = 0; count > 1 && i < count; i++) {
        put_mark(out, i, x + DOT, 57);
        fprintf(out, "<text x=\"%d\" y=\"62\">", x + 2 * DOT + 8);
        sterna_plot_text(out, series[i]);
        fprintf(out, "</text>\n");
        x += LEGEND_GAP + STERNA_PLOT_CHARACTER * sterna_plot_text_length(series[i]);
    }
}

/* Marks and bars are taken first, then labels keep clear of all of them. taken has room for three boxes a point. */
static void put_points(FILE *out, const struct sterna_plot_frame *frame,
                       const struct sterna_scatter_point *points, size_t count, struct box *taken)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_drawn(&points[i]))
            continue;
        const double x = sterna_plot_x(frame, log2(points[i].x)), y = sterna_plot_y(frame, points[i].y);
        const double bar = sterna_plot_usable(points[i].deviation)
                               ? fabs(sterna_plot_y(frame, points[i].y + points[i].deviation) - y)
                               : 0.0;
        taken[n++] = (struct box){x - DOT, y - DOT, x + DOT, y + DOT};
        taken[n++] = (struct box){x - 1, y - bar, x + 1, y + bar};
        put_point(out, frame, &points[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_drawn(&points[i]))
            continue;
        const double x = sterna_plot_x(frame, log2(points[i].x)), y = sterna_plot_y(frame, points[i].y);
        const double width = STERNA_PLOT_CHARACTER * sterna_plot_text_length(points[i].label) + 4;
        taken[n] = place_label(frame, x, y, width, taken, n);
        if (taken[n].right >
            taken[n].left) /* else the colour must do: the table beside the picture has all names */
            put_label(out, &points[i], &taken[n++], x, y);
    }
    if (n == 0)
        sterna_plot_nothing(out, frame);
}

enum sterna_status sterna_plot_scatter(const char *path, const char *title, const char *x_label,
                                       const char *y_label, const struct sterna_scatter_point *points,
                                       size_t count, const char *const *series, size_t series_count,
                                       struct sterna_error *error)
{
    const struct sterna_plot_frame frame = make_frame(points, count);
    struct sterna_plot_page page;

    if (series_count > STERNA_SCATTER_SERIES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: %zu kinds of points, at most %d can be told apart",
                           path, series_count, STERNA_SCATTER_SERIES_MAX);
    struct box *taken = calloc(3 * count + 1, sizeof *taken);
    if (taken == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    enum sterna_status status = sterna_plot_open(path, &page, error);
    if (status == STERNA_OK) {
        sterna_plot_head(page.out, &frame, title);
        sterna_plot_axes(page.out, &frame, x_label, y_label);
        put_legend(page.out, series, series_count);
        put_points(page.out, &frame, points, count, taken);
        status = sterna_plot_close(&page, error);
    }
    free(taken);
    return status;
}
