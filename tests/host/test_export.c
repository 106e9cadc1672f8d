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
    struct sterna_feed feed = {0};
    uint64_t seed = 6;
    ck_assert_int_eq(sterna_feed_open(recipe, &feed, &error), STERNA_OK);
    ck_assert_int_eq(sterna_training_new(recipe, &feed, &training, &error), STERNA_OK);
    sterna_feed_close(&feed);
    for (size_t i = 0; i < training.network.parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &training.network.parameters.list[i];
        if (tensor->cols == 0)
            random_values(training.value + tensor->offset, tensor->count, 2.5f, &seed);
    }
}

enum { CELLS = 5, NORMS = 4, QUANTIZERS = 8 };

static const char *const cells[CELLS] = {"gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign"};
static const char *const norms[NORMS] = {"none", "weight", "layer", "batch"};
static const char *const quantizers[QUANTIZERS] = {"binary",       "xnor",      "ternary", "twn",
                                                   "pow2-ternary", "dual-copy", "pow2",    "exponential"};

/* A training on made-up data: a text of 11 symbols, or vectors of 13 values in 1/32 and 4 classes. */
static void open_made_up(const struct sterna_recipe *recipe, bool text)
{
    struct sterna_training_data data = {.size = 100, .symbols = text ? 11 : 0, .classes = text ? 0 : 4};
    uint64_t seed = 17;
    data.ends = (struct sterna_network_ends){.inputs = text ? 11 : 13,
                                             .outputs = text ? 11 : 4,
                                             .one_hot = text,
                                             .fraction = 5,
                                             .head = text ? STERNA_HEAD_NEXT : STERNA_HEAD_MEAN};
    for (size_t i = 0; i < data.symbols; i++)
        data.alphabet[i] = (uint8_t)('a' + i);
    data.class_name = calloc(4, sizeof *data.class_name);
    for (size_t i = 0; i < 4; i++)
        data.class_name[i][0] = (char)('A' + i);
    ck_assert_msg(sterna_training_for(recipe, &data, &training, &error) == STERNA_OK, "%s", error.reason);
    const struct sterna_parameters *parameters = &training.network.parameters;
    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        const bool variance = strstr(tensor->name, ".variance") != NULL;
        random_values(training.value + tensor->offset, tensor->count, tensor->cols ? 0.6f : 0.9f, &seed);
        for (size_t j = tensor->offset; variance && j < tensor->offset + tensor->count; j++)
            training.value[j] = 0.5f + fabsf(training.value[j]);
    }
}

/* What the window ran for sequence b, through fixed.h. */
static void run_model(const struct sterna_window *window, size_t b, int32_t *sums)
{
    const size_t batch = window->run_batch;
    struct sterna_fixed_state state = {0};
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    for (size_t t = 0; t < T; t++) {
        const size_t at = t * batch + b;
        if (model->one_hot)
            sterna_fixed_step_one_hot(model, &state, window->symbol[at], sums + t * window->outputs);
        else
            sterna_fixed_step(model, &state, window->input8 + at * window->inputs,
                              sums + t * window->outputs);
    }
    sterna_fixed_free(&state);
}

static void fill_window(struct sterna_window *window)
{
    uint64_t seed = 12;
    window->run_steps = T;
    window->run_batch = B;
    for (size_t t = 0; t < T; t++)
        window->active[t] = B;
    for (size_t b = 0; b < B; b++)
        window->length[b] = T;
    for (size_t i = 0; i < T * B; i++) {
        window->symbol[i] = (uint8_t)random_below(&seed, window->inputs);
        for (size_t j = 0; window->input8 && j < window->inputs; j++)
            window->input8[i * window->inputs + j] = (int8_t)((int)random_below(&seed, 255) - 127);
    }
}

/* All cells, quantizers, normalizations, dense and one-hot inputs, one and two layers. */
START_TEST(every_sum_of_the_model_is_the_trainers)
{
    struct sterna_recipe recipe = tiny_recipe(&scratch);
    const bool text = _i % 2;
    const char *quantizer = quantizers[_i / 2 / CELLS / NORMS];
    recipe.hidden = 45;
    recipe.layers = 1 + (size_t)(_i / 2) % 2;
    recipe.fraction_bits = 4;
    snprintf(recipe.cell, sizeof recipe.cell, "%s", cells[_i / 2 % CELLS]);
    snprintf(recipe.normalization, sizeof recipe.normalization, "%s", norms[_i / 2 / CELLS % NORMS]);
    snprintf(recipe.quantizer, sizeof recipe.quantizer, "%s", quantizer);
    snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "%s", _i % 3 ? "pow2" : quantizer);
    snprintf(recipe.quantizer_input, sizeof recipe.quantizer_input, "%s", _i % 5 ? "same" : "pow2");
    snprintf(recipe.quantizer_bias, sizeof recipe.quantizer_bias, "%s", _i % 7 ? "float" : "pow2");
    open_made_up(&recipe, text);
    ck_assert_msg(sterna_export(&training, &model, &error) == STERNA_OK, "%s", error.reason);

    const size_t O = training.data.ends.outputs;
    const float one = (float)sterna_cell_one(training.network.cell->cell);
    struct sterna_window window = {0};
    ck_assert_int_eq(sterna_window_new(&training.network, T, B, false, &window, &error), STERNA_OK);
    fill_window(&window);
    float *raw = calloc(T * B * O, sizeof *raw);
    int32_t *sums = calloc(T * O, sizeof *sums);
    sterna_window_forward(&training.network, &window, false, NULL, 0);
    sterna_linear_sums(&training.network.output, T * B, window.track[recipe.layers - 1].a + B * recipe.hidden,
                       raw);
    double moved = 0.0;
    for (size_t b = 0; b < B; b++) {
        run_model(&window, b, sums);
        for (size_t i = 0; i < T * O; i++) {
            const size_t t = i / O, o = i % O;
            /* the sign of a row is in the scale here and in the codes there */
            float sign = training.network.output.weight.scale_m[o] < 0 ? -1.0f : 1.0f;
            ck_assert_msg(sign * raw[(t * B + b) * O + o] * one == (float)sums[i],
                          "step %zu, output %zu: %g, %d", t, o, (double)(raw[(t * B + b) * O + o] * one),
                          (int)sums[i]);
            moved += fabs((double)sums[i]);
        }
    }
    ck_assert_double_gt(moved / (double)(T * B * O), 20.0); /* not a comparison of zeros */
    free(raw);
    free(sums);
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
    ck_assert_mem_eq(model->alphabet, training.data.alphabet, model->symbols);
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
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_sum_of_the_model_is_the_trainers, 0, 2 * CELLS * NORMS * QUANTIZERS);
    tcase_add_test(tcase, model_file_of_a_trained_checkpoint_is_its_export);
    tcase_add_test(tcase, float_weights_cannot_be_deployed);
    tcase_add_loop_test(tcase, weights_that_are_not_finite_are_refused, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
