/* test_gru.c - one GRU layer: forward against the formula in double, backward against differences, one-hot
 * and dense. */
#include "cell.h"
#include "gradient_check.h"
#include "product.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { T = 4, B = 3, I = 5, H = 4, G = 3 * H };

/* A layer with its float weights and buffers; the objective is <wanted, h[1..T]>. */
struct bench {
    struct sterna_recurrent layer;
    struct sterna_track track;
    float ih[G * I], hh[G * H], bias_ih[G], bias_hh[G];
    float input[T * B * I], h[(T + 1) * B * H], h0[B * H], saved[T * B * 4 * H], terms[T * B * G],
        wanted[T * B * H];
    uint8_t symbol[T * B];
};

static struct bench bench;

static void open_bench(bool one_hot)
{
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    uint64_t seed = 41;

    sterna_product_setup();
    ck_assert_int_eq(sterna_quantizer_find("float", &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("none", &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(
        sterna_recurrent_new(&sterna_gru, I, H, one_hot, quantizer, normalizer, &bench.layer, NULL),
        STERNA_OK);
    random_values(bench.ih, G * I, 1.0f, &seed);
    random_values(bench.hh, G * H, 1.0f, &seed);
    random_values(bench.bias_ih, G, 0.5f, &seed);
    random_values(bench.bias_hh, G, 0.5f, &seed);
    random_values(bench.input, T * B * I, 1.0f, &seed);
    random_values(bench.h0, B * H, 0.9f, &seed);
    random_values(bench.wanted, T * B * H, 1.0f, &seed);
    for (int i = 0; i < T * B; i++)
        bench.symbol[i] = (uint8_t)random_below(&seed, I);
    bench.track = (struct sterna_track){.steps = T,
                                        .batch = B,
                                        .symbol = one_hot ? bench.symbol : NULL,
                                        .input = one_hot ? NULL : bench.input,
                                        .terms = bench.terms,
                                        .h = bench.h,
                                        .a = bench.h,
                                        .saved = bench.saved};
}

static void tear_down(void)
{
    sterna_recurrent_free(&bench.layer);
}

static void forward(void)
{
    const struct sterna_preparation preparation = {0};
    for (size_t gate = 0; gate < 3; gate++) {
        sterna_weight_prepare(&bench.layer.ih, gate, &preparation, 64.0f, bench.ih, NULL);
        sterna_weight_prepare(&bench.layer.hh, gate, &preparation, 128.0f, bench.hh, NULL);
    }
    sterna_gru.prepare(&bench.layer, bench.bias_ih, bench.bias_hh);
    memcpy(bench.h, bench.h0, sizeof bench.h0);
    sterna_gru.forward(&bench.layer, &bench.track);
}

static double objective(void *context)
{
    double sum = 0.0;
    (void)context;
    forward();
    for (int i = 0; i < T * B * H; i++)
        sum += (double)(bench.wanted[i] * bench.h[B * H + i]);
    return sum;
}

static double row_product(const float *row, const float *vector, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += (double)row[i] * (double)vector[i];
    return sum;
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

START_TEST(forward_is_the_formula)
{
    const bool one_hot = _i;
    open_bench(one_hot);
    forward();
    for (int t = 0; t < T; t++) {
        for (int b = 0; b < B; b++) {
            const float *h = bench.h + (t * B + b) * H;
            float x[I] = {0};
            memcpy(x, bench.input + (t * B + b) * I, sizeof x);
            for (int i = 0; one_hot && i < I; i++)
                x[i] = i == bench.symbol[t * B + b] ? 1.0f : 0.0f;
            for (int u = 0; u < H; u++) {
                double xs[3], hs[3];
                for (int g = 0; g < 3; g++) {
                    int row = g * H + u;
                    xs[g] = row_product(bench.ih + row * I, x, I) + (double)bench.bias_ih[row];
                    hs[g] = row_product(bench.hh + row * H, h, H) + (double)bench.bias_hh[row];
                }
                double r = sigmoid(xs[0] + hs[0]), z = sigmoid(xs[1] + hs[1]), n = tanh(xs[2] + r * hs[2]);
                double expected = (1.0 - z) * n + z * (double)h[u];
                ck_assert_double_lt(fabs(expected - (double)bench.h[((t + 1) * B + b) * H + u]), 2e-6);
            }
        }
    }
}
END_TEST

/* Compare a gradient with differences at each element. */
static void check_gradient(const char *what, float *at, const float *gradient, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double numeric = numeric_gradient(objective, NULL, &at[i]);
        ck_assert_msg(gradients_agree(numeric, (double)gradient[i]),
                      "%s[%zu]: %g by differences, %g backward", what, i, numeric, (double)gradient[i]);
    }
}

START_TEST(backward_matches_differences)
{
    static float ih[G * I], transposed[G * I], hh[G * H], bias_ih[G], bias_hh[G], input[T * B * I],
        dh[T * B * H], dh_step[B * H] = {0};
    const bool one_hot = _i;
    const struct sterna_cell_gradient gradient = {one_hot ? transposed : ih, hh,     bias_ih, bias_hh,
                                                  one_hot ? NULL : input,    dh_step};
    memset(ih, 0, sizeof ih); /* without fork the memory is that of the last run */
    memset(transposed, 0, sizeof transposed);
    memset(hh, 0, sizeof hh);
    memset(bias_ih, 0, sizeof bias_ih);
    memset(bias_hh, 0, sizeof bias_hh);
    open_bench(one_hot);
    forward();
    memcpy(dh, bench.wanted, sizeof dh);
    sterna_gru.backward(&bench.layer, &bench.track, dh, &gradient);
    if (one_hot)
        sterna_product_transpose(I, G, transposed, ih);
    check_gradient("weight_ih", bench.ih, ih, G * I);
    check_gradient("weight_hh", bench.hh, hh, G * H);
    check_gradient("bias_ih", bench.bias_ih, bias_ih, G);
    check_gradient("bias_hh", bench.bias_hh, bias_hh, G);
    if (!one_hot)
        check_gradient("input", bench.input, input, T * B * I);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gru");
    TCase *tcase = tcase_create("gru");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, forward_is_the_formula, 0, 2);
    tcase_add_loop_test(tcase, backward_matches_differences, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
