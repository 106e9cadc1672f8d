/* test_moments.c - errors by moments are those of the samples, one by one. */
#include <stdlib.h>

#include "../random_model.h"
#include "moments.h"

#include <check.h>

enum { COLS = 7, ROWS = 4, SAMPLES = 600 };

static float input[SAMPLES * COLS], original[SAMPLES * COLS], weights[ROWS * COLS], other[ROWS * COLS];
static struct sterna_moments moments;
static struct sterna_error error;

static float draw(uint64_t *seed)
{
    return (float)((double)random_below(seed, 2001) / 1000 - 1);
}

static void set_up(void)
{
    uint64_t seed = 3;
    for (size_t i = 0; i < SAMPLES * COLS; i++) {
        original[i] = draw(&seed) + 0.5f;
        input[i] = original[i] + 0.2f * draw(&seed) - 0.1f;
    }
    for (size_t i = 0; i < ROWS * COLS; i++) {
        weights[i] = draw(&seed);
        other[i] = weights[i] + 0.3f * draw(&seed);
    }
    ck_assert_int_eq(sterna_moments_new(COLS, &moments, &error), STERNA_OK);
}

static void tear_down(void)
{
    sterna_moments_free(&moments);
}

static double response(const float *weight, const float *sample)
{
    double sum = 0;
    for (size_t c = 0; c < COLS; c++)
        sum += (double)weight[c] * (double)sample[c];
    return sum;
}

/* Mean squared difference of a row's responses once `shift` is added to those of `other`. */
static double difference(size_t row, double shift)
{
    double sum = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        const double off = response(weights + row * COLS, original + i * COLS) -
                           response(other + row * COLS, input + i * COLS) - shift;
        sum += off * off;
    }
    return sum / SAMPLES;
}

START_TEST(errors_are_those_of_the_samples)
{
    sterna_moments_add(&moments, 257, input, original); /* in parts */
    sterna_moments_add(&moments, SAMPLES - 257, input + 257 * COLS, original + 257 * COLS);
    ck_assert_int_eq(sterna_moments_finish(&moments, COLS, &error), STERNA_OK);
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++) {
        const double shift = sterna_moments_shift(&moments, weights + r * COLS, other + r * COLS);
        sum += difference(r, shift);
        ck_assert_double_lt(difference(r, shift), difference(r, shift + 0.01));
        ck_assert_double_lt(difference(r, shift), difference(r, shift - 0.01));
    }
    ck_assert_double_eq_tol(sterna_moments_error(&moments, ROWS, weights, other), sum, 1e-6);
}
END_TEST

START_TEST(energy_is_the_error_of_no_weights)
{
    sterna_moments_add(&moments, SAMPLES, input, original);
    ck_assert_int_eq(sterna_moments_finish(&moments, COLS, &error), STERNA_OK);
    const float none[ROWS * COLS] = {0};
    ck_assert_double_eq_tol(sterna_moments_energy(&moments, ROWS, weights),
                            sterna_moments_error(&moments, ROWS, weights, none), 1e-12);
}
END_TEST

START_TEST(one_hot_samples_are_samples)
{
    struct sterna_moments dense;
    uint8_t index[100];
    float sample[100 * COLS] = {0};
    uint64_t seed = 8;
    for (size_t i = 0; i < 100; i++) {
        index[i] = (uint8_t)random_below(&seed, COLS);
        sample[i * COLS + index[i]] = 0.5f;
    }
    ck_assert_int_eq(sterna_moments_new(COLS, &dense, &error), STERNA_OK);
    sterna_moments_add(&dense, 100, sample, sample);
    sterna_moments_add_one_hot(&moments, 100, index, 0.5f);
    ck_assert_int_eq(sterna_moments_finish(&dense, COLS, &error), STERNA_OK);
    ck_assert_int_eq(sterna_moments_finish(&moments, COLS, &error), STERNA_OK);
    ck_assert_double_eq_tol(sterna_moments_error(&moments, ROWS, weights, other),
                            sterna_moments_error(&dense, ROWS, weights, other), 1e-9);
    sterna_moments_free(&dense);
}
END_TEST

START_TEST(identity_compares_weights)
{
    double sum = 0;
    sterna_moments_identity(&moments);
    for (size_t i = 0; i < ROWS * COLS; i++)
        sum += (double)((weights[i] - other[i]) * (weights[i] - other[i]));
    ck_assert_double_eq_tol(sterna_moments_error(&moments, ROWS, weights, other), sum, 1e-6);
}
END_TEST

START_TEST(too_few_samples_are_refused)
{
    sterna_moments_add(&moments, COLS - 1, input, original);
    ck_assert_int_eq(sterna_moments_finish(&moments, COLS, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "6 samples are too few to know 7 inputs by: calibrate with 7 at least");
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("moments");
    TCase *tests = tcase_create("moments");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, errors_are_those_of_the_samples);
    tcase_add_test(tests, energy_is_the_error_of_no_weights);
    tcase_add_test(tests, one_hot_samples_are_samples);
    tcase_add_test(tests, identity_compares_weights);
    tcase_add_test(tests, too_few_samples_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
