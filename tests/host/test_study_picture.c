/* test_study_picture.c - which pictures there are, and what is in them. */
#include "study_files.h"
#include "study_picture.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;
static struct sterna_table table;

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    memset(&table, 0, sizeof table);
}

static void tear_down(void)
{
    sterna_table_close(&table);
    sterna_study_free(study);
    study_clean(&scratch);
}

static void pretend(size_t run, double valid, const char *curve)
{
    char path[STERNA_STUDY_PATH];
    study_pretend(study, run, "bpc", valid, valid, NAN);
    sterna_study_file(study, run, "curve.csv", path);
    ck_assert_int_eq(sterna_file_write(path, curve, strlen(curve), &error), STERNA_OK);
}

static void draw(void)
{
    ck_assert_int_eq(sterna_table_open(study, &table, &error), STERNA_OK);
    const enum sterna_status status = sterna_study_pictures(&table, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void expect_in(const char *name, const char *part)
{
    char *text = study_read(study, study->runs, name);
    ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, name);
    free(text);
}

static const char head[] = "seen,train_bits,valid_bits,valid_accuracy,rate\n";

START_TEST(a_picture_per_section_and_per_task)
{
    char name[STERNA_PICTURE_NAME], curve[128];
    ck_assert_int_eq(study_write(&scratch,
                                 "axis cell = gru | g2:\naxis task = one: | two:\naxis method = a: | b:\n",
                                 &study, &error),
                     STERNA_OK);
    (void)snprintf(curve, sizeof curve, "%s1000000,3,2.5,,0.1\n", head);
    pretend(0, 2.5, curve); /* gru-one-a */
    pretend(5, 2.5, curve); /* g2-one-b */
    draw();
    ck_assert(study_has(study, study->runs, "curves-gru-one.svg"));
    ck_assert(study_has(study, study->runs, "curves-g2-one.svg"));
    ck_assert(!study_has(study, study->runs, "curves-gru-two.svg"));
    ck_assert(study_has(study, study->runs, "bits-one.svg"));
    ck_assert(!study_has(study, study->runs, "bits-two.svg"));
    ck_assert_uint_eq(sterna_picture_tasks(&table), 2);
    ck_assert(sterna_picture_bits_name(&table, 0, name));
    ck_assert_str_eq(name, "bits-one.svg");
    ck_assert(!sterna_picture_bits_name(&table, 1, name));
    expect_in("bits-one.svg", ">gru</text>");
    expect_in("bits-one.svg", ">g2</text>");
    expect_in("bits-one.svg", "lower is better");
    expect_in("curves-gru-one.svg", "Learning curves: gru, one");
    expect_in("curves-gru-one.svg", "characters seen (millions)");
    expect_in("curves-gru-one.svg", "bits per character, validation");
}
END_TEST

/* 2 and 4 at the end: 3; and the shorter of the two decides where that is. */
START_TEST(curve_is_the_mean_over_the_seeds)
{
    char curve[256];
    ck_assert_int_eq(study_write(&scratch, "axis seed = 1 | 2\naxis method = a:\n", &study, &error),
                     STERNA_OK);
    (void)snprintf(curve, sizeof curve, "%s1000000,9,3,,0.1\n2000000,9,2,,0.1\n3000000,9,1,,0.1\n", head);
    pretend(0, 1, curve);
    (void)snprintf(curve, sizeof curve, "%s1000000,9,5,,0.1\n2000000,9,4,,0.1\n", head);
    pretend(1, 1, curve);
    draw();
    expect_in("curves.svg", ">3.00</text>");
    ck_assert(study_has(study, study->runs, "bits.svg"));
}
END_TEST

START_TEST(accuracy_is_drawn_where_there_is_one)
{
    char curve[256];
    ck_assert_int_eq(study_write(&scratch, "axis method = a:\n", &study, &error), STERNA_OK);
    (void)snprintf(curve, sizeof curve, "%s1000,9,3,50.000,0.1\n2000,9,2,87.500,0.1\n", head);
    pretend(0, 1, curve);
    draw();
    expect_in("curves.svg", ">87.5</text>");
    expect_in("curves.svg", "sequences seen (thousands)");
    expect_in("curves.svg", "accuracy, %, validation");
}
END_TEST

START_TEST(missing_curve_is_told)
{
    ck_assert_int_eq(study_write(&scratch, "axis method = a:\n", &study, &error), STERNA_OK);
    study_pretend(study, 0, "bpc", 1, 1, NAN);
    ck_assert_int_eq(sterna_table_open(study, &table, &error), STERNA_OK);
    ck_assert_int_eq(sterna_study_pictures(&table, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "out/a/curve.csv"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_picture");
    TCase *tcase = tcase_create("study_picture");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_picture_per_section_and_per_task);
    tcase_add_test(tcase, curve_is_the_mean_over_the_seeds);
    tcase_add_test(tcase, accuracy_is_drawn_where_there_is_one);
    tcase_add_test(tcase, missing_curve_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
