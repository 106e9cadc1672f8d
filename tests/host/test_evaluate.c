/* test_evaluate.c - figures of checkpoints and models: bits per character of a text, accuracy on sequences. */
#include "tiny_sequences.h"

#include "evaluate.h"

#include <math.h>
#include <signal.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_error error;
static char checkpoint[SCRATCH_PATH], model[SCRATCH_PATH];
static struct sterna_eval_options options;
static struct sterna_eval_result result;

static void set_up(void)
{
    sound_open(&scratch);
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "model.safetensors", model);
}

static void tear_down(void)
{
    sterna_eval_result_free(&result);
    sound_close(&scratch);
}

static void train(void)
{
    ck_assert_msg(tiny_train(&scratch, &recipe, 1, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_msg(sterna_quantize(checkpoint, model, &error) == STERNA_OK, "%s", error.reason);
    options = (struct sterna_eval_options){.path = checkpoint,
                                           .data = recipe.data,
                                           .on = "float",
                                           .weights = "deterministic",
                                           .split = STERNA_TEST};
}

static void train_text(void)
{
    recipe = tiny_recipe(&scratch);
    recipe.updates = 250;
    recipe.integer_updates = 60;
    train();
}

static double value_of(const char *path, const char *on, const char *weights)
{
    options.path = path;
    options.on = on;
    options.weights = weights;
    sterna_eval_result_free(&result);
    ck_assert_msg(sterna_eval(&options, &result, &error) == STERNA_OK, "%s", error.reason);
    return result.value;
}

/* Scales of 8 bits, biases of 16 and activations of 8 cost little; a wrong scale anywhere would cost whole
 * bits. */
START_TEST(float_model_and_device_agree)
{
    train_text();
    const double weights = value_of(checkpoint, "float", "deterministic"),
                 quantized = value_of(model, "float", NULL);
    const double device = value_of(model, "reference", NULL);
    ck_assert_double_lt(weights, 1.5);
    ck_assert_double_lt(fabs(quantized - weights), 0.02);
    ck_assert_double_lt(fabs(device - quantized), 0.05);
}
END_TEST

START_TEST(limit_counts_characters)
{
    train_text();
    options.limit = 100;
    (void)value_of(model, "float", NULL);
    ck_assert_uint_eq(result.steps, 99);
    options.limit = 0;
    (void)value_of(model, "float", NULL);
    ck_assert_uint_eq(result.steps, TINY_LENGTH / 20 - 1);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
    train_text();
    options.weights = "noisy";
    ck_assert_int_eq(sterna_eval(&options, &result, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "stochastic"));
    options.weights = NULL;
    options.on = "reference";
    ck_assert_int_eq(sterna_eval(&options, &result, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "quantize"));
    options.on = "float";
    options.limit = 1;
    ck_assert_int_eq(sterna_eval(&options, &result, &error), STERNA_ERR_RANGE);
    options.path = "/nowhere/model";
    ck_assert_int_eq(sterna_eval(&options, &result, &error), STERNA_ERR_IO);
}
END_TEST

START_TEST(text_with_foreign_symbols_is_refused)
{
    char path[SCRATCH_PATH], data[SCRATCH_PATH + 8], text[400];
    train_text();
    memset(text, 'Z', sizeof text);
    ck_assert_int_eq(
        sterna_file_write(scratch_path(&scratch, "foreign.txt", path), text, sizeof text, &error), STERNA_OK);
    snprintf(data, sizeof data, "text:%s", path);
    options.data = data;
    ck_assert_int_eq(sterna_eval(&options, &result, &error), STERNA_ERR_RANGE);
}
END_TEST

START_TEST(master_and_stochastic_weights_can_be_had)
{
    train_text();
    const double deterministic = value_of(checkpoint, "float", "deterministic");
    const double master = value_of(checkpoint, "float", "master");
    ck_assert(isfinite(master) && master != deterministic);
    ck_assert(isfinite(value_of(checkpoint, "float", "stochastic")));
}
END_TEST

static const char *const cells[] = {"gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign"};

/* Train a cell on digits, with the class from the last step or from the mean. */
static void train_digits(const char *cell, const char *head)
{
    recipe = tiny_sequences(&scratch);
    snprintf(recipe.cell, sizeof recipe.cell, "%s", cell);
    snprintf(recipe.head, sizeof recipe.head, "%s", head);
    recipe.updates = 120;
    recipe.integer_updates = 30;
    train();
}

/* The figure in bits tells more than the accuracy: a wrong scale, a wrong step or a wrong mean moves it far. */
START_TEST(float_model_and_device_agree_on_sequences)
{
    train_digits(cells[_i / 2], _i % 2 ? "mean" : "last");
    (void)value_of(checkpoint, "float", "deterministic");
    const double weights = result.bits;
    (void)value_of(model, "float", NULL);
    const double quantized = result.bits;
    const double accuracy = value_of(model, "reference", NULL);
    ck_assert_str_eq(result.metric, "accuracy");
    ck_assert_double_gt(accuracy, 90.0);
    ck_assert_double_lt(fabs(quantized - weights), 0.03);
    ck_assert_double_lt(fabs(result.bits - quantized), 0.06);
    ck_assert_uint_eq(result.sequences, 30);
}
END_TEST

/* In float the running statistics normalize; in the model they are row scales and biases. */
START_TEST(batch_normalization_is_deployed_as_scales_and_biases)
{
    recipe = tiny_sequences(&scratch);
    snprintf(recipe.cell, sizeof recipe.cell, "%s", cells[_i]);
    snprintf(recipe.normalization, sizeof recipe.normalization, "batch");
    recipe.updates = 300;
    recipe.integer_updates = 60;
    train();
    (void)value_of(checkpoint, "float", "deterministic");
    const double weights = result.bits;
    (void)value_of(model, "float", NULL);
    ck_assert_double_lt(weights, 0.5);
    ck_assert_double_lt(fabs(result.bits - weights), 0.03);
    const double quantized = result.bits;
    (void)value_of(model, "reference", NULL);
    ck_assert_double_lt(fabs(result.bits - quantized), 0.06);
}
END_TEST

/* Convolutions in front of a GRU, and without one; a device gives the bits of the reference. */
START_TEST(a_stack_is_deployed_as_trained)
{
    struct sterna_compare_result found = {0};
    recipe = tiny_sequences(&scratch);
    snprintf(recipe.stack, sizeof recipe.stack,
             "conv 12 3 pad 1, batch-norm, relu, max-pool 2, conv 10 3 pad 1 groups 2, batch-norm, relu");
    snprintf(recipe.head, sizeof recipe.head, "mean");
    recipe.layers = (uint64_t)_i;
    recipe.updates = 300;
    recipe.integer_updates = 60;
    train();
    (void)value_of(checkpoint, "float", "deterministic");
    const double weights = result.bits;
    (void)value_of(model, "float", NULL);
    const double quantized = result.bits, accuracy = value_of(model, "reference", NULL);
    ck_assert_double_gt(accuracy, 90.0);
    ck_assert_double_lt(fabs(quantized - weights), 0.05);
    ck_assert_double_lt(fabs(result.bits - quantized), 0.1);
    options.on = "reference:up5k";
    ck_assert_msg(sterna_compare(&options, &found, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(found.mismatches, 0);
    ck_assert_uint_gt(found.outputs, found.steps * 10);
    ck_assert_double_eq(found.value, accuracy);
}
END_TEST

START_TEST(confusion_adds_up_to_the_accuracy)
{
    uint32_t right = 0, total = 0;
    train_digits("gru", "mean");
    const double value = value_of(model, _i ? "reference" : "float", NULL);
    ck_assert_uint_eq(result.classes, 10); /* those of the data set */
    ck_assert_str_eq(result.class_name[2], "two");
    for (size_t label = 0; label < 10; label++) {
        uint32_t row = 0;
        for (size_t i = 0; i < 10; i++)
            row += result.confusion[label * 10 + i];
        ck_assert_uint_eq(row, label < TINY_DIGITS ? 10 : 0);
        right += result.confusion[label * 11];
        total += row;
    }
    ck_assert_double_eq_tol(value, 100.0 * right / total, 1e-9);
}
END_TEST

START_TEST(limit_counts_sequences)
{
    train_digits("gru", "last");
    options.limit = 7;
    for (int i = 0; i < 2; i++) {
        (void)value_of(model, i ? "reference" : "float", NULL);
        ck_assert_uint_eq(result.sequences, 7);
        ck_assert_uint_ge(result.steps, 7 * 3);
        ck_assert_uint_le(result.steps, 7 * 12);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tcase = tcase_create("evaluate");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, float_model_and_device_agree);
    tcase_add_test(tcase, limit_counts_characters);
    tcase_add_test(tcase, bad_requests_are_refused);
    tcase_add_test(tcase, text_with_foreign_symbols_is_refused);
    tcase_add_test(tcase, master_and_stochastic_weights_can_be_had);
    tcase_add_loop_test(tcase, float_model_and_device_agree_on_sequences, 0, 10);
    tcase_add_loop_test(tcase, batch_normalization_is_deployed_as_scales_and_biases, 0, 3);
    tcase_add_loop_test(tcase, a_stack_is_deployed_as_trained, 0, 2);
    tcase_add_loop_test(tcase, confusion_adds_up_to_the_accuracy, 0, 2);
    tcase_add_test(tcase, limit_counts_sequences);
    suite_add_tcase(suite, tcase);
    return suite;
}
