/* test_model_facts.c - what a model holds, and logits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../random_model.h"

#include <check.h>

static struct sterna_error error;

START_TEST(facts_count_weights_and_bytes)
{
    static char names[5][STERNA_CLASS_NAME] = {"a", "b", "c", "d", "e"};
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, 5, 3, 2, 5};
    struct sterna_model *model = NULL;
    struct sterna_model_facts facts;
    ck_assert_int_eq(sterna_model_new(&shape, &model, &error), STERNA_OK);
    sterna_model_set_formats(model, STERNA_FORMAT_BINARY, STERNA_FORMAT_TERNARY, STERNA_FORMAT_INT8);
    model->head = STERNA_HEAD_MEAN;
    model->input_fraction = 3;
    (void)snprintf(model->metric, sizeof model->metric, "accuracy");
    model->valid = 98.5;
    ck_assert_int_eq(sterna_model_set_classes(model, 5, names, &error), STERNA_OK);
    sterna_model_facts(model, &facts);
    ck_assert_str_eq(facts.cell, "lstm");
    ck_assert_str_eq(facts.format_input, "binary");
    ck_assert_str_eq(facts.format, "ternary");
    ck_assert_str_eq(facts.format_output, "int8");
    ck_assert_str_eq(facts.head, "mean");
    ck_assert_str_eq(facts.metric, "accuracy");
    ck_assert_double_eq(facts.valid, 98.5);
    ck_assert_uint_eq(facts.inputs, 5);
    ck_assert_uint_eq(facts.hidden, 3);
    ck_assert_uint_eq(facts.layers, 2);
    ck_assert_uint_eq(facts.outputs, 5);
    ck_assert_uint_eq(facts.classes, 5);
    ck_assert_uint_eq(facts.input_fraction, 3);
    ck_assert(!facts.one_hot);
    /* [12, 5] [12, 3], [12, 3] [12, 3], [5, 3]: 8, 5, 1 weights a byte, two bytes a row, two a bias (12, 12, 5) */
    ck_assert_uint_eq(facts.weights, 60 + 36 + 36 + 36 + 15);
    ck_assert_uint_eq(facts.bytes, (8 + 8 + 5 + 8 + 15) + 2 * (4 * 12 + 5) + 2 * (12 + 12 + 5));
    sterna_model_free(model);
}
END_TEST

static struct sterna_model *with_output(void)
{
    static const uint8_t m[5] = {200, 200, 255, 255, 0};
    static const uint8_t s[5] = {4, 4, 0, 31, 0};
    static const int16_t bias[5] = {-1024, 0, 0, 2048, 32767};
    struct sterna_model *model = random_model(5, 3, 1, 5, 1);
    ck_assert_ptr_nonnull(model);
    memcpy(model->output.scale_m, m, sizeof m);
    memcpy(model->output.scale_s, s, sizeof s);
    memcpy(model->output_bias, bias, sizeof bias);
    return model;
}

START_TEST(logits_are_the_scaled_sums)
{
    static const int32_t sums[5] = {3, -3, 8388607, -8388608, 0};
    struct sterna_model *model = with_output();
    float logits[5];
    sterna_model_logits(model, sums, logits);
    ck_assert_float_eq(logits[0], -0.481689453125F); /* 600 / 2^15 - 1/2 */
    ck_assert_float_eq(logits[1], -0.018310546875F);
    ck_assert_float_eq(logits[2], (float)(8388607.0 * 255 / 2048));
    ck_assert_float_eq(logits[3], (float)(1 - 255.0 / 524288));
    ck_assert_float_eq(logits[4], 15.99951171875F);
    sterna_model_free(model);
}
END_TEST

START_TEST(logits_of_the_mean_are_the_mean_of_the_logits)
{
    enum { STEPS = 37 };
    struct sterna_model *model = with_output();
    int64_t total[5] = {0};
    double expected[5] = {0};
    float logits[5];
    uint64_t seed = 1;
    for (size_t step = 0; step < STEPS; step++) {
        int32_t sums[5];
        for (size_t i = 0; i < 5; i++) {
            sums[i] = (int32_t)random_below(&seed, 1 << 24) - (1 << 23);
            total[i] += sums[i];
        }
        sterna_model_logits(model, sums, logits);
        for (size_t i = 0; i < 5; i++)
            expected[i] += (double)logits[i] / STEPS;
    }
    sterna_model_logits_mean(model, total, STEPS, logits);
    for (size_t i = 0; i < 5; i++)
        ck_assert_double_eq_tol((double)logits[i], expected[i], 1e-6 * (1 + fabs(expected[i])));
    sterna_model_free(model);
}
END_TEST

START_TEST(a_stack_is_counted_with_its_poolings_weighing_nothing)
{
    const struct sterna_model_shape shape = {.inputs = 6, .outputs = 3};
    struct sterna_stack_shape stack;
    struct sterna_model *model = NULL;
    struct sterna_model_facts facts;
    ck_assert_int_eq(
        sterna_stack_shape_read("conv 4 3x3 pad 1, relu, max-pool 2, flatten", 6, 8, &stack, &error),
        STERNA_OK);
    ck_assert_int_eq(sterna_model_new_behind(&stack, &shape, &model, &error), STERNA_OK);
    sterna_model_set_stack_format(model, STERNA_FORMAT_POW2);
    sterna_model_facts(model, &facts);
    ck_assert_str_eq(facts.stack, stack.text);
    ck_assert_str_eq(facts.format_input, "pow2");
    ck_assert_str_eq(facts.format_output, "ternary");
    ck_assert_uint_eq(facts.inputs, 6);
    ck_assert_uint_eq(facts.layers, 0);
    ck_assert_uint_eq(facts.hidden, 4 * 3 * 4);
    /* [4, 9] by two, [3, 48] by five to the byte; two bytes a row, two a bias */
    ck_assert_uint_eq(facts.weights, 36 + 144);
    ck_assert_uint_eq(facts.bytes, (18 + 29) + 2 * 7 + 2 * 7);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model_facts");
    TCase *tcase = tcase_create("model_facts");
    tcase_add_test(tcase, facts_count_weights_and_bytes);
    tcase_add_test(tcase, a_stack_is_counted_with_its_poolings_weighing_nothing);
    tcase_add_test(tcase, logits_are_the_scaled_sums);
    tcase_add_test(tcase, logits_of_the_mean_are_the_mean_of_the_logits);
    suite_add_tcase(suite, tcase);
    return suite;
}
