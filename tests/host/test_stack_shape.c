/* test_stack_shape.c - the text of a stack: sizes that follow, and what is refused. */
#include "stack_shape.h"

#include <string.h>

#include <check.h>

static struct sterna_stack_shape shape;
static struct sterna_error error;

static void read(const char *text, size_t inputs, size_t steps)
{
    const enum sterna_status status = sterna_stack_shape_read(text, inputs, steps, &shape, &error);
    ck_assert_msg(status == STERNA_OK, "%s: %s", text, error.reason);
}

START_TEST(an_image_shrinks_as_its_layers_say)
{
    read("conv 16 3x3 pad 1, batch-norm, relu, max-pool 2, conv 32 5x3 stride 2x1 groups 4, relu, "
         "mean-pool 2 stride 1, dense 12, relu",
         28, 28);
    ck_assert_uint_eq(shape.layers, 5);
    const struct sterna_stack_layer *layer = shape.layer;
    ck_assert(layer[0].batch_norm && !layer[2].batch_norm && !layer[0].dense && layer[4].dense);
    ck_assert_uint_eq(layer[0].in.width, 28);
    ck_assert_uint_eq(layer[0].in.channels, 1);
    ck_assert_uint_eq(layer[0].cols, 9);
    ck_assert_uint_eq(layer[0].out.width, 28);
    ck_assert_uint_eq(layer[1].out.width, 14);
    ck_assert_uint_eq(layer[2].cols, 5 * 3 * 16 / 4);
    ck_assert_uint_eq(layer[2].out.width, 12);
    ck_assert_uint_eq(sterna_stack_shape_height(&shape, 3, 28), (14 - 5) / 2 + 1);
    ck_assert_uint_eq(layer[3].out.width, 11);
    ck_assert_uint_eq(layer[4].cols, 4 * 11 * 32);
    ck_assert_uint_eq(sterna_stack_shape_outputs(&shape), 12);
    ck_assert_uint_eq(sterna_stack_shape_operations(&shape, 28),
                      28 * 28 * 16 * 9 + 5 * 12 * 32 * 60 + 12 * 4 * 11 * 32);
}
END_TEST

START_TEST(along_time_values_are_channels)
{
    read("conv 24 5 stride 2 pad 2, relu, max-pool 2, conv 8 3, relu", 32, 0);
    ck_assert_uint_eq(shape.layer[0].cols, 5 * 32);
    ck_assert_uint_eq(shape.layer[0].kernel[1], 1);
    ck_assert_uint_eq(shape.layer[0].pad[1], 0);
    ck_assert_uint_eq(shape.layer[1].kernel[1], 1);
    ck_assert_uint_eq(sterna_stack_shape_outputs(&shape), 8);
    ck_assert_uint_eq(sterna_stack_shape_height(&shape, 1, 33), 17);
    ck_assert_uint_eq(sterna_stack_shape_height(&shape, 3, 33), 6);
    ck_assert_int_eq(sterna_stack_shape_check(&shape, 11, &error), STERNA_OK);
    ck_assert_int_eq(sterna_stack_shape_check(&shape, 8, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "8 steps is too short"));
}
END_TEST

START_TEST(no_layers_pass_the_sequence_on)
{
    read("none", 13, 0);
    ck_assert_uint_eq(shape.layers, 0);
    ck_assert_uint_eq(sterna_stack_shape_outputs(&shape), 13);
    ck_assert_uint_eq(sterna_stack_shape_height(&shape, 0, 7), 7);
}
END_TEST

START_TEST(flatten_makes_one_frame)
{
    read("max-pool 2x2, flatten", 6, 8);
    ck_assert_uint_eq(sterna_stack_shape_outputs(&shape), 12);
    ck_assert_uint_eq(sterna_stack_shape_height(&shape, 2, 8), 1);
    ck_assert_int_eq(sterna_stack_shape_check(&shape, 7, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "are made for 8"));
}
END_TEST

static const struct {
    const char *text;
    size_t steps;
    const char *reason;
} wrong[] = {
    {"conv 16 9x3, relu", 8, "larger than the padded plane"},
    {"conv 16 3x9, relu", 0, "larger than the padded plane"},
    {"conv 16 3x3 groups 3, relu", 8, "3 groups do not divide 1 channels"},
    {"conv 16 3 groups 4, relu", 8, "do not divide 6 channels into 16 filters"},
    {"conv 10 3 groups 3, relu", 8, "do not divide 6 channels into 10 filters"},
    {"conv 16 3x3 pad 3, relu", 8, "padding is as wide as the kernel"},
    {"conv 16 3x3", 8, "lacks its relu"},
    {"conv 16 3x3, batch-norm, max-pool 2, relu", 8, "lacks its relu"},
    {"relu", 8, "stands behind a conv"},
    {"conv 4 3, relu, relu", 8, "stands behind a conv"},
    {"conv 4 3, batch-norm, batch-norm, relu", 8, "stands behind a conv"},
    {"conv 4 3, relu 6", 8, "nothing follows"},
    {"dense 4, relu", 0, "all of one length"},
    {"flatten", 0, "all of one length"},
    {"dense 4 pad 1, relu", 8, "nothing more can be said"},
    {"max-pool 2 pad 1", 8, "comes stride"},
    {"max-pool 9", 8, "larger than the padded plane"},
    {"conv 0 3, relu", 8, "number of filters"},
    {"conv 3, relu", 8, "kernel is missing"},
    {"conv 4 3y3, relu", 8, "kernel is missing"},
    {"conv 4 3 stride 0, relu", 8, "stride is missing or not"},
    {"conv 4 3 groups x, relu", 8, "number of groups"},
    {"conv 4 3, relu,", 8, "a layer is missing"},
    {"tanh", 8, "there are conv, dense"},
};

START_TEST(wrong_stacks_are_refused_with_the_reason)
{
    const enum sterna_status status =
        sterna_stack_shape_read(wrong[_i].text, 6, wrong[_i].steps, &shape, &error);
    ck_assert_msg(status == STERNA_ERR_RANGE, "%s passed", wrong[_i].text);
    ck_assert_msg(strstr(error.reason, wrong[_i].reason) != NULL, "%s: %s", wrong[_i].text, error.reason);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack_shape");
    TCase *tcase = tcase_create("stack_shape");
    tcase_add_test(tcase, an_image_shrinks_as_its_layers_say);
    tcase_add_test(tcase, along_time_values_are_channels);
    tcase_add_test(tcase, no_layers_pass_the_sequence_on);
    tcase_add_test(tcase, flatten_makes_one_frame);
    tcase_add_loop_test(tcase, wrong_stacks_are_refused_with_the_reason, 0,
                        (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
