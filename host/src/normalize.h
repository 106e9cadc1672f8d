/* normalize.h - how the rows of a quantized matrix are scaled: value[r][c] = row[r] * level[r][c]. Methods
 * are rows of a table.
 *
 * "none":   row = the quantizer's scale (that of the row, where each has its own).
 * "weight": row = gain / ||level row||, gain learned per row (Salimans and Kingma 2016; for quantized rows
 * Hou et al. 2019). The scale
 *           cancels forward; backward it says how much a master weight moves its level.
 * "layer", "batch": rows as for "none"; what is normalized are the products, by the cell.
 */
#ifndef STERNA_NORMALIZE_H
#define STERNA_NORMALIZE_H

#include "sterna.h"

#define STERNA_NORMALIZER_NAMES "none, weight, layer, batch"

enum sterna_normalizer_kind {
    STERNA_NORMALIZE_NONE,
    STERNA_NORMALIZE_ROWS,
    STERNA_NORMALIZE_LAYER, /* products, over a layer's units at each step */
    STERNA_NORMALIZE_BATCH, /* products, over sequences and steps */
};

struct sterna_normalizer {
    const char *name;
    enum sterna_normalizer_kind kind;
    bool gain; /* row() takes a learned gain per row */
    /* The value of level 1 in a row of n levels. A row of zeros gets 0. */
    float (*row)(const float *level, size_t n, float scale, float gain);
    /* Gradient: gradient[n] comes in as dL/dvalue and leaves as dL/d(scale * level), which the
     * straight-through estimator takes for that of the master weights; returns dL/dgain. NULL: dL/dvalue is
     * that already. */
    float (*backward)(const float *level, size_t n, float scale, float gain, float *gradient);
};

STERNA_MUST_CHECK enum sterna_status sterna_normalizer_find(const char *name,
                                                            const struct sterna_normalizer **normalizer,
                                                            struct sterna_error *error);

#endif
