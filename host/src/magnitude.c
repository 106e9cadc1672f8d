#include "magnitude.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Sums side by side, taken together in double after every part: vector code adds in the same order as scalar
 * code, and a million weights lose no precision. */
enum { LANES = 64, PART = 4096 };

struct lanes {
    float sum[LANES];
    uint32_t count[LANES];
};

/* v where mask is all ones, 0 where it is 0: a selection that no compiler turns into a branch. */
static float masked(float v, uint32_t mask)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= mask;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

static void add(struct lanes *lanes, const float *w, size_t n, float above)
{
    for (size_t j = 0; j < n; j++) {
        const float magnitude = fabsf(w[j]);
        const uint32_t kept = magnitude > above ? UINT32_MAX : 0;
        lanes->sum[j] += masked(magnitude, kept);
        lanes->count[j] -= kept; /* minus minus one */
    }
}

float sterna_magnitude_mean(const float *w, size_t n, float above)
{
    double sum = 0.0, count = 0.0;

    for (size_t part = 0; part < n; part += PART) {
        const size_t size = n - part < PART ? n - part : PART;
        struct lanes lanes = {{0}, {0}};
        size_t i = 0;
        for (; i + LANES <= size; i += LANES)
            add(&lanes, w + part + i, LANES, above);
        add(&lanes, w + part + i, size - i, above);
        for (size_t j = 0; j < LANES; j++) {
            sum += (double)lanes.sum[j];
            count += (double)lanes.count[j];
        }
    }
    return count > 0.0 ? (float)(sum / count) : 0.0f;
}

float sterna_magnitude_largest(const float *w, size_t n)
{
    float lane[LANES] = {0}, largest = 0.0f;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            const float magnitude = fabsf(w[i + j]);
            lane[j] = magnitude > lane[j] ? magnitude : lane[j];
        }
    }
    for (; i < n; i++)
        largest = fabsf(w[i]) > largest ? fabsf(w[i]) : largest;
    for (size_t j = 0; j < LANES; j++)
        largest = lane[j] > largest ? lane[j] : largest;
    return largest;
}
