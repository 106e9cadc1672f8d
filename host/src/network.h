/* network.h - a network ready to run in float or as a device computes it, and its run over windows of time.
 *
 *   symbols [T, B] -> recurrent layers -> output layer -> logits [T, B, O] -> loss
 */
#ifndef STERNA_NETWORK_H
#define STERNA_NETWORK_H

#include "cell.h"
#include "linear.h"
#include "parameters.h"
#include "workers.h"

struct sterna_network {
    size_t inputs, hidden, layers, outputs;
    const struct sterna_cell_type *cell;
    struct sterna_recurrent *layer;
    struct sterna_linear output;
    struct sterna_parameters parameters; /* the layout of vectors of parameters */
};

/* As the recipe says, for a text of so many symbols; master: with float weights instead of the recipe's
 * quantizers. */
STERNA_MUST_CHECK enum sterna_status sterna_network_new(const struct sterna_recipe *recipe, size_t symbols,
                                                        bool master, struct sterna_network *network,
                                                        struct sterna_error *error);
/* The float network of a model's quantized weights. */
STERNA_MUST_CHECK enum sterna_status sterna_network_import(const struct sterna_model *model,
                                                           struct sterna_network *network,
                                                           struct sterna_error *error);
void sterna_network_free(struct sterna_network *network);

/* Quantize, normalize and lay out the weights of a vector of parameters, as tasks of workers (NULL: none). */
void sterna_network_prepare(struct sterna_network *network, const struct sterna_preparation *preparation,
                            struct sterna_workers *workers, const float *value);
/* gradient: dL/d(effective weights), as windows add it up; becomes that of the parameters in value. */
void sterna_network_finish_gradient(struct sterna_network *network, struct sterna_workers *workers,
                                    const float *value, float *gradient);
/* Bring master weights back into the quantizers' range. */
void sterna_network_clip(struct sterna_network *network, float *value);
/* True if the weights' formats can be deployed (none is "float"). */
bool sterna_network_deployable(const struct sterna_network *network);

#endif
