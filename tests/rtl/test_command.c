/* test_command.c - hw/rtl/command.v and all below it against hw/README.md section 2; command_rig.h plays the core. */
#include "command_rig.h"
#include "crc32.h"

#include <check.h>

static struct rig *unit; /* the command unit under test, and its core */

static void setup_smooth(void)
{
    unit = rig_new(123);
}

/* The same with a line that hesitates on both sides. */
static void setup_rough(void)
{
    unit = rig_new(456);
    unit->gaps = 40;
    unit->stalls = 50;
}

static void teardown(void)
{
    rig_free(unit);
}

START_TEST(every_memory_is_written_read_and_checked)
{
    for (size_t memory = 0; memory < RIG_MEMORIES; memory++) {
        size_t bytes = rig_memory_bytes[memory];
        uint8_t data[301];
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = seeded_byte(&unit->random);
        for (unsigned end = 0; end < 2; end++) {
            size_t address = end ? bytes - sizeof data : 5;
            uint8_t number = (uint8_t)(memory * 6 + end * 3);
            ck_assert_uint_eq(rig_write(unit, number, memory, address, data, sizeof data), STERNA_ST_DONE);
            ck_assert_uint_eq(unit->reply_size, 3);
            ck_assert_mem_eq(unit->memory[memory] + address, data, sizeof data);
            ck_assert_uint_eq(rig_read(unit, (uint8_t)(number + 1), memory, address, sizeof data),
                              STERNA_ST_DONE);
            ck_assert_uint_eq(unit->reply_size, 3 + sizeof data);
            ck_assert_mem_eq(unit->reply + 3, data, sizeof data);
            ck_assert_uint_eq(rig_check(unit, (uint8_t)(number + 2), memory, address, sizeof data),
                              STERNA_ST_DONE);
            ck_assert_uint_eq(unit->reply_size, 7);
            ck_assert_uint_eq(sterna_get_le32(unit->reply + 3), sterna_crc32(0, data, sizeof data));
        }
    }
}
END_TEST

START_TEST(check_takes_lengths_beyond_16_bits)
{
    enum { ADDRESS = 61072, LENGTH = 70000 };
    for (size_t i = 0; i < LENGTH; i++)
        unit->memory[0][ADDRESS + i] = seeded_byte(&unit->random);
    ck_assert_uint_eq(rig_check(unit, 1, 0, ADDRESS, LENGTH), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3), sterna_crc32(0, unit->memory[0] + ADDRESS, LENGTH));
}
END_TEST

START_TEST(empty_ranges_are_done)
{
    ck_assert_uint_eq(rig_write(unit, 1, 2, 2048, NULL, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(rig_read(unit, 2, 5, 512, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 3);
    ck_assert_uint_eq(rig_check(unit, 3, 1, 0, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3), 0);
    ck_assert_uint_eq(unit->writes, 0);
}
END_TEST

START_TEST(ranges_beyond_a_memory_are_refused)
{
    uint8_t data[300] = {0};
    for (uint8_t memory = 0; memory < 9; memory++) {
        size_t bytes = memory < RIG_MEMORIES ? rig_memory_bytes[memory] : 0;
        uint8_t number = (uint8_t)(10 * memory);
        ck_assert_uint_eq(rig_write(unit, number, memory, bytes - 299, data, 300), STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig_write(unit, (uint8_t)(number + 1), memory, 0xFFFFFF, data, 1),
                          STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig_read(unit, (uint8_t)(number + 2), memory, bytes, 1), STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig_read(unit, (uint8_t)(number + 3), memory, bytes + 1, 0),
                          STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig_check(unit, (uint8_t)(number + 4), memory, 1, bytes), STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig_check(unit, (uint8_t)(number + 5), memory, 0xFFFFFF, 0xFFFFFF),
                          STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(unit->reply_size, 3);
    }
    ck_assert_uint_eq(rig_read(unit, 200, RIG_MEMORIES, 0, 0), STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(unit->writes, 0);
}
END_TEST

START_TEST(a_read_fills_the_reply_and_no_more)
{
    ck_assert_uint_eq(rig_read(unit, 1, 0, 0, RIG_REPLY_BYTES - 3), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, RIG_REPLY_BYTES);
    ck_assert_uint_eq(rig_read(unit, 2, 0, 0, RIG_REPLY_BYTES - 2), STERNA_ST_TOO_LONG);
    ck_assert_uint_eq(unit->reply_size, 3);
    ck_assert_uint_eq(rig_read(unit, 3, 0, 0, 65535), STERNA_ST_TOO_LONG);
}
END_TEST

START_TEST(wrong_lengths_and_unknown_opcodes_are_refused)
{
    static const uint8_t right[] = {[STERNA_OP_HELLO] = 2, [STERNA_OP_READ] = 8,     [STERNA_OP_CHECK] = 9,
                                    [STERNA_OP_STATE] = 4, [STERNA_OP_COUNTERS] = 3, [STERNA_OP_ABORT] = 2};
    uint8_t number = 0;
    for (uint8_t opcode = STERNA_OP_HELLO; opcode <= STERNA_OP_ABORT; opcode++)
        for (size_t size = 2; size < 12; size++) {
            uint8_t request[12] = {opcode, number++};
            bool fits = right[opcode] ? size == right[opcode] : opcode == STERNA_OP_WRITE && size >= 6;
            ck_assert_uint_eq(rig_ask(unit, request, size), fits ? STERNA_ST_DONE : STERNA_ST_BAD_ARGUMENT);
        }
    ck_assert_uint_eq(ASK(0, 1), STERNA_ST_BAD_OPCODE);
    ck_assert_uint_eq(ASK(9, 2, 1, 2, 3), STERNA_ST_BAD_OPCODE);
    ck_assert_uint_eq(ASK(0x85, 3), STERNA_ST_BAD_OPCODE);
    ck_assert_uint_eq(unit->steps, 0);
}
END_TEST

START_TEST(state_is_read_set_and_reset)
{
    unit->memory[STERNA_MEM_STATE][3] = 7;
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 1, STERNA_STATE_SET, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 4);
    ck_assert_uint_eq(unit->reply[3], 1);
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 2, STERNA_STATE_GET, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply[3], 1);
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 3, 3, 0), STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 4, STERNA_STATE_SET, 2), STERNA_ST_BAD_ARGUMENT);
    ck_assert(unit->phase);
    ck_assert_uint_eq(unit->memory[STERNA_MEM_STATE][3], 7);
    ck_assert_uint_eq(ASK(STERNA_OP_STATE, 5, STERNA_STATE_RESET, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply[3], 0);
    ck_assert_uint_eq(unit->memory[STERNA_MEM_STATE][3], 0);
}
END_TEST

START_TEST(a_repeated_request_is_answered_and_not_executed)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 0, 1, 1, 2, 0, 5, 0), STERNA_ST_DONE);
    uint8_t first[RIG_REPLY];
    size_t size = unit->reply_size;
    ck_assert_uint_eq(size, 6);
    memcpy(first, unit->reply, size);
    for (unsigned i = 0; i < 3; i++) {
        SEND(STERNA_OP_STEP, 0, 1, 1, 2, 0, 6, 0);
        ck_assert_uint_eq(rig_receive(unit, 1000), size);
        ck_assert_mem_eq(unit->reply, first, size);
    }
    ck_assert_uint_eq(unit->steps, 1);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 1, 1, 2, 0, 6, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->steps, 2);
}
END_TEST

START_TEST(a_refused_request_is_repeated_too)
{
    ck_assert_uint_eq(ASK(STERNA_OP_READ, 0, 99), STERNA_ST_BAD_ARGUMENT);
    SEND(STERNA_OP_STEP, 0, 1, 1, 2, 0, 5, 0);
    ck_assert_uint_eq(rig_receive(unit, 1000), 3);
    ck_assert_uint_eq(unit->reply[0], STERNA_OP_READ | STERNA_OP_REPLY);
    ck_assert_uint_eq(unit->reply[2], STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(unit->steps, 0);
}
END_TEST

START_TEST(hello_is_executed_with_any_sequence_number)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 7, 1, 1, 2, 0, 5, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_HELLO, 7), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 3 + STERNA_HELLO_BYTES);
    ck_assert_uint_eq(ASK(STERNA_OP_HELLO, 7, 1), STERNA_ST_BAD_ARGUMENT);
}
END_TEST

START_TEST(bad_and_oversized_frames_are_dropped_and_counted)
{
    uint8_t large[RIG_REQUEST_BYTES + 300] = {STERNA_OP_WRITE, 1};
    rig_send_frame(unit, large, RIG_REQUEST_BYTES + 1, true);
    ck_assert_uint_eq(rig_receive(unit, 5000), 0);
    rig_send_frame(unit, large, sizeof large, true);
    ck_assert_uint_eq(rig_receive(unit, 5000), 0);
    rig_send_frame(unit, large, 10, false);
    ck_assert_uint_eq(rig_receive(unit, 5000), 0);
    ck_assert_uint_eq(unit->writes, 0);
    ck_assert_uint_eq(rig_ask(unit, large, RIG_REQUEST_BYTES), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->writes, RIG_REQUEST_BYTES - 6);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 2, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3 + 20), 3);
}
END_TEST

START_TEST(counters_count_and_clear)
{
    unit->step_cycles = 40;
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 3, 1, 2, 0, 1, 0, 2, 0, 3, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 2, 1), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 27);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3), 3);
    uint32_t cycles = sterna_get_le32(unit->reply + 7);
    ck_assert_uint_ge(cycles, 3 * 40);
    ck_assert_uint_le(cycles, 3 * 40 + 3 * 10 + 20);
    ck_assert_uint_ge(sterna_get_le32(unit->reply + 11), 3 * 20);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 15), 3 * 10);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 19), 3 * 10);
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 3, 0), STERNA_ST_DONE);
    for (unsigned i = 0; i < 24; i++)
        ck_assert_uint_eq(unit->reply[3 + i], 0);
}
END_TEST

START_TEST(a_one_hot_step_moves_one_activation)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 3, 1, 2, 0, 5, 0, 0xFF, 7, 5, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 1, 1, 2, 0, 6, 1), STERNA_ST_DONE);
    static const size_t index[] = {5, 0x7FF, 5, 0x106};
    ck_assert_uint_eq(unit->steps, 4);
    for (size_t step = 0; step < 4; step++)
        ck_assert(rig_saw_one_hot(unit, step, index[step]));
}
END_TEST

START_TEST(a_dense_step_writes_from_byte_0_on)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 2, 0, 3, 0, 1, 2, 3, 4, 5, 6), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->steps, 2);
    ck_assert_mem_eq(unit->seen[0], ((const uint8_t[]){1, 2, 3, 0}), 4);
    ck_assert_mem_eq(unit->seen[1], ((const uint8_t[]){4, 5, 6, 0}), 4);
}
END_TEST

START_TEST(results_come_of_all_steps_or_of_the_last)
{
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 2, 1, 2, 0, 1, 0, 2, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 3 + 6);
    ck_assert_mem_eq(unit->reply + 3, ((const uint8_t[]){0, 1, 2, 16, 17, 18}), 6);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 2, 3, 2, 0, 1, 0, 2, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 3 + 3);
    ck_assert_mem_eq(unit->reply + 3, ((const uint8_t[]){48, 49, 50}), 3);
}
END_TEST

START_TEST(results_beyond_the_reply_are_too_long)
{
    unit->results = RIG_REPLY_BYTES - 3;
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 1, 1, 1, 2, 0, 1, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, RIG_REPLY_BYTES);
    unit->results = RIG_REPLY_BYTES - 2;
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 2, 1, 2, 0, 1, 0, 2, 0), STERNA_ST_TOO_LONG);
    ck_assert_uint_eq(unit->reply_size, 3);
    ck_assert_uint_eq(unit->steps, 3); /* known too late to refuse */
}
END_TEST

START_TEST(bad_steps_change_nothing)
{
    unsigned bad = 0;
    bad += ASK(STERNA_OP_STEP, 1, 0, 0, 1, 0) == STERNA_ST_BAD_ARGUMENT;             /* no steps */
    bad += ASK(STERNA_OP_STEP, 2, 2, 0, 0, 0) == STERNA_ST_BAD_ARGUMENT;             /* no bytes */
    bad += ASK(STERNA_OP_STEP, 3, 2, 0, 2, 0, 1, 2, 3) == STERNA_ST_BAD_ARGUMENT;    /* too few */
    bad += ASK(STERNA_OP_STEP, 4, 1, 0, 2, 0, 1, 2, 3) == STERNA_ST_BAD_ARGUMENT;    /* too many */
    bad += ASK(STERNA_OP_STEP, 5, 1, 0, 0xFF, 0xFF, 1) == STERNA_ST_BAD_ARGUMENT;    /* too long */
    bad += ASK(STERNA_OP_STEP, 6, 1, 1, 1, 0, 1) == STERNA_ST_BAD_ARGUMENT;          /* half an index */
    bad += ASK(STERNA_OP_STEP, 7, 1, 1, 3, 0, 1, 0, 0) == STERNA_ST_BAD_ARGUMENT;    /* not an index */
    bad += ASK(STERNA_OP_STEP, 8, 2, 1, 2, 0, 1, 0, 2) == STERNA_ST_BAD_ARGUMENT;    /* cut off */
    bad += ASK(STERNA_OP_STEP, 9, 2, 1, 2, 0, 1, 0, 0, 8) == STERNA_ST_BAD_ARGUMENT; /* index 2048 */
    ck_assert_uint_eq(bad, 9);
    ck_assert_uint_eq(unit->steps + unit->writes, 0);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 10, 1, 1, 2, 0, 1, 0), STERNA_ST_DONE);
    ck_assert(rig_saw_one_hot(unit, 0, 1));
}
END_TEST

START_TEST(a_step_takes_as_many_inputs_as_a_request_holds)
{
    enum { INPUTS = (RIG_REQUEST_BYTES - 6) / 2 };
    uint8_t request[6 + 2 * INPUTS] = {STERNA_OP_STEP, 1, INPUTS, STERNA_STEP_ONE_HOT | STERNA_STEP_LAST_ONLY,
                                       2};
    for (unsigned i = 0; i < INPUTS; i++)
        sterna_put_le16(request + 6 + 2 * i, 7 * i);
    ck_assert_uint_eq(rig_ask(unit, request, sizeof request), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->steps, INPUTS);
    for (size_t i = 0; i < INPUTS; i++)
        ck_assert(rig_saw_one_hot(unit, i, 7 * i));
}
END_TEST

START_TEST(frames_are_dropped_while_a_request_is_under_way)
{
    size_t resets = unit->resets;
    unit->step_cycles = 3000;
    SEND(STERNA_OP_STEP, 1, 2, 1, 2, 0, 1, 0, 4, 0);
    SEND(STERNA_OP_STEP, 2, 1, 1, 2, 0, 2, 0);
    SEND(STERNA_OP_ABORT, 3, 0);                          /* too long for an ABORT */
    rig_send_bytes(unit, BYTES(STERNA_OP_STEP, 4, 1, 1)); /* the rest comes when nothing is under way */
    ck_assert_uint_eq(rig_receive(unit, 10000), 9);
    ck_assert_uint_eq(unit->reply[1], 1);
    SEND(2, 0, 3, 0);
    ck_assert_uint_eq(rig_receive(unit, 5000), 0);
    ck_assert_uint_eq(unit->steps, 2);
    ck_assert_uint_eq(unit->resets, resets);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 5, 1, 1, 2, 0, 3, 0), STERNA_ST_DONE);
}
END_TEST

START_TEST(abort_stops_a_step)
{
    unit->step_cycles = 1000000;
    unit->results = RIG_REPLY_BYTES; /* still coming when it is stopped */
    SEND(STERNA_OP_STEP, 1, 2, 1, 2, 0, 1, 0, 2, 0);
    ck_assert_uint_eq(rig_receive(unit, 100), 0);
    ck_assert_uint_eq(unit->steps, 1);
    size_t resets = unit->resets;
    ck_assert_uint_eq(ASK(STERNA_OP_ABORT, 2), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 3);
    ck_assert_uint_eq(unit->resets, resets + 1);
    unit->step_cycles = 10;
    unit->results = 3;
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 3, 1, 1, 2, 0, 3, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->reply_size, 6);
    ck_assert(rig_saw_one_hot(unit, 1, 3));
}
END_TEST

START_TEST(abort_stops_a_check)
{
    uint8_t request[9];
    rig_put_range(request, STERNA_OP_CHECK, 1, STERNA_MEM_WEIGHTS, 0);
    sterna_put_le24(request + 6, RIG_LARGEST);
    rig_send_frame(unit, request, sizeof request, true);
    ck_assert_uint_eq(rig_receive(unit, 100), 0);
    size_t resets = unit->resets;
    SEND(STERNA_OP_ABORT, 2);
    ck_assert_uint_eq(rig_receive(unit, 200), 3);
    ck_assert_uint_eq(unit->reply[0], STERNA_OP_ABORT | STERNA_OP_REPLY);
    ck_assert_uint_eq(unit->resets, resets);
    ck_assert_uint_eq(rig_check(unit, 3, 0, 0, 10), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3), sterna_crc32(0, unit->memory[0], 10));
}
END_TEST

START_TEST(abort_waits_for_what_it_cannot_stop)
{
    uint8_t request[8];
    rig_put_range(request, STERNA_OP_READ, 1, 0, 0);
    sterna_put_le16(request + 6, 300);
    rig_send_frame(unit, request, sizeof request, true);
    rig_cycle(unit, false, 0, false,
              false); /* the request is taken: before that a frame that begins is lost */
    SEND(STERNA_OP_ABORT, 2);
    ck_assert_uint_eq(rig_receive(unit, 5000), 3 + 300);
    unit->replied = false;
    unit->reply_size = 0;
    ck_assert_uint_eq(rig_receive(unit, 100), 3);
    ck_assert_uint_eq(unit->reply[0], STERNA_OP_ABORT | STERNA_OP_REPLY);
    ck_assert_uint_eq(unit->reply[1], 2);
}
END_TEST

static void add_case(Suite *suite, const char *name, void (*setup)(void))
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_memory_is_written_read_and_checked);
    tcase_add_test(tests, check_takes_lengths_beyond_16_bits);
    tcase_add_test(tests, empty_ranges_are_done);
    tcase_add_test(tests, ranges_beyond_a_memory_are_refused);
    tcase_add_test(tests, a_read_fills_the_reply_and_no_more);
    tcase_add_test(tests, wrong_lengths_and_unknown_opcodes_are_refused);
    tcase_add_test(tests, state_is_read_set_and_reset);
    tcase_add_test(tests, a_repeated_request_is_answered_and_not_executed);
    tcase_add_test(tests, a_refused_request_is_repeated_too);
    tcase_add_test(tests, hello_is_executed_with_any_sequence_number);
    tcase_add_test(tests, bad_and_oversized_frames_are_dropped_and_counted);
    tcase_add_test(tests, counters_count_and_clear);
    tcase_add_test(tests, a_one_hot_step_moves_one_activation);
    tcase_add_test(tests, a_dense_step_writes_from_byte_0_on);
    tcase_add_test(tests, results_come_of_all_steps_or_of_the_last);
    tcase_add_test(tests, results_beyond_the_reply_are_too_long);
    tcase_add_test(tests, bad_steps_change_nothing);
    tcase_add_test(tests, a_step_takes_as_many_inputs_as_a_request_holds);
    tcase_add_test(tests, frames_are_dropped_while_a_request_is_under_way);
    tcase_add_test(tests, abort_stops_a_step);
    tcase_add_test(tests, abort_stops_a_check);
    tcase_add_test(tests, abort_waits_for_what_it_cannot_stop);
    suite_add_tcase(suite, tests);
}

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("command");
    add_case(suite, "smooth line", setup_smooth);
    add_case(suite, "rough line", setup_rough);
    return suite;
}
