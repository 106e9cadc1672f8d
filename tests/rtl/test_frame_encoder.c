/* test_frame_encoder.c - hw/rtl/frame_encoder.v against sterna_frame_encode (tested on its own in test_frame.c). */
#include "frame.h"
#include "frame_encoder_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { MOST = 1 << 16, PAYLOAD = 64, FRAME_OVERHEAD = 18 };

/* Payloads one after another, and the bytes of the line. */
static uint8_t payload[MOST], expected[MOST], got[MOST];
static bool last[MOST];
static size_t payload_size, expected_size, got_size;

static void add_frame(const uint8_t *bytes, size_t size)
{
    memcpy(payload + payload_size, bytes, size);
    memset(last + payload_size, 0, size);
    payload_size += size;
    last[payload_size - 1] = true;
    expected_size += sterna_frame_encode(bytes, size, expected + expected_size);
}

/* Send all payloads, with gaps and stalls in so many of 100 cycles. Returns the cycles until the last byte. */
static size_t run(struct frame_encoder_model *model, unsigned gaps, unsigned stalls, uint32_t seed)
{
    struct seeded random = {seed};
    size_t sent = 0, cycles = 0, busy = 0;
    int owed = -1;
    bool offering = false;
    got_size = 0;
    for (size_t silent = 0; silent < 20; cycles++) {
        offering = sent < payload_size && (offering || !seeded_percent(&random, gaps));
        *model->s_valid = offering;
        *model->s_data = offering ? payload[sent] : seeded_byte(&random);
        *model->s_last = offering && last[sent];
        *model->m_ready = !seeded_percent(&random, stalls);
        frame_encoder_model_eval(model);
        ck_assert(owed < 0 || (*model->m_valid && *model->m_data == owed));
        owed = *model->m_valid && !*model->m_ready ? *model->m_data : -1;
        if (*model->m_valid && *model->m_ready) {
            got[got_size++] = *model->m_data;
            busy = cycles;
        }
        silent = *model->m_valid || sent < payload_size ? 0 : silent + 1;
        if (offering && *model->s_ready) {
            sent++;
            offering = false;
        }
        frame_encoder_model_tick(model);
    }
    return busy + 1;
}

static void run_from_reset(unsigned gaps, unsigned stalls, uint32_t seed)
{
    struct frame_encoder_model *model = frame_encoder_model_new();
    *model->rst = 1;
    frame_encoder_model_tick(model);
    *model->rst = 0;
    run(model, gaps, stalls, seed);
    frame_encoder_model_free(model);
    ck_assert_uint_eq(got_size, expected_size);
    ck_assert_mem_eq(got, expected, expected_size);
}

static void begin(void)
{
    payload_size = expected_size = 0;
}

START_TEST(a_payload_of_one_byte_is_framed)
{
    begin();
    add_frame((const uint8_t *)"a", 1);
    run_from_reset(0, 0, 1);
}
END_TEST

START_TEST(flags_and_escapes_are_escaped)
{
    begin();
    add_frame((const uint8_t[]){STERNA_FLAG_BYTE, STERNA_ESCAPE_BYTE, STERNA_FLAG_BYTE}, 3);
    run_from_reset(0, 0, 1);
    static const uint8_t start[] = {0x7E, 0x7D, 0x5E, 0x7D, 0x5D, 0x7D, 0x5E};
    ck_assert_mem_eq(got, start, sizeof start);
}
END_TEST

START_TEST(every_byte_value_of_the_fcs_is_escaped_where_it_must)
{
    begin();
    for (unsigned i = 0; i < 2000; i++) /* 4 FCS bytes each: both special values are bound to come */
        add_frame((const uint8_t[]){(uint8_t)i, (uint8_t)(i >> 8)}, 2);
    run_from_reset(0, 0, 1);
}
END_TEST

START_TEST(random_frames_with_gaps_and_stalls_are_those_of_the_reference)
{
    struct seeded random = {3};
    for (uint32_t i = 1; i <= 64; i++) {
        begin();
        for (unsigned frame = 0; frame < 40; frame++) {
            uint8_t bytes[PAYLOAD];
            size_t size = 1 + seeded_below(&random, PAYLOAD);
            for (size_t j = 0; j < size; j++)
                bytes[j] = seeded_percent(&random, 40) ? (uint8_t)(0x7C + seeded_below(&random, 4))
                                                       : seeded_byte(&random);
            add_frame(bytes, size);
        }
        run_from_reset(i % 4 * 25, i / 4 % 4 * 25, i);
    }
}
END_TEST

START_TEST(a_byte_goes_out_in_three_cycles)
{
    static uint8_t bytes[1000];
    struct frame_encoder_model *model = frame_encoder_model_new();
    *model->rst = 1;
    frame_encoder_model_tick(model);
    *model->rst = 0;
    begin();
    add_frame(bytes, sizeof bytes);
    size_t escapes = expected_size - sizeof bytes - 6;
    ck_assert_uint_le(run(model, 0, 0, 1), 3 * sizeof bytes + escapes + FRAME_OVERHEAD);
    frame_encoder_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("frame_encoder");
    TCase *tests = tcase_create("frame_encoder");
    tcase_add_test(tests, a_payload_of_one_byte_is_framed);
    tcase_add_test(tests, flags_and_escapes_are_escaped);
    tcase_add_test(tests, every_byte_value_of_the_fcs_is_escaped_where_it_must);
    tcase_add_test(tests, random_frames_with_gaps_and_stalls_are_those_of_the_reference);
    tcase_add_test(tests, a_byte_goes_out_in_three_cycles);
    suite_add_tcase(suite, tests);
    return suite;
}
