/* cholesky.c - see cholesky.h. OpenBLAS brings LAPACK, but Debian's package no header for it: these are the two routines' own
 * declarations (LAPACK users' guide), Fortran's by reference. */
#include "cholesky.h"

#include <assert.h>
#include <math.h>

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
             const int *ldb, int *info);

static const double LEAST = 1e-30;

bool sterna_cholesky_factor(double *matrix, size_t n, double ridge)
{
    double trace = 0;
    int info = 0;
    const int order = (int)n;
    for (size_t i = 0; i < n; i++)
        trace += matrix[i * n + i];
    const double added = ridge * trace / (double)n + LEAST;
    for (size_t i = 0; i < n; i++)
        matrix[i * n + i] += added;
    if (!isfinite(trace))
        return false;
    dpotrf_("L", &order, matrix, &order, &info);
    return info == 0;
}

void sterna_cholesky_solve(const double *factor, size_t n, double *right, size_t count)
{
    const int order = (int)n, columns = (int)count;
    int info = 0;
    dpotrs_("L", &order, &columns, factor, &order, right, &order, &info);
    assert(info == 0);
}
