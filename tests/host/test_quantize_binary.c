/* test_quantize_binary.c - two levels against tables by hand, boundaries included. */
#include "quantizer_check.h"

static const struct sterna_grid half = {.unit = 0.5f};

START_TEST(binary_is_the_sign_and_zero_is_positive)
{
    const float w[] = {0.0f, -0.0f, 1e-40f, -1e-40f, 0.2f, -0.2f, 7.0f, -7.0f, 0.1f};
    const float expected[] = {1, 1, 1, -1, 1, -1, 1, -1, 1};
    float level[9];
    ck_assert(find_quantizer("binary")->round(w, 9, &half, level) == 0.5f);
    check_levels(level, expected, 9);
}
END_TEST

/* Inside the range the mean of H * level is w; outside it is +-H, without exception. */
START_TEST(stochastic_binary_is_unbiased_over_100000_draws)
{
    static const float weight[] = {0.0f, 0.1f, -0.3f, 0.49f, 0.5f, -0.5f, 0.9f, -3.0f};
    static float level[CHECK_DRAWS];
    const float w = weight[_i], expected = fminf(fmaxf(w, -0.5f), 0.5f);
    check_unbiased(find_quantizer("binary"), &half, w, w, (double)expected, level);
    for (int i = 0; i < CHECK_DRAWS; i++)
        ck_assert(fabsf(w) < 0.5f ? fabsf(level[i]) == 1.0f : level[i] == (w < 0.0f ? -1.0f : 1.0f));
}
END_TEST

START_TEST(xnor_scale_is_the_mean_magnitude)
{
    const float w[] = {0.5f, -1.5f, 0.0f, 2.0f}, expected[] = {1, -1, 1, 1};
    float level[4];
    ck_assert(find_quantizer("xnor")->by_row);
    ck_assert(find_quantizer("xnor")->round(w, 4, &half, level) == 1.0f);
    check_levels(level, expected, 4);
    ck_assert(isinf(find_quantizer("xnor")->range(&half)));
}
END_TEST

START_TEST(xnor_of_zeros_is_one_with_scale_one)
{
    const float w[3] = {0}, expected[] = {1, 1, 1};
    float level[3];
    ck_assert(find_quantizer("xnor")->round(w, 3, &half, level) == 1.0f);
    check_levels(level, expected, 3);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize_binary");
    TCase *tcase = tcase_create("quantize_binary");
    tcase_add_test(tcase, binary_is_the_sign_and_zero_is_positive);
    tcase_add_loop_test(tcase, stochastic_binary_is_unbiased_over_100000_draws, 0, 8);
    tcase_add_test(tcase, xnor_scale_is_the_mean_magnitude);
    tcase_add_test(tcase, xnor_of_zeros_is_one_with_scale_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
