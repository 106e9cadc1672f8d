/* test_model_check.c - a model whose values make no sense is refused, and says which they are. */
#include <math.h>

#include "model_scratch.h"

static void expect_invalid(const char *reason)
{
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_ERR_RANGE);
    ck_assert_msg(strstr(error.reason, reason) != NULL, "%s, expected %s", error.reason, reason);
}

START_TEST(codes_outside_their_format_are_refused)
{
    static const struct {
        enum sterna_format format;
        int8_t code;
    } wrong[] = {{STERNA_FORMAT_TERNARY, 2}, {STERNA_FORMAT_TERNARY, -128}, {STERNA_FORMAT_BINARY, 0},
                 {STERNA_FORMAT_BINARY, 2},  {STERNA_FORMAT_INT4, 8},       {STERNA_FORMAT_INT4, -8},
                 {STERNA_FORMAT_INT8, -128}, {STERNA_FORMAT_POW2, 3},       {STERNA_FORMAT_POW2, -96}};
    char reason[100];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sterna_matrix *matrix = &model->layer[1].hh;
        matrix->format = wrong[i].format;
        memset(matrix->code, 1, matrix->rows * matrix->cols);
        ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
        matrix->code[8] = wrong[i].code;
        (void)snprintf(reason, sizeof reason, "weight_hh_l1: code %d in row 2 is none of %s", wrong[i].code,
                       sterna_format_name(wrong[i].format));
        expect_invalid(reason);
    }
}
END_TEST

/* 127 * 127 = 16129; 520 columns of 127 are 8387080, 521 are 8403209. */
START_TEST(a_row_that_could_overflow_is_named)
{
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, 521, 2, 1, 2};
    sterna_model_free(model);
    model = random_model_of(&shape, STERNA_FORMAT_INT8, 4);
    struct sterna_matrix *ih = &model->layer[0].ih;
    memset(ih->code, -127, ih->rows * ih->cols);
    for (size_t row = 0; row < ih->rows; row++)
        ih->code[row * ih->cols] = 0;
    ck_assert_msg(sterna_model_check(model, &error) == STERNA_OK, "%s", error.reason);
    ih->code[5 * ih->cols] = 12; /* 8387080 + 1524 = 8388604 */
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    ih->code[5 * ih->cols] = -13;
    expect_invalid("weight_ih_l0: row 5 can sum to 8388731, at most 8388607 is allowed");
}
END_TEST

START_TEST(shifts_beyond_31_are_refused)
{
    model->output.scale_s[3] = 32;
    expect_invalid("linear.weight: scale_s 32 in row 3, at most 31");
}
END_TEST

START_TEST(text_has_an_ascending_alphabet_and_predicts_the_next_symbol)
{
    model->alphabet[2] = ' ';
    expect_invalid("not ascending at symbol 2");
    model->alphabet[2] = 'a';
    model->symbols = 4;
    expect_invalid("an alphabet of 4 symbols for 5 inputs and 5 outputs");
    model->symbols = 5;
    model->head = STERNA_HEAD_LAST;
    expect_invalid("not \"last\"");
    model->head = STERNA_HEAD_NEXT;
    model->one_hot = false;
    expect_invalid("from dense");
}
END_TEST

START_TEST(classes_have_one_name_per_output_in_one_line)
{
    char names[OUTPUTS][STERNA_CLASS_NAME] = {"a", "b", "c", "d", "e"};
    ck_assert_int_eq(sterna_model_set_classes(model, 4, names, &error), STERNA_OK);
    expect_invalid("4 class names for 5 outputs");
    ck_assert_int_eq(sterna_model_set_classes(model, 5, names, &error), STERNA_OK);
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    model->class_name[4][0] = '\0';
    expect_invalid("the name of class 4");
    (void)snprintf(model->class_name[4], STERNA_CLASS_NAME, "two\nlines");
    expect_invalid("the name of class 4");
    (void)snprintf(model->class_name[4], STERNA_CLASS_NAME, "\xC3");
    expect_invalid("the name of class 4");
    memset(model->class_name[4], 'x', STERNA_CLASS_NAME);
    expect_invalid("the name of class 4");
    ck_assert_int_eq(sterna_model_set_classes(model, 0, NULL, &error), STERNA_OK);
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
}
END_TEST

START_TEST(input_fraction_and_metric_are_known_ones)
{
    model->input_fraction = 8;
    expect_invalid("input_fraction is 8, at most 7");
    model->input_fraction = 7;
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    (void)snprintf(model->metric, sizeof model->metric, "luck");
    expect_invalid("metric is \"luck\"");
}
END_TEST

START_TEST(front_end_and_inputs_agree)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 6, 2, 1, 2};
    sterna_model_free(model);
    model = random_model_of(&shape, STERNA_FORMAT_BINARY, 4);
    make_sound(model);
    expect_invalid("the front end gives 6 values for 6 one-hot inputs");
    model->one_hot = false;
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    model->front_end.deltas = 1;
    expect_invalid("the front end gives 12 values for 6 dense inputs");
    model->front_end.deltas = 3;
    expect_invalid("deltas");
    model->front_end.deltas = 0;
    model->deviation[5] = 0;
    expect_invalid("deviation 0 of value 5");
    model->deviation[5] = NAN;
    expect_invalid("deviation nan of value 5");
    model->deviation[5] = 1;
    model->mean[0] = INFINITY;
    expect_invalid("mean inf");
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model_check");
    TCase *tcase = tcase_create("model_check");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, codes_outside_their_format_are_refused);
    tcase_add_test(tcase, a_row_that_could_overflow_is_named);
    tcase_add_test(tcase, shifts_beyond_31_are_refused);
    tcase_add_test(tcase, text_has_an_ascending_alphabet_and_predicts_the_next_symbol);
    tcase_add_test(tcase, classes_have_one_name_per_output_in_one_line);
    tcase_add_test(tcase, input_fraction_and_metric_are_known_ones);
    tcase_add_test(tcase, front_end_and_inputs_agree);
    suite_add_tcase(suite, tcase);
    return suite;
}
