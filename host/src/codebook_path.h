/* codebook_path.h - the words of a codebook in an order in which each is few steps from the last.
 *
 * The table builders' T goes from 0 to word after word, each step adding +-(x_j << k): the distance of two words is the number of
 * steps, summed over their elements. A table entry serves a word and its negative, so each word may be visited as either.
 */
#ifndef STERNA_CODEBOOK_PATH_H
#define STERNA_CODEBOOK_PATH_H

#include "codebook.h"

enum { STERNA_CODEBOOK_SHIFT_MAX = 6 /* of a step: 1 << 6 */ };

/* A place of the path: a word, visited as itself or negated. Place 0 is the zero that T starts from. */
struct sterna_codebook_step {
    unsigned word; /* 1.., in `element` */
    bool negated;
};

struct sterna_codebook_path {
    size_t elements, words; /* set by the caller, with element[1 .. words] */
    int element[STERNA_CODEBOOK_WORDS + 1][STERNA_CODEBOOK_ELEMENTS]; /* 0: zeros */
    uint16_t distance[2][STERNA_CODEBOOK_WORDS + 1]
                     [STERNA_CODEBOOK_WORDS + 1]; /* [1]: to the other's negative */
    struct sterna_codebook_step place[STERNA_CODEBOOK_WORDS + 1];
};

/* The steps that change an element: signed powers of two up to 64, as few as sum up to it. */
unsigned sterna_codebook_steps(int change);
/* Put the words in order: place[1 .. words]. */
void sterna_codebook_path_find(struct sterna_codebook_path *path);
/* Steps of the whole path, one at least for each word. */
size_t sterna_codebook_path_length(const struct sterna_codebook_path *path);

#endif
