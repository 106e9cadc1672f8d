/* fixed.c - the specification of the datapath (fixed.h, hw/README.md): small, scalar, obvious. */
#include "fixed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tanh_table.h" /* generated: sterna_tanh_table[512] = round(128 tanh(i / 128)), at most 127 */

enum {
    LIMIT = 32767,
    TABLE_TOP = 511,
    H_MAX = 127,
    RELU_SHIFT = 6, /* Q4.11 to 32 = 1.0 */
    SIGN_ONE = 64
};

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

int32_t sterna_fixed_lstm_unit(const struct sterna_fixed_lstm *terms, int32_t c, int8_t *activation)
{
    int32_t i = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_i + terms->h_i + terms->b_i));
    int32_t f = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_f + terms->h_f + terms->b_f));
    int32_t g = sterna_fixed_tanh(sterna_fixed_saturate(terms->x_g + terms->h_g + terms->b_g));
    int32_t o = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_o + terms->h_o + terms->b_o));
    int64_t kept = sterna_fixed_round_shift((int64_t)f * c, 8);
    int64_t added = sterna_fixed_round_shift((int64_t)i * 16 * g, 8); /* 16 g is tanh in Q4.11 */
    int32_t next = sterna_fixed_saturate(kept + added);
    *activation = (int8_t)sterna_fixed_round_shift(o * sterna_fixed_tanh(next), 8);
    return next;
}

int8_t sterna_fixed_rnn_unit(enum sterna_cell cell, int32_t x, int32_t h, int32_t b)
{
    int32_t pre = sterna_fixed_saturate(x + h + b);
    if (cell == STERNA_CELL_RNN_SIGN)
        return pre >= 0 ? SIGN_ONE : -SIGN_ONE;
    if (cell == STERNA_CELL_RNN_TANH)
        return (int8_t)sterna_fixed_tanh(pre);
    assert(cell == STERNA_CELL_RNN_RELU);
    int64_t value = sterna_fixed_round_shift(pre > 0 ? pre : 0, RELU_SHIFT);
    return (int8_t)(value > H_MAX ? H_MAX : value);
}

enum sterna_status sterna_fixed_new(const struct sterna_model *model, struct sterna_fixed_state *state,
                                    struct sterna_error *error)
{
    size_t units = 0, widest = 0, rows = 0;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        units += layer->hidden;
        widest = layer->hidden > widest ? layer->hidden : widest;
        rows = layer->hh.rows > rows ? layer->hh.rows : rows;
    }
    struct sterna_fixed_state fresh = {
        .state = calloc(units + 1, sizeof *fresh.state), /* never NULL: an output layer may stand alone */
        .activation = calloc(units + 1, sizeof *fresh.activation),
        .sum = calloc(2 * rows + 1, sizeof *fresh.sum),
        .next = calloc(widest + 1, sizeof *fresh.next),
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

/* One layer of a network in a step: sums of both products [G*H], state [H], activation [H], and room for the next one [H]. */
struct workspace {
    const struct sterna_layer *layer;
    int32_t *x_sums, *h_sums;
    int16_t *state;
    int8_t *activation, *next;
};

static int32_t x_term(const struct workspace *at, size_t row)
{
    return scaled(&at->layer->ih, at->x_sums, row);
}

static int32_t h_term(const struct workspace *at, size_t row)
{
    return scaled(&at->layer->hh, at->h_sums, row);
}

static void step_gru(const struct workspace *at, size_t unit)
{
    const size_t hidden = at->layer->hidden;
    const int16_t *bias = at->layer->bias;
    const size_t r = unit, z = hidden + unit, n = 2 * hidden + unit, hn = 3 * hidden + unit;
    const struct sterna_fixed_gru terms = {
        .x_r = x_term(at, r),
        .h_r = h_term(at, r),
        .b_r = bias[r],
        .x_z = x_term(at, z),
        .h_z = h_term(at, z),
        .b_z = bias[z],
        .x_n = x_term(at, n),
        .h_n = h_term(at, n),
        .b_xn = bias[n],
        .b_hn = bias[hn],
    };
    at->state[unit] = (int16_t)sterna_fixed_gru_unit(&terms, at->state[unit]);
    at->next[unit] = sterna_fixed_activation(at->state[unit]);
}

static void step_lstm(const struct workspace *at, size_t unit)
{
    const size_t hidden = at->layer->hidden;
    const int16_t *bias = at->layer->bias;
    const size_t i = unit, f = hidden + unit, g = 2 * hidden + unit, o = 3 * hidden + unit;
    const struct sterna_fixed_lstm terms = {
        .x_i = x_term(at, i),
        .h_i = h_term(at, i),
        .b_i = bias[i],
        .x_f = x_term(at, f),
        .h_f = h_term(at, f),
        .b_f = bias[f],
        .x_g = x_term(at, g),
        .h_g = h_term(at, g),
        .b_g = bias[g],
        .x_o = x_term(at, o),
        .h_o = h_term(at, o),
        .b_o = bias[o],
    };
    at->state[unit] = (int16_t)sterna_fixed_lstm_unit(&terms, at->state[unit], &at->next[unit]);
}

static void step_rnn(const struct workspace *at, size_t unit)
{
    at->next[unit] =
        sterna_fixed_rnn_unit(at->layer->cell, x_term(at, unit), h_term(at, unit), at->layer->bias[unit]);
}

/* The layer's x_sums are there already. */
static void step_layer(const struct workspace *at)
{
    const struct sterna_layer *layer = at->layer;
    multiply(&layer->hh, at->activation, at->h_sums);
    for (size_t unit = 0; unit < layer->hidden; unit++) {
        if (layer->cell == STERNA_CELL_GRU)
            step_gru(at, unit);
        else if (layer->cell == STERNA_CELL_LSTM)
            step_lstm(at, unit);
        else
            step_rnn(at, unit);
    }
    memcpy(at->activation, at->next, layer->hidden);
}

/* All layers after the first layer's input sums are in state->sum. */
static void step_layers(const struct sterna_model *model, struct sterna_fixed_state *state, int32_t *sums)
{
    const int8_t *below = state->activation;
    size_t offset = 0;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        const struct workspace at = {
            .layer = layer,
            .x_sums = state->sum,
            .h_sums = state->sum + layer->ih.rows,
            .state = state->state + offset,
            .activation = state->activation + offset,
            .next = state->next,
        };
        if (k > 0)
            multiply(&layer->ih, below, at.x_sums);
        step_layer(&at);
        below = state->activation + offset;
        offset += layer->hidden;
    }
    multiply(&model->output, below, sums);
}

void sterna_fixed_step(const struct sterna_model *model, struct sterna_fixed_state *state,
                       const int8_t *input, int32_t *sums)
{
    if (model->layers == 0) {
        multiply(&model->output, input, sums);
        return;
    }
    multiply(&model->layer[0].ih, input, state->sum);
    step_layers(model, state, sums);
}

void sterna_fixed_step_one_hot(const struct sterna_model *model, struct sterna_fixed_state *state,
                               size_t index, int32_t *sums)
{
    select_column(&model->layer[0].ih, index, state->sum);
    step_layers(model, state, sums);
}
