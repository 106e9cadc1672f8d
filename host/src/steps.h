/* steps.h - time steps on a device behind a link: in frames of as many as fit, many of them pipelined (pipeline.h). */
#ifndef STERNA_STEPS_H
#define STERNA_STEPS_H

#include "pack.h"
#include "session.h"

struct sterna_steps {
    struct sterna_session *session;
    const struct sterna_image *image;
    const uint16_t *indices; /* one-hot inputs; NULL: dense */
    const int8_t *dense;
    size_t count;
};

/* Run them all; sums receives image->outputs of each step. Frames that are pipelined start from a snapshot: if something is lost, the device is taken back to it, and the rest goes
 * one by one. STERNA_ERR_FIT if a step's input or results are longer than the device's frames. */
STERNA_MUST_CHECK enum sterna_status sterna_steps_run(const struct sterna_steps *steps, int32_t *sums,
                                                      struct sterna_error *error);

#endif
