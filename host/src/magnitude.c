#include "magnitude.h"

#include <math.h>

/* Sixteen sums side by side, taken together in double after every part: vector code adds in the same order as
 * scalar code, and a million weights lose no precision. */
enum { LANES = 16, PART = 4096 };

struct lanes {
    float sum[LANES], count[LANES];
};

static void add(struct lanes *lanes, const float *w, size_t n, float above)
{
    for (size_t j = 0; j < n; j++) {
        const float magnitude = fabsf(w[j]);
        lanes->sum[j] += magnitude > above ? magnitude : 0.0f;
        lanes->count[j] += magnitude > above ? 1.0f : 0.0f;
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
