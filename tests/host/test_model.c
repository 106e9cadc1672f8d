/* test_model.c - models in memory: names, sizes. */
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

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_test(tcase, names_are_found_again);
    tcase_add_test(tcase, formats_hold_the_codes_they_should);
    tcase_add_test(tcase, arrays_are_as_large_as_the_cell_needs);
    tcase_add_test(tcase, sizes_without_sense_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
