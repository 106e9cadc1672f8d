/* test_network_speed.c - what is counted, and what is said of what is not: the accelerator in software takes the simulated one's
 * place. How fast anything is is no test. */
#include <math.h>
#include <string.h>

#include "sterna.h"

#include <check.h>

enum { INPUTS = 40, OUTPUTS = 10 };

static struct sterna_error error;

static struct sterna_bench_network measure(const char *cell, size_t hidden,
                                           const struct sterna_bench_options *options)
{
    struct sterna_bench_network result;
    struct sterna_model *model = NULL;
    ck_assert_int_eq(sterna_model_random_dense(cell, INPUTS, hidden, OUTPUTS, 1, &model, &error), STERNA_OK);
    ck_assert_msg(sterna_bench_network(model, "it", options, &result, &error) == STERNA_OK, "%s",
                  error.reason);
    sterna_model_free(model);
    ck_assert_str_eq(result.name, "it");
    ck_assert(result.floating > 0 && result.reference > 0 && result.fast > 0);
    return result;
}

START_TEST(weights_are_those_that_a_step_reads)
{
    const struct sterna_bench_options options = {.steps = 2, .repetitions = 1, .ceiling = 10};
    const struct sterna_bench_network dense = measure("gru", 32, &options);
    struct sterna_bench_network text;
    struct sterna_model *model = NULL;
    ck_assert_uint_eq(dense.weights, 96 * (INPUTS + 32) + 32 * OUTPUTS);
    ck_assert_str_eq(dense.target, "");
    ck_assert(isnan(dense.board));
    if (isfinite(dense.gigahertz)) {
        ck_assert_double_eq_tol(dense.fast_share, dense.fast_rate / 10, 1e-9);
        ck_assert_double_eq_tol(dense.float_rate * dense.floating, dense.fast_rate * dense.fast,
                                1e-6 * (double)dense.weights);
    }
    ck_assert_int_eq(sterna_model_random(20, 32, 1, &model, &error), STERNA_OK);
    ck_assert_int_eq(sterna_bench_network(model, "text", &options, &text, &error), STERNA_OK);
    ck_assert_uint_eq(text.weights, 96 * (1 + 32) + 32 * 20);
    sterna_model_free(model);
}
END_TEST

START_TEST(a_board_is_measured_if_there_is_one)
{
    const struct sterna_bench_options options = {.board = "reference:up5k", .steps = 2, .repetitions = 1};
    ck_assert_double_gt(measure("lstm", 16, &options).board, 0);
}
END_TEST

START_TEST(what_does_not_fit_is_said_with_the_reason)
{
    const struct sterna_bench_options options = {.simulated = "reference:up5k", .steps = 1, .repetitions = 1};
    const struct sterna_bench_network result = measure("gru", 512, &options);
    ck_assert(!result.fits);
    ck_assert_str_eq(result.target, "up5k");
    ck_assert_ptr_nonnull(strstr(result.reason, "weight memory"));
}
END_TEST

START_TEST(a_device_that_is_not_there_is_an_error)
{
    const struct sterna_bench_options options = {.simulated = "nowhere", .steps = 1, .repetitions = 1};
    struct sterna_bench_network result = {.name = "old"};
    struct sterna_model *model = NULL;
    ck_assert_int_eq(sterna_model_random_dense("gru", 3, 4, 2, 1, &model, &error), STERNA_OK);
    ck_assert_int_eq(sterna_bench_network(model, "it", &options, &result, &error), STERNA_ERR_MISSING);
    ck_assert_str_eq(result.name, "old");
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network_speed");
    TCase *tests = tcase_create("network_speed");
    tcase_add_test(tests, weights_are_those_that_a_step_reads);
    tcase_add_test(tests, a_board_is_measured_if_there_is_one);
    tcase_add_test(tests, what_does_not_fit_is_said_with_the_reason);
    tcase_add_test(tests, a_device_that_is_not_there_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
