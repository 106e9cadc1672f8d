/* test_cli.c - the program as a user meets it: help, usage, complaints, exit statuses. No training, no model. */
#include "child.h"

#include <sys/stat.h>

static struct child child;

static const char *const commands[] = {"train", "quantize", "eval", "compare", "generate", "run",
                                       "info",  "bench",    "plot", "report",  "data",     "study"};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

START_TEST(help_names_every_command)
{
    sterna(&child, "--help");
    ck_assert_int_eq(child.status, 0);
    ck_assert_str_eq(child.err, "");
    for (size_t i = 0; i < COMMANDS; i++)
        ck_assert_has(child.out, commands[i]);
}
END_TEST

START_TEST(every_command_explains_itself)
{
    char usage[64];

    sterna(&child, commands[_i], "--help");
    (void)snprintf(usage, sizeof usage, "usage: sterna %s", commands[_i]);
    ck_assert_int_eq(child.status, 0);
    ck_assert_str_eq(child.err, "");
    ck_assert_has(child.out, usage);
    ck_assert_has(child.out, "--json");
}
END_TEST

START_TEST(no_command_is_wrong_usage)
{
    child_run(&child, NULL, NULL, false, (const char *const[]){STERNA_PROGRAM, NULL});
    ck_assert_int_eq(child.status, 2);
    ck_assert_str_eq(child.out, "");
    ck_assert_has(child.err, "usage: sterna COMMAND");
}
END_TEST

START_TEST(version_is_one_line)
{
    sterna(&child, "--version");
    ck_assert_int_eq(child.status, 0);
    ck_assert_int_eq(strncmp(child.out, "sterna ", 7), 0);
}
END_TEST

START_TEST(unknown_command_suggests_the_nearest)
{
    sterna(&child, "comapre");
    child_complained(&child, 2, "sterna: there is no command 'comapre'; did you mean 'compare'?");
    sterna(&child, "gen");
    child_complained(&child, 2, "sterna: there is no command 'gen'; did you mean 'generate'?");
    sterna(&child, "xyzzy");
    child_complained(&child, 2, "sterna: there is no command 'xyzzy'; see sterna --help");
}
END_TEST

START_TEST(unknown_option_suggests_the_nearest)
{
    sterna(&child, "eval", "a", "b", "--jsn");
    child_complained(&child, 2, "sterna: eval: there is no option --jsn here; did you mean --json?");
    sterna(&child, "eval", "a", "b", "--lmit=3");
    child_complained(&child, 2, "sterna: eval: there is no option --lmit here; did you mean --limit?");
}
END_TEST

START_TEST(option_of_another_command_is_refused)
{
    sterna(&child, "quantize", "a", "b", "--on", "sim");
    child_complained(&child, 2, "sterna: quantize: there is no option --on here");
}
END_TEST

START_TEST(too_few_and_too_many_arguments_show_the_usage)
{
    sterna(&child, "eval", "a");
    child_complained(&child, 2, "sterna: eval: too few arguments; usage: sterna eval MODEL DATA");
    sterna(&child, "info", "a", "b", "c");
    child_complained(&child, 2, "sterna: info: too many arguments; usage: sterna info [MODEL]");
    sterna(&child, "info");
    child_complained(&child, 2, "sterna: info: name a MODEL");
    sterna(&child, "train");
    child_complained(&child, 2, "sterna: train: --out DIR is needed");
}
END_TEST

START_TEST(values_that_are_no_numbers_are_refused)
{
    static const char *const bad[] = {"-3", "12x", "", "1e3", "99999999999999999999999", " 5"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sterna(&child, "eval", "a", "b", "--limit", bad[i]);
        child_complained(&child, 2, "sterna: eval: --limit ");
        ck_assert_has(child.err, "should be a whole number");
    }
    sterna(&child, "generate", "a", "--temperature", "nan");
    child_complained(&child, 2, "sterna: generate: --temperature nan: should be a number, not negative");
}
END_TEST

START_TEST(missing_value_is_asked_for)
{
    sterna(&child, "eval", "a", "b", "--limit");
    child_complained(&child, 2, "sterna: eval: --limit wants a value: N");
    sterna(&child, "eval", "a", "b", "--json=yes");
    child_complained(&child, 2, "sterna: eval: --json takes no value");
}
END_TEST

START_TEST(unknown_choice_is_told_what_there_is)
{
    sterna(&child, "eval", "a", "b", "--split", "tset");
    child_complained(&child, 2, "sterna: eval: --split tset: should be train|valid|test");
    sterna(&child, "eval", "a", "b", "--split", "train|valid");
    child_complained(&child, 2, "sterna: eval: --split train|valid: should be train|valid|test");
}
END_TEST

START_TEST(missing_model_is_named)
{
    static const char *const takes_model[] = {"info", "generate", "run", "bench"};
    char path[CHILD_PATH_MAX];
    char complaint[CHILD_PATH_MAX + 64];

    child_path(path, "none.safetensors");
    for (size_t i = 0; i < sizeof takes_model / sizeof takes_model[0]; i++) {
        sterna(&child, takes_model[i], path);
        (void)snprintf(complaint, sizeof complaint, "sterna: %s: %s: ", takes_model[i], path);
        child_complained(&child, 1, complaint);
        ck_assert_has(child.err, "No such file");
    }
}
END_TEST

START_TEST(file_that_is_no_model_is_refused)
{
    static const char *const contents[] = {"", "x", "this is not a model at all, only some text"};
    char path[CHILD_PATH_MAX];

    child_path(path, "bad.safetensors");
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        child_write(path, contents[i]);
        sterna(&child, "info", path);
        child_complained(&child, 1, "sterna: info: ");
        ck_assert_has(child.err, path);
    }
}
END_TEST

START_TEST(empty_data_file_is_refused)
{
    char data[CHILD_PATH_MAX];
    char out[CHILD_PATH_MAX];
    char setting[CHILD_PATH_MAX + 16];

    child_path(data, "empty.txt");
    child_path(out, "empty");
    child_write(data, "");
    (void)snprintf(setting, sizeof setting, "data=text:%s", data);
    sterna(&child, "train", "--out", out, "--set", setting);
    child_complained(&child, 1, "sterna: train: ");
    ck_assert_has(child.err, data);
}
END_TEST

START_TEST(unknown_recipe_key_suggests_the_nearest)
{
    char recipe[CHILD_PATH_MAX];
    char out[CHILD_PATH_MAX];

    child_path(recipe, "wrong.recipe");
    child_path(out, "wrong");
    child_write(recipe, "hiden = 32\n");
    sterna(&child, "train", "--out", out, "--recipe", recipe);
    child_complained(&child, 1, "sterna: train: ");
    ck_assert_has(child.err, recipe);
    ck_assert_has(child.err, "did you mean \"hidden\"?");
    sterna(&child, "train", "--out", out, "--set", "hiden=32");
    child_complained(&child, 2, "sterna: train: --set hiden=32: ");
    ck_assert_has(child.err, "did you mean \"hidden\"?");
}
END_TEST

START_TEST(resuming_takes_no_recipe)
{
    sterna(&child, "train", "--out", child_directory, "--resume", "--set", "hidden=32");
    child_complained(&child, 2, "sterna: train: --resume takes the recipe from the checkpoint");
}
END_TEST

START_TEST(resuming_without_a_checkpoint_fails)
{
    sterna(&child, "train", "--out", child_directory, "--resume");
    child_complained(&child, 1, "sterna: train: ");
    ck_assert_has(child.err, "checkpoint.safetensors");
}
END_TEST

START_TEST(unknown_device_is_told_what_there_is)
{
    sterna(&child, "info", "--on", "simm");
    child_complained(&child, 1, "sterna: info: ");
    ck_assert_has(child.err, "reference");
    ck_assert_has(child.err, "sim");
}
END_TEST

/* The files of a run, with figures that are easy to tell apart. */
static void write_run(const char *directory)
{
    static const char *const files[][2] = {
        {"float_baseline", "{\"value\": 1.5, \"steps\": 900}"},
        {"float_master", "{\"value\": 1.625, \"steps\": 900}"},
        {"integer", "{\"value\": 1.75, \"steps\": 900}"},
        {"accelerator", "{\"value\": 1.875, \"steps\": 80, \"outputs\": 160, \"mismatches\": 3, "
                        "\"cycles_per_step\": 96, \"simulated_cycles_per_second\": 2000000}"},
        {"model", "{\"model_bytes\": 1234, \"device\": {\"clock_khz\": 48000}}"},
    };
    char path[2 * CHILD_PATH_MAX];

    ck_assert_int_eq(mkdir(directory, 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s.json", directory, files[i][0]);
        child_write(path, files[i][1]);
    }
}

START_TEST(report_gathers_the_figures_of_a_run)
{
    static const struct {
        const char *key;
        double value;
    } expected[] = {
        {"bpc_float_baseline", 1.5},
        {"bpc_float_master", 1.625},
        {"bpc_integer", 1.75},
        {"bpc_accelerator", 1.875},
        {"steps", 80},
        {"mismatches", 3},
        {"cycles_per_step", 96},
        {"sim_cycles_per_second", 2000000},
        {"model_bytes", 1234},
        {"seconds", 77},
        {"microseconds_per_step", 2},
    };
    char directory[CHILD_PATH_MAX];

    child_path(directory, "figures");
    write_run(directory);
    sterna(&child, "report", directory, "--seconds", "77", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = cJSON_Parse(child.out);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, expected[i].key);
        ck_assert_msg(cJSON_IsNumber(item), "no number \"%s\"", expected[i].key);
        ck_assert_double_eq(item->valuedouble, expected[i].value);
    }
    cJSON_Delete(json);
}
END_TEST

START_TEST(report_names_the_file_that_is_missing)
{
    char directory[CHILD_PATH_MAX], path[2 * CHILD_PATH_MAX];

    child_path(directory, "holes");
    write_run(directory);
    (void)snprintf(path, sizeof path, "%s/integer.json", directory);
    ck_assert_int_eq(remove(path), 0);
    sterna(&child, "report", directory);
    child_complained(&child, 1, "sterna: report: ");
    ck_assert_has(child.err, path);
}
END_TEST

START_TEST(full_disk_behind_standard_output_is_a_failure)
{
    const char *const argv[] = {STERNA_PROGRAM, "--help", NULL};

    child_run(&child, NULL, "/dev/full", false, argv);
    child_complained(&child, 1, "sterna: standard output: ");
}
END_TEST

static void add_usage(TCase *usage)
{
    tcase_add_test(usage, help_names_every_command);
    tcase_add_loop_test(usage, every_command_explains_itself, 0, COMMANDS);
    tcase_add_test(usage, no_command_is_wrong_usage);
    tcase_add_test(usage, version_is_one_line);
    tcase_add_test(usage, unknown_command_suggests_the_nearest);
    tcase_add_test(usage, unknown_option_suggests_the_nearest);
    tcase_add_test(usage, option_of_another_command_is_refused);
    tcase_add_test(usage, too_few_and_too_many_arguments_show_the_usage);
    tcase_add_test(usage, values_that_are_no_numbers_are_refused);
    tcase_add_test(usage, missing_value_is_asked_for);
    tcase_add_test(usage, unknown_choice_is_told_what_there_is);
}

static void add_files(TCase *files)
{
    tcase_add_test(files, missing_model_is_named);
    tcase_add_test(files, file_that_is_no_model_is_refused);
    tcase_add_test(files, empty_data_file_is_refused);
    tcase_add_test(files, unknown_recipe_key_suggests_the_nearest);
    tcase_add_test(files, resuming_takes_no_recipe);
    tcase_add_test(files, resuming_without_a_checkpoint_fails);
    tcase_add_test(files, unknown_device_is_told_what_there_is);
    tcase_add_test(files, report_gathers_the_figures_of_a_run);
    tcase_add_test(files, report_names_the_file_that_is_missing);
    tcase_add_test(files, full_disk_behind_standard_output_is_a_failure);
}

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *usage = tcase_create("usage");
    TCase *files = tcase_create("files");

    tcase_add_unchecked_fixture(usage, child_prepare, child_clean);
    tcase_add_unchecked_fixture(files, child_prepare, child_clean);
    add_usage(usage);
    add_files(files);
    suite_add_tcase(suite, usage);
    suite_add_tcase(suite, files);
    return suite;
}
