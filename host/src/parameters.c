#include "parameters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "philox.h"
#include "quantize.h"

/* Steps of training count from 0, so this one names no sample of theirs. */
static const uint64_t INITIALIZATION = UINT64_MAX;

/* First gains, as multiples of the row's norm. A one-hot input selects a single column, and logits must
 * become large: from the norm itself the optimizer would take the first thousand updates to raise these
 * gains. */
static const float GAIN_ONE_HOT = 8.0f, GAIN_OUTPUT = 4.0f;

static void append(struct sterna_parameters *parameters, bool present, const char *name, const char *suffix,
                   size_t rows, size_t cols)
{
    struct sterna_parameter *tensor = &parameters->list[parameters->tensors++];

    snprintf(tensor->name, sizeof tensor->name, "%s%s", name, suffix);
    tensor->rows = rows;
    tensor->cols = cols;
    tensor->offset = parameters->size;
    tensor->count = present ? rows * (cols ? cols : 1) : 0;
    parameters->size += tensor->count;
}

static void append_layer(struct sterna_parameters *parameters, size_t layer)
{
    const struct sterna_parameters_shape *shape = &parameters->shape;
    const size_t rows = shape->gates * shape->hidden;
    char ih[32], hh[32], name[32];

    snprintf(ih, sizeof ih, "weight_ih_l%zu", layer);
    snprintf(hh, sizeof hh, "weight_hh_l%zu", layer);
    append(parameters, true, ih, "", rows, layer == 0 ? shape->inputs : shape->hidden);
    append(parameters, shape->gain_ih, ih, ".g", rows, 0);
    append(parameters, true, hh, "", rows, shape->hidden);
    append(parameters, shape->gain_hh, hh, ".g", rows, 0);
    snprintf(name, sizeof name, "bias_ih_l%zu", layer);
    append(parameters, true, name, "", rows, 0);
    snprintf(name, sizeof name, "bias_hh_l%zu", layer);
    append(parameters, true, name, "", rows, 0);
    append(parameters, shape->statistics_ih, ih, ".mean", rows, 0);
    append(parameters, shape->statistics_ih, ih, ".variance", rows, 0);
    append(parameters, shape->statistics_hh, hh, ".mean", rows, 0);
    append(parameters, shape->statistics_hh, hh, ".variance", rows, 0);
}

/* A layer without weights has the places too: count = 0. */
static void append_stack(struct sterna_parameters *parameters, size_t k)
{
    const struct sterna_stack_layer *layer = &parameters->shape.stack->layer[k];
    const bool conv = layer->kind == STERNA_STACK_CONV, norm = layer->batch_norm;
    const size_t rows = layer->out.channels;
    char name[32];

    snprintf(name, sizeof name, "stack.%zu", k);
    append(parameters, conv, name, ".weight", rows, layer->cols);
    append(parameters, conv && (norm || parameters->shape.gain_stack), name, ".weight.g", rows, 0);
    append(parameters, conv, name, ".bias", rows, 0);
    append(parameters, norm, name, ".mean", rows, 0);
    append(parameters, norm, name, ".variance", rows, 0);
}

enum sterna_status sterna_parameters_new(const struct sterna_parameters_shape *shape,
                                         struct sterna_parameters *parameters, struct sterna_error *error)
{
    struct sterna_parameters fresh = {.shape = *shape, .layers = shape->layers};

    const size_t stack = shape->stack ? shape->stack->layers : 0;

    fresh.list = calloc(shape->layers * STERNA_LAYER_ROLES + STERNA_LINEAR_ROLES + stack * STERNA_STACK_ROLES,
                        sizeof *fresh.list);
    if (!fresh.list)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the parameters of %zu layers",
                           shape->layers);
    for (size_t k = 0; k < shape->layers; k++)
        append_layer(&fresh, k);
    append(&fresh, true, "linear.weight", "", shape->outputs, shape->top ? shape->top : shape->hidden);
    append(&fresh, shape->gain_output, "linear.weight", ".g", shape->outputs, 0);
    append(&fresh, true, "linear.bias", "", shape->outputs, 0);
    for (size_t k = 0; k < stack; k++)
        append_stack(&fresh, k);
    fresh.shape.stack = NULL;
    *parameters = fresh;
    return STERNA_OK;
}

void sterna_parameters_free(struct sterna_parameters *parameters)
{
    free(parameters->list);
    memset(parameters, 0, sizeof *parameters);
}

const float *sterna_parameters_in(const struct sterna_parameters *parameters, const float *vector,
                                  size_t layer, enum sterna_role role)
{
    const struct sterna_parameter *tensor = &parameters->list[layer * STERNA_LAYER_ROLES + role];
    return tensor->count ? vector + tensor->offset : NULL;
}

float *sterna_parameters_at(const struct sterna_parameters *parameters, float *vector, size_t layer,
                            enum sterna_role role)
{
    return sterna_parameters_tensor(parameters, vector, layer * STERNA_LAYER_ROLES + role);
}

size_t sterna_parameters_stack(const struct sterna_parameters *parameters, size_t k, enum sterna_role role)
{
    return parameters->layers * STERNA_LAYER_ROLES + STERNA_LINEAR_ROLES + k * STERNA_STACK_ROLES + role;
}

float *sterna_parameters_tensor(const struct sterna_parameters *parameters, float *vector, size_t i)
{
    return parameters->list[i].count ? vector + parameters->list[i].offset : NULL;
}

static float norm(const float *row, size_t n)
{
    double square = 0.0;
    for (size_t i = 0; i < n; i++)
        square += (double)row[i] * (double)row[i];
    return (float)sqrt(square);
}

/* Matrix i of the list, and its gains behind it. */
static void initialize_matrix(const struct sterna_parameters *parameters, size_t i, uint64_t seed,
                              float *vector)
{
    const struct sterna_parameters_shape *shape = &parameters->shape;
    const struct sterna_parameter *tensor = &parameters->list[i];
    const bool output = i >= parameters->layers * STERNA_LAYER_ROLES;
    const float boost = output ? GAIN_OUTPUT : i == STERNA_WEIGHT_IH && shape->one_hot ? GAIN_ONE_HOT : 1.0f;
    const float glorot =
        sterna_glorot_bound(tensor->cols, output ? tensor->rows : tensor->rows / shape->gates);
    const float bound = shape->spread > 0.0f && !output ? shape->spread : glorot;
    const struct sterna_draw draw = {seed, INITIALIZATION, (uint32_t)i};
    float *weight = vector + tensor->offset, *gain = tensor[1].count ? vector + tensor[1].offset : NULL;

    sterna_philox_uniform(&draw, 0, tensor->count, weight);
    for (size_t j = 0; j < tensor->count; j++)
        weight[j] = (2.0f * weight[j] - 1.0f) * bound;
    for (size_t r = 0; gain && r < tensor->rows; r++)
        gain[r] = shape->gain > 0.0f && !output ? shape->gain
                                                : boost * norm(weight + r * tensor->cols, tensor->cols);
}

static void fill(float *vector, const struct sterna_parameter *tensor, size_t first, size_t count,
                 float value)
{
    for (size_t i = first; i < tensor->count && i - first < count; i++)
        vector[tensor->offset + i] = value;
}

/* Convolution k: uniform with the variance that ReLU wants (He et al. 2015); gains of batch normalization 1, of rows
 * their norms. */
static void initialize_stack(const struct sterna_parameters *parameters, size_t k, uint64_t seed,
                             float *vector)
{
    const size_t first = sterna_parameters_stack(parameters, k, STERNA_STACK_WEIGHT);
    const struct sterna_parameter *tensor = &parameters->list[first];
    const struct sterna_draw draw = {seed, INITIALIZATION, (uint32_t)first};
    float *weight = vector + tensor->offset, *gain = vector + tensor[STERNA_STACK_GAIN].offset;
    const float bound = tensor->cols ? sterna_glorot_bound(tensor->cols, 0) : 0.0f;

    sterna_philox_uniform(&draw, 0, tensor->count, weight);
    for (size_t i = 0; i < tensor->count; i++)
        weight[i] = (2.0f * weight[i] - 1.0f) * bound;
    for (size_t r = 0; r < tensor[STERNA_STACK_GAIN].count; r++)
        gain[r] = tensor[STERNA_STACK_MEAN].count ? 1.0f : norm(weight + r * tensor->cols, tensor->cols);
    fill(vector, &tensor[STERNA_STACK_VARIANCE], 0, SIZE_MAX, 1.0f);
}

void sterna_parameters_initialize(const struct sterna_parameters *parameters, uint64_t seed, float *vector)
{
    const size_t H = parameters->shape.hidden;

    memset(vector, 0, parameters->size * sizeof *vector);
    const size_t plain = parameters->layers * STERNA_LAYER_ROLES + STERNA_LINEAR_ROLES;
    for (size_t i = 0; i < plain; i++)
        if (parameters->list[i].cols > 0)
            initialize_matrix(parameters, i, seed, vector);
    for (size_t k = 0; k < parameters->layers; k++) {
        const struct sterna_parameter *layer = &parameters->list[k * STERNA_LAYER_ROLES];
        fill(vector, &layer[STERNA_BIAS_IH], H, H, parameters->shape.forget);
        fill(vector, &layer[STERNA_VARIANCE_IH], 0, SIZE_MAX, 1.0f);
        fill(vector, &layer[STERNA_VARIANCE_HH], 0, SIZE_MAX, 1.0f);
    }
    for (size_t k = 0; plain + k * STERNA_STACK_ROLES < parameters->tensors; k++)
        initialize_stack(parameters, k, seed, vector);
}
