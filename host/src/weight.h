/* weight.h - one trainable matrix on its way from master weights to what the forward pass multiplies with.
 *
 *   master w, gain  -->  level, row  [-->  m, s, row rounded]  -->  value[r][c] = row[r] * level[r][c]
 *
 * Rows come in blocks (the gates of a cell), quantized each for itself, possibly on different threads.
 */
#ifndef STERNA_WEIGHT_H
#define STERNA_WEIGHT_H

#include "normalize.h"
#include "quantize.h"

struct sterna_weight {
    size_t rows, cols, blocks;
    const struct sterna_quantizer *quantizer;
    const struct sterna_normalizer *normalizer;
    struct sterna_grid grid;
    float *level;     /* [rows, cols] */
    float *row;       /* [rows] value of level 1; may be negative */
    float *value;     /* [rows, cols] */
    float *scale;     /* [rows] of the quantizer; the same in all rows of a block unless it is by_row */
    int8_t *code;     /* [rows, cols] if integer: the levels, which are codes of the format */
    int32_t *scale_m; /* [rows] if integer: the row's scale m / 2^s, m in -255..255 with the sign of row */
    int32_t *scale_s; /* [rows] 0..31 */
};

/* The quantizer's grid is copied. */
STERNA_MUST_CHECK enum sterna_status sterna_weight_new(size_t rows, size_t cols, size_t blocks,
                                                       const struct sterna_quantizer *quantizer,
                                                       const struct sterna_grid *grid,
                                                       const struct sterna_normalizer *normalizer,
                                                       struct sterna_weight *weight,
                                                       struct sterna_error *error);
void sterna_weight_free(struct sterna_weight *weight);

/* How master weights become effective ones. */
struct sterna_preparation {
    /* For the integer forward pass: deployable levels, as codes too, and rows' values rounded to what a
     * device computes with. Without effect on a quantizer without codes ("float"). */
    bool integer;
    const struct sterna_draw
        *draw; /* a stochastic sample, where the quantizer offers it; NULL: deterministic */
};

/* One block: level, scale, row, value (if integer also code, scale_m, scale_s) from master [rows, cols] and
 * gain [rows] (NULL without a gain per row). Blocks do not touch each other. one: the activation
 * that stands for 1.0 (64: one-hot input, 128: h), in the rows' integer scales: row = m / 2^s * one / 2048, 2048 being 1.0 in Q4.11. */
void sterna_weight_prepare(struct sterna_weight *weight, size_t block,
                           const struct sterna_preparation *preparation, float one, const float *master,
                           const float *gain);
/* m / 2^s nearest to |value|, m in 128..255 where s in 0..31 allows; saturates at 255. m carries the sign of
 * value. */
void sterna_weight_round_scale(float value, int32_t *m, int32_t *s);
/* value = row * level in a block's rows. */
void sterna_weight_expand(struct sterna_weight *weight, size_t block);
/* One block. gradient [rows, cols]: dL/dvalue in, dL/dmaster out (straight-through); gain_gradient [rows]
 * (NULL without normalization) is set. */
void sterna_weight_backward(const struct sterna_weight *weight, size_t block, const float *gain,
                            float *gradient, float *gain_gradient);

#endif
