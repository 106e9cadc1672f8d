/* test_study.c - a study's file: what it spans, and what is wrong with it. */
#include "study_files.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_study *study;

static void set_up(void)
{
    scratch_open(&scratch);
    study = NULL;
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    sterna_study_free(study);
    study_clean(&scratch);
}

static void read_good(const char *lines)
{
    const enum sterna_status status = study_write(&scratch, lines, &study, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

START_TEST(last_axis_changes_fastest)
{
    static const char *const ids[] = {"gru-float-1", "gru-float-2", "gru-twn-1", "gru-twn-2"};
    read_good("axis cell = gru\n"
              "axis method = float: quantizer=float | twn: quantizer=twn\n"
              "axis seed = 1 | 2\n");
    ck_assert_uint_eq(sterna_study_runs(study), 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(sterna_study_id(study, i), ids[i]);
    ck_assert_uint_eq(sterna_study_value(study, 2, 1), 1);
    ck_assert_str_eq(sterna_study_label(study, 1, 2), "2");
    ck_assert_uint_eq(sterna_study_axis(study, "method"), 1);
    ck_assert_uint_eq(sterna_study_axis(study, "task"), 3);
}
END_TEST

START_TEST(recipe_is_base_then_lines_then_axes)
{
    struct sterna_recipe recipe;
    char base[SCRATCH_PATH], lines[1024];
    ck_assert_int_eq(
        sterna_file_write(scratch_path(&scratch, "base", base), "hidden=5\nbatch=6\nsteps=7\n", 25, &error),
        STERNA_OK);
    (void)snprintf(lines, sizeof lines,
                   "base = %s # first\nset = batch=8  steps=9\naxis a = x: steps=10 rate=0.5 | y:\n"
                   "axis a = z: steps=11\naxis seed = 4\nlimit = 100\n",
                   base);
    read_good(lines);
    ck_assert_uint_eq(sterna_study_runs(study), 3);
    ck_assert_uint_eq(study->limit, 100);
    ck_assert_int_eq(sterna_study_recipe(study, 0, &recipe, &error), STERNA_OK);
    ck_assert_uint_eq(recipe.hidden, 5);
    ck_assert_uint_eq(recipe.batch, 8);
    ck_assert_uint_eq(recipe.steps, 10);
    ck_assert_uint_eq(recipe.seed, 4);
    ck_assert_double_eq(recipe.rate, 0.5);
    ck_assert_int_eq(sterna_study_recipe(study, 1, &recipe, &error), STERNA_OK);
    ck_assert_uint_eq(recipe.steps, 9);
    ck_assert_int_eq(sterna_study_recipe(study, 2, &recipe, &error), STERNA_OK);
    ck_assert_uint_eq(recipe.steps, 11);
}
END_TEST

START_TEST(out_of_the_command_line_wins)
{
    char path[SCRATCH_PATH], file[STERNA_STUDY_PATH];
    read_good("axis seed = 1\n");
    sterna_study_free(study);
    study = NULL;
    ck_assert_int_eq(
        sterna_study_open(scratch_path(&scratch, "test.study", path), "elsewhere", &study, &error),
        STERNA_OK);
    ck_assert_str_eq(sterna_study_directory(study), "elsewhere");
    sterna_study_file(study, 0, "claim", file);
    ck_assert_str_eq(file, "elsewhere/1/claim");
    sterna_study_file(study, 0, "", file);
    ck_assert_str_eq(file, "elsewhere/1");
    sterna_study_file(study, 1, "study.md", file);
    ck_assert_str_eq(file, "elsewhere/study.md");
}
END_TEST

/* The lines begin at line 2. */
static const struct {
    const char *lines, *reason;
} bad[] = {
    {"", "test.study: no axis; add a line"},
    {"axis seed = 1\nhiden = 3\n", "line 3: unknown key \"hiden\"; did you mean \"hidden\"?"},
    {"axis seed\n", "line 2: \"axis seed\": expected key = value"},
    {"axis = 1\n", "line 2: \"\" is no name of an axis"},
    {"axis a b = 1\n", "line 2: \"a b\" is no name of an axis"},
    {"axis seed =\n", "axis seed: \"\" is no name of a value"},
    {"axis seed = 1 |\n", "axis seed: \"\" is no name of a value"},
    {"axis seed = 1 | 1\n", "axis seed: there is a value \"1\" already"},
    {"axis seed = 1\naxis seed = 1\n", "line 3: axis seed: there is a value \"1\" already"},
    {"axis a = ../x: hidden=3\n", "axis a: \"../x\" is no name of a value"},
    {"axis a = x/y: hidden=3\n", "\"x/y\" is no name of a value"},
    {"axis a = x: hiden=3\n", "line 2: axis a, value \"x\": unknown key \"hiden\""},
    {"axis a = x: hidden=0\n", "axis a, value \"x\": hidden: \"0\" is not a whole number"},
    {"axis a = x: hidden\n", "axis a, value \"x\": \"hidden\": expected key = value"},
    {"axis method = gru\n", "axis method, value \"gru\": unknown key \"method\""},
    {"limit = many\naxis seed = 1\n", "line 2: limit: \"many\" is not a whole number"},
    {"hidden = 3\nbase = x\naxis seed = 1\n", "line 3: base would overwrite"},
    {"base = /nowhere/x\naxis seed = 1\n", "line 2: /nowhere/x: cannot open"},
    {"out =\naxis seed = 1\n", "line 2: out: "},
    {"axis a = x-y: | x:\naxis b = z: | y-z:\n", "two runs would be called x-y-z"},
    {"axis a=1:\naxis b=1:\naxis c=1:\naxis d=1:\naxis e=1:\naxis f=1:\naxis g=1:\naxis h=1:\naxis i=1:\n",
     "line 10: axis i: more than 8 axes"},
};

START_TEST(every_mistake_is_told_with_its_line)
{
    ck_assert_msg(study_write(&scratch, bad[_i].lines, &study, &error) != STERNA_OK, "%s", bad[_i].lines);
    ck_assert_ptr_null(study);
    ck_assert_msg(strstr(error.reason, bad[_i].reason) != NULL, "%s\n%s", bad[_i].lines, error.reason);
}
END_TEST

START_TEST(too_many_runs_are_refused)
{
    char lines[4096] = "";
    for (int axis = 0; axis < 5; axis++) {
        (void)snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "axis a%d = 0:", axis);
        for (int i = 1; i < 11; i++)
            (void)snprintf(lines + strlen(lines), sizeof lines - strlen(lines), " | %d:", i);
        (void)snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "\n");
    }
    ck_assert_int_eq(study_write(&scratch, lines, &study, &error), STERNA_ERR_RANGE); /* 11^5 = 161051 */
    ck_assert_ptr_nonnull(strstr(error.reason, "more than 100000 runs"));
}
END_TEST

START_TEST(no_folder_and_no_file_are_told)
{
    char path[SCRATCH_PATH];
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "x", path), "axis seed = 1\n", 14, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_study_open(path, NULL, &study, &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "no folder for the results"));
    ck_assert_int_eq(sterna_study_open("/nowhere/x", NULL, &study, &error), STERNA_ERR_IO);
    ck_assert_int_eq(sterna_file_write(path, "axis seed = 1\n\0", 15, &error), STERNA_OK);
    ck_assert_int_eq(sterna_study_open(path, "o", &study, &error), STERNA_ERR_FORMAT);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study");
    TCase *tcase = tcase_create("study");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, last_axis_changes_fastest);
    tcase_add_test(tcase, recipe_is_base_then_lines_then_axes);
    tcase_add_test(tcase, out_of_the_command_line_wins);
    tcase_add_loop_test(tcase, every_mistake_is_told_with_its_line, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, too_many_runs_are_refused);
    tcase_add_test(tcase, no_folder_and_no_file_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
