/* test_evaluate.c - bits per character of checkpoints and models. */
#include "evaluate.h"
#include "tiny_training.h"

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
    scratch_open(&scratch);
    recipe = tiny_recipe(&scratch);
    recipe.updates = 250;
    recipe.integer_updates = 60;
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "model.safetensors", model);
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_OK);
    ck_assert_int_eq(sterna_quantize(checkpoint, model, &error), STERNA_OK);
    options = (struct sterna_eval_options){.path = checkpoint,
                                           .data = recipe.data,
                                           .on = "float",
                                           .weights = "deterministic",
                                           .split = STERNA_TEST};
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static double bpc_of(const char *path, const char *on, const char *weights)
{
    options.path = path;
    options.on = on;
    options.weights = weights;
    ck_assert_msg(sterna_eval(&options, &result, &error) == STERNA_OK, "%s", error.reason);
    return result.bpc;
}

/* Scales of 8 bits, biases of 16 and activations of 8 cost little; a wrong scale anywhere would cost whole
 * bits. */
START_TEST(float_model_and_device_agree)
{
    const double weights = bpc_of(checkpoint, "float", "deterministic"),
                 quantized = bpc_of(model, "float", NULL);
    const double device = bpc_of(model, "reference", NULL);
    ck_assert_double_lt(weights, 1.5);
    ck_assert_double_lt(fabs(quantized - weights), 0.02);
    ck_assert_double_lt(fabs(device - quantized), 0.05);
}
END_TEST

START_TEST(limit_counts_characters)
{
    options.limit = 100;
    (void)bpc_of(model, "float", NULL);
    ck_assert_uint_eq(result.steps, 99);
    options.limit = 0;
    (void)bpc_of(model, "float", NULL);
    ck_assert_uint_eq(result.steps, TINY_LENGTH / 20 - 1);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
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
    const double deterministic = bpc_of(checkpoint, "float", "deterministic");
    const double master = bpc_of(checkpoint, "float", "master");
    ck_assert(isfinite(master) && master != deterministic);
    ck_assert(isfinite(bpc_of(checkpoint, "float", "stochastic")));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tcase = tcase_create("evaluate");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, float_model_and_device_agree);
    tcase_add_test(tcase, limit_counts_characters);
    tcase_add_test(tcase, bad_requests_are_refused);
    tcase_add_test(tcase, text_with_foreign_symbols_is_refused);
    tcase_add_test(tcase, master_and_stochastic_weights_can_be_had);
    suite_add_tcase(suite, tcase);
    return suite;
}
