/* test_loss.c - soft-max cross-entropy against the formula and differences. */
#include "gradient_check.h"
#include "loss.h"

#include <string.h>

#include <check.h>

enum { ROWS = 4, OUTPUTS = 7 };

static float logits[ROWS * OUTPUTS];
static const uint8_t target[ROWS] = {0, 6, 3, 3};

static double objective(void *context)
{
    (void)context;
    return 0.3f * sterna_loss(ROWS, OUTPUTS, logits, target);
}

START_TEST(loss_of_equal_logits_is_log_of_their_number)
{
    memset(logits, 0, sizeof logits);
    ck_assert_double_lt(fabs(sterna_loss(ROWS, OUTPUTS, logits, target) - ROWS * log(OUTPUTS)), 1e-6);
    ck_assert_double_lt(fabs(sterna_loss_bits(log(8.0)) - 3.0), 1e-12);
}
END_TEST

START_TEST(gradient_matches_differences)
{
    uint64_t seed = 2;
    float gradient[ROWS * OUTPUTS];
    random_values(logits, ROWS * OUTPUTS, 3.0f, &seed);
    memcpy(gradient, logits, sizeof gradient);
    double loss = sterna_loss_gradient(ROWS, OUTPUTS, gradient, target, 0.3f);
    ck_assert_double_lt(fabs(loss - sterna_loss(ROWS, OUTPUTS, logits, target)), 1e-5);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        ck_assert(gradients_agree(numeric_gradient(objective, NULL, &logits[i]), (double)gradient[i]));
}
END_TEST

/* Sums are taken in lanes and blocks: sizes around both. */
START_TEST(any_number_of_outputs)
{
    static float row[150];
    for (size_t outputs = 1; outputs <= 150; outputs++) {
        const uint8_t last = (uint8_t)(outputs - 1);
        double total = 0.0, wanted;
        uint64_t seed = outputs;
        random_values(row, outputs, 4.0f, &seed);
        for (size_t o = 0; o < outputs; o++)
            total += exp((double)row[o]);
        wanted = log(total) - (double)row[last];
        ck_assert_double_lt(fabs(sterna_loss(1, outputs, row, &last) - wanted), 2e-6);
        double softmax = exp((double)row[0]) / total - (outputs == 1);
        ck_assert_double_lt(fabs(sterna_loss_gradient(1, outputs, row, &last, 1.0f) - wanted), 2e-6);
        ck_assert_double_lt(fabs((double)row[0] - softmax), 1e-6);
    }
}
END_TEST

START_TEST(large_logits_do_not_overflow)
{
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        logits[i] = i % OUTPUTS == target[i / OUTPUTS] ? 1e30f : -1e30f;
    ck_assert_double_lt(fabs(sterna_loss(ROWS, OUTPUTS, logits, target)), 1e-6);
}
END_TEST

START_TEST(nan_is_not_hidden)
{
    memset(logits, 0, sizeof logits);
    logits[1] = NAN;
    ck_assert(isnan(sterna_loss(ROWS, OUTPUTS, logits, target)));
    ck_assert(isnan(sterna_loss_gradient(ROWS, OUTPUTS, logits, target, 1.0f)));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *tcase = tcase_create("loss");
    tcase_add_test(tcase, loss_of_equal_logits_is_log_of_their_number);
    tcase_add_test(tcase, gradient_matches_differences);
    tcase_add_test(tcase, any_number_of_outputs);
    tcase_add_test(tcase, large_logits_do_not_overflow);
    tcase_add_test(tcase, nan_is_not_hidden);
    suite_add_tcase(suite, tcase);
    return suite;
}
