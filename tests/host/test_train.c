/* test_train.c - training as a whole: it learns, and its bits depend on the recipe alone. */
#include "tiny_sequences.h"

#include <math.h>
#include <signal.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_error error;
static char checkpoint[SCRATCH_PATH];

static void set_up(void)
{
    sound_open(&scratch);
    recipe = tiny_recipe(&scratch);
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    sound_close(&scratch);
}

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes read_checkpoint(void)
{
    struct bytes bytes = {0};
    ck_assert_int_eq(sterna_file_read(checkpoint, &bytes.data, &bytes.size, &error), STERNA_OK);
    return bytes;
}

static void check_same(struct bytes one, struct bytes other)
{
    ck_assert_uint_eq(one.size, other.size);
    ck_assert_mem_eq(one.data, other.data, one.size);
    free(one.data);
    free(other.data);
}

enum { CHOICES = 7 };

static void set_name(char field[32], const char *value)
{
    (void)snprintf(field, 32, "%s", value);
}

/* Everything that draws random numbers. */
static void choose_noise(const char *cell, const char *quantizer, const char *normalization)
{
    set_name(recipe.cell, cell);
    set_name(recipe.quantizer, quantizer);
    set_name(recipe.normalization, normalization);
    set_name(recipe.sampling, "stochastic");
    recipe.layers = 2;
    recipe.dropout = 0.25;
    recipe.dropout_input = 0.125;
    recipe.backprop_bits = 4;
}

/* Recipes whose bits must not depend on threads or interruptions: three of GRU on a text, one of LSTM; three of sequences. */
static void choose(int which)
{
    if (which >= 4) {
        recipe = tiny_sequences(&scratch);
        recipe.noise = 0.25;
    }
    if (which == 1) {
        set_name(recipe.quantizer, "ternary");
        set_name(recipe.sampling, "stochastic");
        recipe.layers = 2;
    } else if (which == 2) {
        set_name(recipe.quantizer, "float");
        set_name(recipe.quantizer_output, "float");
        set_name(recipe.normalization, "none");
        recipe.integer_updates = 0;
    } else if (which == 3) {
        choose_noise("lstm", "binary", "layer");
    } else if (which == 4) {
        choose_noise("gru", "ternary", "weight");
        set_name(recipe.head, "last");
    } else if (which == 5) {
        choose_noise("lstm", "pow2", "batch");
        set_name(recipe.head, "mean");
        set_name(recipe.rate_scale, "glorot");
    } else if (which == 6) {
        choose_noise("rnn-relu", "dual-copy", "layer");
        set_name(recipe.head, "mean");
    }
}

START_TEST(same_bits_for_any_number_of_threads)
{
    choose(_i);
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_OK);
    const struct bytes one = read_checkpoint();
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 3, &error), STERNA_OK);
    check_same(one, read_checkpoint());
}
END_TEST

static volatile sig_atomic_t stop;
static uint64_t stop_at;

static void stop_there(const struct sterna_progress *progress, void *context)
{
    (void)context;
    if (progress->update == stop_at)
        stop = 1;
}

/* Stop before, at and after the start of the integer phase (update 18), where validations and checkpoints
 * fall and where not. */
START_TEST(resuming_gives_the_bits_of_not_stopping)
{
    static const uint64_t places[] = {1, 10, 17, 23};
    choose(_i);
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 2, &error), STERNA_OK);
    const struct bytes straight = read_checkpoint();
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct sterna_train_options options = {.recipe = recipe,
                                               .directory = scratch.directory,
                                               .threads = 2,
                                               .stop = &stop,
                                               .progress = stop_there};
        struct bytes kept = {malloc(straight.size), straight.size};
        memcpy(kept.data, straight.data, straight.size);
        stop = 0;
        stop_at = places[i];
        ck_assert_int_eq(sterna_train(&options, &error), STERNA_ERR_INTERRUPTED);
        ck_assert_ptr_nonnull(strstr(error.reason, "--resume"));
        stop = 0;
        stop_at = 0;
        options.resume = true;
        memset(&options.recipe, 0, sizeof options.recipe); /* the checkpoint's counts */
        ck_assert_int_eq(sterna_train(&options, &error), STERNA_OK);
        check_same(kept, read_checkpoint());
    }
    free(straight.data);
}
END_TEST

static double last_valid, last_accuracy;

static void remember(const struct sterna_progress *progress, void *context)
{
    (void)context;
    if (progress->validated) {
        last_valid = progress->valid_bits;
        last_accuracy = progress->valid_accuracy;
    }
}

/* The words alone carry log2(7) bits per 4.86 characters, 0.58 bits per character; unlearned is log2(16) = 4.
 * */
START_TEST(words_are_learned)
{
    choose(_i);
    const struct sterna_train_options options = {
        .recipe = recipe, .directory = scratch.directory, .threads = 1, .progress = remember};
    struct sterna_train_options longer = options;
    longer.recipe.updates = 400;
    longer.recipe.integer_updates = _i == 2 ? 0 : 80;
    last_valid = NAN;
    ck_assert_int_eq(sterna_train(&longer, &error), STERNA_OK);
    ck_assert_double_lt(last_valid, 1.2);
    ck_assert(isnan(last_accuracy)); /* a text has none */
}
END_TEST

/* Three digits: chance is log2(3) = 1.58 bits. */
START_TEST(digits_are_learned)
{
    static const char *const cells[] = {"gru", "lstm", "rnn-tanh"};
    recipe = tiny_sequences(&scratch);
    set_name(recipe.cell, cells[_i]);
    set_name(recipe.head, _i % 2 ? "mean" : "last");
    recipe.updates = 120;
    recipe.integer_updates = 30;
    const struct sterna_train_options options = {
        .recipe = recipe, .directory = scratch.directory, .threads = 1, .progress = remember};
    last_valid = NAN;
    ck_assert_msg(sterna_train(&options, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_double_lt(last_valid, 0.2);
    ck_assert_double_gt(last_accuracy, 95.0);
}
END_TEST

START_TEST(diverging_training_stops_and_names_the_update)
{
    choose(2);
    recipe.rate = 1e38;
    recipe.warmup = 0.0;
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_ERR_DIVERGED);
    ck_assert_ptr_nonnull(strstr(error.reason, "update 2: the loss is not finite"));
    ck_assert_ptr_nonnull(strstr(error.reason, "no checkpoint yet"));
}
END_TEST

START_TEST(missing_text_and_checkpoint_are_told)
{
    struct sterna_train_options options = {.recipe = recipe, .directory = scratch.directory, .resume = true};
    ck_assert_int_eq(sterna_train(&options, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "checkpoint.safetensors"));
    options.resume = false;
    snprintf(options.recipe.data, sizeof options.recipe.data, "text:/nowhere/at all.txt");
    ck_assert_int_ne(sterna_train(&options, &error), STERNA_OK);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/at all.txt"));
    options.recipe = recipe;
    options.directory = "/proc/no/such";
    ck_assert_int_eq(sterna_train(&options, &error), STERNA_ERR_IO);
}
END_TEST

START_TEST(resuming_on_another_text_is_refused)
{
    char path[SCRATCH_PATH];
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_OK);
    char shorter[2001];
    memset(shorter, 'e', sizeof shorter);
    ck_assert_int_eq(
        sterna_file_write(scratch_path(&scratch, "tiny.txt", path), shorter, sizeof shorter, &error),
        STERNA_OK);
    const struct sterna_train_options options = {.directory = scratch.directory, .resume = true};
    ck_assert_int_eq(sterna_train(&options, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "not the same data"));
}
END_TEST

START_TEST(unknown_methods_and_sizes_are_refused)
{
    struct sterna_recipe wrong = recipe;
    set_name(wrong.cell, "lstn");
    ck_assert_int_eq(tiny_train(&scratch, &wrong, 1, &error), STERNA_ERR_RANGE);
    wrong = recipe;
    wrong.hidden = 1000000;
    ck_assert_int_eq(tiny_train(&scratch, &wrong, 1, &error), STERNA_ERR_RANGE);
    wrong = recipe;
    wrong.batch = 4000;
    ck_assert_int_eq(tiny_train(&scratch, &wrong, 1, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "batch"));
}
END_TEST

START_TEST(curve_files_are_left)
{
    char path[SCRATCH_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0, lines = 0;
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_read(scratch_path(&scratch, "curve.csv", path), &bytes, &size, &error),
                     STERNA_OK);
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    ck_assert_uint_eq(lines, 1 + 4); /* updates 8, 16, 24 and the last */
    free(bytes);
    ck_assert_int_eq(sterna_file_read(scratch_path(&scratch, "curve.svg", path), &bytes, &size, &error),
                     STERNA_OK);
    ck_assert_ptr_nonnull(strstr((const char *)bytes, "<svg"));
    free(bytes);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("train");
    TCase *tcase = tcase_create("train");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, same_bits_for_any_number_of_threads, 0, CHOICES);
    tcase_add_loop_test(tcase, resuming_gives_the_bits_of_not_stopping, 0, CHOICES);
    tcase_add_loop_test(tcase, words_are_learned, 0, 3);
    tcase_add_loop_test(tcase, digits_are_learned, 0, 3);
    tcase_add_test(tcase, diverging_training_stops_and_names_the_update);
    tcase_add_test(tcase, missing_text_and_checkpoint_are_told);
    tcase_add_test(tcase, resuming_on_another_text_is_refused);
    tcase_add_test(tcase, unknown_methods_and_sizes_are_refused);
    tcase_add_test(tcase, curve_files_are_left);
    suite_add_tcase(suite, tcase);
    return suite;
}
