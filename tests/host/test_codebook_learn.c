/* test_codebook_learn.c - correction brings the responses nearer, on samples that it has not seen; the grid costs little, and holds. */
#include <math.h>
#include <stdlib.h>

#include "../random_model.h"
#include "codebook_learn.h"

#include <check.h>

enum { ROWS = 24, COLS = 20, SAMPLES = 2000, MIXED = 4 };

static float weights[ROWS * COLS];
static struct sterna_moments fitted, held;
static struct sterna_product_code code;
static struct sterna_error error;

static float draw(uint64_t *seed)
{
    return (float)((double)random_below(seed, 2001) / 1000 - 1);
}

/* Inputs that depend on each other: a few sources, mixed. */
static void add_samples(struct sterna_moments *moments, const float *mix, uint64_t *seed)
{
    static float input[SAMPLES * COLS];
    for (size_t i = 0; i < SAMPLES; i++) {
        float source[MIXED];
        for (size_t k = 0; k < MIXED; k++)
            source[k] = draw(seed);
        for (size_t c = 0; c < COLS; c++) {
            input[i * COLS + c] = 0.2f * draw(seed);
            for (size_t k = 0; k < MIXED; k++)
                input[i * COLS + c] += mix[c * MIXED + k] * source[k];
        }
    }
    sterna_moments_add(moments, SAMPLES, input, input);
    ck_assert_int_eq(sterna_moments_finish(moments, COLS, &error), STERNA_OK);
}

static void set_up(void)
{
    float mix[COLS * MIXED];
    uint64_t seed = 3;
    for (size_t i = 0; i < ROWS * COLS; i++)
        weights[i] = draw(&seed);
    for (size_t i = 0; i < COLS * MIXED; i++)
        mix[i] = draw(&seed);
    ck_assert_int_eq(sterna_moments_new(COLS, &fitted, &error), STERNA_OK);
    ck_assert_int_eq(sterna_moments_new(COLS, &held, &error), STERNA_OK);
    add_samples(&fitted, mix, &seed);
    add_samples(&held, mix, &seed);
}

static void tear_down(void)
{
    sterna_product_code_release(&code);
    sterna_moments_free(&fitted);
    sterna_moments_free(&held);
}

static struct sterna_codebook_outcome learn(bool shared, bool correct, size_t terms)
{
    const struct sterna_codebook_plan plan = {.correct = correct, .terms = terms, .seed = 1};
    struct sterna_codebook_outcome outcome;
    sterna_product_code_release(&code);
    ck_assert_int_eq(shared ? sterna_product_code_shared(ROWS, COLS, 4, 8, &code, &error)
                            : sterna_product_code_free(ROWS, COLS, COLS, 4, 8, &code, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_codebook_learn(&plan, weights, &fitted, &held, &code, &outcome, &error),
                     STERNA_OK);
    return outcome;
}

/* What the code that is left is off by, on the held-out samples. */
static double left(void)
{
    float other[ROWS * COLS] = {0};
    sterna_product_code_expand(&code, other);
    return sterna_moments_error(&held, ROWS, weights, other) / sterna_moments_energy(&held, ROWS, weights);
}

START_TEST(correction_halves_the_error_of_responses)
{
    const struct sterna_codebook_outcome plain = learn(_i, false, 0);
    ck_assert_double_eq_tol(left(), plain.plain, 1e-6);
    ck_assert(isnan(plain.corrected) && isnan(plain.projected));
    const struct sterna_codebook_outcome corrected = learn(_i, true, 0);
    ck_assert_double_eq_tol(corrected.plain, plain.plain, 1e-9); /* the same start */
    ck_assert_double_lt(corrected.corrected, plain.plain / 2);
    ck_assert_double_eq_tol(left(), corrected.corrected, 1e-6);
    ck_assert_uint_ge(corrected.sweeps, 1);
}
END_TEST

START_TEST(words_without_multiplication_are_whole_and_nearly_as_good)
{
    struct sterna_codebook_grid grid;
    const struct sterna_codebook_outcome outcome = learn(true, true, (size_t)_i);
    sterna_codebook_grid_make((size_t)_i, 8, &grid);
    for (size_t k = 0; k < code.words * code.elements; k++)
        ck_assert_double_eq(code.word[k], sterna_codebook_grid_nearest(&grid, code.word[k]));
    ck_assert_double_eq_tol(left(), outcome.projected, 1e-6);
    ck_assert_double_lt(outcome.projected, outcome.plain);
    ck_assert_double_lt(outcome.projected, 2 * outcome.corrected);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_code)
{
    const struct sterna_codebook_outcome one = learn(true, true, 1), other = learn(true, true, 1);
    ck_assert_double_eq(one.projected, other.projected);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_learn");
    TCase *tests = tcase_create("codebook_learn");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, correction_halves_the_error_of_responses, 0, 2);
    tcase_add_loop_test(tests, words_without_multiplication_are_whole_and_nearly_as_good, 1, 3);
    tcase_add_test(tests, the_same_seed_gives_the_same_code);
    suite_add_tcase(suite, tests);
    return suite;
}
