#include "quantize.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

float sterna_glorot_bound(size_t fan_in, size_t fan_out)
{
    return sqrtf(6.0f / (float)(fan_in + fan_out));
}

/* ---- float: the baseline by the same code ---- */

static float unbounded(float bound)
{
    (void)bound;
    return INFINITY;
}

static float copy_round(const float *w, size_t n, float bound, float *level)
{
    (void)bound;
    memcpy(level, w, n * sizeof *w);
    return 1.0f;
}

/* ---- ternary with fixed levels 0, +-W0 (Ott et al. 2016, Lin et al. 2015) ---- */

static float full_range(float bound)
{
    return bound;
}

/* +1 above W0/2, -1 at or below -W0/2, 0 between. */
static float ternary_round(const float *w, size_t n, float w0, float *level)
{
    const float cut = 0.5f * w0;

    for (size_t i = 0; i < n; i++) {
        float up = w[i] > cut ? 1.0f : 0.0f, down = w[i] <= -cut ? 1.0f : 0.0f;
        level[i] = up - down;
    }
    return w0;
}

/* sign(w) with probability |w| / W0 (1 from W0 on), else 0. */
static float ternary_sample(const float *w, size_t n, float w0, const float *uniform, float *level)
{
    for (size_t i = 0; i < n; i++) {
        float keep = uniform[i] * w0 < fabsf(w[i]) ? 1.0f : 0.0f;
        level[i] = w[i] < 0.0f ? -keep : keep;
    }
    return w0;
}

/* ---- ternary weight networks: the threshold follows the weights (as used by Hou et al. 2019) ---- */

/* 0 up to 0.7 mean|w|, else the sign; the scale is the mean magnitude of those kept (1 if none). */
static float twn_round(const float *w, size_t n, float bound, float *level)
{
    const float cut = 0.7f * cblas_sasum((int)n, w, 1) / (float)n;

    (void)bound;
    for (size_t i = 0; i < n; i++) {
        float keep = fabsf(w[i]) > cut ? 1.0f : 0.0f;
        level[i] = w[i] < 0.0f ? -keep : keep;
    }
    const float kept = cblas_sdot((int)n, level, 1, level, 1);
    return kept > 0.0f ? cblas_sdot((int)n, level, 1, w, 1) / kept : 1.0f;
}

/* ---- powers of two: the exponential quantizer of Ott et al. 2016 in a narrow range with a zero ---- */

enum { POW2_EXPONENT = 6, POW2_TOP = 1 << POW2_EXPONENT };

/* v = |w| / scale, the largest being 64: e = floor(log2 v), one more if v / 2^e - 1 > 0.5; 0 if that exponent is negative. */
static float pow2_round(const float *w, size_t n, float bound, float *level)
{
    const float largest = fabsf(w[cblas_isamax((int)n, w, 1)]), scale = largest / POW2_TOP;

    (void)bound;
    memset(level, 0, n * sizeof *level);
    if (!(scale > 0.0f))
        return 1.0f;
    for (size_t i = 0; i < n; i++) {
        const float v = fabsf(w[i]) / scale;
        float power = 0.0f;
        for (int exponent = 0; exponent <= POW2_EXPONENT; exponent++) {
            const float p = (float)(1 << exponent);
            power = v > 0.75f * p ? p : power;
        }
        level[i] = w[i] < 0.0f ? -power : power;
    }
    return scale;
}

static const struct sterna_quantizer QUANTIZERS[] = {
    {"float", STERNA_FORMATS, unbounded, copy_round, NULL},
    {"ternary", STERNA_FORMAT_TERNARY, full_range, ternary_round, ternary_sample},
    {"twn", STERNA_FORMAT_TERNARY, unbounded, twn_round, NULL},
    {"pow2", STERNA_FORMAT_POW2, unbounded, pow2_round, NULL},
};

enum sterna_status sterna_quantizer_find(const char *name, const struct sterna_quantizer **quantizer,
                                         struct sterna_error *error)
{
    for (size_t i = 0; i < sizeof QUANTIZERS / sizeof QUANTIZERS[0]; i++) {
        if (strcmp(name, QUANTIZERS[i].name) == 0) {
            *quantizer = &QUANTIZERS[i];
            return STERNA_OK;
        }
    }
    return sterna_fail(error, STERNA_ERR_RANGE,
                       "unknown quantizer '%.40s': there are float, ternary, twn, pow2", name);
}
