/* network.h - a network ready to run in float or as a device computes it.
 *
 *   inputs [T, B] -> recurrent layers -> output layer -> logits -> loss
 *
 * Its run over windows of time is window.h.
 */
#ifndef STERNA_NETWORK_H
#define STERNA_NETWORK_H

#include "linear.h"
#include "parameters.h"
#include "recurrent.h"
#include "workers.h"

/* What comes in and what goes out. */
struct sterna_network_ends {
    size_t inputs, outputs;
    bool one_hot;
    unsigned fraction; /* of dense inputs: value q stands for q / 2^fraction */
    enum sterna_head head;
};

struct sterna_network {
    struct sterna_network_ends ends;
    size_t hidden, layers;
    const struct sterna_cell_type *cell;
    struct sterna_recurrent *layer;
    struct sterna_linear output;
    struct sterna_parameters parameters; /* the layout of vectors of parameters */
    const struct sterna_quantizer *quantizer_bias;
    const struct sterna_normalizer *normalizer;
    float *value;  /* parameters that the network owns; NULL: those it is prepared from are the caller's */
    float *frozen; /* [layers, 2, G*H] factors of rows whose products are normalized, for the integer pass */
    float *bias;   /* [layers, 2, G*H] biases as the passes use them: input's, recurrent */
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
/* A matrix of the network by its place in the list of parameters; NULL if that is none. */
const struct sterna_weight *sterna_network_weight(const struct sterna_network *network, size_t tensor);
/* True if the weights' formats can be deployed (none is "float"). */
bool sterna_network_deployable(const struct sterna_network *network);

#endif
