/* test_study_run.c - every run is done once, whoever works on it and whatever stops them. */
#include "study_files.h"

#include <signal.h>
#include <sys/wait.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;
static struct sterna_study_outcome outcome;
static size_t begun[16], trained[16]; /* events, per run */
static volatile sig_atomic_t stop;
static uint64_t stop_at; /* update of any run */

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    memset(begun, 0, sizeof begun);
    memset(trained, 0, sizeof trained);
    stop = 0;
    stop_at = 0;
}

static void tear_down(void)
{
    sterna_study_free(study);
    study_clean(&scratch);
}

static void read_study(const char *lines)
{
    sterna_study_free(study);
    study = NULL;
    const enum sterna_status status = study_write_tiny(&scratch, lines, &study, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void note(const struct sterna_study_progress *progress, void *context)
{
    (void)context;
    begun[progress->run] += progress->event == STERNA_STUDY_BEGINS;
    trained[progress->run] += progress->event == STERNA_STUDY_TRAINS;
    if (progress->event == STERNA_STUDY_TRAINS && progress->done == stop_at)
        stop = 1;
}

static enum sterna_status run(size_t first, size_t stride, unsigned jobs)
{
    const struct sterna_study_options options = {
        .first = first, .stride = stride, .jobs = jobs, .threads = 1, .stop = &stop, .progress = note};
    return sterna_study_run(study, &options, &outcome, &error);
}

static void expect_good(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static const char two_by_two[] =
    "axis method = float: quantizer=float quantizer_output=float integer_updates=0 | twn:\n"
    "axis seed = 1 | 2\n";

START_TEST(grid_is_run_and_measured)
{
    struct sterna_run_result found;
    bool done = false;
    read_study(two_by_two);
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.done, 4);
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &found, &error), STERNA_OK);
    ck_assert(done);
    /* 16 symbols: g, z, n of 24 units, and the output; every weight and bias takes 4 bytes. */
    ck_assert_double_eq(found.weights, 72 * 16 + 72 * 24 + 16 * 24);
    ck_assert(isnan(found.test[STERNA_MEASURE_DEPLOYED]) && isnan(found.test[STERNA_MEASURE_STOCHASTIC]));
    ck_assert_double_eq(found.test[STERNA_MEASURE_MASTER], found.test[STERNA_MEASURE_DETERMINISTIC]);
    ck_assert(!study_has(study, 0, "model.safetensors"));
    ck_assert_int_eq(sterna_result_load(study, 3, &done, &found, &error), STERNA_OK);
    ck_assert(isfinite(found.test[STERNA_MEASURE_DEPLOYED]) &&
              isfinite(found.valid[STERNA_MEASURE_DEPLOYED]));
    ck_assert_double_lt(found.bits_per_weight, 8);
    ck_assert(study_has(study, 3, "model.safetensors") && study_has(study, 3, "histogram.svg"));
    ck_assert(!study_has(study, 3, "claim") && !study_has(study, 3, "error.txt"));
}
END_TEST

START_TEST(stochastic_weights_are_sampled_too)
{
    struct sterna_run_result found;
    bool done = false;
    read_study("axis method = t: quantizer=ternary sampling=stochastic\n");
    expect_good(run(0, 1, 1));
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &found, &error), STERNA_OK);
    for (int i = 0; i < STERNA_MEASURES; i++)
        ck_assert(isfinite(found.valid[i]) && isfinite(found.test[i]));
}
END_TEST

START_TEST(what_is_done_is_not_run_again)
{
    read_study(two_by_two);
    expect_good(run(2, 4, 1)); /* run 2 alone */
    ck_assert_uint_eq(outcome.selected, 1);
    char *before = study_read(study, 2, "result.json");
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.before, 1);
    ck_assert_uint_eq(outcome.done, 3);
    ck_assert_uint_eq(begun[2], 1);
    char *after = study_read(study, 2, "result.json");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

/* Stopped in the middle of a run; the second attempt trains the rest only, and finds what an undisturbed run does. */
START_TEST(interrupted_run_goes_on)
{
    struct sterna_run_result straight, resumed;
    bool done = false;
    read_study("axis seed = 1 | 2\n");
    expect_good(run(0, 2, 1));
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &straight, &error), STERNA_OK);
    char path[STERNA_STUDY_PATH];
    for (size_t i = 0; i < 2; i++) {
        static const char *const files[] = {"result.json", "checkpoint.safetensors"};
        sterna_study_file(study, 0, files[i], path);
        ck_assert_int_eq(unlink(path), 0);
    }
    trained[0] = 0;
    stop_at = 17;
    ck_assert_int_eq(run(0, 1, 1), STERNA_ERR_INTERRUPTED);
    ck_assert_ptr_nonnull(strstr(error.reason, "0 of 2 runs are done"));
    ck_assert(!study_has(study, 0, "claim") && !study_has(study, 0, "result.json"));
    ck_assert(!study_has(study, 1, "run.recipe")); /* not begun */
    const size_t first = trained[0];
    ck_assert_uint_lt(first, 30);
    stop = 0;
    stop_at = 0;
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(trained[0], 30);
    ck_assert_int_eq(sterna_result_load(study, 0, &done, &resumed, &error), STERNA_OK);
    ck_assert_double_eq(resumed.test[STERNA_MEASURE_DEPLOYED], straight.test[STERNA_MEASURE_DEPLOYED]);
    char *histogram = study_read(study, 0, "histogram.csv");
    size_t lines = 0;
    for (const char *c = histogram; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, 1 + 4); /* of updates 8, 16, 24 and 30: each once */
    free(histogram);
}
END_TEST

START_TEST(threads_share_the_runs)
{
    read_study("axis a = x: | y: steps=8\naxis seed = 1 | 2 | 3\n");
    expect_good(run(0, 1, 3));
    ck_assert_uint_eq(outcome.done, 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(begun[i], 1);
}
END_TEST

/* Two processes begin at a time. Each tells what it has done; together that is every run once. */
START_TEST(processes_share_the_runs)
{
    int ends[2];
    size_t done[2];
    read_study("axis a = x: | y: steps=8\naxis seed = 1 | 2 | 3\n");
    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < 2; i++) {
        if (fork() != 0)
            continue;
        const size_t mine = run(0, 1, 1) == STERNA_OK ? outcome.done : 100;
        (void)!write(ends[1], &mine, sizeof mine);
        _exit(0);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(read(ends[0], &done[i], sizeof done[i]), sizeof done[i]);
    for (int i = 0; i < 2; i++)
        ck_assert_int_gt(wait(NULL), 0);
    ck_assert_uint_eq(done[0] + done[1], 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert(study_has(study, i, "result.json") && !study_has(study, i, "claim"));
}
END_TEST

START_TEST(shards_cut_the_grid)
{
    read_study("updates = 1\ninteger_updates = 0\naxis seed = 1 | 2 | 3 | 4 | 5\n");
    expect_good(run(1, 2, 1));
    ck_assert_uint_eq(outcome.selected, 2);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(study_has(study, i, "result.json"), i == 1 || i == 3);
    expect_good(run(5, 7, 1));
    ck_assert_uint_eq(outcome.selected, 0);
}
END_TEST

START_TEST(claimed_run_is_left_to_its_holder)
{
    static const char claim[] = "elsewhere-9 1 1 2026-01-01T00:00:00Z\n";
    enum sterna_run_state state = STERNA_RUN_WAITING;
    char path[STERNA_STUDY_PATH], holder[160];
    read_study("axis seed = 1 | 2\n");
    sterna_study_file(study, 0, "", path);
    ck_assert_int_eq(sterna_file_make_directory(path, &error), STERNA_OK);
    sterna_study_file(study, 0, "claim", path);
    ck_assert_int_eq(sterna_file_write(path, claim, sizeof claim - 1, &error), STERNA_OK);
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.elsewhere, 1);
    ck_assert_uint_eq(outcome.done, 1);
    ck_assert_uint_eq(begun[0], 0);
    ck_assert_int_eq(sterna_study_state(study, 0, &state, holder, &error), STERNA_OK);
    ck_assert_int_eq(state, STERNA_RUN_CLAIMED);
    ck_assert_ptr_nonnull(strstr(holder, "elsewhere-9"));
    ck_assert_int_eq(sterna_study_state(study, 1, &state, NULL, &error), STERNA_OK);
    ck_assert_int_eq(state, STERNA_RUN_DONE);
}
END_TEST

/* Weights so large that the next update overflows. */
static void spoil_checkpoint(void)
{
    struct sterna_training training = {0};
    char path[STERNA_STUDY_PATH];
    sterna_study_file(study, 0, "checkpoint.safetensors", path);
    expect_good(sterna_checkpoint_load(path, &training, &error));
    for (size_t i = 0; i < training.network.parameters.size; i++)
        training.value[i] = i % 2 == 0 ? 3e38f : -3e38f;
    expect_good(sterna_checkpoint_save(&training, path, &error));
    sterna_training_free(&training);
}

START_TEST(diverged_run_is_a_result)
{
    enum sterna_run_state state = STERNA_RUN_WAITING;
    read_study(
        "quantizer = float\nquantizer_output = float\ninteger_updates = 0\naxis normalization = none\n");
    stop_at = 11;
    ck_assert_int_eq(run(0, 1, 1), STERNA_ERR_INTERRUPTED);
    stop = 0;
    stop_at = 0;
    spoil_checkpoint();
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.diverged, 1);
    ck_assert_uint_eq(outcome.done, 1);
    ck_assert_int_eq(sterna_study_state(study, 0, &state, NULL, &error), STERNA_OK);
    ck_assert_int_eq(state, STERNA_RUN_DIVERGED);
    char *text = study_read(study, 0, "result.json");
    ck_assert_ptr_nonnull(
        strstr(text, "update 13: the loss is not finite")); /* 12 were done when it stopped */
    free(text);
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.before, 1);
}
END_TEST

START_TEST(failed_run_does_not_stop_the_others)
{
    enum sterna_run_state state = STERNA_RUN_DONE;
    read_study("axis data = nowhere: data=text:/nowhere/at.all | tiny:\n");
    ck_assert_int_ne(run(0, 1, 1), STERNA_OK);
    ck_assert_ptr_nonnull(strstr(error.reason, "1 of 2 runs failed; the first: nowhere: "));
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/at.all"));
    ck_assert_uint_eq(outcome.failed, 1);
    ck_assert_uint_eq(outcome.done, 1);
    char *reason = study_read(study, 0, "error.txt");
    ck_assert_ptr_nonnull(strstr(reason, "/nowhere/at.all"));
    free(reason);
    ck_assert_int_eq(sterna_study_state(study, 0, &state, NULL, &error), STERNA_OK);
    ck_assert_int_eq(state, STERNA_RUN_WAITING); /* the next call tries again */
}
END_TEST

START_TEST(folder_of_another_recipe_is_refused)
{
    read_study("axis seed = 1\n");
    expect_good(run(0, 1, 1));
    read_study("axis seed = 1: seed=1 steps=8\n");
    ck_assert_int_eq(run(0, 1, 1), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "run.recipe says \"steps = 9\", the study now \"steps = 8\""));
    read_study("axis seed = 1\n");
    expect_good(run(0, 1, 1));
    ck_assert_uint_eq(outcome.before, 1);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_run");
    TCase *tcase = tcase_create("study_run");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, grid_is_run_and_measured);
    tcase_add_test(tcase, stochastic_weights_are_sampled_too);
    tcase_add_test(tcase, what_is_done_is_not_run_again);
    tcase_add_test(tcase, interrupted_run_goes_on);
    tcase_add_test(tcase, threads_share_the_runs);
    tcase_add_test(tcase, processes_share_the_runs);
    tcase_add_test(tcase, shards_cut_the_grid);
    tcase_add_test(tcase, claimed_run_is_left_to_its_holder);
    tcase_add_test(tcase, diverged_run_is_a_result);
    tcase_add_test(tcase, failed_run_does_not_stop_the_others);
    tcase_add_test(tcase, folder_of_another_recipe_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
