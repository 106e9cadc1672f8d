/* test_weight.c - master weights to effective ones: blocks, rows, integer scales, and the way back. */
#include "gradient_check.h"
#include "weight.h"

#include <string.h>

#include <check.h>

enum { ROWS = 6, COLS = 5, BLOCKS = 3 };

static const struct sterna_grid grid = {.unit = 0.7f, .levels = 15, .integer_bits = 1, .fraction_bits = 2};
static struct sterna_weight weight;
static float master[ROWS * COLS], gain[ROWS];

static void open_weight(const char *quantizer_name, const char *normalizer_name)
{
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *normalizer = NULL;
    uint64_t seed = 17;
    ck_assert_int_eq(sterna_quantizer_find(quantizer_name, &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find(normalizer_name, &normalizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_weight_new(ROWS, COLS, BLOCKS, quantizer, &grid, normalizer, &weight, NULL),
                     STERNA_OK);
    random_values(master, ROWS * COLS, 1.0f, &seed);
    random_values(gain, ROWS, 2.0f, &seed);
}

static void tear_down(void)
{
    sterna_weight_free(&weight);
}

static void prepare(bool integer, const struct sterna_draw *draw, float one)
{
    const struct sterna_preparation preparation = {.integer = integer, .draw = draw};
    for (size_t block = 0; block < BLOCKS; block++)
        sterna_weight_prepare(&weight, block, &preparation, one, master, gain);
}

START_TEST(each_block_has_its_own_threshold)
{
    open_weight("twn", "none");
    for (int i = 0; i < ROWS * COLS; i++)
        master[i] = (i < 10 ? 1.0f : i < 20 ? 0.01f : 100.0f) * (i % 2 ? -1.0f : 1.0f);
    prepare(false, NULL, 128.0f);
    for (int i = 0; i < ROWS * COLS; i++) {
        ck_assert(weight.level[i] == (i % 2 ? -1.0f : 1.0f));
        ck_assert_float_eq_tol(weight.value[i], master[i], 1e-5f * fabsf(master[i]));
    }
}
END_TEST

/* Rows 0 and 1 are one block; each has its own mean magnitude. */
START_TEST(each_row_has_its_own_scale_if_the_quantizer_says_so)
{
    open_weight("xnor", "none");
    for (int i = 0; i < ROWS * COLS; i++) {
        const int row = i / COLS;
        master[i] = (float)(row + 1) * (i % 3 ? -1.0f : 1.0f);
    }
    prepare(false, NULL, 128.0f);
    for (int r = 0; r < ROWS; r++)
        ck_assert(weight.scale[r] == (float)(r + 1) && weight.row[r] == (float)(r + 1));
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert(weight.value[i] == master[i]);
}
END_TEST

START_TEST(every_row_has_the_scale_of_its_block)
{
    open_weight("pow2", "none");
    for (int i = 0; i < ROWS * COLS; i++)
        master[i] = (float)(i + 1);
    prepare(false, NULL, 128.0f);
    for (int r = 0; r < ROWS; r++) {
        const int block = r / 2;
        ck_assert(weight.scale[r] == (float)(10 * (block + 1)) / 64.0f);
    }
}
END_TEST

START_TEST(stochastic_sample_depends_on_place_not_on_blocks)
{
    const struct sterna_draw draw = {.seed = 3, .step = 4, .tensor = 5};
    float uniform[ROWS * COLS];
    open_weight("ternary", "none");
    prepare(false, &draw, 128.0f);
    sterna_philox_uniform(&draw, 0, ROWS * COLS, uniform);
    for (int i = 0; i < ROWS * COLS; i++) {
        float expected = uniform[i] * 0.7f < fabsf(master[i]) ? 1.0f : 0.0f;
        ck_assert(weight.level[i] == (master[i] < 0.0f ? -expected : expected));
    }
}
END_TEST

/* m / 2^s is within half a step, 1/256 relative, of what it stands for; the sign is m's. */
START_TEST(row_scale_is_the_nearest_of_8_bits)
{
    float value = 1e-6f;
    for (int i = 0; i < 1100; i++, value *= 1.0173f) { /* up to 156 */
        int32_t m = 0, s = 0;
        sterna_weight_round_scale(-value, &m, &s);
        ck_assert_int_ge(-m, 128);
        ck_assert_int_le(-m, 255);
        ck_assert_int_ge(s, 0);
        ck_assert_int_le(s, 31);
        ck_assert_double_le(fabs(ldexp((double)-m, -s) - (double)value), (double)value / 255.0);
    }
}
END_TEST

START_TEST(row_scale_of_extremes_is_in_range)
{
    static const struct {
        float value;
        int32_t m, s;
    } table[] = {{0.0f, 0, 0},     {255.0f, 255, 0},  {1e9f, 255, 0}, {1e-30f, 0, 31},
                 {128.0f, 128, 0}, {127.75f, 128, 0}, {1.0f, 128, 7}, {-0.998f, -255, 8}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int32_t m = -1, s = -1;
        sterna_weight_round_scale(table[i].value, &m, &s);
        ck_assert_int_eq(m, table[i].m);
        ck_assert_int_eq(s, table[i].s);
    }
}
END_TEST

START_TEST(integer_preparation_rounds_the_rows_and_keeps_levels)
{
    float row[ROWS], level[ROWS * COLS];
    open_weight("twn", "weight");
    prepare(false, NULL, 128.0f);
    memcpy(row, weight.row, sizeof row);
    memcpy(level, weight.level, sizeof level);
    prepare(true, NULL, 128.0f);
    ck_assert_mem_eq(level, weight.level, sizeof level);
    for (int r = 0; r < ROWS; r++) {
        ck_assert_float_eq_tol(weight.row[r], row[r], fabsf(row[r]) / 255.0f);
        ck_assert(weight.row[r] ==
                  ldexpf((float)weight.scale_m[r], -weight.scale_s[r]) / 16.0f); /* 128 / 2048 */
    }
}
END_TEST

/* Whatever the quantizer, codes times rounded rows are the values, the sign of a row in the row. */
START_TEST(integer_preparation_gives_the_levels_as_codes)
{
    static const char *const names[] = {"binary",       "xnor",      "ternary", "twn",
                                        "pow2-ternary", "dual-copy", "pow2",    "exponential"};
    open_weight(names[_i], "weight");
    for (int r = 0; r < ROWS; r++)
        gain[r] = r % 2 ? -0.4f : 0.6f;
    prepare(false, NULL, 128.0f);
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert_int_eq(weight.code[i], 0);
    prepare(true, NULL, 128.0f);
    for (int i = 0; i < ROWS * COLS; i++) {
        ck_assert((float)weight.code[i] == weight.level[i]);
        ck_assert(weight.value[i] == weight.row[i / COLS] * (float)weight.code[i]);
        ck_assert(sterna_format_has(weight.quantizer->format(&grid), weight.code[i]));
        ck_assert(weight.code[i] == 0 || (weight.code[i] > 0) == (master[i] >= 0.0f));
    }
    for (int r = 0; r < ROWS; r++)
        ck_assert(weight.row[r] == 0.0f || (weight.scale_m[r] < 0) == (r % 2 == 1));
}
END_TEST

/* "exponential" samples while training; the integer phase takes deploy, which draws nothing. */
START_TEST(deployable_levels_are_not_drawn)
{
    const struct sterna_draw draw = {.seed = 3, .step = 4, .tensor = 5};
    float level[ROWS * COLS], drawn[ROWS * COLS];
    open_weight("exponential", "none");
    prepare(true, NULL, 128.0f);
    memcpy(level, weight.level, sizeof level);
    prepare(true, &draw, 128.0f);
    ck_assert_mem_eq(level, weight.level, sizeof level);
    prepare(false, &draw, 128.0f);
    memcpy(drawn, weight.level, sizeof drawn);
    prepare(false, NULL, 128.0f);
    ck_assert_mem_ne(drawn, weight.level, sizeof drawn);
    ck_assert_mem_ne(level, weight.level, sizeof level);
}
END_TEST

START_TEST(float_weights_stay_exact_in_the_integer_phase)
{
    open_weight("float", "none");
    prepare(true, NULL, 128.0f);
    ck_assert_mem_eq(weight.value, master, sizeof master);
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert_int_eq(weight.code[i], 0);
}
END_TEST

/* With float "quantization" the whole way is differentiable: <wanted, value> by differences. */
static double objective(void *context)
{
    const float *wanted = context;
    double sum = 0.0;
    prepare(false, NULL, 128.0f);
    for (int i = 0; i < ROWS * COLS; i++)
        sum += (double)(wanted[i] * weight.value[i]);
    return sum;
}

START_TEST(backward_matches_differences)
{
    float wanted[ROWS * COLS], gradient[ROWS * COLS], gain_gradient[ROWS] = {0};
    uint64_t seed = 23;
    open_weight("float", _i ? "weight" : "none");
    random_values(wanted, ROWS * COLS, 1.0f, &seed);
    memcpy(gradient, wanted, sizeof wanted);
    prepare(false, NULL, 128.0f);
    for (size_t block = 0; block < BLOCKS; block++)
        sterna_weight_backward(&weight, block, gain, gradient, gain_gradient);
    for (int i = 0; i < ROWS * COLS; i++)
        ck_assert(gradients_agree(numeric_gradient(objective, wanted, &master[i]), (double)gradient[i]));
    for (int r = 0; r < ROWS; r++)
        ck_assert(gradients_agree(numeric_gradient(objective, wanted, &gain[r]), (double)gain_gradient[r]));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("weight");
    TCase *tcase = tcase_create("weight");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, each_block_has_its_own_threshold);
    tcase_add_test(tcase, each_row_has_its_own_scale_if_the_quantizer_says_so);
    tcase_add_test(tcase, every_row_has_the_scale_of_its_block);
    tcase_add_test(tcase, stochastic_sample_depends_on_place_not_on_blocks);
    tcase_add_test(tcase, row_scale_is_the_nearest_of_8_bits);
    tcase_add_test(tcase, row_scale_of_extremes_is_in_range);
    tcase_add_test(tcase, integer_preparation_rounds_the_rows_and_keeps_levels);
    tcase_add_loop_test(tcase, integer_preparation_gives_the_levels_as_codes, 0, 8);
    tcase_add_test(tcase, deployable_levels_are_not_drawn);
    tcase_add_test(tcase, float_weights_stay_exact_in_the_integer_phase);
    tcase_add_loop_test(tcase, backward_matches_differences, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
