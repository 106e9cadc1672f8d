/* test_estimate.c - an estimate adds up, names what does not fit and knows its targets. (That it is the device's is
 * tests/link/test_estimate_sim.c's claim.) */
#include <string.h>

#include "../random_model.h"
#include "sterna.h"

#include <check.h>

static struct sterna_model *model_of(enum sterna_cell cell, size_t hidden)
{
    const struct sterna_model_shape shape = {cell, 40, hidden, 1, 10};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    return model;
}

START_TEST(the_parts_add_up_and_the_limit_is_the_weight_memory)
{
    struct sterna_model *model = model_of(STERNA_CELL_GRU, 256);
    struct sterna_estimate estimate;
    ck_assert_int_eq(sterna_estimate_model(model, "up5k", &estimate, NULL), STERNA_OK);
    ck_assert_uint_eq(estimate.cycles,
                      estimate.streaming + estimate.build_wait + estimate.gate_wait + estimate.gap);
    ck_assert_uint_eq(estimate.ideal_cycles, 768 * (1 + 7));
    ck_assert_uint_ge(estimate.streaming - estimate.output, estimate.ideal_cycles);
    ck_assert(estimate.padding > 0.074 && estimate.padding < 0.076); /* 296 columns in 8 blocks of 40 */
    ck_assert_uint_eq(estimate.load.scales, 6 * 256);
    sterna_model_free(model);
}
END_TEST

START_TEST(what_does_not_fit_is_named)
{
    struct sterna_model *model = model_of(STERNA_CELL_LSTM, 512);
    struct sterna_estimate estimate;
    struct sterna_error error = {""};
    ck_assert_int_eq(sterna_estimate_model(model, "up5k", &estimate, &error), STERNA_ERR_FIT);
    ck_assert_ptr_nonnull(strstr(error.reason, "too few"));
    ck_assert_int_eq(sterna_estimate_model(model, "up6k", &estimate, &error), STERNA_ERR_MISSING);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("estimate");
    TCase *tests = tcase_create("estimate");
    tcase_add_test(tests, the_parts_add_up_and_the_limit_is_the_weight_memory);
    tcase_add_test(tests, what_does_not_fit_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
