/* test_stack_device.c - a stack on devices, cut as they need it, against stack_fixed.c. */
#include "stack_cases.h"
#include "stack_device.h"
#include "stack_fixed.h"
#include "stack_models.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

static const char *const devices[] = {"reference", "fast", "reference:up5k"};
enum { DEVICES = 3, SEED = 23 };

static struct sterna_error error;
static struct sterna_model *model;
static struct sterna_stack_device stack;
static struct sterna_sequence_set set;

static void tear_down(void)
{
    sterna_device_close(stack.device);
    stack.device = NULL;
    sterna_stack_device_free(&stack);
    sterna_model_free(model);
    model = NULL;
    free(set.start);
    free(set.frames);
}

/* Sequences of these lengths. */
static void open_stack(const char *text, size_t inputs, size_t steps, const size_t *length, size_t count,
                       const char *address)
{
    uint64_t seed = SEED;
    model = stack_model(text, inputs, steps);
    set.count = count;
    set.start = calloc(count + 1, sizeof *set.start);
    for (size_t b = 0; b < count; b++)
        set.start[b + 1] = set.start[b] + length[b];
    set.frames = malloc(set.start[count] * inputs);
    for (size_t i = 0; i < set.start[count] * inputs; i++)
        set.frames[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    stack = (struct sterna_stack_device){.model = model, .compare = true};
    ck_assert_msg(sterna_device_open(address, &stack.device, &error) == STERNA_OK, "%s", error.reason);
}

/* All sequences but the first. */
static void check_run(void)
{
    const size_t count = set.count - 1, F = sterna_stack_shape_outputs(&model->stack);
    ck_assert_msg(sterna_stack_device_run(&stack, &set, 1, count, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(stack.mismatches, 0);
    for (size_t b = 0; b < count; b++) {
        const size_t steps = set.start[b + 2] - set.start[b + 1];
        const size_t values = sterna_stack_fixed_values(model, model->stack.layers, steps);
        int8_t *expected = malloc(values);
        ck_assert_int_eq(sterna_stack_fixed(model, steps, set.frames + set.start[b + 1] * model->stack.inputs,
                                            expected, &error),
                         STERNA_OK);
        ck_assert_uint_eq((stack.start[b + 1] - stack.start[b]) * F, values);
        ck_assert_mem_eq(stack.frames + stack.start[b] * F, expected, values);
        free(expected);
    }
}

START_TEST(a_stack_on_a_device_gives_the_references_frames)
{
    size_t length[CASE_SEQUENCES + 1] = {CASE_STEPS};
    const int which = _i / DEVICES;
    case_lengths(which, length + 1);
    open_stack(stack_case[which].text, CASE_INPUTS, stack_case[which].steps, length, CASE_SEQUENCES + 1,
               devices[_i % DEVICES]);
    check_run();
    ck_assert_uint_gt(stack.values, 0);
    struct sterna_geometry geometry;
    sterna_device_geometry(stack.device, &geometry);
    ck_assert(geometry.tables > 0 ? stack.ideal_cycles > 0 : stack.ideal_cycles == 0); /* of an engine only */
}
END_TEST

/* 30 x 40 values are more than a request of 512 bytes takes, and 300 x 300 filters more than the weight memory. */
START_TEST(what_a_device_cannot_hold_at_once_is_cut)
{
    const size_t length[2] = {30, 30};
    open_stack("dense 9, relu, dense 3, relu", 40, 30, length, 2, "reference:up5k");
    check_run();
    ck_assert_uint_eq(stack.steps, 3 + 1); /* 1200 columns in three parts */
    tear_down();
    const size_t few[2] = {1, 1};
    open_stack("conv 400 1, relu, conv 600 1, relu, conv 300 1, relu, conv 2 1, relu", 5, 0, few, 2,
               "reference:up5k");
    check_run();
    ck_assert_uint_gt(stack.steps, 4);
}
END_TEST

START_TEST(a_value_that_is_no_activation_is_refused)
{
    const size_t length[2] = {CASE_STEPS, CASE_STEPS};
    open_stack(stack_case[0].text, CASE_INPUTS, 0, length, 2, "reference");
    set.frames[CASE_STEPS * CASE_INPUTS] = INT8_MIN;
    ck_assert_int_eq(sterna_stack_device_run(&stack, &set, 1, 1, &error), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_stack_device_run(&stack, &set, 0, 1, &error), STERNA_OK);
    ck_assert_uint_eq(stack.values, (CASE_STEPS - 2) * 4);
}
END_TEST

START_TEST(sequences_that_are_too_short_are_refused)
{
    const size_t length[2] = {1, 1};
    open_stack(stack_case[0].text, CASE_INPUTS, 0, length, 2, "reference");
    ck_assert_int_eq(sterna_stack_device_run(&stack, &set, 0, 2, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "too short"));
}
END_TEST

START_TEST(a_model_with_a_stack_takes_no_steps)
{
    const size_t length[1] = {CASE_STEPS};
    open_stack(stack_case[0].text, CASE_INPUTS, 0, length, 1, "reference");
    ck_assert_int_eq(sterna_device_load(stack.device, model, NULL, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "whole sequences"));
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack_device");
    TCase *tcase = tcase_create("stack_device");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_stack_on_a_device_gives_the_references_frames, 0, STACK_CASES * DEVICES);
    tcase_add_test(tcase, what_a_device_cannot_hold_at_once_is_cut);
    tcase_add_test(tcase, a_value_that_is_no_activation_is_refused);
    tcase_add_test(tcase, sequences_that_are_too_short_are_refused);
    tcase_add_test(tcase, a_model_with_a_stack_takes_no_steps);
    suite_add_tcase(suite, tcase);
    return suite;
}
