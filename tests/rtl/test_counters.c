/* test_counters.c - hw/rtl/counters.v against six integers. */
#include "counters_model.h"
#include "seeded.h"

#include <check.h>
#include <stdbool.h>

enum { NUMBERS = 6 };

static uint32_t number(struct counters_model *model, unsigned index)
{
    uint32_t value = 0;
    for (unsigned byte = 0; byte < 4; byte++) {
        *model->select = (uint8_t)(4 * index + byte);
        counters_model_tick(model);
        value |= (uint32_t)*model->data << 8 * byte;
    }
    return value;
}

static struct counters_model *reset_model(void)
{
    struct counters_model *model = counters_model_new();
    *model->rst = 1;
    counters_model_tick(model);
    *model->rst = 0;
    counters_model_tick(model);
    return model;
}

START_TEST(every_number_counts_its_own_event)
{
    struct counters_model *model = reset_model();
    uint8_t *event[NUMBERS] = {model->step,       model->cycle,     model->streaming,
                               model->build_wait, model->gate_wait, model->bad_frame};
    uint32_t expected[NUMBERS] = {0}, late[NUMBERS] = {0}; /* events show one cycle later, */
    bool late_clear = false;                               /* and so does clear */
    struct seeded random = {9};
    for (unsigned i = 0; i < 100000; i++) {
        *model->clear = seeded_below(&random, 20000) == 0;
        for (unsigned j = 0; j < NUMBERS; j++) {
            *event[j] = seeded_percent(&random, 15 * j + 5);
            expected[j] = late_clear ? 0 : expected[j] + late[j];
            late[j] = *event[j];
        }
        late_clear = *model->clear;
        counters_model_tick(model);
    }
    *model->clear = 0;
    for (unsigned j = 0; j < NUMBERS; j++) {
        *event[j] = 0;
        expected[j] = late_clear ? 0 : expected[j] + late[j];
    }
    counters_model_tick(model);
    for (unsigned j = 0; j < NUMBERS; j++)
        ck_assert_uint_eq(number(model, j), expected[j] & (j == NUMBERS - 1 ? 0xFFFF : 0xFFFFFFFF));
    counters_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("counters");
    TCase *tests = tcase_create("counters");
    tcase_add_test(tests, every_number_counts_its_own_event);
    suite_add_tcase(suite, tests);
    return suite;
}
