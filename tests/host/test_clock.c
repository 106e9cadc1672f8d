/* test_clock.c - time passes, and does not come back. */
#include "clock.h"

#include <check.h>
#include <time.h>

START_TEST(the_clock_never_goes_back)
{
    double last = sterna_clock_seconds();
    for (int i = 0; i < 100000; i++) {
        const double now = sterna_clock_seconds();
        ck_assert(now >= last);
        last = now;
    }
}
END_TEST

/* No more passes on our clock, between two readings of the system's own, than between those. */
START_TEST(seconds_are_seconds)
{
    struct timespec before, after;
    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    const double begun = sterna_clock_seconds();
    const double spent = sterna_clock_seconds() - begun;
    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    const double around =
        (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    ck_assert(spent >= 0.0 && spent <= around + 1e-6);
    ck_assert(begun >= (double)before.tv_sec + 1e-9 * (double)before.tv_nsec - 1e-6);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");
    tcase_add_test(tests, the_clock_never_goes_back);
    tcase_add_test(tests, seconds_are_seconds);
    suite_add_tcase(suite, tests);
    return suite;
}
