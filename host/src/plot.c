/* plot.c - SVG written by hand: a frame of data coordinates, ticks at round numbers, lines, labels at
 * their ends. */
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "utf8.h"

/* The picture, in pixels of its own size. */
enum { WIDTH = 760, HEIGHT = 440, LEFT = 70, RIGHT = 690, TOP = 84, BOTTOM = 380 };
/* Text: advance of an average character of the legend, distance of two end labels. */
enum { LEGEND_CHARACTER = 7, LEGEND_GAP = 44, LABEL_HEIGHT = 15 };
/* Curves of so few points show each of them. */
enum { DOTS_MAX = 24 };

static const double largest = 1e100; /* what is beyond is treated as not finite: no sum of a few overflows */

struct axis {
    double low, high, step; /* ticks at multiples of step */
};

struct frame {
    struct axis x, y;
    bool empty;
};

/* ---- axes ---------------------------------------------------------------------------------------------- */

static bool usable(double value)
{
    return isfinite(value) && fabs(value) < largest;
}

static bool is_point(const struct sterna_curve *curve, size_t i)
{
    return usable(curve->x[i]) && usable(curve->y[i]);
}

static void include(struct axis *axis, double value)
{
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

/* 1, 2 or 5 times a power of ten, so that about `intervals` of it make up the range. */
static double round_step(double range, int intervals)
{
    double rough = range / intervals;
    double power = pow(10, floor(log10(rough)));
    double factor = rough / power;
    return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10);
}

/* Give an axis around its values a width and a step. */
static void finish_axis(struct axis *axis, int intervals)
{
    double size = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->high - axis->low <= 1e-9 * size || axis->high == axis->low) { /* all values the same */
        double margin = size > 0 ? size / 2 : 0.5;
        axis->low -= margin;
        axis->high += margin;
    }
    axis->step = round_step(axis->high - axis->low, intervals);
}

static struct frame make_frame(const struct sterna_curve *curves, size_t count)
{
    struct frame frame = {.x = {INFINITY, -INFINITY, 1}, .y = {INFINITY, -INFINITY, 1}, .empty = true};
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < curves[c].count; i++) {
            if (!is_point(&curves[c], i))
                continue;
            include(&frame.x, curves[c].x[i]);
            if (i >= curves[c].count / 20)
                include(&frame.y, curves[c].y[i]);
            frame.empty = false;
        }
    }
    if (frame.empty || frame.y.low > frame.y.high) /* nothing, or nothing but a beginning */
        frame.y = (struct axis){0, 1, 1};
    if (frame.empty)
        frame.x = (struct axis){0, 1, 1};
    if (frame.x.low > 0 && frame.x.low < frame.x.high / 4)
        frame.x.low = 0;
    finish_axis(&frame.x, 8);
    finish_axis(&frame.y, 6);
    frame.y.low = floor(frame.y.low / frame.y.step + 1e-9) * frame.y.step;
    frame.y.high = ceil(frame.y.high / frame.y.step - 1e-9) * frame.y.step;
    return frame;
}

static double place_x(const struct frame *frame, double x)
{
    return LEFT + (RIGHT - LEFT) * (x - frame->x.low) / (frame->x.high - frame->x.low);
}

/* Far above the frame is far enough: the line is cut off there. */
static double place_y(const struct frame *frame, double y)
{
    double place = BOTTOM - (BOTTOM - TOP) * (y - frame->y.low) / (frame->y.high - frame->y.low);
    return fmin(fmax(place, -HEIGHT), 2 * HEIGHT);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* Text from anywhere as XML: its special characters escaped, what XML cannot hold replaced. */
static void put_text(FILE *out, const char *text)
{
    bool ascii_only = !sterna_utf8_valid(text, strlen(text));
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else
            fputc(c < 0x20 || c == 0x7F || (c >= 0x80 && ascii_only) ? '?' : c, out);
    }
}

/* Characters of a UTF-8 text, roughly: continuation bytes take no room. */
static int text_length(const char *text)
{
    int length = 0;
    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80;
    return length;
}

/* A number with as many decimals as distinguish multiples of step. */
static void put_number(FILE *out, double value, double step)
{
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;
    if (fabs(value) >= 1e7 || decimals > 6)
        fprintf(out, "%.4g", value);
    else
        fprintf(out, "%.*f", decimals, value == 0 ? 0 : value); /* never -0 */
}

/* ---- parts of the picture ------------------------------------------------------------------------------ */

static void put_head(FILE *out, const char *title)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\">\n"
            "<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_text(out, title);
    fprintf(out,
            "</title>\n"
            "<style>\n"
            "text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #57606a }\n"
            ".title { font-size: 17px; font-weight: 600; fill: #1f2328 }\n"
            ".end { font-weight: 600 }\n"
            ".paper { fill: #ffffff }\n"
            ".grid { stroke: #d8dee4; stroke-width: 1 }\n"
            ".axis { stroke: #8c959f; stroke-width: 1 }\n"
            ".line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }\n"
            ".c0 { stroke: #0969da } .c1 { stroke: #d4570a } .c2 { stroke: #1a7f5a }\n"
            ".c3 { stroke: #bf3989 } .c4 { stroke: #8250df } .c5 { stroke: #6e7781 }\n"
            ".f0 { fill: #0969da } .f1 { fill: #d4570a } .f2 { fill: #1a7f5a }\n"
            ".f3 { fill: #bf3989 } .f4 { fill: #8250df } .f5 { fill: #6e7781 }\n"
            "@media (prefers-color-scheme: dark) {\n"
            "text { fill: #9da7b3 } .title { fill: #e6edf3 } .paper { fill: #0d1117 }\n"
            ".grid { stroke: #262c36 } .axis { stroke: #6e7681 }\n"
            ".c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #3fb98a }\n"
            ".c3 { stroke: #f778ba } .c4 { stroke: #bc8cff } .c5 { stroke: #9da7b3 }\n"
            ".f0 { fill: #58a6ff } .f1 { fill: #f0883e } .f2 { fill: #3fb98a }\n"
            ".f3 { fill: #f778ba } .f4 { fill: #bc8cff } .f5 { fill: #9da7b3 }\n"
            "}\n"
            "</style>\n"
            "<clipPath id=\"frame\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n"
            "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n"
            "<text class=\"title\" x=\"%d\" y=\"34\">",
            LEFT - 4, TOP - 4, RIGHT - LEFT + 8, BOTTOM - TOP + 8, WIDTH, HEIGHT, LEFT);
    put_text(out, title);
    fprintf(out, "</text>\n");
}

static void put_axes(FILE *out, const struct frame *frame, const char *x_label, const char *y_label)
{
    double first = ceil(frame->y.low / frame->y.step - 1e-9);
    for (int i = 0; i < 20 && (first + i) * frame->y.step <= frame->y.high + 1e-9 * frame->y.step; i++) {
        double y = place_y(frame, (first + i) * frame->y.step);
        fprintf(out, "<path class=\"%s\" d=\"M%d %.1fH%d\"/>\n", i == 0 ? "axis" : "grid", LEFT, y, RIGHT);
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 10, y + 4.5);
        put_number(out, (first + i) * frame->y.step, frame->y.step);
        fprintf(out, "</text>\n");
    }
    first = ceil(frame->x.low / frame->x.step - 1e-9);
    for (int i = 0; i < 20 && (first + i) * frame->x.step <= frame->x.high + 1e-9 * frame->x.step; i++) {
        double x = place_x(frame, (first + i) * frame->x.step);
        fprintf(out, "<path class=\"axis\" d=\"M%.1f %dv5\"/>\n", x, BOTTOM);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, BOTTOM + 21);
        put_number(out, (first + i) * frame->x.step, frame->x.step);
        fprintf(out, "</text>\n");
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + RIGHT) / 2, BOTTOM + 45);
    put_text(out, x_label);
    fprintf(out, "</text>\n<text transform=\"translate(22 %d) rotate(-90)\" text-anchor=\"middle\">",
            (TOP + BOTTOM) / 2);
    put_text(out, y_label);
    fprintf(out, "</text>\n");
}

static void put_legend(FILE *out, const struct sterna_curve *curves, size_t count)
{
    int x = LEFT;
    for (size_t c = 0; c < count; c++) {
        fprintf(out, "<path class=\"line c%zu\" d=\"M%d 57h20\"/>\n<text x=\"%d\" y=\"62\">", c, x + 1,
                x + 28);
        put_text(out, curves[c].label);
        fprintf(out, "</text>\n");
        x += LEGEND_GAP + LEGEND_CHARACTER * text_length(curves[c].label);
    }
}

/* The line, in pieces between the gaps; a dot for each point that has no neighbour, or for all if they are
 * few. */
static void put_curve(FILE *out, const struct frame *frame, const struct sterna_curve *curve, size_t c)
{
    bool drawing = false;
    fprintf(out, "<g clip-path=\"url(#frame)\">\n<path class=\"line c%zu\" d=\"", c);
    for (size_t i = 0; i < curve->count; i++) {
        bool here = is_point(curve, i);
        if (here)
            fprintf(out, "%s%.1f %.1f", drawing ? "L" : "M", place_x(frame, curve->x[i]),
                    place_y(frame, curve->y[i]));
        drawing = here;
    }
    fprintf(out, "\"/>\n");
    for (size_t i = 0; i < curve->count; i++) {
        bool before = i > 0 && is_point(curve, i - 1);
        bool after = i + 1 < curve->count && is_point(curve, i + 1);
        bool shown = curve->count <= DOTS_MAX || (!before && !after);
        if (is_point(curve, i) && shown)
            fprintf(out, "<circle class=\"f%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", c,
                    place_x(frame, curve->x[i]), place_y(frame, curve->y[i]));
    }
    fprintf(out, "</g>\n");
}

struct end_label {
    size_t curve;
    double value, x, y;
};

/* The last point of each curve that has one inside the frame, from the top down, pushed down until none
 * covers another. */
static size_t place_labels(const struct frame *frame, const struct sterna_curve *curves, size_t count,
                           struct end_label labels[STERNA_PLOT_CURVES_MAX])
{
    size_t n = 0;
    for (size_t c = 0; c < count; c++) {
        size_t last = curves[c].count;
        while (last > 0 && !is_point(&curves[c], last - 1))
            last--;
        if (last == 0 || curves[c].y[last - 1] > frame->y.high || curves[c].y[last - 1] < frame->y.low)
            continue;
        struct end_label label = {.curve = c, .value = curves[c].y[last - 1]};
        label.x = place_x(frame, curves[c].x[last - 1]) + 8;
        label.y = place_y(frame, label.value) + 4.5;
        size_t at = n++;
        for (; at > 0 && labels[at - 1].y > label.y; at--)
            labels[at] = labels[at - 1];
        labels[at] = label;
    }
    for (size_t i = 1; i < n; i++)
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_HEIGHT);
    return n;
}

static void put_labels(FILE *out, const struct frame *frame, const struct sterna_curve *curves, size_t count)
{
    struct end_label labels[STERNA_PLOT_CURVES_MAX];
    size_t n = place_labels(frame, curves, count, labels);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "<text class=\"end f%zu\" x=\"%.1f\" y=\"%.1f\">", labels[i].curve, labels[i].x,
                labels[i].y);
        put_number(out, labels[i].value, frame->y.step / 20);
        fprintf(out, "</text>\n");
    }
}

/* ---- the interface ------------------------------------------------------------------------------------- */

enum sterna_status sterna_plot_curves(const char *path, const char *title, const char *x_label,
                                      const char *y_label, const struct sterna_curve *curves, size_t count,
                                      struct sterna_error *error)
{
    if (count > STERNA_PLOT_CURVES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: %zu curves, at most %d can be told apart", path,
                           count, STERNA_PLOT_CURVES_MAX);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    struct frame frame = make_frame(curves, count);
    put_head(out, title);
    put_axes(out, &frame, x_label, y_label);
    put_legend(out, curves, count);
    for (size_t c = 0; c < count; c++)
        put_curve(out, &frame, &curves[c], c);
    put_labels(out, &frame, curves, count);
    if (frame.empty)
        fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">no data</text>\n", (LEFT + RIGHT) / 2,
                (TOP + BOTTOM) / 2);
    fprintf(out, "</svg>\n");
    bool complete = ferror(out) == 0;
    complete = fclose(out) == 0 && complete;
    enum sterna_status status = complete ? sterna_file_write(path, text, size, error)
                                         : sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    free(text);
    return status;
}
