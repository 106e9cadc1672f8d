#include "linear.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cell.h"
#include "product.h"

enum sterna_status sterna_linear_new(size_t inputs, size_t outputs, const struct sterna_quantizer *quantizer,
                                     const struct sterna_grid *grid,
                                     const struct sterna_normalizer *normalizer, struct sterna_linear *linear,
                                     struct sterna_error *error)
{
    struct sterna_linear fresh = {.inputs = inputs, .outputs = outputs};

    enum sterna_status status =
        sterna_weight_new(outputs, inputs, 1, quantizer, grid, normalizer, &fresh.weight, error);
    if (status != STERNA_OK)
        return status;
    fresh.bias = sterna_buffer_new(outputs, sizeof(float));
    fresh.matrix = sterna_buffer_new(outputs * inputs, sizeof(float));
    if (!fresh.bias || !fresh.matrix) {
        sterna_linear_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu outputs", outputs);
    }
    *linear = fresh;
    return STERNA_OK;
}

void sterna_linear_free(struct sterna_linear *linear)
{
    sterna_weight_free(&linear->weight);
    free(linear->bias);
    free(linear->matrix);
    memset(linear, 0, sizeof *linear);
}

void sterna_linear_prepare(struct sterna_linear *linear, const float *bias)
{
    for (size_t o = 0; o < linear->outputs; o++)
        linear->bias[o] = linear->integer ? (float)sterna_cell_round_bias(bias[o]) * 0x1p-11f : bias[o];
    sterna_product_transpose(linear->outputs, linear->inputs,
                             linear->integer ? linear->weight.level : linear->weight.value, linear->matrix);
}

void sterna_linear_sums(const struct sterna_linear *linear, size_t count, const float *a, float *sums)
{
    sterna_product(count, linear->outputs, linear->inputs, a, linear->inputs, linear->matrix, linear->outputs,
                   false, sums, linear->outputs);
}

void sterna_linear_forward(const struct sterna_linear *linear, size_t count, const float *a, float *logits)
{
    const size_t O = linear->outputs;

    sterna_linear_sums(linear, count, a, logits);
    for (size_t i = 0; i < count; i++) {
        float *row = logits + i * O;
        for (size_t o = 0; o < O; o++)
            row[o] = (linear->integer ? linear->weight.row[o] * row[o] : row[o]) + linear->bias[o];
    }
}

void sterna_linear_backward(const struct sterna_linear *linear, size_t count, const float *a,
                            const float *dlogits, float *da, float *weight_gradient, float *bias_gradient)
{
    const size_t O = linear->outputs, H = linear->inputs;

    sterna_product(count, H, O, dlogits, O, linear->weight.value, H, false, da, H);
    sterna_product_outer(O, H, count, dlogits, O, a, H, weight_gradient, H);
    sterna_product_add_rows(count, O, dlogits, O, bias_gradient);
}
