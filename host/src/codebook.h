/* codebook.h - matrices whose weights are learned: groups of n columns, each one of 128 words or its negative.
 *
 * A group is what a device's table sums (hw/README.md, section 1), so that names need no other order there: group 8b + g
 * covers the columns 8nb + 8j + g, j = 0..n-1. In this process a matrix keeps the weights themselves, too (code), so that
 * fixed.c knows nothing of codebooks.
 */
#ifndef STERNA_CODEBOOK_H
#define STERNA_CODEBOOK_H

#include "model.h"

enum {
    STERNA_CODEBOOK_WORDS = 128,
    STERNA_CODEBOOK_ELEMENTS = 8, /* of a word at most */
    STERNA_CODEBOOK_STRIDE = 8,   /* between the columns of a group */
    STERNA_CODEBOOK_NEGATE = 0x80 /* of a name */
};

/* Groups of a row of `cols` columns, n elements each. */
size_t sterna_codebook_groups(size_t cols, size_t elements);
/* The column of element j of a group; beyond the last column: there is none. */
size_t sterna_codebook_column(size_t elements, size_t group, size_t j);
/* Make it a matrix of format codebook with words of `elements`, 1..8, all zero. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_new(struct sterna_matrix *matrix, size_t elements,
                                                         struct sterna_error *error);
/* Take the codebook away, if there is one; format and code stay. */
void sterna_codebook_free(struct sterna_matrix *matrix);
/* Write code as the words and names say: after a change of them. */
void sterna_codebook_expand(struct sterna_matrix *matrix);
/* Which words the names use: used [128]. A group without columns uses none. */
void sterna_codebook_used(const struct sterna_matrix *matrix, bool *used);
/* Whether two matrices have the same words. */
bool sterna_codebook_same(const struct sterna_matrix *one, const struct sterna_matrix *other);
/* STERNA_ERR_RANGE if the format is codebook and there is none, if code is not what the names say, an element is -128,
 * or a group without columns is not named 0; and if there is a codebook in another format. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_check(const struct sterna_matrix *matrix,
                                                           const char *name, struct sterna_error *error);

#endif
