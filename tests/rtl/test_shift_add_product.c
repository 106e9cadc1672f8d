/* test_shift_add_product.c - hw/rtl/shift_add_product.v against the quotient, rounded in wide integers. */
#include "seeded.h"
#include "shift_add_product_model.h"

#include <check.h>

enum { LATENCY = 8, LIMIT = 32767 };

/* round_half_away(value * factor / 2^shift), saturated if limit */
static int64_t expected_result(int32_t value, uint32_t factor, unsigned shift, bool limit)
{
    int64_t product = (int64_t)value * factor, magnitude = product < 0 ? -product : product;
    int64_t rounded = (2 * magnitude + (INT64_C(1) << shift)) / (INT64_C(2) << shift);
    if (limit && rounded > LIMIT)
        rounded = LIMIT;
    return product < 0 ? -rounded : rounded;
}

static int64_t signed18(uint32_t bits)
{
    return (int64_t)(bits & 0x1FFFF) - (int64_t)(bits & 0x20000);
}

/* One operand a cycle; each result must appear LATENCY cycles later. */
struct pipe {
    struct shift_add_product_model *model;
    int64_t expected[LATENCY];
    unsigned cycle;
};

static void pipe_push(struct pipe *pipe, int32_t value, uint32_t factor, unsigned shift, bool limit)
{
    *pipe->model->s_value = (uint32_t)value & 0xFFFFFF;
    *pipe->model->s_factor = (uint8_t)factor;
    *pipe->model->s_shift = (uint8_t)shift;
    *pipe->model->s_limit = limit;
    shift_add_product_model_eval(pipe->model);
    unsigned slot = pipe->cycle % LATENCY;
    if (pipe->cycle >= LATENCY)
        ck_assert_int_eq(signed18(*pipe->model->m_result), pipe->expected[slot]);
    pipe->expected[slot] = expected_result(value, factor, shift, limit);
    pipe->cycle++;
    shift_add_product_model_tick(pipe->model);
}

static void pipe_end(struct pipe *pipe)
{
    for (unsigned i = 0; i < LATENCY; i++)
        pipe_push(pipe, 0, 0, 0, true);
    shift_add_product_model_free(pipe->model);
}

START_TEST(random_products_are_rounded_and_limited)
{
    struct pipe pipe = {.model = shift_add_product_model_new()};
    struct seeded random = {1};
    for (unsigned i = 0; i < 300000; i++) {
        int32_t value = (int32_t)seeded_next(&random) >> (8 + seeded_below(&random, 24));
        pipe_push(&pipe, value, seeded_byte(&random) >> seeded_below(&random, 8), seeded_below(&random, 32),
                  true);
    }
    pipe_end(&pipe);
}
END_TEST

START_TEST(every_corner_of_the_operands)
{
    static const int32_t values[] = {0,      1,        -1,      2,        -2,     3,      -3,
                                     127,    -128,     32766,   32767,    32768,  -32767, -32768,
                                     -32769, 65535,    -65535,  8355840,  131071, -65536, 524287,
                                     524288, -8388608, 8388607, -8388607, 128,    -127};
    static const uint32_t factors[] = {0, 1, 2, 3, 127, 128, 129, 254, 255};
    struct pipe pipe = {.model = shift_add_product_model_new()};
    for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++)
        for (unsigned f = 0; f < sizeof factors / sizeof factors[0]; f++)
            for (unsigned shift = 0; shift < 32; shift++)
                pipe_push(&pipe, values[v], factors[f], shift, true);
    pipe_end(&pipe);
}
END_TEST

/* Around every tie of a shift by 8, both signs, and where rounding meets the limit. */
START_TEST(ties_go_away_from_zero)
{
    struct pipe pipe = {.model = shift_add_product_model_new()};
    for (int32_t k = -32767; k <= 32767; k++)
        for (int32_t offset = -1; offset <= 1; offset++)
            pipe_push(&pipe, 256 * k + 128 + offset, 1, 8, true);
    pipe_end(&pipe);
}
END_TEST

START_TEST(without_a_limit_17_bits_come_out)
{
    struct pipe pipe = {.model = shift_add_product_model_new()};
    struct seeded random = {2};
    for (unsigned i = 0; i < 100000; i++) {
        int32_t value = (int32_t)seeded_below(&random, 131071) - 65535;
        pipe_push(&pipe, value, seeded_byte(&random), 8, false);
        pipe_push(&pipe, value, 128, 7, false);
    }
    pipe_end(&pipe);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("shift_add_product");
    TCase *tests = tcase_create("shift_add_product");
    tcase_add_test(tests, random_products_are_rounded_and_limited);
    tcase_add_test(tests, every_corner_of_the_operands);
    tcase_add_test(tests, ties_go_away_from_zero);
    tcase_add_test(tests, without_a_limit_17_bits_come_out);
    suite_add_tcase(suite, tests);
    return suite;
}
