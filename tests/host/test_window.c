/* test_window.c - the whole network over a window: gradients of every parameter against differences for every cell, head
 * and normalization; the integer pass against fixed.h; windows against one long run. */
#include "fixed.h"
#include "network_bench.h"

#include <check.h>

enum { CELLS = 4, NORMS = 4, HEADS = 3 }; /* rnn-sign has no derivative */
static const char *const heads[HEADS] = {"next", "last", "mean"};
static struct bench bench;

static void tear_down(void)
{
    bench_close(&bench);
}

static double objective(void *context)
{
    (void)context;
    bench_forward(&bench, false);
    return 0.25 * bench_loss(&bench);
}

static void check_gradients(const char *what)
{
    const struct sterna_parameters *parameters = &bench.network.parameters;
    double loss = 0.0;

    bench_forward(&bench, false);
    const double expected = bench_loss(&bench);
    sterna_window_backward(&bench.network, &bench.window, 0.25f, &loss);
    ck_assert_double_lt(fabs(loss - expected), 1e-4);
    float *statistics = malloc(parameters->size * sizeof *statistics);
    memcpy(statistics, bench.value, parameters->size * sizeof *statistics);
    sterna_network_finish_gradient(&bench.network, NULL, 1, statistics, bench.window.gradient);
    float *gradient = malloc(parameters->size * sizeof *gradient);
    memcpy(gradient, bench.window.gradient, parameters->size * sizeof *gradient);
    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        if (strstr(tensor->name, ".mean") || strstr(tensor->name, ".variance"))
            continue;
        for (size_t j = tensor->offset; j < tensor->offset + tensor->count; j++) {
            double numeric = numeric_gradient(objective, NULL, &bench.value[j]);
            ck_assert_msg(fabs(numeric - (double)gradient[j]) < 2e-3 * (1.0 + fabs(numeric)),
                          "%s: %s[%zu]: %g by differences, %g backward", what, tensor->name,
                          j - tensor->offset, numeric, (double)gradient[j]);
        }
    }
    free(gradient);
    free(statistics);
}

START_TEST(gradient_of_every_parameter_matches_differences)
{
    const char *cell = bench_cells[_i % CELLS], *norm = bench_norms[_i / CELLS % NORMS];
    const char *head = heads[_i / CELLS / NORMS];
    char what[64];
    if (strcmp(cell, "rnn-relu") == 0) /* whose corners differences stumble over: see the test below */
        return;
    const struct sterna_recipe recipe = bench_recipe(cell, "float", norm, 1 + (size_t)_i % 2);
    bench_open(&bench, &recipe, head);
    (void)snprintf(what, sizeof what, "%s %s %s", cell, norm, head);
    check_gradients(what);
}
END_TEST

/* Dropout and noise are the same numbers in every run of an update: the gradient is that of the thinned network. */
START_TEST(gradient_with_dropout_matches_differences)
{
    struct sterna_recipe recipe = bench_recipe(_i % 2 ? "lstm" : "gru", "float", "weight", 2);
    recipe.dropout = 0.4;
    recipe.dropout_input = 0.3;
    recipe.noise = _i / 2 ? 0.2 : 0.0;
    bench_open(&bench, &recipe, _i / 2 ? "mean" : "next");
    bench.window.draw = (struct sterna_draw){.seed = 5, .step = 3};
    check_gradients("dropout");
    bench_forward(&bench, false);
    const double thinned = bench_loss(&bench);
    bench.training = false;
    bench_forward(&bench, false);
    ck_assert_double_gt(fabs(thinned - bench_loss(&bench)), 1e-3); /* and it is thinned in training only */
}
END_TEST

/* ReLU by hand: with positive weights, biases and inputs nothing is near a corner. */
START_TEST(gradient_of_relu_matches_differences)
{
    const struct sterna_recipe recipe = bench_recipe("rnn-relu", "float", "none", 2);
    bench_open(&bench, &recipe, "mean");
    for (size_t i = 0; i < bench.network.parameters.size; i++)
        bench.value[i] = 0.06f + 0.02f * fabsf(bench.value[i]);
    for (size_t i = 0; i < sizeof bench.window.input8[0] * BENCH_STEPS * BENCH_BATCH * BENCH_INPUTS; i++)
        bench.window.input8[i] = (int8_t)abs(bench.window.input8[i]);
    check_gradients("relu");
}
END_TEST

/* Away from ReLU's corners: small weights, biases in the middle. */
static void calm_stack(void)
{
    const struct sterna_parameters *parameters = &bench.network.parameters;
    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        const bool bias = strstr(tensor->name, ".bias"), gain = strstr(tensor->name, ".g");
        for (size_t j = tensor->offset; j < tensor->offset + tensor->count; j++) {
            float *value = &bench.value[j];
            if (strncmp(tensor->name, "stack.", 6) == 0)
                *value = bias ? 2.0f + 0.2f * *value : gain ? 0.2f + 0.05f * *value : 0.8f * *value;
        }
    }
}

static const char *const stacks[] = {"conv 3 2 pad 1, batch-norm, relu",
                                     "conv 4 2x3 pad 1x0 stride 1x2, batch-norm, relu"};

/* A plain convolutional network, and one with recurrent layers behind. */
START_TEST(gradient_through_a_stack_matches_differences)
{
    struct sterna_recipe recipe = bench_recipe("gru", "float", _i % 2 ? "weight" : "none", (size_t)_i / 4);
    (void)snprintf(recipe.stack, sizeof recipe.stack, "%s", stacks[_i / 2 % 2]);
    bench_open(&bench, &recipe, _i % 2 ? "mean" : "last");
    calm_stack();
    check_gradients(recipe.stack);
}
END_TEST

/* A second backward must not see anything of the first. */
START_TEST(backward_starts_from_zero)
{
    double loss = 0.0;
    const struct sterna_recipe recipe = bench_recipe(bench_cells[_i], "twn", "weight", 2);
    bench_open(&bench, &recipe, "last");
    const size_t bytes = bench.network.parameters.size * sizeof(float);
    bench_forward(&bench, true);
    sterna_window_backward(&bench.network, &bench.window, 0.5f, &loss);
    float *first = malloc(bytes);
    memcpy(first, bench.window.gradient, bytes);
    bench_forward(&bench, true);
    sterna_window_backward(&bench.network, &bench.window, 0.5f, &loss);
    ck_assert_mem_eq(first, bench.window.gradient, bytes);
    free(first);
}
END_TEST

START_TEST(two_windows_are_one_long_run)
{
    const bool integer = _i % 2;
    const size_t B = BENCH_BATCH, O = BENCH_OUTPUTS, first = 2, rest = BENCH_STEPS - first;
    const struct sterna_recipe recipe = bench_recipe(bench_cells[_i / 2], "twn", "weight", 2);
    bench_open(&bench, &recipe, "next");
    struct sterna_window *window = &bench.window;
    float logits[BENCH_STEPS * BENCH_BATCH * BENCH_OUTPUTS];
    bench_forward(&bench, integer);
    memcpy(logits, window->logits, sizeof logits);
    window->run_steps = first;
    sterna_window_forward(&bench.network, window, false, bench.carry, B * BENCH_HIDDEN);
    ck_assert_mem_eq(window->logits, logits, first * B * O * sizeof *logits);
    memmove(window->symbol, window->symbol + first * B, rest * B);
    window->run_steps = rest;
    sterna_window_forward(&bench.network, window, false, bench.carry, B * BENCH_HIDDEN);
    for (size_t i = 0; i < rest * B * O; i++)
        ck_assert_float_eq_tol(window->logits[i], logits[first * B * O + i], 1e-5f);
}
END_TEST

static void check_alone(bool integer);

/* A sequence's logits do not depend on the longer or shorter ones beside it. */
START_TEST(sequences_do_not_see_each_other)
{
    const struct sterna_recipe recipe = bench_recipe(bench_cells[_i / 2 % 5], "twn", "layer", 2);
    bench_open(&bench, &recipe, _i / 10 ? "last" : "mean");
    check_alone(_i % 2);
}
END_TEST

START_TEST(sequences_do_not_see_each_other_in_a_stack)
{
    struct sterna_recipe recipe = bench_recipe("gru", "twn", "none", (size_t)_i / 4);
    (void)snprintf(recipe.stack, sizeof recipe.stack, "%s", stacks[_i / 2 % 2]);
    bench_open(&bench, &recipe, "mean");
    calm_stack();
    check_alone(_i % 2);
}
END_TEST

static void check_alone(bool integer)
{
    struct sterna_window *window = &bench.window;
    float together[BENCH_BATCH * BENCH_OUTPUTS];
    int8_t frames[BENCH_STEPS * BENCH_BATCH * BENCH_INPUTS];
    bench.training = false;
    bench_forward(&bench, integer);
    memcpy(together, window->logits, sizeof together);
    memcpy(frames, window->input8, sizeof frames);
    for (size_t b = 0; b < BENCH_BATCH; b++) {
        const size_t length = b == 0 ? 5 : b == 1 ? 3 : 2;
        window->run_batch = 1;
        window->run_steps = length;
        window->length[0] = length;
        for (size_t t = 0; t < length; t++) {
            window->active[t] = 1;
            memcpy(window->input8 + t * BENCH_INPUTS, frames + (t * BENCH_BATCH + b) * BENCH_INPUTS,
                   BENCH_INPUTS);
        }
        sterna_window_forward(&bench.network, window, false, NULL, 0);
        for (size_t o = 0; o < BENCH_OUTPUTS; o++)
            ck_assert_float_eq_tol(window->logits[o], together[b * BENCH_OUTPUTS + o], 1e-5f);
    }
}

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, gradient_of_every_parameter_matches_differences, 0, CELLS * NORMS * HEADS);
    tcase_add_loop_test(tcase, gradient_with_dropout_matches_differences, 0, 4);
    tcase_add_test(tcase, gradient_of_relu_matches_differences);
    tcase_add_loop_test(tcase, gradient_through_a_stack_matches_differences, 0, 12);
    tcase_add_loop_test(tcase, backward_starts_from_zero, 0, 5);
    tcase_add_loop_test(tcase, two_windows_are_one_long_run, 0, 10);
    tcase_add_loop_test(tcase, sequences_do_not_see_each_other, 0, 20);
    tcase_add_loop_test(tcase, sequences_do_not_see_each_other_in_a_stack, 0, 12);
    suite_add_tcase(suite, tcase);
    return suite;
}
