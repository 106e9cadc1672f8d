/* cholesky.h - symmetric positive definite systems of equations, by LAPACK (in OpenBLAS). Column- and row-major are the same here.
 */
#ifndef STERNA_CHOLESKY_H
#define STERNA_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Factor matrix [n, n] in place, `ridge` times the mean of its diagonal added to the diagonal first (and as much as makes a
 * zero matrix positive). false: it is not positive definite all the same, or not finite. */
bool sterna_cholesky_factor(double *matrix, size_t n, double ridge);
/* Solve for `count` right-hand sides [count, n] in place, after _factor. */
void sterna_cholesky_solve(const double *factor, size_t n, double *right, size_t count);

#endif
