/* fast_matrix.h - a matrix of weight codes laid out for vector kernels that multiply it with one int8 vector, exactly.
 *
 * A line is a 32-bit word for each of the kernel's lanes: its four bytes belong to four adjacent columns, a group. A byte
 * has one or more fields of equal width, each the code of a row of its own: plus an offset, so that no field is negative,
 * where there are several; as a signed byte where there is one.
 * A block is the rows of one line; its lines stand in a row, those of blocks of one field interleaved by eight:
 *
 *   row      = (block * fields + field) * lanes + lane
 *   column   = 4 * group + byte
 *
 *   layout   fields   bits   field          holds
 *   bits     8        1      code > 0       binary
 *   pairs    4        2      code + 1       ternary
 *   loose    2        2      code + 1       the same: two fields together are small enough to be multiplied as one number
 *   nibbles  2        4      code + 8       int4
 *   small    1        8      code + 64      powers of two: two products fit 16 bits
 *   bytes    1        8      code           int8
 *
 * Of the layouts that the kernel has, the first that takes all codes is chosen, whatever format they came in. What lies beyond
 * the last row or column has fields 0, and the vector ends in zeros.
 */
#ifndef STERNA_FAST_MATRIX_H
#define STERNA_FAST_MATRIX_H

#include "sterna.h"

enum {
    STERNA_FAST_INTERLEAVE = 8,
    STERNA_FAST_GROUP = 4,
    STERNA_FAST_LANES_MAX = 16,
    STERNA_FAST_EXCESS = 128
};

enum sterna_fast_layout {
    STERNA_FAST_BITS,
    STERNA_FAST_PAIRS,
    STERNA_FAST_LOOSE,
    STERNA_FAST_NIBBLES,
    STERNA_FAST_SMALL,
    STERNA_FAST_BYTES,
    STERNA_FAST_LAYOUTS
};

struct sterna_fast_matrix {
    enum sterna_fast_layout layout;
    size_t rows, cols;
    size_t lanes;  /* of the kernel */
    size_t groups; /* even */
    size_t blocks;
    uint8_t *line; /* aligned to 64 bytes */
    int32_t *
        excess; /* [sterna_fast_sums] 128 * the sum of a row's codes: if bytes without sign stand for x + 128 */
};

/* Lay out code [rows, cols], both at least 1. layouts: the kernel's, bit 1 << STERNA_FAST_...; bytes are among them. Release with sterna_fast_matrix_free, which may be called twice. */
STERNA_MUST_CHECK
enum sterna_status sterna_fast_matrix_new(const int8_t *code, size_t rows, size_t cols, size_t lanes,
                                          unsigned layouts, struct sterna_fast_matrix *matrix,
                                          struct sterna_error *error);
void sterna_fast_matrix_free(struct sterna_fast_matrix *matrix);

size_t sterna_fast_fields(enum sterna_fast_layout layout);
size_t sterna_fast_bits(enum sterna_fast_layout layout);
const char *sterna_fast_layout_name(enum sterna_fast_layout layout);
/* What to add to the sum of fields times x to have the sum of codes times x, once bits are doubled. */
int32_t sterna_fast_start(enum sterna_fast_layout layout, const int8_t *x, size_t count);

/* Rows of all blocks: as many sums a kernel writes. */
static inline size_t sterna_fast_sums(const struct sterna_fast_matrix *matrix)
{
    return matrix->blocks * sterna_fast_fields(matrix->layout) * matrix->lanes;
}

/* Activations that a kernel reads. */
static inline size_t sterna_fast_inputs(const struct sterna_fast_matrix *matrix)
{
    return matrix->groups * STERNA_FAST_GROUP;
}

/* How many blocks are interleaved with this one, itself included, and where the first of them begins. */
static inline size_t sterna_fast_width(const struct sterna_fast_matrix *matrix, size_t block)
{
    const size_t first = block / STERNA_FAST_INTERLEAVE * STERNA_FAST_INTERLEAVE,
                 left = matrix->blocks - first;
    if (sterna_fast_fields(matrix->layout) > 1)
        return 1;
    return left < STERNA_FAST_INTERLEAVE ? left : STERNA_FAST_INTERLEAVE;
}

/* The line of a block and a group. */
static inline uint8_t *sterna_fast_line(const struct sterna_fast_matrix *matrix, size_t block, size_t group)
{
    const size_t width = sterna_fast_width(matrix, block);
    const size_t first = width == 1 ? block : block / STERNA_FAST_INTERLEAVE * STERNA_FAST_INTERLEAVE;
    const size_t line = first * matrix->groups + group * width + (block - first);
    return matrix->line + line * matrix->lanes * STERNA_FAST_GROUP;
}

#endif
