/* test_stack_estimate.c - a sequence through a stack takes its pieces' cycles, step by step. */
#include "device.h"
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

/* Of the pieces of layer k on a plane of `height` places behind it. */
static uint64_t cycles_of(size_t k, size_t height)
{
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_model *network = NULL;
    uint64_t cycles = 0;
    for (;;) {
        struct sterna_estimate one;
        ck_assert_int_eq(
            sterna_stack_piece_next(model, k, sterna_geometry_of("up5k"), height, &piece, &network, &error),
            STERNA_OK);
        if (network == NULL)
            return cycles;
        ck_assert_int_eq(sterna_estimate_model(network, "up5k", &one, &error), STERNA_OK);
        cycles += one.cycles * sterna_stack_piece_steps(&model->stack.layer[k], piece.places, height);
        sterna_model_free(network);
    }
}

/* Nine steps are seven places of the first convolution, three of the second, three frames for the output layer. */
START_TEST(a_sequence_is_the_sum_of_its_steps)
{
    struct sterna_estimate estimate, output;
    model = stack_model("conv 8 3 groups 2, relu, max-pool 2, conv 5 1, relu", 6, 0);
    ck_assert_int_eq(sterna_estimate_sequence(model, "up5k", 9, &estimate, &error), STERNA_OK);
    const uint64_t stack = cycles_of(0, 7) + cycles_of(2, 3), ideal = 7 * 2 * 4 + 3 * 5;
    struct sterna_model behind = *model;
    behind.stack.layers = 0;
    ck_assert_int_eq(sterna_estimate_model(&behind, "up5k", &output, &error), STERNA_OK);
    ck_assert_uint_eq(estimate.cycles, stack + 3 * output.cycles);
    ck_assert_uint_eq(estimate.ideal_cycles, ideal + 3 * output.ideal_cycles);
    ck_assert_uint_eq(estimate.cycles,
                      estimate.streaming + estimate.build_wait + estimate.gate_wait + estimate.gap);
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
