/* test_predict.c - the sum over a text does not depend on how it is cut into windows. */
#include "gradient_check.h"
#include "predict.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { SYMBOLS = 7, H = 6, LENGTH = 61 };

START_TEST(sum_is_that_of_one_step_at_a_time)
{
    struct sterna_recipe recipe;
    struct sterna_network network = {0};
    struct sterna_window many = {0}, one = {0};
    const struct sterna_preparation preparation = {.integer = _i == 1};
    uint8_t text[2 * LENGTH];
    uint64_t seed = 14;
    sterna_recipe_default(&recipe);
    recipe.hidden = H;
    recipe.layers = 2;
    ck_assert_int_eq(sterna_network_new(&recipe, SYMBOLS, false, &network, NULL), STERNA_OK);
    float *value = calloc(network.parameters.size, sizeof *value);
    random_values(value, network.parameters.size, 1.0f, &seed);
    for (int i = 0; i < 2 * LENGTH; i++)
        text[i] = (uint8_t)random_below(&seed, SYMBOLS);
    sterna_network_prepare(&network, &preparation, NULL, value);
    ck_assert_int_eq(sterna_window_new(&network, 16, 2, false, &many, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_window_new(&network, 1, 1, false, &one, NULL), STERNA_OK);

    float carry[2 * 2 * H] = {0}, first[2 * H] = {0}, second[2 * H] = {0};
    double together = sterna_predict(&network, &many, text, LENGTH - 1, LENGTH, carry);
    double apart = sterna_predict(&network, &one, text, LENGTH - 1, 0, first) +
                   sterna_predict(&network, &one, text + LENGTH, LENGTH - 1, 0, second);
    ck_assert_double_lt(fabs(together - apart), 1e-4 * apart);
    for (int i = 0; i < H; i++) { /* carry is [layers, streams, units] */
        ck_assert_float_eq_tol(carry[i], first[i], 1e-4f);
        ck_assert_float_eq_tol(carry[2 * H + H + i], second[H + i], 1e-4f);
    }
    free(value);
    sterna_window_free(&many);
    sterna_window_free(&one);
    sterna_network_free(&network);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("predict");
    TCase *tcase = tcase_create("predict");
    tcase_add_loop_test(tcase, sum_is_that_of_one_step_at_a_time, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
