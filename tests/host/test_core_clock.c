/* test_core_clock.c - a chain of additions gives a number of cycles that a core can have. */
#include <math.h>

#include "core_clock.h"

#include <check.h>

START_TEST(a_core_makes_between_a_tenth_and_seven_cycles_a_nanosecond)
{
    double most = 0;
    for (int i = 0; i < 200; i++) {
        const double now = sterna_core_clock();
        most = now > most ? now : most;
    }
#if defined(__x86_64__) || defined(__aarch64__)
    ck_assert_double_gt(most, 0.1);
    ck_assert_double_lt(most, 7.0);
#else
    ck_assert(isnan(sterna_core_clock()));
#endif
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("core_clock");
    TCase *tests = tcase_create("core_clock");
    tcase_add_test(tests, a_core_makes_between_a_tenth_and_seven_cycles_a_nanosecond);
    suite_add_tcase(suite, tests);
    return suite;
}
