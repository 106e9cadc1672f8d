/* test_recurrent_fixed.c - a layer of many sequences at once in the device's arithmetic: the bits of fixed.h. */
#include "recurrent_fixed.h"

#include "../random_model.h"
#include "fixed.h"

#include <math.h>
#include <string.h>

#include <check.h>

enum { T = 12, B = 3, I = 7, H = 21, CELLS = 5 };

static const size_t active[T] = {3, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1};

static struct sterna_recurrent layer;
static struct sterna_model *model;
static float a[(T + 1) * B * H], s[(T + 1) * B * H], saved[T * B * 5 * H], terms[T * B * 4 * H];
static int32_t sums[B * 4 * H];
static int8_t a8[(T + 1) * B * H], input8[T * B * I];
static uint8_t symbol[T * B];
static struct sterna_track track;

static void new_weight(size_t cols, size_t gates, struct sterna_weight *weight)
{
    const struct sterna_grid grid = {.unit = 1.0f, .levels = 15, .integer_bits = 3, .fraction_bits = 4};
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    ck_assert_int_eq(sterna_quantizer_find("dual-copy", &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("none", &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_weight_new(gates * H, cols, gates, quantizer, &grid, normalizer, weight, NULL),
                     STERNA_OK);
}

/* The model's matrix with some rows' signs moved from the codes into the scale: that must not matter. */
static void take_matrix(const struct sterna_matrix *from, struct sterna_weight *weight, uint64_t *seed)
{
    for (size_t r = 0; r < from->rows; r++) {
        const int sign = random_below(seed, 2) ? -1 : 1;
        for (size_t c = 0; c < from->cols; c++)
            weight->code[r * from->cols + c] = (int8_t)(sign * from->code[r * from->cols + c]);
        weight->scale_m[r] = sign * from->scale_m[r];
        weight->scale_s[r] = from->scale_s[r];
    }
}

/* A random layer; its biases, of which the model's are the sums that fixed.h adds. */
static void open_layer(enum sterna_cell cell, bool one_hot)
{
    const struct sterna_cell_type *type = sterna_cell_type_of(cell);
    const struct sterna_model_shape shape = {cell, I, H, 1, 2};
    const size_t rows = type->gates * H, own = type->own_gates * H;
    float bias_ih[4 * H], bias_hh[4 * H];
    uint64_t seed = 77 + (uint64_t)cell;

    model = random_model_of(&shape, STERNA_FORMAT_INT8, seed);
    ck_assert_ptr_nonnull(model);
    model->one_hot = one_hot;
    layer = (struct sterna_recurrent){.integer = true, .one_in = one_hot ? 64.0f : 32.0f};
    new_weight(I, type->gates, &layer.ih);
    new_weight(H, type->gates, &layer.hh);
    ck_assert_int_eq(sterna_recurrent_new(type, I, H, one_hot, &layer, NULL), STERNA_OK);
    take_matrix(&model->layer[0].ih, &layer.ih, &seed);
    take_matrix(&model->layer[0].hh, &layer.hh, &seed);
    for (size_t r = 0; r < rows; r++) {
        const int most = r % 2 ? 2000 : 16000; /* large ones saturate, with the sums that are large */
        const int at_ih = (int)random_below(&seed, 2 * (size_t)most + 1) - most;
        const int at_hh = (int)random_below(&seed, 2 * (size_t)most + 1) - most;
        bias_ih[r] = (float)at_ih / 2048.0f;
        bias_hh[r] = (float)at_hh / 2048.0f;
        model->layer[0].bias[r] = (int16_t)(r < rows - own ? at_ih + at_hh : at_ih);
        if (r >= rows - own)
            model->layer[0].bias[r + own] = (int16_t)at_hh;
    }
    sterna_recurrent_prepare(&layer, bias_ih, bias_hh);
    for (size_t i = 0; i < T * B; i++)
        symbol[i] = (uint8_t)random_below(&seed, I);
    for (size_t i = 0; i < T * B * I; i++)
        input8[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    memset(a, 0, sizeof a);
    memset(s, 0, sizeof s);
    track = (struct sterna_track){.steps = T,
                                  .batch = B,
                                  .active = active,
                                  .symbol = symbol,
                                  .input8 = input8,
                                  .terms = terms,
                                  .sums = sums,
                                  .s = s,
                                  .a = a,
                                  .a8 = a8,
                                  .saved = saved};
}

static void tear_down(void)
{
    sterna_recurrent_free(&layer);
    sterna_model_free(model);
    model = NULL;
}

/* What a device holds of units b of step t. */
static void check_state(size_t t, size_t b, const struct sterna_fixed_state *state)
{
    const float one = (float)sterna_cell_one(layer.type->cell);
    const float unit = layer.type->cell == STERNA_CELL_GRU ? 32768.0f : 2048.0f;
    for (size_t u = 0; u < H; u++) {
        const size_t at = (t * B + b) * H + u;
        ck_assert(a[at] * one == (float)state->activation[u]);
        ck_assert_int_eq(a8[at], state->activation[u]);
        if (layer.type->memory)
            ck_assert(s[at] * unit == (float)state->state[u]);
    }
}

START_TEST(every_state_is_that_of_fixed)
{
    const bool one_hot = _i % 2;
    open_layer((enum sterna_cell)(_i / 2), one_hot);
    sterna_recurrent_fixed_forward(&layer, &track);
    for (size_t b = 0; b < B; b++) {
        struct sterna_fixed_state state;
        ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
        for (size_t t = 0; t < T && b < active[t]; t++) {
            int32_t out[2];
            if (one_hot)
                sterna_fixed_step_one_hot(model, &state, symbol[t * B + b], out);
            else
                sterna_fixed_step(model, &state, input8 + (t * B + b) * I, out);
            check_state(t + 1, b, &state);
        }
        sterna_fixed_free(&state);
    }
}
END_TEST

/* Where the candidate's input term and its bias go beyond 16 bits together, and the recurrent term takes as much off again: r is 1,
 * z is 0, 32767 + 16000 is 32767, less 32767 is 0. */
START_TEST(input_term_of_a_gate_with_its_own_bias_saturates)
{
    float bias_ih[3 * H], bias_hh[3 * H];
    open_layer(STERNA_CELL_GRU, true);
    memset(layer.ih.code, 0, 3 * H * I);
    memset(layer.hh.code, 0, 3 * H * H);
    for (size_t u = 0; u < H; u++) {
        memset(layer.ih.code + (2 * H + u) * I, 127, I);
        layer.ih.scale_m[2 * H + u] = 255;
        layer.ih.scale_s[2 * H + u] = 1;
        bias_ih[u] = 15.0f;
        bias_ih[H + u] = -15.0f;
        bias_ih[2 * H + u] = 16000.0f / 2048.0f;
        bias_hh[u] = bias_hh[H + u] = 0.0f;
        bias_hh[2 * H + u] = -32767.0f / 2048.0f;
    }
    sterna_recurrent_prepare(&layer, bias_ih, bias_hh);
    sterna_recurrent_fixed_forward(&layer, &track);
    for (size_t u = 0; u < H; u++)
        ck_assert(a[B * H + u] == 0.0f);
}
END_TEST

/* A state of the float phase becomes the nearest that a device can hold, and what a device holds is carried on unchanged. */
START_TEST(carried_states_are_rounded_to_the_devices)
{
    uint64_t seed = 4;
    float kept[2][B * H];
    open_layer((enum sterna_cell)_i, true);
    const float one = (float)sterna_cell_one(layer.type->cell);
    for (size_t i = 0; i < B * H; i++) {
        s[i] = ((float)random_below(&seed, 2001) / 1000.0f - 1.0f) * (_i == STERNA_CELL_LSTM ? 9.0f : 1.0f);
        a[i] = _i == STERNA_CELL_GRU ? s[i] : (float)random_below(&seed, 2001) / 1000.0f - 1.0f;
    }
    const float before = a[5], state = s[5];
    sterna_recurrent_fixed_forward(&layer, &track);
    for (size_t i = 0; i < B * H; i++) {
        ck_assert(a[i] * one == roundf(a[i] * one) && fabsf(a[i] * one) <= 127.0f);
        ck_assert(a[i] * one == (float)a8[i]);
    }
    ck_assert_double_le(fabs((double)(a[5] - before)), 0.5 / (double)one + 1.0 / 128.0);
    if (layer.type->memory)
        ck_assert_double_le(fabs((double)(s[5] - state)), 0.5 / 2048.0);
    memcpy(kept[0], a, sizeof kept[0]);
    memcpy(kept[1], s, sizeof kept[1]);
    sterna_recurrent_fixed_forward(&layer, &track);
    ck_assert_mem_eq(kept[0], a, sizeof kept[0]);
    ck_assert_mem_eq(kept[1], s, sizeof kept[1]);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("recurrent_fixed");
    TCase *tcase = tcase_create("recurrent_fixed");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, every_state_is_that_of_fixed, 0, 2 * CELLS);
    tcase_add_test(tcase, input_term_of_a_gate_with_its_own_bias_saturates);
    tcase_add_loop_test(tcase, carried_states_are_rounded_to_the_devices, 0, CELLS);
    suite_add_tcase(suite, tcase);
    return suite;
}
