/* quantize_grid.c - evenly spaced levels: the fixed-point numbers Qi.f of dual-copy rounding. */
#include <assert.h>
#include <math.h>

#include "quantize_methods.h"

/* p: the grid is an absolute one, and weights of Glorot's size all round to 0 on it. They are divided by the
 * power of two that takes their standard deviation, unit / sqrt 3, nearest to 0.5; for unit 1 that is 1. */
static float prescale(float unit)
{
    return ldexpf(1.0f, (int)roundf(log2f(2.0f * unit / sqrtf(3.0f))));
}

static unsigned largest_level(unsigned integer_bits, unsigned fraction_bits)
{
    assert(integer_bits + fraction_bits >= 1 && integer_bits + fraction_bits <= 7);
    return (1u << (integer_bits + fraction_bits)) - 1u;
}

/* Half away from zero. Clipped first, so that the integer never overflows; its remainder is exact, where
 * adding 0.5 would round up what is just below one half. */
static float grid_round(const float *w, size_t n, unsigned integer_bits, unsigned fraction_bits, float unit,
                        float *level)
{
    const float scale = ldexpf(prescale(unit), -(int)fraction_bits);
    const float inverse = 1.0f / scale, top = (float)largest_level(integer_bits, fraction_bits);

    for (size_t i = 0; i < n; i++) {
        float v = fabsf(w[i]) * inverse;
        v = v < top ? v : top;
        const float whole = (float)(int)v, nearest = whole + (v - whole >= 0.5f ? 1.0f : 0.0f);
        level[i] = w[i] < 0.0f ? -nearest : nearest;
    }
    return scale;
}

static float grid_range(unsigned integer_bits, unsigned fraction_bits, float unit)
{
    return ldexpf(prescale(unit) * (float)largest_level(integer_bits, fraction_bits), -(int)fraction_bits);
}

static enum sterna_format dual_copy_format(const struct sterna_grid *grid)
{
    const unsigned top = largest_level(grid->integer_bits, grid->fraction_bits);
    return top <= 1 ? STERNA_FORMAT_TERNARY : top <= 7 ? STERNA_FORMAT_INT4 : STERNA_FORMAT_INT8;
}

static float dual_copy_range(const struct sterna_grid *grid)
{
    return grid_range(grid->integer_bits, grid->fraction_bits, grid->unit);
}

static float dual_copy_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    return grid_round(w, n, grid->integer_bits, grid->fraction_bits, grid->unit, level);
}

const struct sterna_quantizer sterna_quantize_dual_copy = {
    .name = "dual-copy", .format = dual_copy_format, .range = dual_copy_range, .round = dual_copy_round};

/* ---- Q0.1: -0.5, 0, 0.5 ---- */

static enum sterna_format pow2_ternary_format(const struct sterna_grid *grid)
{
    (void)grid;
    return STERNA_FORMAT_TERNARY;
}

static float pow2_ternary_range(const struct sterna_grid *grid)
{
    return grid_range(0, 1, grid->unit);
}

static float pow2_ternary_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    return grid_round(w, n, 0, 1, grid->unit, level);
}

const struct sterna_quantizer sterna_quantize_pow2_ternary = {.name = "pow2-ternary",
                                                              .format = pow2_ternary_format,
                                                              .range = pow2_ternary_range,
                                                              .round = pow2_ternary_round};
