/* test_command_ahead.c - requests that come before the one under way is answered, to hw/rtl/command.v and all below it (hw/README.md
 * section 2); command_rig.h plays the core. */
#include "command_ahead_model.h"

#define command_model      command_ahead_model
#define command_model_new  command_ahead_model_new
#define command_model_free command_ahead_model_free
#define command_model_eval command_ahead_model_eval
#define command_model_tick command_ahead_model_tick

#include "command_rig.h"

#include <check.h>

static struct rig *unit; /* the command unit under test, and its core */

static void setup_smooth(void)
{
    unit = rig_new(124);
}

/* The same with a line that hesitates on both sides. */
static void setup_rough(void)
{
    unit = rig_new(457);
    unit->gaps = 40;
    unit->stalls = 50;
}

static void teardown(void)
{
    rig_free(unit);
}

/* The next reply, whatever came before. */
static size_t receive_next(size_t cycles)
{
    unit->replied = false;
    unit->reply_size = 0;
    return rig_receive(unit, cycles);
}

/* Two time steps, and the first of them is over when it says so: from here on the next request is heard. */
static void step_twice(uint8_t sequence, unsigned step_cycles)
{
    const size_t steps = unit->steps;
    unit->step_cycles = step_cycles;
    SEND(STERNA_OP_STEP, sequence, 2, 1, 2, 0, 1, 0, 2, 0);
    while (unit->steps < steps + 2)
        rig_cycle(unit, false, 0, false, false);
    for (unsigned i = 0; i < 3; i++) /* it runs */
        rig_cycle(unit, false, 0, false, false);
}

START_TEST(a_step_that_comes_under_the_last_one_waits_for_it)
{
    step_twice(1, 3000);
    SEND(STERNA_OP_STEP, 2, 2, 3, 3, 0, 1, 0); /* refused, when its turn comes */
    SEND(STERNA_OP_STEP, 3, 1, 1, 2, 0, 9, 0); /* one too many */
    ck_assert_uint_eq(rig_receive(unit, 10000), 9);
    ck_assert_uint_eq(unit->reply[1], 1);
    ck_assert_uint_eq(unit->reply[2], STERNA_ST_DONE);
    ck_assert_mem_eq(unit->reply + 3, ((const uint8_t[]){0, 1, 2, 16, 17, 18}), 6);
    ck_assert_uint_eq(receive_next(1000), 3);
    ck_assert_uint_eq(unit->reply[1], 2);
    ck_assert_uint_eq(unit->reply[2], STERNA_ST_BAD_ARGUMENT);
    ck_assert_uint_eq(receive_next(5000), 0);
    ck_assert_uint_eq(unit->steps, 2);
    for (size_t step = 0; step < 2; step++)
        ck_assert(rig_saw_one_hot(unit, step, step + 1));
}
END_TEST

START_TEST(steps_one_behind_the_other_are_executed_and_answered_in_turn)
{
    uint8_t number = 1;
    step_twice(number, 2000);
    for (unsigned i = 0; i < 20; i++) {
        SEND(STERNA_OP_STEP, (uint8_t)(number + 1), 1, 1, 2, 0, (uint8_t)(i + 3), 1); /* under the last */
        ck_assert_uint_eq(rig_receive(unit, 10000), i == 0 ? 9 : 6);
        ck_assert_uint_eq(unit->reply[1], number++);
        while (unit->steps < i + 3)
            rig_cycle(unit, false, 0, false, false);
        for (unsigned k = 0; k < 3; k++)
            rig_cycle(unit, false, 0, false, false);
        ck_assert(rig_saw_one_hot(unit, i + 2, 256 + i + 3));
    }
    ck_assert_uint_eq(receive_next(10000), 6);
    ck_assert_uint_eq(unit->reply[1], number);
    ck_assert_uint_eq(unit->steps, 22);
}
END_TEST

START_TEST(any_request_may_come_while_a_reply_goes_out)
{
    unit->stalls = 95;
    SEND(STERNA_OP_STATE, 1, STERNA_STATE_GET, 0);
    while (unit->reply_size == 0)
        rig_cycle(unit, false, 0, false, false);
    const size_t begun = unit->reply_size;
    ck_assert(!unit->replied && unit->reply[0] == (STERNA_OP_STATE | STERNA_OP_REPLY));
    static const uint8_t write[] = {STERNA_OP_WRITE, 2, STERNA_MEM_PROGRAMS, 7, 0, 0, 0x55};
    unit->gaps = 0;
    rig_send_bytes(unit, write, sizeof write);
    rig_send_bytes(unit, BYTES(0, 0, 0, 0));
    rig_send_beat(unit, 0, true, true);
    ck_assert_uint_ge(unit->reply_size, begun);
    while (!unit->replied)
        rig_cycle(unit, false, 0, false, false);
    if (unit->reply[1] == 1) {
        ck_assert_uint_eq(unit->reply_size, 4);
        ck_assert_uint_eq(receive_next(5000), 3);
    }
    ck_assert_uint_eq(unit->reply[1], 2);
    ck_assert_uint_eq(unit->reply[2], STERNA_ST_DONE);
    ck_assert_uint_eq(unit->memory[STERNA_MEM_PROGRAMS][7], 0x55);
}
END_TEST

START_TEST(a_bad_frame_under_a_step_leaves_it_and_what_follows)
{
    step_twice(1, 3000);
    const uint8_t bad[] = {STERNA_OP_STEP, 2, 9, 2, 9, 9, 9, 9};
    rig_send_frame(unit, bad, sizeof bad, false);
    SEND(STERNA_OP_STEP, 2, 1, 1, 2, 0, 7, 0);
    rig_send_frame(unit, bad, sizeof bad, false);
    ck_assert_uint_eq(rig_receive(unit, 10000), 9);
    ck_assert_uint_eq(receive_next(10000), 6);
    ck_assert_uint_eq(unit->reply[1], 2);
    ck_assert_uint_eq(unit->steps, 3);
    ck_assert(rig_saw_one_hot(unit, 2, 7));
    ck_assert_uint_eq(ASK(STERNA_OP_COUNTERS, 3, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(sterna_get_le32(unit->reply + 3 + 20), 2);
}
END_TEST

/* An endless step, and a request that waits for its end: the ABORT gets through, the request is lost. */
START_TEST(abort_stops_a_step_that_a_request_waits_for)
{
    step_twice(1, 1000000);
    size_t resets = unit->resets;
    SEND(STERNA_OP_STEP, 2, 1, 1, 2, 0, 3, 0);
    ck_assert_uint_eq(ASK(STERNA_OP_ABORT, 3), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->resets, resets + 1);
    unit->step_cycles = 10;
    ck_assert_uint_eq(receive_next(1000), 0);
    ck_assert_uint_eq(ASK(STERNA_OP_STEP, 2, 1, 1, 2, 0, 3, 0), STERNA_ST_DONE);
    ck_assert_uint_eq(unit->steps, 3);
}
END_TEST

static void add_case(Suite *suite, const char *name, void (*setup)(void))
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_step_that_comes_under_the_last_one_waits_for_it);
    tcase_add_test(tests, steps_one_behind_the_other_are_executed_and_answered_in_turn);
    tcase_add_test(tests, any_request_may_come_while_a_reply_goes_out);
    tcase_add_test(tests, a_bad_frame_under_a_step_leaves_it_and_what_follows);
    tcase_add_test(tests, abort_stops_a_step_that_a_request_waits_for);
    suite_add_tcase(suite, tests);
}

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("command_ahead");
    add_case(suite, "smooth line", setup_smooth);
    add_case(suite, "rough line", setup_rough);
    return suite;
}
