/* test_fixed.c - the arithmetic's rules at their boundaries, and its functions against real-valued ones. */
#include <math.h>
#include <stdlib.h>

#include "fixed.h"
#include "tanh_table.h"

#include <check.h>

START_TEST(halves_round_away_from_zero)
{
    ck_assert_int_eq(sterna_fixed_round_shift(3, 1), 2);
    ck_assert_int_eq(sterna_fixed_round_shift(-3, 1), -2);
    ck_assert_int_eq(sterna_fixed_round_shift(1, 1), 1);
    ck_assert_int_eq(sterna_fixed_round_shift(-1, 1), -1);
    ck_assert_int_eq(sterna_fixed_round_shift(127, 8), 0);
    ck_assert_int_eq(sterna_fixed_round_shift(128, 8), 1);
    ck_assert_int_eq(sterna_fixed_round_shift(-128, 8), -1);
    ck_assert_int_eq(sterna_fixed_round_shift(-127, 8), 0);
    ck_assert_int_eq(sterna_fixed_round_shift(-77, 0), -77);
}
END_TEST

START_TEST(round_shift_is_round_of_the_quotient)
{
    for (int64_t value = -5000; value <= 5000; value++)
        for (unsigned shift = 0; shift < 16; shift++)
            ck_assert_int_eq(sterna_fixed_round_shift(value, shift), llround((double)value / (1 << shift)));
}
END_TEST

START_TEST(saturation_is_symmetric)
{
    ck_assert_int_eq(sterna_fixed_saturate(32767), 32767);
    ck_assert_int_eq(sterna_fixed_saturate(32768), 32767);
    ck_assert_int_eq(sterna_fixed_saturate(-32767), -32767);
    ck_assert_int_eq(sterna_fixed_saturate(-32768), -32767);
    ck_assert_int_eq(sterna_fixed_saturate(INT64_C(1) << 40), 32767);
}
END_TEST

START_TEST(scale_multiplies_rounds_and_saturates)
{
    ck_assert_int_eq(sterna_fixed_scale(100, 200, 4), 1250);
    ck_assert_int_eq(sterna_fixed_scale(-1, 128, 8), -1); /* -0.5 */
    ck_assert_int_eq(sterna_fixed_scale(-1, 127, 8), 0);
    ck_assert_int_eq(sterna_fixed_scale(8388607, 255, 0), 32767);
    ck_assert_int_eq(sterna_fixed_scale(-8388607, 255, 0), -32767);
    ck_assert_int_eq(sterna_fixed_scale(8388607, 255, 31), 1);
    ck_assert_int_eq(sterna_fixed_scale(8388607, 0, 0), 0);
}
END_TEST

START_TEST(tanh_table_is_the_rounded_function)
{
    for (int index = 0; index < 512; index++) {
        long exact = lround(128 * tanh(index / 128.0));
        ck_assert_int_eq(sterna_tanh_table[index], exact > 127 ? 127 : exact);
    }
}
END_TEST

START_TEST(tanh_is_odd_monotonic_and_close)
{
    for (int pre = -32767; pre <= 32767; pre++) {
        double exact = tanh(pre / 2048.0);
        int value = sterna_fixed_tanh(pre);
        ck_assert_int_eq(value, -sterna_fixed_tanh(-pre));
        ck_assert(fabs(value / 128.0 - exact) < 1.05 / 128);
        ck_assert(pre == -32767 || value >= sterna_fixed_tanh(pre - 1));
    }
}
END_TEST

START_TEST(sigmoid_is_monotonic_close_and_reaches_both_ends)
{
    ck_assert_int_eq(sterna_fixed_sigmoid(0), 128);
    ck_assert_int_eq(sterna_fixed_sigmoid(32767), 256);
    ck_assert_int_eq(sterna_fixed_sigmoid(-32767), 0);
    for (int pre = -32766; pre <= 32767; pre++) {
        double exact = 1 / (1 + exp(-pre / 2048.0));
        int value = sterna_fixed_sigmoid(pre);
        ck_assert_int_eq(value + sterna_fixed_sigmoid(-pre), 256);
        ck_assert(fabs(value / 256.0 - exact) < 2.0 / 256);
        ck_assert(value >= sterna_fixed_sigmoid(pre - 1));
    }
}
END_TEST

START_TEST(activation_is_the_rounded_top_byte)
{
    ck_assert_int_eq(sterna_fixed_activation(127), 0);
    ck_assert_int_eq(sterna_fixed_activation(128), 1);
    ck_assert_int_eq(sterna_fixed_activation(-128), -1);
    ck_assert_int_eq(sterna_fixed_activation(32767), 127);
    ck_assert_int_eq(sterna_fixed_activation(-32767), -127);
}
END_TEST

START_TEST(closed_update_gate_holds_and_open_gate_keeps_the_state)
{
    struct sterna_fixed_gru terms = {.x_z = -32767, .h_z = -32767, .x_n = 2048};
    /* z = 0: h' = n = tanh(1) = 97/128 whatever the state was */
    ck_assert_int_eq(sterna_fixed_gru_unit(&terms, 12345), 97 * 256);
    terms.x_z = 32767;
    terms.h_z = 32767; /* z = 1: h' = h exactly, for ever */
    ck_assert_int_eq(sterna_fixed_gru_unit(&terms, 12345), 12345);
    ck_assert_int_eq(sterna_fixed_gru_unit(&terms, -1), -1);
}
END_TEST

START_TEST(gru_unit_follows_the_real_formula)
{
    srand(7);
    for (int round = 0; round < 20000; round++) {
        int32_t v[10];
        for (int i = 0; i < 10; i++)
            v[i] = rand() % 8192 - 4096;
        int32_t state = rand() % 65024 - 32512;
        struct sterna_fixed_gru terms = {.x_r = v[0],
                                         .x_z = v[1],
                                         .x_n = v[2],
                                         .h_r = v[3],
                                         .h_z = v[4],
                                         .h_n = v[5],
                                         .b_r = v[6],
                                         .b_z = v[7],
                                         .b_xn = v[8],
                                         .b_hn = v[9]};
        double r = 1 / (1 + exp(-(v[0] + v[3] + v[6]) / 2048.0));
        double z = 1 / (1 + exp(-(v[1] + v[4] + v[7]) / 2048.0));
        double n = tanh((v[2] + v[8]) / 2048.0 + r * (v[5] + v[9]) / 2048.0);
        double h = n + z * (state / 32768.0 - n);
        ck_assert(fabs(sterna_fixed_gru_unit(&terms, state) / 32768.0 - h) < 0.06);
    }
}
END_TEST

/* A 1-unit network worked out by hand: all weights zero but the new gate's input weight. */
START_TEST(one_step_of_a_tiny_network_equals_the_hand_computation)
{
    struct sterna_model *model;
    ck_assert_int_eq(sterna_model_new(2, 1, 1, 2, &model, NULL), STERNA_OK);
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

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fixed");
    TCase *tcase = tcase_create("arithmetic");
    tcase_add_test(tcase, halves_round_away_from_zero);
    tcase_add_test(tcase, round_shift_is_round_of_the_quotient);
    tcase_add_test(tcase, saturation_is_symmetric);
    tcase_add_test(tcase, scale_multiplies_rounds_and_saturates);
    tcase_add_test(tcase, tanh_table_is_the_rounded_function);
    tcase_add_test(tcase, tanh_is_odd_monotonic_and_close);
    tcase_add_test(tcase, sigmoid_is_monotonic_close_and_reaches_both_ends);
    tcase_add_test(tcase, activation_is_the_rounded_top_byte);
    tcase_add_test(tcase, closed_update_gate_holds_and_open_gate_keeps_the_state);
    tcase_add_test(tcase, gru_unit_follows_the_real_formula);
    tcase_add_test(tcase, one_step_of_a_tiny_network_equals_the_hand_computation);
    suite_add_tcase(suite, tcase);
    return suite;
}
