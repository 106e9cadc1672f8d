/* nearest.h - "did you mean": the known word closest to a mistyped one. */
#ifndef STERNA_NEAREST_H
#define STERNA_NEAREST_H

#include <stddef.h>

/* The best candidate so far; start from zero, offer every known word. */
struct sterna_nearest {
    const char *word;
    size_t distance;
};

/* Keep the candidate if fewer edits lead to it than to the best before, and few enough to be a slip. */
void sterna_nearest_offer(struct sterna_nearest *nearest, const char *typed, const char *candidate);

#endif
