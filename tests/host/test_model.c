/* test_model.c - models in memory: names, sizes, facts, logits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../random_model.h"

#include <check.h>

static struct sterna_error error;

START_TEST(names_are_found_again)
{
    enum sterna_format format;
    enum sterna_cell cell;
    enum sterna_head head;
    for (int i = 0; i < STERNA_FORMATS; i++) {
        ck_assert_int_eq(sterna_format_find(sterna_format_name((enum sterna_format)i), &format, &error),
                         STERNA_OK);
        ck_assert_int_eq((int)format, i);
    }
    for (int i = 0; i < STERNA_CELLS; i++) {
        ck_assert_int_eq(sterna_cell_by_name(sterna_cell_name((enum sterna_cell)i), &cell, &error),
                         STERNA_OK);
        ck_assert_int_eq((int)cell, i);
    }
    for (int i = 0; i < STERNA_HEADS; i++) {
        ck_assert_int_eq(sterna_head_by_name(sterna_head_name((enum sterna_head)i), &head, &error),
                         STERNA_OK);
        ck_assert_int_eq((int)head, i);
    }
    ck_assert_int_eq(sterna_cell_by_name("GRU", &cell, &error), STERNA_ERR_FORMAT);
    ck_assert_str_eq(error.reason, "unknown cell 'GRU': there are gru, lstm, rnn-tanh, rnn-relu, rnn-sign");
    ck_assert_int_eq((int)cell, STERNA_CELLS - 1);
}
END_TEST

START_TEST(formats_hold_the_codes_they_should)
{
    static const int codes[STERNA_FORMATS] = {3, 15, 2, 15, 255, 255};
    for (int format = 0; format < STERNA_FORMATS; format++) {
        int count = 0;
        for (int code = -300; code <= 300; code++) {
            bool has = sterna_format_has((enum sterna_format)format, code);
            ck_assert(has == sterna_format_has((enum sterna_format)format, -code));
            ck_assert(!has || abs(code) <= sterna_format_limit((enum sterna_format)format));
            count += has;
        }
        ck_assert_int_eq(count, codes[format]);
        ck_assert(
            sterna_format_has((enum sterna_format)format, sterna_format_limit((enum sterna_format)format)));
    }
}
END_TEST

START_TEST(arrays_are_as_large_as_the_cell_needs)
{
    static const size_t gates[STERNA_CELLS] = {3, 4, 1, 1, 1}, biases[STERNA_CELLS] = {4, 4, 1, 1, 1};
    static const int ones[STERNA_CELLS] = {128, 128, 128, 32, 64};
    for (int cell = 0; cell < STERNA_CELLS; cell++) {
        const struct sterna_model_shape shape = {(enum sterna_cell)cell, 5, 7, 2, 3};
        struct sterna_model *model = NULL;
        ck_assert_int_eq(sterna_model_new(&shape, &model, &error), STERNA_OK);
        ck_assert_uint_eq(sterna_cell_gates((enum sterna_cell)cell), gates[cell]);
        ck_assert_uint_eq(sterna_cell_biases((enum sterna_cell)cell), biases[cell]);
        ck_assert_int_eq(sterna_cell_one((enum sterna_cell)cell), ones[cell]);
        ck_assert_uint_eq(model->layer[0].ih.rows, 7 * gates[cell]);
        ck_assert_uint_eq(model->layer[0].ih.cols, 5);
        ck_assert_uint_eq(model->layer[1].ih.cols, 7);
        ck_assert_uint_eq(model->layer[1].hh.rows, 7 * gates[cell]);
        ck_assert_uint_eq(model->output.rows, 3);
        model->layer[1].bias[7 * biases[cell] - 1] = 1;
        sterna_model_free(model);
    }
}
END_TEST

START_TEST(sizes_without_sense_are_refused)
{
    static const size_t sizes[][4] = {{0, 1, 1, 1},     {1, 0, 1, 1},     {1, 1, 0, 1},  {1, 1, 1, 0},
                                      {16385, 1, 1, 1}, {1, 16385, 1, 1}, {1, 1, 65, 1}, {1, 1, 1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct sterna_model_shape shape = {STERNA_CELL_LSTM, sizes[i][0], sizes[i][1], sizes[i][2],
                                                 sizes[i][3]};
        struct sterna_model *created = NULL;
        ck_assert_int_eq(sterna_model_new(&shape, &created, &error), STERNA_ERR_RANGE);
        ck_assert_ptr_null(created);
    }
}
END_TEST

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

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_test(tcase, names_are_found_again);
    tcase_add_test(tcase, formats_hold_the_codes_they_should);
    tcase_add_test(tcase, arrays_are_as_large_as_the_cell_needs);
    tcase_add_test(tcase, sizes_without_sense_are_refused);
    tcase_add_test(tcase, facts_count_weights_and_bytes);
    tcase_add_test(tcase, logits_are_the_scaled_sums);
    tcase_add_test(tcase, logits_of_the_mean_are_the_mean_of_the_logits);
    suite_add_tcase(suite, tcase);
    return suite;
}
