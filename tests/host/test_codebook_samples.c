/* test_codebook_samples.c - moments are those of what matrices see: symbols' frequencies, states and their mean, patches; a quarter is held out. */
#include <math.h>

#include "codebook_samples.h"
#include "tiny_training.h"

#include <check.h>

enum { CHARACTERS = 4200 };

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_training original, quantized;
static struct sterna_trial trial;
static struct sterna_moments fitted, held;
static struct sterna_error error;

static void open_training(struct sterna_training *training)
{
    const struct sterna_preparation in_float = {.integer = false};
    struct sterna_feed feed = {0};
    ck_assert_int_eq(sterna_feed_open(&recipe, &feed, &error), STERNA_OK);
    ck_assert_int_eq(sterna_training_new(&recipe, &feed, training, &error), STERNA_OK);
    sterna_feed_close(&feed);
    sterna_network_prepare(&training->network, &in_float, false, NULL, training->value);
}

static void set_up(void)
{
    scratch_open(&scratch);
    recipe = tiny_recipe(&scratch);
    (void)snprintf(recipe.quantizer, sizeof recipe.quantizer, "float");
    (void)snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "float");
    recipe.integer_updates = 0;
    open_training(&original);
    open_training(&quantized);
    const struct sterna_eval_options from = {.data = recipe.data, .split = STERNA_TRAIN, .limit = CHARACTERS};
    const struct sterna_trial_needs needs = {
        .ends = &original.data.ends, .alphabet = original.data.alphabet, .symbols = original.data.symbols};
    ck_assert_int_eq(sterna_trial_open(&from, &needs, &trial, &error), STERNA_OK);
}

static void tear_down(void)
{
    sterna_moments_free(&fitted);
    sterna_moments_free(&held);
    sterna_trial_close(&trial);
    sterna_training_free(&original);
    sterna_training_free(&quantized);
    scratch_close(&scratch);
}

static void collect(enum sterna_codebook_place place, size_t cols)
{
    const struct sterna_codebook_samples samples = {&trial, &original.network, &quantized.network};
    ck_assert_int_eq(sterna_moments_new(cols, &fitted, &error), STERNA_OK);
    ck_assert_int_eq(sterna_moments_new(cols, &held, &error), STERNA_OK);
    ck_assert_msg(sterna_codebook_collect(&samples, place, 0, &fitted, &held, &error) == STERNA_OK, "%s",
                  error.reason);
}

/* 16 streams of 262 characters: four windows of 64 steps, the last of them held out. */
START_TEST(a_quarter_of_the_windows_is_held_out)
{
    collect(STERNA_CODEBOOK_RECURRENT, recipe.hidden);
    ck_assert_uint_eq(fitted.samples, 3 * 16 * 64);
    ck_assert_uint_eq(held.samples, 16 * 64);
}
END_TEST

START_TEST(inputs_are_symbols_as_often_as_they_come)
{
    const size_t symbols = original.data.symbols;
    size_t count[256] = {0};
    collect(STERNA_CODEBOOK_INPUT, symbols);
    for (size_t stream = 0; stream < 16; stream++)
        for (size_t i = 0; i < 3 * 64; i++)
            count[trial.symbols[stream * (CHARACTERS / 16) + i]]++;
    for (size_t c = 0; c < symbols; c++)
        ck_assert_double_eq_tol(fitted.mean_input[c], (double)count[c] / (3.0 * 16 * 64), 1e-9);
}
END_TEST

/* Networks alike see alike; other weights of the input change the states, and the original's moments stay. */
START_TEST(both_networks_are_seen)
{
    const size_t H = recipe.hidden;
    collect(STERNA_CODEBOOK_OUTPUT, H);
    for (size_t i = 0; i < H * H; i++)
        ck_assert(fitted.gram[i] == fitted.energy[i] && fitted.cross[i] == fitted.energy[i]);
    const double before = fitted.energy[0];
    ck_assert_double_gt(before, 0);
    sterna_moments_free(&fitted);
    sterna_moments_free(&held);
    struct sterna_recurrent *layer = &quantized.network.layer[0];
    for (size_t i = 0; i < layer->ih.rows * layer->ih.cols; i++)
        layer->ih.value[i] *= 0.5f;
    sterna_recurrent_prepare(layer, quantized.network.bias, quantized.network.bias + layer->ih.rows);
    collect(STERNA_CODEBOOK_OUTPUT, H);
    ck_assert_double_eq(fitted.energy[0], before);
    ck_assert(fabs(fitted.gram[0] - before) > 1e-3 * before);
}
END_TEST

START_TEST(too_little_data_are_refused)
{
    const struct sterna_codebook_samples samples = {&trial, &original.network, &quantized.network};
    trial.count = 100; /* no window in any of 16 streams */
    ck_assert_int_eq(sterna_moments_new(recipe.hidden, &fitted, &error), STERNA_OK);
    ck_assert_int_eq(sterna_moments_new(recipe.hidden, &held, &error), STERNA_OK);
    ck_assert_int_eq(sterna_codebook_collect(&samples, STERNA_CODEBOOK_RECURRENT, 0, &fitted, &held, &error),
                     STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "0 samples are too few to know 24 inputs by"));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_samples");
    TCase *tests = tcase_create("codebook_samples");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_quarter_of_the_windows_is_held_out);
    tcase_add_test(tests, inputs_are_symbols_as_often_as_they_come);
    tcase_add_test(tests, both_networks_are_seen);
    tcase_add_test(tests, too_little_data_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
