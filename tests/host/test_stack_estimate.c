/* test_stack_estimate.c - a sequence through a stack takes its pieces' cycles, step by step. */
#include "stack_models.h"
#include "stack_piece.h"

#include <string.h>

#include <check.h>

static struct sterna_error error;
static struct sterna_model *model;

static void tear_down(void)
{
    sterna_model_free(model);
    model = NULL;
}

/* The cycles of a step of layer k as one piece. */
static uint64_t cycles_of(size_t k)
{
    const struct sterna_stack_piece all = {
        .rows = model->filters[k].weight.rows, .cols = model->filters[k].weight.cols, .whole = true};
    struct sterna_model *network = NULL;
    struct sterna_estimate estimate;
    ck_assert_int_eq(sterna_stack_piece_network(&model->filters[k], &all, &network, &error), STERNA_OK);
    ck_assert_int_eq(sterna_estimate_model(network, "up5k", &estimate, &error), STERNA_OK);
    sterna_model_free(network);
    return estimate.cycles;
}

START_TEST(a_sequence_is_the_sum_of_its_steps)
{
    struct sterna_estimate short_one, long_one;
    model = stack_model("conv 8 3, relu, max-pool 2, conv 5 1, relu", 6, 0);
    ck_assert_int_eq(sterna_estimate_sequence(model, "up5k", 8, &short_one, &error), STERNA_OK);
    ck_assert_int_eq(sterna_estimate_sequence(model, "up5k", 10, &long_one, &error), STERNA_OK);
    /* Two steps more are two places of the first convolution, one of the second, one frame for the output layer. */
    const uint64_t more = long_one.cycles - short_one.cycles, layers = 2 * cycles_of(0) + cycles_of(2);
    ck_assert_uint_gt(more, layers);
    ck_assert_uint_eq(short_one.cycles, 3 * more);
    ck_assert_uint_eq(long_one.cycles,
                      long_one.streaming + long_one.build_wait + long_one.gate_wait + long_one.gap);
}
END_TEST

START_TEST(what_cannot_be_estimated_is_told)
{
    struct sterna_estimate estimate;
    model = stack_model("conv 8 3, relu", 6, 0);
    ck_assert_int_eq(sterna_estimate_sequence(model, "up5k", 2, &estimate, &error), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_estimate_sequence(model, "up6k", 9, &estimate, &error), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "up6k"));
    ck_assert_int_eq(sterna_estimate_model(model, "up5k", &estimate, &error), STERNA_ERR_RANGE);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack_estimate");
    TCase *tcase = tcase_create("stack_estimate");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, a_sequence_is_the_sum_of_its_steps);
    tcase_add_test(tcase, what_cannot_be_estimated_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
