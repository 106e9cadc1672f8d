/* trainer.h - the state of a training under way, shared by its loop (train.c) and its updates (train_update.c). */
#ifndef STERNA_TRAINER_H
#define STERNA_TRAINER_H

#include "adam.h"
#include "training.h"

/* Parameters that one task handles: a part of one tensor. */
struct sterna_piece {
    size_t offset, count;
    float rate;  /* factor of Adam's step */
    float range; /* bound after it; may be infinite */
};

struct sterna_trainer {
    struct sterna_training training;
    struct sterna_feed feed;
    struct sterna_workers *workers;
    size_t shards, pieces;
    struct sterna_window *window; /* [shards] */
    struct sterna_piece *piece;   /* [pieces] */
    double *loss;                 /* [shards] */
    double *square;               /* [pieces] sums of squares of the gradient */
    float *gradient;              /* [parameters] */
    /* Of a validation: */
    float *carry;    /* [shards] of a text's windows, one after the other */
    double *valid;   /* [tasks] nats */
    size_t *correct; /* [tasks] */
    struct sterna_adam_step step;
};

/* Everything but the training itself, which is there. */
STERNA_MUST_CHECK enum sterna_status sterna_trainer_open(struct sterna_trainer *trainer, unsigned threads,
                                                         struct sterna_error *error);
/* Everything. */
void sterna_trainer_close(struct sterna_trainer *trainer);
/* Whether this update runs the integer forward pass: the recipe wants it, and no weights are "float". */
bool sterna_trainer_integer(const struct sterna_training *training, uint64_t update);
/* One update. STERNA_ERR_DIVERGED if loss or gradient is not finite; *error then says which, and of which layer. */
STERNA_MUST_CHECK enum sterna_status sterna_trainer_update(struct sterna_trainer *trainer,
                                                           struct sterna_error *error);
/* Deterministic quantized weights on the validation split, with the forward pass of the phase that the last update was in. */
void sterna_trainer_validate(struct sterna_trainer *trainer, double *nats, double *accuracy);

#endif
