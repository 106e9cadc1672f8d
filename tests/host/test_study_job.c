/* test_study_job.c - one run in its folder. */
#include "study_files.h"
#include "study_job.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;
static uint64_t last_done, last_total;
static size_t events;

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    events = 0;
}

static void tear_down(void)
{
    sterna_study_free(study);
    study_clean(&scratch);
}

static void note(const struct sterna_study_progress *progress, void *context)
{
    (void)context;
    if (progress->event != STERNA_STUDY_EVALUATES)
        return;
    ck_assert(events == 0 || progress->done >= last_done);
    last_done = progress->done;
    last_total = progress->total;
    events++;
}

static struct sterna_study_job open_job(const char *lines)
{
    struct sterna_study_job job = {.run = 0, .threads = 1, .tell = note};
    char path[STERNA_STUDY_PATH];
    ck_assert_int_eq(study_write_tiny(&scratch, lines, &study, &error), STERNA_OK);
    job.study = study;
    ck_assert_int_eq(sterna_study_job_open(&job, &error), STERNA_OK);
    sterna_study_file(study, 0, "", path);
    ck_assert_int_eq(sterna_file_make_directory(path, &error), STERNA_OK);
    return job;
}

START_TEST(evaluations_are_one_stage)
{
    struct sterna_study_job job = open_job("axis seed = 1\n");
    bool diverged = true;
    const enum sterna_status status = sterna_study_job_run(&job, &diverged, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    ck_assert(!diverged);
    ck_assert_uint_ge(events, 6); /* master, deterministic, deployed; validation and test */
    ck_assert_uint_eq(last_done, last_total);
}
END_TEST

START_TEST(seconds_add_up_over_restarts)
{
    struct sterna_study_job job = open_job("axis seed = 1\n");
    struct sterna_run_result found;
    char path[STERNA_STUDY_PATH];
    bool diverged = true, done = false;
    sterna_study_file(study, 0, "seconds.txt", path);
    ck_assert_int_eq(sterna_file_write(path, "1000.000\n", 9, &error), STERNA_OK);
    ck_assert_int_eq(sterna_study_job_run(&job, &diverged, &error), STERNA_OK);
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &found, &error), STERNA_OK);
    ck_assert_double_ge(found.seconds, 1000);
    ck_assert_double_lt(found.seconds, 1100);
}
END_TEST

START_TEST(recipe_is_written_down_and_kept)
{
    struct sterna_study_job job = open_job("axis seed = 7\n");
    ck_assert_int_eq(sterna_study_job_check(&job, &error), STERNA_OK);
    char *text = study_read(study, 0, "run.recipe");
    ck_assert_ptr_nonnull(strstr(text, "\nseed = 7\n"));
    ck_assert_int_eq(sterna_study_job_check(&job, &error), STERNA_OK);
    job.recipe.hidden++;
    ck_assert_int_eq(sterna_study_job_check(&job, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "says \"hidden = 24\", the study now \"hidden = 25\""));
    free(text);
}
END_TEST

/* A later version of the program knows more keys than the file. */
START_TEST(keys_that_are_not_there_have_their_default)
{
    struct sterna_study_job job = open_job("axis seed = 1\n");
    char path[STERNA_STUDY_PATH];
    sterna_recipe_default(&job.recipe);
    sterna_study_file(study, 0, "run.recipe", path);
    ck_assert_int_eq(sterna_file_write(path, "data = kjv\n", 11, &error), STERNA_OK);
    ck_assert_int_eq(sterna_study_job_check(&job, &error), STERNA_OK);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_job");
    TCase *tcase = tcase_create("study_job");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, evaluations_are_one_stage);
    tcase_add_test(tcase, seconds_add_up_over_restarts);
    tcase_add_test(tcase, recipe_is_written_down_and_kept);
    tcase_add_test(tcase, keys_that_are_not_there_have_their_default);
    suite_add_tcase(suite, tcase);
    return suite;
}
