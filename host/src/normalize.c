#include "normalize.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

static float none_row(const float *level, size_t n, float scale, float gain)
{
    (void)level, (void)n, (void)gain;
    return scale;
}

static float dot(const float *a, const float *b, size_t n)
{
    return cblas_sdot((int)n, a, 1, b, 1);
}

static float weight_row(const float *level, size_t n, float scale, float gain)
{
    float square = dot(level, level, n);

    (void)scale;
    return square > 0.0f ? gain / sqrtf(square) : 0.0f;
}

/* With q = scale * level and value = gain q / ||q||:
 * dL/dgain = <d, q> / ||q||,  dL/dq = gain / ||q|| (d - q <d, q> / ||q||^2),  d = dL/dvalue. */
static float weight_backward(const float *level, size_t n, float scale, float gain, float *gradient)
{
    float square = dot(level, level, n);
    if (square <= 0.0f) {
        /* A row of zeros has no direction: let its weights move freely by the gain's size, so that it can
         * come back. */
        for (size_t i = 0; i < n; i++)
            gradient[i] *= gain;
        return 0.0f;
    }
    float along = dot(gradient, level, n), norm = sqrtf(square);
    float factor = gain / (scale * norm), back = along / square;
    for (size_t i = 0; i < n; i++)
        gradient[i] = factor * (gradient[i] - back * level[i]);
    return along / norm;
}

static const struct sterna_normalizer NORMALIZERS[] = {
    {"none", STERNA_NORMALIZE_NONE, false, none_row, NULL},
    {"weight", STERNA_NORMALIZE_ROWS, true, weight_row, weight_backward},
    {"layer", STERNA_NORMALIZE_LAYER, false, none_row, NULL},
    {"batch", STERNA_NORMALIZE_BATCH, false, none_row, NULL},
};

enum sterna_status sterna_normalizer_find(const char *name, const struct sterna_normalizer **normalizer,
                                          struct sterna_error *error)
{
    for (size_t i = 0; i < sizeof NORMALIZERS / sizeof NORMALIZERS[0]; i++) {
        if (strcmp(name, NORMALIZERS[i].name) == 0) {
            *normalizer = &NORMALIZERS[i];
            return STERNA_OK;
        }
    }
    return sterna_fail(error, STERNA_ERR_RANGE,
                       "unknown normalization '%.40s': there are " STERNA_NORMALIZER_NAMES, name);
}
