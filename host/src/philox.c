#include "philox.h"

enum { ROUNDS = 10, LANES = 32 };

/* The constants of the paper: two multipliers and the Weyl sequences (golden ratio, sqrt 3 - 1) that step the
 * key. */
static const uint32_t MULTIPLIER[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t WEYL[2] = {0x9E3779B9u, 0xBB67AE85u};

void sterna_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t word[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER[0] * c0, p1 = (uint64_t)MULTIPLIER[1] * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += WEYL[0];
        k1 += WEYL[1];
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

/* The upper half of a product; apart from the lower half, since compilers have a vector form of this. */
static uint32_t high(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b >> 32);
}

static float uniform_of(uint32_t word)
{
    return (float)(int32_t)(word >> 8) * 0x1p-24f;
}

/* LANES blocks side by side, which compilers turn into vector code: the numbers 4 * block and on. */
static void uniform_lanes(const struct sterna_draw *draw, size_t block, float *uniform)
{
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    uint32_t k0 = (uint32_t)draw->seed, k1 = (uint32_t)(draw->seed >> 32);

    for (size_t j = 0; j < LANES; j++) {
        c0[j] = (uint32_t)(block + j);
        c1[j] = draw->tensor;
        c2[j] = (uint32_t)draw->step;
        c3[j] = (uint32_t)(draw->step >> 32);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t j = 0; j < LANES; j++) {
            const uint32_t low0 = MULTIPLIER[0] * c0[j], low1 = MULTIPLIER[1] * c2[j];
            const uint32_t high0 = high(MULTIPLIER[0], c0[j]), high1 = high(MULTIPLIER[1], c2[j]);
            c0[j] = high1 ^ c1[j] ^ k0;
            c2[j] = high0 ^ c3[j] ^ k1;
            c1[j] = low1;
            c3[j] = low0;
        }
        k0 += WEYL[0];
        k1 += WEYL[1];
    }
    for (size_t j = 0; j < LANES; j++) {
        uniform[4 * j] = uniform_of(c0[j]);
        uniform[4 * j + 1] = uniform_of(c1[j]);
        uniform[4 * j + 2] = uniform_of(c2[j]);
        uniform[4 * j + 3] = uniform_of(c3[j]);
    }
}

/* The numbers of one block from the skip-th on, at most count; returns how many. */
static size_t uniform_block(const struct sterna_draw *draw, size_t block, size_t skip, size_t count,
                            float *uniform)
{
    const uint32_t key[2] = {(uint32_t)draw->seed, (uint32_t)(draw->seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)block, draw->tensor, (uint32_t)draw->step,
                                 (uint32_t)(draw->step >> 32)};
    const size_t some = count < 4 - skip ? count : 4 - skip;
    uint32_t word[4];

    sterna_philox(counter, key, word);
    for (size_t i = 0; i < some; i++)
        uniform[i] = uniform_of(word[skip + i]);
    return some;
}

void sterna_philox_uniform(const struct sterna_draw *draw, size_t first, size_t count, float *uniform)
{
    for (size_t done = 0; done < count;) {
        const size_t block = (first + done) / 4, skip = (first + done) % 4;
        if (skip == 0 && count - done >= 4 * LANES) {
            uniform_lanes(draw, block, uniform + done);
            done += 4 * LANES;
        } else {
            done += uniform_block(draw, block, skip, count - done, uniform + done);
        }
    }
}
