/* codebook_picture.c - sterna_product_picture (sterna.h): how far each matrix's responses are from the original network's. */
#include <math.h>
#include <stdlib.h>

#include "plot.h"

enum { CURVES = 4 };

/* What is written: its own elements, or real ones. */
static double error_of(const struct sterna_product_report *report)
{
    return isfinite(report->projected)   ? report->projected
           : isfinite(report->corrected) ? report->corrected
                                         : report->plain;
}

enum sterna_status sterna_product_picture(const char *svg_path, const char *title,
                                          const struct sterna_product_report *without,
                                          const struct sterna_product_report *with, size_t count,
                                          struct sterna_error *error)
{
    static const char *const label[CURVES] = {"k-means, with those before", "k-means, alone",
                                              "corrected, with those before", "corrected, alone"};
    const struct sterna_product_report *const from[CURVES] = {without, without, with, with};
    struct sterna_curve curve[CURVES];
    double *value = malloc((CURVES + 1) * (count + 1) * sizeof *value);
    if (!value)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a picture of %zu matrices", count);
    for (size_t i = 0; i < count; i++) {
        value[i] = (double)(i + 1);
        for (size_t c = 0; c < CURVES; c++)
            value[(c + 1) * count + i] = 100 * (c % 2 ? from[c][i].alone : error_of(&from[c][i]));
    }
    for (size_t c = 0; c < CURVES; c++)
        curve[c] = (struct sterna_curve){label[c], value, value + (c + 1) * count, count};
    enum sterna_status status = sterna_plot_curves(svg_path, title, "matrix, in the order of the network",
                                                   "response error, % of the variance", curve, CURVES, error);
    free(value);
    return status;
}
