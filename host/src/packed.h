/* packed.h - a float matrix laid out once for many products with few rows: the step of a recurrent layer.
 *
 * Columns are cut into panels of 16; a panel holds its rows one after the other, so that the innermost loop
 * reads it as one stream. An element of a product is summed over blocks of 256 of the inner dimension, each
 * in order with fused multiply-add where the processor has it (chosen at run time; the portable code rounds
 * twice): its bits depend neither on the number of rows multiplied together nor on the other columns.
 */
#ifndef STERNA_PACKED_H
#define STERNA_PACKED_H

#include "sterna.h"

struct sterna_packed {
    size_t inner, cols;
    float *panel; /* [ceil(cols/16)][inner][16]; columns beyond the last are zero */
};

/* A zero matrix [inner, cols]; both at least 1. Release with sterna_packed_free; twice does no harm. */
STERNA_MUST_CHECK
enum sterna_status sterna_packed_new(size_t inner, size_t cols, struct sterna_packed *packed,
                                     struct sterna_error *error);
void sterna_packed_free(struct sterna_packed *packed);
/* B[k][n] = transposed ? w[n * ldw + k] : w[k * ldw + n]. */
void sterna_packed_fill(struct sterna_packed *packed, const float *w, size_t ldw, bool transposed);
/* c [rows, cols] = a [rows, inner] B, or += if add. Row-major, ld* in elements; c overlaps nothing. Uses 100
 * KB of stack. */
void sterna_packed_product(size_t rows, const float *a, size_t lda, const struct sterna_packed *b, bool add,
                           float *c, size_t ldc);
/* The same without the processor's vector instructions; other rounding. */
void sterna_packed_product_portable(size_t rows, const float *a, size_t lda, const struct sterna_packed *b,
                                    bool add, float *c, size_t ldc);

#endif
