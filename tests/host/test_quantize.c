/* test_quantize.c - each quantizer against tables computed by hand, boundaries included; stochastic ones
 * against expectation. */
#include "quantize.h"

#include <math.h>
#include <string.h>

#include <check.h>

static const struct sterna_quantizer *find(const char *name)
{
    const struct sterna_quantizer *quantizer = NULL;
    ck_assert_int_eq(sterna_quantizer_find(name, &quantizer, NULL), STERNA_OK);
    return quantizer;
}

START_TEST(float_keeps_every_bit)
{
    const float w[4] = {0.1f, -0.0f, 3e-39f, -7.5f};
    float level[4];
    ck_assert(find("float")->round(w, 4, 0.3f, level) == 1.0f);
    ck_assert_mem_eq(w, level, sizeof w);
    ck_assert(isinf(find("float")->range(0.3f)));
    ck_assert_int_eq((int)find("float")->format, STERNA_FORMATS);
}
END_TEST

/* W0 = 0.5: +1 strictly above 0.25, -1 at -0.25 and below. */
START_TEST(ternary_boundaries_are_exact)
{
    const float w[] = {0.25f, 0x1.000002p-2f, -0.25f, -0x1.fffffep-3f, 0.0f, -0.0f, 0.5f, -0.5f, 0.1f};
    const float expected[] = {0, 1, -1, 0, 0, 0, 1, -1, 0};
    float level[9];
    ck_assert(find("ternary")->round(w, 9, 0.5f, level) == 0.5f);
    for (int i = 0; i < 9; i++)
        ck_assert(level[i] == expected[i]);
    ck_assert(find("ternary")->range(0.5f) == 0.5f);
}
END_TEST

/* mean|w| = 1, cut = 0.7: kept are 2, -1.4, 0.8, whose mean magnitude is 1.4. */
START_TEST(twn_follows_the_mean)
{
    const float w[] = {2.0f, -1.4f, 0.8f, 0.6f, -0.2f, 0.0f, 1.0f, 2.0f};
    const float expected[] = {1, -1, 1, 0, 0, 0, 1, 1};
    float level[8];
    float scale = find("twn")->round(w, 8, 9.0f, level);
    for (int i = 0; i < 8; i++)
        ck_assert(level[i] == expected[i]);
    ck_assert_float_eq_tol(scale, (2.0f + 1.4f + 0.8f + 1.0f + 2.0f) / 5.0f, 1e-6f);
}
END_TEST

START_TEST(twn_of_zeros_is_zero_with_scale_one)
{
    const float w[3] = {0};
    float level[3] = {5, 5, 5};
    ck_assert(find("twn")->round(w, 3, 1.0f, level) == 1.0f);
    for (int i = 0; i < 3; i++)
        ck_assert(level[i] == 0.0f);
}
END_TEST

/* The largest becomes 64; the next exponent strictly above 1.5 times a power; below 2^0 and its rounding there is 0. */
START_TEST(pow2_boundaries_are_exact)
{
    const float w[] = {-64.0f,  48.0f, 48.001f, 1.5f, 1.501f, 0.75f,
                       0.7501f, -3.0f, -3.001f, 0.0f, 33.0f,  -0.5f};
    const float expected[] = {-64, 32, 64, 1, 2, 0, 1, -2, -4, 0, 32, 0};
    float half[12], level[12];
    for (int i = 0; i < 12; i++)
        half[i] = 0.5f * w[i];
    ck_assert(find("pow2")->round(w, 12, 9.0f, level) == 1.0f);
    for (int i = 0; i < 12; i++)
        ck_assert(level[i] == expected[i]);
    ck_assert(find("pow2")->round(half, 12, 9.0f, level) == 0.5f);
    for (int i = 0; i < 12; i++)
        ck_assert(level[i] == expected[i]);
}
END_TEST

START_TEST(pow2_of_zeros_is_zero_with_scale_one)
{
    const float w[3] = {0};
    float level[3] = {5, 5, 5};
    ck_assert(find("pow2")->round(w, 3, 1.0f, level) == 1.0f);
    for (int i = 0; i < 3; i++)
        ck_assert(level[i] == 0.0f);
}
END_TEST

/* Inside the range the mean of W0 * level is w; outside it is +-W0. */
START_TEST(stochastic_ternary_is_unbiased_over_100000_draws)
{
    enum { DRAWS = 100000 };
    static const float weights[] = {0.0f, 0.1f, -0.3f, 0.5f, -0.5f, 0.9f};
    const struct sterna_draw draw = {.seed = 5, .step = 9, .tensor = (uint32_t)_i};
    static float w[DRAWS], uniform[DRAWS], level[DRAWS];
    const float w0 = 0.5f;
    double sum = 0.0;
    for (int i = 0; i < DRAWS; i++)
        w[i] = weights[_i];
    sterna_philox_uniform(&draw, 0, DRAWS, uniform);
    ck_assert(find("ternary")->sample(w, DRAWS, w0, uniform, level) == w0);
    for (int i = 0; i < DRAWS; i++) {
        ck_assert(level[i] == 0.0f || level[i] == (weights[_i] < 0.0f ? -1.0f : 1.0f));
        sum += (double)(w0 * level[i]);
    }
    double expected = fmin(fmax((double)weights[_i], -0.5), 0.5), p = fabs(expected) / 0.5;
    double tolerance = 5.0 * 0.5 * sqrt(p * (1.0 - p) / DRAWS) + 1e-12; /* 5 standard errors */
    ck_assert_double_le(fabs(sum / DRAWS - expected), tolerance);
}
END_TEST

START_TEST(unknown_name_is_refused_with_those_known)
{
    const struct sterna_quantizer *quantizer = NULL;
    struct sterna_error error;
    ck_assert_int_eq(sterna_quantizer_find("trinary", &quantizer, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(quantizer);
    ck_assert_ptr_nonnull(strstr(error.reason, "ternary"));
}
END_TEST

START_TEST(glorot_bound_is_sqrt_6_over_fans)
{
    ck_assert_float_eq_tol(sterna_glorot_bound(73, 256), 0.135045f, 1e-6f); /* sqrt(6 / 329) */
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize");
    TCase *tcase = tcase_create("quantize");
    tcase_add_test(tcase, float_keeps_every_bit);
    tcase_add_test(tcase, ternary_boundaries_are_exact);
    tcase_add_test(tcase, twn_follows_the_mean);
    tcase_add_test(tcase, twn_of_zeros_is_zero_with_scale_one);
    tcase_add_test(tcase, pow2_boundaries_are_exact);
    tcase_add_test(tcase, pow2_of_zeros_is_zero_with_scale_one);
    tcase_add_loop_test(tcase, stochastic_ternary_is_unbiased_over_100000_draws, 0, 6);
    tcase_add_test(tcase, unknown_name_is_refused_with_those_known);
    tcase_add_test(tcase, glorot_bound_is_sqrt_6_over_fans);
    suite_add_tcase(suite, tcase);
    return suite;
}
