/* test_stack_fixed.c - what is trained is what is deployed: the stack's integer forward pass in training, and stack_fixed.c on the exported
 * model, agree in every value. */
#include "export.h"
#include "gradient_check.h"
#include "scratch.h"
#include "stack_cases.h"
#include "stack_fixed.h"
#include "window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { QUANTIZERS = 5, NORMS = 2, FRAMES = 4096 };

static const char *const quantizers[QUANTIZERS] = {"twn", "pow2", "binary", "xnor", "dual-copy"};
static const char *const norms[NORMS] = {"none", "weight"};

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

/* A training of made-up parameters. */
static void open_training(const struct sterna_recipe *recipe, size_t steps)
{
    struct sterna_training_data data = {.size = 100, .classes = 4};
    uint64_t seed = 17;
    data.ends = (struct sterna_network_ends){
        .inputs = CASE_INPUTS, .outputs = 4, .steps = steps, .fraction = 5, .head = STERNA_HEAD_MEAN};
    data.class_name = calloc(4, sizeof *data.class_name);
    for (size_t i = 0; i < 4; i++)
        data.class_name[i][0] = (char)('A' + i);
    ck_assert_msg(sterna_training_for(recipe, &data, &training, &error) == STERNA_OK, "%s", error.reason);
    const struct sterna_parameters *parameters = &training.network.parameters;
    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        const bool variance = strstr(tensor->name, ".variance") != NULL;
        random_values(training.value + tensor->offset, tensor->count, tensor->cols ? 0.6f : 0.9f, &seed);
        for (size_t j = tensor->offset; strstr(tensor->name, ".bias") && j < tensor->offset + tensor->count;
             j++)
            training.value[j] += 0.5f; /* some units are awake */
        for (size_t j = tensor->offset; variance && j < tensor->offset + tensor->count; j++)
            training.value[j] = 0.5f + fabsf(training.value[j]);
    }
}

/* The model goes through its file. */
static void export_model(void)
{
    char path[SCRATCH_PATH];
    struct sterna_model *exported = NULL;
    scratch_path(&scratch, "model.safetensors", path);
    ck_assert_msg(sterna_export(&training, &exported, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_msg(sterna_model_save(exported, path, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_msg(sterna_model_load(path, &model, &error) == STERNA_OK, "%s", error.reason);
    sterna_model_free(exported);
}

static void fill_window(struct sterna_window *window, const size_t length[CASE_SEQUENCES])
{
    uint64_t seed = 12;
    window->run_steps = length[0];
    window->run_batch = CASE_SEQUENCES;
    memset(window->input8, 0, length[0] * CASE_SEQUENCES * CASE_INPUTS);
    for (size_t t = 0; t < length[0]; t++) {
        window->active[t] = 0;
        for (size_t b = 0; b < CASE_SEQUENCES && t < length[b]; b++, window->active[t]++)
            for (size_t i = 0; i < CASE_INPUTS; i++)
                window->input8[(t * CASE_SEQUENCES + b) * CASE_INPUTS + i] =
                    (int8_t)((int)random_below(&seed, 255) - 127);
    }
    memcpy(window->length, length, CASE_SEQUENCES * sizeof *length);
}

/* The frames of a sequence against the window's; returns the sum of their values. */
static long compare_sequence(const struct sterna_window *window, size_t b)
{
    int8_t input[CASE_STEPS * CASE_INPUTS], frames[FRAMES];
    const size_t F = window->frame, frames_of = window->frame_length[b];
    long total = 0;
    for (size_t t = 0; t < window->length[b]; t++)
        memcpy(input + t * CASE_INPUTS, window->input8 + (t * CASE_SEQUENCES + b) * CASE_INPUTS, CASE_INPUTS);
    ck_assert_uint_le(sterna_stack_fixed_values(model, model->stack.layers, window->length[b]), FRAMES);
    ck_assert_int_eq(sterna_stack_fixed(model, window->length[b], input, frames, &error), STERNA_OK);
    for (size_t t = 0; t < frames_of; t++)
        for (size_t i = 0; i < F; i++) {
            const int8_t trained = window->from_stack8[(t * CASE_SEQUENCES + b) * F + i];
            ck_assert_msg(trained == frames[t * F + i], "%s: frame %zu, value %zu: %d, %d", model->stack.text,
                          t, i, trained, frames[t * F + i]);
            total += frames[t * F + i];
        }
    return total;
}

START_TEST(every_value_of_the_model_is_the_trainers)
{
    const int which = _i / QUANTIZERS / NORMS;
    struct sterna_recipe recipe;
    size_t length[CASE_SEQUENCES];
    long total = 0;
    sterna_recipe_default(&recipe);
    recipe.layers = (uint64_t)(_i % 2);
    recipe.hidden = 5;
    recipe.fraction_bits = 4;
    snprintf(recipe.stack, sizeof recipe.stack, "%s", stack_case[which].text);
    snprintf(recipe.quantizer, sizeof recipe.quantizer, "%s", quantizers[_i % QUANTIZERS]);
    snprintf(recipe.normalization, sizeof recipe.normalization, "%s", norms[_i / QUANTIZERS % NORMS]);
    open_training(&recipe, stack_case[which].steps);
    export_model();
    struct sterna_window window = {0};
    ck_assert_int_eq(sterna_window_new(&training.network, CASE_STEPS, CASE_SEQUENCES, false, &window, &error),
                     STERNA_OK);
    case_lengths(which, length);
    fill_window(&window, length);
    sterna_window_forward(&training.network, &window, false, NULL, 0); /* prepared by the export */
    for (size_t b = 0; b < CASE_SEQUENCES; b++)
        total += compare_sequence(&window, b);
    ck_assert_int_gt(total, 0); /* not a comparison of zeros */
    sterna_window_free(&window);
}
END_TEST

/* The float network of the model differs from the integer one by roundings of 1/64 a layer, which a few weights do not make much of. */
START_TEST(the_models_float_network_is_close_to_its_integers)
{
    struct sterna_recipe recipe;
    struct sterna_network network = {0};
    struct sterna_window window = {0};
    size_t length[CASE_SEQUENCES];
    int8_t kept[FRAMES];
    sterna_recipe_default(&recipe);
    recipe.layers = 0;
    snprintf(recipe.stack, sizeof recipe.stack, "%s", stack_case[_i].text);
    open_training(&recipe, stack_case[_i].steps);
    export_model();
    case_lengths(_i, length);
    ck_assert_int_eq(sterna_window_new(&training.network, CASE_STEPS, CASE_SEQUENCES, false, &window, &error),
                     STERNA_OK);
    fill_window(&window, length);
    sterna_window_forward(&training.network, &window, false, NULL, 0);
    const size_t count = window.frames * CASE_SEQUENCES * window.frame;
    memcpy(kept, window.from_stack8, count);
    sterna_window_free(&window);
    ck_assert_msg(sterna_network_import(model, &network, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_window_new(&network, CASE_STEPS, CASE_SEQUENCES, false, &window, &error),
                     STERNA_OK);
    fill_window(&window, length);
    sterna_window_forward(&network, &window, false, NULL, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_float_eq_tol(window.from_stack[i], (float)kept[i] / 32.0f, 0.25f);
    sterna_window_free(&window);
    sterna_network_free(&network);
}
END_TEST

START_TEST(means_round_half_away_from_zero)
{
    static const int8_t value[8] = {1, 2, -1, -2, 3, 3, -100, 101};
    const struct sterna_model_shape shape = {.inputs = 1, .outputs = 2};
    struct sterna_stack_shape stack;
    int8_t mean[4];
    ck_assert_int_eq(sterna_stack_shape_read("mean-pool 2", 1, 0, &stack, &error), STERNA_OK);
    ck_assert_int_eq(sterna_model_new_behind(&stack, &shape, &model, &error), STERNA_OK);
    ck_assert_int_eq(sterna_stack_fixed(model, 8, value, mean, &error), STERNA_OK);
    ck_assert_int_eq(mean[0], 2);
    ck_assert_int_eq(mean[1], -2);
    ck_assert_int_eq(mean[2], 3);
    ck_assert_int_eq(mean[3], 1);
    ck_assert_int_eq(sterna_stack_fixed(model, 1, value, mean, &error), STERNA_ERR_RANGE);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack_fixed");
    TCase *tcase = tcase_create("stack_fixed");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_value_of_the_model_is_the_trainers, 0, STACK_CASES * QUANTIZERS * NORMS);
    tcase_add_loop_test(tcase, the_models_float_network_is_close_to_its_integers, 0, STACK_CASES);
    tcase_add_test(tcase, means_round_half_away_from_zero);
    suite_add_tcase(suite, tcase);
    return suite;
}
