/* export.h - the quantized model of a state of training. */
#ifndef STERNA_EXPORT_H
#define STERNA_EXPORT_H

#include "training.h"

/* Prepares training->network for the integer forward pass and makes the model with exactly its codes, scales
 * and biases. STERNA_ERR_RANGE if its weights are "float". Release with sterna_model_free. */
STERNA_MUST_CHECK enum sterna_status sterna_export(struct sterna_training *training,
                                                   struct sterna_model **model, struct sterna_error *error);

/* The same without weights: sizes, what goes in and comes out, where it comes from. */
STERNA_MUST_CHECK enum sterna_status sterna_export_frame(const struct sterna_training *training,
                                                         struct sterna_model **model,
                                                         struct sterna_error *error);

#endif
