/* test_gru.c - one unit of a GRU: the formula in double, the device's integers, backward against differences. */
#include "cell_check.h"

enum { U = CELL_UNITS };

START_TEST(forward_is_the_formula)
{
    struct cell_bench bench;
    cell_bench_fill(&bench, &sterna_gru, false);
    cell_forward(&bench);
    for (size_t u = 0; u < U; u++) {
        const float *x = bench.x + u, *h = bench.product + u;
        const double r = cell_sigmoid((double)x[0] + (double)h[0]),
                     z = cell_sigmoid((double)x[U] + (double)h[U]);
        const double hn = (double)h[2 * U] + (double)bench.own[u], n = tanh((double)x[2 * U] + r * hn);
        const double expected = (1.0 - z) * n + z * (double)bench.s[u];
        ck_assert_double_lt(fabs(expected - (double)bench.a_next[u]), 1e-6);
        ck_assert(bench.s_next[u] == bench.a_next[u]);
    }
}
END_TEST

START_TEST(backward_matches_differences)
{
    cell_check_backward(&sterna_gru, false);
}
END_TEST

/* saved: r, z and h_n of the device. */
static void check_saved(const struct sterna_fixed_gru *terms, const float *saved)
{
    const int32_t r = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_r + terms->h_r + terms->b_r));
    const int32_t z = sterna_fixed_sigmoid(sterna_fixed_saturate(terms->x_z + terms->h_z + terms->b_z));
    const int32_t hn = sterna_fixed_saturate(terms->h_n + terms->b_hn);
    if (saved[0] != (float)r / 256.0f || saved[U] != (float)z / 256.0f || saved[2 * U] != (float)hn / 2048.0f)
        ck_abort_msg("r %g, z %g, h_n %g; expected %d, %d, %d", (double)saved[0], (double)saved[U],
                     (double)saved[2 * U], (int)r, (int)z, (int)hn);
}

static int32_t unit(const struct cell_terms *terms, size_t u, int32_t state, const float *saved,
                    int8_t *activation)
{
    const struct sterna_fixed_gru of = {
        .x_r = terms->x[u],
        .x_z = terms->x[U + u],
        .x_n = terms->x[2 * U + u],
        .h_r = cell_term(terms, u),
        .h_z = cell_term(terms, U + u),
        .h_n = cell_term(terms, 2 * U + u),
        .b_r = terms->bias[u],
        .b_z = terms->bias[U + u],
        .b_xn = terms->bias[2 * U + u],
        .b_hn = terms->own[u],
    };
    const int32_t next = sterna_fixed_gru_unit(&of, state);
    *activation = sterna_fixed_activation(next);
    check_saved(&of, saved + u);
    return next;
}

START_TEST(integers_are_those_of_the_device)
{
    cell_check_fixed(&sterna_gru, 32768.0f, unit);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gru");
    TCase *tcase = tcase_create("gru");
    tcase_add_test(tcase, forward_is_the_formula);
    tcase_add_test(tcase, backward_matches_differences);
    tcase_add_test(tcase, integers_are_those_of_the_device);
    suite_add_tcase(suite, tcase);
    return suite;
}
