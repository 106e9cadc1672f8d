/* philox.h - random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011).
 *
 * A number depends on its name (seed, step, tensor, index) and on nothing else: neither on threads nor on the
 * order of asking.
 */
#ifndef STERNA_PHILOX_H
#define STERNA_PHILOX_H

#include <stddef.h>
#include <stdint.h>

/* One block: four 32-bit words from a 128-bit counter and a 64-bit key. */
void sterna_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t word[4]);

/* Names a sequence of numbers. */
struct sterna_draw {
    uint64_t seed;
    uint64_t step; /* of training */
    uint32_t tensor;
};

/* uniform[i] = number first + i of the sequence, in [0, 1), multiples of 2^-24. */
void sterna_philox_uniform(const struct sterna_draw *draw, size_t first, size_t count, float *uniform);

#endif
