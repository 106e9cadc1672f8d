/* test_line_abort.c - hw/link/line_abort.v: a frame with a line error cannot be taken for a good one. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "line_abort_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

enum { MOST = 1 << 15, PAYLOAD = 30 };

static uint8_t byte[MOST], out[2 * MOST];
static bool wrong[MOST]; /* with s_error */
static size_t sent, received;

static void run(unsigned gaps, unsigned stalls, uint32_t seed)
{
    struct line_abort_model *model = line_abort_model_new();
    struct seeded random = {seed};
    bool offer = false;
    int owed = -1;
    *model->rst = 1;
    line_abort_model_tick(model);
    *model->rst = 0;
    received = 0;
    for (size_t taken = 0, idle = 0; idle < 4;) {
        offer = taken < sent && (offer || !seeded_percent(&random, gaps));
        *model->s_valid = offer;
        *model->s_data = offer ? byte[taken] : seeded_byte(&random);
        *model->s_error = offer ? wrong[taken] : seeded_percent(&random, 50);
        *model->m_ready = !seeded_percent(&random, stalls);
        line_abort_model_eval(model);
        ck_assert(owed < 0 || (*model->m_valid && *model->m_data == owed));
        owed = *model->m_valid && !*model->m_ready ? *model->m_data : -1;
        if (*model->m_valid && *model->m_ready)
            out[received++] = *model->m_data;
        idle = taken == sent && !*model->m_valid ? idle + 1 : 0;
        if (offer && *model->s_ready) {
            taken++;
            offer = false;
        }
        line_abort_model_tick(model);
    }
    line_abort_model_free(model);
}

static void put(const uint8_t *bytes, size_t size)
{
    memcpy(byte + sent, bytes, size);
    memset(wrong + sent, 0, size);
    sent += size;
}

START_TEST(without_errors_all_bytes_pass)
{
    struct seeded random = {2};
    for (sent = 0; sent < 2000; sent++) {
        byte[sent] = seeded_byte(&random);
        wrong[sent] = false;
    }
    run((unsigned)_i * 30, (unsigned)_i * 20, 1);
    ck_assert_uint_eq(received, sent);
    ck_assert_mem_eq(out, byte, sent);
}
END_TEST

START_TEST(an_error_becomes_an_abort_and_the_rest_of_the_frame_is_dropped)
{
    sent = 0;
    put((const uint8_t *)"~abcdef~gh", 10);
    wrong[3] = true;
    run(0, 0, 1);
    ck_assert_uint_eq(received, 8);
    ck_assert_mem_eq(out, "~ab\x7D\x7E~gh", 8);
}
END_TEST

START_TEST(a_flag_with_an_error_is_no_flag)
{
    sent = 0;
    put((const uint8_t *)"~ab~cd~ef", 9);
    wrong[3] = true;
    run(0, 0, 1);
    ck_assert_uint_eq(received, 8);
    ck_assert_mem_eq(out, "~ab\x7D\x7E~ef", 8);
}
END_TEST

/* The frames of a stream with errors are exactly those that had none. */
START_TEST(of_random_frames_those_without_an_error_survive)
{
    struct seeded random = {8};
    for (uint32_t round = 1; round <= 40; round++) {
        uint8_t expected[200][PAYLOAD], payload[PAYLOAD], buffer[PAYLOAD + STERNA_FCS_BYTES];
        size_t good = 0, seen = 0;
        sent = 0;
        for (uint8_t i = 0; i < 200; i++) {
            uint8_t frame[STERNA_FRAME_MAX(PAYLOAD)];
            for (size_t k = 0; k < PAYLOAD; k++)
                payload[k] = seeded_percent(&random, 20) ? 0x7E : seeded_byte(&random);
            size_t first = sent, length = sterna_frame_encode(payload, PAYLOAD, frame);
            put(frame, length);
            if (seeded_percent(&random, 30))
                wrong[first + seeded_below(&random, (uint32_t)length)] = true;
            else
                memcpy(expected[good++], payload, PAYLOAD);
        }
        run(round % 3 * 30, round % 4 * 20, round);
        struct sterna_frame_decoder decoder;
        sterna_frame_decoder_init(&decoder, buffer, sizeof buffer);
        for (size_t i = 0; i < received; i++)
            if (sterna_frame_decode(&decoder, out[i])) {
                ck_assert_uint_lt(seen, good);
                ck_assert_mem_eq(buffer, expected[seen++], PAYLOAD);
            }
        ck_assert_uint_eq(seen, good);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("line_abort");
    TCase *tests = tcase_create("line_abort");
    tcase_add_loop_test(tests, without_errors_all_bytes_pass, 0, 3);
    tcase_add_test(tests, an_error_becomes_an_abort_and_the_rest_of_the_frame_is_dropped);
    tcase_add_test(tests, a_flag_with_an_error_is_no_flag);
    tcase_add_test(tests, of_random_frames_those_without_an_error_survive);
    suite_add_tcase(suite, tests);
    return suite;
}
