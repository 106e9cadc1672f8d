/* test_parameters.c - names, places and first values of what a network learns. */
#include "parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantize.h"

#include <check.h>

enum { I = 11, H = 6, LAYERS = 2, O = 11, G = 3 };

static struct sterna_parameters parameters;

/* Two layers of a GRU on one-hot inputs; with gains, those of weight normalization. */
static struct sterna_parameters_shape gru_shape(bool gains)
{
    return (struct sterna_parameters_shape){.inputs = I,
                                            .hidden = H,
                                            .layers = LAYERS,
                                            .outputs = O,
                                            .gates = G,
                                            .one_hot = true,
                                            .gain_ih = gains,
                                            .gain_hh = gains,
                                            .gain_output = gains};
}

static void open_parameters(const struct sterna_parameters_shape *shape)
{
    ck_assert_int_eq(sterna_parameters_new(shape, &parameters, NULL), STERNA_OK);
}

static void tear_down(void)
{
    sterna_parameters_free(&parameters);
}

START_TEST(names_and_shapes_are_those_of_pytorch)
{
    static const struct {
        const char *name;
        size_t rows, cols;
    } expected[] = {{"weight_ih_l0", 18, 11},  {"weight_ih_l0.g", 18, 0},  {"weight_hh_l0", 18, 6},
                    {"weight_hh_l0.g", 18, 0}, {"bias_ih_l0", 18, 0},      {"bias_hh_l0", 18, 0},
                    {"weight_ih_l1", 18, 6},   {"weight_ih_l1.g", 18, 0},  {"weight_hh_l1", 18, 6},
                    {"weight_hh_l1.g", 18, 0}, {"bias_ih_l1", 18, 0},      {"bias_hh_l1", 18, 0},
                    {"linear.weight", 11, 6},  {"linear.weight.g", 11, 0}, {"linear.bias", 11, 0}};
    size_t offset = 0, there = 0;
    const struct sterna_parameters_shape shape = gru_shape(true);
    open_parameters(&shape);
    for (size_t i = 0; i < parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &parameters.list[i];
        if (tensor->count == 0) /* the running statistics of other normalizations */
            continue;
        ck_assert_uint_lt(there, sizeof expected / sizeof expected[0]);
        ck_assert_str_eq(tensor->name, expected[there].name);
        ck_assert_uint_eq(tensor->rows, expected[there].rows);
        ck_assert_uint_eq(tensor->cols, expected[there].cols);
        ck_assert_uint_eq(tensor->offset, offset);
        offset += tensor->count;
        there++;
    }
    ck_assert_uint_eq(there, sizeof expected / sizeof expected[0]);
    ck_assert_uint_eq(parameters.size, offset);
}
END_TEST

/* Behind the output layer's, a layer without weights having none. */
START_TEST(a_stack_has_its_convolutions_tensors)
{
    struct sterna_stack_shape stack;
    struct sterna_parameters_shape shape = gru_shape(true);
    ck_assert_int_eq(
        sterna_stack_shape_read("conv 4 3, batch-norm, relu, max-pool 2, conv 6 2 groups 2, relu", 5, 0,
                                &stack, NULL),
        STERNA_OK);
    shape.stack = &stack;
    shape.gain_stack = true;
    open_parameters(&shape);
    const size_t first = sterna_parameters_stack(&parameters, 0, STERNA_STACK_WEIGHT);
    const size_t third = sterna_parameters_stack(&parameters, 2, STERNA_STACK_WEIGHT);
    const struct sterna_parameter *list = parameters.list;
    ck_assert_str_eq(list[first].name, "stack.0.weight");
    ck_assert_uint_eq(list[first].rows, 4);
    ck_assert_uint_eq(list[first].cols, 15);
    ck_assert_str_eq(list[first + STERNA_STACK_VARIANCE].name, "stack.0.variance");
    ck_assert_str_eq(list[third].name, "stack.2.weight");
    ck_assert_uint_eq(list[third].cols, 2 * 4 / 2);
    ck_assert_uint_eq(list[third + STERNA_STACK_MEAN].count, 0);
    ck_assert_uint_eq(list[sterna_parameters_stack(&parameters, 1, STERNA_STACK_WEIGHT)].count, 0);
    float *value = calloc(parameters.size, sizeof *value);
    sterna_parameters_initialize(&parameters, 3, value);
    for (size_t r = 0; r < 4; r++) {
        ck_assert(value[list[first + STERNA_STACK_GAIN].offset + r] == 1.0f);
        ck_assert(value[list[first + STERNA_STACK_VARIANCE].offset + r] == 1.0f);
    }
    float square = 0.0f; /* of the first row of the last convolution: its gain */
    for (size_t i = 0; i < 4; i++)
        square += value[list[third].offset + i] * value[list[third].offset + i];
    ck_assert_float_eq_tol(value[list[third + STERNA_STACK_GAIN].offset], sqrtf(square), 1e-6f);
    free(value);
}
END_TEST

START_TEST(without_normalization_there_are_no_gains)
{
    float vector[4096];
    const struct sterna_parameters_shape shape = gru_shape(false);
    open_parameters(&shape);
    ck_assert_uint_le(parameters.size, 4096);
    ck_assert_ptr_null(sterna_parameters_at(&parameters, vector, 1, STERNA_GAIN_HH));
    ck_assert_ptr_null(sterna_parameters_at(&parameters, vector, LAYERS, STERNA_LINEAR_GAIN));
    ck_assert_ptr_nonnull(sterna_parameters_at(&parameters, vector, LAYERS, STERNA_LINEAR_BIAS));
}
END_TEST

START_TEST(first_values_fill_the_glorot_range_and_follow_the_seed)
{
    const struct sterna_parameters_shape shape = gru_shape(true);
    open_parameters(&shape);
    float *one = calloc(3 * parameters.size, sizeof *one), *same = one + parameters.size,
          *other = same + parameters.size;
    ck_assert_ptr_nonnull(one);
    sterna_parameters_initialize(&parameters, 1, one);
    sterna_parameters_initialize(&parameters, 1, same);
    sterna_parameters_initialize(&parameters, 2, other);
    ck_assert_mem_eq(one, same, parameters.size * sizeof *one);
    ck_assert_mem_ne(one, other, parameters.size * sizeof *one);
    const float *ih = sterna_parameters_at(&parameters, one, 0, STERNA_WEIGHT_IH);
    const float *gain = sterna_parameters_at(&parameters, one, 0, STERNA_GAIN_IH);
    const float bound = sterna_glorot_bound(I, H);
    float most = 0.0f;
    double square = 0.0;
    for (size_t i = 0; i < 3 * H * I; i++)
        most = fabsf(ih[i]) > most ? fabsf(ih[i]) : most;
    for (size_t c = 0; c < I; c++)
        square += (double)ih[c] * (double)ih[c];
    ck_assert(most <= bound && most > 0.9f * bound);
    ck_assert_double_lt(fabs((double)gain[0] - 8.0 * sqrt(square)), 1e-5);
    ck_assert(*sterna_parameters_at(&parameters, one, 0, STERNA_BIAS_IH) == 0.0f);
    free(one);
}
END_TEST

/* Layer normalization of an LSTM: gains begin at 1, the forget gate's bias too, running variances are 1 and means 0. */
START_TEST(shape_says_how_values_begin)
{
    struct sterna_parameters_shape shape = gru_shape(true);
    shape.gates = 4;
    shape.statistics_ih = shape.statistics_hh = true;
    shape.gain = 1.0f;
    shape.forget = 1.0f;
    shape.spread = 0.25f;
    open_parameters(&shape);
    float *value = calloc(parameters.size, sizeof *value);
    ck_assert_ptr_nonnull(value);
    sterna_parameters_initialize(&parameters, 1, value);
    for (size_t k = 0; k < LAYERS; k++) {
        const float *bias = sterna_parameters_in(&parameters, value, k, STERNA_BIAS_IH);
        const float *other = sterna_parameters_in(&parameters, value, k, STERNA_BIAS_HH);
        for (size_t r = 0; r < 4 * H; r++) {
            ck_assert(bias[r] == (r / H == 1 ? 1.0f : 0.0f));
            ck_assert(other[r] == 0.0f);
            ck_assert(sterna_parameters_in(&parameters, value, k, STERNA_GAIN_IH)[r] == 1.0f);
            ck_assert(sterna_parameters_in(&parameters, value, k, STERNA_GAIN_HH)[r] == 1.0f);
            ck_assert(sterna_parameters_in(&parameters, value, k, STERNA_MEAN_IH)[r] == 0.0f);
            ck_assert(sterna_parameters_in(&parameters, value, k, STERNA_VARIANCE_IH)[r] == 1.0f);
            ck_assert(sterna_parameters_in(&parameters, value, k, STERNA_VARIANCE_HH)[r] == 1.0f);
        }
        const float *hh = sterna_parameters_in(&parameters, value, k, STERNA_WEIGHT_HH);
        float most = 0.0f;
        for (size_t i = 0; i < 4 * H * H; i++)
            most = fabsf(hh[i]) > most ? fabsf(hh[i]) : most;
        ck_assert(most <= 0.25f && most > 0.2f);
    }
    free(value);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("parameters");
    TCase *tcase = tcase_create("parameters");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, names_and_shapes_are_those_of_pytorch);
    tcase_add_test(tcase, a_stack_has_its_convolutions_tensors);
    tcase_add_test(tcase, without_normalization_there_are_no_gains);
    tcase_add_test(tcase, first_values_fill_the_glorot_range_and_follow_the_seed);
    tcase_add_test(tcase, shape_says_how_values_begin);
    suite_add_tcase(suite, tcase);
    return suite;
}
