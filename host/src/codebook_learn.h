/* codebook_learn.h - one matrix, from weights and moments to a product code: k-means, error correction, words without multiplication.
 */
#ifndef STERNA_CODEBOOK_LEARN_H
#define STERNA_CODEBOOK_LEARN_H

#include "codebook_fit.h"

struct sterna_codebook_plan {
    bool correct;   /* error correction; else the weights' own error is what is made small */
    size_t terms;   /* of an element: sums of at most so many powers of two, 1 or 2; 0: real elements */
    int top;        /* the largest of them; 0: 8 */
    size_t sweeps;  /* at most; 0: 12 */
    size_t program; /* bytes of a shared code's step program at most; 0: any */
    uint64_t seed;
};

/* How a matrix came out, all of held-out samples: mean squared errors of the responses relative to their variance. */
struct sterna_codebook_outcome {
    double plain;     /* k-means alone (with real elements) */
    double corrected; /* error correction, real elements; NaN without */
    double projected; /* what is deployed: elements of the grid; NaN with terms = 0 */
    size_t sweeps;
    size_t program; /* bytes of its step program; 0: none */
};

/* What is minimised is the error on `fitted`, what is judged that on `held`: the loop ends when a sweep does not make it less, and keeps the
 * best. weights [rows, cols]. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_learn(
    const struct sterna_codebook_plan *plan, const float *weights, const struct sterna_moments *fitted,
    const struct sterna_moments *held, struct sterna_product_code *code,
    struct sterna_codebook_outcome *outcome, struct sterna_error *error);

#endif
