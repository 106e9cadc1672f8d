/* product_code.h - a matrix in product-quantized form: its columns in groups of n, each group of a row one word of a codebook.
 *
 *   weight[r][column(g, j)] = scale[r] * sign[r][g] * word[book(g)][name[r][g]][j]
 *
 * Two kinds. "shared": one codebook for all groups, a word standing for its negative too, a scale for each row, and the groups being those
 * of a device's tables (codebook.h): what runs on the engine. "free": the published method (Wu et al., arXiv 1512.06473), groups of neighbouring columns, a
 * codebook for each sub-space, no signs, no scales. Of a convolution the columns are (ky, kx, channels), sub-spaces are those of the channels,
 * and the codebooks are the same at all places of the kernel.
 */
#ifndef STERNA_PRODUCT_CODE_H
#define STERNA_PRODUCT_CODE_H

#include "sterna.h"

enum { STERNA_PRODUCT_CODE_ELEMENTS = 64 }; /* of a word at most */

struct sterna_product_code {
    size_t rows, cols;
    size_t elements, groups; /* n; of a row */
    size_t words, books;     /* K of a codebook */
    bool shared;
    size_t *column; /* [groups, n]; cols: there is none, the last group being only part of one */
    size_t *book;   /* [groups] */
    double *word;   /* [books, K, n] */
    uint16_t *name; /* [rows, groups] */
    int8_t *sign;   /* [rows, groups] */
    double *scale;  /* [rows] */
};

/* Where the name and the sign of a row's group are. */
static inline size_t sterna_product_code_place(const struct sterna_product_code *code, size_t row,
                                               size_t group)
{
    return row * code->groups + group;
}

/* A word [n] of a codebook. */
static inline double *sterna_product_code_word(const struct sterna_product_code *code, size_t book,
                                               size_t word)
{
    return code->word + (book * code->words + word) * code->elements;
}

/* Shared: 1 <= elements <= 8, words <= 128. */
STERNA_MUST_CHECK enum sterna_status sterna_product_code_shared(size_t rows, size_t cols, size_t elements,
                                                                size_t words,
                                                                struct sterna_product_code *code,
                                                                struct sterna_error *error);
/* Free: the columns repeat a period of `period` of them (a convolution's channels; else cols), which `elements` has to divide.
 * STERNA_ERR_RANGE if it does not, or if there are more words than sub-vectors in a sub-space. */
STERNA_MUST_CHECK enum sterna_status sterna_product_code_free(size_t rows, size_t cols, size_t period,
                                                              size_t elements, size_t words,
                                                              struct sterna_product_code *code,
                                                              struct sterna_error *error);
void sterna_product_code_release(struct sterna_product_code *code);
/* weights [rows, cols] as the code says. */
void sterna_product_code_expand(const struct sterna_product_code *code, float *weights);
/* Table lookup, as at run time: the sums of all words are built once for an input [cols], then a row's response is a sum of
 * looked-up ones. table: scratch [groups, K]. response [rows]. */
void sterna_product_code_respond(const struct sterna_product_code *code, const double *input, double *table,
                                 double *response);
/* Bits that names and codebooks take: 8 for a name of a shared code, ceil(log2 K) of a free one; 8 an element of a shared
 * codebook, 32 of a free one; 16 for a row's scale. */
size_t sterna_product_code_bits(const struct sterna_product_code *code);
/* Additions for one input: those of the tables (one for each element of a word) and of the rows. */
size_t sterna_product_code_operations(const struct sterna_product_code *code);

#endif
