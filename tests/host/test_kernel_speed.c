/* test_kernel_speed.c - what is measured is what the list says; figures are figures. How high they are is no test. */
#include <math.h>
#include <string.h>

#include "sterna.h"

#include <check.h>

START_TEST(every_format_is_measured_in_three_sizes)
{
    static const char *const formats[] = {"binary", "ternary", "pow2", "int4", "int8"};
    static const char *const layouts[] = {"bits", "pairs", "small", "nibbles", "bytes"};
    struct sterna_bench_kernel result[STERNA_BENCH_KERNELS];
    struct sterna_error error;
    ck_assert_int_eq(sterna_bench_kernels(2, result, &error), STERNA_OK);
    for (size_t i = 0; i < STERNA_BENCH_KERNELS; i++) {
        ck_assert_str_eq(result[i].format, formats[i / 3]);
        ck_assert_str_eq(result[i].layout, layouts[i / 3]);
        ck_assert_str_eq(result[i].kernel, result[0].kernel);
        ck_assert_double_gt(result[i].nanoseconds, 0);
        if (i % 3 > 0)
            ck_assert_uint_gt(result[i].rows, result[i - 1].rows);
        const double weights = (double)(result[i].rows * result[i].columns);
        if (isfinite(result[i].gigahertz))
            ck_assert_double_eq_tol(result[i].weights_per_cycle * result[i].gigahertz * result[i].nanoseconds,
                                    weights, 1e-6 * weights);
    }
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
    if (strcmp(machine.kernel, "avx2") == 0)
        ck_assert_double_gt(machine.ceiling, 1.0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("kernel_speed");
    TCase *tests = tcase_create("kernel_speed");
    tcase_add_test(tests, every_format_is_measured_in_three_sizes);
    tcase_add_test(tests, the_machine_is_described);
    suite_add_tcase(suite, tests);
    return suite;
}
