/* test_builder_lane.c - hw/rtl/builder_lane.v against T <- T +- (x << k) in 16 bits. */
#include "builder_lane_model.h"
#include "seeded.h"

#include <check.h>

START_TEST(steps_add_and_subtract_shifted_values)
{
    struct builder_lane_model *model = builder_lane_model_new();
    struct seeded random = {5};
    int32_t addend = 0;
    uint16_t sum = 0;
    *model->clear = 1;
    builder_lane_model_tick(model);
    for (unsigned i = 0; i < 200000; i++) {
        ck_assert_uint_eq(*model->sum, sum);
        *model->clear = seeded_percent(&random, 2);
        *model->step = seeded_percent(&random, 80);
        sum = (uint16_t)(*model->clear ? 0 : *model->step ? sum + addend : sum);
        int8_t x = (int8_t)(seeded_percent(&random, 10) ? -128 : seeded_byte(&random));
        *model->x = (uint8_t)x;
        *model->k = (uint8_t)seeded_below(&random, 8);
        *model->subtract = (uint8_t)seeded_below(&random, 2);
        addend = *model->k == 7 ? 0 : (*model->subtract ? -1 : 1) * x * (1 << *model->k);
        builder_lane_model_tick(model);
    }
    builder_lane_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("builder_lane");
    TCase *tests = tcase_create("builder_lane");
    tcase_add_test(tests, steps_add_and_subtract_shifted_values);
    suite_add_tcase(suite, tests);
    return suite;
}
