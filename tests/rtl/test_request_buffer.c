/* test_request_buffer.c - hw/rtl/request_buffer.v against a reference that follows whole frames. */
#include "protocol.h"
#include "request_buffer_model.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { REQUEST_BYTES = 512, FCS = 4, MOST = 3000, FIRST_FIELD = 2, LAST_FIELD = 8 };

/* What becomes of a frame is decided by its first byte. */
enum fate { STORED, WATCHED, LOST };

struct rig {
    struct request_buffer_model *model;
    struct seeded random;

    uint8_t frame[MOST]; /* on its way in: the payload, then the FCS */
    size_t size;
    enum fate fate;

    bool request, abort; /* pending */
    uint8_t sequence;    /* of what is pending */
    uint8_t payload[REQUEST_BYTES];
    size_t bytes; /* of payload */
    bool readable;

    unsigned take, open, early, shut; /* of 100 cycles: take what is pending, raise listen, hear; lower */
    bool took;                        /* a request, in the cycle before */
    bool opened, clear; /* in the cycle before: a frame would have been stored; nothing was pending */
    bool drop;          /* the request, for an ABORT */
    uint16_t asked;     /* read_index of the cycle before */
    bool asked_valid;
    unsigned requests, aborts, drops, bad_frames; /* seen */
};

static struct rig rig;

static void setup(void)
{
    memset(&rig, 0, sizeof rig);
    rig.model = request_buffer_model_new();
    rig.random.state = 91;
    *rig.model->rst = 1;
    request_buffer_model_tick(rig.model);
    *rig.model->rst = 0;
}

static void teardown(void)
{
    request_buffer_model_free(rig.model);
}

/* listen, and what is taken, in this cycle. */
static void choose(void)
{
    struct request_buffer_model *model = rig.model;
    bool listened = *model->listen;
    bool listen = !rig.took &&
                  (listened ? !seeded_percent(&rig.random, rig.shut) : seeded_percent(&rig.random, rig.open));
    if (listen && !listened)
        rig.readable = false;
    const bool heard = *model->hear;
    const bool hear = !listen && !rig.took && seeded_percent(&rig.random, heard ? 100 - rig.shut : rig.early);
    if (hear && !heard)
        rig.readable = false;
    *model->listen = listen;
    *model->hear = hear;
    *model->request_taken = rig.request && seeded_percent(&rig.random, rig.take);
    *model->abort_taken = rig.abort && seeded_percent(&rig.random, rig.take);
    *model->read_index = (uint16_t)seeded_below(&rig.random, rig.bytes ? (uint32_t)rig.bytes : 1);
}

static void check_pending(void)
{
    const struct request_buffer_model *model = rig.model;
    ck_assert(*model->s_ready);
    ck_assert_uint_eq(*model->request_valid, rig.request);
    ck_assert_uint_eq(*model->abort_valid, rig.abort);
    if (rig.request) {
        ck_assert_uint_eq(*model->request_opcode, rig.payload[0]);
        ck_assert_uint_eq(*model->request_bytes, rig.bytes);
    }
    if (rig.request || rig.abort)
        ck_assert_uint_eq(*model->request_sequence, rig.sequence);
    if (rig.asked_valid && rig.readable)
        ck_assert_uint_eq(*model->read_data, rig.payload[rig.asked]);
}

/* The frame as far as it has come ends. */
static void end_frame(bool good)
{
    if (!good || rig.size > REQUEST_BYTES + FCS) {
        rig.bad_frames++;
        return;
    }
    size_t bytes = rig.size - FCS;
    if (rig.fate == STORED) {
        rig.request = rig.readable = true;
        rig.asked_valid = false;
        rig.bytes = bytes;
        rig.sequence = rig.frame[1];
        memcpy(rig.payload, rig.frame, bytes);
        rig.requests++;
    } else if (rig.fate == WATCHED && rig.frame[0] == STERNA_OP_ABORT && bytes == 2) {
        rig.abort = true;
        rig.sequence = rig.frame[1];
        rig.aborts++;
    }
}

/* Of the frame that begins now. */
static enum fate fate_of(uint8_t opcode)
{
    const struct request_buffer_model *model = rig.model;
    const bool early_abort = opcode == STERNA_OP_ABORT && !*model->listen;
    if (rig.opened && !early_abort)
        return STORED;
    return rig.clear || (early_abort && rig.request) ? WATCHED : LOST;
}

/* One clock cycle, with a beat or without. */
static void cycle(bool valid, uint8_t data, bool last, bool good)
{
    struct request_buffer_model *model = rig.model;
    *model->s_valid = valid;
    *model->s_data = data;
    *model->s_last = last;
    *model->s_good = good;
    choose();
    request_buffer_model_eval(model);
    check_pending();
    if (valid && !last && rig.size == 0)
        rig.fate = fate_of(data);
    rig.drop =
        rig.request && !*model->request_taken && rig.size == 0 && rig.fate == WATCHED && valid && !last;
    bool field = valid && !last && rig.fate == STORED && rig.size >= FIRST_FIELD && rig.size <= LAST_FIELD;
    ck_assert_uint_eq(*model->field_write && *model->field_index >= FIRST_FIELD &&
                          *model->field_index <= LAST_FIELD,
                      field);
    if (field) {
        ck_assert_uint_eq(*model->field_index, rig.size);
        ck_assert_uint_eq(*model->field_data, data);
    }
    rig.opened = !rig.request && !rig.abort && (*model->listen || *model->hear);
    rig.clear = rig.request <= *model->request_taken && rig.abort <= *model->abort_taken;
    rig.took = *model->request_taken;
    rig.drops += rig.drop;
    rig.readable = rig.readable && !rig.drop;
    rig.request = rig.request && !*model->request_taken && !rig.drop;
    rig.abort = rig.abort && !*model->abort_taken;
    rig.asked = *model->read_index;
    rig.asked_valid = rig.readable;
    unsigned bad_frames = rig.bad_frames;
    if (valid && last) {
        end_frame(good);
        rig.size = 0;
    } else if (valid) {
        rig.frame[rig.size++] = data;
    }
    ck_assert_uint_eq(*model->bad_frame, rig.bad_frames - bad_frames);
    request_buffer_model_tick(model);
}

static void idle(unsigned cycles)
{
    for (unsigned i = 0; i < cycles; i++)
        cycle(false, seeded_byte(&rig.random), seeded_percent(&rig.random, 50), true);
}

static void send_beat(uint8_t data, bool last, bool good, unsigned gaps)
{
    while (seeded_percent(&rig.random, gaps))
        idle(1);
    cycle(true, data, last, good);
    idle(1); /* beats are two cycles apart */
}

/* A frame of so many bytes with its FCS, the rest of its payload random. */
static void send_frame(uint8_t opcode, uint8_t sequence, size_t size, bool good, unsigned gaps)
{
    for (size_t i = 0; i < size; i++)
        send_beat(i == 0 ? opcode : i == 1 ? sequence : seeded_byte(&rig.random), false, false, gaps);
    send_beat(0, true, good, gaps);
}

START_TEST(a_request_comes_out_whole)
{
    rig.open = 100;
    idle(1);
    send_frame(STERNA_OP_READ, 77, 8 + FCS, true, 0);
    idle(20);
    ck_assert(*rig.model->request_valid);
    ck_assert_uint_eq(*rig.model->request_opcode, STERNA_OP_READ);
    ck_assert_uint_eq(*rig.model->request_sequence, 77);
    ck_assert_uint_eq(*rig.model->request_bytes, 8);
}
END_TEST

START_TEST(requests_of_all_sizes_can_be_read_and_larger_ones_are_bad)
{
    rig.open = 10;
    rig.take = 5;
    for (size_t bytes = REQUEST_BYTES - 2; bytes <= REQUEST_BYTES + 20; bytes++) {
        unsigned requests = rig.requests, bad_frames = rig.bad_frames;
        while (!*rig.model->listen || rig.request)
            idle(1);
        send_frame(STERNA_OP_WRITE, (uint8_t)bytes, bytes + FCS, true, 0);
        rig.open = 0;
        idle(1500);
        rig.open = 10;
        ck_assert_uint_eq(rig.requests - requests, bytes <= REQUEST_BYTES);
        ck_assert_uint_eq(rig.bad_frames - bad_frames, bytes > REQUEST_BYTES);
    }
}
END_TEST

START_TEST(only_a_good_abort_of_two_bytes_gets_through_unheard)
{
    rig.take = 0;
    send_frame(STERNA_OP_ABORT, 1, 2 + FCS, false, 0);
    send_frame(STERNA_OP_ABORT, 2, 3 + FCS, true, 0);
    send_frame(STERNA_OP_STEP, 3, 2 + FCS, true, 0);
    idle(3);
    ck_assert(!*rig.model->abort_valid && !*rig.model->request_valid);
    send_frame(STERNA_OP_ABORT, 4, 2 + FCS, true, 0);
    send_frame(STERNA_OP_ABORT, 5, 2 + FCS, true, 0);
    rig.open = 100;
    send_frame(STERNA_OP_READ, 6, 8 + FCS, true, 0);
    idle(3);
    ck_assert(*rig.model->abort_valid && !*rig.model->request_valid);
    ck_assert_uint_eq(*rig.model->request_sequence, 4);
}
END_TEST

START_TEST(a_request_that_is_heard_waits_until_an_abort_drops_it)
{
    rig.early = 100;
    idle(2);
    send_frame(STERNA_OP_STEP, 1, 8 + FCS, true, 0);
    send_frame(STERNA_OP_STEP, 2, 8 + FCS, true, 0); /* lost */
    send_frame(STERNA_OP_READ, 3, 8 + FCS, false, 0);
    idle(3);
    ck_assert(*rig.model->request_valid && !*rig.model->abort_valid);
    ck_assert_uint_eq(*rig.model->request_sequence, 1);
    send_frame(STERNA_OP_ABORT, 4, 2 + FCS, true, 0);
    idle(3);
    ck_assert(!*rig.model->request_valid && *rig.model->abort_valid);
    ck_assert_uint_eq(*rig.model->request_opcode, STERNA_OP_ABORT);
    ck_assert_uint_eq(*rig.model->request_sequence, 4);
    send_frame(STERNA_OP_STEP, 5, 8 + FCS, true, 0); /* lost */
    idle(3);
    ck_assert(!*rig.model->request_valid && *rig.model->abort_valid);
}
END_TEST

static size_t random_size(void)
{
    switch (seeded_below(&rig.random, 10)) {
    case 0:
        return REQUEST_BYTES - 8 + seeded_below(&rig.random, 24);
    case 1:
        return seeded_below(&rig.random, MOST);
    case 2:
        return seeded_below(&rig.random, 8);
    case 3:
    case 4:
    case 5:
        return 2 + FCS;
    default:
        return seeded_below(&rig.random, 40);
    }
}

START_TEST(random_frames_become_what_the_reference_makes_of_them)
{
    static const unsigned shares[] = {1, 5, 30, 100};
    for (unsigned i = 0; i < 8000; i++) {
        rig.take = shares[i / 100 % 4];
        rig.open = shares[i / 400 % 4];
        rig.shut = i / 1600 % 2;
        rig.early = i / 50 % 4 * 10;
        size_t size = random_size();
        bool good = size >= 2 + FCS && seeded_percent(&rig.random, 90);
        uint8_t opcode =
            seeded_percent(&rig.random, 50) ? STERNA_OP_ABORT : (uint8_t)seeded_below(&rig.random, 10);
        send_frame(opcode, seeded_byte(&rig.random), size, good, i / 50 % 3 * 30);
        if (seeded_percent(&rig.random, 30))
            idle(seeded_below(&rig.random, 60));
    }
    ck_assert_uint_gt(rig.requests, 500);
    ck_assert_uint_gt(rig.drops, 50);
    ck_assert_uint_gt(rig.aborts, 100);
    ck_assert_uint_gt(rig.bad_frames, 500);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("request_buffer");
    TCase *tests = tcase_create("request_buffer");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_request_comes_out_whole);
    tcase_add_test(tests, requests_of_all_sizes_can_be_read_and_larger_ones_are_bad);
    tcase_add_test(tests, only_a_good_abort_of_two_bytes_gets_through_unheard);
    tcase_add_test(tests, a_request_that_is_heard_waits_until_an_abort_drops_it);
    tcase_add_test(tests, random_frames_become_what_the_reference_makes_of_them);
    suite_add_tcase(suite, tests);
    return suite;
}
