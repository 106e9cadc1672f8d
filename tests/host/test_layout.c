/* test_layout.c - overflow cannot happen: what could is refused, by layer, and nothing else is. (What a plan is worth is test_pack.c's
 * and test_tiling.c's.) */
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "layout.h"
#include "little_endian.h"
#include "machine.h"
#include "pack.h"
#include "protocol.h"

#include <check.h>

static struct sterna_error error;

static uint64_t most(unsigned bits)
{
    return (UINT64_C(1) << (bits - 1)) - 1;
}

/* Inputs and units in one layer, every weight 0 but those of one row of the output layer, which are 1. */
static struct sterna_model *one_row(size_t hidden)
{
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_TANH, 3, hidden, 1, 4};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    memset(model->layer[0].ih.code, 0, hidden * 3);
    memset(model->layer[0].hh.code, 0, hidden * hidden);
    memset(model->output.code, 0, 4 * hidden);
    memset(model->output.code + 2 * hidden, -1, hidden);
    return model;
}

static enum sterna_status plan(const struct sterna_model *model, const struct sterna_geometry *geometry)
{
    struct sterna_layout layout = {.sections = 0};
    enum sterna_status status = sterna_layout_plan(model, geometry, &layout, &error);
    sterna_layout_free(&layout);
    return status;
}

/* 129 * 127 = 16383 = 2^14 - 1. */
START_TEST(a_row_may_sum_to_the_last_bit_and_not_beyond)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.psum_w = 15;
    struct sterna_model *model = one_row(129);
    ck_assert_msg(plan(model, &geometry) == STERNA_OK, "%s", error.reason);
    sterna_model_free(model);
    model = one_row(130);
    ck_assert_int_eq(plan(model, &geometry), STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason, "needs 16510 as the largest sum, of row 2 of the output layer, the "
                                       "device has 16383, 127 too few"),
                  "%s", error.reason);
    geometry.psum_w = 16;
    ck_assert_int_eq(plan(model, &geometry), STERNA_OK);
    sterna_model_free(model);
}
END_TEST

/* Each of the parts of a layer is looked at, and named. */
START_TEST(the_part_that_could_overflow_is_named)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 9, 8, 2, 4};
    static const char *const name[] = {
        "row 5 of layer 0, input weights", "row 5 of layer 0, recurrent weights",
        "row 5 of layer 1, input weights", "row 5 of layer 1, recurrent weights"};
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.psum_w = 10; /* 4 weights of 1 */
    for (size_t part = 0; part < 4; part++) {
        struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
        ck_assert_ptr_nonnull(model);
        for (size_t k = 0; k < 2; k++) {
            memset(model->layer[k].ih.code, 0, model->layer[k].ih.rows * model->layer[k].ih.cols);
            memset(model->layer[k].hh.code, 0, model->layer[k].hh.rows * model->layer[k].hh.cols);
        }
        memset(model->output.code, 0, model->output.rows * model->output.cols);
        struct sterna_matrix *matrix = part % 2 ? &model->layer[part / 2].hh : &model->layer[part / 2].ih;
        memset(matrix->code + 5 * matrix->cols + 1, 1, 4);
        ck_assert_msg(plan(model, &geometry) == STERNA_OK, "%s", error.reason);
        memset(matrix->code + 5 * matrix->cols + 1, 1, 5);
        ck_assert_int_eq(plan(model, &geometry), STERNA_ERR_FIT);
        ck_assert_msg(strstr(error.reason, name[part]), "%s", error.reason);
        sterna_model_free(model);
    }
}
END_TEST

/* A format with a table of every width: either every program of the plan stays within it, or the layer is named. */
START_TEST(no_table_is_planned_that_could_overflow)
{
    const enum sterna_format format = (enum sterna_format)_i;
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, 11, 70, 1, 4};
    struct sterna_model *model = random_model_of(&shape, format, 1);
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    unsigned refused = 0;
    ck_assert_ptr_nonnull(model);
    for (geometry.table_w = 16; geometry.table_w >= 6; geometry.table_w--) {
        struct sterna_layout layout = {.sections = 0};
        struct sterna_program program;
        if (sterna_layout_plan(model, &geometry, &layout, &error) != STERNA_OK) {
            ck_assert_msg(strstr(error.reason, "as the largest table entry for") &&
                              strstr(error.reason, "weights in layer 0, input weights"),
                          "%s", error.reason);
            refused++;
            continue;
        }
        ck_assert_uint_eq(refused, 0); /* what a narrow table holds a wider one does */
        for (size_t k = 0; k < layout.sections; k++)
            for (size_t p = 0; p < STERNA_PARTS; p++)
                if (layout.section[k].part[p].matrix) {
                    sterna_program_make(format, layout.section[k].part[p].elements, &program);
                    ck_assert_uint_le(sterna_program_reach(&program), most(geometry.table_w));
                }
        sterna_layout_free(&layout);
    }
    /* The most weights to the byte are tried last; the width that holds their sums, and the next one. */
    struct sterna_program program;
    sterna_program_make(format, sterna_program_most(format), &program);
    for (geometry.table_w = 16; most(geometry.table_w - 1) >= sterna_program_reach(&program);)
        geometry.table_w--;
    ck_assert_msg(plan(model, &geometry) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_gt(refused, 0);
    sterna_model_free(model);
}
END_TEST

/* A whole machine at the very edge: activations of 127, 520 weights of 127 and one of 12. */
START_TEST(sums_up_to_the_last_of_24_bits_are_exact)
{
    enum { COLUMNS = 521, LARGEST = 127 * (520 * 127 + 12) };
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_RELU, 1, COLUMNS, 1, 2};
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_INT8, 1);
    struct sterna_image image;
    struct sterna_machine machine;
    ck_assert_ptr_nonnull(model);
    geometry.weight_bytes = 1 << 22;
    geometry.scales = geometry.biases = geometry.activation_bytes = 1 << 13;
    struct sterna_layer *layer = &model->layer[0];
    memset(layer->ih.code, 0, COLUMNS);
    memset(layer->hh.code, 0, (size_t)COLUMNS * COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) /* every unit is 127 */
        layer->bias[i] = INT16_MAX;
    memset(model->output.code, 127, COLUMNS);
    memset(model->output.code + COLUMNS, -127, COLUMNS);
    model->output.code[7] = 12;
    model->output.code[COLUMNS + 7] = -12;
    ck_assert_msg(sterna_pack(model, &geometry, &image, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_machine_init(&machine, &geometry), STERNA_OK);
    for (size_t i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        memcpy(machine.memory[i], image.memory[i].bytes, image.memory[i].size);
    uint8_t results[2 * 3];
    struct sterna_results into = {.bytes = results, .capacity = sizeof results};
    sterna_machine_step(&machine, &into);
    ck_assert_uint_eq(into.size, sizeof results);
    ck_assert_int_eq(sterna_get_le24(results), LARGEST);
    ck_assert_int_eq(sterna_get_le24(results + 3), (1 << 24) - LARGEST);
    model->output.code[COLUMNS + 7] = -13;
    ck_assert_int_eq(plan(model, &geometry), STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason, "needs 8388731 as the largest sum, of row 1 of the output layer"),
                  "%s", error.reason);
    sterna_machine_free(&machine);
    sterna_image_free(&image);
    sterna_model_free(model);
}
END_TEST

START_TEST(whose_step_program_is_too_long_is_told)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    struct sterna_model *model = one_row(129);
    geometry.program_bytes = 8;
    ck_assert_int_eq(plan(model, &geometry), STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason, "bytes of step programs (the longest, ") != NULL &&
                      strstr(error.reason, " for layer 0, ") != NULL,
                  "%s", error.reason);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("layout");
    TCase *tests = tcase_create("layout");
    tcase_add_test(tests, a_row_may_sum_to_the_last_bit_and_not_beyond);
    tcase_add_test(tests, the_part_that_could_overflow_is_named);
    /* The program of a codebook follows from its matrix: test_pack.c */
    tcase_add_loop_test(tests, no_table_is_planned_that_could_overflow, 0, STERNA_FORMAT_CODEBOOK);
    tcase_add_test(tests, sums_up_to_the_last_of_24_bits_are_exact);
    tcase_add_test(tests, whose_step_program_is_too_long_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
