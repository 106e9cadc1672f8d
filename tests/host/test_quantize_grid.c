/* test_quantize_grid.c - fixed-point numbers against tables by hand, boundaries included. */
#include "quantizer_check.h"

/* Q1.2: quarters up to 7/4. Halves of a quarter go away from zero, also 5/2; what is just below stays. */
START_TEST(dual_copy_rounds_half_away_from_zero)
{
    static const struct {
        float w, level;
    } table[] = {{0.0f, 0},           {-0.0f, 0},  {0.125f, 1},           {-0.125f, -1},
                 {0x1.fffffep-4f, 0}, {0.375f, 2}, {-0x1.7ffffep-2f, -1}, {0.625f, 3},
                 {-0.625f, -3},       {1.5f, 6},   {1.625f, 7},           {1.75f, 7},
                 {1.875f, 7},         {100.0f, 7}, {-1.75f, -7},          {-1.9f, -7},
                 {-1e30f, -7}};
    const struct sterna_grid grid = {.unit = 1.0f, .integer_bits = 1, .fraction_bits = 2};
    enum { COUNT = sizeof table / sizeof table[0] };
    float w[COUNT], level[COUNT], expected[COUNT];
    for (int i = 0; i < COUNT; i++) {
        w[i] = table[i].w;
        expected[i] = table[i].level;
    }
    ck_assert(find_quantizer("dual-copy")->round(w, COUNT, &grid, level) == 0.25f);
    check_levels(level, expected, COUNT);
    ck_assert(find_quantizer("dual-copy")->range(&grid) == 1.75f);
}
END_TEST

/* On the absolute grid 0.25 is the first that becomes a half. */
START_TEST(pow2_ternary_is_halves)
{
    const float w[] = {0.25f, -0.25f, 0x1.fffffep-3f, 0.0f, 9.0f}, expected[] = {1, -1, 0, 0, 1};
    const struct sterna_grid grid = {.unit = 1.0f, .integer_bits = 3, .fraction_bits = 3};
    float level[5];
    ck_assert(find_quantizer("pow2-ternary")->round(w, 5, &grid, level) == 0.5f);
    check_levels(level, expected, 5);
    ck_assert(find_quantizer("pow2-ternary")->range(&grid) == 0.5f);
}
END_TEST

/* The range of Q0.1 is p / 2; p is the power of two nearest, in the exponent, to 2 unit / sqrt 3. */
START_TEST(prescale_brings_the_deviation_nearest_to_one_half)
{
    static const struct {
        double twice_deviation;
        float p;
    } table[] = {{1.0, 1.0f},   {1.1547, 1.0f}, {1.41, 1.0f},    {1.42, 2.0f},
                 {0.708, 1.0f}, {0.707, 0.5f},  {0.125, 0.125f}, {0.18, 0.25f}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct sterna_grid grid = {.unit = (float)(table[i].twice_deviation * sqrt(3.0) / 2.0)};
        ck_assert(find_quantizer("pow2-ternary")->range(&grid) == 0.5f * table[i].p);
    }
}
END_TEST

/* Glorot's first values, uniform within +-unit, for matrices of any size. About half of them must live. */
START_TEST(no_matrix_of_glorots_size_becomes_zero)
{
    for (size_t size = 8; size < 2000; size++) {
        const struct sterna_grid grid = {.unit = sterna_glorot_bound(size, size)};
        float w[200], level[200];
        int kept = 0;
        for (int i = 0; i < 200; i++)
            w[i] = ((float)i - 99.5f) / 100.0f * grid.unit;
        find_quantizer("pow2-ternary")->round(w, 200, &grid, level);
        for (int i = 0; i < 200; i++)
            kept += level[i] != 0.0f;
        ck_assert_int_ge(kept, 100);
        ck_assert_int_le(kept, 170);
    }
}
END_TEST

START_TEST(format_is_the_smallest_that_holds_the_largest_level)
{
    static const struct {
        unsigned integer_bits, fraction_bits;
        enum sterna_format format;
    } table[] = {{0, 1, STERNA_FORMAT_TERNARY}, {1, 0, STERNA_FORMAT_TERNARY}, {1, 1, STERNA_FORMAT_INT4},
                 {2, 1, STERNA_FORMAT_INT4},    {2, 2, STERNA_FORMAT_INT8},    {0, 7, STERNA_FORMAT_INT8}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct sterna_grid grid = {1.0f, 15, table[i].integer_bits, table[i].fraction_bits};
        ck_assert_int_eq(find_quantizer("dual-copy")->format(&grid), table[i].format);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize_grid");
    TCase *tcase = tcase_create("quantize_grid");
    tcase_add_test(tcase, dual_copy_rounds_half_away_from_zero);
    tcase_add_test(tcase, pow2_ternary_is_halves);
    tcase_add_test(tcase, prescale_brings_the_deviation_nearest_to_one_half);
    tcase_add_test(tcase, no_matrix_of_glorots_size_becomes_zero);
    tcase_add_test(tcase, format_is_the_smallest_that_holds_the_largest_level);
    suite_add_tcase(suite, tcase);
    return suite;
}
