/* test_session.c - devices that are silent, babble, lie or answer something else: none of them is believed.
 */
#include <string.h>

#include "device.h"
#include "little_endian.h"
#include "protocol.h"
#include "queue.h"
#include "session.h"

#include <check.h>

enum { HELLO_BYTES = 56 };

/* A device that answers HELLO with `hello`, and other requests as its mood is. */
enum mood { HONEST, SILENT, BABBLING, DEAF_AT_FIRST, STALE, ECHO, BROKEN };

struct moody {
    struct sterna_link link;
    enum mood mood;
    uint8_t hello[HELLO_BYTES];
    uint8_t status;
    size_t sent; /* requests so far */
    bool closed;
    struct sterna_queue output;
    struct sterna_frame_decoder decoder;
    uint8_t request[1024];
};

static void put_frame(struct moody *self, const uint8_t *payload, size_t size)
{
    uint8_t frame[STERNA_FRAME_MAX(1024)];
    size_t length = sterna_frame_encode(payload, size, frame);
    ck_assert_int_eq(sterna_queue_put(&self->output, frame, length), STERNA_OK);
}

static void reply(struct moody *self)
{
    uint8_t payload[3 + HELLO_BYTES] = {self->request[0] | 0x80, self->request[1], 0};
    size_t size = 3;
    if (self->request[0] == STERNA_OP_HELLO) {
        memcpy(payload + 3, self->hello, HELLO_BYTES);
        size += HELLO_BYTES;
    } else {
        payload[2] = self->status;
    }
    if (self->mood == STALE) { /* first failures of what was asked before, of another opcode, of nothing */
        const uint8_t status = payload[2];
        payload[2] = STERNA_ST_BAD_OPCODE;
        payload[1]--;
        put_frame(self, payload, size);
        payload[1]++;
        payload[0] ^= 1;
        put_frame(self, payload, size);
        payload[0] ^= 1;
        put_frame(self, payload, 2); /* too short to be a reply */
        payload[2] = status;
    }
    put_frame(self, payload, size);
}

static enum sterna_status send_moody(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                     struct sterna_error *error)
{
    struct moody *self = (struct moody *)link;
    self->sent++;
    if (self->mood == BROKEN)
        return sterna_fail(error, STERNA_ERR_DEVICE, "unplugged");
    if (self->mood == ECHO) {
        ck_assert_int_eq(sterna_queue_put(&self->output, bytes, size), STERNA_OK);
        return STERNA_OK;
    }
    if (self->mood == SILENT || (self->mood == DEAF_AT_FIRST && self->sent < STERNA_SESSION_TRIES))
        return STERNA_OK;
    for (size_t i = 0; i < size; i++)
        if (sterna_frame_decode(&self->decoder, bytes[i]))
            reply(self);
    return STERNA_OK;
}

static enum sterna_status receive_moody(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                        size_t size, size_t *got, struct sterna_error *error)
{
    struct moody *self = (struct moody *)link;
    (void)error;
    ck_assert_uint_gt(patience, 0);
    if (self->mood == BABBLING) {
        memset(bytes, 0x55, size);
        *got = size;
        return STERNA_OK;
    }
    *got = sterna_queue_take(&self->output, bytes, size);
    return STERNA_OK;
}

static void close_moody(struct sterna_link *link)
{
    struct moody *self = (struct moody *)link;
    ck_assert(!self->closed);
    self->closed = true;
    sterna_queue_free(&self->output);
}

static const struct sterna_link_backend backend_moody = {
    .name = "moody", .send = send_moody, .receive = receive_moody, .close = close_moody};

/* The HELLO of a real device. */
static void ask_hello(uint8_t *hello)
{
    const uint8_t payload[] = {STERNA_OP_HELLO, 0};
    uint8_t frame[STERNA_FRAME_MAX(2)], buffer[128];
    struct sterna_software_device *device = NULL;
    struct sterna_queue output = {0};
    struct sterna_frame_decoder decoder;
    ck_assert_int_eq(sterna_software_device_new(sterna_geometry_of("up5k"), &device), STERNA_OK);
    size_t length = sterna_frame_encode(payload, 2, frame);
    ck_assert_int_eq(sterna_software_device_feed(device, frame, length, &output), STERNA_OK);
    sterna_frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (uint8_t byte; sterna_queue_take(&output, &byte, 1) == 1;)
        if (sterna_frame_decode(&decoder, byte))
            memcpy(hello, buffer + 3, HELLO_BYTES);
    sterna_queue_free(&output);
    sterna_software_device_free(device);
}

static struct moody moody;
static struct sterna_session *session;
static struct sterna_error error;

static void setup(void)
{
    moody = (struct moody){.link.backend = &backend_moody};
    sterna_frame_decoder_init(&moody.decoder, moody.request, sizeof moody.request);
    ask_hello(moody.hello);
    session = NULL;
    error.reason[0] = '\0';
}

static void open_honest(void)
{
    ck_assert_msg(sterna_session_open(&moody.link, &session, &error) == STERNA_OK, "%s", error.reason);
}

static enum sterna_status ask(size_t data_size)
{
    const uint8_t *data = NULL;
    return sterna_session_exchange(session, STERNA_OP_COUNTERS, 1, 0, &data, data_size, &error);
}

START_TEST(geometry_is_the_devices_own)
{
    const struct sterna_geometry *expected = sterna_geometry_of("up5k");
    open_honest();
    const struct sterna_geometry *got = &session->geometry;
    ck_assert_uint_eq(got->weight_bytes, expected->weight_bytes);
    ck_assert_uint_eq(got->scales, expected->scales);
    ck_assert_uint_eq(got->biases, expected->biases);
    ck_assert_uint_eq(got->program_bytes, expected->program_bytes);
    ck_assert_uint_eq(got->activation_bytes, expected->activation_bytes);
    ck_assert_uint_eq(got->states, expected->states);
    ck_assert_uint_eq(got->psum_rows, expected->psum_rows);
    ck_assert_uint_eq(got->request_bytes, expected->request_bytes);
    ck_assert_uint_eq(got->reply_bytes, expected->reply_bytes);
    ck_assert_uint_eq(got->clock_khz, expected->clock_khz);
    ck_assert_uint_eq(got->table_w, expected->table_w);
    ck_assert_uint_eq(got->psum_w, expected->psum_w);
    ck_assert_uint_eq(got->kinds, expected->kinds);
    ck_assert_str_eq(got->name, "up5k");
    sterna_session_close(session);
    ck_assert(moody.closed);
}
END_TEST

START_TEST(a_silent_device_is_a_time_out_and_the_link_is_closed)
{
    moody.mood = SILENT;
    ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_TIMEOUT);
    ck_assert_str_eq(error.reason,
                     "the device on moody did not answer HELLO, asked 10 times; a board needs the "
                     "accelerator first: make flash BOARD=...");
    ck_assert_uint_eq(moody.sent, STERNA_SESSION_TRIES);
    ck_assert_ptr_null(session);
    ck_assert(moody.closed);
}
END_TEST

START_TEST(a_babbling_device_is_a_time_out)
{
    moody.mood = BABBLING;
    ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_TIMEOUT);
}
END_TEST

START_TEST(the_last_try_still_counts)
{
    moody.mood = DEAF_AT_FIRST;
    open_honest();
    ck_assert_uint_eq(session->repeats, STERNA_SESSION_TRIES - 1);
    sterna_session_close(session);
}
END_TEST

START_TEST(replies_to_other_requests_are_ignored)
{
    open_honest();
    moody.mood = STALE;
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(ask(0), STERNA_OK);
    ck_assert_uint_eq(session->repeats, 0);
    sterna_session_close(session);
}
END_TEST

START_TEST(an_echo_is_no_answer)
{
    moody.mood = ECHO;
    ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_TIMEOUT);
}
END_TEST

START_TEST(a_broken_link_is_told_as_it_is)
{
    moody.mood = BROKEN;
    ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "unplugged");
}
END_TEST

START_TEST(a_refusal_names_the_request_and_the_reason)
{
    open_honest();
    moody.status = STERNA_ST_BAD_ARGUMENT;
    ck_assert_int_eq(ask(24), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "the device refused COUNTERS: it cannot accept an argument (status 2)");
    moody.status = 99;
    ck_assert_int_eq(ask(24), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "the device refused COUNTERS: no reason known (status 99)");
    sterna_session_close(session);
}
END_TEST

START_TEST(a_reply_of_another_size_is_refused)
{
    open_honest();
    ck_assert_int_eq(ask(24), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "the device answered COUNTERS with 0 bytes instead of 24");
    sterna_session_close(session);
}
END_TEST

START_TEST(another_protocol_version_is_refused)
{
    moody.hello[0] = STERNA_PROTOCOL_VERSION + 1;
    ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_DEVICE);
    ck_assert_ptr_nonnull(strstr(error.reason, "speaks version 4"));
}
END_TEST

START_TEST(geometries_that_cannot_be_are_refused)
{
    /* offset, bytes, value */
    static const uint32_t lies[][3] = {
        {1, 1, 0},   {1, 1, 7},   {2, 1, 0},  {3, 1, 0},          {3, 1, 64},       {4, 1, 33},
        {5, 1, 8},   {5, 1, 2},   {38, 2, 0}, {38, 2, 3},         {6, 1, 63},       {8, 4, 0},
        {12, 4, 0},  {16, 4, 0},  {20, 4, 0}, {24, 4, 0},         {28, 4, 0},       {32, 2, 0},
        {34, 2, 15}, {36, 2, 58}, {40, 4, 0}, {8, 4, UINT32_MAX}, {24, 4, 1 << 20}, {20, 4, 1 << 17}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        setup();
        for (size_t j = 0; j < lies[i][1]; j++)
            moody.hello[lies[i][0] + j] = (uint8_t)(lies[i][2] >> 8 * j);
        ck_assert_int_eq(sterna_session_open(&moody.link, &session, &error), STERNA_ERR_DEVICE);
        ck_assert_ptr_nonnull(strstr(error.reason, "which this program cannot drive"));
        ck_assert(moody.closed);
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("session");
    TCase *tests = tcase_create("session");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, geometry_is_the_devices_own);
    tcase_add_test(tests, a_silent_device_is_a_time_out_and_the_link_is_closed);
    tcase_add_test(tests, a_babbling_device_is_a_time_out);
    tcase_add_test(tests, the_last_try_still_counts);
    tcase_add_test(tests, replies_to_other_requests_are_ignored);
    tcase_add_test(tests, an_echo_is_no_answer);
    tcase_add_test(tests, a_broken_link_is_told_as_it_is);
    tcase_add_test(tests, a_refusal_names_the_request_and_the_reason);
    tcase_add_test(tests, a_reply_of_another_size_is_refused);
    tcase_add_test(tests, another_protocol_version_is_refused);
    tcase_add_test(tests, geometries_that_cannot_be_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
