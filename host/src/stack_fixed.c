#include "stack_fixed.h"

#include <stdlib.h>
#include <string.h>

#include "fixed.h"

size_t sterna_stack_fixed_values(const struct sterna_model *model, size_t k, size_t steps)
{
    const struct sterna_stack_shape *shape = &model->stack;
    const size_t height = sterna_stack_shape_height(shape, k, steps);
    if (k == shape->layers)
        return height * sterna_stack_shape_outputs(shape);
    return height * shape->layer[k].in.width * shape->layer[k].in.channels;
}

int32_t sterna_stack_fixed_sum(const struct sterna_matrix *weight, size_t row, const int8_t *patch,
                               size_t first, size_t count)
{
    const int8_t *code = weight->code + row * weight->cols + first;
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += code[i] * patch[first + i];
    return sum;
}

int8_t sterna_stack_fixed_activation(const struct sterna_filters *filters, size_t row, int32_t sum)
{
    const struct sterna_matrix *weight = &filters->weight;
    const int32_t term = sterna_fixed_scale(sum, weight->scale_m[row], weight->scale_s[row]);
    return sterna_fixed_rnn_unit(STERNA_CELL_RNN_RELU, term, 0, filters->bias[row]);
}

/* All filters at one place. */
static void convolve(const struct sterna_stack_layer *layer, const struct sterna_filters *filters,
                     size_t height, const int8_t *from, size_t y, size_t x, int8_t *patch, int8_t *to)
{
    const size_t rows = layer->out.channels / layer->groups;
    for (size_t g = 0; g < layer->groups; g++) {
        sterna_patches_gather_int8(layer, height, g, from, y, x, patch);
        for (size_t row = g * rows; row < (g + 1) * rows; row++)
            to[row] = sterna_stack_fixed_activation(
                filters, row, sterna_stack_fixed_sum(&filters->weight, row, patch, 0, layer->cols));
    }
}

static int8_t pool(const struct sterna_stack_layer *layer, const int8_t *window)
{
    const int32_t area = (int32_t)(layer->kernel[0] * layer->kernel[1]);
    int32_t most = window[0], sum = 0;
    for (size_t ky = 0; ky < layer->kernel[0]; ky++)
        for (size_t kx = 0; kx < layer->kernel[1]; kx++) {
            const int32_t value = window[(ky * layer->in.width + kx) * layer->in.channels];
            most = value > most ? value : most;
            sum += value;
        }
    if (layer->kind == STERNA_STACK_MAX_POOL)
        return (int8_t)most;
    const int32_t magnitude = ((sum < 0 ? -sum : sum) + area / 2) / area;
    return (int8_t)(sum < 0 ? -magnitude : magnitude);
}

void sterna_stack_fixed_layer(const struct sterna_model *model, size_t k, size_t height, const int8_t *from,
                              int8_t *patch, int8_t *to)
{
    const struct sterna_stack_layer *layer = &model->stack.layer[k];
    const size_t C = layer->out.channels, after = sterna_stack_layer_height(layer, height);

    if (layer->kind == STERNA_STACK_FLATTEN) {
        memcpy(to, from, C);
        return;
    }
    for (size_t y = 0; y < after; y++)
        for (size_t x = 0; x < layer->out.width; x++, to += C) {
            const int8_t *window =
                from + (y * layer->stride[0] * layer->in.width + x * layer->stride[1]) * layer->in.channels;
            if (layer->kind == STERNA_STACK_CONV)
                convolve(layer, &model->filters[k], height, from, y, x, patch, to);
            for (size_t c = 0; layer->kind != STERNA_STACK_CONV && c < C; c++)
                to[c] = pool(layer, window + c);
        }
}

enum sterna_status sterna_stack_fixed(const struct sterna_model *model, size_t steps, const int8_t *input,
                                      int8_t *frames, struct sterna_error *error)
{
    const struct sterna_stack_shape *shape = &model->stack;
    size_t most = sterna_stack_fixed_values(model, 0, steps), cols = 1;

    enum sterna_status status = sterna_stack_shape_check(shape, steps, error);
    if (status != STERNA_OK)
        return status;
    for (size_t k = 0; k < shape->layers; k++) {
        const size_t values = sterna_stack_fixed_values(model, k + 1, steps);
        most = values > most ? values : most;
        cols = shape->layer[k].cols > cols ? shape->layer[k].cols : cols;
    }
    int8_t *from = malloc(most), *to = malloc(most), *patch = malloc(cols);
    if (!from || !to || !patch)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for planes of %zu values", most);
    else
        memcpy(from, input, sterna_stack_fixed_values(model, 0, steps));
    for (size_t k = 0; k < shape->layers && status == STERNA_OK; k++) {
        sterna_stack_fixed_layer(model, k, sterna_stack_shape_height(shape, k, steps), from, patch, to);
        int8_t *kept = from;
        from = to;
        to = kept;
    }
    if (status == STERNA_OK)
        memcpy(frames, from, sterna_stack_fixed_values(model, shape->layers, steps));
    free(from);
    free(to);
    free(patch);
    return status;
}
