/* training.h - all that training goes on from, which is also all that a checkpoint holds.
 *
 * A checkpoint is a safetensors file: the parameters (parameters.h) as F32 under their names;
 * "adam.mean.NAME" and "adam.square.NAME"; "carry" F32 [layers, batch, hidden], the hidden states carried
 * from window to window; "curve" F64 [points, 4]. Metadata (strings): "format" = "sterna-checkpoint",
 * "version" = "1", "recipe" (recipe-file text), "updates" (done), "characters" (length of the training
 * split), "alphabet" (hexadecimal), "train_nats" (running mean). Place in the text and random numbers follow
 * from "updates".
 */
#ifndef STERNA_TRAINING_H
#define STERNA_TRAINING_H

#include "network.h"

/* A point of the learning curve. */
struct sterna_point {
    double characters, train_bpc, valid_bpc, rate;
};

struct sterna_training {
    struct sterna_recipe recipe;
    size_t symbols, characters;
    uint8_t alphabet[256];
    struct sterna_network network;
    float *value, *mean, *square; /* [network.parameters.size] parameters and the optimizer's moments */
    float *carry;                 /* [layers, batch, hidden] */
    uint64_t updates;             /* done */
    double train_nats;            /* running mean per character */
    size_t points;
    struct sterna_point *curve; /* of every validation so far */
};

/* Initial state for a recipe on a text. */
STERNA_MUST_CHECK enum sterna_status sterna_training_new(const struct sterna_recipe *recipe,
                                                         const struct sterna_text *text,
                                                         struct sterna_training *training,
                                                         struct sterna_error *error);
void sterna_training_free(struct sterna_training *training);
/* Append to the curve. */
STERNA_MUST_CHECK enum sterna_status sterna_training_note(struct sterna_training *training,
                                                          const struct sterna_point *point,
                                                          struct sterna_error *error);
/* valid_bpc of the last point; NaN if there is none. */
double sterna_training_valid_bpc(const struct sterna_training *training);

/* Write the checkpoint (temporary name, then rename). */
STERNA_MUST_CHECK enum sterna_status sterna_checkpoint_save(const struct sterna_training *training,
                                                            const char *path, struct sterna_error *error);
/* Read one. STERNA_ERR_FORMAT if the file is no checkpoint, STERNA_ERR_RANGE if a number in it is not finite.
 * */
STERNA_MUST_CHECK enum sterna_status sterna_checkpoint_load(const char *path,
                                                            struct sterna_training *training,
                                                            struct sterna_error *error);

#endif
