/* test_parameters.c - names, places and first values of what a network learns. */
#include "parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantize.h"

#include <check.h>

enum { I = 11, H = 6, LAYERS = 2, O = 11, G = 3 };

static struct sterna_parameters parameters;

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
    size_t offset = 0;
    ck_assert_int_eq(sterna_parameters_new(I, H, LAYERS, O, G, true, &parameters, NULL), STERNA_OK);
    ck_assert_uint_eq(parameters.tensors, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &parameters.list[i];
        ck_assert_str_eq(tensor->name, expected[i].name);
        ck_assert_uint_eq(tensor->rows, expected[i].rows);
        ck_assert_uint_eq(tensor->cols, expected[i].cols);
        ck_assert_uint_eq(tensor->offset, offset);
        offset += tensor->count;
    }
    ck_assert_uint_eq(parameters.size, offset);
}
END_TEST

START_TEST(without_normalization_there_are_no_gains)
{
    float vector[4096];
    ck_assert_int_eq(sterna_parameters_new(I, H, LAYERS, O, G, false, &parameters, NULL), STERNA_OK);
    ck_assert_uint_le(parameters.size, 4096);
    ck_assert_ptr_null(sterna_parameters_at(&parameters, vector, 1, STERNA_GAIN_HH));
    ck_assert_ptr_null(sterna_parameters_at(&parameters, vector, LAYERS, STERNA_LINEAR_GAIN));
    ck_assert_ptr_nonnull(sterna_parameters_at(&parameters, vector, LAYERS, STERNA_LINEAR_BIAS));
}
END_TEST

START_TEST(first_values_fill_the_glorot_range_and_follow_the_seed)
{
    ck_assert_int_eq(sterna_parameters_new(I, H, LAYERS, O, G, true, &parameters, NULL), STERNA_OK);
    float *one = calloc(3 * parameters.size, sizeof *one), *same = one + parameters.size,
          *other = same + parameters.size;
    ck_assert_ptr_nonnull(one);
    sterna_parameters_initialize(&parameters, G, 1, one);
    sterna_parameters_initialize(&parameters, G, 1, same);
    sterna_parameters_initialize(&parameters, G, 2, other);
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

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("parameters");
    TCase *tcase = tcase_create("parameters");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, names_and_shapes_are_those_of_pytorch);
    tcase_add_test(tcase, without_normalization_there_are_no_gains);
    tcase_add_test(tcase, first_values_fill_the_glorot_range_and_follow_the_seed);
    suite_add_tcase(suite, tcase);
    return suite;
}
