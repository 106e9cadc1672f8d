/* plot.h - line plots as SVG files: a training curve at a glance, in a browser or a README, light or dark. */
#ifndef STERNA_PLOT_H
#define STERNA_PLOT_H

#include "sterna.h"

enum { STERNA_PLOT_CURVES_MAX = 12 }; /* six colours that can be told apart, solid and dashed */

/* A curve through the points (x[i], y[i]). A point that is not finite interrupts the line; a point between
 * two such interruptions is drawn as a dot. */
struct sterna_curve {
    const char *label;
    const double *x, *y;
    size_t count;
};

/* Write a plot of 0 to STERNA_PLOT_CURVES_MAX curves; title and labels may be "". The axes span the
 * points, but the y axis leaves out the first twentieth of each curve: a loss starts high, and what
 * matters would be pressed flat. Such points run out at the top. STERNA_ERR_RANGE if there are too many
 * curves; else errors as for sterna_file_write. */
STERNA_MUST_CHECK enum sterna_status sterna_plot_curves(const char *path, const char *title,
                                                        const char *x_label, const char *y_label,
                                                        const struct sterna_curve *curves, size_t count,
                                                        struct sterna_error *error);

#endif
