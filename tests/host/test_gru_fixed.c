/* test_gru_fixed.c - the integer forward pass on many sequences against fixed.c, bit for bit, saturations
 * included. */
#include "cell.h"
#include "fixed.h"
#include "product.h"

#include <stdlib.h>

#include "../random_model.h"

#include <check.h>

enum { T = 12, B = 5, I = 9, H = 37 }; /* odd: the ends of vector loops too */

static struct sterna_model *model;
static struct sterna_recurrent trained[2];
static struct sterna_track track[2];
static uint8_t symbol[T * B];

/* The device's matrix as the trainer sees it; every third row with the sign in the scale instead of the
 * codes. */
static void copy_matrix(const struct sterna_matrix *from, struct sterna_weight *weight)
{
    for (size_t r = 0; r < from->rows; r++) {
        int sign = r % 3 ? 1 : -1;
        for (size_t c = 0; c < from->cols; c++)
            weight->level[r * from->cols + c] = (float)(sign * from->code[r * from->cols + c]);
        weight->scale_m[r] = sign * from->scale_m[r];
        weight->scale_s[r] = from->scale_s[r];
    }
}

static void open_layer(size_t k)
{
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    float ih[3 * H], hh[3 * H] = {0};

    ck_assert_int_eq(sterna_quantizer_find("ternary", &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("none", &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(
        sterna_recurrent_new(&sterna_gru, k ? H : I, H, k == 0, quantizer, normalizer, &trained[k], NULL),
        STERNA_OK);
    copy_matrix(&model->layer[k].ih, &trained[k].ih);
    copy_matrix(&model->layer[k].hh, &trained[k].hh);
    for (int g = 0; g < 3 * H; g++)
        ih[g] = (float)model->layer[k].bias[g] / 2048.0f;
    for (int u = 0; u < H; u++)
        hh[2 * H + u] = (float)model->layer[k].bias[3 * H + u] / 2048.0f;
    trained[k].integer = true;
    sterna_gru.prepare(&trained[k], ih, hh);
    track[k] = (struct sterna_track){.steps = T, .batch = B};
    track[k].h = calloc((T + 1) * B * H, sizeof(float));
    track[k].a = calloc((T + 1) * B * H, sizeof(float));
    track[k].saved = calloc(T * B * 4 * H, sizeof(float));
    track[k].terms = calloc(T * B * 3 * H, sizeof(float));
}

static void set_up(void)
{
    uint64_t seed = 77;
    sterna_product_setup();
    model = random_model(I, H, 2, I, 1234);
    for (int i = 0; i < T * B; i++)
        symbol[i] = (uint8_t)random_below(&seed, I);
    open_layer(0);
    open_layer(1);
    track[0].symbol = symbol;
    track[1].input = track[0].a + B * H;
}

static void tear_down(void)
{
    for (size_t k = 0; k < 2; k++) {
        free(track[k].h);
        free(track[k].a);
        free(track[k].saved);
        free(track[k].terms);
        sterna_recurrent_free(&trained[k]);
    }
    sterna_model_free(model);
}

START_TEST(two_layers_equal_the_specification)
{
    size_t saturated = 0, moving = 0;
    sterna_gru.forward(&trained[0], &track[0]);
    sterna_gru.forward(&trained[1], &track[1]);
    for (size_t b = 0; b < B; b++) {
        struct sterna_fixed_state state = {0};
        int32_t sums[I];
        ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
        for (size_t t = 0; t < T; t++) {
            sterna_fixed_step_one_hot(model, &state, symbol[t * B + b], sums);
            for (size_t i = 0; i < 2 * H; i++) {
                const size_t at = ((t + 1) * B + b) * H + i % H;
                ck_assert(track[i / H].h[at] * 32768.0f == (float)state.state[i]);
                ck_assert(track[i / H].a[at] * 128.0f == (float)state.activation[i]);
                saturated += abs(state.activation[i]) == 127;
                moving += state.state[i] != 0 && abs(state.activation[i]) < 100;
            }
        }
        sterna_fixed_free(&state);
    }
    ck_assert_uint_gt(saturated, 10); /* the model visits both regions */
    ck_assert_uint_gt(moving, 100);
}
END_TEST

/* Without weights the pre-activations are the biases: walk them through the whole range, a unit at a time. */
static void check_units(int32_t first, int32_t step)
{
    float ih[3 * H], hh[3 * H] = {0};
    struct sterna_fixed_gru terms[H];
    struct sterna_track one = track[0];

    one.steps = 1;
    one.batch = 1;
    for (int32_t u = 0; u < H; u++) {
        const int32_t pre = first + u * step, reverse = -pre / 3;
        terms[u] = (struct sterna_fixed_gru){.b_r = pre, .b_z = reverse, .b_xn = pre / 5, .b_hn = reverse};
        if (u % 2)
            terms[u] = (struct sterna_fixed_gru){.b_r = reverse, .b_z = pre, .b_xn = reverse, .b_hn = pre};
        ih[u] = (float)terms[u].b_r / 2048.0f;
        ih[H + u] = (float)terms[u].b_z / 2048.0f;
        ih[2 * H + u] = (float)terms[u].b_xn / 2048.0f;
        hh[2 * H + u] = (float)terms[u].b_hn / 2048.0f;
        one.h[u] = (float)(pre * 7 % 32768) / 32768.0f;
    }
    sterna_gru.prepare(&trained[0], ih, hh);
    sterna_gru.forward(&trained[0], &one);
    for (int32_t u = 0; u < H; u++) {
        const int32_t state = (first + u * step) * 7 % 32768;
        ck_assert(one.h[H + u] * 32768.0f == (float)sterna_fixed_gru_unit(&terms[u], state));
    }
}

START_TEST(units_equal_the_specification_over_all_pre_activations)
{
    for (size_t g = 0; g < 3 * H; g++)
        trained[0].ih.scale_m[g] = trained[0].hh.scale_m[g] = 0;
    for (int32_t first = -32767; first + H - 1 <= 32767; first += H)
        check_units(first, 1);
}
END_TEST

START_TEST(state_of_the_float_phase_is_rounded_once)
{
    const float h[4] = {0.5f + 0x1p-17f, -0.99999f, 0x1p-16f, -0x1.8p-16f};
    const float expected[4] = {0.5f, -32767.0f / 32768.0f, 0x1p-15f, -0x1p-15f};
    struct sterna_track one = track[0];
    one.steps = 1;
    one.batch = 1;
    for (int i = 0; i < 4; i++)
        one.h[i] = h[i];
    sterna_gru.forward(&trained[0], &one);
    for (int i = 0; i < 4; i++)
        ck_assert(one.h[i] == expected[i]);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gru_fixed");
    TCase *tcase = tcase_create("gru_fixed");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, two_layers_equal_the_specification);
    tcase_add_test(tcase, units_equal_the_specification_over_all_pre_activations);
    tcase_add_test(tcase, state_of_the_float_phase_is_rounded_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
