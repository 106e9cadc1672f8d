/* plot_frame.h - what the pictures (plot.c, scatter.c, histogram.c) share: the page, axes with ticks at round numbers, text, colours.
 *
 * Classes of the style sheet: text, .title, .end (bold), .paper, .grid, .axis, .line; .c0 .. .c5 strokes and .f0 .. .f5 fills of one colour,
 * each in a shade for light and one for dark pages.
 */
#ifndef STERNA_PLOT_FRAME_H
#define STERNA_PLOT_FRAME_H

#include <stdio.h>

#include "sterna.h"

enum { STERNA_PLOT_COLOURS = 6, STERNA_PLOT_CHARACTER = 7 }; /* pixels: advance of an average character */

struct sterna_plot_axis {
    double low, high, step; /* ticks at multiples of step */
    bool power_of_two;      /* values are exponents: tick 3 reads 8 */
};

/* The frame of data coordinates in a page, in pixels. */
struct sterna_plot_frame {
    int width, height, left, right, top, bottom;
    struct sterna_plot_axis x, y;
};

/* A picture being written. */
struct sterna_plot_page {
    const char *path;
    FILE *out;
    char *text;
    size_t size;
};

STERNA_MUST_CHECK enum sterna_status sterna_plot_open(const char *path, struct sterna_plot_page *page,
                                                      struct sterna_error *error);
/* End the picture, write the file, release. */
STERNA_MUST_CHECK enum sterna_status sterna_plot_close(struct sterna_plot_page *page,
                                                       struct sterna_error *error);

/* What is not finite, or so large that sums would not be, is not drawn. */
bool sterna_plot_usable(double value);
/* An axis for no values yet; widen it by each value; then give it a width and a step for about so many intervals. */
struct sterna_plot_axis sterna_plot_axis_none(void);
void sterna_plot_axis_include(struct sterna_plot_axis *axis, double value);
void sterna_plot_axis_finish(struct sterna_plot_axis *axis, int intervals);
/* Widen it to multiples of its step. */
void sterna_plot_axis_round(struct sterna_plot_axis *axis);

double sterna_plot_x(const struct sterna_plot_frame *frame, double x);
/* Far outside the frame is far enough: what is there is cut off. */
double sterna_plot_y(const struct sterna_plot_frame *frame, double y);

/* Text from anywhere as XML: its special characters escaped, what XML cannot hold replaced. */
void sterna_plot_text(FILE *out, const char *text);
/* Characters of a UTF-8 text, roughly. */
int sterna_plot_text_length(const char *text);
/* A number with as many decimals as distinguish multiples of step. */
void sterna_plot_number(FILE *out, double value, double step);
/* Title, style sheet, paper, and the clip path "frame". */
void sterna_plot_head(FILE *out, const struct sterna_plot_frame *frame, const char *title);
void sterna_plot_axes(FILE *out, const struct sterna_plot_frame *frame, const char *x_label,
                      const char *y_label);
/* "no data" in the middle. */
void sterna_plot_nothing(FILE *out, const struct sterna_plot_frame *frame);

#endif
