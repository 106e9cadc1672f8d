/* test_uart_transmitter.c - hw/link/uart_transmitter.v: its line is read in the exact middle of every bit. */
#include <math.h>

#include "serial_line.h"
#include "uart_transmitter_model.h"

#include <check.h>

enum { BYTES = 300, MOST = 100000, TAIL = 300 }; /* TAIL: cycles, two bytes and more */

static uint8_t sent[BYTES];
static bool level[MOST]; /* of the line, by cycle */
static size_t cycles, last_start;

/* Send random bytes, offered in so many of 100 cycles in which the line is idle; records the line. */
static void record(unsigned offering)
{
    struct uart_transmitter_model *model = uart_transmitter_model_new();
    struct seeded random = {7};
    size_t taken = 0, tail = 0;
    bool offer = false;
    *model->rst = 1;
    uart_transmitter_model_tick(model);
    *model->rst = 0;
    for (cycles = 0; cycles < MOST && tail < TAIL; cycles++) {
        tail += taken == BYTES;
        offer = taken < BYTES && (offer || seeded_percent(&random, offering));
        if (offer && !*model->s_valid)
            sent[taken] = seeded_byte(&random);
        *model->s_valid = offer;
        *model->s_data = offer ? sent[taken] : seeded_byte(&random);
        uart_transmitter_model_eval(model);
        level[cycles] = *model->tx;
        if (offer && *model->s_ready) {
            taken++;
            offer = false;
            if (taken < BYTES && offering == 100)
                sent[taken] = seeded_byte(&random);
        }
        uart_transmitter_model_tick(model);
    }
    uart_transmitter_model_free(model);
    ck_assert_uint_lt(cycles, MOST);
}

/* Read the byte that starts at *at; *at moves to the next falling edge or the end. */
static uint8_t read_byte(size_t *at)
{
    unsigned byte = 0;
    last_start = *at;
    for (unsigned bit = 0; bit < 10; bit++) {
        size_t middle = *at + (size_t)lround((bit + 0.5) * SERIAL_CYCLES_PER_BIT);
        bool high = middle >= cycles || level[middle];
        if (bit == 0)
            ck_assert(!high);
        else if (bit == 9)
            ck_assert(high);
        else
            byte |= (unsigned)high << (bit - 1);
    }
    *at += (size_t)(9.5 * SERIAL_CYCLES_PER_BIT);
    while (*at < cycles && level[*at])
        ++*at;
    return (uint8_t)byte;
}

static size_t first_start(void)
{
    size_t at = 0;
    while (at < cycles && level[at])
        at++;
    return at;
}

static void check_line(void)
{
    size_t at = first_start();
    for (size_t i = 0; i < BYTES; i++)
        ck_assert_uint_eq(read_byte(&at), sent[i]);
    ck_assert_uint_ge(at, cycles);
}

START_TEST(bytes_go_out_with_gaps)
{
    record(3);
    check_line();
}
END_TEST

START_TEST(bytes_that_wait_go_out_at_exactly_the_baud_rate)
{
    record(100);
    check_line();
    double expected = (BYTES - 1) * 10 * SERIAL_CYCLES_PER_BIT;
    ck_assert_msg(fabs((double)(last_start - first_start()) - expected) < 4.0, "%zu cycles instead of %.1f",
                  last_start - first_start(), expected);
}
END_TEST

START_TEST(the_line_is_high_from_reset_on)
{
    struct uart_transmitter_model *model = uart_transmitter_model_new();
    *model->rst = 1;
    uart_transmitter_model_tick(model);
    *model->rst = 0;
    for (unsigned i = 0; i < 100; i++) {
        uart_transmitter_model_tick(model);
        ck_assert(*model->tx);
        ck_assert(*model->s_ready);
    }
    uart_transmitter_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("uart_transmitter");
    TCase *tests = tcase_create("uart_transmitter");
    tcase_add_test(tests, bytes_go_out_with_gaps);
    tcase_add_test(tests, bytes_that_wait_go_out_at_exactly_the_baud_rate);
    tcase_add_test(tests, the_line_is_high_from_reset_on);
    suite_add_tcase(suite, tests);
    return suite;
}
