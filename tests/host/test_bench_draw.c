/* test_bench_draw.c - what benchmarks draw is the same everywhere, and any number below the range. */
#include "sterna.h"

#include <check.h>

START_TEST(the_first_numbers_are_those_of_the_formula)
{
    uint64_t random = 1;
    ck_assert_uint_eq(sterna_bench_draw(&random, 1u << 31), 908834774);
    ck_assert_uint_eq(random, UINT64_C(7806831264735756412));
    ck_assert_uint_eq(sterna_bench_draw(&random, 1000), 153);
}
END_TEST

START_TEST(every_number_below_the_range_occurs_and_no_other)
{
    uint64_t random = 1;
    unsigned times[7] = {0};
    for (int i = 0; i < 1000; i++) {
        const unsigned drawn = sterna_bench_draw(&random, 7);
        ck_assert_uint_lt(drawn, 7);
        times[drawn]++;
    }
    for (int i = 0; i < 7; i++)
        ck_assert_uint_gt(times[i], 0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("bench_draw");
    TCase *tests = tcase_create("bench_draw");
    tcase_add_test(tests, the_first_numbers_are_those_of_the_formula);
    tcase_add_test(tests, every_number_below_the_range_occurs_and_no_other);
    suite_add_tcase(suite, tests);
    return suite;
}
