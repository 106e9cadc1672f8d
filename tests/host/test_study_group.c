/* test_study_group.c - means, deviations, best and ranks against numbers worked out by hand. */
#include "study_files.h"
#include "study_group.h"

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

static void read_study(const char *lines)
{
    ck_assert_int_eq(study_write(&scratch, lines, &study, &error), STERNA_OK);
}

static void open_table(void)
{
    const enum sterna_status status = sterna_table_open(study, &table, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

/* Test 1, 2, 4: mean 7/3, deviation sqrt((16/9 + 1/9 + 25/9) / 2) = sqrt(7/3). Best on validation is the second, test 2. */
START_TEST(mean_deviation_and_best_on_validation)
{
    read_study("axis seed = 1 | 2 | 3\naxis method = m:\n"); /* the seed need not be last */
    study_pretend(study, 0, "bpc", 3, 1, NAN);
    study_pretend(study, 1, "bpc", 1, 2, NAN);
    study_pretend(study, 2, "bpc", 2, 4, NAN);
    open_table();
    ck_assert_uint_eq(table.groups, 1);
    const struct sterna_group *group = &table.group[0];
    ck_assert_uint_eq(group->done, 3);
    ck_assert_double_eq_tol(group->test_headline.mean, 7.0 / 3, 1e-12);
    ck_assert_double_eq_tol(group->test_headline.deviation, sqrt(7.0 / 3), 1e-12);
    ck_assert_double_eq_tol(group->valid_headline.mean, 2, 1e-12);
    ck_assert_double_eq_tol(group->valid_headline.deviation, 1, 1e-12);
    ck_assert_double_eq(group->best, 2);
    ck_assert_double_eq_tol(group->model_bytes, 1000, 1e-9);
    ck_assert(!group->deployed);
}
END_TEST

START_TEST(headline_is_the_deployed_value)
{
    read_study("axis method = m:\n");
    study_pretend(study, 0, "accuracy", 50, 40, 30);
    open_table();
    ck_assert_double_eq(table.group[0].test_headline.mean, 30);
    ck_assert_double_eq(table.group[0].test[STERNA_MEASURE_DETERMINISTIC].mean, 40);
    ck_assert(isnan(table.group[0].test_headline.deviation));
    ck_assert(table.group[0].deployed);
    ck_assert_double_eq(table.group[0].best, 30);
}
END_TEST

/* On test data the order would be the other way round. */
START_TEST(rank_is_by_validation_alone)
{
    read_study("axis cell = gru | rnn: cell=gru\naxis method = a: | b: | c: | d:\naxis seed = 1 | 2\n");
    static const double valid[] = {3, 3, 1, 1, 2, 2};
    for (size_t i = 0; i < 6; i++)
        study_pretend(study, i, "bpc", valid[i], 10 - valid[i], NAN);
    study_pretend(study, 8, "bpc", 9, 9, NAN); /* another section */
    open_table();
    ck_assert_uint_eq(table.groups, 8);
    ck_assert_uint_eq(table.sections, 2);
    ck_assert_uint_eq(table.group[0].rank, 3);
    ck_assert_uint_eq(table.group[1].rank, 1);
    ck_assert_uint_eq(table.group[2].rank, 2);
    ck_assert_uint_eq(table.group[3].rank, 0); /* nothing there yet */
    ck_assert_uint_eq(table.group[4].rank, 1);
    ck_assert_uint_eq(sterna_table_ranked(&table, 0, 0), 1);
    ck_assert_uint_eq(sterna_table_ranked(&table, 0, 2), 0);
    ck_assert_uint_eq(sterna_table_ranked(&table, 0, 3), 3);
    ck_assert_uint_eq(sterna_table_ranked(&table, 0, 4), table.groups);
    ck_assert_uint_eq(sterna_table_ranked(&table, 1, 0), 4);
}
END_TEST

START_TEST(accuracy_ranks_the_other_way)
{
    read_study("axis method = a: | b:\n");
    study_pretend(study, 0, "accuracy", 90, 1, NAN);
    study_pretend(study, 1, "accuracy", 91, 1, NAN);
    open_table();
    ck_assert_uint_eq(table.group[0].rank, 2);
    ck_assert_uint_eq(table.group[1].rank, 1);
}
END_TEST

START_TEST(diverged_runs_leave_the_mean_and_put_behind)
{
    read_study("axis method = a: | b: | c:\naxis seed = 1 | 2\n");
    study_pretend(study, 0, "bpc", 1, 1, NAN);
    study_pretend(study, 1, "", NAN, NAN, NAN);
    study_pretend(study, 2, "bpc", 5, 5, NAN);
    study_pretend(study, 3, "bpc", 5, 5, NAN);
    study_pretend(study, 4, "", NAN, NAN, NAN);
    open_table();
    ck_assert_double_eq(table.group[0].test_headline.mean, 1);
    ck_assert_uint_eq(table.group[0].diverged, 1);
    ck_assert_uint_eq(table.group[0].rank, 2);
    ck_assert_uint_eq(table.group[1].rank, 1);
    ck_assert_uint_eq(table.group[2].rank, 0);
    ck_assert_str_eq(table.group[2].metric, "");
    ck_assert(isnan(table.group[2].best));
}
END_TEST

START_TEST(last_axis_that_is_no_seed_stands_in_for_the_method)
{
    char labels[STERNA_RUN_ID_SIZE];
    read_study("axis cell = gru\naxis quantizer = float | twn\naxis seed = 1 | 2\n");
    open_table();
    ck_assert_uint_eq(table.method, 1);
    sterna_table_labels(&table, 3, 1U << table.seed, "/", labels);
    ck_assert_str_eq(labels, "gru/twn");
    sterna_table_labels(&table, 3, 7, "/", labels);
    ck_assert_str_eq(labels, "");
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study_group");
    TCase *tcase = tcase_create("study_group");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, mean_deviation_and_best_on_validation);
    tcase_add_test(tcase, headline_is_the_deployed_value);
    tcase_add_test(tcase, rank_is_by_validation_alone);
    tcase_add_test(tcase, accuracy_ranks_the_other_way);
    tcase_add_test(tcase, diverged_runs_leave_the_mean_and_put_behind);
    tcase_add_test(tcase, last_axis_that_is_no_seed_stands_in_for_the_method);
    suite_add_tcase(suite, tcase);
    return suite;
}
