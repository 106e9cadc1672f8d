/* test_power_up.c - hw/board/power_up.v: a reset that ends, and a light that outlasts what it shows. */
#include <stdbool.h>

#include "power_up_model.h"

#include <check.h>

enum { RESET = 16, GLOW = 1 << 20 };

static struct power_up_model *model;

static void setup(void)
{
    model = power_up_model_new();
}

static void teardown(void)
{
    power_up_model_free(model);
}

static void tick(unsigned cycles)
{
    for (unsigned i = 0; i < cycles; i++)
        power_up_model_tick(model);
}

START_TEST(the_reset_lasts_sixteen_cycles_of_a_stable_clock)
{
    tick(100);
    ck_assert(*model->rst);
    *model->ready = 1;
    for (unsigned i = 0; i < RESET - 1; i++) {
        tick(1);
        ck_assert(*model->rst);
    }
    tick(1);
    ck_assert(!*model->rst);
    *model->ready = 0;
    tick(2);
    ck_assert(*model->rst);
}
END_TEST

START_TEST(the_light_outlasts_one_cycle_of_traffic)
{
    tick(1);
    ck_assert(*model->led);
    *model->active = 1;
    tick(1);
    *model->active = 0;
    tick(1);
    ck_assert(!*model->led);
    tick(GLOW - 1);
    ck_assert(!*model->led);
    tick(1);
    ck_assert(*model->led);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("power_up");
    TCase *tests = tcase_create("power_up");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_reset_lasts_sixteen_cycles_of_a_stable_clock);
    tcase_add_test(tests, the_light_outlasts_one_cycle_of_traffic);
    suite_add_tcase(suite, tests);
    return suite;
}
