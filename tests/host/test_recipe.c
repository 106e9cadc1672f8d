/* test_recipe.c - recipes: what is accepted, what is refused and with which words, and that printing loses
 * nothing. */
#include "file.h"
#include "scratch.h"
#include "sterna.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_recipe recipe;

static void set_up(void)
{
    scratch_open(&scratch);
    sterna_recipe_default(&recipe);
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

/* Load a file of this text over the recipe. */
static enum sterna_status load(const char *text, size_t size)
{
    char path[SCRATCH_PATH];
    scratch_path(&scratch, "my.recipe", path);
    ck_assert_int_eq(sterna_file_write(path, text, size, &error), STERNA_OK);
    return sterna_recipe_load(path, &recipe, &error);
}

START_TEST(default_is_complete_and_valid)
{
    char text[4096];
    struct sterna_recipe copy;
    memset(&copy, 0, sizeof copy);
    ck_assert_uint_lt(sterna_recipe_print(&recipe, text, sizeof text), sizeof text);
    ck_assert_uint_ge(recipe.hidden, 128);
    ck_assert_str_eq(recipe.data, "kjv");
    ck_assert(recipe.rate > 0 && recipe.clip > 0 && recipe.updates > recipe.integer_updates);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_msg(sterna_recipe_set(&copy, line, &error) == STERNA_OK, "%s: %s", line, error.reason);
    ck_assert_mem_eq(&copy, &recipe, sizeof recipe);
}
END_TEST

START_TEST(front_end_keys_are_those_of_the_front_end)
{
    struct sterna_front_end_options plain;
    sterna_front_end_default(&plain);
    ck_assert_str_eq(recipe.front_end.features, plain.features);
    ck_assert_double_eq(recipe.front_end.window_ms, plain.window_ms);
    ck_assert_double_eq(recipe.front_end.hop_ms, plain.hop_ms);
    ck_assert_double_eq(recipe.front_end.low_hz, plain.low_hz);
    ck_assert_double_eq(recipe.front_end.high_hz, plain.high_hz);
    ck_assert_double_eq(recipe.front_end.adapt_ms, plain.adapt_ms);
    ck_assert_uint_eq(recipe.front_end.bands, plain.bands);
    ck_assert_uint_eq(recipe.front_end.coefficients, plain.coefficients);
    ck_assert_uint_eq(recipe.front_end.deltas, plain.deltas);
    ck_assert_int_eq(sterna_recipe_set(&recipe, "features = mfcc", &error), STERNA_OK);
    ck_assert_int_eq(sterna_recipe_set(&recipe, "hop_ms = 12.5", &error), STERNA_OK);
    ck_assert_str_eq(recipe.front_end.features, "mfcc");
    ck_assert_double_eq(recipe.front_end.hop_ms, 12.5);
}
END_TEST

START_TEST(file_is_read_over_the_values_that_are_there)
{
    static const char text[] = "# a comment\r\n"
                               "\n"
                               "  hidden=32 # units\r\n"
                               "data = text:/tmp/a#b c.txt\n"
                               "\trate\t=\t2.5e-3\t\n"
                               "sampling = stochastic";
    recipe.layers = 3;
    ck_assert_int_eq(load(text, strlen(text)), STERNA_OK);
    ck_assert_uint_eq(recipe.hidden, 32);
    ck_assert_uint_eq(recipe.layers, 3);
    ck_assert_str_eq(recipe.data, "text:/tmp/a#b c.txt");
    ck_assert_double_eq(recipe.rate, 2.5e-3);
    ck_assert_str_eq(recipe.sampling, "stochastic");
}
END_TEST

START_TEST(printed_recipe_reads_back_to_the_same_bits)
{
    char text[4096];
    struct sterna_recipe written;
    recipe.rate = 0.1 + 0.2;
    recipe.rate_end = 1.0 / 3;
    recipe.clip = 1e6;
    recipe.warmup = 12345678.9;
    recipe.seed = 999999999999999;
    (void)snprintf(recipe.data, sizeof recipe.data, "text:/a = b#c");
    written = recipe;
    size_t size = sterna_recipe_print(&recipe, text, sizeof text);
    ck_assert_uint_eq(size, strlen(text));
    sterna_recipe_default(&recipe);
    ck_assert_int_eq(load(text, size), STERNA_OK);
    ck_assert_mem_eq(&recipe, &written, sizeof recipe);
}
END_TEST

START_TEST(print_follows_the_rules_of_snprintf)
{
    char whole[4096];
    char part[50];
    size_t size = sterna_recipe_print(&recipe, whole, sizeof whole);
    ck_assert_uint_eq(sterna_recipe_print(&recipe, NULL, 0), size);
    ck_assert_uint_eq(sterna_recipe_print(&recipe, part, sizeof part), size);
    ck_assert_uint_eq(strlen(part), sizeof part - 1);
    ck_assert_mem_eq(part, whole, sizeof part - 1);
}
END_TEST

static const struct {
    const char *assignment, *reason;
} bad[] = {
    {"hiden=5", "unknown key \"hiden\"; did you mean \"hidden\"?"},
    {"learning_rate=1", "did you mean"},
    {"Rate=1", "did you mean \"rate\"?"},
    {"quantiser_output=twn", "did you mean \"quantizer_output\"?"},
    {"=5", "unknown key \"\""},
    {"a_name_that_is_longer_than_the_name_of_any_key_there_is=5", "unknown key"},
    {"hidden", "\"hidden\": expected key = value"},
    {"", "expected key = value"},
    {"hidden=", "hidden: \"\" is not a whole number from 1 to 16384"},
    {"hidden=0", "hidden: \"0\" is not a whole number from 1 to 16384"},
    {"hidden=16385", "not a whole number"},
    {"hidden=-1", "not a whole number"},
    {"hidden=1e2", "not a whole number"},
    {"hidden=1.5", "not a whole number"},
    {"hidden=12x", "not a whole number"},
    {"hidden=99999999999999999999999999", "not a whole number"},
    {"seed=1000000000000000", "not a whole number"},
    {"rate=nan", "rate: \"nan\" is not a number from 0 to 10"},
    {"rate=inf", "not a number"},
    {"rate=1e999", "not a number"},
    {"rate=0x1p-3", "not a number"},
    {"rate=-0.1", "not a number"},
    {"rate=1e", "not a number"},
    {"clip=0", "not a number"},
    {"cell=lstn", "cell: \"lstn\" is not one of: gru, lstm, rnn-tanh, rnn-relu, rnn-sign"},
    {"head=next", "head: \"next\" is not one of: last, mean"},
    {"quantizer=tw", "quantizer: \"tw\" is not one of: float, binary, xnor, ternary, twn, pow2-ternary, "},
    {"quantizer=same", "quantizer: \"same\" is not one of: float"}, /* that of the input only */
    {"clip_weights=1", "clip_weights: \"1\" is not one of: yes, no"},
    {"magnitude=two", "magnitude: \"two\" is not one of: glorot, half-glorot, one"},
    {"normalization=group", "normalization: \"group\" is not one of: none, weight, layer, batch"},
    {"levels=2", "levels: \"2\" is not a whole number from 3 to 15"},
    {"dropout=1", "dropout: \"1\" is not a number from 0 to 0.9"},
    {"backprop_bits=7", "backprop_bits: \"7\" is not a whole number from 0 to 6"},
    {"features=lpc", "features: \"lpc\" is not one of: mel, mfcc"},
    {"quantizer=float, ternary", "not one of"},
    {"sampling=", "sampling: \"\" is not one of: deterministic, stochastic"},
    {"data=", "data: expected 1 to 511 bytes"},
    {"data=a\nb", "data: expected"},
    {"data=a #b", "data: expected"},
    {"data=\xFF", "data: expected"},
};

START_TEST(every_bad_assignment_is_refused_and_changes_nothing)
{
    struct sterna_recipe before = recipe;
    ck_assert_msg(sterna_recipe_set(&recipe, bad[_i].assignment, &error) != STERNA_OK, "%s",
                  bad[_i].assignment);
    ck_assert_msg(strstr(error.reason, bad[_i].reason) != NULL, "%s: %s", bad[_i].assignment, error.reason);
    ck_assert_mem_eq(&recipe, &before, sizeof recipe);
}
END_TEST

START_TEST(bad_line_is_told_by_number_and_changes_nothing)
{
    static const char text[] = "hidden = 32\n\n# fine\nbatches = 3\n";
    struct sterna_recipe before = recipe;
    ck_assert_int_ne(load(text, strlen(text)), STERNA_OK);
    ck_assert_ptr_nonnull(
        strstr(error.reason, "my.recipe: line 4: unknown key \"batches\"; did you mean \"batch\"?"));
    ck_assert_mem_eq(&recipe, &before, sizeof recipe);
}
END_TEST

START_TEST(files_that_are_no_text_are_refused)
{
    char path[SCRATCH_PATH];
    ck_assert_int_eq(load("hidden = 32\n\0hidden = 33\n", 25), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "my.recipe: not a text file"));
    ck_assert_int_eq(sterna_recipe_load(scratch_path(&scratch, "none", path), &recipe, &error),
                     STERNA_ERR_IO);
}
END_TEST

START_TEST(longest_value_fits_and_one_more_does_not)
{
    char assignment[600] = "data=";
    memset(assignment + 5, 'x', 511);
    ck_assert_int_eq(sterna_recipe_set(&recipe, assignment, &error), STERNA_OK);
    ck_assert_uint_eq(strlen(recipe.data), 511);
    assignment[5 + 511] = 'x';
    ck_assert_int_eq(sterna_recipe_set(&recipe, assignment, &error), STERNA_ERR_RANGE);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("recipe");
    TCase *tcase = tcase_create("recipe");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, default_is_complete_and_valid);
    tcase_add_test(tcase, front_end_keys_are_those_of_the_front_end);
    tcase_add_test(tcase, file_is_read_over_the_values_that_are_there);
    tcase_add_test(tcase, printed_recipe_reads_back_to_the_same_bits);
    tcase_add_test(tcase, print_follows_the_rules_of_snprintf);
    tcase_add_loop_test(tcase, every_bad_assignment_is_refused_and_changes_nothing, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, bad_line_is_told_by_number_and_changes_nothing);
    tcase_add_test(tcase, files_that_are_no_text_are_refused);
    tcase_add_test(tcase, longest_value_fits_and_one_more_does_not);
    suite_add_tcase(suite, tcase);
    return suite;
}
