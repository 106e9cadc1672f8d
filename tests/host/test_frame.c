/* test_frame.c - what is encoded comes back; what is damaged does not; no bytes whatever leave the buffer. */
#include <string.h>

#include "../random_model.h"
#include "frame.h"

#include <check.h>

enum { CAPACITY = 64, PAYLOAD_MAX = CAPACITY - STERNA_FCS_BYTES };

/* Buffer with guards around it. */
struct guarded {
    uint8_t before[16], buffer[CAPACITY], after[16];
    struct sterna_frame_decoder decoder;
};

static void start(struct guarded *guarded)
{
    memset(guarded, 0xA5, sizeof *guarded);
    sterna_frame_decoder_init(&guarded->decoder, guarded->buffer, CAPACITY);
}

static void check_guards(const struct guarded *guarded)
{
    for (size_t i = 0; i < sizeof guarded->before; i++) {
        ck_assert_uint_eq(guarded->before[i], 0xA5);
        ck_assert_uint_eq(guarded->after[i], 0xA5);
    }
}

/* Feed all bytes; returns how many good frames ended. */
static size_t feed(struct guarded *guarded, const uint8_t *bytes, size_t size)
{
    size_t good = 0;
    for (size_t i = 0; i < size; i++)
        good += sterna_frame_decode(&guarded->decoder, bytes[i]);
    check_guards(guarded);
    return good;
}

static size_t random_payload(uint8_t *payload, uint64_t *seed)
{
    size_t size = 2 + random_below(seed, PAYLOAD_MAX - 1);
    for (size_t i = 0; i < size; i++) /* every fourth byte is special */
        payload[i] = (uint8_t)(random_below(seed, 4) ? random_bits(seed) : 0x7D + random_below(seed, 2));
    return size;
}

START_TEST(known_frame_has_the_published_bytes)
{
    /* FCS-32 of "123456789" is CBF43926, least significant byte first. */
    const uint8_t payload[] = "123456789";
    const uint8_t expected[] = {0x7E, '1', '2',  '3',  '4',  '5',  '6', '7',
                                '8',  '9', 0x26, 0x39, 0xF4, 0xCB, 0x7E};
    uint8_t frame[STERNA_FRAME_MAX(9)];
    ck_assert_uint_eq(sterna_frame_encode(payload, 9, frame), sizeof expected);
    ck_assert_mem_eq(frame, expected, sizeof expected);
}
END_TEST

START_TEST(flag_and_escape_are_escaped_and_nothing_else)
{
    const uint8_t payload[] = {0x7E, 0x7D, 0x11, 0x13};
    const uint8_t expected[] = {0x7E, 0x7D, 0x5E, 0x7D, 0x5D, 0x11, 0x13};
    uint8_t frame[STERNA_FRAME_MAX(sizeof payload)];
    sterna_frame_encode(payload, sizeof payload, frame);
    ck_assert_mem_eq(frame, expected, sizeof expected);
}
END_TEST

START_TEST(every_payload_comes_back)
{
    struct guarded guarded;
    start(&guarded);
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        uint8_t payload[PAYLOAD_MAX], frame[STERNA_FRAME_MAX(PAYLOAD_MAX)];
        size_t size = random_payload(payload, &seed);
        size_t length = sterna_frame_encode(payload, size, frame);
        ck_assert_uint_eq(feed(&guarded, frame, length), 1);
        ck_assert_uint_eq(guarded.decoder.size, size);
        ck_assert_mem_eq(guarded.buffer, payload, size);
    }
    ck_assert_uint_eq(guarded.decoder.bad, 0);
}
END_TEST

START_TEST(one_flag_between_frames_is_enough)
{
    const uint8_t payload[] = {1, 2, 3};
    uint8_t frame[STERNA_FRAME_MAX(3)];
    size_t length = sterna_frame_encode(payload, 3, frame);
    struct guarded guarded;
    start(&guarded);
    ck_assert_uint_eq(feed(&guarded, frame, length), 1);
    ck_assert_uint_eq(feed(&guarded, frame + 1, length - 1), 1);
}
END_TEST

START_TEST(empty_frames_are_not_counted)
{
    const uint8_t flags[] = {0x7E, 0x7E, 0x7E, 0x7E};
    struct guarded guarded;
    start(&guarded);
    ck_assert_uint_eq(feed(&guarded, flags, sizeof flags), 0);
    ck_assert_uint_eq(guarded.decoder.bad, 0);
}
END_TEST

START_TEST(bytes_before_the_first_flag_are_ignored)
{
    const uint8_t noise[] = {1, 2, 3, 4, 5, 6, 7, 8, 0x7D, 0x7E};
    struct guarded guarded;
    start(&guarded);
    ck_assert_uint_eq(feed(&guarded, noise, sizeof noise), 0);
    ck_assert_uint_eq(guarded.decoder.bad, 0);
}
END_TEST

START_TEST(every_changed_bit_is_noticed)
{
    uint8_t payload[12], frame[STERNA_FRAME_MAX(12)];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(0x70 + i);
    size_t length = sterna_frame_encode(payload, sizeof payload, frame);
    for (size_t bit = 8; bit < 8 * (length - 1); bit++) {
        struct guarded guarded;
        start(&guarded);
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_eq(feed(&guarded, frame, length), 0);
        ck_assert_uint_ge(guarded.decoder.bad, 1);
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_eq(feed(&guarded, frame, length), 1); /* and the next frame is read */
    }
}
END_TEST

START_TEST(short_aborted_and_long_frames_are_counted)
{
    uint8_t payload[CAPACITY], frame[STERNA_FRAME_MAX(CAPACITY)];
    memset(payload, 7, sizeof payload);
    struct guarded guarded;
    start(&guarded);
    size_t length = sterna_frame_encode(payload, 1, frame); /* right FCS, but no sequence number */
    ck_assert_uint_eq(feed(&guarded, frame, length), 0);
    ck_assert_uint_eq(guarded.decoder.bad, 1);
    length = sterna_frame_encode(payload, PAYLOAD_MAX + 1, frame);
    ck_assert_uint_eq(feed(&guarded, frame, length), 0);
    ck_assert_uint_eq(guarded.decoder.bad, 2);
    length = sterna_frame_encode(payload, 20, frame);
    frame[length - 1] = 0x7D; /* the escape before the flag makes the frame one to be dropped */
    ck_assert_uint_eq(feed(&guarded, frame, length), 0);
    const uint8_t flag = 0x7E;
    ck_assert_uint_eq(feed(&guarded, &flag, 1), 0);
    ck_assert_uint_eq(guarded.decoder.bad, 3);
    length = sterna_frame_encode(payload, PAYLOAD_MAX, frame);
    ck_assert_uint_eq(feed(&guarded, frame, length), 1);
}
END_TEST

START_TEST(garbage_never_leaves_the_buffer_and_the_next_frame_is_read)
{
    struct guarded guarded;
    start(&guarded);
    uint64_t seed = 2;
    for (int round = 0; round < 500; round++) {
        uint8_t noise[300], payload[PAYLOAD_MAX], frame[STERNA_FRAME_MAX(PAYLOAD_MAX)];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(random_below(&seed, 8) ? random_bits(&seed) : 0x7D + random_below(&seed, 2));
        ck_assert_uint_eq(feed(&guarded, noise, random_below(&seed, sizeof noise)), 0);
        size_t size = random_payload(payload, &seed);
        size_t length = sterna_frame_encode(payload, size, frame);
        ck_assert_uint_eq(feed(&guarded, frame, length), 1);
        ck_assert_mem_eq(guarded.buffer, payload, size);
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("frame");
    TCase *tests = tcase_create("frame");
    tcase_add_test(tests, known_frame_has_the_published_bytes);
    tcase_add_test(tests, flag_and_escape_are_escaped_and_nothing_else);
    tcase_add_test(tests, every_payload_comes_back);
    tcase_add_test(tests, one_flag_between_frames_is_enough);
    tcase_add_test(tests, empty_frames_are_not_counted);
    tcase_add_test(tests, bytes_before_the_first_flag_are_ignored);
    tcase_add_test(tests, every_changed_bit_is_noticed);
    tcase_add_test(tests, short_aborted_and_long_frames_are_counted);
    tcase_add_test(tests, garbage_never_leaves_the_buffer_and_the_next_frame_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}
