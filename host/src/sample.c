/* sample.c - drawing the next symbol from a model's logits. */
#include "loss.h"

#include <assert.h>
#include <math.h>

/* Uniform in [0, 1) with 53 bits: draw number `counter` of the stream `seed` (the finalizer of SplitMix64,
 * Steele et al. 2014). A counter makes the stream's position a plain number that a caller may keep. */
static double uniform(uint64_t seed, uint64_t counter)
{
    static const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = seed * UINT64_C(0xD1342543DE82EF95) + (counter + 1) * golden;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return ldexp((double)(z >> 11), -53);
}

size_t sterna_sample(const float *logits, size_t count, double temperature, uint64_t seed, uint64_t *random)
{
    assert(count > 0 && temperature >= 0);
    size_t best = sterna_loss_best(count, logits);
    double draw = uniform(seed, (*random)++);
    if (temperature == 0)
        return best;
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += exp((logits[i] - logits[best]) / temperature);
    double rest = draw * total;
    for (size_t i = 0; i < count; i++) {
        rest -= exp((logits[i] - logits[best]) / temperature);
        if (rest < 0)
            return i;
    }
    return best; /* rounding ate the last bit of the sum */
}
