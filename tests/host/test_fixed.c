/* test_fixed.c - the arithmetic's rules at their boundaries, and its functions against real-valued ones. */
#include <math.h>
#include <stdlib.h>

#include "../random_model.h"
#include "fixed.h"
#include "tanh_table.h"

#include <check.h>

static double round_half_away(double value)
{
    return value < 0 ? -floor(0.5 - value) : floor(value + 0.5);
}

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

/* ---- LSTM ---------------------------------------------------------------------------------------------- */

static void random_lstm(struct sterna_fixed_lstm *terms, uint64_t *seed, int32_t spread)
{
    int32_t *const fields[] = {&terms->x_i, &terms->x_f, &terms->x_g, &terms->x_o, &terms->h_i, &terms->h_f,
                               &terms->h_g, &terms->h_o, &terms->b_i, &terms->b_f, &terms->b_g, &terms->b_o};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = (int32_t)random_below(seed, 2 * (size_t)spread + 1) - spread;
}

static double real_sigmoid(double v)
{
    return 1 / (1 + exp(-v));
}

/* Gates are off by 2/256, tanh by 1.05/128 at most: c' by |c| 2/256 + 2/256 + 1.05/128 and its roundings, h by what tanh(c') inherits. */
START_TEST(lstm_unit_follows_the_real_formula)
{
    uint64_t seed = 8;
    for (int round = 0; round < 20000; round++) {
        struct sterna_fixed_lstm t;
        int8_t h = 0;
        random_lstm(&t, &seed, 3000);
        int32_t c = (int32_t)random_below(&seed, 16385) - 8192; /* -4..4 */
        int32_t next = sterna_fixed_lstm_unit(&t, c, &h);
        double i = real_sigmoid((t.x_i + t.h_i + t.b_i) / 2048.0);
        double f = real_sigmoid((t.x_f + t.h_f + t.b_f) / 2048.0);
        double g = tanh((t.x_g + t.h_g + t.b_g) / 2048.0);
        double o = real_sigmoid((t.x_o + t.h_o + t.b_o) / 2048.0);
        double real_next = f * c / 2048 + i * g;
        double bound = 4 * 2 / 256.0 + 2 / 256.0 + 1.05 / 128 + 1 / 2048.0;
        ck_assert_double_lt(fabs(next / 2048.0 - real_next), bound);
        ck_assert_double_lt(fabs(h / 128.0 - o * tanh(real_next)), bound + 2 / 256.0 + 1.55 / 128);
    }
}
END_TEST

/* Given the rounded gates, every bit follows from real numbers: round() is half away from zero too. */
START_TEST(lstm_unit_rounds_and_saturates_as_real_numbers_do)
{
    uint64_t seed = 9;
    int saturated = 0;
    for (int round = 0; round < 50000; round++) {
        struct sterna_fixed_lstm t;
        int8_t h = 0;
        random_lstm(&t, &seed, round % 2 ? 32767 : 1500);
        int32_t c = (int32_t)random_below(&seed, 65535) - 32767;
        int32_t next = sterna_fixed_lstm_unit(&t, c, &h);
        double i = sterna_fixed_sigmoid(sterna_fixed_saturate((int64_t)t.x_i + t.h_i + t.b_i)) / 256.0;
        double f = sterna_fixed_sigmoid(sterna_fixed_saturate((int64_t)t.x_f + t.h_f + t.b_f)) / 256.0;
        double g = sterna_fixed_tanh(sterna_fixed_saturate((int64_t)t.x_g + t.h_g + t.b_g)) / 128.0;
        double o = sterna_fixed_sigmoid(sterna_fixed_saturate((int64_t)t.x_o + t.h_o + t.b_o)) / 256.0;
        double sum = round_half_away(f * c) + round_half_away(i * g * 2048);
        saturated += fabs(sum) > 32767;
        ck_assert_double_eq(next, fmax(-32767, fmin(32767, sum)));
        ck_assert_double_eq(h, round_half_away(o * sterna_fixed_tanh(next)));
    }
    ck_assert_int_gt(saturated, 100);
}
END_TEST

START_TEST(open_forget_gate_holds_the_cell_for_ever)
{
    const struct sterna_fixed_lstm hold = {
        .x_i = -32767, .h_i = -32767, .x_f = 32767, .x_g = 2048, .x_o = 32767};
    int8_t h = 0;
    for (int32_t c = -32767; c <= 32767; c++) {
        ck_assert_int_eq(sterna_fixed_lstm_unit(&hold, c, &h), c);
        ck_assert_int_eq(h, sterna_fixed_tanh(c));
    }
}
END_TEST

START_TEST(closed_gates_of_an_lstm_forget_and_hide)
{
    struct sterna_fixed_lstm terms = {.x_i = 32767, .x_f = -32767, .x_g = 2048, .x_o = 32767};
    int8_t h = 0;
    ck_assert_int_eq(sterna_fixed_lstm_unit(&terms, -32767, &h), 97 * 16); /* g = tanh(1) = 97/128 */
    ck_assert_int_eq(h, sterna_fixed_tanh(97 * 16));
    terms.x_o = -32767;
    ck_assert_int_eq(sterna_fixed_lstm_unit(&terms, -32767, &h), 97 * 16);
    ck_assert_int_eq(h, 0);
}
END_TEST

START_TEST(cell_saturates_on_both_sides)
{
    struct sterna_fixed_lstm terms = {.x_i = 32767, .x_f = 32767, .x_g = 32767, .x_o = 32767};
    int8_t h = 0;
    ck_assert_int_eq(sterna_fixed_lstm_unit(&terms, 32000, &h), 32767);
    ck_assert_int_eq(h, 127);
    terms.x_g = -32767;
    ck_assert_int_eq(sterna_fixed_lstm_unit(&terms, -32000, &h), -32767);
    ck_assert_int_eq(h, -127);
    ck_assert_int_eq(sterna_fixed_lstm_unit(&terms, 0, &h), -127 * 16);
}
END_TEST

/* ---- vanilla cells ------------------------------------------------------------------------------------- */

START_TEST(vanilla_units_are_the_rounded_functions)
{
    for (int pre = -32767; pre <= 32767; pre++) {
        double relu = round_half_away(fmax(pre, 0) / 2048 * 32);
        ck_assert_int_eq(sterna_fixed_rnn_unit(STERNA_CELL_RNN_TANH, pre, 0, 0), sterna_fixed_tanh(pre));
        ck_assert_double_eq(sterna_fixed_rnn_unit(STERNA_CELL_RNN_RELU, 0, pre, 0), fmin(relu, 127));
        ck_assert_int_eq(sterna_fixed_rnn_unit(STERNA_CELL_RNN_SIGN, 0, 0, pre), pre < 0 ? -64 : 64);
    }
}
END_TEST

START_TEST(vanilla_terms_add_up_and_saturate)
{
    for (int cell = STERNA_CELL_RNN_TANH; cell <= STERNA_CELL_RNN_SIGN; cell++) {
        const enum sterna_cell kind = (enum sterna_cell)cell;
        ck_assert_int_eq(sterna_fixed_rnn_unit(kind, 3000, -4000, 900),
                         sterna_fixed_rnn_unit(kind, -100, 0, 0));
        ck_assert_int_eq(sterna_fixed_rnn_unit(kind, 3000, -4000, 1900),
                         sterna_fixed_rnn_unit(kind, 900, 0, 0));
        ck_assert_int_eq(sterna_fixed_rnn_unit(kind, 32767, 32767, 32767),
                         kind == STERNA_CELL_RNN_SIGN ? 64 : 127);
        ck_assert_int_eq(sterna_fixed_rnn_unit(kind, -32767, -32767, -32767),
                         kind == STERNA_CELL_RNN_SIGN   ? -64
                         : kind == STERNA_CELL_RNN_RELU ? 0
                                                        : -127);
    }
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
    tcase_add_test(tcase, lstm_unit_follows_the_real_formula);
    tcase_add_test(tcase, lstm_unit_rounds_and_saturates_as_real_numbers_do);
    tcase_add_test(tcase, open_forget_gate_holds_the_cell_for_ever);
    tcase_add_test(tcase, closed_gates_of_an_lstm_forget_and_hide);
    tcase_add_test(tcase, cell_saturates_on_both_sides);
    tcase_add_test(tcase, vanilla_units_are_the_rounded_functions);
    tcase_add_test(tcase, vanilla_terms_add_up_and_saturate);
    suite_add_tcase(suite, tcase);
    return suite;
}
