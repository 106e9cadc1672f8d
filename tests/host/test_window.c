/* test_window.c - the whole network over a window: gradients of every parameter against differences, windows
 * against one long run. */
#include "gradient_check.h"
#include "loss.h"
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { T = 5, B = 3, SYMBOLS = 6, H = 4 };

static struct sterna_network network;
static struct sterna_window window;
static float *value, carry[2 * B * H];

static void open_network(size_t layers, const char *quantizer, const char *normalization)
{
    struct sterna_recipe recipe;
    uint64_t seed = 31;
    sterna_recipe_default(&recipe);
    recipe.hidden = H;
    recipe.layers = layers;
    snprintf(recipe.quantizer, sizeof recipe.quantizer, "%s", quantizer);
    snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "%s", quantizer);
    snprintf(recipe.normalization, sizeof recipe.normalization, "%s", normalization);
    ck_assert_int_eq(sterna_network_new(&recipe, SYMBOLS, false, &network, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_window_new(&network, T, B, true, &window, NULL), STERNA_OK);
    value = calloc(network.parameters.size, sizeof *value);
    random_values(value, network.parameters.size, 1.0f, &seed);
    random_values(carry, 2 * B * H, 0.9f, &seed);
    for (size_t i = 0; i < T * B; i++) {
        window.symbol[i] = (uint8_t)random_below(&seed, SYMBOLS);
        window.target[i] = (uint8_t)random_below(&seed, SYMBOLS);
    }
}

static void tear_down(void)
{
    free(value);
    value = NULL;
    sterna_window_free(&window);
    sterna_network_free(&network);
}

static void forward(bool integer)
{
    const struct sterna_preparation preparation = {.integer = integer};
    float state[2 * B * H];
    memcpy(state, carry, sizeof state);
    sterna_network_prepare(&network, &preparation, NULL, value);
    sterna_window_forward(&network, &window, T, state, B * H);
}

static double objective(void *context)
{
    (void)context;
    forward(false);
    return 0.25 * sterna_loss(T * B, SYMBOLS, window.logits, window.target);
}

START_TEST(gradient_of_every_parameter_matches_differences)
{
    double loss = 0.0;
    open_network(1 + (size_t)_i % 2, "float", _i < 2 ? "none" : "weight");
    forward(false);
    const double expected = sterna_loss(T * B, SYMBOLS, window.logits, window.target);
    sterna_window_backward(&network, &window, 0.25f, &loss);
    ck_assert_double_lt(fabs(loss - expected), 1e-5);
    sterna_network_finish_gradient(&network, NULL, value, window.gradient);
    const size_t size = network.parameters.size;
    float *gradient = calloc(size, sizeof *gradient);
    memcpy(gradient, window.gradient, size * sizeof *gradient);
    for (size_t i = 0; i < size; i++) {
        double numeric = numeric_gradient(objective, NULL, &value[i]);
        ck_assert_msg(fabs(numeric - (double)gradient[i]) < 1e-3 * (1.0 + fabs(numeric)),
                      "parameter %zu: %g by differences, %g backward", i, numeric, (double)gradient[i]);
    }
    free(gradient);
}
END_TEST

/* A second backward must not see anything of the first. */
START_TEST(backward_starts_from_zero)
{
    double loss = 0.0;
    open_network(2, "twn", "weight");
    const size_t bytes = network.parameters.size * sizeof(float);
    forward(true);
    sterna_window_backward(&network, &window, 0.5f, &loss);
    float *first = malloc(bytes);
    memcpy(first, window.gradient, bytes);
    forward(true);
    sterna_window_backward(&network, &window, 0.5f, &loss);
    ck_assert_mem_eq(first, window.gradient, bytes);
    free(first);
}
END_TEST

START_TEST(two_windows_are_one_long_run)
{
    const bool integer = _i;
    float state[2 * B * H], logits[T * B * SYMBOLS];
    open_network(2, "twn", "weight");
    forward(integer);
    memcpy(logits, window.logits, sizeof logits);
    memcpy(state, carry, sizeof state);
    sterna_window_forward(&network, &window, 2, state, B * H);
    ck_assert_mem_eq(window.logits, logits, 2 * B * SYMBOLS * sizeof *logits);
    memmove(window.symbol, window.symbol + 2 * B, (T - 2) * B);
    sterna_window_forward(&network, &window, T - 2, state, B * H);
    for (size_t i = 0; i < (T - 2) * B * SYMBOLS; i++)
        ck_assert_float_eq_tol(window.logits[i], logits[2 * B * SYMBOLS + i], 1e-5f);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, gradient_of_every_parameter_matches_differences, 0, 4);
    tcase_add_test(tcase, backward_starts_from_zero);
    tcase_add_loop_test(tcase, two_windows_are_one_long_run, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
