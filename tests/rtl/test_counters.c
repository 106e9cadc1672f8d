/* test_counters.c - hw/rtl/counters.v against six integers. */
#include "counters_model.h"
#include "seeded.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

enum { NUMBERS = 6 };

/* All of them, as they are read: one byte after the other. */
static void read_numbers(struct counters_model *model, uint32_t number[NUMBERS])
{
    memset(number, 0, NUMBERS * sizeof *number);
    for (unsigned cycle = 0; cycle <= 4 * NUMBERS; cycle++) {
        *model->read = cycle < 4 * NUMBERS;
        *model->position = (uint8_t)cycle;
        counters_model_tick(model);
        if (cycle > 0)
            number[(cycle - 1) / 4] |= (uint32_t)*model->data << (cycle - 1) % 4 * 8;
    }
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
    bool late_clear = false, frame = false;                /* and so does clear; a bad frame two */
    struct seeded random = {9};
    for (unsigned i = 0; i < 100000; i++) {
        *model->clear = seeded_below(&random, 20000) == 0;
        for (unsigned j = 0; j < NUMBERS; j++) {
            *event[j] = seeded_percent(&random, 15 * j + 5);
            expected[j] = late_clear ? 0 : expected[j] + late[j];
            late[j] = *event[j];
            if (j == NUMBERS - 1) {
                late[j] = frame;
                frame = *event[j];
            }
        }
        late_clear = *model->clear;
        counters_model_tick(model);
    }
    *model->clear = 0;
    for (unsigned j = 0; j < NUMBERS; j++) {
        *event[j] = 0;
        expected[j] = late_clear ? 0 : expected[j] + late[j];
    }
    expected[NUMBERS - 1] += frame;
    counters_model_tick(model);
    counters_model_tick(model);
    expected[NUMBERS - 1] &= 0xFFFF;
    for (unsigned again = 0; again < 3; again++) { /* what is read stays */
        uint32_t number[NUMBERS];
        read_numbers(model, number);
        for (unsigned j = 0; j < NUMBERS; j++)
            ck_assert_uint_eq(number[j], expected[j]);
    }
    counters_model_free(model);
}
END_TEST

START_TEST(a_bad_frame_under_a_reading_counts_after_it)
{
    for (unsigned cycle = 0; cycle < 4 * NUMBERS; cycle++) {
        struct counters_model *model = reset_model();
        uint32_t number[NUMBERS];
        for (unsigned byte = 0; byte < 4 * NUMBERS; byte++) {
            *model->read = 1;
            *model->position = (uint8_t)byte;
            *model->bad_frame = byte == cycle;
            counters_model_tick(model);
        }
        *model->read = *model->bad_frame = 0;
        counters_model_tick(model);
        counters_model_tick(model);
        read_numbers(model, number);
        for (unsigned j = 0; j < NUMBERS; j++)
            ck_assert_uint_eq(number[j], j == NUMBERS - 1);
        counters_model_free(model);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("counters");
    TCase *tests = tcase_create("counters");
    tcase_add_test(tests, every_number_counts_its_own_event);
    tcase_add_test(tests, a_bad_frame_under_a_reading_counts_after_it);
    suite_add_tcase(suite, tests);
    return suite;
}
