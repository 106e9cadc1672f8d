/* test_product_norm.c - normalized products: mean 0 and variance 1, backward against differences, running statistics. */
#include "gradient_check.h"
#include "product_norm.h"

#include <string.h>

#include <check.h>

enum { T = 4, B = 3, ROWS = 6, LD = ROWS + 5, COUNT = T * B * ROWS };

static const size_t active[T] = {3, 3, 2, 1};

/* Products, and what becomes of them; rows of the layer's lie LD apart, as among a cell's saved numbers. */
struct bench {
    float p[COUNT], gain[ROWS], wanted[COUNT], y[COUNT];
    float normal[COUNT], inverse[T * B + ROWS], mean[ROWS], variance[ROWS];
    struct sterna_product_trace trace;
};

static struct bench bench;

static void fill(void)
{
    uint64_t seed = 14;
    memset(&bench, 0, sizeof bench);
    random_values(bench.p, COUNT, 2.0f, &seed);
    random_values(bench.gain, ROWS, 1.5f, &seed);
    random_values(bench.wanted, COUNT, 1.0f, &seed);
    bench.trace = (struct sterna_product_trace){
        .normal = bench.normal, .inverse = bench.inverse, .mean = bench.mean, .variance = bench.variance};
}

static void layer_forward(void)
{
    float apart[B * LD];
    sterna_layer_norm_start(&bench.trace);
    for (size_t t = 0; t < T; t++) {
        const size_t at = t * B * ROWS;
        for (size_t b = 0; b < B; b++)
            memcpy(apart + b * LD, bench.p + at + b * ROWS, ROWS * sizeof(float));
        sterna_layer_norm_step(active[t], ROWS, bench.gain, apart, LD, bench.normal + at,
                               bench.inverse + t * B, &bench.trace);
        for (size_t b = 0; b < B; b++)
            memcpy(bench.y + at + b * ROWS, apart + b * LD, ROWS * sizeof(float));
    }
    sterna_layer_norm_finish(ROWS, &bench.trace);
}

static void batch_forward(void)
{
    memcpy(bench.normal, bench.p, sizeof bench.p);
    sterna_batch_norm(T, B, active, ROWS, NULL, &bench.trace);
    for (size_t i = 0; i < COUNT; i++)
        bench.y[i] = bench.gain[i % ROWS] * bench.normal[i];
}

static double objective(void *context)
{
    void (*const *forward)(void) = context;
    double sum = 0.0;
    (*forward)();
    for (size_t t = 0; t < T; t++)
        for (size_t i = t * B * ROWS; i < (t * B + active[t]) * ROWS; i++)
            sum += (double)bench.wanted[i] * (double)bench.y[i];
    return sum;
}

/* What was normalized has mean 0 and variance 1; each is given by its sum and its sum of squares over n. */
static void expect_normal(double sum, double square, double n)
{
    ck_assert_double_lt(fabs(sum / n), 1e-5);
    ck_assert_double_lt(fabs(square / n - 1.0), 1e-3);
}

START_TEST(layer_has_mean_0_and_variance_1_in_each_step_of_each_sequence)
{
    fill();
    layer_forward();
    for (size_t t = 0; t < T; t++) {
        for (size_t b = 0; b < active[t]; b++) {
            double sum = 0.0, square = 0.0;
            for (size_t r = 0; r < ROWS; r++) {
                const size_t i = (t * B + b) * ROWS + r;
                sum += (double)bench.normal[i];
                square += (double)bench.normal[i] * (double)bench.normal[i];
                ck_assert_double_lt(fabs((double)(bench.y[i] - bench.gain[r] * bench.normal[i])), 1e-6);
            }
            expect_normal(sum, square, ROWS);
        }
    }
}
END_TEST

START_TEST(batch_has_mean_0_and_variance_1_in_each_row_without_those_that_ended)
{
    fill();
    for (size_t t = 0; t < T; t++) /* which must not be seen */
        for (size_t i = (t * B + active[t]) * ROWS; i < (t + 1) * B * ROWS; i++)
            bench.p[i] = 1e6f;
    batch_forward();
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0.0, square = 0.0;
        for (size_t t = 0; t < T; t++) {
            for (size_t b = 0; b < active[t]; b++) {
                const double n = (double)bench.normal[(t * B + b) * ROWS + r];
                sum += n;
                square += n * n;
            }
        }
        expect_normal(sum, square, 9.0);
    }
}
END_TEST

static void check(const char *what, void (*forward)(void), float *at, const float *gradient, size_t i)
{
    const double numeric = numeric_gradient(objective, &forward, &at[i]);
    ck_assert_msg(fabs(numeric - (double)gradient[i]) < 2e-3 * (1.0 + fabs(numeric)),
                  "%s[%zu]: %g by differences, %g backward", what, i, numeric, (double)gradient[i]);
}

static void check_gradients(void (*forward)(void), const float *of_gain)
{
    float of_p[COUNT];
    memcpy(of_p, bench.normal, sizeof of_p);
    for (size_t t = 0; t < T; t++)
        for (size_t i = t * B * ROWS; i < (t * B + active[t]) * ROWS; i++)
            check("p", forward, bench.p, of_p, i);
    for (size_t r = 0; r < ROWS; r++)
        check("gain", forward, bench.gain, of_gain, r);
}

START_TEST(layer_backward_matches_differences)
{
    float of_gain[ROWS] = {0}, apart[B * LD];
    fill();
    layer_forward();
    for (size_t t = 0; t < T; t++) {
        for (size_t b = 0; b < active[t]; b++)
            memcpy(apart + b * LD, bench.wanted + (t * B + b) * ROWS, ROWS * sizeof(float));
        sterna_layer_norm_step_backward(active[t], ROWS, bench.gain, apart, LD, bench.inverse + t * B,
                                        bench.normal + t * B * ROWS, of_gain);
    }
    check_gradients(layer_forward, of_gain);
}
END_TEST

START_TEST(batch_backward_matches_differences)
{
    float of_gain[ROWS] = {0};
    fill();
    batch_forward();
    sterna_batch_norm_backward(T, B, active, ROWS, bench.gain, bench.wanted, &bench.trace, of_gain);
    check_gradients(batch_forward, of_gain);
}
END_TEST

START_TEST(window_statistics_are_those_of_the_products)
{
    double mean = 0.0, square = 0.0;
    fill();
    for (size_t t = 0; t < T; t++) {
        for (size_t b = 0; b < active[t]; b++) {
            mean += (double)bench.p[(t * B + b) * ROWS + 2] / 9.0;
            square += (double)bench.p[(t * B + b) * ROWS + 2] * (double)bench.p[(t * B + b) * ROWS + 2] / 9.0;
        }
    }
    batch_forward();
    ck_assert_double_lt(fabs((double)bench.mean[2] - mean), 1e-5);
    ck_assert_double_lt(fabs((double)bench.variance[2] - (square - mean * mean)), 1e-4);
    double over_rows = 0.0; /* layer: the mean over all rows of all steps, the same for all */
    for (size_t t = 0; t < T; t++)
        for (size_t i = t * B * ROWS; i < (t * B + active[t]) * ROWS; i++)
            over_rows += (double)bench.p[i] / (9.0 * ROWS);
    layer_forward();
    for (size_t r = 0; r < ROWS; r++)
        ck_assert_double_lt(fabs((double)bench.mean[r] - over_rows), 1e-5);
}
END_TEST

/* With given statistics a product does not depend on the others, and the trace's own are left alone. */
START_TEST(running_statistics_take_the_place_of_the_windows)
{
    static const float mean[ROWS] = {1, 2, 3, -1, -2, 0}, variance[ROWS] = {1, 4, 9, 1, 0.25f, 2};
    fill();
    const struct sterna_product_scale by = {bench.gain, mean, variance};
    bench.mean[1] = 77.0f;
    memcpy(bench.normal, bench.p, sizeof bench.p);
    sterna_batch_norm(T, B, active, ROWS, &by, &bench.trace);
    for (size_t i = 0; i < active[0] * ROWS; i++) {
        const double expected =
            ((double)bench.p[i] - (double)mean[i % ROWS]) / sqrt((double)variance[i % ROWS] + 1e-5);
        ck_assert_double_lt(fabs((double)bench.normal[i] - expected), 1e-5);
    }
    ck_assert(bench.mean[1] == 77.0f);
}
END_TEST

/* A row of equal products has no direction: it becomes 0, not infinite. */
START_TEST(products_without_variance_stay_finite)
{
    fill();
    for (size_t i = 0; i < COUNT; i++)
        bench.p[i] = 3.0f;
    layer_forward();
    for (size_t i = 0; i < active[0] * ROWS; i++)
        ck_assert(bench.y[i] == 0.0f);
    batch_forward();
    for (size_t i = 0; i < active[0] * ROWS; i++)
        ck_assert(bench.y[i] == 0.0f);
}
END_TEST

/* As constants of a row: value = scale * gain * level; gradients by the product rule. */
START_TEST(frozen_rows_are_scale_times_gain)
{
    static const float level[3] = {1, -1, 0};
    float gradient[3] = {0.5f, 0.25f, 2.0f};
    ck_assert(sterna_normalizer_frozen.row(level, 3, 0.5f, -3.0f) == -1.5f);
    const float of_gain = sterna_normalizer_frozen.backward(level, 3, 0.5f, -3.0f, gradient);
    ck_assert(of_gain == 0.125f);
    ck_assert(gradient[0] == -1.5f && gradient[1] == -0.75f && gradient[2] == -6.0f);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("product_norm");
    TCase *tcase = tcase_create("product_norm");
    tcase_add_test(tcase, layer_has_mean_0_and_variance_1_in_each_step_of_each_sequence);
    tcase_add_test(tcase, batch_has_mean_0_and_variance_1_in_each_row_without_those_that_ended);
    tcase_add_test(tcase, layer_backward_matches_differences);
    tcase_add_test(tcase, batch_backward_matches_differences);
    tcase_add_test(tcase, window_statistics_are_those_of_the_products);
    tcase_add_test(tcase, running_statistics_take_the_place_of_the_windows);
    tcase_add_test(tcase, products_without_variance_stay_finite);
    tcase_add_test(tcase, frozen_rows_are_scale_times_gain);
    suite_add_tcase(suite, tcase);
    return suite;
}
