/* test_curve.c - the learning curve's files. */
#include "curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "scratch.h"

#include <check.h>

static struct scratch scratch;
static char place[SCRATCH_PATH];

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "curve", place);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static char *written(void)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(sterna_file_read(place, &bytes, &size, NULL), STERNA_OK);
    return (char *)bytes;
}

START_TEST(csv_has_a_line_per_point)
{
    struct sterna_point points[2] = {{4096, 5.25, 5.5, NAN, 0.001}, {8192, 4.0, 4.125, NAN, 0.002}};
    struct sterna_training training = {.points = 2, .curve = points};
    ck_assert_int_eq(sterna_curve_csv(&training, place, NULL), STERNA_OK);
    char *text = written();
    ck_assert_str_eq(text, "seen,train_bits,valid_bits,valid_accuracy,rate\n4096,5.25000,5.50000,,0.001\n"
                           "8192,4.00000,4.12500,,0.002\n");
    free(text);
}
END_TEST

START_TEST(accuracy_of_sequences_is_in_the_csv)
{
    struct sterna_point points[1] = {{640, 2.25, 1.5, 62.5, 0.001}};
    const struct sterna_training training = {.points = 1, .curve = points, .data = {.classes = 4}};
    ck_assert_int_eq(sterna_curve_csv(&training, place, NULL), STERNA_OK);
    char *text = written();
    ck_assert_ptr_nonnull(strstr(text, "\n640,2.25000,1.50000,62.500,0.001\n"));
    free(text);
    ck_assert_int_eq(sterna_curve_svg(&training, place, NULL), STERNA_OK);
    text = written();
    ck_assert_ptr_nonnull(strstr(text, "bits per sequence"));
    ck_assert_ptr_null(strstr(text, "characters"));
    free(text);
}
END_TEST

START_TEST(empty_curve_is_a_header_and_a_picture)
{
    const struct sterna_training training = {0};
    ck_assert_int_eq(sterna_curve_csv(&training, place, NULL), STERNA_OK);
    char *text = written();
    ck_assert_str_eq(text, "seen,train_bits,valid_bits,valid_accuracy,rate\n");
    free(text);
    ck_assert_int_eq(sterna_curve_svg(&training, place, NULL), STERNA_OK);
    text = written();
    ck_assert_ptr_nonnull(strstr(text, "</svg>"));
    free(text);
}
END_TEST

START_TEST(unwritable_place_is_told)
{
    const struct sterna_training training = {0};
    struct sterna_error error = {{0}};
    ck_assert_int_eq(sterna_curve_csv(&training, "/nowhere/curve.csv", &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/curve.csv"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("curve");
    TCase *tcase = tcase_create("curve");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, csv_has_a_line_per_point);
    tcase_add_test(tcase, accuracy_of_sequences_is_in_the_csv);
    tcase_add_test(tcase, empty_curve_is_a_header_and_a_picture);
    tcase_add_test(tcase, unwritable_place_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
