/* adam.h - the optimizer of Kingma and Ba (2015), beta 0.9 and 0.999, epsilon 1e-8, with bias correction. */
#ifndef STERNA_ADAM_H
#define STERNA_ADAM_H

#include "sterna.h"

struct sterna_adam_step {
    uint64_t update; /* 1 for the first */
    float rate;
    float factor; /* of the gradient: 1, or less where its norm is clipped */
};

/* One update of count parameters: value, mean and square change; elements are independent of each other. */
void sterna_adam(const struct sterna_adam_step *step, size_t count, const float *gradient, float *value,
                 float *mean, float *square);

#endif
