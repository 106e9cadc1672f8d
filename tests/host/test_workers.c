/* test_workers.c - every task runs once, whatever the number of threads. */
#include "workers.h"

#include <string.h>

#include <check.h>

enum { TASKS = 1000 };

static int runs[TASKS];

static void count(void *context, size_t index)
{
    ck_assert_ptr_eq(context, runs);
    runs[index]++;
}

START_TEST(every_task_runs_once)
{
    struct sterna_workers *workers = NULL;
    ck_assert_int_eq(sterna_workers_new((unsigned)_i, &workers, NULL), STERNA_OK);
    for (int round = 1; round <= 20; round++) {
        sterna_workers_run(workers, TASKS, count, runs);
        for (int i = 0; i < TASKS; i++)
            ck_assert_int_eq(runs[i], round);
    }
    sterna_workers_run(workers, 0, count, runs);
    ck_assert_int_eq(runs[0], 20);
    sterna_workers_free(workers);
}
END_TEST

START_TEST(no_workers_is_no_threads)
{
    sterna_workers_run(NULL, TASKS, count, runs);
    for (int i = 0; i < TASKS; i++)
        ck_assert_int_eq(runs[i], 1);
    sterna_workers_free(NULL);
}
END_TEST

START_TEST(too_many_threads_are_refused)
{
    struct sterna_workers *workers = NULL;
    struct sterna_error error;
    ck_assert_int_eq(sterna_workers_new(100000, &workers, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(workers);
}
END_TEST

static void set_up(void)
{
    memset(runs, 0, sizeof runs);
}

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("workers");
    TCase *tcase = tcase_create("workers");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, every_task_runs_once, 0, 5);
    tcase_add_test(tcase, no_workers_is_no_threads);
    tcase_add_test(tcase, too_many_threads_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
