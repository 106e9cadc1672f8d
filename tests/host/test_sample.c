/* test_sample.c - draws follow the soft-max, and depend on seed and position alone. */
#include <math.h>
#include <stdlib.h>

#include "sterna.h"

#include <check.h>

START_TEST(temperature_zero_takes_the_first_of_the_largest)
{
    static const float logits[] = {-1, 3, 2, 3};
    uint64_t random = 5;
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(sterna_sample(logits, 4, 0, 1, &random), 1);
    ck_assert_uint_eq(random, 105);
}
END_TEST

/* Over 100,000 draws each count lies within 5 standard deviations of its expectation. */
static void check_frequencies(double temperature, uint64_t seed)
{
    enum { COUNT = 5, DRAWS = 100000 };
    static const float logits[COUNT] = {0.5F, -1.0F, 2.0F, 0.0F, 1.25F};
    size_t seen[COUNT] = {0};
    double weight[COUNT];
    double total = 0;
    uint64_t random = 0;
    for (size_t i = 0; i < COUNT; i++)
        total += weight[i] = exp((double)logits[i] / temperature);
    for (int i = 0; i < DRAWS; i++)
        seen[sterna_sample(logits, COUNT, temperature, seed, &random)]++;
    for (size_t i = 0; i < COUNT; i++) {
        double p = weight[i] / total;
        ck_assert_double_lt(fabs((double)seen[i] - p * DRAWS), 5 * sqrt(p * (1 - p) * DRAWS));
    }
}

START_TEST(draws_follow_the_softmax)
{
    check_frequencies(1.0, 1);
    check_frequencies(0.5, 2);
    check_frequencies(3.0, UINT64_MAX);
}
END_TEST

START_TEST(seed_and_position_decide)
{
    enum { DRAWS = 64 };
    static const float logits[16] = {0};
    size_t drawn[DRAWS];
    size_t same = 0;
    uint64_t random = 0;
    for (size_t i = 0; i < DRAWS; i++)
        drawn[i] = sterna_sample(logits, 16, 1, 7, &random);
    for (size_t i = DRAWS; i-- > 0;) {
        uint64_t again = i;
        uint64_t other = i;
        ck_assert_uint_eq(sterna_sample(logits, 16, 1, 7, &again), drawn[i]);
        same += sterna_sample(logits, 16, 1, 8, &other) == drawn[i];
    }
    ck_assert_uint_lt(same, DRAWS / 4);
}
END_TEST

START_TEST(extreme_logits_do_no_harm)
{
    static const float wide[] = {-3e38F, 3e38F, 0};
    static const float barred[] = {0, -INFINITY, 0};
    uint64_t random = 0;
    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_eq(sterna_sample(wide, 3, 1, 1, &random), 1);
        ck_assert_uint_ne(sterna_sample(barred, 3, 1, 1, &random), 1);
        ck_assert_uint_eq(sterna_sample(wide, 1, 1e-9, 1, &random), 0);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sample");
    TCase *tcase = tcase_create("sample");
    tcase_add_test(tcase, temperature_zero_takes_the_first_of_the_largest);
    tcase_add_test(tcase, draws_follow_the_softmax);
    tcase_add_test(tcase, seed_and_position_decide);
    tcase_add_test(tcase, extreme_logits_do_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}
