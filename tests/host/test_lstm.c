/* test_lstm.c - one unit of an LSTM: the formula in double, the device's integers, backward against differences. */
#include "cell_check.h"

enum { U = CELL_UNITS };

START_TEST(forward_is_the_formula)
{
    struct cell_bench bench;
    cell_bench_fill(&bench, &sterna_lstm, true);
    cell_forward(&bench);
    for (size_t u = 0; u < U; u++) {
        double pre[4];
        for (size_t g = 0; g < 4; g++)
            pre[g] = (double)bench.x[g * U + u] + (double)bench.product[g * U + u];
        const double c = cell_sigmoid(pre[1]) * (double)bench.s[u] + cell_sigmoid(pre[0]) * tanh(pre[2]);
        ck_assert_double_lt(fabs(c - (double)bench.s_next[u]), 1e-6);
        ck_assert_double_lt(fabs(cell_sigmoid(pre[3]) * tanh(c) - (double)bench.a_next[u]), 1e-6);
    }
}
END_TEST

START_TEST(backward_matches_differences)
{
    cell_check_backward(&sterna_lstm, true);
}
END_TEST

static struct sterna_fixed_lstm unit_terms(const struct cell_terms *terms, size_t u)
{
    return (struct sterna_fixed_lstm){
        .x_i = terms->x[u],
        .x_f = terms->x[U + u],
        .x_g = terms->x[2 * U + u],
        .x_o = terms->x[3 * U + u],
        .h_i = cell_term(terms, u),
        .h_f = cell_term(terms, U + u),
        .h_g = cell_term(terms, 2 * U + u),
        .h_o = cell_term(terms, 3 * U + u),
        .b_i = terms->bias[u],
        .b_f = terms->bias[U + u],
        .b_g = terms->bias[2 * U + u],
        .b_o = terms->bias[3 * U + u],
    };
}

/* saved is what backward takes the gates for: i, f, g, o and tanh c' of the device. */
static void check_saved(const struct cell_terms *terms, size_t u, int32_t c, const float *saved)
{
    int32_t pre[4];
    for (size_t g = 0; g < 4; g++)
        pre[g] =
            sterna_fixed_saturate(terms->x[g * U + u] + terms->bias[g * U + u] + cell_term(terms, g * U + u));
    ck_assert(saved[u] == (float)sterna_fixed_sigmoid(pre[0]) / 256.0f);
    ck_assert(saved[U + u] == (float)sterna_fixed_sigmoid(pre[1]) / 256.0f);
    ck_assert(saved[2 * U + u] == (float)sterna_fixed_tanh(pre[2]) / 128.0f);
    ck_assert(saved[3 * U + u] == (float)sterna_fixed_sigmoid(pre[3]) / 256.0f);
    ck_assert(saved[4 * U + u] == (float)sterna_fixed_tanh(c) / 128.0f);
}

START_TEST(integers_are_those_of_the_device)
{
    uint64_t seed = 5;
    for (int round = 0; round < 400; round++) {
        struct cell_terms terms;
        float s[U], saved[5 * U], s_next[U], a_next[U];
        int32_t state[U];
        cell_fill_terms(&sterna_lstm, &terms, &seed);
        for (size_t u = 0; u < U; u++) {
            state[u] = sterna_fixed_saturate(4 * cell_pick_term(&seed));
            s[u] = (float)state[u] / 2048.0f;
        }
        cell_run_fixed(&sterna_lstm, &terms, s, saved, s_next, a_next);
        for (size_t u = 0; u < U; u++) {
            const struct sterna_fixed_lstm unit = unit_terms(&terms, u);
            int8_t activation = 0;
            const int32_t next = sterna_fixed_lstm_unit(&unit, state[u], &activation);
            ck_assert_int_eq((int32_t)(s_next[u] * 2048.0f), next);
            ck_assert(a_next[u] * 128.0f == (float)activation);
            check_saved(&terms, u, next, saved);
        }
    }
}
END_TEST

/* With the forget gate open and input of one sign, c grows until it saturates, and stays. */
START_TEST(cell_state_saturates)
{
    struct cell_terms terms = {.x = {0}};
    float s[U] = {0}, saved[5 * U], s_next[U], a_next[U];
    sterna_gate_tables_fill(&terms.tables);
    for (size_t r = 0; r < 4 * U; r++)
        terms.joined[r] = r % 2 && r / U == 2 ? -32767 : 32767; /* odd units downwards */
    for (int t = 0; t < 40; t++) {
        cell_run_fixed(&sterna_lstm, &terms, s, saved, s_next, a_next);
        memcpy(s, s_next, sizeof s);
    }
    for (size_t u = 0; u < U; u++) {
        ck_assert(s[u] == (u % 2 ? -32767.0f : 32767.0f) / 2048.0f);
        ck_assert(a_next[u] == (u % 2 ? -127.0f : 127.0f) / 128.0f);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("lstm");
    TCase *tcase = tcase_create("lstm");
    tcase_add_test(tcase, forward_is_the_formula);
    tcase_add_test(tcase, backward_matches_differences);
    tcase_add_test(tcase, integers_are_those_of_the_device);
    tcase_add_test(tcase, cell_state_saturates);
    suite_add_tcase(suite, tcase);
    return suite;
}
