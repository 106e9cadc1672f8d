/* test_fast.c - the fast twin computes what fixed.c does: every output and every bit of the state, for all cells, formats, odd sizes,
 * stacked layers, with every kernel that runs here; saturation included. */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "fast.h"

#include <check.h>

enum { STEPS = 30, SIZE = 90, RANDOM_MODELS = 6 };

static struct sterna_error error;

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void make_step(const struct sterna_model *model, struct sterna_fast *fast,
                      struct sterna_fixed_state *ours, struct sterna_fixed_state *theirs, uint64_t *seed)
{
    int32_t expected[SIZE], sums[SIZE];
    int8_t input[SIZE];
    const size_t inputs = model->layer[0].inputs, index = random_below(seed, inputs);
    const bool ends = random_below(seed, 3) == 0;
    for (size_t i = 0; i < inputs; i++)
        input[i] = (int8_t)(ends ? random_below(seed, 2) * 254 - 127 : random_below(seed, 255) - 127);
    if (random_below(seed, 2) == 0) {
        sterna_fixed_step(model, ours, input, expected);
        sterna_fast_step(fast, theirs, input, sums);
    } else {
        sterna_fixed_step_one_hot(model, ours, index, expected);
        sterna_fast_step_one_hot(fast, theirs, index, sums);
    }
    ck_assert_mem_eq(sums, expected, model->output.rows * sizeof *sums);
    ck_assert_mem_eq(theirs->state, ours->state, ours->units * sizeof *ours->state);
    ck_assert_mem_eq(theirs->activation, ours->activation, ours->units);
}

static void check_model(const struct sterna_model *model, uint64_t *seed)
{
    for (size_t k = 0; sterna_fast_kernels[k] != NULL; k++) {
        struct sterna_fixed_state ours, theirs;
        struct sterna_fast *fast = NULL;
        if (!sterna_fast_kernels[k]->runs())
            continue;
        must(sterna_fixed_new(model, &ours, &error));
        must(sterna_fixed_new(model, &theirs, &error));
        must(sterna_fast_new(model, sterna_fast_kernels[k], &fast, &error));
        ck_assert_str_eq(sterna_fast_kernel_name(fast), sterna_fast_kernels[k]->name);
        for (int step = 0; step < STEPS; step++)
            make_step(model, fast, &ours, &theirs, seed);
        sterna_fast_free(fast);
        sterna_fixed_free(&ours);
        sterna_fixed_free(&theirs);
    }
}

static struct sterna_model *make(enum sterna_cell cell, uint64_t *seed)
{
    const struct sterna_model_shape shape = {cell, 1 + random_below(seed, SIZE), 1 + random_below(seed, SIZE),
                                             1 + random_below(seed, 3), 1 + random_below(seed, SIZE)};
    struct sterna_model *model = NULL;
    must(sterna_model_new(&shape, &model, &error));
    return model;
}

static enum sterna_format any_format(uint64_t *seed)
{
    return (enum sterna_format)random_below(seed, STERNA_FORMATS);
}

START_TEST(every_cell_and_format_has_the_bits_of_fixed)
{
    const enum sterna_cell cell = (enum sterna_cell)(_i / STERNA_FORMATS);
    const enum sterna_format format = (enum sterna_format)(_i % STERNA_FORMATS);
    uint64_t seed = (uint64_t)_i + 1;
    for (int i = 0; i < RANDOM_MODELS; i++) {
        struct sterna_model *model = make(cell, &seed);
        if (i < RANDOM_MODELS / 2)
            sterna_model_set_formats(model, format, format, format);
        else
            sterna_model_set_formats(model, format, any_format(&seed), any_format(&seed));
        random_fill(model, &seed);
        check_model(model, &seed);
        sterna_model_free(model);
    }
}
END_TEST

/* Scales up to 255, biases at the ends of 16 bits: most pre-activations and states saturate. */
static void exaggerate(struct sterna_model *model, uint64_t *seed)
{
    for (size_t k = 0; k < model->layers; k++) {
        struct sterna_layer *layer = &model->layer[k];
        for (size_t row = 0; row < layer->hh.rows; row++) {
            layer->ih.scale_m[row] = layer->hh.scale_m[row] = (uint8_t)(255 - random_below(seed, 2));
            layer->ih.scale_s[row] = (uint8_t)random_below(seed, 32);
            layer->hh.scale_s[row] = (uint8_t)random_below(seed, 12);
        }
        for (size_t i = 0; i < sterna_cell_biases(layer->cell) * layer->hidden; i++)
            layer->bias[i] = (int16_t)(random_below(seed, 2) ? 32767 - (int)random_below(seed, 3)
                                                             : (int)random_below(seed, 3) - 32767);
    }
}

START_TEST(saturation_is_the_same)
{
    uint64_t seed = (uint64_t)_i + 100;
    struct sterna_model *model = make((enum sterna_cell)(_i % STERNA_CELLS), &seed);
    sterna_model_set_formats(model, any_format(&seed), any_format(&seed), any_format(&seed));
    random_fill(model, &seed);
    exaggerate(model, &seed);
    check_model(model, &seed);
    sterna_model_free(model);
}
END_TEST

/* No file may hold such a model, but fixed.c runs it. */
START_TEST(sums_beyond_24_bits_are_scaled_as_well)
{
    const struct sterna_model_shape shape = {(enum sterna_cell)_i, 1100, 3, 1, 2};
    struct sterna_model *model = NULL;
    struct sterna_fixed_state ours, theirs;
    struct sterna_fast *fast = NULL;
    int8_t input[1100];
    int32_t expected[2], sums[2];
    uint64_t seed = 9;
    must(sterna_model_new(&shape, &model, &error));
    sterna_model_set_formats(model, STERNA_FORMAT_INT8, STERNA_FORMAT_INT8, STERNA_FORMAT_INT8);
    random_fill(model, &seed);
    memset(model->layer[0].ih.code, 127, model->layer[0].ih.rows * 1100);
    for (size_t row = 0; row < model->layer[0].ih.rows; row++)
        model->layer[0].ih.scale_m[row] = 255, model->layer[0].ih.scale_s[row] = (uint8_t)(16 + row);
    must(sterna_fixed_new(model, &ours, &error));
    must(sterna_fixed_new(model, &theirs, &error));
    must(sterna_fast_new(model, NULL, &fast, &error));
    memset(input, 127, sizeof input);
    for (int step = 0; step < STEPS; step++) {
        input[step] = -127;
        sterna_fixed_step(model, &ours, input, expected);
        sterna_fast_step(fast, &theirs, input, sums);
        ck_assert_mem_eq(sums, expected, sizeof sums);
        ck_assert_mem_eq(theirs.activation, ours.activation, ours.units);
    }
    sterna_fast_free(fast);
    sterna_fixed_free(&ours);
    sterna_fixed_free(&theirs);
    sterna_model_free(model);
}
END_TEST

/* As stack_piece.c makes them of convolutions: recurrent matrices of no columns. */
START_TEST(layers_without_recurrence_have_the_bits_of_fixed)
{
    uint64_t seed = (uint64_t)_i + 50;
    struct sterna_model *model = make((enum sterna_cell)_i, &seed);
    sterna_model_set_formats(model, any_format(&seed), STERNA_FORMAT_TERNARY, any_format(&seed));
    random_fill(model, &seed);
    for (size_t k = 0; k < model->layers; k++)
        model->layer[k].hh.cols = 0;
    check_model(model, &seed);
    sterna_model_free(model);
}
END_TEST

/* As a device sees it that runs a stack layer by layer. */
START_TEST(an_output_layer_may_stand_alone)
{
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_RELU, 37, 1, 0, 11};
    const struct sterna_stack_shape none = {.layers = 0};
    struct sterna_model *model = NULL;
    struct sterna_fixed_state state;
    struct sterna_fast *fast = NULL;
    int8_t input[37];
    int32_t expected[11], sums[11];
    uint64_t seed = 6;
    must(sterna_model_new_behind(&none, &shape, &model, &error));
    random_fill(model, &seed);
    must(sterna_fixed_new(model, &state, &error));
    must(sterna_fast_new(model, NULL, &fast, &error));
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    sterna_fixed_step(model, &state, input, expected);
    sterna_fast_step(fast, &state, input, sums);
    ck_assert_mem_eq(sums, expected, sizeof sums);
    sterna_fast_free(fast);
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast");
    TCase *tests = tcase_create("fast");
    tcase_add_loop_test(tests, every_cell_and_format_has_the_bits_of_fixed, 0, STERNA_CELLS * STERNA_FORMATS);
    tcase_add_loop_test(tests, saturation_is_the_same, 0, 8 * STERNA_CELLS);
    tcase_add_loop_test(tests, layers_without_recurrence_have_the_bits_of_fixed, 0, STERNA_CELLS);
    tcase_add_test(tests, an_output_layer_may_stand_alone);
    tcase_add_loop_test(tests, sums_beyond_24_bits_are_scaled_as_well, 0, STERNA_CELLS);
    suite_add_tcase(suite, tests);
    return suite;
}
