/* smaller.h - the smaller of two counts. */
#ifndef STERNA_SMALLER_H
#define STERNA_SMALLER_H

#include <stddef.h>

static inline size_t sterna_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
