/* plot_frame.c - SVG written by hand. */
#include "plot_frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "utf8.h"

enum { TICKS_MAX = 20 };

static const double largest = 1e100; /* what is beyond is treated as not finite: no sum of a few overflows */

/* ---- page ---------------------------------------------------------------------------------------------- */

enum sterna_status sterna_plot_open(const char *path, struct sterna_plot_page *page,
                                    struct sterna_error *error)
{
    *page = (struct sterna_plot_page){.path = path};
    page->out = open_memstream(&page->text, &page->size);
    if (page->out == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    return STERNA_OK;
}

enum sterna_status sterna_plot_close(struct sterna_plot_page *page, struct sterna_error *error)
{
    fprintf(page->out, "</svg>\n");
    bool complete = ferror(page->out) == 0;
    complete = fclose(page->out) == 0 && complete;
    enum sterna_status status = complete
                                    ? sterna_file_write(page->path, page->text, page->size, error)
                                    : sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", page->path);
    free(page->text);
    return status;
}

/* ---- axes ---------------------------------------------------------------------------------------------- */

bool sterna_plot_usable(double value)
{
    return isfinite(value) && fabs(value) < largest;
}

struct sterna_plot_axis sterna_plot_axis_none(void)
{
    return (struct sterna_plot_axis){.low = INFINITY, .high = -INFINITY, .step = 1};
}

void sterna_plot_axis_include(struct sterna_plot_axis *axis, double value)
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

void sterna_plot_axis_finish(struct sterna_plot_axis *axis, int intervals)
{
    if (axis->low > axis->high) { /* nothing */
        axis->low = 0;
        axis->high = 1;
        axis->step = 1;
        return;
    }
    double size = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->high - axis->low <= 1e-9 * size || axis->high == axis->low) { /* all values the same */
        double margin = size > 0 ? size / 2 : 0.5;
        axis->low -= margin;
        axis->high += margin;
    }
    axis->step = round_step(axis->high - axis->low, intervals);
}

void sterna_plot_axis_round(struct sterna_plot_axis *axis)
{
    axis->low = floor(axis->low / axis->step + 1e-9) * axis->step;
    axis->high = ceil(axis->high / axis->step - 1e-9) * axis->step;
}

double sterna_plot_x(const struct sterna_plot_frame *frame, double x)
{
    return frame->left + (frame->right - frame->left) * (x - frame->x.low) / (frame->x.high - frame->x.low);
}

double sterna_plot_y(const struct sterna_plot_frame *frame, double y)
{
    double place =
        frame->bottom - (frame->bottom - frame->top) * (y - frame->y.low) / (frame->y.high - frame->y.low);
    return fmin(fmax(place, -frame->height), 2 * frame->height);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

void sterna_plot_text(FILE *out, const char *text)
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

/* Continuation bytes take no room. */
int sterna_plot_text_length(const char *text)
{
    int length = 0;
    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80;
    return length;
}

void sterna_plot_number(FILE *out, double value, double step)
{
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;
    if (fabs(value) >= 1e7 || decimals > 6)
        fprintf(out, "%.4g", value);
    else
        fprintf(out, "%.*f", decimals, value == 0 ? 0 : value); /* never -0 */
}

/* ---- parts of the picture ------------------------------------------------------------------------------ */

void sterna_plot_head(FILE *out, const struct sterna_plot_frame *frame, const char *title)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\">\n"
            "<title>",
            frame->width, frame->height, frame->width, frame->height);
    sterna_plot_text(out, title);
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
            ".dashed { stroke-dasharray: 6 5 }\n"
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
            frame->left - 4, frame->top - 4, frame->right - frame->left + 8, frame->bottom - frame->top + 8,
            frame->width, frame->height, frame->left);
    sterna_plot_text(out, title);
    fprintf(out, "</text>\n");
}

static void put_tick(FILE *out, const struct sterna_plot_axis *axis, double value)
{
    if (axis->power_of_two)
        fprintf(out, "%.4g", exp2(value));
    else
        sterna_plot_number(out, value, axis->step);
}

static void put_labels(FILE *out, const struct sterna_plot_frame *frame, const char *x_label,
                       const char *y_label)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (frame->left + frame->right) / 2,
            frame->bottom + 45);
    sterna_plot_text(out, x_label);
    fprintf(out, "</text>\n<text transform=\"translate(22 %d) rotate(-90)\" text-anchor=\"middle\">",
            (frame->top + frame->bottom) / 2);
    sterna_plot_text(out, y_label);
    fprintf(out, "</text>\n");
}

void sterna_plot_axes(FILE *out, const struct sterna_plot_frame *frame, const char *x_label,
                      const char *y_label)
{
    const struct sterna_plot_axis *x_axis = &frame->x, *y_axis = &frame->y;
    double first = ceil(y_axis->low / y_axis->step - 1e-9);
    for (int i = 0; i < TICKS_MAX && (first + i) * y_axis->step <= y_axis->high + 1e-9 * y_axis->step; i++) {
        double y = sterna_plot_y(frame, (first + i) * y_axis->step);
        if (fabs(y - frame->bottom) > 0.5)
            fprintf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>\n", frame->left, y, frame->right);
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", frame->left - 10, y + 4.5);
        put_tick(out, y_axis, (first + i) * y_axis->step);
        fprintf(out, "</text>\n");
    }
    fprintf(out, "<path class=\"axis\" d=\"M%d %dH%d\"/>\n", frame->left, frame->bottom, frame->right);
    first = ceil(x_axis->low / x_axis->step - 1e-9);
    for (int i = 0; i < TICKS_MAX && (first + i) * x_axis->step <= x_axis->high + 1e-9 * x_axis->step; i++) {
        double x = sterna_plot_x(frame, (first + i) * x_axis->step);
        fprintf(out, "<path class=\"axis\" d=\"M%.1f %dv5\"/>\n", x, frame->bottom);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, frame->bottom + 21);
        put_tick(out, x_axis, (first + i) * x_axis->step);
        fprintf(out, "</text>\n");
    }
    put_labels(out, frame, x_label, y_label);
}

void sterna_plot_nothing(FILE *out, const struct sterna_plot_frame *frame)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">no data</text>\n",
            (frame->left + frame->right) / 2, (frame->top + frame->bottom) / 2);
}
