/* test_export.c - what is trained is what is deployed: the integer forward pass of training and fixed.c on
 * the exported model agree in every sum. */
#include "export.h"
#include "fixed.h"
#include "gradient_check.h"
#include "tiny_training.h"
#include "window.h"

#include <math.h>

#include <check.h>

enum { T = 40, B = 3 };

static struct scratch scratch;
static struct sterna_training training;
static struct sterna_model *model;
static struct sterna_error error;

static void set_up(void)
{
    scratch_open(&scratch);
}

static void tear_down(void)
{
    sterna_model_free(model);
    model = NULL;
    sterna_training_free(&training);
    scratch_close(&scratch);
}

/* A state of training with weights, gains (also negative) and biases that make the network move. */
static void open_training(const struct sterna_recipe *recipe)
{
    struct sterna_text text = {0};
    uint64_t seed = 6;
    ck_assert_int_eq(sterna_text_open(recipe->data, &text, &error), STERNA_OK);
    ck_assert_int_eq(sterna_training_new(recipe, &text, &training, &error), STERNA_OK);
    sterna_text_close(&text);
    for (size_t i = 0; i < training.network.parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &training.network.parameters.list[i];
        if (tensor->cols == 0)
            random_values(training.value + tensor->offset, tensor->count, 2.5f, &seed);
    }
}

static void run_model(const struct sterna_window *window, size_t b, int32_t *sums)
{
    struct sterna_fixed_state state = {0};
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    for (size_t t = 0; t < T; t++)
        sterna_fixed_step_one_hot(model, &state, window->symbol[t * B + b], sums + t * window->outputs);
    sterna_fixed_free(&state);
}

START_TEST(every_sum_of_the_model_is_the_trainers)
{
    struct sterna_recipe recipe = tiny_recipe(&scratch);
    recipe.hidden = 45;
    recipe.layers = 1 + (size_t)_i % 2;
    if (_i >= 2)
        snprintf(recipe.quantizer, sizeof recipe.quantizer, _i < 4 ? "ternary" : "pow2");
    if (_i >= 3)
        snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "pow2");
    open_training(&recipe);
    ck_assert_int_eq(sterna_export(&training, &model, &error), STERNA_OK);

    const size_t O = training.symbols, H = recipe.hidden, count = T * B;
    struct sterna_window window = {0};
    uint64_t seed = 12;
    ck_assert_int_eq(sterna_window_new(&training.network, T, B, false, &window, &error), STERNA_OK);
    for (size_t i = 0; i < count; i++)
        window.symbol[i] = (uint8_t)random_below(&seed, O);
    float *carry = calloc(recipe.layers * B * H, sizeof *carry), *raw = calloc(count * O, sizeof *raw);
    int32_t *sums = calloc(T * O, sizeof *sums);
    float *logits = calloc(O, sizeof *logits);
    sterna_window_forward(&training.network, &window, T, carry, B * H);
    sterna_linear_sums(&training.network.output, count, window.track[recipe.layers - 1].a + B * H, raw);
    double moved = 0.0;
    for (size_t b = 0; b < B; b++) {
        run_model(&window, b, sums);
        for (size_t t = 0; t < T; t++) {
            sterna_model_logits(model, sums + t * O, logits);
            for (size_t o = 0; o < O; o++) {
                const size_t at = (t * B + b) * O + o;
                /* the sign of a row is in the scale here and in the codes there */
                float sign = training.network.output.weight.scale_m[o] < 0 ? -1.0f : 1.0f;
                ck_assert(sign * raw[at] * 128.0f == (float)sums[t * O + o]);
                ck_assert_float_eq_tol(window.logits[at], logits[o], 1e-5f);
                moved += fabs((double)sums[t * O + o]);
            }
        }
    }
    ck_assert_double_gt(moved / (double)(count * O), 50.0); /* not a comparison of zeros */
    free(carry);
    free(raw);
    free(sums);
    free(logits);
    sterna_window_free(&window);
}
END_TEST

START_TEST(model_file_of_a_trained_checkpoint_is_its_export)
{
    const struct sterna_recipe recipe = tiny_recipe(&scratch);
    char checkpoint[SCRATCH_PATH], path[SCRATCH_PATH];
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "model.safetensors", path);
    ck_assert_int_eq(tiny_train(&scratch, &recipe, 1, &error), STERNA_OK);
    ck_assert_int_eq(sterna_quantize(checkpoint, path, &error), STERNA_OK);
    ck_assert_int_eq(sterna_model_load(path, &model, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_load(checkpoint, &training, &error), STERNA_OK);
    struct sterna_model *again = NULL;
    ck_assert_int_eq(sterna_export(&training, &again, &error), STERNA_OK);
    const struct sterna_matrix *one = &model->layer[0].hh, *other = &again->layer[0].hh;
    ck_assert_mem_eq(one->code, other->code, one->rows * one->cols);
    ck_assert_mem_eq(one->scale_m, other->scale_m, one->rows);
    ck_assert_mem_eq(one->scale_s, other->scale_s, one->rows);
    ck_assert_mem_eq(model->layer[0].bias, again->layer[0].bias, 4 * recipe.hidden * sizeof(int16_t));
    ck_assert_mem_eq(model->alphabet, training.alphabet, model->symbols);
    ck_assert_uint_eq(model->updates, recipe.updates);
    ck_assert(isfinite(model->valid));
    sterna_model_free(again);
}
END_TEST

START_TEST(float_weights_cannot_be_deployed)
{
    struct sterna_recipe recipe = tiny_recipe(&scratch);
    snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "float");
    open_training(&recipe);
    ck_assert_int_eq(sterna_export(&training, &model, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(model);
}
END_TEST

START_TEST(weights_that_are_not_finite_are_refused)
{
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    const struct sterna_recipe recipe = tiny_recipe(&scratch);
    char checkpoint[SCRATCH_PATH], path[SCRATCH_PATH];
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "model.safetensors", path);
    open_training(&recipe);
    training.value[training.network.parameters.list[STERNA_WEIGHT_HH].offset + 7] = wrong[_i];
    ck_assert_int_eq(sterna_checkpoint_save(&training, checkpoint, &error), STERNA_OK);
    ck_assert_int_eq(sterna_quantize(checkpoint, path, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "weight_hh_l0"));
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *tcase = tcase_create("export");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_sum_of_the_model_is_the_trainers, 0, 6);
    tcase_add_test(tcase, model_file_of_a_trained_checkpoint_is_its_export);
    tcase_add_test(tcase, float_weights_cannot_be_deployed);
    tcase_add_loop_test(tcase, weights_that_are_not_finite_are_refused, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
