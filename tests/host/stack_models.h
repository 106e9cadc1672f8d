/* stack_models.h - models of a stack with random ternary filters; for tests only. */
#ifndef STERNA_STACK_MODELS_H
#define STERNA_STACK_MODELS_H

#include <stdlib.h>

#include "../random_model.h"

enum { STACK_OUTPUTS = 3 };

/* Sums mostly end between ReLU's corners. The output layer's weights are zeros. */
static inline struct sterna_model *stack_model(const char *text, size_t inputs, size_t steps)
{
    const struct sterna_model_shape shape = {.inputs = inputs, .outputs = STACK_OUTPUTS};
    struct sterna_stack_shape layers;
    struct sterna_model *model = NULL;
    uint64_t seed = 23;
    if (sterna_stack_shape_read(text, inputs, steps, &layers, NULL) != STERNA_OK ||
        sterna_model_new_behind(&layers, &shape, &model, NULL) != STERNA_OK)
        abort();
    for (size_t k = 0; k < layers.layers; k++) {
        struct sterna_filters *filters = &model->filters[k];
        for (size_t i = 0; i < filters->weight.rows * filters->weight.cols; i++)
            filters->weight.code[i] = (int8_t)((int)random_below(&seed, 3) - 1);
        for (size_t r = 0; r < filters->weight.rows; r++) {
            filters->weight.scale_m[r] = (uint8_t)(128 + random_below(&seed, 128));
            filters->weight.scale_s[r] = 5;
            filters->bias[r] = (int16_t)((int)random_below(&seed, 6000) - 1000);
        }
    }
    return model;
}

#endif
