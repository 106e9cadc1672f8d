/* quantizer_check.h - what the tests of quantizers share: a method by name, and whether its stochastic form
 * is unbiased; for tests only. */
#ifndef STERNA_QUANTIZER_CHECK_H
#define STERNA_QUANTIZER_CHECK_H

#include "quantize.h"

#include <math.h>

#include <check.h>

enum { CHECK_DRAWS = 100000 };

static inline const struct sterna_quantizer *find_quantizer(const char *name)
{
    const struct sterna_quantizer *quantizer = NULL;
    ck_assert_int_eq(sterna_quantizer_find(name, &quantizer, NULL), STERNA_OK);
    return quantizer;
}

/* Whether the mean of the values is expected, to 5 standard errors; they may all be the same. */
static inline void check_mean(const float *value, size_t n, double expected)
{
    double sum = 0.0, square = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)value[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += ((double)value[i] - mean) * ((double)value[i] - mean);
    const double error = sqrt(square / (double)n / (double)n);
    ck_assert_double_le(fabs(mean - expected), 5.0 * error + 1e-6 * fabs(expected));
}

/* Samples CHECK_DRAWS copies of w in one block whose largest weight is largest; their values' mean is
 * expected. Returns the scale, and the samples' levels. */
static inline float check_unbiased(const struct sterna_quantizer *quantizer, const struct sterna_grid *grid,
                                   float w, float largest, double expected, float *level)
{
    static float weight[CHECK_DRAWS + 1], sample[CHECK_DRAWS + 1];
    const struct sterna_draw draw = {.seed = 5, .step = 9, .tensor = 2};

    weight[CHECK_DRAWS] = largest;
    for (size_t i = 0; i < CHECK_DRAWS; i++)
        weight[i] = w;
    const float scale = quantizer->sample(weight, CHECK_DRAWS + 1, grid, &draw, 0, sample);
    for (size_t i = 0; i < CHECK_DRAWS; i++) {
        level[i] = sample[i];
        sample[i] *= scale;
    }
    check_mean(sample, CHECK_DRAWS, expected);
    return scale;
}

static inline void check_levels(const float *level, const float *expected, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(level[i] == expected[i], "level %zu is %a, not %a", i, (double)level[i],
                      (double)expected[i]);
}

#endif
