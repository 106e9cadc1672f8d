/* scatter.h - points with names: what does a bit of a weight buy? */
#ifndef STERNA_SCATTER_H
#define STERNA_SCATTER_H

#include "sterna.h"

enum { STERNA_SCATTER_SERIES_MAX = 12 }; /* six colours, dots and squares */

struct sterna_scatter_point {
    double x, y;      /* x > 0: drawn on a scale of powers of two */
    double deviation; /* of y, as a bar; NaN: none */
    const char *label;
    size_t series; /* its colour */
};

/* Draw the points; those that are not finite are left out. series: names, shown above if there is more than one. */
STERNA_MUST_CHECK enum sterna_status sterna_plot_scatter(const char *path, const char *title,
                                                         const char *x_label, const char *y_label,
                                                         const struct sterna_scatter_point *points,
                                                         size_t count, const char *const *series,
                                                         size_t series_count, struct sterna_error *error);

#endif
