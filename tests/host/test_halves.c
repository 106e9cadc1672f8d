/* test_halves.c - a row's two halves are small, and say together what the row says. */
#include <stdlib.h>

#include "../random_model.h"
#include "halves.h"

#include <check.h>

START_TEST(low_and_eight_times_high_is_the_weight)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 3, 37, 1, 11};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_POW2, 5);
    ck_assert_ptr_nonnull(model);
    struct sterna_matrix *halves = sterna_halves_new(&model->output);
    ck_assert_ptr_nonnull(halves);
    ck_assert_uint_eq(halves->rows, 22);
    ck_assert_uint_eq(halves->cols, 37);
    bool large = false;
    for (size_t row = 0; row < 11; row++)
        for (size_t col = 0; col < 37; col++) {
            const int low = halves->code[2 * row * 37 + col], high = halves->code[(2 * row + 1) * 37 + col];
            ck_assert_int_eq(low + 8 * high, model->output.code[row * 37 + col]);
            ck_assert_int_lt(abs(low), 8);
            ck_assert_int_le(abs(high), 8);
            large = large || abs(high) == 8;
        }
    ck_assert(large);
    sterna_halves_free(halves);
    sterna_halves_free(NULL);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("halves");
    TCase *tests = tcase_create("halves");
    tcase_add_test(tests, low_and_eight_times_high_is_the_weight);
    suite_add_tcase(suite, tests);
    return suite;
}
