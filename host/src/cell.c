#include "cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static const struct sterna_cell_type *const CELLS[] = {&sterna_gru};

enum sterna_status sterna_cell_find(const char *name, const struct sterna_cell_type **type,
                                    struct sterna_error *error)
{
    for (size_t i = 0; i < sizeof CELLS / sizeof CELLS[0]; i++) {
        if (strcmp(name, CELLS[i]->name) == 0) {
            *type = CELLS[i];
            return STERNA_OK;
        }
    }
    return sterna_fail(error, STERNA_ERR_RANGE, "unknown cell '%.40s': there is gru", name);
}

enum sterna_status sterna_recurrent_new(const struct sterna_cell_type *type, size_t inputs, size_t hidden,
                                        bool one_hot, const struct sterna_quantizer *quantizer,
                                        const struct sterna_normalizer *normalizer,
                                        struct sterna_recurrent *layer, struct sterna_error *error)
{
    const size_t rows = type->gates * hidden;
    struct sterna_recurrent fresh = {.type = type, .inputs = inputs, .hidden = hidden, .one_hot = one_hot};

    struct sterna_grid grid = {sterna_glorot_bound(inputs, hidden), 15, 0, 1};
    enum sterna_status status =
        sterna_weight_new(rows, inputs, type->gates, quantizer, &grid, normalizer, &fresh.ih, error);
    grid.unit = sterna_glorot_bound(hidden, hidden);
    if (status == STERNA_OK)
        status = sterna_weight_new(rows, hidden, type->gates, quantizer, &grid, normalizer, &fresh.hh, error);
    if (status != STERNA_OK)
        goto out;
    fresh.bias = sterna_buffer_new(type->biases * hidden, sizeof(float));
    fresh.h_matrix = sterna_buffer_new(rows * hidden, sizeof(float));
    float *x = sterna_buffer_new(rows * inputs, sizeof(float));
    *(one_hot ? &fresh.x_table : &fresh.x_matrix) = x;
    if (!fresh.bias || !fresh.h_matrix || !x) {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a layer of %zu units", hidden);
        goto out;
    }
    *layer = fresh;
    return STERNA_OK;
out:
    sterna_recurrent_free(&fresh);
    return status;
}

void sterna_recurrent_free(struct sterna_recurrent *layer)
{
    sterna_weight_free(&layer->ih);
    sterna_weight_free(&layer->hh);
    free(layer->bias);
    free(layer->x_table);
    free(layer->x_matrix);
    free(layer->h_matrix);
    memset(layer, 0, sizeof *layer);
}

float sterna_cell_round_bias(float value)
{
    float rounded = roundf(value * 2048.0f);
    return rounded > 32767.0f ? 32767.0f : rounded < -32767.0f ? -32767.0f : rounded;
}
