#include "quantize.h"

#include <math.h>
#include <string.h>

#include "quantize_methods.h"

enum { CHUNK = 512 }; /* random numbers made at a time: they stay in the nearest cache */

float sterna_glorot_bound(size_t fan_in, size_t fan_out)
{
    return sqrtf(6.0f / (float)(fan_in + fan_out));
}

void sterna_quantize_sample(sterna_sample_rule *rule, const float *w, size_t n, float scale, float top,
                            const struct sterna_draw *draw, size_t first, float *level)
{
    float uniform[CHUNK];

    for (size_t at = 0; at < n;) {
        const size_t room = CHUNK - (first + at) % 4, count = n - at < room ? n - at : room;
        sterna_philox_uniform(draw, first + at, count, uniform);
        rule(w + at, count, scale, top, uniform, level + at);
        at += count;
    }
}

float sterna_quantize_unbounded(const struct sterna_grid *grid)
{
    (void)grid;
    return INFINITY;
}

/* ---- float: the baseline by the same code ---- */

static enum sterna_format no_format(const struct sterna_grid *grid)
{
    (void)grid;
    return STERNA_FORMATS;
}

static float copy_round(const float *w, size_t n, const struct sterna_grid *grid, float *level)
{
    (void)grid;
    memcpy(level, w, n * sizeof *w);
    return 1.0f;
}

const struct sterna_quantizer sterna_quantize_float = {
    .name = "float", .format = no_format, .range = sterna_quantize_unbounded, .round = copy_round};

static const struct sterna_quantizer *const QUANTIZERS[] = {
    &sterna_quantize_float,     &sterna_quantize_binary, &sterna_quantize_xnor,
    &sterna_quantize_ternary,   &sterna_quantize_twn,    &sterna_quantize_pow2_ternary,
    &sterna_quantize_dual_copy, &sterna_quantize_pow2,   &sterna_quantize_exponential,
};

enum sterna_status sterna_quantizer_find(const char *name, const struct sterna_quantizer **quantizer,
                                         struct sterna_error *error)
{
    for (size_t i = 0; i < sizeof QUANTIZERS / sizeof QUANTIZERS[0]; i++) {
        if (strcmp(name, QUANTIZERS[i]->name) == 0) {
            *quantizer = QUANTIZERS[i];
            return STERNA_OK;
        }
    }
    return sterna_fail(error, STERNA_ERR_RANGE,
                       "unknown quantizer '%.40s': there are " STERNA_QUANTIZER_NAMES, name);
}
