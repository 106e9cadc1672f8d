/* stack_shape.h - what the stack of a network is: a chain of feed-forward layers in front of the recurrent ones, as the recipe's key
 * "stack" writes it, and the sizes that follow.
 *
 *   stack = conv 16 3x3 pad 1, batch-norm, relu, max-pool 2, conv 32 3x3 pad 1, batch-norm, relu, max-pool 2, dense 128, relu
 *
 *   conv N K [stride S] [pad P] [groups G]   N filters; between it and the next layer stand "batch-norm" (or not) and "relu" (always)
 *   dense N                                  N units on all that there is, time included: a convolution of the whole plane
 *   max-pool K [stride S], mean-pool K [stride S]   stride K unless told; what does not fill a window is left out
 *   flatten                                  the plane becomes one frame
 *
 * A sequence of T steps of I values is a plane. In a stack in which some size is written AxB (time x values), planes have two dimensions: at first
 * [T, I, 1], and a size N means NxN. Otherwise they have one: [T, 1, I], the values being channels, and sizes are along time. Values lie
 * [height, width, channels], the channels of a place together. The stack's output is a sequence again: a frame of width x channels values for each
 * place in time that is left.
 */
#ifndef STERNA_STACK_SHAPE_H
#define STERNA_STACK_SHAPE_H

#include "sterna.h"

enum { STERNA_STACK_LAYERS_MAX = 32, STERNA_STACK_TEXT = 512 };

enum sterna_stack_kind {
    STERNA_STACK_CONV, /* dense layers too */
    STERNA_STACK_MAX_POOL,
    STERNA_STACK_MEAN_POOL,
    STERNA_STACK_FLATTEN,
};

/* A plane's extent across time: [height, width, channels], the height being the sequence's. */
struct sterna_stack_plane {
    size_t width, channels;
};

struct sterna_stack_layer {
    enum sterna_stack_kind kind;
    bool batch_norm;                     /* of a convolution */
    bool dense;                          /* it was written so */
    size_t kernel[2], stride[2], pad[2]; /* along height (time), width */
    size_t groups;                       /* of a convolution; else 1 */
    struct sterna_stack_plane in, out;
    size_t
        cols; /* of a convolution's matrix [out.channels, cols]: kernel x in.channels / groups; column (ky, kx, c) */
};

struct sterna_stack_shape {
    char text[STERNA_STACK_TEXT]; /* "none": no layers */
    size_t inputs, steps;         /* of a sequence; steps 0: they differ */
    size_t layers;
    struct sterna_stack_layer layer[STERNA_STACK_LAYERS_MAX];
};

/* Read the recipe's text, for sequences of `steps` (0: they differ) steps of `inputs` values. STERNA_ERR_RANGE says which layer is wrong, and why. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_shape_read(const char *text, size_t inputs, size_t steps,
                                                             struct sterna_stack_shape *shape,
                                                             struct sterna_error *error);
/* Values of a frame that comes out; inputs without layers. */
size_t sterna_stack_shape_outputs(const struct sterna_stack_shape *shape);
/* The activation that stands for 1.0 in front of layer k (k = layers: behind them all), where inputs q stand for q / 2^fraction. */
int sterna_stack_shape_one(const struct sterna_stack_shape *shape, size_t k, unsigned fraction);
/* Height of the plane behind a layer; 0: the one in front of it is too low. */
size_t sterna_stack_layer_height(const struct sterna_stack_layer *layer, size_t height);
/* Height of the plane in front of layer k (k = layers: frames that come out) of a sequence of `steps` steps; 0: too short. */
size_t sterna_stack_shape_height(const struct sterna_stack_shape *shape, size_t k, size_t steps);
/* Whether every sequence of this many steps can go through: STERNA_ERR_RANGE if it is too short, or not of the one length that a dense layer wants. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_shape_check(const struct sterna_stack_shape *shape,
                                                              size_t steps, struct sterna_error *error);
/* Multiply-accumulates of a sequence of `steps` steps. */
uint64_t sterna_stack_shape_operations(const struct sterna_stack_shape *shape, size_t steps);

#endif
