/* test_study.c - sterna study as a user calls it: tiny runs, interrupted and gone on with. */
#include "child.h"

static struct child child;
static char file[CHILD_PATH_MAX], out[CHILD_PATH_MAX];

/* A text that repeats itself, a network of 8 units, two runs of so many updates. */
static void write_study(int updates)
{
    char text[CHILD_PATH_MAX], lines[4 * CHILD_PATH_MAX], words[4001] = "";
    for (size_t i = 0; i + 8 < sizeof words; i += 8)
        (void)snprintf(words + i, 9, "%s", i % 24 == 0 ? "the sea " : "flies o ");
    child_path(text, "text");
    child_write(text, words);
    child_path(file, "tiny.study");
    child_path(out, "out");
    (void)snprintf(
        lines, sizeof lines,
        "out = %s\ndata = text:%s\nhidden = 8\nbatch = 8\nsteps = 8\nupdates = %d\n"
        "integer_updates = 2\nvalidate_every = 10\nlimit = 100\naxis method = twn: | pow2: quantizer=pow2\n",
        out, text, updates);
    child_write(file, lines);
}

static void set_up(void)
{
    child_prepare();
    write_study(20);
}

static void tear_down(void)
{
    child_clean();
}

START_TEST(study_leaves_a_table_and_goes_on)
{
    char path[CHILD_PATH_MAX], table[8192];
    sterna(&child, "study", file, "--list");
    ck_assert_str_eq(child.out, "twn\npow2\n");
    sterna(&child, "study", file, "--only", "pow2", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_has(child.out, "\"done_now\":1");
    sterna(&child, "study", file, "--list", "--json");
    ck_assert_has(child.out, "{\"id\":\"twn\",\"state\":\"waiting\",\"holder\":\"\"}\n");
    ck_assert_has(child.out, "{\"id\":\"pow2\",\"state\":\"done\",\"holder\":\"\"}\n");
    sterna(&child, "study", file, "--jobs", "2", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_has(child.out, "\"done_before\":1,\"done_now\":1");
    sterna(&child, "study", file, "--report");
    ck_assert_has(child.out, "/out/study.md");
    child_path(path, "out/study.md");
    (void)child_read(path, table, sizeof table);
    ck_assert_has(table, "2 of 2 runs done");
}
END_TEST

START_TEST(line_of_the_list_names_a_run_and_shards_cut)
{
    sterna(&child, "study", file, "--only", "2");
    ck_assert_int_eq(child.status, 0);
    sterna(&child, "study", file, "--shard", "0/2", "--json");
    ck_assert_has(child.out, "\"done_before\":0,\"done_now\":1");
    sterna(&child, "study", file, "--shard", "1/2", "--json");
    ck_assert_has(child.out, "\"done_before\":1,\"done_now\":0");
}
END_TEST

START_TEST(interrupted_study_says_how_to_go_on)
{
    write_study(1000000);
    child_run(&child, NULL, NULL, true, (const char *const[]){STERNA_PROGRAM, "study", file, NULL});
    ck_assert_int_eq(child.status, 1);
    ck_assert_has(child.err, "sterna: study: stopped; 0 of 2 runs are done; the same command goes on\n");
    sterna(&child, "study", file, "--list", "--json");
    ck_assert_has(child.out, "{\"id\":\"twn\",\"state\":\"waiting\",\"holder\":\"\"}\n");
}
END_TEST

START_TEST(mistakes_are_told_in_a_line)
{
    sterna(&child, "study", file, "--only", "pow3");
    child_complained(&child, 2,
                     "sterna: study: --only pow3: there is no such run, did you mean pow2; --list");
    sterna(&child, "study", file, "--shard", "2/2");
    child_complained(&child, 2, "sterna: study: --shard 2/2: should be I/N, I from 0 to N - 1");
    sterna(&child, "study", file, "--list", "--report");
    child_complained(&child, 2, "sterna: study: --only, --shard, --list and --report: one of them at a time");
    sterna(&child, "study", "/nowhere/x.study");
    child_complained(&child, 1, "sterna: study: /nowhere/x.study: cannot open");
    child_write(file, "out = x\naxs seed = 1\n");
    sterna(&child, "study", file);
    ck_assert_int_eq(child.status, 1);
    ck_assert_has(child.err, "tiny.study: line 2: unknown key \"axs seed\"");
}
END_TEST

START_TEST(shipped_example_is_a_study)
{
    sterna(&child, "study", "models/study-example.study", "--list");
    ck_assert_int_eq(child.status, 0);
    ck_assert_str_eq(child.out, "float-1\nfloat-2\ntwn-1\ntwn-2\npow2-1\npow2-2\n");
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("study");
    TCase *tcase = tcase_create("study");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, study_leaves_a_table_and_goes_on);
    tcase_add_test(tcase, line_of_the_list_names_a_run_and_shards_cut);
    tcase_add_test(tcase, interrupted_study_says_how_to_go_on);
    tcase_add_test(tcase, mistakes_are_told_in_a_line);
    tcase_add_test(tcase, shipped_example_is_a_study);
    suite_add_tcase(suite, tcase);
    return suite;
}
