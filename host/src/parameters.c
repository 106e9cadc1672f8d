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

static void append_layer(struct sterna_parameters *parameters, size_t layer, size_t rows, size_t inputs,
                         size_t hidden, bool gains)
{
    char ih[32], hh[32], name[32];

    snprintf(ih, sizeof ih, "weight_ih_l%zu", layer);
    snprintf(hh, sizeof hh, "weight_hh_l%zu", layer);
    append(parameters, true, ih, "", rows, inputs);
    append(parameters, gains, ih, ".g", rows, 0);
    append(parameters, true, hh, "", rows, hidden);
    append(parameters, gains, hh, ".g", rows, 0);
    snprintf(name, sizeof name, "bias_ih_l%zu", layer);
    append(parameters, true, name, "", rows, 0);
    snprintf(name, sizeof name, "bias_hh_l%zu", layer);
    append(parameters, true, name, "", rows, 0);
}

enum sterna_status sterna_parameters_new(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                         size_t gates, bool gains, struct sterna_parameters *parameters,
                                         struct sterna_error *error)
{
    struct sterna_parameters fresh = {.layers = layers};

    fresh.list = calloc(layers * STERNA_LAYER_ROLES + STERNA_LINEAR_ROLES, sizeof *fresh.list);
    if (!fresh.list)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the parameters of %zu layers",
                           layers);
    for (size_t k = 0; k < layers; k++)
        append_layer(&fresh, k, gates * hidden, k == 0 ? inputs : hidden, hidden, gains);
    append(&fresh, true, "linear.weight", "", outputs, hidden);
    append(&fresh, gains, "linear.weight", ".g", outputs, 0);
    append(&fresh, true, "linear.bias", "", outputs, 0);
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
    const struct sterna_parameter *tensor = &parameters->list[layer * STERNA_LAYER_ROLES + role];
    return tensor->count ? vector + tensor->offset : NULL;
}

static float norm(const float *row, size_t n)
{
    double square = 0.0;
    for (size_t i = 0; i < n; i++)
        square += (double)row[i] * (double)row[i];
    return (float)sqrt(square);
}

void sterna_parameters_initialize(const struct sterna_parameters *parameters, size_t gates, uint64_t seed,
                                  float *vector)
{
    memset(vector, 0, parameters->size * sizeof *vector);
    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        if (tensor->cols == 0)
            continue;
        const bool output = i >= parameters->layers * STERNA_LAYER_ROLES;
        const float boost = output ? GAIN_OUTPUT : i == STERNA_WEIGHT_IH ? GAIN_ONE_HOT : 1.0f;
        const float bound = sterna_glorot_bound(tensor->cols, output ? tensor->rows : tensor->rows / gates);
        const struct sterna_draw draw = {seed, INITIALIZATION, (uint32_t)i};
        float *weight = vector + tensor->offset, *gain = tensor[1].count ? vector + tensor[1].offset : NULL;
        sterna_philox_uniform(&draw, 0, tensor->count, weight);
        for (size_t j = 0; j < tensor->count; j++)
            weight[j] = (2.0f * weight[j] - 1.0f) * bound;
        for (size_t r = 0; gain && r < tensor->rows; r++)
            gain[r] = boost * norm(weight + r * tensor->cols, tensor->cols);
    }
}
