/* checkpoint.h - what writing (checkpoint.c) and reading (checkpoint_load.c) of checkpoints agree on. */
#ifndef STERNA_CHECKPOINT_H
#define STERNA_CHECKPOINT_H

#include <stdio.h>

#include "safetensors.h"
#include "training.h"

#define STERNA_CHECKPOINT_FORMAT  "sterna-checkpoint"
#define STERNA_CHECKPOINT_VERSION "2"

enum {
    STERNA_CHECKPOINT_VECTORS = 3, /* parameters, their moments */
    STERNA_CHECKPOINT_COLUMNS = 5, /* of the curve */
    STERNA_CHECKPOINT_NAME = 80,   /* of a tensor */
    STERNA_RECIPE_TEXT = 8192
};

/* The vectors of parameters, by the prefix of their tensors' names. */
static const char *const STERNA_CHECKPOINT_PREFIX[STERNA_CHECKPOINT_VECTORS] = {"", "adam.mean.",
                                                                                "adam.square."};

static inline float *sterna_checkpoint_vector(const struct sterna_training *training, size_t which)
{
    return which == 0 ? training->value : which == 1 ? training->mean : training->square;
}

/* Tensor i of a vector: its place in memory, and its name and shape in the file; NULL if there is none. */
static inline float *sterna_checkpoint_tensor(const struct sterna_training *training, size_t which, size_t i,
                                              char name[STERNA_CHECKPOINT_NAME], size_t shape[2])
{
    const struct sterna_parameter *tensor = &training->network.parameters.list[i];

    (void)snprintf(name, STERNA_CHECKPOINT_NAME, "%s%s", STERNA_CHECKPOINT_PREFIX[which], tensor->name);
    shape[0] = tensor->rows;
    shape[1] = tensor->cols; /* 0: a vector */
    return tensor->count ? sterna_checkpoint_vector(training, which) + tensor->offset : NULL;
}

static inline void sterna_checkpoint_carry(const struct sterna_recipe *recipe, size_t shape[3])
{
    shape[0] = 2 * recipe->layers;
    shape[1] = recipe->batch;
    shape[2] = recipe->hidden;
}

#endif
