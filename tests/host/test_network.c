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

START_TEST(master_weights_are_not_quantized)
{
    const struct sterna_preparation preparation = {0};
    snprintf(recipe.normalization, sizeof recipe.normalization, "none");
    ck_assert_int_eq(sterna_network_new(&recipe, 5, true, &network, &error), STERNA_OK);
    ck_assert(!sterna_network_deployable(&network));
    float *value = calloc(network.parameters.size, sizeof *value);
    sterna_parameters_initialize(&network.parameters, 3, 1, value);
    sterna_network_prepare(&network, &preparation, NULL, value);
    const float *hh = sterna_parameters_at(&network.parameters, value, 1, STERNA_WEIGHT_HH);
    ck_assert_mem_eq(network.layer[1].hh.value, hh, 24 * 8 * sizeof *hh);
    free(value);
}
END_TEST

START_TEST(master_weights_are_clipped_to_the_quantizers_range)
{
    snprintf(recipe.quantizer, sizeof recipe.quantizer, "ternary");
    ck_assert_int_eq(sterna_network_new(&recipe, 5, false, &network, &error), STERNA_OK);
    ck_assert(sterna_network_deployable(&network));
    float *value = calloc(network.parameters.size, sizeof *value);
    for (size_t i = 0; i < network.parameters.size; i++)
        value[i] = i % 2 ? 100.0f : -100.0f;
    sterna_network_clip(&network, value);
    const float bound = sterna_glorot_bound(8, 8), *hh;
    hh = sterna_parameters_at(&network.parameters, value, 0, STERNA_WEIGHT_HH);
    for (size_t i = 0; i < 24 * 8; i++)
        ck_assert(fabsf(hh[i]) == bound);
    ck_assert(fabsf(*sterna_parameters_at(&network.parameters, value, 0, STERNA_BIAS_IH)) == 100.0f);
    ck_assert(fabsf(*sterna_parameters_at(&network.parameters, value, 2, STERNA_LINEAR_WEIGHT)) ==
              100.0f); /* twn */
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
    ck_assert_int_eq(sterna_network_new(&recipe, 5, false, &network, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "group"));
    sterna_recipe_default(&recipe);
    recipe.layers = 17;
    ck_assert_int_eq(sterna_network_new(&recipe, 5, false, &network, &error), STERNA_ERR_RANGE);
    sterna_recipe_default(&recipe);
    ck_assert_int_eq(sterna_network_new(&recipe, 257, false, &network, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(network.layer);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tcase = tcase_create("network");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, master_weights_are_not_quantized);
    tcase_add_test(tcase, master_weights_are_clipped_to_the_quantizers_range);
    tcase_add_test(tcase, imported_model_has_the_weights_it_stands_for);
    tcase_add_test(tcase, unknown_names_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
