/* model_random.c - a network of random weights, to measure with: it fills a device and keeps moving, and means nothing. */
#include <stdlib.h>

#include "codebook.h"
#include "philox.h"

enum { SCALE_M = 160, SCALE_S = 4 }; /* pre-activations of the order of 1 */

/* Codes: -1, 0, 1 alike often. */
static enum sterna_status fill(struct sterna_matrix *matrix, uint64_t seed, uint32_t tensor)
{
    const struct sterna_draw draw = {.seed = seed, .tensor = tensor};
    const size_t count = matrix->rows * matrix->cols;
    float *uniform = malloc(count * sizeof *uniform);

    if (uniform == NULL)
        return STERNA_ERR_MEMORY;
    sterna_philox_uniform(&draw, 0, count, uniform);
    for (size_t i = 0; i < count; i++)
        matrix->code[i] = (int8_t)((int)(3.0f * uniform[i]) - 1);
    for (size_t row = 0; row < matrix->rows; row++) {
        matrix->scale_m[row] = SCALE_M;
        matrix->scale_s[row] = SCALE_S;
    }
    free(uniform);
    return STERNA_OK;
}

enum sterna_status sterna_model_random(size_t symbols, size_t hidden, uint64_t seed,
                                       struct sterna_model **model, struct sterna_error *error)
{
    const struct sterna_model_shape shape = {
        .cell = STERNA_CELL_GRU, .inputs = symbols, .hidden = hidden, .layers = 1, .outputs = symbols};
    struct sterna_model *fresh = NULL;

    if (symbols > sizeof fresh->alphabet)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu symbols: at most %zu are possible", symbols,
                           sizeof fresh->alphabet);
    enum sterna_status status = sterna_model_new(&shape, &fresh, error);
    if (status != STERNA_OK)
        return status;
    fresh->one_hot = true;
    fresh->symbols = symbols;
    fresh->seed = seed;
    for (size_t i = 0; i < symbols; i++)
        fresh->alphabet[i] = (uint8_t)i;
    if (fill(&fresh->layer[0].ih, seed, 0) != STERNA_OK || fill(&fresh->layer[0].hh, seed, 1) != STERNA_OK ||
        fill(&fresh->output, seed, 2) != STERNA_OK) {
        sterna_model_free(fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a model of %zu units", hidden);
    }
    *model = fresh;
    return STERNA_OK;
}

enum sterna_status sterna_model_random_dense(const char *cell, size_t inputs, size_t hidden, size_t outputs,
                                             uint64_t seed, struct sterna_model **model,
                                             struct sterna_error *error)
{
    struct sterna_model_shape shape = {.inputs = inputs, .hidden = hidden, .layers = 1, .outputs = outputs};
    struct sterna_model *fresh = NULL;
    enum sterna_status status = sterna_cell_by_name(cell, &shape.cell, error);

    if (status == STERNA_OK)
        status = sterna_model_new(&shape, &fresh, error);
    if (status != STERNA_OK)
        return status;
    fresh->seed = seed;
    if (fill(&fresh->layer[0].ih, seed, 0) != STERNA_OK || fill(&fresh->layer[0].hh, seed, 1) != STERNA_OK ||
        fill(&fresh->output, seed, 2) != STERNA_OK) {
        sterna_model_free(fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a model of %zu units", hidden);
    }
    *model = fresh;
    return STERNA_OK;
}

/* Words of -4..4 (0, +-1, +-2, +-4 alike often), as many as there are; a name is any of them, negated as often as not. */
static enum sterna_status fill_codebook(struct sterna_matrix *matrix, size_t elements, size_t words,
                                        uint64_t seed, uint32_t tensor, struct sterna_error *error)
{
    static const int8_t level[] = {0, 1, -1, 2, -2, 4, -4};
    const struct sterna_draw draw = {.seed = seed, .tensor = tensor};
    enum sterna_status status = sterna_codebook_new(matrix, elements, error);
    const size_t count = status == STERNA_OK ? matrix->rows * matrix->book.groups : 0;
    float *uniform = malloc((words * elements + count) * sizeof *uniform);

    if (status == STERNA_OK && uniform == NULL)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a random codebook");
    if (status == STERNA_OK) {
        sterna_philox_uniform(&draw, 0, words * elements + count, uniform);
        for (size_t i = 0; i < words * elements; i++)
            matrix->book.word[i] = level[(size_t)(7.0f * uniform[i])];
        for (size_t i = 0; i < count; i++) {
            const size_t name = (size_t)((float)(2 * words) * uniform[words * elements + i]);
            if (sterna_codebook_column(elements, i % matrix->book.groups, 0) < matrix->cols)
                matrix->book.name[i] = (uint8_t)(name / 2 | (name % 2 ? STERNA_CODEBOOK_NEGATE : 0));
        }
        sterna_codebook_expand(matrix);
    }
    free(uniform);
    return status;
}

enum sterna_status sterna_model_random_codebook(const char *cell, size_t inputs, size_t hidden,
                                                size_t outputs, size_t elements, size_t words, uint64_t seed,
                                                struct sterna_model **model, struct sterna_error *error)
{
    struct sterna_model *fresh = NULL;

    if (elements < 1 || elements > STERNA_CODEBOOK_ELEMENTS || words < 1 || words > STERNA_CODEBOOK_WORDS)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "codebooks of %zu words of %zu elements: 1 to %d words, 1 to %d elements", words,
                           elements, STERNA_CODEBOOK_WORDS, STERNA_CODEBOOK_ELEMENTS);
    enum sterna_status status = sterna_model_random_dense(cell, inputs, hidden, outputs, seed, &fresh, error);
    struct sterna_matrix *matrix[3] = {0};
    for (uint32_t i = 0; i < 3 && status == STERNA_OK; i++) {
        matrix[0] = &fresh->layer[0].ih;
        matrix[1] = &fresh->layer[0].hh;
        matrix[2] = &fresh->output;
        status = fill_codebook(matrix[i], elements, words, seed, i, error);
    }
    if (status == STERNA_OK)
        *model = fresh;
    else
        sterna_model_free(fresh);
    return status;
}
