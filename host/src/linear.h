/* linear.h - the output layer: logits = W a + b for all steps of a window in one product. O outputs, H
 * inputs, N rows (steps x batch). */
#ifndef STERNA_LINEAR_H
#define STERNA_LINEAR_H

#include "weight.h"

struct sterna_linear {
    size_t inputs, outputs;
    bool integer;                /* prepared for the integer forward pass */
    struct sterna_weight weight; /* [O, H] */
    float *bias;                 /* [O] */
    float *matrix;               /* [H, O] what the input is multiplied with */
};

STERNA_MUST_CHECK enum sterna_status sterna_linear_new(
    size_t inputs, size_t outputs, const struct sterna_quantizer *quantizer, const struct sterna_grid *grid,
    const struct sterna_normalizer *normalizer, struct sterna_linear *linear, struct sterna_error *error);
void sterna_linear_free(struct sterna_linear *linear);
/* From the expanded weight and the bias [O]. integer: the forward pass uses exact sums and a bias rounded to
 * Q4.11. */
void sterna_linear_prepare(struct sterna_linear *linear, const float *bias);
/* a [N, H] -> the raw products [N, O]: integer: sums / one, exact, one being the activation that stands for 1.0. */
void sterna_linear_sums(const struct sterna_linear *linear, size_t count, const float *a, float *sums);
/* a [N, H] -> logits [N, O]. */
void sterna_linear_forward(const struct sterna_linear *linear, size_t count, const float *a, float *logits);
/* From dL/dlogits [N, O]: sets da [N, H], adds to dL/dW [O, H] and dL/dbias [O]. */
void sterna_linear_backward(const struct sterna_linear *linear, size_t count, const float *a,
                            const float *dlogits, float *da, float *weight_gradient, float *bias_gradient);

#endif
