/* test_study_result.c - a result comes back as it was written, or the run is not done. */
#include "study_files.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    ck_assert_int_eq(study_write(&scratch, "axis seed = 1 | 2\n", &study, &error), STERNA_OK);
}

static void tear_down(void)
{
    sterna_study_free(study);
    study_clean(&scratch);
}

START_TEST(result_comes_back)
{
    struct sterna_run_result found;
    bool done = false;
    study_pretend(study, 1, "bpc", 1.0 / 3, 2.0 / 7, NAN);
    ck_assert_int_eq(sterna_result_load(study, 1, &done, &found, &error), STERNA_OK);
    ck_assert(done);
    ck_assert_str_eq(found.metric, "bpc");
    ck_assert_str_eq(found.diverged, "");
    ck_assert_double_eq_tol(found.valid[STERNA_MEASURE_DETERMINISTIC], 1.0 / 3, 1e-14);
    ck_assert_double_eq_tol(found.test[STERNA_MEASURE_DETERMINISTIC], 2.0 / 7, 1e-14);
    ck_assert(isnan(found.test[STERNA_MEASURE_DEPLOYED]) && isnan(found.valid[STERNA_MEASURE_MASTER]));
    ck_assert_double_eq(found.model_bytes, 1000);
    ck_assert_double_eq(found.seconds, 2);
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &found, &error), STERNA_OK);
    ck_assert(!done);
}
END_TEST

START_TEST(file_says_what_was_run)
{
    study_pretend(study, 1, "bpc", 1, 1, NAN);
    char *text = study_read(study, 1, "result.json");
    ck_assert_ptr_nonnull(strstr(text, "\"seed\":\t\"2\""));
    ck_assert_ptr_nonnull(strstr(text, "seed = 2\\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"deployed\":\tnull"));
    free(text);
}
END_TEST

START_TEST(what_is_no_result_is_refused)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"valid\":{},\"test\":{}}",
                                        "{\"valid\":{},\"test\":{},\"metric\":\"bpc\",\"diverged\":3}"};
    struct sterna_run_result found;
    char path[STERNA_STUDY_PATH];
    bool done = false;
    study_pretend(study, 0, "bpc", 1, 1, NAN);
    sterna_study_file(study, 0, "result.json", path);
    ck_assert_int_eq(sterna_file_write(path, wrong[_i], strlen(wrong[_i]), &error), STERNA_OK);
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &found, &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "out/1/result.json: not a run's result; remove"));
}
END_TEST

START_TEST(lower_bits_and_higher_accuracy_are_better_than_none)
{
    ck_assert(sterna_metric_better("bpc", 1, 2) && !sterna_metric_better("bpc", 2, 1));
    ck_assert(sterna_metric_better("accuracy", 2, 1) && !sterna_metric_better("accuracy", 1, 2));
    ck_assert(!sterna_metric_better("bpc", 1, 1));
    ck_assert(sterna_metric_better("bpc", 9, NAN) && !sterna_metric_better("bpc", NAN, 9));
    ck_assert(!sterna_metric_better("accuracy", NAN, NAN));
}
END_TEST

START_TEST(deployed_counts_where_there_is_one)
{
    struct sterna_run_result result = {.test = {1, 2, 3, 4}};
    ck_assert_int_eq(sterna_result_headline(&result), STERNA_MEASURE_DEPLOYED);
    result.test[STERNA_MEASURE_DEPLOYED] = NAN;
    ck_assert_int_eq(sterna_result_headline(&result), STERNA_MEASURE_DETERMINISTIC);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_result");
    TCase *tcase = tcase_create("study_result");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, result_comes_back);
    tcase_add_test(tcase, file_says_what_was_run);
    tcase_add_loop_test(tcase, what_is_no_result_is_refused, 0, 6);
    tcase_add_test(tcase, lower_bits_and_higher_accuracy_are_better_than_none);
    tcase_add_test(tcase, deployed_counts_where_there_is_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
