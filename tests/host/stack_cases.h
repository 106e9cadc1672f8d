/* stack_cases.h - stacks that between them use every kind of layer, with strides, paddings and groups; sequences of 9 and 7 steps of 6
 * values; for tests only. */
#ifndef STERNA_STACK_CASES_H
#define STERNA_STACK_CASES_H

#include "stack_shape.h"

enum { CASE_INPUTS = 6, CASE_STEPS = 9, CASE_SEQUENCES = 2 };

static const struct {
    const char *text;
    size_t steps; /* 0: sequences of different lengths */
} stack_case[] = {
    {"conv 4 3, relu", 0},
    {"conv 4 3 stride 2 pad 2, batch-norm, relu, conv 6 2 groups 2, relu", 0},
    {"conv 3 3x3 pad 1, relu, conv 4 2x3 stride 2x1, relu", 0},
    {"conv 4 3x2 stride 1x2 pad 2x1, batch-norm, relu, conv 4 3x3 pad 1 groups 4, batch-norm, relu", 0},
    {"max-pool 2, conv 4 2, relu, mean-pool 2 stride 1", 0},
    {"max-pool 3x2 stride 2x1, conv 4 2x2 pad 1 groups 1, relu, mean-pool 2x2", 0},
    {"mean-pool 2x1, conv 2 2x2, batch-norm, relu, dense 5, relu", CASE_STEPS},
    {"conv 4 3, relu, flatten, dense 3, relu", CASE_STEPS},
};

enum { STACK_CASES = sizeof stack_case / sizeof stack_case[0] };

/* Steps of the case's sequences. */
static inline void case_lengths(int i, size_t length[CASE_SEQUENCES])
{
    length[0] = CASE_STEPS;
    length[1] = stack_case[i].steps ? CASE_STEPS : CASE_STEPS - 2;
}

#endif
