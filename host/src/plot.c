/* plot.c - line plots. Few curves have their names above the frame and their last values at their ends; many have both in a column at the
 * right, best readable where the eye arrives anyway. */
#include "plot.h"

#include <math.h>

#include "plot_frame.h"

/* Pixels. */
enum { WIDTH = 760, HEIGHT = 440, LEFT = 70, RIGHT = 690, TOP = 84, BOTTOM = 380 };
enum { LEGEND_GAP = 44, LABEL_HEIGHT = 15, SIDE_TOP = 60, SIDE_ROW = 19, SIDE_SAMPLE = 20, SIDE_VALUE = 62 };
/* Curves of so few points show each of them. */
enum { DOTS_MAX = 24 };

static bool is_point(const struct sterna_curve *curve, size_t i)
{
    return sterna_plot_usable(curve->x[i]) && sterna_plot_usable(curve->y[i]);
}

/* ---- layout -------------------------------------------------------------------------------------------- */

/* Whether the names do not fit in one line above the frame. */
static bool needs_side(const struct sterna_curve *curves, size_t count)
{
    int width = 0;
    for (size_t c = 0; c < count; c++)
        width += LEGEND_GAP + STERNA_PLOT_CHARACTER * sterna_plot_text_length(curves[c].label);
    return width > RIGHT - LEFT + LEGEND_GAP || count > STERNA_PLOT_COLOURS;
}

static int longest_name(const struct sterna_curve *curves, size_t count)
{
    int longest = 0;
    for (size_t c = 0; c < count; c++) {
        const int length = sterna_plot_text_length(curves[c].label);
        longest = length > longest ? length : longest;
    }
    return longest;
}

static struct sterna_plot_frame make_frame(const struct sterna_curve *curves, size_t count, bool *empty)
{
    struct sterna_plot_frame frame = {.width = WIDTH,
                                      .height = HEIGHT,
                                      .left = LEFT,
                                      .right = RIGHT,
                                      .top = TOP,
                                      .bottom = BOTTOM,
                                      .x = sterna_plot_axis_none(),
                                      .y = sterna_plot_axis_none()};
    *empty = true;
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < curves[c].count; i++) {
            if (!is_point(&curves[c], i))
                continue;
            sterna_plot_axis_include(&frame.x, curves[c].x[i]);
            if (i >= curves[c].count / 20)
                sterna_plot_axis_include(&frame.y, curves[c].y[i]);
            *empty = false;
        }
    }
    if (frame.x.low > 0 && frame.x.low < frame.x.high / 4)
        frame.x.low = 0;
    sterna_plot_axis_finish(&frame.x, 8);
    sterna_plot_axis_finish(&frame.y, 6);
    sterna_plot_axis_round(&frame.y);
    if (needs_side(curves, count)) {
        frame.top = SIDE_TOP;
        frame.width = RIGHT + LEGEND_GAP + SIDE_SAMPLE + SIDE_VALUE +
                      STERNA_PLOT_CHARACTER * longest_name(curves, count);
    }
    return frame;
}

/* ---- parts of the picture ------------------------------------------------------------------------------ */

/* Curves beyond the number of colours are dashed. */
static void put_sample(FILE *out, size_t curve, double x, double y)
{
    fprintf(out, "<path class=\"line c%zu%s\" d=\"M%.0f %.1fh%d\"/>\n", curve % STERNA_PLOT_COLOURS,
            curve < STERNA_PLOT_COLOURS ? "" : " dashed", x, y, SIDE_SAMPLE);
}

static void put_legend(FILE *out, const struct sterna_curve *curves, size_t count)
{
    int x = LEFT;
    for (size_t c = 0; c < count; c++) {
        put_sample(out, c, x + 1, 57);
        fprintf(out, "<text x=\"%d\" y=\"62\">", x + 28);
        sterna_plot_text(out, curves[c].label);
        fprintf(out, "</text>\n");
        x += LEGEND_GAP + STERNA_PLOT_CHARACTER * sterna_plot_text_length(curves[c].label);
    }
}

/* The line, in pieces between the gaps; a dot for each point that has no neighbour, or for all if they are
 * few. */
static void put_curve(FILE *out, const struct sterna_plot_frame *frame, const struct sterna_curve *curve,
                      size_t c)
{
    const size_t colour = c % STERNA_PLOT_COLOURS;
    bool drawing = false;
    fprintf(out, "<g clip-path=\"url(#frame)\">\n<path class=\"line c%zu%s\" d=\"", colour,
            c < STERNA_PLOT_COLOURS ? "" : " dashed");
    for (size_t i = 0; i < curve->count; i++) {
        bool here = is_point(curve, i);
        if (here)
            fprintf(out, "%s%.1f %.1f", drawing ? "L" : "M", sterna_plot_x(frame, curve->x[i]),
                    sterna_plot_y(frame, curve->y[i]));
        drawing = here;
    }
    fprintf(out, "\"/>\n");
    for (size_t i = 0; i < curve->count; i++) {
        bool before = i > 0 && is_point(curve, i - 1);
        bool after = i + 1 < curve->count && is_point(curve, i + 1);
        bool shown = curve->count <= DOTS_MAX || (!before && !after);
        if (is_point(curve, i) && shown)
            fprintf(out, "<circle class=\"f%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", colour,
                    sterna_plot_x(frame, curve->x[i]), sterna_plot_y(frame, curve->y[i]));
    }
    fprintf(out, "</g>\n");
}

/* ---- ends ---------------------------------------------------------------------------------------------- */

struct end_label {
    size_t curve;
    bool has_value;
    double value, x, y;
};

static void insert_label(struct end_label *labels, size_t n, struct end_label label)
{
    size_t at = n;
    for (; at > 0 && labels[at - 1].y > label.y; at--)
        labels[at] = labels[at - 1];
    labels[at] = label;
}

/* The last point of each curve from the top down; all: also of curves without one, or with one outside the frame. */
static size_t find_ends(const struct sterna_plot_frame *frame, const struct sterna_curve *curves,
                        size_t count, bool all, struct end_label labels[STERNA_PLOT_CURVES_MAX])
{
    size_t n = 0;
    for (size_t c = 0; c < count; c++) {
        size_t last = curves[c].count;
        while (last > 0 && !is_point(&curves[c], last - 1))
            last--;
        struct end_label label = {.curve = c, .x = frame->right + 8, .y = frame->bottom};
        if (last > 0) {
            label.has_value = true;
            label.value = curves[c].y[last - 1];
            label.x = sterna_plot_x(frame, curves[c].x[last - 1]) + 8;
            label.y = sterna_plot_y(frame, label.value) + 4.5;
        }
        if (all || (last > 0 && label.value <= frame->y.high && label.value >= frame->y.low))
            insert_label(labels, n++, label);
    }
    return n;
}

static void put_values(FILE *out, const struct sterna_plot_frame *frame, const struct sterna_curve *curves,
                       size_t count)
{
    struct end_label labels[STERNA_PLOT_CURVES_MAX];
    size_t n = find_ends(frame, curves, count, false, labels);
    for (size_t i = 1; i < n; i++) /* pushed down until none covers another */
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_HEIGHT);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "<text class=\"end f%zu\" x=\"%.1f\" y=\"%.1f\">", labels[i].curve, labels[i].x,
                labels[i].y);
        sterna_plot_number(out, labels[i].value, frame->y.step / 20);
        fprintf(out, "</text>\n");
    }
}

/* Move the labels apart, as little as makes a row of each, and into the height of the frame: push down, then up. */
static void spread_labels(const struct sterna_plot_frame *frame, struct end_label *labels, size_t n)
{
    const double highest = frame->top + 12, lowest = fmax(frame->bottom, highest + SIDE_ROW * (double)n);
    for (size_t i = 0; i < n; i++)
        labels[i].y = fmax(labels[i].y, i > 0 ? labels[i - 1].y + SIDE_ROW : highest);
    for (size_t i = n; i-- > 0;)
        labels[i].y = fmin(labels[i].y, i + 1 < n ? labels[i + 1].y - SIDE_ROW : lowest);
}

static void put_side(FILE *out, const struct sterna_plot_frame *frame, const struct sterna_curve *curves,
                     size_t count)
{
    struct end_label labels[STERNA_PLOT_CURVES_MAX];
    const size_t n = find_ends(frame, curves, count, true, labels);
    const int x = frame->right + 18;
    spread_labels(frame, labels, n);
    for (size_t i = 0; i < n; i++) {
        const size_t c = labels[i].curve;
        put_sample(out, c, x, labels[i].y - 4.5);
        fprintf(out, "<text class=\"end f%zu\" x=\"%d\" y=\"%.1f\">", c % STERNA_PLOT_COLOURS,
                x + SIDE_SAMPLE + 8, labels[i].y);
        if (labels[i].has_value)
            sterna_plot_number(out, labels[i].value, frame->y.step / 20);
        fprintf(out, "</text>\n<text x=\"%d\" y=\"%.1f\">", x + SIDE_SAMPLE + SIDE_VALUE, labels[i].y);
        sterna_plot_text(out, curves[c].label);
        fprintf(out, "</text>\n");
    }
}

/* ---- the interface ------------------------------------------------------------------------------------- */

enum sterna_status sterna_plot_curves(const char *path, const char *title, const char *x_label,
                                      const char *y_label, const struct sterna_curve *curves, size_t count,
                                      struct sterna_error *error)
{
    struct sterna_plot_page page;
    bool empty = true;

    if (count > STERNA_PLOT_CURVES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: %zu curves, at most %d can be told apart", path,
                           count, STERNA_PLOT_CURVES_MAX);
    enum sterna_status status = sterna_plot_open(path, &page, error);
    if (status != STERNA_OK)
        return status;
    const struct sterna_plot_frame frame = make_frame(curves, count, &empty);
    const bool side = needs_side(curves, count);
    sterna_plot_head(page.out, &frame, title);
    sterna_plot_axes(page.out, &frame, x_label, y_label);
    if (!side)
        put_legend(page.out, curves, count);
    for (size_t c = 0; c < count; c++)
        put_curve(page.out, &frame, &curves[c], c);
    if (side)
        put_side(page.out, &frame, curves, count);
    else
        put_values(page.out, &frame, curves, count);
    if (empty)
        sterna_plot_nothing(page.out, &frame);
    return sterna_plot_close(&page, error);
}
