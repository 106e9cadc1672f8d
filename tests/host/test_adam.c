/* test_adam.c - three steps against the paper's formulas in double. */
#include "adam.h"

#include <math.h>

#include <check.h>

START_TEST(steps_follow_the_paper)
{
    static const float gradients[3] = {0.5f, -2.0f, 0.01f};
    float value = 1.0f, mean = 0.0f, square = 0.0f;
    double w = 1.0, m = 0.0, v = 0.0;
    for (uint64_t t = 1; t <= 3; t++) {
        const struct sterna_adam_step step = {.update = t, .rate = 0.01f, .factor = 0.5f};
        sterna_adam(&step, 1, &gradients[t - 1], &value, &mean, &square);
        double g = 0.5 * (double)gradients[t - 1];
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= 0.01 * (m / (1.0 - pow(0.9, (double)t))) / (sqrt(v / (1.0 - pow(0.999, (double)t))) + 1e-8);
        ck_assert_double_lt(fabs((double)value - w), 1e-6);
    }
}
END_TEST

START_TEST(first_step_is_the_rate_whatever_the_gradient)
{
    const struct sterna_adam_step step = {.update = 1, .rate = 0.01f, .factor = 1.0f};
    const float gradient[3] = {1e-4f, -3.0f, 1e4f};
    float value[3] = {0}, mean[3] = {0}, square[3] = {0};
    sterna_adam(&step, 3, gradient, value, mean, square);
    ck_assert_float_eq_tol(value[0], -0.01f, 1e-5f);
    ck_assert_float_eq_tol(value[1], 0.01f, 1e-5f);
    ck_assert_float_eq_tol(value[2], -0.01f, 1e-5f);
}
END_TEST

START_TEST(no_gradient_is_no_step)
{
    const struct sterna_adam_step step = {.update = 1, .rate = 0.01f, .factor = 1.0f};
    const float gradient = 0.0f;
    float value = 0.25f, mean = 0.0f, square = 0.0f;
    sterna_adam(&step, 1, &gradient, &value, &mean, &square);
    ck_assert(value == 0.25f);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("adam");
    TCase *tcase = tcase_create("adam");
    tcase_add_test(tcase, steps_follow_the_paper);
    tcase_add_test(tcase, first_step_is_the_rate_whatever_the_gradient);
    tcase_add_test(tcase, no_gradient_is_no_step);
    suite_add_tcase(suite, tcase);
    return suite;
}
