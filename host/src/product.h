/* product.h - the three matrix products of training. Row-major; ld* is the distance between rows in elements.
 *
 * CBLAS underneath, always single-threaded: threads work on different sequences instead, so results do not
 * depend on their number.
 */
#ifndef STERNA_PRODUCT_H
#define STERNA_PRODUCT_H

#include "sterna.h"

/* Call once before any product: OpenBLAS must not start threads of its own. */
void sterna_product_setup(void);

/* c [rows, cols] = a [rows, inner] b [inner, cols], or += if add. */
void sterna_product(size_t rows, size_t cols, size_t inner, const float *a, size_t lda, const float *b,
                    size_t ldb, bool add, float *c, size_t ldc);
/* c [rows, cols] += a^T b with a [inner, rows], b [inner, cols]: a weight gradient over all `inner` examples.
 * */
void sterna_product_outer(size_t rows, size_t cols, size_t inner, const float *a, size_t lda, const float *b,
                          size_t ldb, float *c, size_t ldc);
/* to [cols, rows] = from [rows, cols] transposed. */
void sterna_product_transpose(size_t rows, size_t cols, const float *from, float *to);
/* sum [cols] += the rows of a [rows, cols], one after the other. */
void sterna_product_add_rows(size_t rows, size_t cols, const float *a, size_t lda, float *sum);

#endif
