/* magnitude.h - sums and maxima over |w|, added in an order that no vector width changes. */
#ifndef STERNA_MAGNITUDE_H
#define STERNA_MAGNITUDE_H

#include <stddef.h>

/* Mean of the magnitudes above a threshold (below 0: of all); 0 if there are none. */
float sterna_magnitude_mean(const float *w, size_t n, float above);
/* The largest; 0 of none. */
float sterna_magnitude_largest(const float *w, size_t n);

#endif
