/* random_model.h - seeded random numbers and models for tests. */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <stdlib.h>

#include "model.h"

/* Splitmix64; below: 0..bound-1. */
static inline uint64_t random_bits(uint64_t *seed)
{
    uint64_t bits = *seed += UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return bits ^ bits >> 31;
}

static inline size_t random_below(uint64_t *seed, size_t bound)
{
    return (size_t)(random_bits(seed) >> 11) % bound;
}

static inline void random_matrix(struct sterna_matrix *matrix, uint64_t *seed)
{
    int limit = sterna_format_limit(matrix->format);
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++) {
        int code = 0;
        do
            code = (int)random_below(seed, 2 * (size_t)limit + 1) - limit;
        while (!sterna_format_has(matrix->format, code));
        matrix->code[i] = (int8_t)code;
    }
    for (size_t row = 0; row < matrix->rows; row++) {
        matrix->scale_m[row] = (uint8_t)random_below(seed, 256);
        matrix->scale_s[row] = (uint8_t)(3 + random_below(seed, 7)); /* now and then saturates */
    }
}

/* A model that keeps moving: pre-activations of the order of 1, some saturated. NULL if out of memory. */
static inline struct sterna_model *random_model(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                                uint64_t seed)
{
    struct sterna_model *fresh = NULL;
    if (sterna_model_new(inputs, hidden, layers, outputs, &fresh, NULL) != STERNA_OK)
        return NULL;
    fresh->one_hot = true;
    /* Formats by the seed: ternary, pow2, and each for the output layer of the other. */
    sterna_model_set_formats(fresh, (enum sterna_format)(seed % 2), (enum sterna_format)(seed / 2 % 2));
    for (size_t k = 0; k < layers; k++) {
        struct sterna_layer *layer = &fresh->layer[k];
        random_matrix(&layer->ih, &seed);
        random_matrix(&layer->hh, &seed);
        for (size_t i = 0; i < 4 * layer->hidden; i++)
            layer->bias[i] = (int16_t)((int)random_below(&seed, 6001) - 3000);
    }
    random_matrix(&fresh->output, &seed);
    for (size_t i = 0; i < outputs; i++)
        fresh->output_bias[i] = (int16_t)((int)random_below(&seed, 2001) - 1000);
    return fresh;
}

#endif
