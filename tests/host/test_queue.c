/* test_queue.c - bytes come out in the order in which they went in. */
#include "../random_model.h"
#include "queue.h"

#include <check.h>

START_TEST(order_is_kept_through_any_mix_of_puts_and_takes)
{
    struct sterna_queue queue = {0};
    uint64_t seed = 3, in = 0, out = 0;
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[300];
        size_t size = random_below(&seed, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(in + i);
        ck_assert_int_eq(sterna_queue_put(&queue, bytes, size), STERNA_OK);
        in += size;
        size_t taken = sterna_queue_take(&queue, bytes, random_below(&seed, sizeof bytes));
        for (size_t i = 0; i < taken; i++)
            ck_assert_uint_eq(bytes[i], (uint8_t)(out + i));
        out += taken;
        ck_assert_uint_eq(queue.size, in - out);
    }
    sterna_queue_free(&queue);
}
END_TEST

START_TEST(an_empty_queue_gives_nothing)
{
    struct sterna_queue queue = {0};
    uint8_t byte = 0;
    ck_assert_uint_eq(sterna_queue_take(&queue, &byte, 1), 0);
    sterna_queue_free(&queue);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");
    tcase_add_test(tests, order_is_kept_through_any_mix_of_puts_and_takes);
    tcase_add_test(tests, an_empty_queue_gives_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
