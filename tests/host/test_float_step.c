/* test_float_step.c - the network in float stays near the integers of fixed.h, for every cell, in every layer's units. */
#include <math.h>
#include <stdlib.h>

#include "../random_model.h"
#include "fixed.h"
#include "float_step.h"

#include <check.h>

enum { INPUTS = 20, HIDDEN = 24, OUTPUTS = 6, STEPS = 4 };

static struct sterna_error error;

/* Small weights: rounding stays small, and nothing saturates. */
static struct sterna_model *make(enum sterna_cell cell, bool one_hot)
{
    const struct sterna_model_shape shape = {cell, INPUTS, HIDDEN, 2, OUTPUTS};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 3);
    ck_assert_ptr_nonnull(model);
    model->one_hot = one_hot;
    model->input_fraction = 6;
    for (size_t k = 0; k < 2; k++) {
        for (size_t row = 0; row < model->layer[k].hh.rows; row++) {
            model->layer[k].ih.scale_m[row] = model->layer[k].hh.scale_m[row] = (uint8_t)(128 + row % 128);
            model->layer[k].ih.scale_s[row] = model->layer[k].hh.scale_s[row] = 6;
        }
    }
    for (size_t row = 0; row < OUTPUTS; row++)
        model->output.scale_m[row] = 200, model->output.scale_s[row] = 6;
    return model;
}

START_TEST(logits_are_near_those_of_the_integers)
{
    struct sterna_model *model = make((enum sterna_cell)(_i / 2), _i % 2 == 0);
    struct sterna_fixed_state state;
    struct sterna_float *network = NULL;
    int32_t sums[OUTPUTS];
    float expected[OUTPUTS], logits[OUTPUTS], input[INPUTS], most = 0;
    int8_t dense[INPUTS];
    uint64_t seed = 4;
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    ck_assert_int_eq(sterna_float_new(model, &network, &error), STERNA_OK);
    for (int step = 0; step < STEPS; step++) {
        const size_t index = random_below(&seed, INPUTS);
        for (size_t i = 0; i < INPUTS; i++) {
            dense[i] = (int8_t)((int)random_below(&seed, 255) - 127);
            input[i] = (float)dense[i] / 64.0f;
        }
        if (model->one_hot)
            sterna_fixed_step_one_hot(model, &state, index, sums);
        else
            sterna_fixed_step(model, &state, dense, sums);
        sterna_float_step(network, model->one_hot ? NULL : input, index, logits);
        sterna_model_logits(model, sums, expected);
        for (size_t i = 0; i < OUTPUTS; i++) {
            most = fmaxf(most, fabsf(expected[i]));
            if (model->layer[0].cell != STERNA_CELL_RNN_SIGN ||
                step == 0) /* a sign may differ, and then all that follows */
                ck_assert_float_eq_tol(logits[i], expected[i], 0.04f);
        }
    }
    ck_assert_float_gt(most, 0.2f); /* there was something to compare */
    sterna_float_free(network);
    sterna_float_free(NULL);
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("float_step");
    TCase *tests = tcase_create("float_step");
    tcase_add_loop_test(tests, logits_are_near_those_of_the_integers, 0, 2 * STERNA_CELLS);
    suite_add_tcase(suite, tests);
    return suite;
}
