/* test_fixed_vector.c - arithmetic without branches has the bits of the specification. */
#include "fixed_vector.h"

#include "../random_model.h"
#include "fixed.h"

#include <check.h>

START_TEST(sigmoid_and_tanh_are_those_of_fixed_for_every_input)
{
    struct sterna_gate_tables tables;
    sterna_gate_tables_fill(&tables);
    for (int32_t pre = -32767; pre <= 32767; pre++) {
        if (sterna_vector_tanh(&tables, pre) != sterna_fixed_tanh(pre) ||
            sterna_vector_sigmoid(&tables, pre) != sterna_fixed_sigmoid(pre))
            ck_abort_msg("another value at %d", (int)pre);
    }
}
END_TEST

static int32_t any_sum(uint64_t *seed)
{
    static const int32_t corner[] = {0, 1, -1, 2, -2, (1 << 23) - 1, -(1 << 23) + 1};
    if (random_below(seed, 4) == 0)
        return corner[random_below(seed, sizeof corner / sizeof corner[0])];
    return (int32_t)random_below(seed, (1 << 24) - 1) - (1 << 23) + 1;
}

START_TEST(row_scale_is_that_of_fixed_for_every_m_and_s)
{
    uint64_t seed = 3;
    for (int32_t m = 0; m < 256; m++) {
        for (int32_t s = 0; s < 32; s++) {
            for (int i = 0; i < 20; i++) {
                const int32_t sum = any_sum(&seed) / (i % 2 ? 1 : 4096);
                const int32_t expected = sterna_fixed_scale(sum, (uint8_t)m, (uint8_t)s);
                if (sterna_vector_scale(sum, m, s) != expected ||
                    sterna_vector_scale(sum, -m, s) != -expected)
                    ck_abort_msg("another value for %d * %d / 2^%d", (int)sum, (int)m, (int)s);
            }
        }
    }
}
END_TEST

START_TEST(rounding_is_half_away_from_zero)
{
    for (int32_t value = -1100; value <= 1100; value++)
        for (int32_t shift = 0; shift < 12; shift++)
            ck_assert_int_eq(sterna_vector_round(value, shift),
                             (int32_t)sterna_fixed_round_shift(value, (unsigned)shift));
    ck_assert_int_eq(sterna_vector_round(INT32_MAX, 8), 1 << 23);
    ck_assert_int_eq(sterna_vector_round(-INT32_MAX, 8), -(1 << 23));
}
END_TEST

START_TEST(saturation_is_symmetric)
{
    static const int32_t value[] = {0, 32766, 32767, 32768, 100000, INT32_MAX};
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        ck_assert_int_eq(sterna_vector_saturate(value[i]), sterna_fixed_saturate(value[i]));
        ck_assert_int_eq(sterna_vector_saturate(-value[i]), sterna_fixed_saturate(-value[i]));
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fixed_vector");
    TCase *tcase = tcase_create("fixed_vector");
    tcase_add_test(tcase, sigmoid_and_tanh_are_those_of_fixed_for_every_input);
    tcase_add_test(tcase, row_scale_is_that_of_fixed_for_every_m_and_s);
    tcase_add_test(tcase, rounding_is_half_away_from_zero);
    tcase_add_test(tcase, saturation_is_symmetric);
    suite_add_tcase(suite, tcase);
    return suite;
}
