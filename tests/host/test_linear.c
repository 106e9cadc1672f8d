/* test_linear.c - the output layer: forward, exact integer sums, gradients against differences. */
#include "gradient_check.h"
#include "linear.h"
#include "product.h"

#include <string.h>

#include <check.h>

enum { N = 6, H = 5, O = 4 };

static struct sterna_linear linear;
static float master[O * H], gain[O], bias[O], a[N * H], wanted[N * O], logits[N * O];

static void open_linear(const char *quantizer_name)
{
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    const struct sterna_grid grid = {.unit = 1.0f, .levels = 15, .fraction_bits = 1};
    uint64_t seed = 9;
    sterna_product_setup();
    ck_assert_int_eq(sterna_quantizer_find(quantizer_name, &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("weight", &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_linear_new(H, O, quantizer, &grid, normalizer, &linear, NULL), STERNA_OK);
    random_values(master, O * H, 1.0f, &seed);
    random_values(gain, O, 1.0f, &seed);
    random_values(bias, O, 1.0f, &seed);
    random_values(a, N * H, 1.0f, &seed);
    random_values(wanted, N * O, 1.0f, &seed);
}

static void tear_down(void)
{
    sterna_linear_free(&linear);
}

static void forward(bool integer)
{
    const struct sterna_preparation preparation = {.integer = integer};
    sterna_weight_prepare(&linear.weight, 0, &preparation, 128.0f, master, gain);
    linear.integer = integer;
    sterna_linear_prepare(&linear, bias);
    sterna_linear_forward(&linear, N, a, logits);
}

static double objective(void *context)
{
    double sum = 0.0;
    (void)context;
    forward(false);
    for (int i = 0; i < N * O; i++)
        sum += (double)(wanted[i] * logits[i]);
    return sum;
}

START_TEST(gradients_match_differences)
{
    float da[N * H], weight_gradient[O * H] = {0}, bias_gradient[O] = {0};
    open_linear("float");
    forward(false);
    sterna_linear_backward(&linear, N, a, wanted, da, weight_gradient, bias_gradient);
    for (int i = 0; i < N * H; i++)
        ck_assert(gradients_agree(numeric_gradient(objective, NULL, &a[i]), (double)da[i]));
    for (int i = 0; i < O; i++)
        ck_assert(gradients_agree(numeric_gradient(objective, NULL, &bias[i]), (double)bias_gradient[i]));
    float gain_gradient[O]; /* of the effective weight, then of master and gain */
    sterna_weight_backward(&linear.weight, 0, gain, weight_gradient, gain_gradient);
    for (int i = 0; i < O * H; i++)
        ck_assert(gradients_agree(numeric_gradient(objective, NULL, &master[i]), (double)weight_gradient[i]));
}
END_TEST

START_TEST(integer_sums_and_logits_are_the_devices)
{
    float sums[N * O];
    uint64_t seed = 4;
    open_linear("twn");
    for (int i = 0; i < N * H; i++)
        a[i] = ((float)random_below(&seed, 255) - 127.0f) / 128.0f;
    forward(true);
    sterna_linear_sums(&linear, N, a, sums);
    for (int n = 0; n < N; n++) {
        for (int o = 0; o < O; o++) {
            int32_t sum = 0;
            for (int h = 0; h < H; h++)
                sum += linear.weight.code[o * H + h] * (int32_t)(a[n * H + h] * 128.0f);
            ck_assert(sums[n * O + o] * 128.0f == (float)sum);
            double logit = ldexp((double)sum * linear.weight.scale_m[o], -linear.weight.scale_s[o] - 11) +
                           round((double)bias[o] * 2048.0) / 2048.0;
            ck_assert_double_lt(fabs(logit - (double)logits[n * O + o]), 1e-6);
        }
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("linear");
    TCase *tcase = tcase_create("linear");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, gradients_match_differences);
    tcase_add_test(tcase, integer_sums_and_logits_are_the_devices);
    suite_add_tcase(suite, tcase);
    return suite;
}
