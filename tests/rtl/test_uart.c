/* test_uart.c - hw/link/uart.v: its own line looped back, broken and whole. */
#include "serial_line.h"
#include "uart_model.h"

#include <check.h>

enum { BYTES = 200, LIMIT = 40000 };

START_TEST(bytes_go_round_the_loop)
{
    struct uart_model *model = uart_model_new();
    struct seeded random = {6};
    uint8_t sent[BYTES];
    size_t taken = 0, received = 0, cycle = 0;
    *model->rx = 1;
    *model->rst = 1;
    uart_model_tick(model);
    *model->rst = 0;
    for (size_t i = 0; i < BYTES; i++)
        sent[i] = seeded_byte(&random);
    for (; received < BYTES && cycle < LIMIT; cycle++) {
        *model->s_valid = taken < BYTES;
        *model->s_data = taken < BYTES ? sent[taken] : 0;
        *model->m_ready = seeded_percent(&random, 50);
        uart_model_eval(model);
        if (*model->m_valid && *model->m_ready)
            ck_assert_uint_eq(*model->m_data, sent[received++]);
        taken += *model->s_valid && *model->s_ready;
        *model->rx = *model->tx;
        uart_model_tick(model);
    }
    ck_assert_uint_eq(received, BYTES);
    uart_model_free(model);
}
END_TEST

START_TEST(a_break_on_the_line_comes_out_as_an_abort)
{
    struct uart_model *model = uart_model_new();
    uint8_t got[8];
    size_t received = 0;
    *model->rst = 1;
    *model->rx = 1;
    uart_model_tick(model);
    *model->rst = 0;
    *model->m_ready = 1;
    for (size_t cycle = 0; cycle < 1000; cycle++) {
        *model->rx = cycle < 50 || cycle >= 500;
        uart_model_eval(model);
        if (*model->m_valid && received < sizeof got)
            got[received++] = *model->m_data;
        uart_model_tick(model);
    }
    ck_assert_uint_eq(received, 2);
    ck_assert_uint_eq(got[0], 0x7D);
    ck_assert_uint_eq(got[1], 0x7E);
    uart_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("uart");
    TCase *tests = tcase_create("uart");
    tcase_add_test(tests, bytes_go_round_the_loop);
    tcase_add_test(tests, a_break_on_the_line_comes_out_as_an_abort);
    suite_add_tcase(suite, tests);
    return suite;
}
