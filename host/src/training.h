/* training.h - all that training goes on from, which is also all that a checkpoint holds.
 *
 * A checkpoint is a safetensors file: the parameters (parameters.h) as F32 under their names;
 * "adam.mean.NAME" and "adam.square.NAME"; of a text "carry" F32 [2 layers, batch, hidden], the states carried
 * from window to window (per layer a, then s); "curve" F64 [points, 5]; of sound "front_end.mean" and
 * "front_end.deviation" F32 [inputs]. Metadata (strings): "format" = "sterna-checkpoint", "version" = "2", "recipe"
 * (recipe-file text), "updates" (done), "size" (of the training split: characters or sequences), "train_nats" (running
 * mean), "input" ("one-hot", "dense"), and of a text "alphabet" (hexadecimal), of sequences "inputs", "input_fraction",
 * "classes" (names joined by newlines), "rate" (samples a second). Place in the data and random numbers follow from "updates".
 */
#ifndef STERNA_TRAINING_H
#define STERNA_TRAINING_H

#include "feed.h"

/* A point of the learning curve. Bits per prediction; accuracy in percent, NaN for texts. */
struct sterna_point {
    double seen, train_bits, valid_bits, valid_accuracy, rate;
};

/* What a network was made for, beyond its sizes. */
struct sterna_training_data {
    size_t size; /* of the training split */
    struct sterna_network_ends ends;
    size_t symbols; /* 0: not a text */
    uint8_t alphabet[256];
    size_t classes; /* 0: a text */
    char (*class_name)[STERNA_CLASS_NAME];
    uint32_t rate;           /* 0: no sound */
    float *mean, *deviation; /* [ends.inputs] of sound, else NULL */
};

struct sterna_training {
    struct sterna_recipe recipe;
    struct sterna_training_data data;
    struct sterna_network network;
    float *value, *mean, *square; /* [network.parameters.size] parameters and the optimizer's moments */
    float *carry;                 /* [2 layers, batch, hidden] of a text */
    uint64_t updates;             /* done */
    double train_nats;            /* running mean per prediction */
    size_t points;
    struct sterna_point *curve; /* of every validation so far */
};

/* Initial state for a recipe on its data. */
STERNA_MUST_CHECK enum sterna_status sterna_training_new(const struct sterna_recipe *recipe,
                                                         const struct sterna_feed *feed,
                                                         struct sterna_training *training,
                                                         struct sterna_error *error);
/* The same from a description of the data, which becomes the training's. */
STERNA_MUST_CHECK enum sterna_status sterna_training_for(const struct sterna_recipe *recipe,
                                                         struct sterna_training_data *data,
                                                         struct sterna_training *training,
                                                         struct sterna_error *error);
void sterna_training_free(struct sterna_training *training);
void sterna_training_data_free(struct sterna_training_data *data);
/* Append to the curve. */
STERNA_MUST_CHECK enum sterna_status sterna_training_note(struct sterna_training *training,
                                                          const struct sterna_point *point,
                                                          struct sterna_error *error);
/* The last point of the curve; NULL if there is none. */
const struct sterna_point *sterna_training_last(const struct sterna_training *training);

/* Write the checkpoint (temporary name, then rename). */
STERNA_MUST_CHECK enum sterna_status sterna_checkpoint_save(const struct sterna_training *training,
                                                            const char *path, struct sterna_error *error);
/* Read one. STERNA_ERR_FORMAT if the file is no checkpoint, STERNA_ERR_RANGE if a number in it is not finite. */
STERNA_MUST_CHECK enum sterna_status sterna_checkpoint_load(const char *path,
                                                            struct sterna_training *training,
                                                            struct sterna_error *error);

#endif
