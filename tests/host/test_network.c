/* test_network.c - recipes and models to networks. */
#include "gradient_check.h"
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

static struct sterna_network network;
static struct sterna_recipe recipe;
static struct sterna_error error;

static void set_up(void)
{
    sterna_recipe_default(&recipe);
    recipe.hidden = 8;
    recipe.layers = 2;
}

static void tear_down(void)
{
    sterna_network_free(&network);
}

static const struct sterna_network_ends text = {.inputs = 5, .outputs = 5, .one_hot = true};

static enum sterna_status open_network(bool master)
{
    return sterna_network_new(&recipe, &text, master, &network, &error);
}

START_TEST(master_weights_are_not_quantized)
{
    const struct sterna_preparation preparation = {0};
    snprintf(recipe.normalization, sizeof recipe.normalization, "none");
    ck_assert_int_eq(open_network(true), STERNA_OK);
    ck_assert(!sterna_network_deployable(&network));
    float *value = calloc(network.parameters.size, sizeof *value);
    sterna_parameters_initialize(&network.parameters, 1, value);
    sterna_network_prepare(&network, &preparation, false, NULL, value);
    const float *hh = sterna_parameters_at(&network.parameters, value, 1, STERNA_WEIGHT_HH);
    ck_assert_mem_eq(network.layer[1].hh.value, hh, 24 * 8 * sizeof *hh);
    free(value);
}
END_TEST

static const char *name_of(const struct sterna_weight *weight)
{
    return weight->quantizer->name;
}

START_TEST(each_matrix_has_its_own_quantizer)
{
    snprintf(recipe.quantizer, sizeof recipe.quantizer, "ternary");
    snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "pow2");
    snprintf(recipe.quantizer_bias, sizeof recipe.quantizer_bias, "exponential");
    ck_assert_int_eq(open_network(false), STERNA_OK);
    ck_assert_str_eq(name_of(&network.layer[0].ih), "ternary"); /* the same as the recurrent ones' */
    ck_assert_str_eq(network.quantizer_bias->name, "exponential");
    sterna_network_free(&network);
    snprintf(recipe.quantizer_input, sizeof recipe.quantizer_input, "binary");
    ck_assert_int_eq(open_network(false), STERNA_OK);
    ck_assert(sterna_network_deployable(&network));
    for (size_t k = 0; k < 2; k++) {
        ck_assert_str_eq(name_of(&network.layer[k].ih), "binary");
        ck_assert_str_eq(name_of(&network.layer[k].hh), "ternary");
    }
    ck_assert_str_eq(name_of(&network.output.weight), "pow2");
    sterna_network_free(&network);
    snprintf(recipe.quantizer_input, sizeof recipe.quantizer_input, "float");
    ck_assert_int_eq(open_network(false), STERNA_OK);
    ck_assert(!sterna_network_deployable(&network));
}
END_TEST

START_TEST(magnitude_is_a_multiple_of_the_glorot_bound_or_one)
{
    static const struct {
        const char *name;
        float times; /* 0: one */
    } magnitude[] = {{"glorot", 1.0f}, {"half-glorot", 0.5f}, {"one", 0.0f}};
    const float in = sterna_glorot_bound(5, 8), bound = sterna_glorot_bound(8, 8);
    const float out = sterna_glorot_bound(8, 5), times = magnitude[_i].times;
    snprintf(recipe.magnitude, sizeof recipe.magnitude, "%s", magnitude[_i].name);
    ck_assert_int_eq(open_network(false), STERNA_OK);
    ck_assert(network.layer[0].ih.grid.unit == (times > 0.0f ? times * in : 1.0f));
    ck_assert(network.layer[1].ih.grid.unit == (times > 0.0f ? times * bound : 1.0f));
    ck_assert(network.layer[0].hh.grid.unit == (times > 0.0f ? times * bound : 1.0f));
    ck_assert(network.output.weight.grid.unit == (times > 0.0f ? times * out : 1.0f));
}
END_TEST

START_TEST(weights_are_found_by_their_place_in_the_parameters)
{
    ck_assert_int_eq(open_network(false), STERNA_OK);
    for (size_t i = 0; i < network.parameters.tensors; i++) {
        const char *name = network.parameters.list[i].name;
        const struct sterna_weight *expected = strcmp(name, "weight_ih_l0") == 0    ? &network.layer[0].ih
                                               : strcmp(name, "weight_hh_l0") == 0  ? &network.layer[0].hh
                                               : strcmp(name, "weight_ih_l1") == 0  ? &network.layer[1].ih
                                               : strcmp(name, "weight_hh_l1") == 0  ? &network.layer[1].hh
                                               : strcmp(name, "linear.weight") == 0 ? &network.output.weight
                                                                                    : NULL;
        ck_assert_ptr_eq(sterna_network_weight(&network, i), expected);
    }
}
END_TEST

/* A row's factor and what it subtracts, as constants: gain / sqrt(variance + 1e-5), and that times the mean. */
static double factor_of(const float *value, bool hh, size_t row, double *offset)
{
    const struct sterna_parameters *of = &network.parameters;
    const double gain = (double)sterna_parameters_in(of, value, 1, hh ? STERNA_GAIN_HH : STERNA_GAIN_IH)[row];
    const double mean = (double)sterna_parameters_in(of, value, 1, hh ? STERNA_MEAN_HH : STERNA_MEAN_IH)[row];
    const double variance =
        (double)sterna_parameters_in(of, value, 1, hh ? STERNA_VARIANCE_HH : STERNA_VARIANCE_IH)[row];
    *offset = gain / sqrt(variance + 1e-5) * mean;
    return gain / sqrt(variance + 1e-5);
}

START_TEST(normalized_products_become_row_scales_and_biases)
{
    const struct sterna_preparation deployed = {.integer = true};
    uint64_t seed = 6;
    snprintf(recipe.normalization, sizeof recipe.normalization, "layer");
    ck_assert_int_eq(open_network(false), STERNA_OK);
    float *value = calloc(network.parameters.size, sizeof *value);
    random_values(value, network.parameters.size, 0.7f, &seed);
    for (size_t i = 0; i < 2 * 24; i++) { /* variances are positive */
        sterna_parameters_at(&network.parameters, value, i / 24, STERNA_VARIANCE_IH)[i % 24] =
            0.5f + 0.1f * (float)i;
        sterna_parameters_at(&network.parameters, value, i / 24, STERNA_VARIANCE_HH)[i % 24] =
            6.0f - 0.1f * (float)i;
    }
    sterna_network_prepare(&network, &deployed, false, NULL, value);
    const struct sterna_recurrent *layer = &network.layer[1];
    const float *bias_ih = sterna_parameters_in(&network.parameters, value, 1, STERNA_BIAS_IH);
    const float *bias_hh = sterna_parameters_in(&network.parameters, value, 1, STERNA_BIAS_HH);
    for (size_t r = 0; r < 24; r++) {
        double from_ih = 0.0, from_hh = 0.0;
        const double ih = factor_of(value, false, r, &from_ih) * (double)layer->ih.scale[r];
        const double hh = factor_of(value, true, r, &from_hh) * (double)layer->hh.scale[r];
        ck_assert_double_le(fabs((double)layer->ih.row[r] - ih), fabs(ih) / 250.0); /* scales of 8 bits */
        ck_assert_double_le(fabs((double)layer->hh.row[r] - hh), fabs(hh) / 250.0);
        const double x = (double)bias_ih[r] - from_ih, h = (double)bias_hh[r] - from_hh;
        ck_assert_double_eq_tol((double)layer->bias[r], r < 16 ? x + h : x,
                                1e-5); /* r and z; n keeps apart */
        if (r >= 16)
            ck_assert_double_eq_tol((double)layer->bias[r + 8], h, 1e-5);
    }
    free(value);
}
END_TEST

/* value = code * m / 2^s, times 64 / 2048 behind a one-hot input and 128 / 2048 behind h. */
START_TEST(imported_model_has_the_weights_it_stands_for)
{
    struct sterna_model *model = random_model(5, 8, 2, 7, 3);
    ck_assert_ptr_nonnull(model);
    model->symbols = 5;
    ck_assert_int_eq(sterna_network_import(model, &network, &error), STERNA_OK);
    const struct sterna_matrix *ih = &model->layer[0].ih, *hh = &model->layer[1].hh;
    for (size_t i = 0; i < 24 * 5; i++) {
        const size_t row = i / 5;
        float expected = ldexpf((float)(ih->code[i] * ih->scale_m[row]), -ih->scale_s[row]) / 32.0f;
        ck_assert(network.layer[0].ih.value[i] == expected);
    }
    for (size_t i = 0; i < 24 * 8; i++) {
        const size_t row = i / 8;
        float expected = ldexpf((float)(hh->code[i] * hh->scale_m[row]), -hh->scale_s[row]) / 16.0f;
        ck_assert(network.layer[1].hh.value[i] == expected);
    }
    for (size_t i = 0; i < 4 * 8; i++)
        ck_assert(network.layer[1].bias[i] == (float)model->layer[1].bias[i] / 2048.0f);
    sterna_model_free(model);
}
END_TEST

START_TEST(unknown_names_are_refused)
{
    snprintf(recipe.normalization, sizeof recipe.normalization, "group");
    ck_assert_int_eq(open_network(false), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "group"));
    sterna_recipe_default(&recipe);
    recipe.layers = 65;
    ck_assert_int_eq(open_network(false), STERNA_ERR_RANGE);
    sterna_recipe_default(&recipe);
    recipe.levels = 4;
    ck_assert_int_eq(open_network(false), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "levels = 4"));
    sterna_recipe_default(&recipe);
    recipe.integer_bits = 4;
    recipe.fraction_bits = 4;
    ck_assert_int_eq(open_network(false), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "integer_bits + fraction_bits = 8"));
    sterna_recipe_default(&recipe);
    const struct sterna_network_ends wide = {.inputs = 4097, .outputs = 2};
    ck_assert_int_eq(sterna_network_new(&recipe, &wide, false, &network, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(network.layer);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tcase = tcase_create("network");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, master_weights_are_not_quantized);
    tcase_add_test(tcase, each_matrix_has_its_own_quantizer);
    tcase_add_loop_test(tcase, magnitude_is_a_multiple_of_the_glorot_bound_or_one, 0, 3);
    tcase_add_test(tcase, weights_are_found_by_their_place_in_the_parameters);
    tcase_add_test(tcase, normalized_products_become_row_scales_and_biases);
    tcase_add_test(tcase, imported_model_has_the_weights_it_stands_for);
    tcase_add_test(tcase, unknown_names_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
