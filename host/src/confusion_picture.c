/* confusion_picture.c - a confusion matrix as an SVG: a row for each label, the shares of its sequences by prediction. */
#include "plot_frame.h"

enum { CELL = 52, LEFT = 120, TOP = 96, RIGHT = 28, FOOT = 44 }; /* pixels */

static void put_row(FILE *out, const struct sterna_eval_result *result, size_t label)
{
    const size_t classes = result->classes, y = TOP + label * CELL;
    const uint32_t *count = result->confusion + label * classes;
    uint64_t total = 0;

    for (size_t i = 0; i < classes; i++)
        total += count[i];
    fprintf(out, "<text x='%d' y='%zu' text-anchor='end'>", LEFT - 8, y + CELL / 2 + 5);
    sterna_plot_text(out, result->class_name[label]);
    fprintf(out, "</text>\n");
    for (size_t i = 0; i < classes; i++) {
        const double share = total ? (double)count[i] / (double)total : 0.0;
        const size_t x = LEFT + i * CELL;
        fprintf(
            out,
            "<rect x='%zu' y='%zu' width='%d' height='%d' fill='%s' fill-opacity='%.3f' stroke='#8884'/>\n",
            x, y, CELL, CELL, i == label ? "#1a7f4b" : "#c0392b", share);
        if (count[i])
            fprintf(out, "<text x='%zu' y='%zu' text-anchor='middle'%s>%u</text>\n", x + CELL / 2,
                    y + CELL / 2 + 5, share > 0.55 ? " fill='#fff'" : "", (unsigned)count[i]);
    }
}

static void put_matrix(FILE *out, const char *title, const struct sterna_eval_result *result)
{
    const size_t classes = result->classes, side = classes * CELL;

    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%zu' height='%zu' font-family='sans-serif' "
            "font-size='13'>\n"
            "<rect width='100%%' height='100%%' fill='#fff'/>\n"
            "<text x='%d' y='26' font-size='16'>",
            LEFT + side + RIGHT, TOP + side + FOOT, LEFT - 100);
    sterna_plot_text(out, title);
    fprintf(out, ": %.2f %% of %zu right</text>\n", result->value, result->sequences);
    for (size_t i = 0; i < classes; i++) {
        fprintf(out, "<text transform='translate(%zu %d) rotate(-35)'>", LEFT + i * CELL + CELL / 2 - 4,
                TOP - 8);
        sterna_plot_text(out, result->class_name[i]);
        fprintf(out, "</text>\n");
    }
    for (size_t i = 0; i < classes; i++)
        put_row(out, result, i);
    fprintf(out, "<text x='%d' y='%zu'>rows: labels, columns: predictions</text>\n", LEFT, TOP + side + 26);
}

enum sterna_status sterna_confusion_picture(const char *svg_path, const char *title,
                                            const struct sterna_eval_result *result,
                                            struct sterna_error *error)
{
    struct sterna_plot_page page;

    if (!result->confusion)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: a confusion matrix is of labelled sequences only",
                           svg_path);
    enum sterna_status status = sterna_plot_open(svg_path, &page, error);
    if (status != STERNA_OK)
        return status;
    put_matrix(page.out, title, result);
    return sterna_plot_close(&page, error);
}
