#include "adam.h"

#include <math.h>

static const float BETA_MEAN = 0.9f, BETA_SQUARE = 0.999f, EPSILON = 1e-8f;

/* Rates as values and arrays as restrict pointers, for vector code; so is -fno-math-errno, as sqrtf may set
 * errno. */
static void update(size_t count, float factor, float rate, float spread, const float *restrict gradient,
                   float *restrict value, float *restrict mean, float *restrict square)
{
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i] * factor;
        mean[i] = BETA_MEAN * mean[i] + (1.0f - BETA_MEAN) * g;
        square[i] = BETA_SQUARE * square[i] + (1.0f - BETA_SQUARE) * (g * g);
        value[i] -= rate * mean[i] / (sqrtf(square[i] * spread) + EPSILON);
    }
}

void sterna_adam(const struct sterna_adam_step *step, size_t count, const float *gradient, float *value,
                 float *mean, float *square)
{
    const double steps = (double)step->update;
    const float rate = (float)((double)step->rate / (1.0 - pow((double)BETA_MEAN, steps)));
    const float spread = (float)(1.0 / (1.0 - pow((double)BETA_SQUARE, steps)));

    update(count, step->factor, rate, spread, gradient, value, mean, square);
}
