#include "product.h"

#include <cblas.h>

enum { TILE = 16 };

void sterna_product_setup(void)
{
    openblas_set_num_threads(1);
}

void sterna_product(size_t rows, size_t cols, size_t inner, const float *a, size_t lda, const float *b,
                    size_t ldb, bool add, float *c, size_t ldc)
{
    const float beta = add ? 1.0f : 0.0f;

    if (rows == 1) /* one sequence: gemm would pack the whole of b for a single row */
        cblas_sgemv(CblasRowMajor, CblasTrans, (int)inner, (int)cols, 1.0f, b, (int)ldb, a, 1, beta, c, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)cols, (int)inner, 1.0f, a,
                    (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

void sterna_product_outer(size_t rows, size_t cols, size_t inner, const float *a, size_t lda, const float *b,
                          size_t ldb, float *c, size_t ldc)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)rows, (int)cols, (int)inner, 1.0f, a, (int)lda,
                b, (int)ldb, 1.0f, c, (int)ldc);
}

void sterna_product_transpose(size_t rows, size_t cols, const float *from, float *to)
{
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        const size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (size_t c = 0; c < cols; c++) {
            for (size_t r = r0; r < r1; r++)
                to[c * rows + r] = from[r * cols + c];
        }
    }
}

void sterna_product_add_rows(size_t rows, size_t cols, const float *a, size_t lda, float *sum)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            sum[c] += a[r * lda + c];
    }
}
