/* test_fixed_network.c - whole networks of fixed.c against a second computation in real numbers, and against their own parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "fixed.h"

#include <check.h>

static double round_half_away(double value)
{
    return value < 0 ? -floor(0.5 - value) : floor(value + 0.5);
}

/* A 1-unit network worked out by hand: all weights zero but the new gate's input weight. */
START_TEST(one_step_of_a_tiny_network_equals_the_hand_computation)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 2, 1, 1, 2};
    struct sterna_model *model;
    ck_assert_int_eq(sterna_model_new(&shape, &model, NULL), STERNA_OK);
    model->one_hot = true;
    struct sterna_layer *layer = &model->layer[0];
    layer->ih.code[2 * 2 + 1] = 1; /* row n, input 1 */
    layer->ih.scale_m[2] = 128;
    layer->ih.scale_s[2] = 2; /* 64 * 128 / 4 = 2048 = 1.0 */
    model->output.code[0] = 1;
    model->output.code[1] = -1;
    struct sterna_fixed_state state;
    ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
    int32_t sums[2];
    sterna_fixed_step_one_hot(model, &state, 1, sums);
    /* n = tanh(1) = 97/128, z = sigmoid(0) = 128/256: h' = 97*256 + round(128*(0 - 97*256)/256) = 12416; h8 = round(48.5) = 49 */
    ck_assert_int_eq(state.state[0], 12416);
    ck_assert_int_eq(sums[0], 49);
    ck_assert_int_eq(sums[1], -49);
    int8_t input[2] = {0, 64};
    sterna_fixed_reset(&state);
    sterna_fixed_step(model, &state, input, sums);
    ck_assert_int_eq(sums[0], 49);
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

/* ---- networks ------------------------------------------------------------------------------------------ */

enum { INPUTS = 9, HIDDEN = 13, OUTPUTS = 6, STEPS = 40 };

static struct sterna_model *make(enum sterna_cell cell, size_t layers, enum sterna_format format,
                                 uint64_t seed)
{
    const struct sterna_model_shape shape = {cell, INPUTS, HIDDEN, layers, OUTPUTS};
    struct sterna_model *model = random_model_of(&shape, format, seed);
    ck_assert_ptr_nonnull(model);
    return model;
}

static struct sterna_fixed_state start(const struct sterna_model *model)
{
    struct sterna_fixed_state state;
    ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
    return state;
}

/* sum of codes x activations of one row, as a pre-activation term: real numbers throughout */
static double real_term(const struct sterna_matrix *matrix, size_t row, const int8_t *vector)
{
    double sum = 0;
    for (size_t c = 0; c < matrix->cols; c++)
        sum += (double)matrix->code[row * matrix->cols + c] * vector[c];
    double term = round_half_away(sum * matrix->scale_m[row] / pow(2, matrix->scale_s[row]));
    return fmax(-32767, fmin(32767, term));
}

static int32_t whole_pre(double x, double h, double b)
{
    return (int32_t)fmax(-32767, fmin(32767, x + h + b));
}

/* One step of one layer of any cell but the GRU, written down a second time. */
static void real_step(const struct sterna_layer *layer, const int8_t *input, double *c, int8_t *h)
{
    int8_t next[HIDDEN];
    for (size_t u = 0; u < HIDDEN; u++) {
        int32_t pre[4] = {0};
        for (size_t g = 0; g < sterna_cell_gates(layer->cell); g++) {
            const size_t row = g * HIDDEN + u;
            pre[g] =
                whole_pre(real_term(&layer->ih, row, input), real_term(&layer->hh, row, h), layer->bias[row]);
        }
        if (layer->cell == STERNA_CELL_LSTM) { /* i, f, g, o */
            double kept = round_half_away(sterna_fixed_sigmoid(pre[1]) * c[u] / 256);
            double added =
                round_half_away(sterna_fixed_sigmoid(pre[0]) / 256.0 * 16 * sterna_fixed_tanh(pre[2]));
            c[u] = fmax(-32767, fmin(32767, kept + added));
            next[u] = (int8_t)round_half_away(sterna_fixed_sigmoid(pre[3]) / 256.0 *
                                              sterna_fixed_tanh((int32_t)c[u]));
        } else if (layer->cell == STERNA_CELL_RNN_TANH) {
            next[u] = (int8_t)sterna_fixed_tanh(pre[0]);
        } else if (layer->cell == STERNA_CELL_RNN_RELU) {
            next[u] = (int8_t)fmin(127, round_half_away(fmax(pre[0], 0) / 64));
        } else {
            next[u] = pre[0] >= 0 ? 64 : -64;
        }
    }
    memcpy(h, next, sizeof next);
}

static void random_input(int8_t *input, size_t count, uint64_t *seed)
{
    for (size_t i = 0; i < count; i++)
        input[i] = (int8_t)((int)random_below(seed, 255) - 127);
}

/* Cells by formats. */
START_TEST(networks_equal_a_second_computation)
{
    const enum sterna_cell cell = (enum sterna_cell)(STERNA_CELL_LSTM + _i % 4);
    struct sterna_model *model = make(cell, 1, (enum sterna_format)(_i / 4), 20 + (uint64_t)_i);
    struct sterna_fixed_state state = start(model);
    double c[HIDDEN] = {0};
    int8_t h[HIDDEN] = {0}, input[INPUTS];
    uint64_t seed = 3;
    int distinct = 0;
    for (size_t step = 0; step < STEPS; step++) {
        int32_t sums[OUTPUTS];
        random_input(input, INPUTS, &seed);
        sterna_fixed_step(model, &state, input, sums);
        distinct += memcmp(h, state.activation, HIDDEN) != 0;
        real_step(&model->layer[0], input, c, h);
        ck_assert_mem_eq(state.activation, h, HIDDEN);
        for (size_t u = 0; u < HIDDEN; u++)
            ck_assert_double_eq(state.state[u], c[u]); /* 0 of the vanilla cells */
        for (size_t o = 0; o < OUTPUTS; o++) {
            double sum = 0;
            for (size_t u = 0; u < HIDDEN; u++)
                sum += (double)model->output.code[o * HIDDEN + u] * h[u];
            ck_assert_double_eq(sums[o], sum);
        }
    }
    ck_assert_int_gt(distinct, STEPS / 2);
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

START_TEST(one_hot_is_a_dense_input_of_64)
{
    struct sterna_model *model = make((enum sterna_cell)_i, 2, STERNA_FORMAT_INT4, 6);
    struct sterna_fixed_state one = start(model), other = start(model);
    uint64_t seed = 4;
    for (size_t step = 0; step < STEPS; step++) {
        const size_t index = random_below(&seed, INPUTS);
        int8_t input[INPUTS] = {0};
        int32_t sums[OUTPUTS], again[OUTPUTS];
        input[index] = 64;
        sterna_fixed_step_one_hot(model, &one, index, sums);
        sterna_fixed_step(model, &other, input, again);
        ck_assert_mem_eq(sums, again, sizeof sums);
        ck_assert_mem_eq(one.state, other.state, one.units * sizeof *one.state);
    }
    sterna_fixed_reset(&one);
    for (size_t u = 0; u < one.units; u++)
        ck_assert(one.state[u] == 0 && one.activation[u] == 0);
    sterna_fixed_free(&one);
    sterna_fixed_free(&other);
    sterna_model_free(model);
}
END_TEST

/* Layer k of a stack as a network of its own. */
static struct sterna_model *take_layer(const struct sterna_model *model, size_t k)
{
    const struct sterna_layer *from = &model->layer[k];
    const struct sterna_model_shape shape = {from->cell, from->inputs, HIDDEN, 1, OUTPUTS};
    struct sterna_model *one = random_model_of(&shape, from->ih.format, 1);
    ck_assert_ptr_nonnull(one);
    const struct sterna_matrix *source[] = {&from->ih, &from->hh, &model->output};
    struct sterna_matrix *target[] = {&one->layer[0].ih, &one->layer[0].hh, &one->output};
    for (size_t i = 0; i < 3; i++) {
        memcpy(target[i]->code, source[i]->code, source[i]->rows * source[i]->cols);
        memcpy(target[i]->scale_m, source[i]->scale_m, source[i]->rows);
        memcpy(target[i]->scale_s, source[i]->scale_s, source[i]->rows);
    }
    memcpy(one->layer[0].bias, from->bias, sterna_cell_biases(from->cell) * HIDDEN * sizeof(int16_t));
    return one;
}

START_TEST(a_stack_is_its_layers_one_after_the_other)
{
    struct sterna_model *model = make((enum sterna_cell)_i, 3, STERNA_FORMAT_POW2, 12);
    struct sterna_model *single[3];
    struct sterna_fixed_state whole = start(model), part[3];
    uint64_t seed = 5;
    for (size_t k = 0; k < 3; k++) {
        single[k] = take_layer(model, k);
        part[k] = start(single[k]);
    }
    for (size_t step = 0; step < STEPS; step++) {
        int8_t input[INPUTS];
        int32_t sums[OUTPUTS], again[OUTPUTS];
        random_input(input, INPUTS, &seed);
        sterna_fixed_step(model, &whole, input, sums);
        for (size_t k = 0; k < 3; k++)
            sterna_fixed_step(single[k], &part[k], k == 0 ? input : part[k - 1].activation, again);
        ck_assert_mem_eq(sums, again, sizeof sums);
        for (size_t k = 0; k < 3; k++) {
            ck_assert_mem_eq(whole.state + k * HIDDEN, part[k].state, HIDDEN * sizeof *whole.state);
            ck_assert_mem_eq(whole.activation + k * HIDDEN, part[k].activation, HIDDEN);
        }
    }
    for (size_t k = 0; k < 3; k++) {
        sterna_fixed_free(&part[k]);
        sterna_model_free(single[k]);
    }
    sterna_fixed_free(&whole);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fixed_network");
    TCase *networks = tcase_create("networks");
    tcase_add_test(networks, one_step_of_a_tiny_network_equals_the_hand_computation);
    tcase_add_loop_test(networks, networks_equal_a_second_computation, 0, 4 * STERNA_FORMATS);
    tcase_add_loop_test(networks, one_hot_is_a_dense_input_of_64, 0, STERNA_CELLS);
    tcase_add_loop_test(networks, a_stack_is_its_layers_one_after_the_other, 0, STERNA_CELLS);
    suite_add_tcase(suite, networks);
    return suite;
}
