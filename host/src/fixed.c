/* fixed.c - the specification of the datapath (fixed.h, hw/README.md): small, scalar, obvious. */
#include "fixed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tanh_table.h" /* generated: sterna_tanh_table[512] = round(128 tanh(i / 128)), at most 127 */

enum { LIMIT = 32767, TABLE_TOP = 511 };

int64_t sterna_fixed_round_shift(int64_t value, unsigned shift)
{
    int64_t magnitude = value < 0 ? -value : value;
    int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
    int64_t rounded = (magnitude + half) >> shift;
    return value < 0 ? -rounded : rounded;
}

int32_t sterna_fixed_saturate(int64_t value)
{
    return value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : (int32_t)value;
}

int32_t sterna_fixed_scale(int32_t sum, uint8_t m, uint8_t s)
{
    return sterna_fixed_saturate(sterna_fixed_round_shift((int64_t)sum * m, s));
}

/* The table's entry nearest to |pre| / 2^shift. */
static int32_t table_entry(int32_t pre, unsigned shift)
{
    int32_t magnitude = pre < 0 ? -pre : pre;
    int32_t index = (magnitude + (1 << (shift - 1))) >> shift;
    return sterna_tanh_table[index > TABLE_TOP ? TABLE_TOP : index];
}

int32_t sterna_fixed_tanh(int32_t pre)
{
    int32_t value = table_entry(pre, 4);
    return pre < 0 ? -value : value;
}

/* sigmoid(v) = (1 + tanh(v / 2)) / 2. The table's top, 127, counts as 128 here: a gate can be fully open or shut. */
int32_t sterna_fixed_sigmoid(int32_t pre)
{
    int32_t value = table_entry(pre, 5);
    if (value == 127)
        value = 128;
    return pre < 0 ? 128 - value : 128 + value;
}

int8_t sterna_fixed_activation(int32_t state)
{
    int64_t top = sterna_fixed_round_shift(state, 8);
    return (int8_t)(top > 127 ? 127 : top < -127 ? -127 : top);
}

int32_t sterna_fixed_gru_unit(const struct sterna_fixed_gru *terms, int32_t state)
{
    int32_t r = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_r + terms->h_r + terms->b_r));
    int32_t z = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_z + terms->h_z + terms->b_z));
    int32_t pre_h = sterna_fixed_saturate(terms->h_n + terms->b_hn);
    int32_t pre_x = sterna_fixed_saturate(terms->x_n + terms->b_xn);
    int32_t gated = (int32_t)sterna_fixed_round_shift(r * pre_h, 8);
    int32_t n = 256 * sterna_fixed_tanh(sterna_fixed_saturate(pre_x + gated));
    return n + (int32_t)sterna_fixed_round_shift((int64_t)z * (state - n), 8);
}

enum sterna_status sterna_fixed_new(const struct sterna_model *model, struct sterna_fixed_state *state,
                                    struct sterna_error *error)
{
    size_t units = 0, widest = 0;
    for (size_t k = 0; k < model->layers; k++) {
        units += model->layer[k].hidden;
        if (model->layer[k].hidden > widest)
            widest = model->layer[k].hidden;
    }
    assert(units > 0); /* sterna_model_check */
    struct sterna_fixed_state fresh = {
        .state = calloc(units, sizeof *fresh.state),
        .activation = calloc(units, sizeof *fresh.activation),
        .sum = calloc(6 * widest, sizeof *fresh.sum),
        .next = calloc(widest, sizeof *fresh.next),
        .units = units,
    };
    if (!fresh.state || !fresh.activation || !fresh.sum || !fresh.next) {
        sterna_fixed_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the state of %zu units", units);
    }
    *state = fresh;
    return STERNA_OK;
}

void sterna_fixed_free(struct sterna_fixed_state *state)
{
    free(state->state);
    free(state->activation);
    free(state->sum);
    free(state->next);
    memset(state, 0, sizeof *state);
}

void sterna_fixed_reset(struct sterna_fixed_state *state)
{
    memset(state->state, 0, state->units * sizeof *state->state);
    memset(state->activation, 0, state->units * sizeof *state->activation);
}

/* sums[rows] = matrix codes [rows, cols] x vector [cols] */
static void multiply(const struct sterna_matrix *matrix, const int8_t *vector, int32_t *sums)
{
    for (size_t row = 0; row < matrix->rows; row++) {
        const int8_t *code = matrix->code + row * matrix->cols;
        int32_t sum = 0;
        for (size_t col = 0; col < matrix->cols; col++)
            sum += code[col] * vector[col];
        sums[row] = sum;
    }
}

/* sums[rows] = the matrix's column `index` times the one-hot activation */
static void select_column(const struct sterna_matrix *matrix, size_t index, int32_t *sums)
{
    assert(index < matrix->cols);
    for (size_t row = 0; row < matrix->rows; row++)
        sums[row] = matrix->code[row * matrix->cols + index] * STERNA_FIXED_ONE_HOT;
}

static int32_t scaled(const struct sterna_matrix *matrix, const int32_t *sums, size_t row)
{
    return sterna_fixed_scale(sums[row], matrix->scale_m[row], matrix->scale_s[row]);
}

/* One GRU layer: x_sums [3H] are there already; updates state [H] and activation [H]. */
static void step_gru(const struct sterna_layer *layer, const int32_t *x_sums, int32_t *h_sums, int16_t *state,
                     int8_t *activation, int8_t *next)
{
    size_t hidden = layer->hidden;
    multiply(&layer->hh, activation, h_sums);
    for (size_t unit = 0; unit < hidden; unit++) {
        size_t r = unit, z = hidden + unit, n = 2 * hidden + unit, hn = 3 * hidden + unit;
        struct sterna_fixed_gru terms = {
            .x_r = scaled(&layer->ih, x_sums, r),
            .h_r = scaled(&layer->hh, h_sums, r),
            .b_r = layer->bias[r],
            .x_z = scaled(&layer->ih, x_sums, z),
            .h_z = scaled(&layer->hh, h_sums, z),
            .b_z = layer->bias[z],
            .x_n = scaled(&layer->ih, x_sums, n),
            .h_n = scaled(&layer->hh, h_sums, n),
            .b_xn = layer->bias[n],
            .b_hn = layer->bias[hn],
        };
        state[unit] = (int16_t)sterna_fixed_gru_unit(&terms, state[unit]);
        next[unit] = sterna_fixed_activation(state[unit]);
    }
    memcpy(activation, next, hidden);
}

/* All layers after the first layer's input sums are in state->sum. */
static void step_layers(const struct sterna_model *model, struct sterna_fixed_state *state, int32_t *sums)
{
    const int8_t *below = state->activation;
    size_t offset = 0;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        int32_t *x_sums = state->sum, *h_sums = state->sum + 3 * layer->hidden;
        if (k > 0)
            multiply(&layer->ih, below, x_sums);
        step_gru(layer, x_sums, h_sums, state->state + offset, state->activation + offset, state->next);
        below = state->activation + offset;
        offset += layer->hidden;
    }
    multiply(&model->output, below, sums);
}

void sterna_fixed_step(const struct sterna_model *model, struct sterna_fixed_state *state,
                       const int8_t *input, int32_t *sums)
{
    multiply(&model->layer[0].ih, input, state->sum);
    step_layers(model, state, sums);
}

void sterna_fixed_step_one_hot(const struct sterna_model *model, struct sterna_fixed_state *state,
                               size_t index, int32_t *sums)
{
    select_column(&model->layer[0].ih, index, state->sum);
    step_layers(model, state, sums);
}
