/* test_kernel_speed.c - what is measured is what the list says; figures are figures. How high they are is no test. */
#include <math.h>
#include <string.h>

#include "sterna.h"

#include <check.h>

/* Layouts are the kernel's own, narrow ones before wide ones: of random weights of each format always the same. */
static void check_results(const char *kernel, const struct sterna_bench_kernel *result)
{
    static const char *const formats[] = {"binary", "ternary", "pow2", "int4", "int8"};
    for (size_t i = 0; i < STERNA_BENCH_KERNELS; i++) {
        ck_assert_str_eq(result[i].format, formats[i / 3]);
        ck_assert_str_eq(result[i].layout, result[i / 3 * 3].layout);
        ck_assert_str_eq(result[i].kernel, kernel);
        ck_assert_double_gt(result[i].nanoseconds, 0);
        if (i % 3 > 0)
            ck_assert_uint_gt(result[i].rows, result[i - 1].rows);
        const double weights = (double)(result[i].rows * result[i].columns);
        if (isfinite(result[i].gigahertz))
            ck_assert_double_eq_tol(result[i].weights_per_cycle * result[i].gigahertz * result[i].nanoseconds,
                                    weights, 1e-6 * weights);
    }
    ck_assert_str_eq(result[STERNA_BENCH_KERNELS - 1].layout, "bytes");
}

START_TEST(every_kernel_that_runs_here_is_measured_in_every_format_and_three_sizes)
{
    struct sterna_bench_kernel result[STERNA_BENCH_KERNELS];
    struct sterna_error error;
    const char *name = NULL, *last = NULL;
    for (size_t i = 0; (name = sterna_bench_kernel_name(i)) != NULL; i++) {
        ck_assert_msg(sterna_bench_kernels(name, 2, result, &error) == STERNA_OK, "%s", error.reason);
        check_results(name, result);
        last = name;
    }
    ck_assert_str_eq(last, "portable");
}
END_TEST

START_TEST(a_kernel_that_does_not_run_here_is_refused)
{
    struct sterna_bench_kernel result[STERNA_BENCH_KERNELS];
    struct sterna_error error;
    ck_assert_int_eq(sterna_bench_kernels("abacus", 1, result, &error), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "abacus"));
    ck_assert_ptr_nonnull(strstr(error.reason, "portable"));
}
END_TEST

START_TEST(the_machine_is_described)
{
    struct sterna_bench_machine machine;
    struct sterna_error error;
    ck_assert_int_eq(sterna_bench_machine(&machine, &error), STERNA_OK);
    ck_assert_uint_ge(machine.cores, 1);
    ck_assert_uint_eq(strlen(machine.date), strlen("2026-01-01"));
    ck_assert(machine.processor[0] != '\0' && machine.compiler[0] != '\0' && machine.openblas[0] != '\0');
    ck_assert_str_eq(machine.kernel, sterna_bench_kernel_name(0));
    if (strcmp(machine.kernel, "portable") != 0)
        ck_assert_double_gt(machine.ceiling, 1.0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("kernel_speed");
    TCase *tests = tcase_create("kernel_speed");
    tcase_add_test(tests, every_kernel_that_runs_here_is_measured_in_every_format_and_three_sizes);
    tcase_add_test(tests, a_kernel_that_does_not_run_here_is_refused);
    tcase_add_test(tests, the_machine_is_described);
    suite_add_tcase(suite, tests);
    return suite;
}
