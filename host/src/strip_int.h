/* strip_int.h - the innermost part of packed_int.c: a strip of up to 4 rows times a panel of 16 columns. */
#ifndef STERNA_STRIP_INT_H
#define STERNA_STRIP_INT_H

#include "sterna.h"

enum { STERNA_STRIP_ROWS = 4, STERNA_STRIP_COLS = 16 };

/* sum [rows, 16] += a b. What is multiplied together lies in one 32-bit word, of the strip a [words][rows]
 * and of the panel b [words][16]: four unsigned bytes and four codes or, if span is 0, two 16-bit numbers
 * each. span: words that 16-bit sums can take. b and sum are aligned to 32 bytes. */
typedef void sterna_strip_int(size_t rows, size_t words, size_t span, const void *a, const void *b,
                              int32_t *sum);

sterna_strip_int sterna_strip_int_portable;
/* The fastest that this processor runs. */
sterna_strip_int *sterna_strip_int_best(void);

#endif
