/* model_metadata.h - the strings of a model file (model.h, items 2 and 3). */
#ifndef STERNA_MODEL_METADATA_H
#define STERNA_MODEL_METADATA_H

#include "model.h"
#include "safetensors.h"

/* What must be known of a file to make room for its model. */
struct sterna_model_frame {
    struct sterna_model_shape shape;
    struct sterna_stack_shape stack;
    enum sterna_format input, recurrent, output, in_stack;
};

STERNA_MUST_CHECK enum sterna_status sterna_model_metadata_write(struct sterna_tensors *tensors,
                                                                 const struct sterna_model *model,
                                                                 struct sterna_error *error);
/* STERNA_ERR_FORMAT, with the path in front, if it is no model file of this version, or has sizes of 0 or beyond the
 * limits. */
STERNA_MUST_CHECK enum sterna_status sterna_model_metadata_frame(const struct sterna_tensors *tensors,
                                                                 const char *path,
                                                                 struct sterna_model_frame *frame,
                                                                 struct sterna_error *error);
/* Everything else, into a fresh model; rate and front_end too, but not mean and deviation, which are tensors. On failure
 * the model is only good for sterna_model_free. */
STERNA_MUST_CHECK enum sterna_status sterna_model_metadata_read(const struct sterna_tensors *tensors,
                                                                const char *path, struct sterna_model *model,
                                                                struct sterna_error *error);

#endif
