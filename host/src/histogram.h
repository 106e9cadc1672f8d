/* histogram.h - how the values of a weight matrix spread while it is trained: do they gather at the quantizer's levels? */
#ifndef STERNA_HISTOGRAM_H
#define STERNA_HISTOGRAM_H

#include "sterna.h"

enum { STERNA_HISTOGRAM_BINS = 41 };

/* Add a line "update,bound,count,count,..." to the CSV file: STERNA_HISTOGRAM_BINS counts of w / bound over -1..1, what is outside counted at
 * the ends. bound 0: the largest |w|, at least 1e-30. Lines from this update on are replaced, so that a training resumed, or begun anew, does
 * not tell anything twice. The file is rewritten whole. */
STERNA_MUST_CHECK enum sterna_status sterna_histogram_append(const char *path, uint64_t update,
                                                             const float *w, size_t n, float bound,
                                                             struct sterna_error *error);
/* Draw the file as a map: time to the right, weight value up, dark where many weights are. STERNA_ERR_FORMAT if it is no such file. */
STERNA_MUST_CHECK enum sterna_status sterna_histogram_picture(const char *csv_path, const char *svg_path,
                                                              const char *title, struct sterna_error *error);

#endif
