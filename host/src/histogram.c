#include "histogram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "plot_frame.h"

enum { BINS = STERNA_HISTOGRAM_BINS, LINE_MAX_BYTES = 64 + BINS * 12, COLUMNS_MAX = 160, SHADES = 24 };
enum { WIDTH = 760, HEIGHT = 400, LEFT = 78, RIGHT = 726, TOP = 84, BOTTOM = 340 };

/* ---- counting ------------------------------------------------------------------------------------------ */

static void count_bins(const float *w, size_t n, float bound, size_t count[BINS])
{
    memset(count, 0, BINS * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        const float place = (w[i] / bound + 1.0f) * 0.5f * (float)BINS;
        count[place < 0.0f ? 0 : place >= (float)BINS ? BINS - 1 : (size_t)place]++;
    }
}

static float largest_of(const float *w, size_t n)
{
    float largest = 1e-30f;
    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(w[i]));
    return largest;
}

/* Where the lines of this update and later ones begin. */
static size_t keep_before(const char *text, size_t size, uint64_t update)
{
    const char *line = text;
    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        if (end == NULL || (line[0] >= '0' && line[0] <= '9' && strtoull(line, NULL, 10) >= update))
            return (size_t)(line - text);
        line = end + 1;
    }
    return size;
}

enum sterna_status sterna_histogram_append(const char *path, uint64_t update, const float *w, size_t n,
                                           float bound, struct sterna_error *error)
{
    static const char head[] = "update,bound,counts\n";
    size_t count[BINS], size = 0, used = 0;
    uint8_t *old = NULL;
    enum sterna_status status = STERNA_OK;

    if (access(path, F_OK) == 0)
        status = sterna_file_read(path, &old, &size, error);
    if (status != STERNA_OK)
        return status;
    used = old != NULL ? keep_before((const char *)old, size, update) : 0;
    char *text = malloc(used + sizeof head + LINE_MAX_BYTES);
    if (text == NULL) {
        free(old);
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    }
    if (used > 0)
        memcpy(text, old, used);
    else
        used = (size_t)sprintf(text, "%s", head);
    bound = bound > 0.0f && isfinite(bound) ? bound : largest_of(w, n);
    count_bins(w, n, bound, count);
    used += (size_t)sprintf(text + used, "%llu,%.6g", (unsigned long long)update, (double)bound);
    for (size_t i = 0; i < BINS; i++)
        used += (size_t)sprintf(text + used, ",%zu", count[i]);
    text[used++] = '\n';
    status = sterna_file_write(path, text, used, error);
    free(text);
    free(old);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

struct column {
    double update, bound, share[BINS];
};

static bool read_column(const char *line, struct column *column)
{
    char *end = NULL;
    double total = 0.0;

    column->update = strtod(line, &end);
    if (*end != ',')
        return false;
    column->bound = strtod(end + 1, &end);
    for (size_t i = 0; i < BINS; i++) {
        if (*end != ',')
            return false;
        column->share[i] = strtod(end + 1, &end);
        total += column->share[i];
    }
    for (size_t i = 0; i < BINS; i++)
        column->share[i] /= total;
    return *end == '\n' && total > 0.0 && sterna_plot_usable(total) && sterna_plot_usable(column->update) &&
           column->bound > 0.0 && sterna_plot_usable(column->bound);
}

/* *column is malloc'ed. */
static enum sterna_status read_columns(const char *path, struct column **column, size_t *count,
                                       struct sterna_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0, lines = 0;
    enum sterna_status status = sterna_file_read(path, &bytes, &size, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    struct column *list = calloc(lines + 1, sizeof *list);
    if (list == NULL)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    const char *line = (const char *)bytes;
    for (size_t i = 0; status == STERNA_OK && i < lines; i++, line = strchr(line, '\n') + 1) {
        if (i > 0 && !read_column(line, &list[i - 1]))
            status =
                sterna_fail(error, STERNA_ERR_FORMAT, "%s: line %zu: not a histogram's line", path, i + 1);
    }
    free(bytes);
    if (status != STERNA_OK) {
        free(list);
        return status;
    }
    *column = list;
    *count = lines > 0 ? lines - 1 : 0;
    return STERNA_OK;
}

/* ---- drawing ------------------------------------------------------------------------------------------- */

/* Whole pixels: no seams. The square root makes the thin flanks visible beside the peaks. */
static int shade_of(double share, double largest)
{
    const int shade = (int)lround(sqrt(share / largest) * SHADES);
    return shade > SHADES ? SHADES : shade;
}

static void put_column(FILE *out, const struct sterna_plot_frame *frame, const struct column *column,
                       double from, double to, double largest)
{
    for (size_t i = 0; i < BINS; i++) {
        const int shade = shade_of(column->share[i], largest);
        const double low = round(sterna_plot_y(frame, column->bound * (2.0 * (double)i / BINS - 1.0)));
        const double high = round(sterna_plot_y(frame, column->bound * (2.0 * (double)(i + 1) / BINS - 1.0)));
        if (shade > 0)
            fprintf(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" opacity=\"%.2f\"/>\n",
                    from, high, to - from, low - high, (double)shade / SHADES);
    }
}

static void put_scale(FILE *out, double largest)
{
    fprintf(out, "<text x=\"%d\" y=\"62\">share of the weights in a cell:  0</text>\n<g class=\"f0\">\n",
            LEFT);
    for (int i = 0; i <= SHADES; i++)
        fprintf(out, "<rect x=\"%d\" y=\"51\" width=\"6\" height=\"12\" opacity=\"%.2f\"/>\n",
                LEFT + 216 + 6 * i, (double)i / SHADES);
    fprintf(out, "</g>\n<text x=\"%d\" y=\"62\">%.0f %%</text>\n", LEFT + 216 + 6 * (SHADES + 1) + 8,
            100.0 * largest);
}

/* A column reaches from the middle to its left neighbour to the middle to its right one. Of many, some are left out. */
static void put_map(FILE *out, const struct sterna_plot_frame *frame, const struct column *column,
                    size_t count, double largest)
{
    const size_t stride = (count + COLUMNS_MAX - 1) / COLUMNS_MAX;
    fprintf(out, "<g class=\"f0\" clip-path=\"url(#frame)\" shape-rendering=\"crispEdges\">\n");
    for (size_t i = 0; i < count; i += stride) {
        const double here = column[i].update;
        const double before = i >= stride ? (column[i - stride].update + here) / 2.0 : frame->x.low;
        const double after = i + stride < count ? (column[i + stride].update + here) / 2.0 : frame->x.high;
        put_column(out, frame, &column[i], round(sterna_plot_x(frame, before)),
                   round(sterna_plot_x(frame, after)), largest);
    }
    fprintf(out, "</g>\n");
}

static void put_picture(FILE *out, const char *title, const struct column *column, size_t count)
{
    struct sterna_plot_frame frame = {.width = WIDTH,
                                      .height = HEIGHT,
                                      .left = LEFT,
                                      .right = RIGHT,
                                      .top = TOP,
                                      .bottom = BOTTOM,
                                      .x = sterna_plot_axis_none(),
                                      .y = sterna_plot_axis_none()};
    double largest = 0.0;

    for (size_t i = 0; i < count; i++) {
        sterna_plot_axis_include(&frame.x, 0.0);
        sterna_plot_axis_include(&frame.x, column[i].update);
        sterna_plot_axis_include(&frame.y, column[i].bound);
        sterna_plot_axis_include(&frame.y, -column[i].bound);
        for (size_t bin = 0; bin < BINS; bin++)
            largest = fmax(largest, column[i].share[bin]);
    }
    sterna_plot_axis_finish(&frame.x, 8);
    sterna_plot_axis_finish(&frame.y, 6);
    sterna_plot_head(out, &frame, title);
    if (count > 0) {
        put_scale(out, largest);
        put_map(out, &frame, column, count, largest);
    } else {
        sterna_plot_nothing(out, &frame);
    }
    sterna_plot_axes(out, &frame, "updates", "master weight (recurrent, layer 1)");
}

enum sterna_status sterna_histogram_picture(const char *csv_path, const char *svg_path, const char *title,
                                            struct sterna_error *error)
{
    struct column *column = NULL;
    struct sterna_plot_page page;
    size_t count = 0;

    enum sterna_status status = read_columns(csv_path, &column, &count, error);
    if (status != STERNA_OK)
        return status;
    status = sterna_plot_open(svg_path, &page, error);
    if (status == STERNA_OK) {
        put_picture(page.out, title, column, count);
        status = sterna_plot_close(&page, error);
    }
    free(column);
    return status;
}
