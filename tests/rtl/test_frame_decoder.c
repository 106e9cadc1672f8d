/* test_frame_decoder.c - hw/rtl/frame_decoder.v against a decoder that looks at the whole stream at once. */
#include "frame.h"
#include "frame_decoder_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16, FCS = 4, SHORTEST = 6 };

/* Beats in the form data | last << 8 | good << 9; data of a last beat is 0. */
struct beats {
    uint16_t beat[MOST];
    size_t count;
};

struct stream {
    uint8_t byte[MOST];
    size_t count;
};

static struct stream stream;
static struct beats expected, got;

static void put(uint8_t byte)
{
    ck_assert_uint_lt(stream.count, MOST);
    stream.byte[stream.count++] = byte;
}

static void put_frame(const uint8_t *payload, size_t size)
{
    ck_assert_uint_le(stream.count + STERNA_FRAME_MAX(size), MOST);
    stream.count += sterna_frame_encode(payload, size, stream.byte + stream.count);
}

static uint32_t crc32(const uint16_t *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool out = ((crc ^ (uint32_t)(bytes[i] >> bit)) & 1) != 0;
            crc = crc >> 1 ^ (out ? 0xEDB88320u : 0);
        }
    return ~crc;
}

/* The beats of the bytes between two flags. */
static void expect_frame(const uint8_t *bytes, size_t size)
{
    uint16_t *frame = expected.beat + expected.count;
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != STERNA_ESCAPE_BYTE)
            frame[length++] = bytes[i];
        else if (i + 1 < size)
            frame[length++] = bytes[++i] ^ STERNA_ESCAPE_XOR;
    }
    size_t escapes = 0; /* in a row at the end */
    while (escapes < size && bytes[size - 1 - escapes] == STERNA_ESCAPE_BYTE)
        escapes++;
    bool good = escapes % 2 == 0 && length >= SHORTEST;
    if (good) {
        const uint16_t *fcs = frame + length - FCS;
        good = crc32(frame, length - FCS) ==
               (fcs[0] | (uint32_t)fcs[1] << 8 | (uint32_t)fcs[2] << 16 | (uint32_t)fcs[3] << 24);
    }
    frame[length] = (uint16_t)(1 << 8 | good << 9);
    expected.count += length + 1;
}

/* What the whole stream must give; it ends in a flag. */
static void expect_stream(void)
{
    expected.count = 0;
    const uint8_t *end = stream.byte + stream.count;
    const uint8_t *flag = memchr(stream.byte, STERNA_FLAG_BYTE, stream.count);
    while (flag) {
        const uint8_t *begin = flag + 1;
        flag = memchr(begin, STERNA_FLAG_BYTE, (size_t)(end - begin));
        if (flag && flag != begin)
            expect_frame(begin, (size_t)(flag - begin));
    }
}

/* Feed the stream, with gaps and stalls in so many of 100 cycles; collect the beats. Returns the cycles taken. */
static size_t run(struct frame_decoder_model *model, unsigned gaps, unsigned stalls, uint32_t seed)
{
    struct seeded random = {seed};
    size_t sent = 0, idle = 0, cycles = 0;
    int owed = -1; /* a beat that was offered and not taken */
    got.count = 0;
    bool offering = false;
    for (; idle < 4; cycles++) {
        offering = sent < stream.count && (offering || !seeded_percent(&random, gaps));
        *model->s_valid = offering;
        *model->s_data = offering ? stream.byte[sent] : seeded_byte(&random);
        *model->m_ready = !seeded_percent(&random, stalls);
        frame_decoder_model_eval(model);
        int beat = *model->m_last ? 1 << 8 | *model->m_good << 9 : *model->m_data;
        ck_assert(owed < 0 || (*model->m_valid && beat == owed));
        owed = *model->m_valid && !*model->m_ready ? beat : -1;
        if (*model->m_valid && *model->m_ready)
            got.beat[got.count++] = (uint16_t)beat;
        idle = sent == stream.count && !*model->m_valid ? idle + 1 : 0;
        if (offering && *model->s_ready) {
            sent++;
            offering = false;
        }
        frame_decoder_model_tick(model);
    }
    return cycles;
}

static void run_from_reset(unsigned gaps, unsigned stalls, uint32_t seed)
{
    struct frame_decoder_model *model = frame_decoder_model_new();
    *model->rst = 1;
    frame_decoder_model_tick(model);
    *model->rst = 0;
    run(model, gaps, stalls, seed);
    frame_decoder_model_free(model);
    expect_stream();
    ck_assert_uint_eq(got.count, expected.count);
    for (size_t i = 0; i < got.count; i++)
        if ((got.beat[i] & 0x100) == 0 || expected.beat[i] != got.beat[i])
            ck_assert_uint_eq(got.beat[i], expected.beat[i]);
}

static unsigned good_frames(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < got.count; i++)
        count += got.beat[i] >> 9;
    return count;
}

static void random_payload(struct seeded *random, uint8_t *payload, size_t size)
{
    for (size_t i = 0; i < size; i++)
        payload[i] =
            seeded_percent(random, 30) ? (uint8_t)(0x7C + seeded_below(random, 4)) : seeded_byte(random);
}

START_TEST(bytes_of_a_frame_and_its_verdict_come_out)
{
    stream.count = 0;
    put_frame((const uint8_t *)"ab", 2);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(got.count, 7);
    ck_assert_uint_eq(got.beat[0], 'a');
    ck_assert_uint_eq(got.beat[1], 'b');
    ck_assert_uint_eq(got.beat[6], 0x300);
}
END_TEST

START_TEST(bytes_before_the_first_flag_are_ignored)
{
    stream.count = 0;
    for (const char *c = "noise }] more noise"; *c; c++)
        put((uint8_t)*c);
    put_frame((const uint8_t *)"ab", 2);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(got.count, 7);
    ck_assert_uint_eq(good_frames(), 1);
}
END_TEST

START_TEST(flags_alone_give_no_beat)
{
    stream.count = 0;
    for (unsigned i = 0; i < 9; i++)
        put(STERNA_FLAG_BYTE);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(frames_share_one_flag)
{
    stream.count = 0;
    put_frame((const uint8_t *)"ab", 2);
    stream.count--;
    put_frame((const uint8_t *)"cd", 2);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(got.count, 14);
    ck_assert_uint_eq(good_frames(), 2);
}
END_TEST

START_TEST(frames_of_one_byte_are_bad_in_spite_of_their_fcs)
{
    stream.count = 0;
    put_frame((const uint8_t *)"a", 1);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(got.count, 6);
    ck_assert_uint_eq(good_frames(), 0);
}
END_TEST

START_TEST(an_escape_before_the_flag_aborts_a_frame)
{
    stream.count = 0;
    put_frame((const uint8_t *)"ab", 2);
    stream.byte[stream.count - 1] = STERNA_ESCAPE_BYTE;
    put(STERNA_FLAG_BYTE);
    put_frame((const uint8_t *)"cd", 2);
    run_from_reset(0, 0, 1);
    ck_assert_uint_eq(good_frames(), 1);
    ck_assert_uint_eq(got.beat[6], 0x100);
}
END_TEST

START_TEST(any_changed_byte_makes_a_frame_bad)
{
    struct seeded random = {11};
    for (unsigned i = 0; i < 200; i++) {
        uint8_t payload[24];
        random_payload(&random, payload, sizeof payload);
        stream.count = 0;
        put_frame(payload, sizeof payload);
        stream.byte[1 + seeded_below(&random, (uint32_t)stream.count - 2)] ^=
            (uint8_t)(1 << seeded_below(&random, 8));
        run_from_reset(0, 0, 1);
        ck_assert_uint_eq(good_frames(), 0);
    }
}
END_TEST

START_TEST(one_byte_is_taken_in_two_cycles)
{
    struct frame_decoder_model *model = frame_decoder_model_new();
    struct seeded random = {5};
    uint8_t payload[1000];
    random_payload(&random, payload, sizeof payload);
    stream.count = 0;
    put_frame(payload, sizeof payload);
    ck_assert_uint_le(run(model, 0, 0, 1), 2 * stream.count + 8);
    frame_decoder_model_free(model);
}
END_TEST

/* A piece of stream: mostly good frames, and whatever a bad line makes of them. */
static void random_piece(struct seeded *random)
{
    uint8_t payload[40];
    size_t size = seeded_below(random, sizeof payload + 1), begin = stream.count;
    random_payload(random, payload, size);
    put_frame(payload, size);
    switch (seeded_below(random, 8)) {
    case 0:
        stream.byte[begin + seeded_below(random, (uint32_t)(stream.count - begin))] = seeded_byte(random);
        break;
    case 1:
        stream.count -= seeded_below(random, (uint32_t)(stream.count - begin));
        break;
    case 2:
        stream.byte[stream.count - 1] = STERNA_ESCAPE_BYTE;
        put(STERNA_FLAG_BYTE);
        break;
    case 3:
        for (unsigned i = seeded_below(random, 5); i > 0; i--)
            put(seeded_percent(random, 50) ? (uint8_t)(0x7C + seeded_below(random, 4)) : seeded_byte(random));
        break;
    case 4:
        stream.count--; /* one flag for two frames */
        break;
    default:
        break;
    }
}

START_TEST(random_streams_give_the_beats_of_the_reference)
{
    struct seeded random = {77};
    for (uint32_t i = 1; i <= 60; i++) {
        stream.count = 0;
        for (unsigned piece = 0; piece < 50; piece++)
            random_piece(&random);
        put(STERNA_FLAG_BYTE);
        run_from_reset(i % 4 * 25, i / 4 % 4 * 25, i);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("frame_decoder");
    TCase *tests = tcase_create("frame_decoder");
    tcase_add_test(tests, bytes_of_a_frame_and_its_verdict_come_out);
    tcase_add_test(tests, bytes_before_the_first_flag_are_ignored);
    tcase_add_test(tests, flags_alone_give_no_beat);
    tcase_add_test(tests, frames_share_one_flag);
    tcase_add_test(tests, frames_of_one_byte_are_bad_in_spite_of_their_fcs);
    tcase_add_test(tests, an_escape_before_the_flag_aborts_a_frame);
    tcase_add_test(tests, any_changed_byte_makes_a_frame_bad);
    tcase_add_test(tests, one_byte_is_taken_in_two_cycles);
    tcase_add_test(tests, random_streams_give_the_beats_of_the_reference);
    suite_add_tcase(suite, tests);
    return suite;
}
