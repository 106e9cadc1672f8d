/* test_activation.c - exp, sigmoid and tanh against the C library in double, and the same bits in vectors as
 * alone. */
#include "activation.h"

#include <math.h>
#include <stdint.h>

#include <check.h>

/* One assertion for all values: each costs a write to a pipe. */

START_TEST(exp_is_within_2e_7_relative)
{
    int wrong = 0;
    for (int i = -11700; i < 11900; i++) { /* -86 .. 87 */
        const float x = (float)((double)i * 0.00731);
        wrong += !(fabs((double)sterna_exp(x) / exp((double)x) - 1.0) < 2e-7);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(sigmoid_and_tanh_are_within_2e_7)
{
    int wrong = 0;
    for (int i = -17300; i < 17300; i++) { /* -30 .. 30 */
        const float x = (float)((double)i * 0.00173);
        const double at = (double)x;
        wrong += !(fabs((double)sterna_sigmoid(x) - 1.0 / (1.0 + exp(-at))) < 1.4e-7);
        wrong += !(fabs((double)sterna_tanh(x) - tanh(at)) < 2.2e-7);
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* Every float near where the result reaches 1, and sizes down to the smallest. */
START_TEST(tanh_is_odd_at_most_one_and_x_when_tiny)
{
    int wrong = 0;
    float x = 8.9f;
    while (x < 9.1f) {
        const float y = sterna_tanh(x);
        wrong += !(y <= 1.0f && y > 0.9999998f && sterna_tanh(-x) == -y);
        x = nextafterf(x, 10.0f);
    }
    x = 1e-4f;
    while (x > 1e-37f) {
        wrong += !(fabsf(sterna_tanh(x) - x) <= 4e-7f * x && sterna_tanh(-x) == -sterna_tanh(x));
        x *= 0.77f;
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(extremes_saturate_and_nan_stays)
{
    ck_assert(sterna_sigmoid(1e30f) == 1.0f && sterna_sigmoid(-1e30f) == 0.0f);
    ck_assert(sterna_tanh(INFINITY) == 1.0f && sterna_tanh(-INFINITY) == -1.0f);
    ck_assert(sterna_sigmoid(0.0f) == 0.5f && sterna_tanh(0.0f) == 0.0f);
    ck_assert(isnan(sterna_exp(NAN)) && isnan(sterna_sigmoid(NAN)) && isnan(sterna_tanh(NAN)));
}
END_TEST

/* A loop that the compiler vectorises, against one that it cannot (the volatile takes one element at a time).
 * */
START_TEST(vector_and_scalar_have_the_same_bits)
{
    enum { COUNT = 1003 };
    static float x[COUNT], together[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i - 500) * 0.0217f;
    for (int i = 0; i < COUNT; i++)
        together[i] = sterna_tanh(x[i]) * sterna_sigmoid(x[i]);
    for (int i = 0; i < COUNT; i++) {
        volatile float one = x[i];
        volatile float alone = sterna_tanh(one) * sterna_sigmoid(one);
        ck_assert(alone == together[i]);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("activation");
    TCase *tcase = tcase_create("activation");
    tcase_add_test(tcase, exp_is_within_2e_7_relative);
    tcase_add_test(tcase, sigmoid_and_tanh_are_within_2e_7);
    tcase_add_test(tcase, tanh_is_odd_at_most_one_and_x_when_tiny);
    tcase_add_test(tcase, extremes_saturate_and_nan_stays);
    tcase_add_test(tcase, vector_and_scalar_have_the_same_bits);
    suite_add_tcase(suite, tcase);
    return suite;
}
