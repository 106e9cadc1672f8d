/* test_uart_receiver.c - hw/link/uart_receiver.v on lines that are too fast, too slow, trembling and broken. */
#include "serial_line.h"
#include "uart_receiver_model.h"

#include <check.h>

enum { BYTES = 400, ERROR = 0x100 };

static struct serial_line line;
static struct uart_receiver_model *model;
static uint16_t got[BYTES + 50];
static size_t count;

static void setup(void)
{
    model = uart_receiver_model_new();
    *model->rx = 1;
    *model->rst = 1;
    uart_receiver_model_tick(model);
    *model->rst = 0;
    count = 0;
}

static void teardown(void)
{
    uart_receiver_model_free(model);
}

/* Run the line to its end; bytes are taken in so many of 100 cycles. */
static void run(unsigned taking)
{
    struct seeded random = {9};
    int owed = -1;
    serial_line_hold(&line, true, 30.0);
    for (size_t cycle = 0; (double)cycle < line.end; cycle++) {
        *model->rx = serial_line_level(&line, cycle);
        *model->m_ready = seeded_percent(&random, taking);
        uart_receiver_model_eval(model);
        int beat = *model->m_data | (*model->m_error ? ERROR : 0);
        ck_assert(owed < 0 || (*model->m_valid && beat == owed));
        owed = *model->m_valid && !*model->m_ready ? beat : -1;
        if (*model->m_valid && *model->m_ready) {
            ck_assert_uint_lt(count, sizeof got / sizeof *got);
            got[count++] = (uint16_t)beat;
        }
        uart_receiver_model_tick(model);
    }
}

/* Random bytes over such a line, with gaps, come out as they went in. */
static void pass(double rate_error, double jitter, unsigned gaps)
{
    struct seeded random = {5};
    uint8_t sent[BYTES];
    serial_line_init(&line, rate_error, jitter, 3);
    for (size_t i = 0; i < BYTES; i++) {
        sent[i] = seeded_byte(&random);
        serial_line_send(&line, sent[i], true);
        if (seeded_percent(&random, gaps))
            serial_line_hold(&line, true, seeded_below(&random, 300) / 100.0);
    }
    run(100);
    ck_assert_uint_eq(count, BYTES);
    for (size_t i = 0; i < BYTES; i++)
        ck_assert_uint_eq(got[i], sent[i]);
}

START_TEST(bytes_back_to_back_come_out)
{
    pass(0.0, 0.0, 0);
}
END_TEST

START_TEST(gaps_of_any_length_are_allowed)
{
    pass(0.0, 0.0, 50);
}
END_TEST

START_TEST(a_line_three_percent_off_is_understood)
{
    static const double errors[] = {-0.03, -0.01, 0.01, 0.03};
    pass(errors[_i], 0.0, 20);
}
END_TEST

START_TEST(edges_may_tremble_by_a_fifth_of_a_bit)
{
    pass(0.0, 0.2, 20);
}
END_TEST

START_TEST(a_low_stop_bit_is_an_error_of_its_byte_only)
{
    serial_line_init(&line, 0.0, 0.0, 1);
    serial_line_send(&line, 0x55, true);
    serial_line_send(&line, 0xA3, false);
    serial_line_hold(&line, true, 1.0);
    serial_line_send(&line, 0x7E, true);
    run(100);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(got[0], 0x55);
    ck_assert_uint_eq(got[1], 0xA3 | ERROR);
    ck_assert_uint_eq(got[2], 0x7E);
}
END_TEST

START_TEST(a_break_is_one_byte_with_an_error)
{
    serial_line_init(&line, 0.0, 0.0, 1);
    serial_line_hold(&line, false, 100.0);
    serial_line_hold(&line, true, 2.0);
    serial_line_send(&line, 0x31, true);
    run(100);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(got[0], ERROR);
    ck_assert_uint_eq(got[1], 0x31);
}
END_TEST

START_TEST(a_spike_is_no_start_bit)
{
    serial_line_init(&line, 0.0, 0.0, 1);
    for (unsigned i = 0; i < 20; i++) {
        serial_line_hold(&line, false, 0.3);
        serial_line_hold(&line, true, 1.0 + i / 10.0);
    }
    serial_line_send(&line, 0x31, true);
    run(100);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(got[0], 0x31);
}
END_TEST

START_TEST(a_byte_lost_for_want_of_ready_marks_the_next)
{
    serial_line_init(&line, 0.0, 0.0, 1);
    for (size_t i = 0; i < BYTES; i++)
        serial_line_send(&line, (uint8_t)i, true);
    run(1); /* once in 100 cycles: a byte takes 133 */
    ck_assert_uint_lt(count, BYTES - 20);
    unsigned next = 0, marked = 0;
    for (size_t i = 0; i < count; i++) {
        bool lost = (got[i] & 0xFF) != (next & 0xFF);
        ck_assert_int_eq((got[i] & ERROR) != 0, lost);
        marked += lost;
        next = (got[i] & 0xFFu) + 1;
    }
    ck_assert_uint_gt(marked, 20);
}
END_TEST

START_TEST(a_line_that_is_low_at_reset_gives_nothing)
{
    serial_line_init(&line, 0.0, 0.0, 1);
    line.now = false;
    serial_line_hold(&line, false, 30.0);
    serial_line_hold(&line, true, 1.0);
    serial_line_send(&line, 0x31, true);
    *model->rx = 0;
    *model->rst = 1;
    uart_receiver_model_tick(model);
    *model->rst = 0;
    run(100);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(got[0], 0x31);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("uart_receiver");
    TCase *tests = tcase_create("uart_receiver");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bytes_back_to_back_come_out);
    tcase_add_test(tests, gaps_of_any_length_are_allowed);
    tcase_add_loop_test(tests, a_line_three_percent_off_is_understood, 0, 4);
    tcase_add_test(tests, edges_may_tremble_by_a_fifth_of_a_bit);
    tcase_add_test(tests, a_low_stop_bit_is_an_error_of_its_byte_only);
    tcase_add_test(tests, a_break_is_one_byte_with_an_error);
    tcase_add_test(tests, a_spike_is_no_start_bit);
    tcase_add_test(tests, a_byte_lost_for_want_of_ready_marks_the_next);
    tcase_add_test(tests, a_line_that_is_low_at_reset_gives_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
