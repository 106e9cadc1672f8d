/* gradient_check.h - a derivative by differences, against which backward functions are tested; for tests
 * only. */
#ifndef STERNA_GRADIENT_CHECK_H
#define STERNA_GRADIENT_CHECK_H

#include <math.h>

#include "../random_model.h"

/* Derivative of objective(context) with respect to *at by the five-point rule: its error is of order h^4, so
 * that h can be large enough for the rounding of float arithmetic (1e-7 of the objective, divided by h) not
 * to matter. *at is restored. */
static inline double numeric_gradient(double (*objective)(void *context), void *context, float *at)
{
    const float h = 0.03125f, here = *at;
    double sample[4];
    const float offset[4] = {-2.0f, -1.0f, 1.0f, 2.0f};

    for (int i = 0; i < 4; i++) {
        *at = here + offset[i] * h;
        sample[i] = objective(context);
    }
    *at = here;
    return (sample[0] - 8.0 * sample[1] + 8.0 * sample[2] - sample[3]) / (12.0 * (double)h);
}

/* Whether the two agree to 2e-4, relative for gradients above 1. */
static inline int gradients_agree(double numeric, double backward)
{
    const double size = fabs(numeric) > 1.0 ? fabs(numeric) : 1.0;
    return fabs(numeric - backward) < 2e-4 * size;
}

/* Seeded values between -size and size. */
static inline void random_values(float *filled, size_t count, float size, uint64_t *seed)
{
    for (size_t i = 0; i < count; i++)
        filled[i] = ((float)random_below(seed, 20001) / 10000.0f - 1.0f) * size;
}

#endif
