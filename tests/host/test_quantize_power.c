/* test_quantize_power.c - powers of two against tables by hand, boundaries included; stochastic ones against
 * expectation. */
#include "quantizer_check.h"

static const struct sterna_grid wide = {.unit = 1.0f, .levels = 15};

/* The largest becomes 64; the next exponent strictly above 1.5 times a power; below 2^0 and its rounding
 * there is 0. */
START_TEST(pow2_boundaries_are_exact)
{
    const float w[] = {-64.0f,  48.0f, 48.001f, 1.5f, 1.501f, 0.75f,
                       0.7501f, -3.0f, -3.001f, 0.0f, 33.0f,  -0.5f};
    const float expected[] = {-64, 32, 64, 1, 2, 0, 1, -2, -4, 0, 32, 0};
    float half[12], level[12];
    for (int i = 0; i < 12; i++)
        half[i] = 0.5f * w[i];
    ck_assert(find_quantizer("pow2")->round(w, 12, &wide, level) == 1.0f);
    check_levels(level, expected, 12);
    ck_assert(find_quantizer("pow2")->round(half, 12, &wide, level) == 0.5f);
    check_levels(level, expected, 12);
}
END_TEST

/* levels = 3, 5, ... 15: the largest level is 2^((levels - 3) / 2), and every power below it is reached. */
START_TEST(pow2_has_as_many_levels_as_asked)
{
    const unsigned levels = 2 * (unsigned)_i + 3;
    const struct sterna_grid grid = {.levels = levels};
    float w[1001], level[1001];
    unsigned found = 0;
    for (int i = 0; i <= 1000; i++)
        w[i] = (float)(i - 500);
    const float scale = find_quantizer("pow2")->round(w, 1001, &grid, level);
    ck_assert(scale * (float)(1 << _i) == 500.0f);
    for (int i = 1; i <= 1000; i++) {
        ck_assert(level[i] >= level[i - 1]);
        found += level[i] != level[i - 1];
    }
    ck_assert_uint_eq(found + 1, levels);
    ck_assert(level[1000] == (float)(1 << _i));
    ck_assert_int_eq(find_quantizer("pow2")->format(&grid),
                     levels == 3 ? STERNA_FORMAT_TERNARY : STERNA_FORMAT_POW2);
}
END_TEST

START_TEST(pow2_of_zeros_is_zero_with_scale_one)
{
    const struct sterna_draw draw = {.seed = 1};
    const float w[3] = {0}, expected[3] = {0};
    float level[3] = {5, 5, 5}, sample[3] = {5, 5, 5};
    ck_assert(find_quantizer("pow2")->round(w, 3, &wide, level) == 1.0f);
    check_levels(level, expected, 3);
    ck_assert(find_quantizer("pow2")->sample(w, 3, &wide, &draw, 0, sample) == 1.0f);
    check_levels(sample, expected, 3);
}
END_TEST

/* Also below 2^0, where the neighbours are 0 and 1. Each sample is one of the two neighbours. */
START_TEST(stochastic_pow2_is_unbiased_over_100000_draws)
{
    static const struct {
        float w, below, above;
    } table[] = {{0.0f, 0, 0},  {0.3f, 0, 1},    {-0.9f, 0, 1},    {1.0f, 1, 1},    {1.3f, 1, 2},
                 {-1.5f, 1, 2}, {40.0f, 32, 64}, {-33.0f, 32, 64}, {63.9f, 32, 64}, {64.0f, 64, 64}};
    static float level[CHECK_DRAWS];
    const float w = table[_i].w;
    ck_assert(check_unbiased(find_quantizer("pow2"), &wide, w, 64.0f, (double)w, level) == 1.0f);
    for (int i = 0; i < CHECK_DRAWS; i++) {
        const float magnitude = fabsf(level[i]);
        ck_assert(magnitude == table[_i].below || magnitude == table[_i].above);
        ck_assert(level[i] * w >= 0.0f);
    }
}
END_TEST

/* 2^-22 stands for whatever is smaller, 0 included, which counts as positive; 2^9 for whatever is larger. */
START_TEST(exponential_boundaries_are_exact)
{
    const float least = 0x1p-22f;
    const float w[] = {1.0f,         1.5f,   0x1.800002p0f, -3.0f,  -0x1.800002p1f, 0.3f,          0.0f,
                       -0.0f,        1e-30f, -1e-30f,       1e-40f, 1.5f * least,   1.51f * least, -least,
                       0.5f * least, 512.0f, 700.0f,        768.0f, 1000.0f,        -1e30f,        0.74f};
    const float expected[] = {1,     1,     2,      -2,    -4,    0.25f,        least,
                              least, least, -least, least, least, 2.0f * least, -least,
                              least, 512,   512,    512,   512,   -512,         0.5f};
    float level[21];
    ck_assert(find_quantizer("exponential")->round(w, 21, &wide, level) == 1.0f);
    check_levels(level, expected, 21);
}
END_TEST

START_TEST(stochastic_exponential_is_unbiased_over_100000_draws)
{
    static const float weight[] = {1.0f, 1.3f, -1.5f, 0.013f, 300.0f, 512.0f, 0x1.4p-22f};
    static float level[CHECK_DRAWS];
    const float w = weight[_i];
    check_unbiased(find_quantizer("exponential"), &wide, w, 1.0f, (double)w, level);
    const float below = exp2f(floorf(log2f(fabsf(w))));
    for (int i = 0; i < CHECK_DRAWS; i++)
        ck_assert((fabsf(level[i]) == below || fabsf(level[i]) == 2.0f * below) && level[i] * w > 0.0f);
}
END_TEST

START_TEST(stochastic_exponential_keeps_its_range)
{
    const struct sterna_draw draw = {.seed = 1};
    const float w[] = {0.0f, -0.0f, 1e-30f, -0x1.8p-23f, 600.0f, -1e30f, 1023.0f};
    const float expected[] = {0x1p-22f, 0x1p-22f, 0x1p-22f, -0x1p-22f, 512.0f, -512.0f, 512.0f};
    float level[7];
    for (size_t first = 0; first < 100; first++) {
        ck_assert(find_quantizer("exponential")->sample(w, 7, &wide, &draw, first, level) == 1.0f);
        check_levels(level, expected, 7);
    }
}
END_TEST

/* The block's largest becomes 64; within seven exponents values are those of round, and below there is 0.
 * Both sides of the rounding of the largest: 12 becomes 8, a little more 16. */
START_TEST(deployed_exponential_has_the_exponents_of_round)
{
    static const float largest[] = {1.0f, 12.0f, 0x1.800002p3f, 0.02f, -512.0f, 0x1p-22f};
    const float w[] = {largest[_i],         -0.7f * largest[_i],  0.3f * largest[_i],
                       0.1f * largest[_i],  -0.05f * largest[_i], 0.03f * largest[_i],
                       0.02f * largest[_i], 0.001f * largest[_i], 0.0f};
    float level[9], value[9];
    const float scale = find_quantizer("exponential")->deploy(w, 9, &wide, level);
    ck_assert(scale == exp2f(roundf(log2f(scale))));
    ck_assert(fabsf(level[0]) == 64.0f);
    find_quantizer("exponential")->round(w, 9, &wide, value);
    for (int i = 0; i < 9; i++) {
        if (i < 7 && largest[_i] > 0x1p-20f)
            ck_assert(level[i] * scale == value[i]);
        ck_assert(level[i] == 0.0f || sterna_format_has(STERNA_FORMAT_POW2, (int)level[i]));
    }
    ck_assert(level[7] == 0.0f && level[8] == 0.0f);
}
END_TEST

START_TEST(deployed_exponential_of_zeros_is_zero_with_scale_one)
{
    const float w[2] = {0}, expected[2] = {0};
    float level[2] = {5, 5};
    ck_assert(find_quantizer("exponential")->deploy(w, 2, &wide, level) == 1.0f);
    check_levels(level, expected, 2);
}
END_TEST

/* 4 bits and top 3: exponents -12 .. 3. */
START_TEST(activations_become_unbiased_powers_over_100000_draws)
{
    static const struct {
        float x, below, above;
    } table[] = {{0.0f, 0, 0},
                 {0.3f, 0.25f, 0.5f},
                 {-0.7f, 0.5f, 1},
                 {1.0f, 1, 1},
                 {-8.0f, 8, 8},
                 {7.0f, 4, 8},
                 {0x1p-12f, 0x1p-12f, 0x1p-12f},
                 {0x1.8p-14f, 0, 0x1p-12f},
                 {-0x1.8p-13f, 0, 0x1p-12f}};
    static float x[CHECK_DRAWS], q[CHECK_DRAWS];
    const struct sterna_draw draw = {.seed = 8, .step = 1, .tensor = 3};
    for (int i = 0; i < CHECK_DRAWS; i++)
        x[i] = table[_i].x;
    sterna_quantize_activations(x, CHECK_DRAWS, 4, 3, &draw, 0, q);
    check_mean(q, CHECK_DRAWS, (double)table[_i].x);
    for (int i = 0; i < CHECK_DRAWS; i++) {
        ck_assert(fabsf(q[i]) == table[_i].below || fabsf(q[i]) == table[_i].above);
        ck_assert(q[i] * x[i] >= 0.0f);
    }
}
END_TEST

START_TEST(activations_beyond_the_top_become_it)
{
    const struct sterna_draw draw = {.seed = 8};
    float x[] = {8.5f, -15.9f, 1e30f, -1e30f};
    const float expected[] = {8, -8, 8, -8};
    for (unsigned bits = 1; bits <= 6; bits++) {
        float q[4];
        sterna_quantize_activations(x, 4, bits, 3, &draw, 0, q);
        check_levels(q, expected, 4);
    }
    sterna_quantize_activations(x, 4, 4, 3, &draw, 0, x);
    check_levels(x, expected, 4);
}
END_TEST

START_TEST(activations_take_the_number_of_their_place)
{
    const struct sterna_draw draw = {.seed = 8, .step = 2};
    enum { COUNT = 3000 };
    float x[COUNT], whole[COUNT], part[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = 0.37f + 0.001f * (float)i;
    sterna_quantize_activations(x, COUNT, 4, 3, &draw, 0, whole);
    for (size_t first = 1; first < COUNT; first += 577) {
        sterna_quantize_activations(x + first, COUNT - first, 4, 3, &draw, first, part);
        ck_assert_mem_eq(part, whole + first, (COUNT - first) * sizeof *part);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize_power");
    TCase *tcase = tcase_create("quantize_power");
    tcase_add_test(tcase, pow2_boundaries_are_exact);
    tcase_add_loop_test(tcase, pow2_has_as_many_levels_as_asked, 0, 7);
    tcase_add_test(tcase, pow2_of_zeros_is_zero_with_scale_one);
    tcase_add_loop_test(tcase, stochastic_pow2_is_unbiased_over_100000_draws, 0, 10);
    tcase_add_test(tcase, exponential_boundaries_are_exact);
    tcase_add_loop_test(tcase, stochastic_exponential_is_unbiased_over_100000_draws, 0, 7);
    tcase_add_test(tcase, stochastic_exponential_keeps_its_range);
    tcase_add_loop_test(tcase, deployed_exponential_has_the_exponents_of_round, 0, 6);
    tcase_add_test(tcase, deployed_exponential_of_zeros_is_zero_with_scale_one);
    tcase_add_loop_test(tcase, activations_become_unbiased_powers_over_100000_draws, 0, 9);
    tcase_add_test(tcase, activations_beyond_the_top_become_it);
    tcase_add_test(tcase, activations_take_the_number_of_their_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
