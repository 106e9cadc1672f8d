/* test_bench_train.c - the measurement counts right and calls the trainer; how fast it is, is not for a
 * test. */
#include "bench_train.h"

#include <math.h>

#include <check.h>

static const struct sterna_bench_shape small = {.gates = 3, .inputs = 5, .hidden = 7, .batch = 2, .steps = 4};

static void count_call(void *context)
{
    ++*(int *)context;
}

START_TEST(work_is_six_products_a_step)
{
    double work =
        0.0; /* forward, the operand's gradient and the weight's: each 2 * 21 * (5 + 7) * 2 a step */
    for (int product = 0; product < 3; product++)
        work += 4 * 2 * 21 * (5 + 7) * 2;
    ck_assert_double_lt(fabs(sterna_bench_work(&small) * 1e9 - work), 1e-3);
}
END_TEST

START_TEST(every_repetition_trains_once)
{
    struct sterna_bench_train result;
    int calls = 0;
    ck_assert_int_eq(sterna_bench_train(&small, 3, count_call, &calls, &result, NULL), STERNA_OK);
    ck_assert_int_eq(calls, 3);
    ck_assert(result.trainer >= 0.0 && result.trainer < result.plain);
    ck_assert(isfinite(result.plain) && isfinite(result.peak) && result.peak > 0.0);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct sterna_bench_shape huge = small;
    struct sterna_bench_gemms *gemms = NULL;
    huge.steps = SIZE_MAX / 16; /* no size overflows, but their bytes do */
    ck_assert_int_eq(sterna_bench_gemms_new(&huge, &gemms, NULL), STERNA_ERR_MEMORY);
    ck_assert_ptr_null(gemms);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("bench_train");
    TCase *tcase = tcase_create("bench_train");
    tcase_add_test(tcase, work_is_six_products_a_step);
    tcase_add_test(tcase, every_repetition_trains_once);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
