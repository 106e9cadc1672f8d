/* test_executor.c - hw/rtl/executor.v against a reference that executes a request at once (executor_rig.h). */
#include "executor_rig.h"

static void setup(void)
{
    static const struct request none;
    memset(&rig, 0, sizeof rig);
    rig.random.state = 61;
    rig.request = &none;
    rig.results = 3;
    rig.model = executor_model_new();
    *rig.model->rst = 1;
    executor_model_tick(rig.model);
    *rig.model->rst = 0;
    rig.reset_due = true;
    cycle();
}

static void teardown(void)
{
    executor_model_free(rig.model);
}

static struct request range(uint8_t opcode, uint32_t address, uint32_t size)
{
    struct request request = {.opcode = opcode, .address = address, .end = address + size, .bytes = HEAD};
    if (opcode == STERNA_OP_WRITE)
        request.bytes += size;
    for (size_t i = 0; i < request.bytes; i++)
        request.payload[i] = seeded_byte(&rig.random);
    return request;
}

static struct request steps(unsigned count, bool one_hot, uint32_t input, bool last_only)
{
    struct request request = range(STERNA_OP_WRITE, 0, count * input);
    request.opcode = STERNA_OP_STEP;
    request.argument = (uint8_t)count;
    request.end = input;
    request.one_hot = one_hot;
    request.last_only = last_only;
    for (unsigned i = 0; one_hot && i < count; i++)
        sterna_put_le16(request.payload + HEAD + 2 * i, seeded_below(&rig.random, ACTIVATIONS));
    return request;
}

START_TEST(ranges_of_all_ends_are_written_read_and_checked)
{
    static const uint32_t sizes[] = {0, 1, 2, 255, 256, REQUEST_BYTES - HEAD};
    for (unsigned i = 0; i < 24; i++) {
        uint32_t size = sizes[i % 6], address = i / 6 % 2 ? MEMORY - size : 0;
        for (uint8_t opcode = STERNA_OP_WRITE; opcode <= STERNA_OP_CHECK; opcode++) {
            struct request request = range(opcode, address, size);
            try(&request, 0);
        }
    }
}
END_TEST

START_TEST(a_write_moves_a_byte_in_two_cycles)
{
    struct request request = range(STERNA_OP_WRITE, 0, 500);
    try(&request, 0);
    ck_assert_uint_le(rig.since, 2 * 500 + 10 + 50);
}
END_TEST

START_TEST(one_hot_indices_of_both_ends_are_set_and_cleared)
{
    static const uint16_t indices[] = {0, ACTIVATIONS - 1, 0, 0, 255, 256};
    struct request request = steps(6, true, 2, false);
    for (unsigned i = 0; i < 6; i++)
        sterna_put_le16(request.payload + HEAD + 2 * i, indices[i]);
    try(&request, 0);
    ck_assert_uint_eq(rig.core.steps, 6);
}
END_TEST

START_TEST(inputs_that_are_not_as_they_should_be_change_nothing)
{
    for (unsigned i = 0; i < 40; i++) {
        struct request request = steps(1 + i, i % 2 == 0, i % 2 ? 1 + i % 7 : 2, false);
        switch (i % 4) {
        case 0:
            sterna_put_le16(request.payload + HEAD + 2 * i, i % 8 ? ACTIVATIONS : 0xFFFF);
            break;
        case 1:
            request.bytes -= 1;
            break;
        default:
            request.bytes += 1;
            break;
        }
        try(&request, 0);
        ck_assert_uint_eq(rig.answer[0].status, STERNA_ST_BAD_ARGUMENT);
        ck_assert_uint_eq(rig.core.steps, 0);
    }
}
END_TEST

/* Its arguments and its payload are anything from then on (executor_rig.h). */
START_TEST(the_next_request_is_welcome_under_the_last_time_step)
{
    unsigned heard = 0;
    for (unsigned count = 1; count <= 20; count++)
        for (unsigned kind = 0; kind < 4; kind++) {
            const struct request request = steps(count, kind % 2, 2, kind / 2);
            try(&request, 0);
            heard += rig.heard;
        }
    ck_assert_uint_gt(heard, 20 * 4 * 5);
}
END_TEST

START_TEST(a_repeated_request_is_answered_and_not_executed)
{
    for (uint8_t opcode = STERNA_OP_WRITE; opcode <= STERNA_OP_COUNTERS; opcode++) {
        struct request request = range(opcode, 0, 10);
        run(&request, true, 0);
        ck_assert_uint_eq(rig.answers, 1);
        ck_assert_uint_eq(rig.begun + rig.core.steps + rig.count_clears + rig.core.clears, 0);
        ck_assert_mem_eq(rig.core.memory, rig.world.memory, MEMORY);
    }
}
END_TEST

START_TEST(abort_stops_a_step_or_a_check_and_waits_for_the_others)
{
    for (unsigned after = 1; after < 400; after++) {
        struct request request = steps(20, after % 2, 2, after % 3 == 0);
        try(&request, after);
        request = range(STERNA_OP_CHECK, 0, 100);
        try(&request, after);
        request = range(after % 2 ? STERNA_OP_READ : STERNA_OP_WRITE, 0, 100);
        try(&request, after);
        ck_assert(!rig.stopped);
    }
}
END_TEST

static struct request random_request(void)
{
    static const unsigned inputs[] = {1, 3, 8, 60, 250};
    uint8_t opcode = (uint8_t)(STERNA_OP_HELLO + seeded_below(&rig.random, 8));
    uint32_t size = seeded_below(&rig.random, REQUEST_BYTES - HEAD + 1);
    struct request request = range(opcode, seeded_below(&rig.random, MEMORY - size + 1), size);
    if (opcode == STERNA_OP_STEP) {
        bool one_hot = seeded_percent(&rig.random, 50);
        uint32_t input = one_hot ? 2 : inputs[seeded_below(&rig.random, 5)];
        uint32_t most = (REQUEST_BYTES - HEAD) / input < 255 ? (REQUEST_BYTES - HEAD) / input : 255;
        request = steps(1 + seeded_below(&rig.random, most), one_hot, input, seeded_percent(&rig.random, 50));
    }
    if (opcode == STERNA_OP_STATE)
        request.argument = (uint8_t)seeded_below(&rig.random, 3);
    if (opcode == STERNA_OP_COUNTERS)
        request.argument = (uint8_t)seeded_below(&rig.random, 2);
    if (seeded_percent(&rig.random, 10))
        request.status = (uint8_t)(1 + seeded_below(&rig.random, 3));
    return request;
}

START_TEST(random_requests_do_what_the_reference_does)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct request request = random_request();
        rig.results = seeded_below(&rig.random, 20);
        try(&request, seeded_percent(&rig.random, 20) ? 1 + seeded_below(&rig.random, 2000) : 0);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("executor");
    TCase *tests = tcase_create("executor");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, ranges_of_all_ends_are_written_read_and_checked);
    tcase_add_test(tests, a_write_moves_a_byte_in_two_cycles);
    tcase_add_test(tests, one_hot_indices_of_both_ends_are_set_and_cleared);
    tcase_add_test(tests, inputs_that_are_not_as_they_should_be_change_nothing);
    tcase_add_test(tests, the_next_request_is_welcome_under_the_last_time_step);
    tcase_add_test(tests, a_repeated_request_is_answered_and_not_executed);
    tcase_add_test(tests, abort_stops_a_step_or_a_check_and_waits_for_the_others);
    tcase_add_test(tests, random_requests_do_what_the_reference_does);
    suite_add_tcase(suite, tests);
    return suite;
}
