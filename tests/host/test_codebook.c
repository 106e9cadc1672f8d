/* test_codebook.c - the weights of a codebook are its words by name, group by group; what is not so is refused. */
#include <string.h>

#include "../random_model.h"

#include <check.h>

enum { ROWS = 3, COLS = 21 };

static struct sterna_model *model;
static struct sterna_matrix *matrix;
static struct sterna_error error;

static void set_up(void)
{
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_TANH, COLS, ROWS, 1, 1};
    model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    matrix = &model->layer[0].ih;
}

static void tear_down(void)
{
    sterna_model_free(model);
}

START_TEST(every_column_is_in_one_group)
{
    for (size_t elements = 1; elements <= STERNA_CODEBOOK_ELEMENTS; elements++)
        for (size_t cols = 1; cols < 200; cols += 7) {
            const size_t groups = sterna_codebook_groups(cols, elements);
            unsigned seen[200] = {0};
            for (size_t group = 0; group < groups; group++)
                for (size_t j = 0; j < elements; j++)
                    if (sterna_codebook_column(elements, group, j) < cols)
                        seen[sterna_codebook_column(elements, group, j)]++;
            for (size_t col = 0; col < cols; col++)
                ck_assert_uint_eq(seen[col], 1);
            ck_assert_uint_lt((groups / 8 - 1) * 8 * elements, cols); /* no block without a column */
        }
}
END_TEST

/* n = 2: group 1 has the columns 1 and 9, group 8 + 4 has 20 and none. */
START_TEST(names_say_the_weights)
{
    ck_assert_int_eq(sterna_codebook_new(matrix, 2, &error), STERNA_OK);
    ck_assert_uint_eq(matrix->book.groups, 16);
    matrix->book.word[2 * 5] = 100;
    matrix->book.word[2 * 5 + 1] = -3;
    matrix->book.name[16 + 1] = 5;
    matrix->book.name[16 + 12] = 5 | 0x80;
    sterna_codebook_expand(matrix);
    for (int col = 0; col < COLS; col++) {
        ck_assert_int_eq(matrix->code[COLS + col], col == 1 ? 100 : col == 9 ? -3 : col == 20 ? -100 : 0);
        ck_assert_int_eq(matrix->code[col], 0);
    }
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
}
END_TEST

START_TEST(words_are_used_if_a_column_has_them)
{
    bool used[STERNA_CODEBOOK_WORDS];
    ck_assert_int_eq(sterna_codebook_new(matrix, 2, &error), STERNA_OK);
    for (size_t row = 0; row < ROWS; row++)
        memset(matrix->book.name + row * 16, 9 + 0x80 * (int)(row % 2), 16);
    matrix->book.name[15] = 3; /* there is no column 23 */
    matrix->book.name[12] = 127;
    sterna_codebook_used(matrix, used);
    for (size_t w = 0; w < STERNA_CODEBOOK_WORDS; w++)
        ck_assert_int_eq(used[w], w == 9 || w == 127);
}
END_TEST

static void expect_refusal(const char *reason)
{
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_ERR_RANGE);
    ck_assert_msg(strstr(error.reason, reason) != NULL, "%s", error.reason);
}

START_TEST(what_is_no_codebook_is_refused)
{
    matrix->format = STERNA_FORMAT_CODEBOOK;
    expect_refusal("weight_ih_l0: weights of format codebook without a codebook");
    ck_assert_int_eq(sterna_codebook_new(matrix, 3, &error), STERNA_OK);
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    matrix->format = STERNA_FORMAT_INT8;
    expect_refusal("weight_ih_l0: weights of format int8 with a codebook");
    matrix->format = STERNA_FORMAT_CODEBOOK;
    matrix->code[2 * COLS + 4] = 1;
    expect_refusal("weight_ih_l0: weight 4 of row 2 is not what its codebook says");
    matrix->code[2 * COLS + 4] = 0;
    matrix->book.name[0] = 0x80;
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    matrix->book.word[3 * 7] = -128;
    expect_refusal("word 7 of the codebook has the element -128");
    matrix->book.word[3 * 7] = 0;
    ck_assert_int_eq(sterna_codebook_new(matrix, 2, &error), STERNA_OK);
    matrix->book.name[16 + 13] = 1; /* column 21 */
    expect_refusal("group 13 of row 1 has no column, but the name 1");
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook");
    TCase *tests = tcase_create("codebook");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_column_is_in_one_group);
    tcase_add_test(tests, names_say_the_weights);
    tcase_add_test(tests, words_are_used_if_a_column_has_them);
    tcase_add_test(tests, what_is_no_codebook_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
