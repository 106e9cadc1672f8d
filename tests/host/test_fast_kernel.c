/* test_fast_kernel.c - the best kernel is one that runs and agrees; one that errs is found out. (Products: test_fast_portable.c and the like.) */
#include "fast_kernel.h"

#include <check.h>

static void multiply_wrongly(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start,
                             int32_t *sums)
{
    sterna_fast_portable.multiply(matrix, x, start, sums);
    sums[149] += matrix->layout == STERNA_FAST_SMALL; /* the last row */
}

START_TEST(a_kernel_that_errs_once_is_found_out)
{
    struct sterna_fast_kernel wrong = sterna_fast_portable;
    wrong.multiply = multiply_wrongly;
    ck_assert(!sterna_fast_kernel_agrees(&wrong));
    ck_assert(sterna_fast_kernel_agrees(&sterna_fast_portable));
}
END_TEST

START_TEST(the_best_kernel_runs_and_agrees)
{
    const struct sterna_fast_kernel *best = sterna_fast_kernel_best();
    ck_assert(best->runs());
    ck_assert(sterna_fast_kernel_agrees(best));
#if defined(__x86_64__)
    if (!sterna_fast_vnni.runs() && __builtin_cpu_supports("avx2"))
        ck_assert_ptr_eq(best, &sterna_fast_avx2);
#endif
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_kernel");
    TCase *tests = tcase_create("fast_kernel");
    tcase_add_test(tests, a_kernel_that_errs_once_is_found_out);
    tcase_add_test(tests, the_best_kernel_runs_and_agrees);
    suite_add_tcase(suite, tests);
    return suite;
}
