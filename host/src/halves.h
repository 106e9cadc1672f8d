/* halves.h - an output layer's matrix as two of smaller weights, for devices whose tables and sums are too narrow for it: what the low
 * bits of a weight say, and what the high ones do. Row r becomes rows 2r and 2r + 1; its sum is the first's + 8 times the second's.
 */
#ifndef STERNA_HALVES_H
#define STERNA_HALVES_H

#include "model.h"

enum { STERNA_HALVES_SHIFT = 3 };

/* Whether the weights of the format have halves of the same format: those of pow2 do, 2^k of which is either low or high. */
static inline bool sterna_halves_of(enum sterna_format format)
{
    return format == STERNA_FORMAT_POW2;
}

/* The halves, without scales; NULL if out of memory. */
struct sterna_matrix *sterna_halves_new(const struct sterna_matrix *matrix);
/* Accepts NULL. */
void sterna_halves_free(struct sterna_matrix *halves);

#endif
