/* quantize_ternary.c - three levels: -1, 0 and +1. */
#include <math.h>

#include "magnitude.h"
#include "quantize_methods.h"

static enum sterna_format ternary_format(const struct sterna_grid *grid)
{
    (void)grid;
    return STERNA_FORMAT_TERNARY;
}

static float unit_range(const struct sterna_grid *grid)
{
    return grid->unit;
}

/* +1 above W0/2, -1 at or below -W0/2, 0 between. */
static float ternary_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    const float cut = 0.5f * grid->unit;

    for (size_t i = 0; i < n; i++) {
        const float up = w[i] > cut ? 1.0f : 0.0f, down = w[i] <= -cut ? 1.0f : 0.0f;
        level[i] = up - down;
    }
    return grid->unit;
}

/* sign(w) with probability |w| / W0 (1 from W0 on), else 0. */
static void ternary_rule(const float *w, size_t n, float w0, float top, const float *uniform, float *level)
{
    (void)top;
    for (size_t i = 0; i < n; i++) {
        const float keep = uniform[i] * w0 < fabsf(w[i]) ? 1.0f : 0.0f;
        level[i] = w[i] < 0.0f ? -keep : keep;
    }
}

static float ternary_sample(const float *w, size_t n, const struct sterna_grid *grid,
                            const struct sterna_draw *draw, size_t first, float *level)
{
    sterna_quantize_sample(ternary_rule, w, n, grid->unit, 1.0f, draw, first, level);
    return grid->unit;
}

/* Ternary weight networks, the threshold following the weights: 0 up to 0.7 mean|w|, else the sign; the scale
 * is the mean magnitude of those kept (1 if none). */
static float twn_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    const float cut = 0.7f * sterna_magnitude_mean(w, n, -1.0f);

    (void)grid;
    for (size_t i = 0; i < n; i++) {
        const float keep = fabsf(w[i]) > cut ? 1.0f : 0.0f;
        level[i] = w[i] < 0.0f ? -keep : keep;
    }
    const float kept = sterna_magnitude_mean(w, n, cut);
    return kept > 0.0f ? kept : 1.0f;
}

const struct sterna_quantizer sterna_quantize_ternary = {.name = "ternary",
                                                         .format = ternary_format,
                                                         .range = unit_range,
                                                         .round = ternary_round,
                                                         .sample = ternary_sample};
const struct sterna_quantizer sterna_quantize_twn = {
    .name = "twn", .format = ternary_format, .range = sterna_quantize_unbounded, .round = twn_round};
