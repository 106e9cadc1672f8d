/* product_norm.h - normalization of a matrix's products, p = W x, before they enter a cell, by the statistics of the
 * products themselves:
 *
 *   y[r] = gain[r] (p[r] - mean) / sqrt(variance + epsilon)
 *
 * "layer": mean and variance over the rows of one step of one sequence (Ba, Kiros, Hinton 2016); both matrices.
 * "batch": by row, over the steps and sequences of a window (Laurent et al. 2015; Ott et al. 2016); the input's matrix only.
 *
 * On a device both are constants of a row: running means of the statistics take their place, and what is left is a row
 * scale and a bias.
 */
#ifndef STERNA_PRODUCT_NORM_H
#define STERNA_PRODUCT_NORM_H

#include "normalize.h"

/* What a normalizer does to products: STERNA_NORMALIZE_NONE if it is about rows. */
enum sterna_normalizer_kind sterna_product_norm_of(const struct sterna_normalizer *normalizer);

/* What a matrix's products are scaled with: borrowed from the parameters. */
struct sterna_product_scale {
    const float *gain;            /* [rows] */
    const float *mean, *variance; /* [rows] running statistics */
};

/* What is kept of one window. */
struct sterna_product_trace {
    float *inverse;         /* layer: [T, B], batch: [rows]; 1 / sqrt(variance + epsilon) */
    float *normal;          /* [T, B, rows] (p - mean) * inverse; on the way back the gradient of p */
    float *mean, *variance; /* [rows] of this window; layer: all the same */
    double sum[2], count;   /* layer: of means, of variances; number of steps of sequences */
};

float sterna_product_norm_inverse(float variance);

void sterna_layer_norm_start(struct sterna_product_trace *trace);
/* One step: p [count, rows] with ldp apart becomes y; normal, inverse are the step's places in the trace. */
void sterna_layer_norm_step(size_t count, size_t rows, const float *gain, float *p, size_t ldp, float *normal,
                            float *inverse, struct sterna_product_trace *trace);
/* After the last step: mean and variance from what the steps have added up. */
void sterna_layer_norm_finish(size_t rows, struct sterna_product_trace *trace);
/* The way back of one step: dy [count, rows] with ldy apart; normal becomes dL/dp; gain_gradient adds up. */
void sterna_layer_norm_step_backward(size_t count, size_t rows, const float *gain, const float *dy,
                                     size_t ldy, const float *inverse, float *normal, float *gain_gradient);

/* All steps at once: normal holds p; active[t] of batch rows count at step t. by: statistics to use instead of the
 * window's own (which are then left alone). */
void sterna_batch_norm(size_t steps, size_t batch, const size_t *active, size_t rows,
                       const struct sterna_product_scale *by, struct sterna_product_trace *trace);
/* dy [T, B, rows]; normal becomes dL/dp; the forward pass used the window's own statistics, which are used up. */
void sterna_batch_norm_backward(size_t steps, size_t batch, const size_t *active, size_t rows,
                                const float *gain, const float *dy, struct sterna_product_trace *trace,
                                float *gain_gradient);

/* Rows of a matrix whose products are normalized by constants: value of level 1 = scale * gain. */
extern const struct sterna_normalizer sterna_normalizer_frozen;

#endif
