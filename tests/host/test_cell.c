/* test_cell.c - finding cells, and biases in the device's format. */
#include "cell.h"

#include <string.h>

#include <check.h>

START_TEST(cells_are_found_by_name)
{
    const struct sterna_cell_type *type = NULL;
    struct sterna_error error;
    ck_assert_int_eq(sterna_cell_find("gru", &type, NULL), STERNA_OK);
    ck_assert_ptr_eq(type, &sterna_gru);
    ck_assert_int_eq(sterna_cell_find("grue", &type, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "grue"));
}
END_TEST

START_TEST(bias_rounds_half_away_from_zero_and_saturates)
{
    ck_assert(sterna_cell_round_bias(1.0f) == 2048);
    ck_assert(sterna_cell_round_bias(2.5f / 2048.0f) == 3);
    ck_assert(sterna_cell_round_bias(-2.5f / 2048.0f) == -3);
    ck_assert(sterna_cell_round_bias(16.0f) == 32767);
    ck_assert(sterna_cell_round_bias(-1e9f) == -32767);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("cell");
    TCase *tcase = tcase_create("cell");
    tcase_add_test(tcase, cells_are_found_by_name);
    tcase_add_test(tcase, bias_rounds_half_away_from_zero_and_saturates);
    suite_add_tcase(suite, tcase);
    return suite;
}
