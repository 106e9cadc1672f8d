#include "recurrent.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "product.h"
#include "recurrent_fixed.h"

enum sterna_status sterna_recurrent_new(const struct sterna_cell_type *type, size_t inputs, size_t hidden,
                                        bool one_hot, struct sterna_recurrent *layer,
                                        struct sterna_error *error)
{
    const size_t rows = type->gates * hidden;
    struct sterna_recurrent fresh = *layer;

    fresh.type = type;
    fresh.inputs = inputs;
    fresh.hidden = hidden;
    fresh.one_hot = one_hot;
    fresh.bias = sterna_buffer_new((type->gates + type->own_gates) * hidden, sizeof(float));
    fresh.bias_fixed = sterna_buffer_new((type->gates + type->own_gates) * hidden, sizeof(int32_t));
    float *x = sterna_buffer_new(rows * inputs, sizeof(float));
    *(one_hot ? &fresh.x_table : &fresh.x_matrix) = x;
    if (one_hot)
        fresh.x_table_fixed = sterna_buffer_new(rows * inputs, sizeof(int32_t));
    enum sterna_status status = STERNA_OK;
    if (!fresh.bias || !fresh.bias_fixed || !x || (one_hot && !fresh.x_table_fixed))
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a layer of %zu units", hidden);
    if (status == STERNA_OK && !one_hot)
        status = sterna_packed_int_new(inputs, rows, &fresh.x_codes, error);
    if (status == STERNA_OK)
        status = sterna_packed_new(hidden, rows, &fresh.h_forward, error);
    if (status == STERNA_OK)
        status = sterna_packed_new(rows, hidden, &fresh.h_backward, error);
    if (status == STERNA_OK)
        status = sterna_packed_int_new(hidden, rows, &fresh.h_codes, error);
    *layer = fresh;
    if (status != STERNA_OK)
        sterna_recurrent_free(layer);
    return status;
}

void sterna_recurrent_free(struct sterna_recurrent *layer)
{
    sterna_weight_free(&layer->ih);
    sterna_weight_free(&layer->hh);
    free(layer->bias);
    free(layer->bias_fixed);
    free(layer->x_table);
    free(layer->x_table_fixed);
    free(layer->x_matrix);
    sterna_packed_int_free(&layer->x_codes);
    sterna_packed_free(&layer->h_forward);
    sterna_packed_free(&layer->h_backward);
    sterna_packed_int_free(&layer->h_codes);
    memset(layer, 0, sizeof *layer);
}

/* ---- prepare ---- */

static size_t rows_of(const struct sterna_recurrent *layer)
{
    return layer->type->gates * layer->hidden;
}

/* The recurrent bias of a gate is added to the input's terms, but for the gates that keep it. */
static void join_biases(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh)
{
    const size_t rows = rows_of(layer), own = layer->type->own_gates * layer->hidden;

    for (size_t g = 0; g < rows; g++)
        layer->bias[g] = g < rows - own ? bias_ih[g] + bias_hh[g] : bias_ih[g];
    for (size_t u = 0; u < own; u++)
        layer->bias[rows + u] = bias_hh[rows - own + u];
}

void sterna_recurrent_prepare(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh)
{
    const size_t rows = rows_of(layer), H = layer->hidden;

    join_biases(layer, bias_ih, bias_hh);
    sterna_packed_fill(&layer->h_backward, layer->hh.value, H, false);
    if (layer->integer) {
        sterna_recurrent_fixed_prepare(layer);
        return;
    }
    sterna_packed_fill(&layer->h_forward, layer->hh.value, H, true);
    float *x = layer->one_hot ? layer->x_table : layer->x_matrix;
    sterna_product_transpose(rows, layer->inputs, layer->ih.value, x);
    for (size_t i = 0; layer->one_hot && layer->norm == STERNA_NORMALIZE_NONE && i < layer->inputs; i++) {
        for (size_t g = 0; g < rows; g++)
            x[i * rows + g] += layer->bias[g];
    }
}

bool sterna_recurrent_needs_terms(const struct sterna_recurrent *layer, bool keep)
{
    return !layer->one_hot || keep || layer->norm != STERNA_NORMALIZE_NONE;
}

/* ---- forward in float ---- */

/* A symbol's column, without its bias, times its factor. */
static void symbol_terms(const struct sterna_recurrent *layer, const struct sterna_track *track, float *to)
{
    const size_t rows = rows_of(layer);
    const bool biased = layer->norm == STERNA_NORMALIZE_NONE;

    for (size_t i = 0; i < track->steps * track->batch; i++) {
        const float *from = layer->x_table + track->symbol[i] * rows,
                    keep = track->keep ? track->keep[i] : 1.0f;
        for (size_t g = 0; g < rows; g++) {
            float bias = biased ? layer->bias[g] : 0.0f;
            to[i * rows + g] = (from[g] - bias) * keep + bias;
        }
    }
}

/* From normalized products to terms: gain and bias. */
static void finish_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t rows = rows_of(layer), count = track->steps * track->batch;
    const float *normal = track->x_trace->normal, *gain = layer->x_scale.gain;

    for (size_t i = 0; i < count; i++)
        for (size_t g = 0; g < rows; g++)
            track->terms[i * rows + g] = gain[g] * normal[i * rows + g] + layer->bias[g];
}

static void normalize_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t rows = rows_of(layer), B = track->batch;
    struct sterna_product_trace *trace = track->x_trace;

    if (layer->norm == STERNA_NORMALIZE_BATCH) {
        memcpy(trace->normal, track->terms, track->steps * B * rows * sizeof(float));
        sterna_batch_norm(track->steps, B, track->active, rows, layer->training ? NULL : &layer->x_scale,
                          trace);
    } else {
        sterna_layer_norm_start(trace);
        for (size_t t = 0; t < track->steps; t++) {
            const size_t at = t * B;
            sterna_layer_norm_step(track->active[t], rows, layer->x_scale.gain, track->terms + at * rows,
                                   rows, trace->normal + at * rows, trace->inverse + at, trace);
        }
        sterna_layer_norm_finish(rows, trace);
    }
    finish_terms(layer, track);
}

/* The input's terms of all steps. */
static void make_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t rows = rows_of(layer), count = track->steps * track->batch;

    if (layer->one_hot) {
        symbol_terms(layer, track, track->terms);
    } else {
        sterna_product(count, rows, layer->inputs, track->input, layer->inputs, layer->x_matrix, rows, false,
                       track->terms, rows);
        for (size_t i = 0; layer->norm == STERNA_NORMALIZE_NONE && i < count; i++)
            for (size_t g = 0; g < rows; g++)
                track->terms[i * rows + g] += layer->bias[g];
    }
    if (layer->norm != STERNA_NORMALIZE_NONE)
        normalize_terms(layer, track);
}

void sterna_recurrent_forward(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t H = layer->hidden, B = track->batch, rows = rows_of(layer), S = layer->type->saved;
    struct sterna_product_trace *h_trace = track->h_trace;

    if (layer->integer) {
        sterna_recurrent_fixed_forward(layer, track);
        return;
    }
    if (track->terms)
        make_terms(layer, track);
    if (layer->norm == STERNA_NORMALIZE_LAYER)
        sterna_layer_norm_start(h_trace);
    for (size_t t = 0; t < track->steps; t++) {
        const size_t now = t * B, then = (t + 1) * B, count = track->active[t];
        float *saved = track->saved + now * S * H;
        sterna_packed_product(count, track->a + now * H, H, &layer->h_forward, false, saved, S * H);
        if (layer->norm == STERNA_NORMALIZE_LAYER)
            sterna_layer_norm_step(count, rows, layer->h_scale.gain, saved, S * H,
                                   h_trace->normal + now * rows, h_trace->inverse + now, h_trace);
        for (size_t b = 0; b < count; b++) {
            const size_t i = now + b;
            const float *x =
                track->terms ? track->terms + i * rows : layer->x_table + track->symbol[i] * rows;
            layer->type->forward(H, x, layer->bias + rows, track->s + i * H, saved + b * S * H,
                                 track->s + (then + b) * H, track->a + (then + b) * H);
        }
    }
    if (layer->norm == STERNA_NORMALIZE_LAYER)
        sterna_layer_norm_finish(rows, h_trace);
}
