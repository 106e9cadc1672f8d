/* test_plot_frame.c - axes, numbers and places. */
#include "file.h"
#include "plot_frame.h"
#include "scratch.h"

#include <math.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;

static void set_up(void)
{
    scratch_open(&scratch);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static struct sterna_plot_axis axis_of(double low, double high)
{
    struct sterna_plot_axis axis = sterna_plot_axis_none();
    sterna_plot_axis_include(&axis, high);
    sterna_plot_axis_include(&axis, low);
    sterna_plot_axis_finish(&axis, 6);
    return axis;
}

START_TEST(steps_are_round_numbers)
{
    ck_assert_double_eq_tol(axis_of(0, 6).step, 1, 1e-12);
    ck_assert_double_eq_tol(axis_of(0, 13).step, 2, 1e-12);
    ck_assert_double_eq_tol(axis_of(0, 0.3).step, 0.05, 1e-12);
    ck_assert_double_eq_tol(axis_of(-5000, 700).step, 1000, 1e-9);
}
END_TEST

START_TEST(axis_of_one_value_or_none_has_a_width)
{
    const struct sterna_plot_axis one = axis_of(4, 4), zero = axis_of(0, 0);
    struct sterna_plot_axis none = sterna_plot_axis_none();
    ck_assert_double_eq(one.low, 2);
    ck_assert_double_eq(one.high, 6);
    ck_assert_double_lt(zero.low, zero.high);
    sterna_plot_axis_finish(&none, 6);
    ck_assert_double_eq(none.low, 0);
    ck_assert_double_eq(none.high, 1);
}
END_TEST

START_TEST(corners_of_the_data_are_corners_of_the_frame)
{
    const struct sterna_plot_frame frame = {.width = 100,
                                            .height = 100,
                                            .left = 10,
                                            .right = 90,
                                            .top = 20,
                                            .bottom = 80,
                                            .x = {1, 3, 1, false},
                                            .y = {-1, 1, 1, false}};
    ck_assert_double_eq(sterna_plot_x(&frame, 1), 10);
    ck_assert_double_eq(sterna_plot_x(&frame, 2), 50);
    ck_assert_double_eq(sterna_plot_y(&frame, -1), 80);
    ck_assert_double_eq(sterna_plot_y(&frame, 1), 20);
    ck_assert_double_eq(sterna_plot_y(&frame, 1e90), -100);
}
END_TEST

START_TEST(ticks_of_exponents_read_as_powers)
{
    const struct sterna_plot_frame frame = {.width = 100,
                                            .height = 100,
                                            .left = 10,
                                            .right = 90,
                                            .top = 20,
                                            .bottom = 80,
                                            .x = {-1, 2, 1, true},
                                            .y = {0, 1, 0.5, false}};
    static const char *const expected[] = {">0.5</text>", ">1</text>", ">2</text>", ">4</text>",
                                           ">0.0</text>"};
    struct sterna_plot_page page;
    char path[SCRATCH_PATH];
    uint8_t *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(sterna_plot_open(scratch_path(&scratch, "p.svg", path), &page, &error), STERNA_OK);
    sterna_plot_head(page.out, &frame, "t");
    sterna_plot_axes(page.out, &frame, "x", "y");
    ck_assert_int_eq(sterna_plot_close(&page, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_read(path, &text, &size, &error), STERNA_OK);
    for (size_t i = 0; i < 5; i++)
        ck_assert_msg(strstr((const char *)text, expected[i]) != NULL, "%s", expected[i]);
    free(text);
}
END_TEST

START_TEST(length_counts_characters)
{
    ck_assert_int_eq(sterna_plot_text_length(""), 0);
    ck_assert_int_eq(sterna_plot_text_length("caf\xC3\xA9"), 4);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("plot_frame");
    TCase *tcase = tcase_create("plot_frame");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, steps_are_round_numbers);
    tcase_add_test(tcase, axis_of_one_value_or_none_has_a_width);
    tcase_add_test(tcase, corners_of_the_data_are_corners_of_the_frame);
    tcase_add_test(tcase, ticks_of_exponents_read_as_powers);
    tcase_add_test(tcase, length_counts_characters);
    suite_add_tcase(suite, tcase);
    return suite;
}
