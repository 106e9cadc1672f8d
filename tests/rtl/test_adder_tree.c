/* test_adder_tree.c - hw/rtl/adder_tree.v against a sum of eight integers. */
#include "adder_tree_model.h"
#include "seeded.h"

#include <check.h>

enum { LATENCY = 3, LANES = 8 };

static int32_t signed19(uint32_t bits)
{
    return (int32_t)(bits & 0x3FFFF) - (int32_t)(bits & 0x40000);
}

/* Each of the lanes' signed values as an entry and whether to subtract it: complemented, a one is owed. */
static int32_t offer(struct adder_tree_model *model, struct seeded *random)
{
    static const int16_t extremes[] = {-32768, -32767, -1, 0, 1, 32767};
    bool extreme = seeded_percent(random, 30);
    int32_t sum = 0;
    *model->s_negative = seeded_byte(random);
    for (unsigned i = 0; i < LANES / 2; i++)
        model->s_entry[i] = 0;
    for (unsigned i = 0; i < LANES; i++) {
        int16_t entry = extreme ? extremes[seeded_below(random, 6)] : (int16_t)seeded_next(random);
        bool negative = *model->s_negative >> i & 1;
        uint16_t bits = (uint16_t)(negative ? ~entry : entry);
        model->s_entry[i / 2] |= (uint32_t)bits << 16 * (i & 1);
        sum += negative ? -entry : entry;
    }
    return sum;
}

START_TEST(negation_and_sum_are_exact)
{
    struct adder_tree_model *model = adder_tree_model_new();
    struct seeded random = {3};
    int32_t expected[LATENCY];
    for (unsigned i = 0; i < 200000; i++) {
        int32_t sum = offer(model, &random);
        adder_tree_model_eval(model);
        if (i >= LATENCY)
            ck_assert_int_eq(signed19(*model->m_sum) + *model->m_carry, expected[i % LATENCY]);
        expected[i % LATENCY] = sum;
        adder_tree_model_tick(model);
    }
    adder_tree_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("adder_tree");
    TCase *tests = tcase_create("adder_tree");
    tcase_add_test(tests, negation_and_sum_are_exact);
    suite_add_tcase(suite, tests);
    return suite;
}
