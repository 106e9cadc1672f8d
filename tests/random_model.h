/* random_model.h - seeded random numbers and models for tests. */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <stdlib.h>

#include "codebook.h"

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

/* A codebook whose step program is short, such that a few of them fit a device together, of words with elements of few powers of
 * two; names of all words. false: out of memory. */
static inline bool random_codebook(struct sterna_matrix *matrix, uint64_t *seed)
{
    const size_t elements = 1 + random_below(seed, STERNA_CODEBOOK_ELEMENTS), words = 32 / elements;
    if (sterna_codebook_new(matrix, elements, NULL) != STERNA_OK)
        return false;
    for (size_t i = 0; i < words * elements; i++)
        matrix->book.word[i] = (int8_t)((int)random_below(seed, 31) - 15);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t group = 0; group < matrix->book.groups; group++)
            if (sterna_codebook_column(elements, group, 0) < matrix->cols)
                matrix->book.name[row * matrix->book.groups + group] =
                    (uint8_t)(random_below(seed, words) | random_below(seed, 2) << 7);
    sterna_codebook_expand(matrix);
    return true;
}

static inline void random_matrix(struct sterna_matrix *matrix, uint64_t *seed)
{
    int limit = sterna_format_limit(matrix->format);
    const bool book = matrix->format == STERNA_FORMAT_CODEBOOK && random_codebook(matrix, seed);
    unsigned shift = matrix->format == STERNA_FORMAT_INT8           ? 5
                     : matrix->format == STERNA_FORMAT_INT4 || book ? 2
                                                                    : 0;
    for (size_t i = 0; i < matrix->rows * matrix->cols && !book; i++) {
        int picked = 0;
        do
            picked = (int)random_below(seed, 2 * (size_t)limit + 1) - limit;
        while (!sterna_format_has(matrix->format, picked));
        matrix->code[i] = (int8_t)picked;
    }
    for (size_t row = 0; row < matrix->rows; row++) {
        matrix->scale_m[row] = (uint8_t)random_below(seed, 256);
        matrix->scale_s[row] = (uint8_t)(3 + shift + random_below(seed, 7)); /* now and then saturates */
    }
}

/* Codes, scales and biases of a model whose formats are set. */
static inline void random_fill(struct sterna_model *model, uint64_t *seed)
{
    for (size_t k = 0; k < model->layers; k++) {
        struct sterna_layer *of = &model->layer[k];
        random_matrix(&of->ih, seed);
        random_matrix(&of->hh, seed);
        for (size_t i = 0; i < sterna_cell_biases(of->cell) * of->hidden; i++)
            of->bias[i] = (int16_t)((int)random_below(seed, 6001) - 3000);
    }
    random_matrix(&model->output, seed);
    for (size_t i = 0; i < model->output.rows; i++)
        model->output_bias[i] = (int16_t)((int)random_below(seed, 2001) - 1000);
}

/* A model that keeps moving: pre-activations of the order of 1, some saturated. One-hot; all weights of one format. NULL if out of
 * memory. */
static inline struct sterna_model *random_model_of(const struct sterna_model_shape *shape,
                                                   enum sterna_format format, uint64_t seed)
{
    struct sterna_model *fresh = NULL;
    if (sterna_model_new(shape, &fresh, NULL) != STERNA_OK)
        return NULL;
    fresh->one_hot = true;
    sterna_model_set_formats(fresh, format, format, format);
    random_fill(fresh, &seed);
    return fresh;
}

/* The same of GRU; formats by the seed: ternary, pow2, and each for the output layer of the other. */
static inline struct sterna_model *random_model(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                                uint64_t seed)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, inputs, hidden, layers, outputs};
    const enum sterna_format format = (enum sterna_format)(seed % 2);
    struct sterna_model *fresh = NULL;
    if (sterna_model_new(&shape, &fresh, NULL) != STERNA_OK)
        return NULL;
    fresh->one_hot = true;
    sterna_model_set_formats(fresh, format, format, (enum sterna_format)(seed / 2 % 2));
    random_fill(fresh, &seed);
    return fresh;
}

#endif
