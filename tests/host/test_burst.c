/* test_burst.c - many requests on the way at a time: all are carried out, whatever the link loses, and in time for the device. */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "burst.h"
#include "device.h"
#include "protocol.h"
#include "queue.h"

#include <check.h>

enum { COUNT = 100, SIZE = 20, BUSY = 48000, BYTE_CYCLES = 40 };

/* The software device behind a wire on which a byte takes BYTE_CYCLES; for BUSY cycles after a request it drops what comes. Its
 * replies are received only if the host asks for them: nothing here happens by itself. */
struct slow {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_queue output;
    uint64_t now, free_at; /* cycles */
    uint64_t seed;
    size_t lose_one_in; /* frames to the device, replies from it; 0: none */
    size_t sends, ahead, most_ahead;
    size_t writes, silences;
    bool deaf, quick; /* quick: it says nothing of its wire */
};

static size_t writes_in(const uint8_t *bytes, size_t size)
{
    return size > 1 && bytes[0] == STERNA_FLAG_BYTE && bytes[1] == STERNA_OP_WRITE;
}

static bool is_lost(struct slow *self)
{
    return self->lose_one_in > 0 && random_below(&self->seed, self->lose_one_in) == 0;
}

static enum sterna_status send_slow(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                    struct sterna_error *error)
{
    struct slow *self = (struct slow *)link;
    struct sterna_queue output = {0};
    size_t end = size;
    (void)error;
    self->sends++;
    self->writes += writes_in(bytes, size);
    self->most_ahead = ++self->ahead > self->most_ahead ? self->ahead : self->most_ahead;
    while (end > 2 && bytes[end - 2] == STERNA_FLAG_BYTE)
        end--; /* of the frame; what follows idles */
    if (!self->deaf && self->now >= self->free_at && !is_lost(self)) {
        ck_assert_int_eq(sterna_software_device_feed(self->device, bytes, end, &output), STERNA_OK);
        self->free_at = self->now + end * BYTE_CYCLES + BUSY;
        if (!is_lost(self))
            ck_assert_int_eq(sterna_queue_put(&self->output, output.bytes + output.first, output.size),
                             STERNA_OK);
        sterna_queue_free(&output);
    }
    self->now += size * BYTE_CYCLES;
    return STERNA_OK;
}

static enum sterna_status receive_slow(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                       size_t size, size_t *got, struct sterna_error *error)
{
    struct slow *self = (struct slow *)link;
    (void)error;
    *got = sterna_queue_take(&self->output, bytes, size < 11 ? size : 11);
    self->now += *got > 0 ? BUSY : patience;
    self->silences += *got == 0;
    self->ahead = 0;
    return STERNA_OK;
}

static void wire_slow(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){UINT64_C(48000000) / BYTE_CYCLES, 0};
}

static void close_slow(struct sterna_link *link)
{
    struct slow *self = (struct slow *)link;
    sterna_software_device_free(self->device);
    sterna_queue_free(&self->output);
}

static const struct sterna_link_backend backend = {.name = "slow",
                                                   .send = send_slow,
                                                   .receive = receive_slow,
                                                   .wire = wire_slow,
                                                   .close = close_slow},
                                        backend_quick = {.name = "quick",
                                                         .send = send_slow,
                                                         .receive = receive_slow,
                                                         .close = close_slow};

static struct slow slow;
static struct sterna_session *session;
static struct sterna_error error;
static uint8_t data[COUNT * SIZE];

static void open_session(const struct sterna_link_backend *chosen)
{
    uint64_t seed = 8;
    slow = (struct slow){.link.backend = chosen, .seed = 5};
    ck_assert_int_eq(sterna_software_device_new(sterna_geometry_of("up5k"), &slow.device), STERNA_OK);
    ck_assert_msg(sterna_session_open(&slow.link, &session, &error) == STERNA_OK, "%s", error.reason);
    slow.now += BUSY;
    slow.sends = slow.writes = slow.most_ahead = 0;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)random_below(&seed, 256);
}

/* WRITE: memory, address, bytes. */
static size_t put(const void *context, size_t i, uint8_t *arguments)
{
    const size_t address = i * SIZE;
    ck_assert_ptr_eq(context, data);
    arguments[0] = STERNA_MEM_WEIGHTS;
    arguments[1] = (uint8_t)(address & 255);
    arguments[2] = (uint8_t)(address >> 8);
    arguments[3] = 0;
    memcpy(arguments + 4, data + address, SIZE);
    return 4 + SIZE;
}

static enum sterna_status write_all(size_t count)
{
    const struct sterna_burst burst = {STERNA_OP_WRITE, count, put, data, BUSY, 2 * BUSY};
    return sterna_burst_run(session, &burst, &error);
}

static void check_all(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *got = NULL;
        uint8_t *arguments = sterna_session_arguments(session);
        const size_t address = i * SIZE;
        const uint8_t range[6] = {
            STERNA_MEM_WEIGHTS, (uint8_t)(address & 255), (uint8_t)(address >> 8), 0, SIZE, 0};
        memcpy(arguments, range, sizeof range);
        slow.now += BUSY;
        ck_assert_int_eq(
            sterna_session_exchange(session, STERNA_OP_READ, sizeof range, 0, &got, SIZE, &error), STERNA_OK);
        ck_assert_mem_eq(got, data + address, SIZE);
    }
}

START_TEST(requests_go_ahead_of_their_replies_and_none_comes_too_early)
{
    open_session(&backend);
    ck_assert_int_eq(write_all(COUNT), STERNA_OK);
    ck_assert_uint_eq(slow.writes, COUNT);
    ck_assert_uint_gt(slow.most_ahead, 8);
    ck_assert_uint_eq(session->repeats, 0);
    check_all();
    sterna_session_close(session);
}
END_TEST

START_TEST(what_is_lost_goes_again)
{
    open_session(&backend);
    slow.lose_one_in = 4 + (size_t)_i;
    ck_assert_int_eq(write_all(COUNT), STERNA_OK);
    slow.lose_one_in = 0;
    ck_assert_uint_gt(slow.writes, COUNT);
    ck_assert_uint_gt(session->repeats, 0);
    check_all();
    sterna_session_close(session);
}
END_TEST

START_TEST(a_link_that_says_nothing_of_its_wire_gets_one_at_a_time)
{
    open_session(&backend_quick);
    ck_assert_int_eq(write_all(COUNT), STERNA_OK);
    ck_assert_uint_eq(slow.most_ahead, 1);
    check_all();
    sterna_session_close(session);
}
END_TEST

START_TEST(a_device_that_falls_silent_is_a_time_out_before_long)
{
    open_session(&backend);
    slow.deaf = true;
    ck_assert_int_eq(write_all(COUNT), STERNA_ERR_TIMEOUT);
    ck_assert_str_eq(error.reason, "the device on slow did not answer WRITE, asked 10 times");
    ck_assert_uint_le(slow.silences, 1 + STERNA_SESSION_TRIES);
    sterna_session_close(session);
}
END_TEST

static size_t put_badly(const void *context, size_t i, uint8_t *arguments)
{
    const size_t size = put(context, i, arguments);
    arguments[3] = i == 7 ? 0xFF : 0;
    return size;
}

START_TEST(a_refusal_of_one_is_told)
{
    const struct sterna_burst burst = {STERNA_OP_WRITE, COUNT, put_badly, data, BUSY, 2 * BUSY};
    open_session(&backend);
    ck_assert_int_eq(sterna_burst_run(session, &burst, &error), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "the device refused WRITE: it cannot accept an argument (status 2)");
    sterna_session_close(session);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("burst");
    TCase *tests = tcase_create("burst");
    tcase_add_test(tests, requests_go_ahead_of_their_replies_and_none_comes_too_early);
    tcase_add_loop_test(tests, what_is_lost_goes_again, 0, 20);
    tcase_add_test(tests, a_link_that_says_nothing_of_its_wire_gets_one_at_a_time);
    tcase_add_test(tests, a_device_that_falls_silent_is_a_time_out_before_long);
    tcase_add_test(tests, a_refusal_of_one_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
