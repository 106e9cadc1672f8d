/* test_quantize_ternary.c - three levels against tables by hand, boundaries included. */
#include "quantizer_check.h"

static const struct sterna_grid half = {.unit = 0.5f};

/* W0 = 0.5: +1 strictly above 0.25, -1 at -0.25 and below. */
START_TEST(ternary_boundaries_are_exact)
{
    const float w[] = {0.25f, 0x1.000002p-2f, -0.25f, -0x1.fffffep-3f, 0.0f, -0.0f, 0.5f, -0.5f, 0.1f};
    const float expected[] = {0, 1, -1, 0, 0, 0, 1, -1, 0};
    float level[9];
    ck_assert(find_quantizer("ternary")->round(w, 9, &half, level) == 0.5f);
    check_levels(level, expected, 9);
}
END_TEST

/* Inside the range the mean of W0 * level is w; outside it is +-W0. */
START_TEST(stochastic_ternary_is_unbiased_over_100000_draws)
{
    static const float weight[] = {0.0f, 0.1f, -0.3f, 0.5f, -0.5f, 0.9f};
    static float level[CHECK_DRAWS];
    const float w = weight[_i], expected = fminf(fmaxf(w, -0.5f), 0.5f);
    check_unbiased(find_quantizer("ternary"), &half, w, w, (double)expected, level);
    for (int i = 0; i < CHECK_DRAWS; i++)
        ck_assert((level[i] == 0.0f && fabsf(w) < 0.5f) || level[i] == (w < 0.0f ? -1.0f : 1.0f));
}
END_TEST

/* mean|w| = 1, cut = 0.7: kept are 2, 1.4, 0.8, 1, 2. */
START_TEST(twn_follows_the_mean)
{
    const float w[] = {2.0f, -1.4f, 0.8f, 0.6f, -0.2f, 0.0f, 1.0f, 2.0f};
    const float expected[] = {1, -1, 1, 0, 0, 0, 1, 1};
    float level[8];
    float scale = find_quantizer("twn")->round(w, 8, &half, level);
    check_levels(level, expected, 8);
    ck_assert_float_eq_tol(scale, (2.0f + 1.4f + 0.8f + 1.0f + 2.0f) / 5.0f, 1e-6f);
}
END_TEST

/* mean|w| = 10, in float exactly: 7 is not above the threshold. */
START_TEST(twn_threshold_itself_is_zero)
{
    const float w[] = {7.0f, -7.0f, 0x1.c00002p+2f, 19.0f}, expected[] = {0, 0, 1, 1};
    float level[4];
    const float scale = find_quantizer("twn")->round(w, 4, &half, level);
    check_levels(level, expected, 4);
    ck_assert_float_eq_tol(scale, 13.0f, 1e-5f);
}
END_TEST

START_TEST(twn_of_zeros_is_zero_with_scale_one)
{
    const float w[3] = {0}, expected[3] = {0};
    float level[3] = {5, 5, 5};
    ck_assert(find_quantizer("twn")->round(w, 3, &half, level) == 1.0f);
    check_levels(level, expected, 3);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize_ternary");
    TCase *tcase = tcase_create("quantize_ternary");
    tcase_add_test(tcase, ternary_boundaries_are_exact);
    tcase_add_loop_test(tcase, stochastic_ternary_is_unbiased_over_100000_draws, 0, 6);
    tcase_add_test(tcase, twn_follows_the_mean);
    tcase_add_test(tcase, twn_threshold_itself_is_zero);
    tcase_add_test(tcase, twn_of_zeros_is_zero_with_scale_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
