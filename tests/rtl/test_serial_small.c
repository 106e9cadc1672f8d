/* test_serial_small.c - hw/board/serial_small.v: it answers HELLO over a line whose bits are no whole number of cycles. */
#include <string.h>

#include "frame.h"
#include "protocol.h"
#include "serial_small_model.h"

#include <check.h>

enum { CLOCK_KHZ = 50000, REPLY = 3 + 56, PATIENCE = 40000 }; /* 16 2/3 cycles a bit at 3 Mbaud */

#define BIT (CLOCK_KHZ / 3000.0)

static struct serial_small_model *model;
static struct sterna_frame_decoder decoder;
static uint8_t payload[128];
static double clock_now, read_at;
static unsigned read_bit, read_byte;
static bool answered;

/* One cycle; reads the device's line on the way, each bit in its middle. */
static void tick(bool rx)
{
    *model->rx = rx;
    serial_small_model_tick(model);
    clock_now += 1.0;
    const bool tx = *model->tx;
    if (read_bit == 0 && !tx) {
        read_bit = 1;
        read_at = clock_now + 1.5 * BIT;
    } else if (read_bit > 0 && clock_now >= read_at) {
        read_at += BIT;
        if (read_bit++ < 9) {
            read_byte = read_byte >> 1 | (tx ? 0x80u : 0);
            return;
        }
        ck_assert(tx); /* the stop bit */
        answered = sterna_frame_decode(&decoder, (uint8_t)read_byte) || answered;
        read_bit = 0;
    }
}

static void send_byte(uint8_t byte)
{
    const unsigned bits = (unsigned)byte << 1 | 0x200;
    const double begun = clock_now;
    for (unsigned i = 0; i < 10; i++)
        while (clock_now < begun + (i + 1) * BIT)
            tick((bits >> i & 1) != 0);
}

START_TEST(hello_is_answered)
{
    static const uint8_t hello[2] = {STERNA_OP_HELLO, 7};
    uint8_t frame[STERNA_FRAME_MAX(2)];
    const size_t size = sterna_frame_encode(hello, sizeof hello, frame);
    model = serial_small_model_new();
    sterna_frame_decoder_init(&decoder, payload, sizeof payload);
    *model->ready = 1;
    for (unsigned i = 0; i < 100; i++)
        tick(true);
    ck_assert(*model->led);
    for (size_t i = 0; i < size; i++)
        send_byte(frame[i]);
    for (unsigned i = 0; i < PATIENCE && !answered; i++)
        tick(true);
    ck_assert(answered);
    ck_assert_uint_eq(decoder.size, REPLY);
    ck_assert(payload[0] == (STERNA_OP_HELLO | STERNA_OP_REPLY) && payload[1] == 7 && payload[2] == 0);
    ck_assert_mem_eq(payload + 3 + 48, "small\0\0\0", 8);
    ck_assert(!*model->led);
    serial_small_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("serial_small");
    TCase *tests = tcase_create("serial_small");
    tcase_add_test(tests, hello_is_answered);
    suite_add_tcase(suite, tests);
    return suite;
}
