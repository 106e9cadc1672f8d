/* packed_int.h - a matrix of weight codes laid out once for exact products with int8 activations.
 *
 * The sums are those of integers, whatever the processor and the layout. Columns are cut into panels of 16.
 * Codes of at most +-16 (binary, ternary, 4 bit) are kept as bytes and multiplied by twos into 16-bit sums,
 * which move to 32 bits before they could overflow; up to +-64 (powers of two) every pair moves to 32 bits
 * at once; larger ones are kept and multiplied as 16-bit numbers.
 */
#ifndef STERNA_PACKED_INT_H
#define STERNA_PACKED_INT_H

#include "sterna.h"

enum { STERNA_PACKED_INT_INNER = 131072 }; /* 127 * 127 * this is below 2^31 */

struct sterna_packed_int {
    size_t inner, cols;
    size_t span;     /* products of four bytes that a 16-bit sum can take; 0: the codes are kept in 16 bits */
    void *panel;     /* [ceil(cols/16)][inner/4][16][4] int8_t, or [ceil(cols/16)][inner/2][16][2] int16_t */
    int32_t *excess; /* [cols] 128 * the sum of a column's codes: bytes stand for activation + 128 */
};

/* A zero matrix [inner, cols]; both at least 1. STERNA_ERR_RANGE if inner exceeds STERNA_PACKED_INT_INNER:
 * sums could overflow. Release with sterna_packed_int_free, which may be called twice. */
STERNA_MUST_CHECK
enum sterna_status sterna_packed_int_new(size_t inner, size_t cols, struct sterna_packed_int *packed,
                                         struct sterna_error *error);
void sterna_packed_int_free(struct sterna_packed_int *packed);
/* code [cols, inner] row-major, as weight matrices stand, each within +-127. */
void sterna_packed_int_fill(struct sterna_packed_int *packed, const int8_t *code);
/* sums [rows, cols] = a [rows, inner] code^T, exactly; a within +-127. ld* in elements. Uses 100 KB of
 * stack. */
void sterna_packed_int_product(size_t rows, const int8_t *a, size_t lda, const struct sterna_packed_int *b,
                               int32_t *sums, size_t ldc);
/* The same without the processor's vector instructions. */
void sterna_packed_int_product_portable(size_t rows, const int8_t *a, size_t lda,
                                        const struct sterna_packed_int *b, int32_t *sums, size_t ldc);

#endif
