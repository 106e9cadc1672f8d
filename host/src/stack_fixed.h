/* stack_fixed.h - the stack of a model as a device computes it: the specification, beside fixed.h, in the same style.
 *
 *   convolution:  pre = sat16(S(sum of code * value over the patch) + bias)      a = min(127, round(max(pre, 0) / 64))
 *   max-pool:     the largest of the window       mean-pool: round(sum / size of the window), half away from zero
 */
#ifndef STERNA_STACK_FIXED_H
#define STERNA_STACK_FIXED_H

#include "model.h"
#include "patches.h"

/* Values of the plane in front of layer k (k = stack.layers: behind the last) of a sequence of `steps` steps. */
size_t sterna_stack_fixed_values(const struct sterna_model *model, size_t k, size_t steps);
/* One filter's exact sum [-2^23, 2^23] over columns first .. first + count - 1 of a patch. */
int32_t sterna_stack_fixed_sum(const struct sterna_matrix *weight, size_t row, const int8_t *patch,
                               size_t first, size_t count);
/* A filter's activation from its whole sum. */
int8_t sterna_stack_fixed_activation(const struct sterna_filters *filters, size_t row, int32_t sum);
/* Layer k on one plane of this height, from and to the formats of stack_shape.h; patch: scratch [cols] of a convolution. */
void sterna_stack_fixed_layer(const struct sterna_model *model, size_t k, size_t height, const int8_t *from,
                              int8_t *patch, int8_t *to);
/* All layers: the frames of a sequence of `steps` steps. STERNA_ERR_RANGE if it cannot go through, STERNA_ERR_MEMORY. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_fixed(const struct sterna_model *model, size_t steps,
                                                        const int8_t *input, int8_t *frames,
                                                        struct sterna_error *error);

#endif
