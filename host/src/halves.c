/* halves.c - see halves.h. */
#include "halves.h"

#include <assert.h>
#include <stdlib.h>

struct sterna_matrix *sterna_halves_new(const struct sterna_matrix *matrix)
{
    assert(sterna_halves_of(matrix->format));
    struct sterna_matrix *halves = calloc(1, sizeof *halves);
    int8_t *code = calloc(2 * matrix->rows * matrix->cols, sizeof *code);
    if (!halves || !code) {
        free(halves);
        free(code);
        return NULL;
    }
    *halves = (struct sterna_matrix){
        .format = matrix->format, .rows = 2 * matrix->rows, .cols = matrix->cols, .code = code};
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t col = 0; col < matrix->cols; col++) {
            const int weight = matrix->code[row * matrix->cols + col];
            const bool high = abs(weight) >> STERNA_HALVES_SHIFT != 0;
            code[(2 * row + high) * matrix->cols + col] =
                (int8_t)(high ? weight / (1 << STERNA_HALVES_SHIFT) : weight);
        }
    return halves;
}

void sterna_halves_free(struct sterna_matrix *halves)
{
    if (halves)
        free(halves->code);
    free(halves);
}
