/* codebook_fit.h - one matrix on its way to a product code: block coordinate descent on the error of its responses.
 *
 * With P = groups x n columns in the order of the groups, v a row of the code's weights, w the original's (moments.h),
 *
 *     error = sum over rows of  v' gram v - 2 v' right + const        right = cross w
 *
 * rest = right - gram v, a row's residual seen through the inputs, is kept up to date at every change of v, a group's at a time. Each step
 * below minimises the error over what it names, all else fixed, so none lets it rise:
 *
 *   names    of row r and group g: the word (and sign) with the least error, of all
 *   words    each word in turn: the normal equations of all places where it stands. Of a free code the words of a sub-space share the normal matrix, where
 *            each stands once in a row, up to their number: it is factored once; otherwise it is summed for each word
 *   scales   of row r: least squares in one unknown
 *
 * With a grid (codebook_grid.h) the elements of words are whole numbers of it: the step minimises over one element at a time.
 */
#ifndef STERNA_CODEBOOK_FIT_H
#define STERNA_CODEBOOK_FIT_H

#include "codebook_grid.h"
#include "codebook_path.h"
#include "moments.h"
#include "product_code.h"

struct sterna_codebook_fit {
    struct sterna_product_code *code;        /* the caller's */
    const struct sterna_codebook_grid *grid; /* NULL: elements are real */
    double
        toll; /* of a shared code on a grid: what a step of the words' program costs, in units of the error; 0: nothing */
    struct sterna_codebook_path *path; /* where the words are on their way; NULL without toll */
    size_t padded;                     /* P */
    double *gram;                      /* [P, P] */
    double *target;                    /* [rows, P] w */
    double *right;                     /* [rows, P] */
    double *value;                     /* [rows, P] v */
    double *rest;                      /* [rows, P] */
    double *norm;                      /* [groups, K] word' gram word of a group and its words */
    double *lack;                      /* scratch [rows, groups] */
    size_t *group;                     /* scratch [groups] */
};

/* weights [rows, cols]: the original's. The code is brought along, or set by _start. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_fit_new(struct sterna_product_code *code,
                                                             const float *weights,
                                                             const struct sterna_moments *moments,
                                                             struct sterna_codebook_fit *fit,
                                                             struct sterna_error *error);
void sterna_codebook_fit_free(struct sterna_codebook_fit *fit);
/* k-means of the sub-vectors themselves, each row divided by its scale (shared: its root mean square). */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_fit_start(struct sterna_codebook_fit *fit, uint64_t seed,
                                                               struct sterna_error *error);
/* After any other change of the code: make rest anew. */
void sterna_codebook_fit_refresh(struct sterna_codebook_fit *fit);
/* error without its constant. */
double sterna_codebook_fit_error(const struct sterna_codebook_fit *fit);
void sterna_codebook_fit_names(struct sterna_codebook_fit *fit);
void sterna_codebook_fit_words(struct sterna_codebook_fit *fit);
void sterna_codebook_fit_scales(struct sterna_codebook_fit *fit);
/* The path of a shared code's words, which are on a grid. */
void sterna_codebook_fit_path(const struct sterna_product_code *code, struct sterna_codebook_path *path);
/* v of a row's group changes, and rest with it. */
void sterna_codebook_fit_change(const struct sterna_codebook_fit *fit, size_t row, size_t group,
                                const double *by);
/* y [n] = the group's own part of gram x [n]. */
void sterna_codebook_fit_apply(const struct sterna_codebook_fit *fit, size_t group, const double *x,
                               double *y);
static inline double sterna_codebook_dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The normal equations of a word: matrix [n, n], and slope [n], the right side less matrix x the present word: everything else fixed, the
 * word has to move by the solution. Returns the number of places where it stands. */
size_t sterna_codebook_fit_normal(const struct sterna_codebook_fit *fit, size_t book, size_t word,
                                  double *matrix, double *slope);

#endif
