#include "fast_matrix.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

struct form {
    const char *name;
    size_t fields, bits; /* of a byte, of a field */
    int least, most;     /* codes that it takes */
    int offset;
};

static const struct form form_of[STERNA_FAST_LAYOUTS] = {
    [STERNA_FAST_BITS] = {"bits", 8, 1, -1, 1, 1},      [STERNA_FAST_PAIRS] = {"pairs", 4, 2, -1, 1, 1},
    [STERNA_FAST_LOOSE] = {"loose", 2, 2, -1, 1, 1},    [STERNA_FAST_NIBBLES] = {"nibbles", 2, 4, -8, 7, 8},
    [STERNA_FAST_SMALL] = {"small", 1, 8, -64, 64, 64}, [STERNA_FAST_BYTES] = {"bytes", 1, 8, -128, 127, 0},
};

size_t sterna_fast_fields(enum sterna_fast_layout layout)
{
    return form_of[layout].fields;
}

size_t sterna_fast_bits(enum sterna_fast_layout layout)
{
    return form_of[layout].bits;
}

const char *sterna_fast_layout_name(enum sterna_fast_layout layout)
{
    return form_of[layout].name;
}

int32_t sterna_fast_start(enum sterna_fast_layout layout, const int8_t *x, size_t count)
{
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    return -form_of[layout].offset * sum;
}

static bool takes(enum sterna_fast_layout layout, int least, int most, bool zeros)
{
    return least >= form_of[layout].least && most <= form_of[layout].most &&
           (layout != STERNA_FAST_BITS || !zeros);
}

static enum sterna_fast_layout choose(const int8_t *code, size_t count, unsigned layouts)
{
    int least = 0, most = 0;
    bool zeros = false;
    for (size_t i = 0; i < count; i++) {
        least = code[i] < least ? code[i] : least;
        most = code[i] > most ? code[i] : most;
        zeros |= code[i] == 0;
    }
    enum sterna_fast_layout layout = STERNA_FAST_BITS;
    while (layout != STERNA_FAST_BYTES && !(layouts >> layout & 1 && takes(layout, least, most, zeros)))
        layout++;
    return layout;
}

static unsigned field_of(enum sterna_fast_layout layout, int code)
{
    return layout == STERNA_FAST_BITS ? code > 0 : (unsigned)(code + form_of[layout].offset);
}

static void fill(struct sterna_fast_matrix *matrix, const int8_t *code)
{
    const enum sterna_fast_layout layout = matrix->layout;
    const size_t fields = form_of[layout].fields, rows = fields * matrix->lanes, cols = matrix->cols;
    for (size_t row = 0; row < matrix->rows; row++, code += cols) {
        const size_t block = row / rows, field = row % rows / matrix->lanes, lane = row % matrix->lanes;
        const size_t stride = sterna_fast_width(matrix, block) * matrix->lanes * STERNA_FAST_GROUP;
        uint8_t *word = sterna_fast_line(matrix, block, 0) + lane * STERNA_FAST_GROUP;
        int32_t sum = 0;
        for (size_t col = 0; col < cols; col++) {
            uint8_t *byte = word + col / STERNA_FAST_GROUP * stride + col % STERNA_FAST_GROUP;
            *byte = (uint8_t)(*byte | field_of(layout, code[col]) << (form_of[layout].bits * field));
            sum += code[col];
        }
        matrix->excess[row] = STERNA_FAST_EXCESS * sum;
    }
}

enum sterna_status sterna_fast_matrix_new(const int8_t *code, size_t rows, size_t cols, size_t lanes,
                                          unsigned layouts, struct sterna_fast_matrix *matrix,
                                          struct sterna_error *error)
{
    assert(rows > 0 && cols > 0 && lanes > 0 && lanes <= STERNA_FAST_LANES_MAX);
    struct sterna_fast_matrix fresh = {
        .layout = choose(code, rows * cols, layouts), .rows = rows, .cols = cols, .lanes = lanes};
    const size_t block = sterna_fast_fields(fresh.layout) * lanes;
    fresh.groups = (cols + 2 * STERNA_FAST_GROUP - 1) / (2 * STERNA_FAST_GROUP) * 2;
    fresh.blocks = (rows + block - 1) / block;
    fresh.line = sterna_buffer_new(fresh.blocks * fresh.groups, lanes * STERNA_FAST_GROUP);
    fresh.excess = sterna_buffer_new(sterna_fast_sums(&fresh), sizeof *fresh.excess);
    if (!fresh.line || !fresh.excess) {
        sterna_fast_matrix_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", rows, cols);
    }
    fill(&fresh, code);
    *matrix = fresh;
    return STERNA_OK;
}

void sterna_fast_matrix_free(struct sterna_fast_matrix *matrix)
{
    free(matrix->line);
    free(matrix->excess);
    memset(matrix, 0, sizeof *matrix);
}
