/* test_reply_buffer.c - hw/rtl/reply_buffer.v against a reply made in an array. */
#include "protocol.h"
#include "reply_buffer_model.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { REPLY_BYTES = 512, HEADER = 3 };

static struct reply_buffer_model *model;
static struct seeded noise; /* what stands on the inputs that do not matter */
static uint8_t reply[REPLY_BYTES];
static size_t size; /* of reply, 0: there is none */

static void setup(void)
{
    model = reply_buffer_model_new();
    noise.state = 41;
    size = 0;
    *model->rst = 1;
    reply_buffer_model_tick(model);
    *model->rst = 0;
}

static void teardown(void)
{
    reply_buffer_model_free(model);
}

/* A cycle with the commands that are set, which it clears. */
static void cycle(void)
{
    reply_buffer_model_eval(model);
    ck_assert(!*model->m_valid && !*model->sent);
    reply_buffer_model_tick(model);
    *model->begin_reply = *model->append = *model->fail = *model->send = 0;
    *model->append_data = seeded_byte(&noise);
    *model->fail_status = (uint8_t)seeded_below(&noise, 4);
    *model->m_ready = seeded_percent(&noise, 50);
}

static void set_status(uint8_t status)
{
    reply[2] = status;
    size = HEADER;
}

static void begin(uint8_t opcode, uint8_t sequence)
{
    *model->begin_reply = 1;
    *model->request_opcode = opcode;
    *model->request_sequence = sequence;
    cycle();
    memset(reply, 0, sizeof reply);
    reply[0] = opcode | STERNA_OP_REPLY;
    reply[1] = sequence;
    size = opcode == STERNA_OP_HELLO ? HEADER + STERNA_HELLO_BYTES : HEADER;
}

/* Sets append; the cycle is the caller's. */
static void put(uint8_t byte)
{
    *model->append = 1;
    *model->append_data = byte;
    if (reply[2] != STERNA_ST_DONE)
        return;
    if (size == REPLY_BYTES)
        set_status(STERNA_ST_TOO_LONG);
    else
        reply[size++] = byte;
}

static void refuse(uint8_t status)
{
    *model->fail = 1;
    *model->fail_status = status;
    cycle();
    set_status(status);
}

/* Send, with stalls in so many of 100 cycles, and compare; an append may have been put. */
static void send_and_compare(unsigned stalls)
{
    *model->send = 1;
    cycle();
    for (size_t got = 0; got < size;) {
        *model->m_ready = !seeded_percent(&noise, stalls);
        reply_buffer_model_eval(model);
        bool last = got == size - 1;
        bool right = *model->m_valid && *model->m_data == reply[got] && *model->m_last == last &&
                     *model->sent == (*model->m_ready && last);
        if (!right)
            ck_abort_msg("byte %zu of %zu: %#x instead of %#x", got, size, *model->m_data, reply[got]);
        got += *model->m_ready;
        reply_buffer_model_tick(model);
    }
    cycle();
}

static void check_repeated(uint8_t opcode, uint8_t sequence)
{
    *model->request_opcode = opcode;
    *model->request_sequence = sequence;
    cycle();
    cycle();
    ck_assert_uint_eq(*model->repeated, size > 0 && sequence == reply[1] && opcode != STERNA_OP_HELLO);
}

START_TEST(a_reply_comes_out_one_byte_a_cycle)
{
    begin(STERNA_OP_READ, 9);
    put(0xAB);
    cycle();
    put(0xCD);
    send_and_compare(0);
    ck_assert_uint_eq(size, 5);
    send_and_compare(70);
}
END_TEST

START_TEST(an_append_with_the_begin_is_lost)
{
    *model->append = 1;
    *model->append_data = 5;
    begin(STERNA_OP_READ, 1);
    put(6);
    cycle();
    send_and_compare(0);
    ck_assert_uint_eq(reply[HEADER], 6);
}
END_TEST

START_TEST(a_reply_is_filled_and_then_too_long)
{
    for (size_t over = 0; over < 3; over++) {
        begin(STERNA_OP_STEP, 200);
        for (size_t i = 0; i < REPLY_BYTES - HEADER + over; i++) {
            put(seeded_byte(&noise));
            cycle();
        }
        ck_assert_uint_eq(size, over ? HEADER : REPLY_BYTES);
        send_and_compare(0);
    }
}
END_TEST

START_TEST(the_append_that_comes_with_send_can_be_the_one_too_many)
{
    for (size_t data = REPLY_BYTES - HEADER; data <= REPLY_BYTES - HEADER + 1; data++) {
        begin(STERNA_OP_STEP, 200);
        for (size_t i = 0; i + 1 < data; i++) {
            put(seeded_byte(&noise));
            cycle();
        }
        put(1);
        send_and_compare(20);
    }
    ck_assert_uint_eq(reply[2], STERNA_ST_TOO_LONG);
}
END_TEST

START_TEST(nothing_is_a_repetition_of_no_reply)
{
    for (unsigned sequence = 0; sequence < 256; sequence++)
        check_repeated(STERNA_OP_STEP, (uint8_t)sequence);
}
END_TEST

START_TEST(every_sequence_number_is_recognised)
{
    for (unsigned last = 0; last < 256; last += 5) {
        begin(STERNA_OP_STEP, (uint8_t)last);
        for (unsigned sequence = 0; sequence < 256; sequence++)
            check_repeated((uint8_t)seeded_below(&noise, 10), (uint8_t)sequence);
    }
}
END_TEST

static size_t random_data(struct seeded *random)
{
    switch (seeded_below(random, 4)) {
    case 0:
        return 0;
    case 1:
        return REPLY_BYTES - HEADER - 2 + seeded_below(random, 5);
    default:
        return seeded_below(random, 60);
    }
}

START_TEST(random_replies_are_those_of_the_reference)
{
    struct seeded random = {43};
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t opcode = (uint8_t)seeded_below(&random, seeded_percent(&random, 50) ? 10 : 256);
        *model->append = seeded_percent(&random, 20);
        begin(opcode, seeded_byte(&random));
        size_t data = opcode == STERNA_OP_HELLO ? 0 : random_data(&random);
        unsigned gaps = i % 3 * 30;
        bool last_with_send = seeded_percent(&random, 50);
        if (seeded_percent(&random, 10))
            refuse((uint8_t)(1 + seeded_below(&random, 3)));
        for (size_t k = 0; k < data; k++) {
            while (seeded_percent(&random, gaps))
                cycle();
            put(seeded_byte(&random));
            if (k + 1 < data || !last_with_send)
                cycle();
        }
        if (!*model->append && seeded_percent(&random, 10))
            refuse((uint8_t)(1 + seeded_below(&random, 3)));
        send_and_compare(i / 3 % 3 * 40);
        for (unsigned again = seeded_below(&random, 3); again > 0; again--)
            send_and_compare(50);
        check_repeated((uint8_t)seeded_below(&random, 10), reply[1]);
        check_repeated((uint8_t)seeded_below(&random, 10), seeded_byte(&random));
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("reply_buffer");
    TCase *tests = tcase_create("reply_buffer");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_reply_comes_out_one_byte_a_cycle);
    tcase_add_test(tests, an_append_with_the_begin_is_lost);
    tcase_add_test(tests, a_reply_is_filled_and_then_too_long);
    tcase_add_test(tests, the_append_that_comes_with_send_can_be_the_one_too_many);
    tcase_add_test(tests, nothing_is_a_repetition_of_no_reply);
    tcase_add_test(tests, every_sequence_number_is_recognised);
    tcase_add_test(tests, random_replies_are_those_of_the_reference);
    suite_add_tcase(suite, tests);
    return suite;
}
