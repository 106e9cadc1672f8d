/* quantize_power.c - levels that are powers of two: in a narrow range with a zero (pow2), in the range of Ott
 * et al. 2016 without one (exponential), and activations for quantized back-propagation. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "magnitude.h"
#include "quantize_methods.h"

enum { EXPONENT_MIN = -22, EXPONENT_MAX = 9 }; /* of "exponential" */
enum { DEPLOYED_TOP = 64 };                    /* the largest code of the format pow2 */

/* ---- the exponent of one number, by its bits: sign, 8 of exponent, 23 of fraction ---- */

static const uint32_t EXPONENT = 0x7F800000u, FRACTION = 0x007FFFFFu, HALF = 0x00400000u;

static uint32_t bits_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* v >= 0: 2^e, e = floor(log2 v), or 2^(e+1) if v / 2^e - 1 > 0.5: a fraction above one half carries into the
 * exponent. */
static float power_nearest(float v)
{
    return float_of((bits_of(v) + (FRACTION - HALF)) & EXPONENT);
}

/* v >= 0: 2^(e+1) if uniform < v / 2^e - 1, else 2^e. */
static float power_sample(float v, float uniform)
{
    const uint32_t bits = bits_of(v);
    const float fraction = float_of((bits & FRACTION) | bits_of(1.0f)) - 1.0f;
    return float_of((bits & EXPONENT) + (uniform < fraction ? FRACTION + 1u : 0u));
}

/* ---- pow2: scaled so that the largest weight becomes the largest level ---- */

/* Above 0.75 is nearest to 2^0 or more. */
static void pow2_levels(const float *w, size_t n, float scale, float top, float *level)
{
    for (size_t i = 0; i < n; i++) {
        const float v = fabsf(w[i]) / scale;
        float power = power_nearest(v);
        power = power < top ? power : top;
        power = v > 0.75f ? power : 0.0f;
        level[i] = w[i] < 0.0f ? -power : power;
    }
}

/* Below 2^0: 1 with probability v. */
static void pow2_rule(const float *w, size_t n, float scale, float top, const float *uniform, float *level)
{
    for (size_t i = 0; i < n; i++) {
        const float v = fabsf(w[i]) / scale, small = uniform[i] < v ? 1.0f : 0.0f;
        float power = power_sample(v, uniform[i]);
        power = power < top ? power : top;
        power = v < 1.0f ? small : power;
        level[i] = w[i] < 0.0f ? -power : power;
    }
}

static float pow2_top(const struct sterna_grid *grid)
{
    assert(grid->levels >= 3 && grid->levels <= 15 && grid->levels % 2 == 1);
    return (float)(1u << (grid->levels - 3) / 2);
}

/* 0 if the weights are all 0, or too small to be told from it. */
static float pow2_scale(const float *w, size_t n, float top)
{
    return sterna_magnitude_largest(w, n) / top;
}

static enum sterna_format pow2_format(const struct sterna_grid *grid)
{
    return pow2_top(grid) > 1.0f ? STERNA_FORMAT_POW2 : STERNA_FORMAT_TERNARY;
}

static float all_zero(size_t n, float *level)
{
    memset(level, 0, n * sizeof *level);
    return 1.0f;
}

static float pow2_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    const float top = pow2_top(grid), scale = pow2_scale(w, n, top);

    if (!(scale > 0.0f))
        return all_zero(n, level);
    pow2_levels(w, n, scale, top, level);
    return scale;
}

static float pow2_sample(const float *w, size_t n, const struct sterna_grid *grid,
                         const struct sterna_draw *draw, size_t first, float *level)
{
    const float top = pow2_top(grid), scale = pow2_scale(w, n, top);

    if (!(scale > 0.0f))
        return all_zero(n, level);
    sterna_quantize_sample(pow2_rule, w, n, scale, top, draw, first, level);
    return scale;
}

const struct sterna_quantizer sterna_quantize_pow2 = {.name = "pow2",
                                                      .format = pow2_format,
                                                      .range = sterna_quantize_unbounded,
                                                      .round = pow2_round,
                                                      .sample = pow2_sample};

/* ---- exponential: the weights' own exponents ---- */

static enum sterna_format exponential_format(const struct sterna_grid *grid)
{
    (void)grid;
    return STERNA_FORMAT_POW2;
}

static float exponential_range(const struct sterna_grid *grid)
{
    (void)grid;
    return ldexpf(1.0f, EXPONENT_MAX);
}

static float exponential_limit(float power)
{
    const float bottom = 1.0f / (float)(1 << -EXPONENT_MIN), top = (float)(1 << EXPONENT_MAX);
    power = power > bottom ? power : bottom;
    return power < top ? power : top;
}

static float exponential_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    (void)grid;
    for (size_t i = 0; i < n; i++) {
        const float power = exponential_limit(power_nearest(fabsf(w[i])));
        level[i] = w[i] < 0.0f ? -power : power;
    }
    return 1.0f;
}

static void exponential_rule(const float *w, size_t n, float scale, float top, const float *uniform,
                             float *level)
{
    (void)scale, (void)top;
    for (size_t i = 0; i < n; i++) {
        const float power = exponential_limit(power_sample(fabsf(w[i]), uniform[i]));
        level[i] = w[i] < 0.0f ? -power : power;
    }
}

static float exponential_sample(const float *w, size_t n, const struct sterna_grid *grid,
                                const struct sterna_draw *draw, size_t first, float *level)
{
    (void)grid;
    sterna_quantize_sample(exponential_rule, w, n, 1.0f, 1.0f, draw, first, level);
    return 1.0f;
}

/* Codes reach over seven exponents and a zero: those are the block's largest ones. The scale is a power of
 * two, hence the exponents are those of round. */
static float exponential_deploy(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    const float largest = sterna_magnitude_largest(w, n);
    const float scale = exponential_limit(power_nearest(largest)) / DEPLOYED_TOP;

    (void)grid;
    if (!(largest > 0.0f))
        return all_zero(n, level);
    pow2_levels(w, n, scale, DEPLOYED_TOP, level);
    return scale;
}

const struct sterna_quantizer sterna_quantize_exponential = {.name = "exponential",
                                                             .format = exponential_format,
                                                             .range = exponential_range,
                                                             .round = exponential_round,
                                                             .sample = exponential_sample,
                                                             .deploy = exponential_deploy};

/* ---- activations: pow2's rule with a scale given beforehand ---- */

void sterna_quantize_activations(const float *x, size_t n, unsigned bits, int top,
                                 const struct sterna_draw *draw, size_t first, float *q)
{
    const int exponents = 1 << bits, bottom = top - exponents + 1;
    assert(bits >= 1 && bits <= 6 && top <= 120 && bottom >= -120);
    const float scale = ldexpf(1.0f, bottom);

    sterna_quantize_sample(pow2_rule, x, n, scale, ldexpf(1.0f, exponents - 1), draw, first, q);
    for (size_t i = 0; i < n; i++)
        q[i] *= scale;
}
