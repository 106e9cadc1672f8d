/* float_step.h - a quantized network's weights as 32-bit floats, run a step at a time by OpenBLAS's matrix-vector product: what one would
 * do without few-bit weights. Not what fixed.h computes, but near it. */
#ifndef STERNA_FLOAT_STEP_H
#define STERNA_FLOAT_STEP_H

#include "model.h"

struct sterna_float;

/* Release with sterna_float_free, which accepts NULL. */
STERNA_MUST_CHECK enum sterna_status sterna_float_new(const struct sterna_model *model,
                                                      struct sterna_float **network,
                                                      struct sterna_error *error);
void sterna_float_free(struct sterna_float *network);
/* logits [outputs] of one step; input [inputs], or NULL: one-hot of this index. */
void sterna_float_step(struct sterna_float *network, const float *input, size_t index, float *logits);

#endif
