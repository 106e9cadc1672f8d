/* test_trial.c - data to try a network on: they must be of its kind, and come as it knows them; and what is counted. */
#include "tiny_sequences.h"

#include "trial.h"

#include <check.h>

enum { BANDS = 8, CLASSES = 10 };

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_sequences plain; /* the data as they are */
static struct sterna_trial trial;
static struct sterna_error error;
static struct sterna_network_ends ends;
static struct sterna_trial_needs needs;
static struct sterna_eval_options options;

static void set_up(void)
{
    sound_open(&scratch);
    recipe = tiny_sequences(&scratch);
    error.reason[0] = '\0';
    ck_assert_msg(sterna_sequences_open(recipe.data, &recipe.front_end, &plain, &error) == STERNA_OK, "%s",
                  error.reason);
    ends = (struct sterna_network_ends){
        .inputs = BANDS, .outputs = CLASSES, .fraction = 5, .head = STERNA_HEAD_MEAN};
    needs = (struct sterna_trial_needs){
        .ends = &ends, .front_end = &recipe.front_end, .mean = plain.mean, .deviation = plain.deviation};
    options = (struct sterna_eval_options){.data = recipe.data, .split = STERNA_TEST};
}

static void tear_down(void)
{
    sterna_trial_close(&trial);
    sterna_sequences_close(&plain);
    sound_close(&scratch);
}

static enum sterna_status open_trial(void)
{
    sterna_trial_close(&trial);
    return sterna_trial_open(&options, &needs, &trial, &error);
}

START_TEST(data_of_another_kind_are_refused_in_one_clear_line)
{
    const struct sterna_recipe text = tiny_recipe(&scratch);
    options.data = text.data;
    ck_assert_int_eq(open_trial(), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, text.data));
    ck_assert_ptr_nonnull(strstr(error.reason, "the network is one of labelled sequences, not of text"));
    needs.alphabet = (const uint8_t *)"ab";
    needs.symbols = 2;
    options.data = recipe.data;
    ck_assert_int_eq(open_trial(), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "the network is one of text, not of labelled sequences"));
    ck_assert_ptr_null(strchr(error.reason, '\n'));
    ck_assert_ptr_null(trial.set);
}
END_TEST

START_TEST(data_of_other_sizes_are_refused)
{
    static const struct {
        size_t inputs, outputs;
        unsigned fraction;
        const char *said;
    } wrong[] = {{BANDS + 1, CLASSES, 5, "8 features in 1/32 and 10 classes; the network takes 9 in 1/32"},
                 {BANDS, CLASSES - 1, 5, "and tells 9 apart"},
                 {BANDS, CLASSES, 7, "the network takes 8 in 1/128"}};
    ends.inputs = wrong[_i].inputs;
    ends.outputs = wrong[_i].outputs;
    ends.fraction = wrong[_i].fraction;
    ck_assert_int_eq(open_trial(), STERNA_ERR_RANGE);
    ck_assert_msg(strstr(error.reason, wrong[_i].said) != NULL, "%s", error.reason);
}
END_TEST

START_TEST(frames_scaled_as_the_network_knows_them_stay_as_they_are)
{
    const struct sterna_sequence_set *set = &plain.split[STERNA_TEST];
    ck_assert_int_eq(open_trial(), STERNA_OK);
    ck_assert_uint_eq(trial.count, set->count);
    ck_assert_mem_eq(trial.set->frames, set->frames, set->start[set->count] * BANDS);
    ck_assert_mem_eq(trial.set->label, set->label, set->count);
}
END_TEST

/* A network that was trained with other means and deviations gets the frames as those would have made them. */
START_TEST(frames_scaled_otherwise_are_rescaled)
{
    const struct sterna_sequence_set *set = &plain.split[STERNA_TEST];
    float mean[BANDS], deviation[BANDS];
    size_t changed = 0;
    for (size_t f = 0; f < BANDS; f++) {
        mean[f] = plain.mean[f] + 0.5f * (float)f;
        deviation[f] = plain.deviation[f] * (f == 3 ? 0.01f : 1.5f); /* one is clipped */
    }
    needs.mean = mean;
    needs.deviation = deviation;
    ck_assert_int_eq(open_trial(), STERNA_OK);
    for (size_t i = 0; i < set->start[set->count] * BANDS; i++) {
        const size_t f = i % BANDS;
        const double value = (double)plain.mean[f] + (double)plain.deviation[f] * set->frames[i] / 32.0;
        const double q = 32.0 * (value - (double)mean[f]) / (double)deviation[f];
        const double expected = q > 127.0 ? 127.0 : q < -127.0 ? -127.0 : q;
        ck_assert_double_le(fabs(expected - trial.set->frames[i]), 0.501);
        changed += trial.set->frames[i] != set->frames[i];
    }
    ck_assert_uint_gt(changed, 100);
}
END_TEST

START_TEST(split_and_limit_are_the_callers)
{
    static const enum sterna_split split[] = {STERNA_TRAIN, STERNA_VALID, STERNA_TEST};
    static const size_t count[] = {24, 30, 30};
    options.split = split[_i];
    ck_assert_int_eq(open_trial(), STERNA_OK);
    ck_assert_uint_eq(trial.count, count[_i]);
    ck_assert_ptr_eq(trial.set, &trial.sequences.split[split[_i]]);
    options.limit = 7;
    ck_assert_int_eq(open_trial(), STERNA_OK);
    ck_assert_uint_eq(trial.count, 7);
    ck_assert_uint_eq(trial.whole, count[_i]);
    options.limit = 700;
    ck_assert_int_eq(open_trial(), STERNA_OK);
    ck_assert_uint_eq(trial.count, count[_i]);
}
END_TEST

/* The network's alphabet has more symbols than the text, in front of its own. */
START_TEST(text_comes_in_the_networks_alphabet)
{
    const struct sterna_recipe text = tiny_recipe(&scratch);
    struct sterna_text own = {0};
    uint8_t alphabet[64] = {2};
    ck_assert_int_eq(sterna_text_open(text.data, &own, &error), STERNA_OK);
    memcpy(alphabet + 1, own.alphabet, own.symbols);
    needs = (struct sterna_trial_needs){.ends = &ends, .alphabet = alphabet, .symbols = own.symbols + 1};
    options.data = text.data;
    ck_assert_msg(open_trial() == STERNA_OK, "%s", error.reason);
    ck_assert(trial.is_text);
    ck_assert_uint_eq(trial.count, own.length[STERNA_TEST]);
    for (size_t i = 0; i < trial.count; i++)
        ck_assert_uint_eq(trial.symbols[i], own.split[STERNA_TEST][i] + 1U);
    options.limit = 1;
    ck_assert_int_eq(open_trial(), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "predicts nothing"));
    sterna_text_close(&own);
}
END_TEST

START_TEST(a_models_needs_are_read_off_it)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, BANDS, 4, 1, CLASSES};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    model->one_hot = false;
    model->input_fraction = 5;
    model->head = STERNA_HEAD_LAST;
    ck_assert_int_eq(
        sterna_model_set_sound(model, plain.rate, &recipe.front_end, plain.mean, plain.deviation, &error),
        STERNA_OK);
    ck_assert_msg(sterna_trial_open_for(&options, model, &trial, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(trial.sequences.features, BANDS); /* of the model's front end, not of the default one */
    model->symbols = CLASSES;
    sterna_trial_close(&trial);
    ck_assert_int_eq(sterna_trial_open_for(&options, model, &trial, &error), STERNA_ERR_RANGE);
    sterna_model_free(model);
}
END_TEST

/* ---- counting ---- */

START_TEST(surprise_is_minus_log2_of_the_soft_max)
{
    const float even[] = {1.5F, 1.5F, 1.5F, 1.5F}, odd[] = {0.0F, (float)log(3.0)},
                huge[] = {30000.0F, -30000.0F};
    ck_assert_double_eq_tol(sterna_surprise(even, 4, 2), 2.0, 1e-12);
    ck_assert_double_eq_tol(sterna_surprise(odd, 2, 0), 2.0, 1e-6);
    ck_assert_double_eq_tol(sterna_surprise(odd, 2, 1), log2(4.0 / 3.0), 1e-6);
    ck_assert_double_eq_tol(sterna_surprise(huge, 2, 0), 0.0, 1e-12);
    ck_assert_double_eq_tol(sterna_surprise(huge, 2, 1), 60000.0 / log(2.0), 1e-3);
}
END_TEST

START_TEST(tally_of_sequences_is_accuracy_and_confusion)
{
    const struct sterna_trial three = {.sequences = {.classes = 3}};
    const float logits[4][3] = {{3, 1, 2}, {0, 1, 0}, {0, 5, 4}, {1, 1, 1}};
    static const size_t target[4] = {0, 1, 2, 2};
    static const uint32_t expected[9] = {1, 0, 0, 0, 1, 0, 1, 1, 0}; /* of equals the first is taken */
    struct sterna_tally tally;
    double bits = 0.0;
    ck_assert_int_eq(sterna_tally_new(&three, &tally, &error), STERNA_OK);
    for (size_t i = 0; i < 4; i++) {
        sterna_tally_add(&tally, logits[i], 3, target[i]);
        bits += sterna_surprise(logits[i], 3, target[i]);
    }
    ck_assert_str_eq(sterna_tally_metric(&tally), "accuracy");
    ck_assert_double_eq(sterna_tally_value(&tally), 50.0);
    ck_assert_double_eq_tol(tally.bits, bits, 1e-12);
    ck_assert_mem_eq(tally.confusion, expected, sizeof expected);
    sterna_tally_free(&tally);
}
END_TEST

START_TEST(tally_of_a_text_is_bits_per_character)
{
    const struct sterna_trial text = {.is_text = true};
    const float logits[2] = {0.0F, 0.0F};
    struct sterna_tally tally;
    ck_assert_int_eq(sterna_tally_new(&text, &tally, &error), STERNA_OK);
    for (size_t i = 0; i < 5; i++)
        sterna_tally_add(&tally, logits, 2, i % 2);
    ck_assert_str_eq(sterna_tally_metric(&tally), "bpc");
    ck_assert_double_eq_tol(sterna_tally_value(&tally), 1.0, 1e-12);
    ck_assert_ptr_null(tally.confusion);
    sterna_tally_free(&tally);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("trial");
    TCase *tcase = tcase_create("trial");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, data_of_another_kind_are_refused_in_one_clear_line);
    tcase_add_loop_test(tcase, data_of_other_sizes_are_refused, 0, 3);
    tcase_add_test(tcase, frames_scaled_as_the_network_knows_them_stay_as_they_are);
    tcase_add_test(tcase, frames_scaled_otherwise_are_rescaled);
    tcase_add_loop_test(tcase, split_and_limit_are_the_callers, 0, 3);
    tcase_add_test(tcase, text_comes_in_the_networks_alphabet);
    tcase_add_test(tcase, a_models_needs_are_read_off_it);
    tcase_add_test(tcase, surprise_is_minus_log2_of_the_soft_max);
    tcase_add_test(tcase, tally_of_sequences_is_accuracy_and_confusion);
    tcase_add_test(tcase, tally_of_a_text_is_bits_per_character);
    suite_add_tcase(suite, tcase);
    return suite;
}
