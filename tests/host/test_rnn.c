/* test_rnn.c - one unit of the vanilla cells: formulas, the device's integers, slopes. */
#include "cell_check.h"

enum { U = CELL_UNITS, CELLS = 3 };

static const struct sterna_cell_type *const cells[CELLS] = {&sterna_rnn_tanh, &sterna_rnn_relu,
                                                            &sterna_rnn_sign};

/* f(pre) of each cell. */
static double formula(const struct sterna_cell_type *type, double pre)
{
    if (type == &sterna_rnn_tanh)
        return tanh(pre);
    if (type == &sterna_rnn_relu)
        return pre < 0.0 ? 0.0 : pre > 127.0 / 32.0 ? 127.0 / 32.0 : pre;
    return pre >= 0.0 ? 1.0 : -1.0;
}

START_TEST(forward_is_the_formula)
{
    struct cell_bench bench;
    cell_bench_fill(&bench, cells[_i], false);
    bench.x[0] = 9.0f; /* above the ReLU's end */
    bench.x[1] = 0.5f;
    bench.product[1] = -0.5f; /* sign(0) = +1 */
    cell_forward(&bench);
    for (size_t u = 0; u < U; u++) {
        const double pre = (double)bench.x[u] + (double)bench.product[u];
        ck_assert_double_lt(fabs(formula(cells[_i], pre) - (double)bench.a_next[u]), 1e-6);
    }
}
END_TEST

START_TEST(backward_of_tanh_matches_differences)
{
    cell_check_backward(&sterna_rnn_tanh, false);
}
END_TEST

/* The gradient passes ReLU inside 0 .. 127/32, and the sign where |pre| <= 1 (straight-through). */
START_TEST(gradient_passes_inside_the_range_only)
{
    static const float pre[] = {-3.0f, -1.25f, -1.0f, -0.5f, 0.5f, 1.0f, 1.25f, 3.0f, 3.96875f, 4.0f};
    static const bool passes[2][10] = {{0, 0, 0, 0, 1, 1, 1, 1, 1, 0}, {0, 0, 1, 1, 1, 1, 0, 0, 0, 0}};
    for (size_t i = 0; i < 10; i++) {
        float x = pre[i], saved = 0.0f, s = 0.0f, s_next = 0.0f, a = 0.0f, da = 0.75f, ds = 0.0f;
        cells[1 + _i]->forward(1, &x, NULL, &s, &saved, &s_next, &a);
        cells[1 + _i]->backward(1, &s, &s_next, &saved, &da, &ds);
        ck_assert(saved == (passes[_i][i] ? 0.75f : 0.0f));
        ck_assert(da == 0.0f);
    }
}
END_TEST

static const struct sterna_cell_type *under_test;

/* There is no state: it stays 0. */
static int32_t unit(const struct cell_terms *terms, size_t u, int32_t state, const float *saved,
                    int8_t *activation)
{
    (void)state, (void)saved;
    *activation = sterna_fixed_rnn_unit(under_test->cell, terms->x[u], cell_term(terms, u), terms->bias[u]);
    return 0;
}

START_TEST(integers_are_those_of_the_device)
{
    under_test = cells[_i];
    cell_check_fixed(under_test, 1.0f, unit);
}
END_TEST

/* The slopes of the integer pass are those of the numbers that its integers stand for. */
START_TEST(slopes_of_the_integer_pass_are_those_of_the_float_pass)
{
    const struct sterna_cell_type *type = cells[_i];
    for (int32_t pre = -9000; pre <= 9000; pre += 7) {
        struct sterna_gate_tables tables;
        const int32_t zero = 0;
        const struct sterna_fixed_row row = {
            .tables = &tables, .x = &pre, .sum = &zero, .m = &zero, .s = &zero};
        float x = (float)pre / 2048.0f, s = 0.0f, next = 0.0f, a = 0.0f, slope = 0.0f, fixed_slope = 0.0f;
        sterna_gate_tables_fill(&tables);
        type->forward(1, &x, NULL, &s, &slope, &next, &a);
        type->fixed(1, &row, &s, &fixed_slope, &next, &a);
        const bool corner = type == &sterna_rnn_relu && (abs(pre) < 32 || abs(pre - 8128) < 64);
        if (!corner)
            ck_assert_double_lt(fabs((double)slope - (double)fixed_slope), 0.02);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("rnn");
    TCase *tcase = tcase_create("rnn");
    tcase_add_loop_test(tcase, forward_is_the_formula, 0, CELLS);
    tcase_add_test(tcase, backward_of_tanh_matches_differences);
    tcase_add_loop_test(tcase, gradient_passes_inside_the_range_only, 0, 2);
    tcase_add_loop_test(tcase, integers_are_those_of_the_device, 0, CELLS);
    tcase_add_loop_test(tcase, slopes_of_the_integer_pass_are_those_of_the_float_pass, 0, CELLS);
    suite_add_tcase(suite, tcase);
    return suite;
}
