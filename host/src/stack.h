/* stack.h - the feed-forward layers of a network (stack_shape.h) with their weights: forward in float, forward as a device computes it, and backward.
 *
 *   convolution:  product[place] = W patch      pre = gain (product - mean) / deviation + bias, or product + bias      a = ReLU(pre), at most 127 / 32
 *
 * As a device computes it (stack_fixed.h has the specification): activations are int8, value q / 32 behind a layer and q / 2^fraction in the network's input;
 * pre = sat16(S(sum) + bias), a = min(127, round(max(pre, 0) / 64)), the arithmetic of the cell rnn-relu without its recurrence; batch normalization is
 * a constant of a row by then, in scale and bias. What stands in the planes are the numbers that the integers mean, so that one backward serves both.
 *
 * To look at a layer (product quantization does): after sterna_stack_forward the samples of layer k are
 *
 *   sterna_patches_gather(&stack->shape.layer[k], &planes, group, run->value[k], first, count, patch)     planes = sterna_stack_planes(run, k)
 *
 * rows of [cols] values, one for each output place (a dense layer: one for each sequence), group by group; the response of group g's filters, without
 * normalization and bias, is patch x stack->convolution[k].weight.value [out.channels, cols]^T, its rows being those of g (out.channels / groups
 * of them). To try other weights: write weight.value, call sterna_stack_lay_out, run forward again: every later layer sees the change.
 * sterna_stack_fold says what a row's products are multiplied with and what is added, batch normalization folded in.
 */
#ifndef STERNA_STACK_H
#define STERNA_STACK_H

#include "patches.h"
#include "product_norm.h"
#include "weight.h"

/* One layer's weights; zeros where the layer is no convolution. */
struct sterna_convolution {
    struct sterna_weight weight; /* [out.channels, cols] */
    float one_in;                /* the activation that stands for 1.0 in front of it */
    float *bias;                 /* [out.channels] as the passes add it */
    int32_t *bias_fixed;         /* the same in Q4.11 */
    float *matrix;               /* [groups][cols, out.channels / groups]: what patches are multiplied with */
    struct sterna_product_scale scale; /* of batch normalization: borrowed gains, running statistics */
};

struct sterna_stack {
    struct sterna_stack_shape shape;
    struct sterna_convolution *convolution; /* [layers] */
    bool integer;                           /* prepared for the integer forward pass */
    unsigned fraction;                      /* of the input: value q / 2^fraction */
    bool training;                          /* batch normalization by the run's own statistics */
};

/* Buffers of a run of several sequences. */
struct sterna_stack_run {
    size_t batch, steps; /* room */
    size_t layers, count;
    size_t *height; /* [layers + 1][batch] */
    float **value;  /* [layers + 1] planes in front of each layer; the last: what comes out */
    uint8_t **pass; /* [layers] whether ReLU lets the gradient through */
    struct sterna_product_trace *trace; /* [layers] of batch normalization */
    float *patch, *dpatch;              /* scratch */
    float *gradient[2];                 /* planes; NULL without training */
};

/* Where backward adds dL/d(...) of the effective weights of layer k, [layers] each. */
struct sterna_stack_gradient {
    float *weight, *bias, *gain, *mean,
        *variance; /* gain: of batch normalization; mean, variance: receive the run's statistics; else NULL */
};

/* The convolutions come with their weights and one_in; they are freed on failure. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_new(const struct sterna_stack_shape *shape,
                                                      unsigned fraction,
                                                      struct sterna_convolution *convolution,
                                                      struct sterna_stack *stack, struct sterna_error *error);
void sterna_stack_free(struct sterna_stack *stack);
/* The activation that stands for 1.0 in front of layer k (k = layers: in what comes out). */
float sterna_stack_one(const struct sterna_stack *stack, size_t k);
/* Lay a convolution's weight.value (integer: its levels) out for products. */
void sterna_stack_lay_out(struct sterna_stack *stack, size_t k);
/* The same, with the biases [out.channels]. */
void sterna_stack_prepare(struct sterna_stack *stack, size_t k, const float *bias);
/* factor [out.channels] and offset [out.channels] such that pre = factor * (weight.value x patch) + offset, by the running statistics. */
void sterna_stack_fold(const struct sterna_stack *stack, size_t k, float *factor, float *offset);

STERNA_MUST_CHECK enum sterna_status sterna_stack_run_new(const struct sterna_stack *stack, size_t steps,
                                                          size_t batch, bool training,
                                                          struct sterna_stack_run *run,
                                                          struct sterna_error *error);
void sterna_stack_run_free(struct sterna_stack_run *run);
struct sterna_planes sterna_stack_planes(const struct sterna_stack_run *run, size_t k);
/* The sequences, one after the other in run->value[0], of length [count] steps each, through all layers: run->value[layers]. */
void sterna_stack_forward(const struct sterna_stack *stack, struct sterna_stack_run *run,
                          const size_t *length, size_t count);
/* From dL/d(what comes out), laid out like it, in run->gradient[0], which is used up. input: dL/d(the input), set; NULL if nobody wants it. */
void sterna_stack_backward(const struct sterna_stack *stack, struct sterna_stack_run *run,
                           const struct sterna_stack_gradient *gradient, float *input);

#endif
