/* test_recurrent.c - a recurrent layer over a window: products and biases around the cell, backward against differences;
 * one-hot and dense inputs, dropout of symbols, sequences of different lengths. */
#include "gradient_check.h"
#include "product.h"
#include "recurrent.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { T = 4, B = 3, I = 5, H = 4, G = 4, S = 5, CELLS = 3, INPUTS = 3 };
enum input { DENSE, ONE_HOT, ONE_HOT_DROPPED };

static const struct sterna_cell_type *const cells[CELLS] = {&sterna_gru, &sterna_lstm, &sterna_rnn_tanh};
static const size_t active[T] = {3, 3, 2, 1};

/* A layer with its float weights and buffers; the objective is <wanted, a[1..T]>. */
struct bench {
    struct sterna_recurrent layer;
    struct sterna_track track;
    float ih[G * H * I], hh[G * H * H], bias_ih[G * H], bias_hh[G * H];
    float input[T * B * I], keep[T * B], a[(T + 1) * B * H], s[(T + 1) * B * H], a0[B * H], s0[B * H];
    float saved[T * B * S * H], terms[T * B * G * H], wanted[T * B * H];
    uint8_t symbol[T * B];
};

static struct bench bench;

static void fill(enum input input)
{
    uint64_t seed = 41;
    random_values(bench.ih, G * H * I, 1.0f, &seed);
    random_values(bench.hh, G * H * H, 1.0f, &seed);
    random_values(bench.bias_ih, G * H, 0.5f, &seed);
    random_values(bench.bias_hh, G * H, 0.5f, &seed);
    random_values(bench.input, T * B * I, 1.0f, &seed);
    random_values(bench.a0, B * H, 0.9f, &seed);
    random_values(bench.s0, B * H, 0.9f, &seed);
    random_values(bench.wanted, T * B * H, 1.0f, &seed);
    if (bench.layer.type == &sterna_gru) /* whose a is its s */
        memcpy(bench.s0, bench.a0, sizeof bench.s0);
    for (size_t t = 0; t < T; t++) {
        for (size_t b = 0; b < B; b++) {
            const size_t i = t * B + b;
            bench.symbol[i] = (uint8_t)random_below(&seed, I);
            bench.keep[i] = input == ONE_HOT_DROPPED ? (float)random_below(&seed, 2) * 2.0f : 1.0f;
            if (b >= active[t])
                memset(bench.wanted + i * H, 0, H * sizeof(float));
        }
    }
}

static void open_bench(int which)
{
    const struct sterna_cell_type *type = cells[which % CELLS];
    const enum input input = (enum input)(which / CELLS);
    const struct sterna_grid grid = {.unit = 1.0f, .levels = 15, .fraction_bits = 1};
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    const size_t rows = type->gates * H;

    memset(&bench, 0, sizeof bench);
    sterna_product_setup();
    ck_assert_int_eq(sterna_quantizer_find("float", &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("none", &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(
        sterna_weight_new(rows, I, type->gates, quantizer, &grid, normalizer, &bench.layer.ih, NULL),
        STERNA_OK);
    ck_assert_int_eq(
        sterna_weight_new(rows, H, type->gates, quantizer, &grid, normalizer, &bench.layer.hh, NULL),
        STERNA_OK);
    ck_assert_int_eq(sterna_recurrent_new(type, I, H, input != DENSE, &bench.layer, NULL), STERNA_OK);
    fill(input);
    bench.track = (struct sterna_track){.steps = T,
                                        .batch = B,
                                        .active = active,
                                        .symbol = bench.symbol,
                                        .keep = input == ONE_HOT_DROPPED ? bench.keep : NULL,
                                        .input = bench.input,
                                        .terms = input == ONE_HOT ? NULL : bench.terms,
                                        .s = bench.s,
                                        .a = bench.a,
                                        .saved = bench.saved};
    ck_assert(sterna_recurrent_needs_terms(&bench.layer, input == ONE_HOT_DROPPED) == (input != ONE_HOT));
}

static void tear_down(void)
{
    sterna_recurrent_free(&bench.layer);
}

static void forward(void)
{
    const struct sterna_preparation preparation = {0};
    for (size_t gate = 0; gate < bench.layer.type->gates; gate++) {
        sterna_weight_prepare(&bench.layer.ih, gate, &preparation, 64.0f, bench.ih, NULL);
        sterna_weight_prepare(&bench.layer.hh, gate, &preparation, 128.0f, bench.hh, NULL);
    }
    sterna_recurrent_prepare(&bench.layer, bench.bias_ih, bench.bias_hh);
    memcpy(bench.a, bench.a0, sizeof bench.a0);
    memcpy(bench.s, bench.s0, sizeof bench.s0);
    sterna_recurrent_forward(&bench.layer, &bench.track);
}

static double objective(void *context)
{
    double sum = 0.0;
    (void)context;
    forward();
    for (size_t t = 0; t < T; t++)
        for (size_t i = t * B * H; i < (t * B + active[t]) * H; i++)
            sum += (double)bench.wanted[i] * (double)bench.a[B * H + i];
    return sum;
}

static double row_product(const float *row, const float *vector, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)row[i] * (double)vector[i];
    return sum;
}

/* Step t of sequence b by plain loops around the cell. */
static void step_by_hand(size_t t, size_t b, float *a_next, float *s_next)
{
    const struct sterna_cell_type *type = bench.layer.type;
    const size_t rows = type->gates * H, own = type->own_gates * H, i = t * B + b;
    float x[G * H], saved[S * H], vector[I] = {0};

    if (bench.layer.one_hot)
        vector[bench.symbol[i]] = bench.keep[i];
    else
        memcpy(vector, bench.input + i * I, sizeof vector);
    for (size_t r = 0; r < rows; r++) {
        const double plain = r < rows - own ? (double)bench.bias_hh[r] : 0.0;
        x[r] = (float)(row_product(bench.ih + r * I, vector, I) + (double)bench.bias_ih[r] + plain);
        saved[r] = (float)row_product(bench.hh + r * H, bench.a + i * H, H);
    }
    type->forward(H, x, bench.bias_hh + rows - own, bench.s + i * H, saved, s_next, a_next);
}

START_TEST(forward_is_products_and_cell)
{
    open_bench(_i);
    forward();
    for (size_t t = 0; t < T; t++) {
        for (size_t b = 0; b < active[t]; b++) {
            float a[H], s[H];
            step_by_hand(t, b, a, s);
            for (size_t u = 0; u < H; u++) {
                const size_t at = ((t + 1) * B + b) * H + u;
                ck_assert_double_lt(fabs((double)(a[u] - bench.a[at])), 2e-6);
                if (bench.layer.type->memory)
                    ck_assert_double_lt(fabs((double)(s[u] - bench.s[at])), 2e-6);
            }
        }
    }
}
END_TEST

START_TEST(a_sequence_that_has_ended_stays_as_it_was)
{
    open_bench(_i);
    forward();
    for (size_t t = 0; t < T; t++)
        for (size_t i = (t * B + active[t]) * H; i < (t + 1) * B * H; i++)
            ck_assert(bench.a[B * H + i] == 0.0f && bench.s[B * H + i] == 0.0f);
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

struct gradients {
    float ih[G * H * I], transposed[G * H * I], hh[G * H * H], bias_ih[G * H], bias_hh[G * H];
    float input[T * B * I], da[B * H], ds[B * H];
};

START_TEST(backward_matches_differences)
{
    static struct gradients got;
    open_bench(_i);
    const bool one_hot = bench.layer.one_hot;
    const size_t rows = bench.layer.type->gates * H;
    const struct sterna_recurrent_gradient gradient = {.ih = one_hot ? got.transposed : got.ih,
                                                       .hh = got.hh,
                                                       .bias_ih = got.bias_ih,
                                                       .bias_hh = got.bias_hh,
                                                       .input = one_hot ? NULL : got.input,
                                                       .da = got.da,
                                                       .ds = got.ds};
    memset(&got, 0, sizeof got); /* without fork the memory is that of the last run */
    forward();
    sterna_recurrent_backward(&bench.layer, &bench.track, bench.wanted, &gradient);
    if (one_hot)
        sterna_product_transpose(I, rows, got.transposed, got.ih);
    check_gradient("weight_ih", bench.ih, got.ih, rows * I);
    check_gradient("weight_hh", bench.hh, got.hh, rows * H);
    check_gradient("bias_ih", bench.bias_ih, got.bias_ih, rows);
    check_gradient("bias_hh", bench.bias_hh, got.bias_hh, rows);
    if (!one_hot)
        check_gradient("input", bench.input, got.input, T * B * I);
}
END_TEST

/* Every activation of the weights' gradients becomes a power of two, on average itself: the gradient is near, not the same. */
START_TEST(quantized_backward_is_near_the_exact_one)
{
    static struct gradients exact, rough;
    float scratch[T * B * I] = {0};
    open_bench(0);
    memset(&exact, 0, sizeof exact);
    memset(&rough, 0, sizeof rough);
    double distance = 0.0, size = 0.0;
    for (uint32_t draw = 0; draw < 400; draw++) {
        const struct sterna_recurrent_gradient gradient = {.ih = rough.ih,
                                                           .hh = rough.hh,
                                                           .bias_ih = rough.bias_ih,
                                                           .bias_hh = rough.bias_hh,
                                                           .da = rough.da,
                                                           .ds = rough.ds,
                                                           .quantized = scratch,
                                                           .backprop_bits = 4,
                                                           .draw = {.seed = 1, .step = draw}};
        forward();
        sterna_recurrent_backward(&bench.layer, &bench.track, bench.wanted, &gradient);
    }
    const struct sterna_recurrent_gradient gradient = {.ih = exact.ih,
                                                       .hh = exact.hh,
                                                       .bias_ih = exact.bias_ih,
                                                       .bias_hh = exact.bias_hh,
                                                       .da = exact.da,
                                                       .ds = exact.ds};
    forward();
    sterna_recurrent_backward(&bench.layer, &bench.track, bench.wanted, &gradient);
    for (size_t i = 0; i < 3 * H * H; i++) {
        distance += fabs((double)rough.hh[i] / 400.0 - (double)exact.hh[i]);
        size += fabs((double)exact.hh[i]);
    }
    ck_assert_double_lt(distance, 0.05 * size);
    ck_assert_double_gt(distance, 0.0);
    for (size_t r = 0; r < 3 * H; r++) /* biases have no activation */
        ck_assert_double_lt(fabs((double)rough.bias_hh[r] / 400.0 - (double)exact.bias_hh[r]), 1e-4);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("recurrent");
    TCase *tcase = tcase_create("recurrent");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, forward_is_products_and_cell, 0, CELLS * INPUTS);
    tcase_add_loop_test(tcase, a_sequence_that_has_ended_stays_as_it_was, 0, CELLS * INPUTS);
    tcase_add_loop_test(tcase, backward_matches_differences, 0, CELLS * INPUTS);
    tcase_add_test(tcase, quantized_backward_is_near_the_exact_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
