/* test_magnitude.c - means and maxima of magnitudes against plain double arithmetic. */
#include "gradient_check.h"
#include "magnitude.h"

#include <stdlib.h>

#include <check.h>

enum { COUNT = 10000 };
static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 512, 4095, 4096, 4097, COUNT};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

START_TEST(mean_matches_double_arithmetic)
{
    static const float thresholds[] = {-1.0f, 0.0f, 0.5f, 0.999f};
    static float w[COUNT];
    uint64_t seed = 6;
    random_values(w, COUNT, 1.0f, &seed);
    for (int t = 0; t < 4; t++) {
        double sum = 0.0, kept = 0.0;
        for (size_t i = 0; i < sizes[_i]; i++) {
            const float magnitude = fabsf(w[i]);
            if (magnitude > thresholds[t]) {
                sum += (double)magnitude;
                kept += 1.0;
            }
        }
        const double expected = kept > 0.0 ? sum / kept : 0.0;
        const double mean = (double)sterna_magnitude_mean(w, sizes[_i], thresholds[t]);
        ck_assert_double_le(fabs(mean - expected), 1e-6 * expected);
    }
}
END_TEST

START_TEST(mean_of_a_million_loses_no_precision)
{
    enum { MILLION = 1 << 20 };
    float *w = malloc(MILLION * sizeof *w);
    ck_assert_ptr_nonnull(w);
    for (int i = 0; i < MILLION; i++)
        w[i] = i % 2 ? 0.1f : -0.1f;
    ck_assert_float_eq_tol(sterna_magnitude_mean(w, MILLION, -1.0f), 0.1f, 2e-7f);
    free(w);
}
END_TEST

START_TEST(threshold_itself_is_not_above)
{
    const float w[] = {0.5f, -0.5f, 0.75f, -0.25f};
    ck_assert(sterna_magnitude_mean(w, 4, 0.5f) == 0.75f);
    ck_assert(sterna_magnitude_mean(w, 4, 0.75f) == 0.0f);
    ck_assert(sterna_magnitude_mean(w, 4, -1.0f) == 0.5f);
}
END_TEST

/* Wherever it stands, negative or not. */
START_TEST(largest_is_found_at_every_place)
{
    float w[200];
    for (int at = 0; at < 200; at++) {
        for (int i = 0; i < 200; i++)
            w[i] = i % 3 ? 1.0f : -1.0f;
        w[at] = at % 2 ? 1.5f : -1.5f;
        ck_assert(sterna_magnitude_largest(w, 200) == 1.5f);
        ck_assert(sterna_magnitude_largest(w, (size_t)at + 1) == 1.5f);
        ck_assert(at == 0 || sterna_magnitude_largest(w, (size_t)at) == 1.0f);
    }
    ck_assert(sterna_magnitude_largest(w, 0) == 0.0f);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("magnitude");
    TCase *tcase = tcase_create("magnitude");
    tcase_add_loop_test(tcase, mean_matches_double_arithmetic, 0, SIZES);
    tcase_add_test(tcase, mean_of_a_million_loses_no_precision);
    tcase_add_test(tcase, threshold_itself_is_not_above);
    tcase_add_test(tcase, largest_is_found_at_every_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
