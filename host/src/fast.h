/* fast.h - a network as fixed.h computes it, bit for bit, as fast as the processor can: matrices laid out for vector kernels
 * (fast_kernel.h), gates in loops over units (fast_gates.h). One sequence, one thread. */
#ifndef STERNA_FAST_H
#define STERNA_FAST_H

#include "fast_kernel.h"
#include "fixed.h"

struct sterna_fast;

/* A copy of the model's weights laid out for the kernel (NULL: the best that runs here); refers to the model's other arrays.
 * Release with sterna_fast_free, which accepts NULL. */
STERNA_MUST_CHECK
enum sterna_status sterna_fast_new(const struct sterna_model *model, const struct sterna_fast_kernel *kernel,
                                   struct sterna_fast **fast, struct sterna_error *error);
void sterna_fast_free(struct sterna_fast *fast);
/* The kernel in use. */
const char *sterna_fast_kernel_name(const struct sterna_fast *fast);
/* As sterna_fixed_step and sterna_fixed_step_one_hot, on the same state. */
void sterna_fast_step(struct sterna_fast *fast, struct sterna_fixed_state *state, const int8_t *input,
                      int32_t *sums);
void sterna_fast_step_one_hot(struct sterna_fast *fast, struct sterna_fixed_state *state, size_t index,
                              int32_t *sums);

#endif
