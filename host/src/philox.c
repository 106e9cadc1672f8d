#include "philox.h"

#include <assert.h>

enum { ROUNDS = 10 };

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

void sterna_philox_uniform(const struct sterna_draw *draw, size_t first, size_t count, float *uniform)
{
    assert(first % 4 == 0);
    const uint32_t key[2] = {(uint32_t)draw->seed, (uint32_t)(draw->seed >> 32)};
    uint32_t counter[4] = {0, draw->tensor, (uint32_t)draw->step, (uint32_t)(draw->step >> 32)};
    uint32_t word[4] = {0};

    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            counter[0] = (uint32_t)((first + i) / 4);
            sterna_philox(counter, key, word);
        }
        uniform[i] = (float)(word[i % 4] >> 8) * 0x1p-24f;
    }
}
