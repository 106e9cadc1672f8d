/* buffer.h - zeroed memory for vectors of numbers, aligned to a cache line. */
#ifndef STERNA_BUFFER_H
#define STERNA_BUFFER_H

#include "sterna.h"

/* count elements of size bytes, all zero, aligned to 64 bytes; NULL if there is no memory or the product
 * overflows. Release with free(). */
void *sterna_buffer_new(size_t count, size_t size);
/* True if all are finite. */
bool sterna_buffer_finite(const float *value, size_t count);

#endif
