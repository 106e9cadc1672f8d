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

/* saved: i, f, g, o and tanh c' of the device. */
static void check_saved(const struct cell_terms *terms, size_t u, int32_t c, const float *saved)
{
    int32_t pre[4];
    for (size_t g = 0; g < 4; g++) {
        const size_t r = g * U + u;
        pre[g] = sterna_fixed_saturate(terms->x[r] + terms->bias[r] + cell_term(terms, r));
    }
    const float expected[5] = {
        (float)sterna_fixed_sigmoid(pre[0]) / 256.0f, (float)sterna_fixed_sigmoid(pre[1]) / 256.0f,
        (float)sterna_fixed_tanh(pre[2]) / 128.0f,    (float)sterna_fixed_sigmoid(pre[3]) / 256.0f,
        (float)sterna_fixed_tanh(c) / 128.0f,
    };
    for (size_t k = 0; k < 5; k++)
        if (saved[k * U + u] != expected[k])
            ck_abort_msg("saved number %zu is %g, expected %g", k, (double)saved[k * U + u],
                         (double)expected[k]);
}

static int32_t unit(const struct cell_terms *terms, size_t u, int32_t state, const float *saved,
                    int8_t *activation)
{
    const struct sterna_fixed_lstm of = {
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
    const int32_t next = sterna_fixed_lstm_unit(&of, state, activation);
    check_saved(terms, u, next, saved);
    return next;
}

START_TEST(integers_are_those_of_the_device)
{
    cell_check_fixed(&sterna_lstm, 2048.0f, unit);
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
