/* test_quantize.c - what holds for every quantizer: its name, its range, its format, and independence of
 * order; the rules themselves are tested by test_quantize_*.c. */
#include "gradient_check.h"
#include "quantizer_check.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

static const char *const NAMES[] = {"float",        "binary",    "xnor", "ternary",    "twn",
                                    "pow2-ternary", "dual-copy", "pow2", "exponential"};
enum { METHODS = sizeof NAMES / sizeof NAMES[0], COUNT = 2500 };

static const struct sterna_grid grids[] = {
    {1.0f, 3, 0, 1}, {0.07f, 5, 1, 1}, {0.5f, 9, 1, 2}, {0.013f, 13, 0, 4}, {1.0f, 15, 2, 5}};
enum { GRIDS = sizeof grids / sizeof grids[0] };

/* Weights within +-1.5 unit; every ninth is the largest, +-1.5 unit, every eleventh 0. */
static void fill(float *w, size_t n, float unit)
{
    uint64_t seed = 41;
    random_values(w, n, 1.4f * unit, &seed);
    for (size_t i = 0; i < n; i += 9)
        w[i] = i % 2 ? 1.5f * unit : -1.5f * unit;
    for (size_t i = 0; i < n; i += 11)
        w[i] = 0.0f;
}

START_TEST(float_keeps_every_bit)
{
    const float w[4] = {0.1f, -0.0f, 3e-39f, -7.5f};
    float level[4];
    ck_assert(find_quantizer("float")->round(w, 4, &grids[0], level) == 1.0f);
    ck_assert_mem_eq(w, level, sizeof w);
    ck_assert(isinf(find_quantizer("float")->range(&grids[0])));
    ck_assert_int_eq((int)find_quantizer("float")->format(&grids[0]), STERNA_FORMATS);
}
END_TEST

START_TEST(the_list_of_names_is_that_of_the_methods)
{
    char list[256] = "";
    for (int i = 0; i < METHODS; i++) {
        ck_assert_str_eq(find_quantizer(NAMES[i])->name, NAMES[i]);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", NAMES[i]);
    }
    ck_assert_str_eq(list, STERNA_QUANTIZER_NAMES);
}
END_TEST

START_TEST(unknown_name_is_refused_with_those_known)
{
    const struct sterna_quantizer *quantizer = NULL;
    struct sterna_error error;
    ck_assert_int_eq(sterna_quantizer_find("trinary", &quantizer, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(quantizer);
    ck_assert_ptr_nonnull(strstr(error.reason, "there are " STERNA_QUANTIZER_NAMES));
}
END_TEST

static void check_codes(const float *level, enum sterna_format format)
{
    for (int i = 0; i < COUNT; i++) {
        ck_assert(level[i] == truncf(level[i]));
        ck_assert(sterna_format_has(format, (int)level[i]));
    }
}

/* What a model gets are codes of the format; "exponential" alone trains with other levels. */
START_TEST(levels_are_codes_of_the_format)
{
    const struct sterna_draw draw = {.seed = 2};
    const struct sterna_quantizer *quantizer = find_quantizer(NAMES[_i]);
    float w[COUNT], level[COUNT];
    for (int g = 0; g < GRIDS && _i > 0; g++) {
        const enum sterna_format format = quantizer->format(&grids[g]);
        ck_assert_int_lt(format, STERNA_FORMATS);
        fill(w, COUNT, grids[g].unit);
        if (quantizer->deploy) {
            ck_assert(quantizer->deploy(w, COUNT, &grids[g], level) > 0.0f);
            check_codes(level, format);
            continue;
        }
        ck_assert(quantizer->round(w, COUNT, &grids[g], level) > 0.0f);
        check_codes(level, format);
        if (quantizer->sample) {
            ck_assert(quantizer->sample(w, COUNT, &grids[g], &draw, 0, level) > 0.0f);
            check_codes(level, format);
        }
    }
}
END_TEST

/* Where it is finite, a weight at its end is a level times the scale; one beyond becomes that, too. */
START_TEST(range_ends_at_the_largest_value)
{
    static const bool finite[METHODS] = {false, true, false, true, false, true, true, false, true};
    const struct sterna_quantizer *quantizer = find_quantizer(NAMES[_i]);
    for (int g = 0; g < GRIDS; g++) {
        const float range = quantizer->range(&grids[g]);
        const float w[] = {range, -range, 2.0f * range, -2.0f * range};
        float level[4];
        ck_assert_int_eq(isinf(range) == 0, finite[_i]);
        if (!finite[_i])
            continue;
        const float scale = quantizer->round(w, 4, &grids[g], level);
        for (int i = 0; i < 4; i++)
            ck_assert(level[i] * scale == (i % 2 ? -range : range));
    }
}
END_TEST

START_TEST(deterministic_levels_depend_on_the_weight_not_on_the_company)
{
    const struct sterna_quantizer *quantizer = find_quantizer(NAMES[_i]);
    float w[COUNT], level[COUNT], single;
    if (isinf(quantizer->range(&grids[2])))
        return; /* scaled by the company */
    fill(w, COUNT, grids[2].unit);
    const float scale = quantizer->round(w, COUNT, &grids[2], level);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(quantizer->round(w + i, 1, &grids[2], &single) == scale);
        ck_assert(single == level[i]);
    }
}
END_TEST

/* A part of the block, sampled by itself, is that part of the whole. Each part has a largest weight. */
START_TEST(stochastic_levels_depend_on_the_place_not_on_the_order)
{
    static const bool offered[METHODS] = {false, true, false, true, false, false, false, true, true};
    const struct sterna_draw draw = {.seed = 3, .step = 4, .tensor = 5};
    const struct sterna_quantizer *quantizer = find_quantizer(NAMES[_i]);
    float w[COUNT], whole[COUNT], part[COUNT];
    ck_assert_int_eq(quantizer->sample != NULL, offered[_i]);
    if (!quantizer->sample)
        return;
    fill(w, COUNT, grids[2].unit);
    const float scale = quantizer->sample(w, COUNT, &grids[2], &draw, 1000, whole);
    for (size_t first = 0; first < COUNT; first += 61) {
        const size_t count = COUNT - first < 700 ? COUNT - first : 700;
        ck_assert(quantizer->sample(w + first, count, &grids[2], &draw, 1000 + first, part) == scale);
        ck_assert_mem_eq(part, whole + first, count * sizeof *part);
    }
}
END_TEST

START_TEST(seed_step_and_tensor_each_change_the_sample)
{
    const struct sterna_draw draw[4] = {{1, 1, 1}, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}};
    float w[COUNT], level[4][COUNT];
    fill(w, COUNT, 0.5f);
    for (int d = 0; d < 4; d++)
        find_quantizer("ternary")->sample(w, COUNT, &grids[2], &draw[d], 0, level[d]);
    for (int d = 1; d < 4; d++)
        ck_assert_mem_ne(level[0], level[d], sizeof level[0]);
}
END_TEST

START_TEST(glorot_bound_is_sqrt_6_over_fans)
{
    ck_assert_float_eq_tol(sterna_glorot_bound(73, 256), 0.135045f, 1e-6f); /* sqrt(6 / 329) */
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("quantize");
    TCase *tcase = tcase_create("quantize");
    tcase_add_test(tcase, float_keeps_every_bit);
    tcase_add_test(tcase, the_list_of_names_is_that_of_the_methods);
    tcase_add_test(tcase, unknown_name_is_refused_with_those_known);
    tcase_add_loop_test(tcase, levels_are_codes_of_the_format, 0, METHODS);
    tcase_add_loop_test(tcase, range_ends_at_the_largest_value, 0, METHODS);
    tcase_add_loop_test(tcase, deterministic_levels_depend_on_the_weight_not_on_the_company, 0, METHODS);
    tcase_add_loop_test(tcase, stochastic_levels_depend_on_the_place_not_on_the_order, 0, METHODS);
    tcase_add_test(tcase, seed_step_and_tensor_each_change_the_sample);
    tcase_add_test(tcase, glorot_bound_is_sqrt_6_over_fans);
    suite_add_tcase(suite, tcase);
    return suite;
}
