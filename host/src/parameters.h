/* parameters.h - what a network learns, as one vector: names (PyTorch's), shapes and places of its tensors.
 *
 * Per layer k: weight_ih_lk [G*H, I], weight_ih_lk.g [G*H], weight_hh_lk [G*H, H], weight_hh_lk.g [G*H],
 * bias_ih_lk [G*H], bias_hh_lk [G*H], and running statistics weight_ih_lk.mean, weight_ih_lk.variance, weight_hh_lk.mean,
 * weight_hh_lk.variance [G*H], which are no parameters but are kept with them (their gradient is 0); then
 * linear.weight [O, H], linear.weight.g [O], linear.bias [O]; then of each convolution k of the stack (stack_shape.h)
 * stack.k.weight [N, cols], stack.k.weight.g, stack.k.bias, stack.k.mean, stack.k.variance [N]. The gains (.g) and the statistics are there as the
 * normalization wants. Gradients and the optimizer's moments are vectors of the same layout.
 */
#ifndef STERNA_PARAMETERS_H
#define STERNA_PARAMETERS_H

#include "stack_shape.h"

enum sterna_role {
    STERNA_WEIGHT_IH,
    STERNA_GAIN_IH,
    STERNA_WEIGHT_HH,
    STERNA_GAIN_HH,
    STERNA_BIAS_IH,
    STERNA_BIAS_HH,
    STERNA_MEAN_IH,
    STERNA_VARIANCE_IH,
    STERNA_MEAN_HH,
    STERNA_VARIANCE_HH,
    STERNA_LAYER_ROLES,
    STERNA_LINEAR_WEIGHT = 0, /* after the last layer */
    STERNA_LINEAR_GAIN,
    STERNA_LINEAR_BIAS,
    STERNA_LINEAR_ROLES,
    STERNA_STACK_WEIGHT = 0, /* after the output layer, for each layer of the stack */
    STERNA_STACK_GAIN,
    STERNA_STACK_BIAS,
    STERNA_STACK_MEAN,
    STERNA_STACK_VARIANCE,
    STERNA_STACK_ROLES
};

struct sterna_parameter {
    char name[48];
    size_t rows, cols; /* cols = 0: a vector */
    size_t offset, count;
};

/* What there is, and how it begins. */
struct sterna_parameters_shape {
    size_t inputs, hidden, layers, outputs, gates;
    size_t top;                             /* inputs of the output layer; 0: hidden */
    const struct sterna_stack_shape *stack; /* read by sterna_parameters_new only */
    bool gain_stack;                        /* of convolutions without batch normalization */
    bool one_hot;
    bool gain_ih, gain_hh, gain_output; /* gains there are */
    bool statistics_ih, statistics_hh;
    float gain;   /* first value of the cells' gains; 0: from the rows' norms (weight normalization) */
    float spread; /* master weights of the cells begin within +-spread; 0: within the Glorot bound */
    float forget; /* first value of bias_ih of the second gate */
};

struct sterna_parameters {
    struct sterna_parameters_shape shape;
    size_t layers;
    size_t tensors;                /* those absent included: count = 0 */
    size_t size;                   /* floats in all */
    struct sterna_parameter *list; /* layer after layer by role, then the output layer */
};

STERNA_MUST_CHECK enum sterna_status sterna_parameters_new(const struct sterna_parameters_shape *shape,
                                                           struct sterna_parameters *parameters,
                                                           struct sterna_error *error);
void sterna_parameters_free(struct sterna_parameters *parameters);
/* Place in a vector of this layout; NULL if the tensor is absent. layer = parameters->layers: the output
 * layer. */
float *sterna_parameters_at(const struct sterna_parameters *parameters, float *vector, size_t layer,
                            enum sterna_role role);
/* The same to read only. */
const float *sterna_parameters_in(const struct sterna_parameters *parameters, const float *vector,
                                  size_t layer, enum sterna_role role);
/* The place in the list of a tensor of the stack's layer k. */
size_t sterna_parameters_stack(const struct sterna_parameters *parameters, size_t k, enum sterna_role role);
/* The place in a vector of tensor i of the list; NULL if it is absent. */
float *sterna_parameters_tensor(const struct sterna_parameters *parameters, float *vector, size_t i);
/* Uniform weights, gains from the rows' norms (8 times that in front of one-hot inputs, 4 times at the output) unless the
 * shape says otherwise, variances 1, everything else 0; a function of the seed alone. */
void sterna_parameters_initialize(const struct sterna_parameters *parameters, uint64_t seed, float *vector);

#endif
