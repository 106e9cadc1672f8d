/* network.h - a network ready to run in float or as a device computes it.
 *
 *   inputs [T, B] -> stack -> frames [T', B] -> recurrent layers -> output layer -> logits -> loss
 *
 * The stack of feed-forward layers may be empty (frames are inputs), and behind one the recurrent layers may be.
 *
 * Its run over windows of time is window.h.
 */
#ifndef STERNA_NETWORK_H
#define STERNA_NETWORK_H

#include "linear.h"
#include "parameters.h"
#include "recurrent.h"
#include "stack.h"
#include "workers.h"

/* What comes in and what goes out. */
struct sterna_network_ends {
    size_t inputs, outputs;
    size_t steps; /* of every sequence; 0: they differ, or it is a text */
    bool one_hot;
    unsigned fraction; /* of dense inputs: value q stands for q / 2^fraction */
    enum sterna_head head;
};

struct sterna_network {
    struct sterna_network_ends ends;
    struct sterna_stack stack;
    size_t hidden, layers;
    size_t frame, top; /* values in front of the recurrent layers, and of the output layer */
    bool integer;      /* prepared for the integer forward pass */
    const struct sterna_cell_type *cell;
    struct sterna_recurrent *layer;
    struct sterna_linear output;
    struct sterna_parameters parameters; /* the layout of vectors of parameters */
    const struct sterna_quantizer *quantizer_bias;
    const struct sterna_normalizer *normalizer;
    const struct sterna_normalizer *plain; /* "none" */
    float *value; /* parameters that the network owns; NULL: those it is prepared from are the caller's */
    /* [layers, 2, G*H], then the rows of the stack's layers: */
    float *frozen; /* factors of rows whose products are normalized, for the integer pass */
    float *bias;   /* biases as the passes use them: input's, recurrent */
    float dropout, dropout_input, noise; /* of training in float */
    unsigned backprop_bits;
};

/* As the recipe says; master: with float weights instead of the recipe's quantizers. */
STERNA_MUST_CHECK enum sterna_status sterna_network_new(const struct sterna_recipe *recipe,
                                                        const struct sterna_network_ends *ends, bool master,
                                                        struct sterna_network *network,
                                                        struct sterna_error *error);
/* The float network of a model's quantized weights. */
STERNA_MUST_CHECK enum sterna_status sterna_network_import(const struct sterna_model *model,
                                                           struct sterna_network *network,
                                                           struct sterna_error *error);
void sterna_network_free(struct sterna_network *network);

/* Quantize, normalize and lay out the weights of a vector of parameters, as tasks of workers (NULL: none). training: the
 * coming windows learn, with dropout, noise and the window's own statistics. */
void sterna_network_prepare(struct sterna_network *network, const struct sterna_preparation *preparation,
                            bool training, struct sterna_workers *workers, const float *value);
/* gradient: dL/d(effective weights), as windows add it up; becomes that of the parameters in value. In the places of the
 * running statistics it holds those of `windows` windows added up: value's move towards them, and the gradient is set to 0. */
void sterna_network_finish_gradient(struct sterna_network *network, struct sterna_workers *workers,
                                    size_t windows, float *value, float *gradient);
/* The activation that stands for 1.0 in front of the output layer. */
float sterna_network_one(const struct sterna_network *network);
/* First row of stack layer k in frozen and bias. */
size_t sterna_network_stack_row(const struct sterna_network *network, size_t k);
/* A matrix of the network by its place in the list of parameters; NULL if that is none. */
const struct sterna_weight *sterna_network_weight(const struct sterna_network *network, size_t tensor);
/* True if the weights' formats can be deployed (none is "float"). */
bool sterna_network_deployable(const struct sterna_network *network);

#endif
