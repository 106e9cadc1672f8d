/* codebook_samples.h - what the matrices of a network see of calibration data: moments (moments.h) of the original network's inputs to
 * a matrix, and of those of the network as far as it is quantized, both run side by side on the same windows.
 */
#ifndef STERNA_CODEBOOK_SAMPLES_H
#define STERNA_CODEBOOK_SAMPLES_H

#include "moments.h"
#include "trial.h"

enum sterna_codebook_place {
    STERNA_CODEBOOK_STACK,
    STERNA_CODEBOOK_INPUT,
    STERNA_CODEBOOK_RECURRENT,
    STERNA_CODEBOOK_OUTPUT
};

struct sterna_codebook_samples {
    const struct sterna_trial *trial;                  /* its count: characters, or sequences, to use */
    const struct sterna_network *original, *quantized; /* prepared in float */
};

/* The moments of a matrix of layer k, of the stack's patches of some places of each window (of no layer: the output's): every fourth window is held out. They are empty, _new and of the
 * matrix's columns, and come back finished. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_collect(const struct sterna_codebook_samples *samples,
                                                             enum sterna_codebook_place place, size_t k,
                                                             struct sterna_moments *fitted,
                                                             struct sterna_moments *held,
                                                             struct sterna_error *error);

#endif
