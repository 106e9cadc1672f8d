/* quantize_binary.c - two levels: -1 and +1. */
#include "magnitude.h"
#include "quantize_methods.h"

static enum sterna_format binary_format(const struct sterna_grid *grid)
{
    (void)grid;
    return STERNA_FORMAT_BINARY;
}

static float unit_range(const struct sterna_grid *grid)
{
    return grid->unit;
}

static void sign_of(const float *w, size_t n, float *level)
{
    for (size_t i = 0; i < n; i++)
        level[i] = w[i] >= 0.0f ? 1.0f : -1.0f;
}

static float binary_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    sign_of(w, n, level);
    return grid->unit;
}

/* The hard sigmoid needs no clipping: no random number is below 0 or above 1. */
static void binary_rule(const float *w, size_t n, float h, float top, const float *uniform, float *level)
{
    (void)top;
    for (size_t i = 0; i < n; i++)
        level[i] = uniform[i] < 0.5f * (w[i] / h + 1.0f) ? 1.0f : -1.0f;
}

static float binary_sample(const float *w, size_t n, const struct sterna_grid *grid,
                           const struct sterna_draw *draw, size_t first, float *level)
{
    sterna_quantize_sample(binary_rule, w, n, grid->unit, 1.0f, draw, first, level);
    return grid->unit;
}

/* alpha sign(w) is nearest to w, in squares, with alpha = mean|w|. A row of zeros gets 1. */
static float xnor_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    const float mean = sterna_magnitude_mean(w, n, -1.0f);

    (void)grid;
    sign_of(w, n, level);
    return mean > 0.0f ? mean : 1.0f;
}

const struct sterna_quantizer sterna_quantize_binary = {.name = "binary",
                                                        .format = binary_format,
                                                        .range = unit_range,
                                                        .round = binary_round,
                                                        .sample = binary_sample};
const struct sterna_quantizer sterna_quantize_xnor = {.name = "xnor",
                                                      .by_row = true,
                                                      .format = binary_format,
                                                      .range = sterna_quantize_unbounded,
                                                      .round = xnor_round};
