/* fast_portable.c - the kernel of fast_kernel.h in plain C, for any number of lanes: what the others are checked against. Loops over
 * a whole line become vector code of whatever the compiler may use. */
#include <string.h>

#include "fast_kernel.h"

enum { LANES = 8, BYTES_MAX = STERNA_FAST_LANES_MAX * STERNA_FAST_GROUP };

static bool always(void)
{
    return true;
}

/* sum [bytes] += the field at `shift` of each byte of the line times its column's activation. */
static void add_line(size_t bytes, const uint8_t *restrict line, unsigned shift, unsigned mask,
                     const int16_t *restrict x, int32_t *restrict sum)
{
    for (size_t i = 0; i < bytes; i++)
        sum[i] += (int16_t)(line[i] >> shift & mask) * x[i];
}

/* The same of bytes with a sign. */
static void add_bytes(size_t bytes, const int8_t *restrict line, const int16_t *restrict x,
                      int32_t *restrict sum)
{
    for (size_t i = 0; i < bytes; i++)
        sum[i] += (int16_t)line[i] * x[i];
}

static void repeat(const int8_t *x, size_t bytes, int16_t *to)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = x[i % STERNA_FAST_GROUP];
}

static void multiply_block(const struct sterna_fast_matrix *matrix, size_t block, const int8_t *x,
                           int32_t start, int32_t *sums)
{
    const size_t fields = sterna_fast_fields(matrix->layout), bytes = matrix->lanes * STERNA_FAST_GROUP;
    const unsigned width = (unsigned)sterna_fast_bits(matrix->layout), mask = (1u << width) - 1;
    const int32_t unit = matrix->layout == STERNA_FAST_BITS ? 2 : 1;
    int32_t sum[8][BYTES_MAX];
    int16_t spread[BYTES_MAX];
    memset(sum, 0, fields * sizeof *sum);
    for (size_t group = 0; group < matrix->groups; group++) {
        const uint8_t *line = sterna_fast_line(matrix, block, group);
        repeat(x + group * STERNA_FAST_GROUP, bytes, spread);
        if (matrix->layout == STERNA_FAST_BYTES) {
            add_bytes(bytes, (const int8_t *)line, spread, sum[0]);
            continue;
        }
        for (unsigned field = 0; field < fields; field++)
            add_line(bytes, line, field * width, mask, spread, sum[field]);
    }
    for (size_t field = 0; field < fields; field++) {
        for (size_t lane = 0; lane < matrix->lanes; lane++) {
            const int32_t *part = sum[field] + lane * STERNA_FAST_GROUP;
            sums[field * matrix->lanes + lane] = start + unit * (part[0] + part[1] + part[2] + part[3]);
        }
    }
}

static void multiply(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start, int32_t *sums)
{
    const size_t rows = sterna_fast_fields(matrix->layout) * matrix->lanes;
    for (size_t block = 0; block < matrix->blocks; block++)
        multiply_block(matrix, block, x, start, sums + block * rows);
}

const struct sterna_fast_kernel sterna_fast_portable = {"portable", LANES,    STERNA_FAST_ANY,
                                                        always,     multiply, NULL};
