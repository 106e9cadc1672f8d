/* test_schedule.c - the learning rate at its corners. */
#include "schedule.h"

#include <check.h>

static struct sterna_recipe recipe;

static void set_up(void)
{
    sterna_recipe_default(&recipe);
    recipe.updates = 110;
    recipe.warmup = 10;
    recipe.rate = 0.01;
    recipe.rate_end = 0.001;
    recipe.integer_updates = 20;
}

START_TEST(rate_rises_then_falls_half_a_cosine)
{
    ck_assert_double_eq_tol(sterna_schedule_rate(&recipe, 0), 0.01 / 11.0, 1e-12);
    ck_assert_double_eq_tol(sterna_schedule_rate(&recipe, 10), 0.01, 1e-12);
    ck_assert_double_eq_tol(sterna_schedule_rate(&recipe, 60), 0.0055, 1e-12); /* half way */
    ck_assert_double_ge(sterna_schedule_rate(&recipe, 109), 0.001);
    for (uint64_t update = 11; update < 110; update++)
        ck_assert_double_lt(sterna_schedule_rate(&recipe, update), sterna_schedule_rate(&recipe, update - 1));
}
END_TEST

START_TEST(warmup_longer_than_training_never_divides_by_zero)
{
    recipe.warmup = 110.0;
    ck_assert_double_le(sterna_schedule_rate(&recipe, 109), 0.01);
    recipe.updates = 1;
    recipe.warmup = 0.0;
    ck_assert_double_eq_tol(sterna_schedule_rate(&recipe, 0), 0.01, 1e-12);
}
END_TEST

START_TEST(integer_phase_is_the_last_updates)
{
    ck_assert(!sterna_schedule_integer(&recipe, 89));
    ck_assert(sterna_schedule_integer(&recipe, 90));
    recipe.integer_updates = 0;
    ck_assert(!sterna_schedule_integer(&recipe, 109));
    recipe.integer_updates = 1000;
    ck_assert(sterna_schedule_integer(&recipe, 0));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tcase = tcase_create("schedule");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, rate_rises_then_falls_half_a_cosine);
    tcase_add_test(tcase, warmup_longer_than_training_never_divides_by_zero);
    tcase_add_test(tcase, integer_phase_is_the_last_updates);
    suite_add_tcase(suite, tcase);
    return suite;
}
