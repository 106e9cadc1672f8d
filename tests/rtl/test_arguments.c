/* test_arguments.c - hw/rtl/arguments.v against the table of requests in hw/README.md, section 2. */
#include "arguments_model.h"
#include "little_endian.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { MEMORIES = 6, REPLY_DATA = 509, SHOWN = 16, SETTLED = 6, MOST = 512 };

/* The geometry of the module's default parameters. */
static const uint32_t memory_bytes[MEMORIES] = {131072, 4096, 2048, 512, 2048, 512};

/* A request: as much of it as is shown, followed by the FCS if it is shorter. */
struct request {
    uint8_t byte[SHOWN];
    unsigned size; /* of the payload */
};

static struct arguments_model *model;
static struct seeded noise;

static void setup(void)
{
    model = arguments_model_new();
    noise.state = 53;
}

static void teardown(void)
{
    arguments_model_free(model);
}

static void tick(void)
{
    arguments_model_tick(model);
    *model->field_write = 0;
    *model->begin_request = 0;
    *model->field_index = (uint8_t)seeded_below(&noise, 16);
    *model->field_data = seeded_byte(&noise);
}

/* Show a request as request_buffer does, with gaps in so many of 100 cycles, and begin it. */
static void give(const struct request *request, unsigned gaps)
{
    for (unsigned i = 0; i < SHOWN && i < request->size + 4; i++) {
        while (seeded_percent(&noise, gaps))
            tick();
        *model->field_write = 1;
        *model->field_index = (uint8_t)i;
        *model->field_data = request->byte[i];
        tick();
        if (i == 0)
            *model->request_opcode = request->byte[0];
    }
    *model->request_bytes = (uint16_t)request->size;
    *model->begin_request = 1;
    for (unsigned i = 0; i < SETTLED; i++) {
        tick();
        *model->request_opcode = seeded_byte(&noise); /* a frame that comes meanwhile */
    }
}

static uint32_t range_length(const struct request *request)
{
    switch (request->byte[0]) {
    case STERNA_OP_WRITE:
        return request->size - 6;
    case STERNA_OP_READ:
        return sterna_get_le16(request->byte + 6);
    default:
        return sterna_get_le24(request->byte + 6);
    }
}

static uint8_t range_status(const struct request *request)
{
    uint8_t memory = request->byte[2];
    if (memory >= MEMORIES)
        return STERNA_ST_BAD_ARGUMENT;
    uint32_t length = range_length(request);
    if (sterna_get_le24(request->byte + 3) + length > memory_bytes[memory])
        return STERNA_ST_BAD_ARGUMENT;
    return request->byte[0] == STERNA_OP_READ && length > REPLY_DATA ? STERNA_ST_TOO_LONG : STERNA_ST_DONE;
}

static bool good_step(const struct request *request)
{
    unsigned bytes = sterna_get_le16(request->byte + 4);
    bool one_hot = request->byte[3] & STERNA_STEP_ONE_HOT;
    return request->byte[2] > 0 && bytes > 0 && bytes <= memory_bytes[STERNA_MEM_ACTIVATIONS] &&
           (!one_hot || bytes == 2);
}

static uint8_t expected_status(const struct request *request)
{
    static const uint8_t right[] = {[STERNA_OP_HELLO] = 2, [STERNA_OP_READ] = 8,     [STERNA_OP_CHECK] = 9,
                                    [STERNA_OP_STATE] = 4, [STERNA_OP_COUNTERS] = 3, [STERNA_OP_ABORT] = 2};
    uint8_t opcode = request->byte[0];
    if (opcode < STERNA_OP_HELLO || opcode > STERNA_OP_ABORT)
        return STERNA_ST_BAD_OPCODE;
    if (right[opcode] ? request->size != right[opcode] : request->size < 6)
        return STERNA_ST_BAD_ARGUMENT;
    if (opcode == STERNA_OP_WRITE || opcode == STERNA_OP_READ || opcode == STERNA_OP_CHECK)
        return range_status(request);
    if (opcode == STERNA_OP_STEP)
        return good_step(request) ? STERNA_ST_DONE : STERNA_ST_BAD_ARGUMENT;
    if (opcode == STERNA_OP_STATE && (request->byte[2] > STERNA_STATE_RESET || request->byte[3] > 1))
        return STERNA_ST_BAD_ARGUMENT;
    return STERNA_ST_DONE;
}

static void check_opcode(uint8_t opcode)
{
    ck_assert_uint_eq(*model->is_write, opcode == STERNA_OP_WRITE);
    ck_assert_uint_eq(*model->is_read, opcode == STERNA_OP_READ);
    ck_assert_uint_eq(*model->is_check, opcode == STERNA_OP_CHECK);
    ck_assert_uint_eq(*model->is_step, opcode == STERNA_OP_STEP);
    ck_assert_uint_eq(*model->is_state, opcode == STERNA_OP_STATE);
    ck_assert_uint_eq(*model->is_counters, opcode == STERNA_OP_COUNTERS);
}

static void check_outputs(const struct request *request)
{
    uint8_t opcode = request->byte[0], status = expected_status(request);
    check_opcode(opcode);
    ck_assert_msg(*model->status == status, "opcode %u, %u bytes, memory %u: status %u instead of %u", opcode,
                  request->size, request->byte[2], *model->status, status);
    if (status != STERNA_ST_DONE || opcode == STERNA_OP_HELLO || opcode == STERNA_OP_ABORT)
        return;
    ck_assert_uint_eq(*model->argument, request->byte[2]);
    if (opcode == STERNA_OP_STATE)
        ck_assert_uint_eq(*model->address & 1, request->byte[3]);
    if (opcode == STERNA_OP_STEP) {
        ck_assert_uint_eq(*model->memory, STERNA_MEM_ACTIVATIONS);
        ck_assert_uint_eq(*model->address, 0);
        ck_assert_uint_eq(*model->range_end, sterna_get_le16(request->byte + 4));
        ck_assert_uint_eq(*model->one_hot, (request->byte[3] & STERNA_STEP_ONE_HOT) != 0);
        ck_assert_uint_eq(*model->last_only, (request->byte[3] & STERNA_STEP_LAST_ONLY) != 0);
    }
    if (opcode == STERNA_OP_WRITE || opcode == STERNA_OP_READ || opcode == STERNA_OP_CHECK) {
        ck_assert_uint_eq(*model->memory, request->byte[2]);
        ck_assert_uint_eq(*model->address, sterna_get_le24(request->byte + 3));
        ck_assert_uint_eq(*model->range_end, sterna_get_le24(request->byte + 3) + range_length(request));
    }
}

/* Give it, and look when it must be settled and a while later. Returns whether it may be done. */
static bool try(const struct request *request, unsigned gaps)
{
    give(request, gaps);
    check_outputs(request);
    for (unsigned i = 0; i < 10; i++)
        tick();
    check_outputs(request);
    return expected_status(request) == STERNA_ST_DONE;
}

static struct request random_bytes(unsigned size)
{
    struct request request = {{0}, size};
    for (unsigned i = 0; i < SHOWN; i++)
        request.byte[i] = seeded_byte(&noise);
    return request;
}

START_TEST(only_the_lengths_of_the_table_are_right)
{
    for (unsigned opcode = 0; opcode < 256; opcode++)
        for (unsigned size = 2; size < 14; size++) {
            struct request request = random_bytes(size);
            memset(request.byte, 0, sizeof request.byte);
            request.byte[0] = (uint8_t)opcode;
            if (opcode == STERNA_OP_STEP)
                request.byte[2] = request.byte[4] = 1;
            try(&request, 0);
        }
}
END_TEST

START_TEST(ranges_may_end_where_the_memory_does)
{
    for (unsigned memory = 0; memory < 256; memory++)
        for (unsigned i = 0; i < 12; i++) {
            uint32_t bytes = memory < MEMORIES ? memory_bytes[memory] : 0;
            struct request request = random_bytes(i % 3 == 0   ? 6 + seeded_below(&noise, 500)
                                                  : i % 3 == 1 ? 8
                                                               : 9);
            request.byte[0] = (uint8_t)(STERNA_OP_WRITE + i % 3);
            request.byte[2] = (uint8_t)memory;
            if (i % 3 == 1)
                sterna_put_le16(request.byte + 6, seeded_below(&noise, 600));
            if (i % 3 == 2)
                sterna_put_le24(request.byte + 6, seeded_below(&noise, bytes + 2));
            sterna_put_le24(request.byte + 3, (bytes - range_length(&request) + i / 3 % 2) & 0xFFFFFF);
            try(&request, 0);
        }
}
END_TEST

START_TEST(sums_beyond_24_bits_are_beyond_every_memory)
{
    for (unsigned memory = 0; memory < MEMORIES; memory++) {
        struct request request = {{STERNA_OP_CHECK, 0, (uint8_t)memory, 0xFF, 0xFF, 0xFF, 2, 0, 0}, 9};
        ck_assert(!try(&request, 0));
        sterna_put_le24(request.byte + 6, 0xFFFFFF);
        ck_assert(!try(&request, 0));
        sterna_put_le24(request.byte + 3, memory_bytes[memory]);
        ck_assert(!try(&request, 0));
    }
}
END_TEST

START_TEST(a_read_may_fill_the_reply)
{
    struct request request = {{STERNA_OP_READ, 0, STERNA_MEM_WEIGHTS}, 8};
    for (uint32_t length = REPLY_DATA - 3; length < REPLY_DATA + 10; length++) {
        sterna_put_le16(request.byte + 6, length);
        ck_assert_uint_eq(try(&request, 0), length <= REPLY_DATA);
    }
    sterna_put_le16(request.byte + 6, 0xFFFF);
    ck_assert(!try(&request, 0));
}
END_TEST

START_TEST(inputs_of_a_step_fill_the_activations_at_most)
{
    for (unsigned flags = 0; flags < 256; flags++)
        for (unsigned i = 0; i < 8; i++) {
            static const uint16_t bytes[] = {0, 1, 2, 3, 2047, 2048, 2049, 0xFFFF};
            struct request request = random_bytes(6 + seeded_below(&noise, 500));
            request.byte[0] = STERNA_OP_STEP;
            request.byte[2] = (uint8_t)(flags % 4 ? flags : 0);
            request.byte[3] = (uint8_t)flags;
            sterna_put_le16(request.byte + 4, bytes[i]);
            try(&request, 0);
        }
}
END_TEST

START_TEST(state_takes_three_operations_and_two_phases)
{
    unsigned good = 0;
    for (unsigned i = 0; i < 65536; i++) {
        struct request request = {{STERNA_OP_STATE, 0, (uint8_t)(i >> 8), (uint8_t)i, 0xFF, 0xFF, 0xFF, 0xFF},
                                  4};
        good += try(&request, 0);
    }
    ck_assert_uint_eq(good, 6);
}
END_TEST

/* Mostly near what is right. */
static struct request random_request(void)
{
    static const uint8_t right[] = {2, 2, 6, 8, 9, 6, 4, 3, 2, 2};
    unsigned opcode = seeded_below(&noise, 10);
    bool open = opcode == STERNA_OP_WRITE || opcode == STERNA_OP_STEP;
    struct request request = random_bytes(right[opcode] + (open ? seeded_below(&noise, MOST - 6) : 0));
    if (seeded_percent(&noise, 10))
        request.size = 2 + seeded_below(&noise, MOST - 1);
    request.byte[0] = (uint8_t)opcode;
    request.byte[2] = (uint8_t)seeded_below(&noise, seeded_percent(&noise, 80) ? MEMORIES : 256);
    if (seeded_percent(&noise, 80))
        request.byte[3] = (uint8_t)seeded_below(&noise, 4);
    if (seeded_percent(&noise, 80))
        request.byte[5] =
            opcode == STERNA_OP_STEP ? (uint8_t)seeded_below(&noise, 9) : (uint8_t)seeded_below(&noise, 3);
    if (seeded_percent(&noise, 80))
        request.byte[opcode == STERNA_OP_CHECK ? 8 : 7] = (uint8_t)seeded_below(&noise, 3);
    if (seeded_percent(&noise, 50))
        request.byte[4] = (uint8_t)seeded_below(&noise, 8);
    return request;
}

START_TEST(random_requests_are_judged_as_by_the_reference)
{
    unsigned good[10] = {0};
    for (unsigned i = 0; i < 100000; i++) {
        struct request request = random_request();
        good[request.byte[0]] += try(&request, i % 3 * 30);
    }
    for (unsigned opcode = STERNA_OP_HELLO; opcode <= STERNA_OP_ABORT; opcode++)
        ck_assert_uint_gt(good[opcode], 100);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("arguments");
    TCase *tests = tcase_create("arguments");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, only_the_lengths_of_the_table_are_right);
    tcase_add_test(tests, ranges_may_end_where_the_memory_does);
    tcase_add_test(tests, sums_beyond_24_bits_are_beyond_every_memory);
    tcase_add_test(tests, a_read_may_fill_the_reply);
    tcase_add_test(tests, inputs_of_a_step_fill_the_activations_at_most);
    tcase_add_test(tests, state_takes_three_operations_and_two_phases);
    tcase_add_test(tests, random_requests_are_judged_as_by_the_reference);
    suite_add_tcase(suite, tests);
    return suite;
}
