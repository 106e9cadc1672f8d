/* test_device.c - the software device at the level of the wire: every opcode, every refusal, at most once. */
#include <string.h>

#include "../random_model.h"
#include "crc32.h"
#include "device.h"
#include "frame.h"
#include "little_endian.h"
#include "protocol.h"

#include <check.h>

enum { REPLY_MAX = 512 };

static struct sterna_software_device *device;
static struct sterna_queue output;
static uint8_t reply_buffer[REPLY_MAX + 4];
static size_t reply_size;

static void setup(void)
{
    ck_assert_int_eq(sterna_software_device_new(sterna_geometry_of("up5k"), &device), STERNA_OK);
    output = (struct sterna_queue){0};
}

static void teardown(void)
{
    sterna_software_device_free(device);
    sterna_queue_free(&output);
}

/* Replies in the output; the last one is in reply_buffer. */
static size_t replies(void)
{
    struct sterna_frame_decoder decoder;
    sterna_frame_decoder_init(&decoder, reply_buffer, sizeof reply_buffer);
    size_t count = 0;
    for (uint8_t byte; sterna_queue_take(&output, &byte, 1) == 1;)
        if (sterna_frame_decode(&decoder, byte)) {
            count++;
            reply_size = decoder.size;
        }
    return count;
}

static void send(const uint8_t *payload, size_t size)
{
    uint8_t frame[STERNA_FRAME_MAX(1024)];
    size_t length = sterna_frame_encode(payload, size, frame);
    ck_assert_int_eq(sterna_software_device_feed(device, frame, length, &output), STERNA_OK);
}

/* Send one request, expect one reply to it, return its status. */
static uint8_t ask(const uint8_t *payload, size_t size)
{
    send(payload, size);
    ck_assert_uint_eq(replies(), 1);
    ck_assert_uint_ge(reply_size, 3);
    ck_assert_uint_eq(reply_buffer[0], payload[0] | 0x80);
    ck_assert_uint_eq(reply_buffer[1], payload[1]);
    return reply_buffer[2];
}

#define ASK(...) ask((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

START_TEST(hello_describes_the_up5k)
{
    ck_assert_uint_eq(ASK(STERNA_OP_HELLO, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3 + 56);
    const uint8_t *data = reply_buffer + 3;
    const uint8_t first[8] = {STERNA_PROTOCOL_VERSION, 8, 1, 16, 24, 7, 64, 63};
    ck_assert_mem_eq(data, first, 8);
    ck_assert_uint_eq(sterna_get_le32(data + 8), 131072);
    ck_assert_uint_eq(sterna_get_le16(data + 34), 512);
    ck_assert_uint_eq(sterna_get_le16(data + 36), 512);
    ck_assert_uint_eq(sterna_get_le32(data + 40), 48000);
    ck_assert_mem_eq(data + 48, "up5k\0\0\0\0", 8);
}
END_TEST

START_TEST(what_is_written_is_read_and_checked)
{
    ck_assert_uint_eq(ASK(STERNA_OP_WRITE, 1, STERNA_MEM_PROGRAMS, 5, 1, 0, 10, 20, 30), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3);
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 2, STERNA_MEM_PROGRAMS, 4, 1, 0, 5, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3 + 5);
    ck_assert_mem_eq(reply_buffer + 3, ((const uint8_t[]){0, 10, 20, 30, 0}), 5);
    ck_assert_uint_eq(ASK(STERNA_OP_CHECK, 3, STERNA_MEM_PROGRAMS, 5, 1, 0, 3, 0, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(reply_buffer + 3), sterna_crc32(0, (const uint8_t[]){10, 20, 30}, 3));
}
END_TEST

START_TEST(the_last_byte_of_every_memory_is_there_and_the_next_is_not)
{
    static const uint32_t sizes[] = {131072, 4096, 2048, 512, 2048, 512};
    uint8_t sequence = 0;
    for (uint8_t memory = 0; memory < 6; memory++) {
        uint32_t end = sizes[memory];
        uint8_t request[] = {STERNA_OP_WRITE, 0, memory, 0, 0, 0, 77};
        request[1] = ++sequence;
        sterna_put_le24(request + 3, end - 1);
        ck_assert_uint_eq(ask(request, sizeof request), STERNA_ST_DONE);
        request[1] = ++sequence;
        sterna_put_le24(request + 3, end);
        ck_assert_uint_eq(ask(request, sizeof request), STERNA_ST_BAD_ARGUMENT);
        uint8_t read[] = {STERNA_OP_READ, ++sequence, memory, 0, 0, 0, 2, 0};
        sterna_put_le24(read + 3, end - 1);
        ck_assert_uint_eq(ask(read, sizeof read), STERNA_ST_BAD_ARGUMENT);
    }
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 100, 6, 0, 0, 0, 1, 0), STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(ASK(STERNA_OP_CHECK, 101, 0, 0, 0, 0, 1, 0, 2), STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(ASK(STERNA_OP_WRITE, 102, 0, 0xFF, 0xFF, 0xFF, 1), STERNA_ST_BAD_ARGUMENT);
}
END_TEST

START_TEST(a_read_longer_than_the_reply_is_refused)
{
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 1, 0, 0, 0, 0, 0xFD, 1), STERNA_ST_DONE); /* 509 */
    ck_assert_uint_eq(reply_size, 512);
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 2, 0, 0, 0, 0, 0xFE, 1), STERNA_ST_TOO_LONG);
    ck_assert_uint_eq(reply_size, 3);
}
END_TEST

START_TEST(requests_of_a_wrong_length_are_refused)
{
    static const uint8_t length[] = {[STERNA_OP_HELLO] = 2, [STERNA_OP_READ] = 8,     [STERNA_OP_CHECK] = 9,
                                     [STERNA_OP_STATE] = 4, [STERNA_OP_COUNTERS] = 3, [STERNA_OP_ABORT] = 2};
    uint8_t payload[16] = {0}, sequence = 0;
    for (size_t opcode = 1; opcode < sizeof length; opcode++) {
        payload[0] = (uint8_t)opcode;
        for (size_t size = 2; length[opcode] && size <= 12; size++) {
            payload[1] = ++sequence;
            ck_assert_uint_eq(ask(payload, size),
                              size == length[opcode] ? STERNA_ST_DONE : STERNA_ST_BAD_ARGUMENT);
        }
    }
    ck_assert_uint_eq(ASK(STERNA_OP_WRITE, 200, 0, 0, 0), STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 201, 1, 0, 1), STERNA_ST_BAD_ARGUMENT);
}
END_TEST

START_TEST(unknown_opcodes_are_named_so)
{
    ck_assert_uint_eq(ASK(0, 1), STERNA_ST_BAD_OPCODE);
    ck_assert_uint_eq(ASK(9, 2), STERNA_ST_BAD_OPCODE);
    ck_assert_uint_eq(ASK(127, 3, 1, 2), STERNA_ST_BAD_OPCODE);
}
END_TEST

/* The phase tells how many steps were taken. */
static unsigned phase(uint8_t sequence)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, sequence, STERNA_STATE_GET, 0), STERNA_ST_DONE);
    return reply_buffer[3];
}

START_TEST(a_repeated_request_is_answered_again_and_not_executed)
{
    const uint8_t step[] = {STERNA_OP_STEP, 7, 1, STERNA_STEP_ONE_HOT, 2, 0, 3, 0};
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(ask(step, sizeof step), STERNA_ST_DONE);
    ck_assert_uint_eq(phase(8), 1);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 9, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(reply_buffer + 3), 1);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 9, 1), STERNA_ST_DONE); /* the cleared counter's old value */
    ck_assert_uint_eq(sterna_get_le32(reply_buffer + 3), 1);
}
END_TEST

START_TEST(hello_is_always_executed_and_starts_a_session)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 5, STERNA_STATE_SET, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_HELLO, 5), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3 + 56);
    ck_assert_uint_eq(ASK(STERNA_OP_HELLO, 6), STERNA_ST_DONE);
    ck_assert_uint_eq(phase(5), 1);
}
END_TEST

START_TEST(bad_steps_are_refused_before_anything_happens)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 0, 1, 2, 0), STERNA_ST_BAD_ARGUMENT);    /* no step */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 1, 1, 2, 0, 3), STERNA_ST_BAD_ARGUMENT); /* half an input */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 3, 1, 1, 2, 0, 3, 0, 0), STERNA_ST_BAD_ARGUMENT); /* too much */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 4, 1, 1, 3, 0, 3, 0, 0),
                      STERNA_ST_BAD_ARGUMENT); /* an index of 3 bytes */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 5, 2, 1, 2, 0, 3, 0, 0, 8),
                      STERNA_ST_BAD_ARGUMENT); /* index 2048 */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 6, 1, 0, 1, 8, 1),
                      STERNA_ST_BAD_ARGUMENT);                                     /* 2049 bytes announced */
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 7, 1, 0, 0, 0), STERNA_ST_BAD_ARGUMENT); /* empty input */
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 8, STERNA_MEM_ACTIVATIONS, 0, 0, 0, 8, 0), STERNA_ST_DONE);
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(reply_buffer[3 + i], 0);
    ck_assert_uint_eq(phase(9), 0);
}
END_TEST

START_TEST(one_hot_inputs_replace_each_other)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 2, STERNA_STEP_ONE_HOT, 2, 0, 3, 0, 5, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 2, STERNA_MEM_ACTIVATIONS, 0, 0, 0, 8, 0), STERNA_ST_DONE);
    ck_assert_mem_eq(reply_buffer + 3, ((const uint8_t[]){0, 0, 0, 0, 0, 64, 0, 0}), 8);
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 3, STERNA_STATE_RESET, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_WRITE, 4, STERNA_MEM_ACTIVATIONS, 5, 0, 0, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 5, 1, STERNA_STEP_ONE_HOT, 2, 0, 1, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 6, STERNA_MEM_ACTIVATIONS, 0, 0, 0, 8, 0), STERNA_ST_DONE);
    ck_assert_mem_eq(reply_buffer + 3, ((const uint8_t[]){0, 64, 0, 0, 0, 1, 0, 0}), 8); /* 5 was forgotten */
}
END_TEST

START_TEST(dense_inputs_are_written_from_byte_0)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 2, 0, 3, 0, 1, 2, 3, 4, 5, 6), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 2, STERNA_MEM_ACTIVATIONS, 0, 0, 0, 4, 0), STERNA_ST_DONE);
    ck_assert_mem_eq(reply_buffer + 3, ((const uint8_t[]){4, 5, 6, 0}), 4);
}
END_TEST

/* An output layer of 60 rows: 180 bytes a step, of which two fit a reply. */
static void load_output_layer(uint8_t sequence)
{
    uint8_t header[2 + 4 + 32] = {STERNA_OP_WRITE, sequence, STERNA_MEM_WEIGHTS};
    uint8_t *layer = header + 6;
    layer[1] = STERNA_LAYER_LAST;
    layer[2] = 1;
    layer[4] = layer[5] = layer[6] = layer[7] = 60;
    layer[20] = layer[21] = 1;
    ck_assert_uint_eq(ask(header, sizeof header), STERNA_ST_DONE);
}

START_TEST(results_come_from_all_steps_or_the_last_only)
{
    load_output_layer(1);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 2, 0, 1, 0, 9, 9), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3 + 2 * 180);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 3, 3, 0, 1, 0, 9, 9, 9), STERNA_ST_TOO_LONG);
    ck_assert_uint_eq(reply_size, 3);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 4, 3, STERNA_STEP_LAST_ONLY, 1, 0, 9, 9, 9), STERNA_ST_DONE);
    ck_assert_uint_eq(reply_size, 3 + 180);
}
END_TEST

START_TEST(bad_frames_are_dropped_in_silence_and_counted)
{
    const uint8_t payload[] = {STERNA_OP_STATE, 1, STERNA_STATE_SET, 1};
    uint8_t frame[STERNA_FRAME_MAX(sizeof payload)];
    size_t length = sterna_frame_encode(payload, sizeof payload, frame);
    frame[3] ^= 1;
    ck_assert_int_eq(sterna_software_device_feed(device, frame, length, &output), STERNA_OK);
    ck_assert_uint_eq(replies(), 0);
    uint8_t oversized[513] = {STERNA_OP_WRITE, 2};
    send(oversized, sizeof oversized);
    ck_assert_uint_eq(replies(), 0);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 3, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(reply_buffer + 3 + 20), 2);
    ck_assert_uint_eq(phase(4), 0);
}
END_TEST

/* Good frames of random bytes: whatever they ask, one answer each. */
START_TEST(any_request_gets_one_answer)
{
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        uint8_t payload[64];
        for (size_t i = 0; i < sizeof payload; i++)
            payload[i] = (uint8_t)(random_below(&seed, 3) ? random_below(&seed, 4) : random_bits(&seed));
        payload[0] = (uint8_t)random_below(&seed, 10);
        send(payload, 2 + random_below(&seed, sizeof payload - 1));
        ck_assert_uint_eq(replies(), 1);
    }
}
END_TEST

START_TEST(there_is_no_geometry_of_an_unknown_name)
{
    ck_assert_ptr_null(sterna_geometry_of("up6k"));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("device");
    TCase *tests = tcase_create("device");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, hello_describes_the_up5k);
    tcase_add_test(tests, what_is_written_is_read_and_checked);
    tcase_add_test(tests, the_last_byte_of_every_memory_is_there_and_the_next_is_not);
    tcase_add_test(tests, a_read_longer_than_the_reply_is_refused);
    tcase_add_test(tests, requests_of_a_wrong_length_are_refused);
    tcase_add_test(tests, unknown_opcodes_are_named_so);
    tcase_add_test(tests, a_repeated_request_is_answered_again_and_not_executed);
    tcase_add_test(tests, hello_is_always_executed_and_starts_a_session);
    tcase_add_test(tests, bad_steps_are_refused_before_anything_happens);
    tcase_add_test(tests, one_hot_inputs_replace_each_other);
    tcase_add_test(tests, dense_inputs_are_written_from_byte_0);
    tcase_add_test(tests, results_come_from_all_steps_or_the_last_only);
    tcase_add_test(tests, bad_frames_are_dropped_in_silence_and_counted);
    tcase_add_test(tests, any_request_gets_one_answer);
    tcase_add_test(tests, there_is_no_geometry_of_an_unknown_name);
    suite_add_tcase(suite, tests);
    return suite;
}
