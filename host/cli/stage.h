/* stage.h - a model loaded on an open device, for the commands that step it themselves. */
#ifndef STERNA_STAGE_H
#define STERNA_STAGE_H

#include "sterna.h"

struct sterna_stage {
    const char *command; /* for complaints */
    struct sterna_model *model;
    struct sterna_model_facts facts;
    struct sterna_wait wait;
    struct sterna_device *device;
    struct sterna_geometry geometry;
    struct sterna_load_report load;
    int32_t *sums; /* [outputs] of the last step */
    float *logits; /* [outputs] */
};

/* What to call the model at `path`. */
const char *sterna_stage_name(const char *path);
/* Load the model file (NULL: make one of random weights) and put it on the device at the address; wait: for a board that is
 * unplugged, too. Returns false after a complaint; nothing is left open then. The stage must not move. */
bool sterna_stage_open(struct sterna_stage *stage, const char *command, const char *path, const char *address,
                       bool wait);
void sterna_stage_close(struct sterna_stage *stage);
/* One step on a one-hot input; sums and logits are then of this step. Returns false after a complaint. */
bool sterna_stage_step(struct sterna_stage *stage, uint16_t input);
/* The same on int8 inputs [facts.inputs]. */
bool sterna_stage_step_dense(struct sterna_stage *stage, const int8_t *input);
/* The index of a byte in the model's alphabet, facts.symbols if it is not there. */
size_t sterna_stage_symbol(const struct sterna_stage *stage, uint8_t byte);

#endif
