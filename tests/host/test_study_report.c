/* test_study_report.c - the CSV and the table say what the results say. */
#include "study_files.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    ck_assert_int_eq(study_write(&scratch, "axis method = a: | b:\naxis seed = 1 | 2\n", &study, &error),
                     STERNA_OK);
}

static void tear_down(void)
{
    sterna_study_free(study);
    study_clean(&scratch);
}

/* As a run leaves it. */
static void write_curve(size_t run)
{
    static const char curve[] =
        "seen,train_bits,valid_bits,valid_accuracy,rate\n1000,3,2,,0.1\n2000,2,1.5,,0.1\n";
    char path[STERNA_STUDY_PATH];
    sterna_study_file(study, run, "curve.csv", path);
    ck_assert_int_eq(sterna_file_write(path, curve, sizeof curve - 1, &error), STERNA_OK);
}

static char *report(const char *name)
{
    const enum sterna_status status = sterna_study_report(study, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    return study_read(study, study->runs, name);
}

#define expect_in(text, part)                                                                                \
    ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%s", (part), (text))

START_TEST(csv_has_a_line_per_run)
{
    study_pretend(study, 0, "bpc", 1.5, 1.25, 1.75);
    study_pretend(study, 2, "", NAN, NAN, NAN);
    write_curve(0);
    char *text = report("study.csv");
    expect_in(text,
              "id,method,seed,state,metric,valid_master,valid_stochastic,valid_deterministic,valid_deployed,"
              "test_master,test_stochastic,test_deterministic,test_deployed,model_bytes,weights,"
              "bits_per_weight,updates,seconds\n");
    expect_in(text, "\na-1,a,1,done,bpc,,,1.50000,1.50000,,,1.25000,1.75000,1000,800,10.0000,30,2.0\n");
    expect_in(text, "\na-2,a,2,waiting,,,,,,,,,,,,,,\n");
    expect_in(text, "\nb-1,b,1,diverged,,,,,,,,,,1000,800,10.0000,30,2.0\n");
    free(text);
}
END_TEST

START_TEST(table_has_a_row_per_method_best_first)
{
    study_pretend(study, 0, "bpc", 3, 1, NAN);
    study_pretend(study, 1, "bpc", 4, 2, NAN);
    study_pretend(study, 2, "bpc", 2, 5, 6);
    for (size_t i = 0; i < 3; i++)
        write_curve(i);
    char *text = report("study.md");
    expect_in(text, "3 of 4 runs done");
    /* 1.5 +- sqrt(1/2), 3.5 +- sqrt(1/2) */
    expect_in(text,
              "| a | 2 | 2 of 2 | bpc | 1.500 ± 0.707 | 1.000 | float | 3.500 ± 0.707 | – | – | 1.500 | – | "
              "1000 | 10.00 | 2 |\n");
    expect_in(text,
              "| b | 1 | 1 of 2 | bpc | 6.000 | 6.000 | integers | 2.000 | – | – | 5.000 | 6.000 | 1000 | "
              "10.00 | 2 |\n");
    ck_assert(strstr(text, "| b | 1 |") < strstr(text, "| a | 2 |"));
    expect_in(text, "by validation data alone");
    expect_in(text, "](bits.svg)");
    expect_in(text, "](curves.svg)");
    ck_assert(study_has(study, study->runs, "bits.svg") && study_has(study, study->runs, "curves.svg"));
    free(text);
}
END_TEST

START_TEST(every_row_has_as_many_cells_as_the_head)
{
    study_pretend(study, 0, "accuracy", 3, 1, NAN);
    study_pretend(study, 2, "", NAN, NAN, NAN);
    write_curve(0);
    char *text = report("study.md");
    size_t rows = 0;
    for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t bars = 0;
        for (const char *c = line; line[0] == '|' && *c != '\0'; c++)
            bars += *c == '|';
        rows += line[0] == '|';
        ck_assert_msg(bars == 0 || bars == 16, "%zu: %s", bars, line);
    }
    ck_assert_uint_eq(rows, 4);
    free(text);
}
END_TEST

START_TEST(nothing_done_is_reported_too)
{
    char *text = report("study.md");
    expect_in(text, "0 of 4 runs done");
    ck_assert_ptr_null(strstr(text, ".svg"));
    ck_assert(!study_has(study, study->runs, "bits.svg"));
    free(text);
}
END_TEST

START_TEST(spoilt_result_is_told)
{
    char path[STERNA_STUDY_PATH];
    study_pretend(study, 0, "bpc", 3, 1, NAN);
    sterna_study_file(study, 0, "result.json", path);
    ck_assert_int_eq(sterna_file_write(path, "{", 1, &error), STERNA_OK);
    ck_assert_int_eq(sterna_study_report(study, &error), STERNA_ERR_FORMAT);
    expect_in(error.reason, "result.json: not a run's result");
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_report");
    TCase *tcase = tcase_create("study_report");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, csv_has_a_line_per_run);
    tcase_add_test(tcase, table_has_a_row_per_method_best_first);
    tcase_add_test(tcase, every_row_has_as_many_cells_as_the_head);
    tcase_add_test(tcase, nothing_done_is_reported_too);
    tcase_add_test(tcase, spoilt_result_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
