/* executor_rig.h - all that surrounds hw/rtl/executor.v, and a reference that executes a request at once: the buffers, whose
 * arguments settle 6 cycles after a request is taken, and the network core. */
#ifndef STERNA_EXECUTOR_RIG_H
#define STERNA_EXECUTOR_RIG_H

#include "crc32.h"
#include "executor_model.h"
#include "little_endian.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum {
    MEMORY = 4096,
    ACTIVATIONS = 2048,
    REQUEST_BYTES = 512,
    HEAD = 6, /* bytes of WRITE and STEP before their data */
    REPLY = 8192,
    STEPS = 256,
    SETTLED = 6,
    COUNTERS = 24,
    PATIENCE = 2000000
};

struct request {
    uint8_t opcode, argument, status;
    uint32_t address, end;
    bool one_hot, last_only;
    uint8_t payload[REQUEST_BYTES];
    size_t bytes; /* of payload */
};

/* What a request changes: in the core that the rig plays, and in the reference. */
struct world {
    uint8_t memory[MEMORY]; /* whatever is selected; the activations come first */
    bool phase;
    unsigned steps, clears;
    uint32_t seen[STEPS]; /* CRC-32 of the activations at the start of each step */
    bool emit[STEPS];
};

struct reply {
    uint8_t status, data[REPLY];
    size_t size;
};

struct rig {
    struct executor_model *model;
    struct seeded random;
    const struct request *request;
    struct world core, world;
    uint16_t hot;     /* the reference's remembered index */
    unsigned results; /* bytes of a step */

    bool taken, stopped, reset_due, core_reset;
    unsigned since; /* cycles since the request was taken */
    bool input_free, step_ends;
    uint8_t selected[2]; /* byte of the counters, in the cycle before and in that before it */
    unsigned count_clears, busy, read_wait, send_wait, results_sent;
    unsigned heard; /* cycles in which a next request is welcome under a time step */
    bool stepping;
    uint8_t read_byte, request_byte;
    struct reply reply, answer[2]; /* under way, sent */
    unsigned answers, begun;
};

static struct rig rig;

static uint8_t counter_byte(unsigned index)
{
    return (uint8_t)(7 * index + 3);
}

static uint8_t result_byte(unsigned step, unsigned index)
{
    return (uint8_t)(16 * step + index);
}

static void start_step(struct world *world, bool emit)
{
    ck_assert_uint_lt(world->steps, STEPS);
    world->seen[world->steps] = sterna_crc32(0, world->memory, ACTIVATIONS);
    world->emit[world->steps++] = emit;
}

static void clear_world(struct world *world)
{
    memset(world->memory, 0, ACTIVATIONS);
    world->phase = false;
    world->clears++;
}

/* ---- the reference ---- */

static bool inputs_are_good(const struct request *request)
{
    if (request->bytes - HEAD != (size_t)request->argument * request->end)
        return false;
    for (size_t i = HEAD; request->one_hot && i < request->bytes; i += 2)
        if (sterna_get_le16(request->payload + i) >= ACTIVATIONS)
            return false;
    return true;
}

/* At most so many steps. */
static void execute_step(const struct request *request, unsigned limit, struct reply *reply)
{
    struct world *world = &rig.world;
    if (!inputs_are_good(request)) {
        reply->status = STERNA_ST_BAD_ARGUMENT;
        return;
    }
    for (unsigned step = 0; step < request->argument && step < limit; step++) {
        const uint8_t *input = request->payload + HEAD + step * request->end;
        if (request->one_hot) {
            world->memory[rig.hot] = 0;
            rig.hot = (uint16_t)sterna_get_le16(input);
            world->memory[rig.hot] = STERNA_ONE_HOT_VALUE;
        } else {
            memcpy(world->memory, input, request->end);
        }
        bool emit = !request->last_only || step + 1 == request->argument;
        start_step(world, emit);
        for (unsigned i = 0; emit && i < rig.results; i++)
            reply->data[reply->size++] = result_byte(step, i);
        world->phase = !world->phase;
    }
}

static void execute_state(const struct request *request, struct reply *reply)
{
    if (request->argument == STERNA_STATE_RESET) {
        clear_world(&rig.world);
        rig.hot = 0;
    }
    if (request->argument == STERNA_STATE_SET)
        rig.world.phase = request->address & 1;
    reply->data[reply->size++] = rig.world.phase;
}

static void execute(const struct request *request, unsigned limit, struct reply *reply)
{
    size_t size = request->end - request->address;
    reply->status = request->status;
    reply->size = 0;
    if (request->status != STERNA_ST_DONE)
        return;
    switch (request->opcode) {
    case STERNA_OP_WRITE:
        memcpy(rig.world.memory + request->address, request->payload + HEAD, size);
        break;
    case STERNA_OP_READ:
        memcpy(reply->data, rig.world.memory + request->address, size);
        reply->size = size;
        break;
    case STERNA_OP_CHECK:
        sterna_put_le32(reply->data, sterna_crc32(0, rig.world.memory + request->address, size));
        reply->size = 4;
        break;
    case STERNA_OP_STEP:
        execute_step(request, limit, reply);
        break;
    case STERNA_OP_STATE:
        execute_state(request, reply);
        break;
    case STERNA_OP_COUNTERS:
        for (unsigned i = 0; i < COUNTERS; i++)
            reply->data[reply->size++] = counter_byte(i);
        break;
    default:
        break;
    }
}

/* ---- the surroundings, cycle by cycle ---- */

static void show_arguments(void)
{
    struct executor_model *model = rig.model;
    const struct request *request = rig.request;
    const bool settled = rig.taken && rig.since >= SETTLED;
    const bool needed = settled && !*model->hear; /* else those of a frame to come */
    *model->is_write = settled && request->opcode == STERNA_OP_WRITE;
    *model->is_read = settled && request->opcode == STERNA_OP_READ;
    *model->is_check = settled && request->opcode == STERNA_OP_CHECK;
    *model->is_step = settled && request->opcode == STERNA_OP_STEP;
    *model->is_state = settled && request->opcode == STERNA_OP_STATE;
    *model->is_counters = settled && request->opcode == STERNA_OP_COUNTERS;
    *model->argument = needed ? request->argument : seeded_byte(&rig.random);
    *model->address = needed ? request->address : seeded_byte(&rig.random);
    *model->range_end = needed ? request->end : seeded_byte(&rig.random);
    *model->one_hot = needed ? request->one_hot : seeded_percent(&rig.random, 50);
    *model->last_only = needed ? request->last_only : seeded_percent(&rig.random, 50);
    *model->status = needed ? request->status : (uint8_t)seeded_below(&rig.random, 4);
    *model->request_bytes = (uint16_t)(*model->hear ? seeded_below(&rig.random, 512) : request->bytes);
    *model->request_data = rig.request_byte;
}

static void show_core(void)
{
    struct executor_model *model = rig.model;
    bool sending = rig.stepping && rig.core.emit[rig.core.steps - 1] && rig.results_sent < rig.results;
    *model->mem_rvalid = rig.read_wait == 1;
    *model->mem_rdata = rig.read_wait == 1 ? rig.read_byte : seeded_byte(&rig.random);
    *model->busy = rig.busy > 0;
    *model->quiet = rig.busy == 0;
    if (rig.stepping && seeded_percent(&rig.random, 10))
        rig.input_free = true; /* from some cycle of a step on */
    *model->input_free = rig.busy == 0 || rig.input_free;
    *model->mem_wait = rig.stepping && seeded_percent(&rig.random, 30);
    *model->phase = rig.core.phase;
    *model->result_valid = sending && !seeded_percent(&rig.random, 30);
    *model->result_data =
        *model->result_valid ? result_byte(rig.core.steps - 1, rig.results_sent) : seeded_byte(&rig.random);
    rig.step_ends = rig.stepping && !sending && rig.busy == 1;
}

static void clock_memory(void)
{
    const struct executor_model *model = rig.model;
    if (rig.read_wait > 0)
        rig.read_wait--;
    if (!*model->mem_write && !*model->mem_read)
        return;
    ck_assert(*model->mem_write != *model->mem_read && rig.read_wait == 0);
    ck_assert(rig.busy == 0 || (rig.input_free && *model->mem_write));
    ck_assert_uint_lt(*model->mem_address, MEMORY);
    uint8_t *byte = &rig.core.memory[*model->mem_address];
    if (*model->mem_write && *model->mem_wait)
        return;
    if (*model->mem_write) {
        *byte = *model->mem_wdata;
    } else {
        rig.read_byte = *byte;
        rig.read_wait = 1 + seeded_below(&rig.random, 6);
    }
}

static void clock_core(void)
{
    const struct executor_model *model = rig.model;
    rig.results_sent += *model->result_valid;
    if (rig.busy > 1 || rig.step_ends || !rig.stepping)
        rig.busy -= rig.busy > 0;
    if (rig.step_ends) {
        rig.stepping = false;
        rig.core.phase = !rig.core.phase;
    }
    clock_memory();
    if (*model->step_start || *model->clear || *model->phase_write)
        ck_assert(*model->step_start + *model->clear + *model->phase_write == 1 && !*model->busy);
    if (*model->step_start) {
        start_step(&rig.core, *model->step_emit);
        rig.stepping = true;
        rig.input_free = false;
        rig.results_sent = 0;
        rig.busy = 1 + seeded_below(&rig.random, 30);
    }
    if (*model->clear) {
        clear_world(&rig.core);
        rig.busy = seeded_below(&rig.random, 30);
    }
    if (*model->phase_write)
        rig.core.phase = *model->address & 1;
    if (*model->core_rst) {
        rig.stepping = rig.core.phase = false;
        rig.busy = 0;
        rig.core_reset = true;
    }
}

static void clock_reply(void)
{
    struct executor_model *model = rig.model;
    if (*model->append || *model->fail || *model->begin_reply || *model->send)
        ck_assert(rig.send_wait == 0);
    if (*model->append && rig.reply.status == STERNA_ST_DONE) {
        ck_assert_uint_lt(rig.reply.size, REPLY);
        rig.reply.data[rig.reply.size++] = *model->append_data;
    }
    if (*model->fail) {
        rig.reply.status = *model->fail_status;
        rig.reply.size = 0;
    }
    if (*model->begin_reply) {
        rig.begun++;
        rig.reply.size = rig.reply.status = 0;
    }
    if (rig.send_wait > 0)
        rig.send_wait--;
    if (*model->send)
        rig.send_wait = 3 + seeded_below(&rig.random, 40);
    if (*model->sent) {
        ck_assert_uint_lt(rig.answers, 2);
        rig.answer[rig.answers++] = rig.reply;
    }
}

static void cycle(void)
{
    struct executor_model *model = rig.model;
    show_arguments();
    show_core();
    *model->sent = rig.send_wait == 1;
    executor_model_eval(model);
    *model->count_data = rig.selected[1] < COUNTERS ? counter_byte(rig.selected[1]) : 0;
    rig.selected[1] = rig.selected[0];
    rig.selected[0] = *model->count_read ? *model->count_position : COUNTERS;
    executor_model_eval(model);
    if (*model->core_rst != rig.reset_due)
        ck_assert_uint_eq(*model->core_rst, rig.reset_due);
    rig.reset_due = *model->rst || (*model->abort_taken && *model->count_cycle);
    if (rig.stepping && !*model->core_rst && !*model->count_cycle)
        ck_abort_msg("a time step is under way and not counted");
    if (*model->count_cycle)
        ck_assert(rig.request->opcode == STERNA_OP_STEP && rig.taken);
    rig.count_clears += *model->count_clear;
    if (*model->hear && rig.stepping) {
        ck_assert_uint_eq(rig.core.steps, rig.request->argument);
        rig.heard++;
    }
    rig.since++;
    if (*model->request_taken) {
        ck_assert(*model->request_valid && !*model->listen);
        rig.taken = true;
        rig.since = 0;
    }
    if (*model->abort_taken) {
        ck_assert(*model->abort_valid);
        rig.stopped = rig.answers == 0;
    }
    rig.request_byte = !*model->hear && *model->request_index < rig.request->bytes
                           ? rig.request->payload[*model->request_index]
                           : seeded_byte(&rig.random);
    clock_core();
    clock_reply();
    bool request_left = *model->request_valid && !*model->request_taken;
    bool abort_left = *model->abort_valid && !*model->abort_taken;
    executor_model_tick(model);
    *model->request_valid = request_left;
    *model->abort_valid = abort_left;
}

/* Give it a request, and an ABORT so many cycles after it was taken (0: none), until both are done. */
static void run(const struct request *request, bool repeated, unsigned abort_after)
{
    bool aborted = false;
    rig.request = request;
    rig.taken = rig.stopped = rig.core_reset = false;
    rig.heard = rig.answers = rig.begun = rig.core.steps = rig.world.steps = rig.count_clears = 0;
    *rig.model->request_valid = 1;
    *rig.model->repeated = repeated;
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (abort_after > 0 && !aborted && rig.taken && rig.since >= abort_after)
            *rig.model->abort_valid = aborted = true;
        cycle();
        if (*rig.model->listen && rig.taken && !*rig.model->abort_valid && (aborted || abort_after == 0))
            break;
    }
    ck_assert(*rig.model->listen && rig.taken);
}

static void check_answer(const struct reply *got, const struct reply *expected)
{
    ck_assert_uint_eq(got->status, expected->status);
    ck_assert_uint_eq(got->size, expected->size);
    ck_assert_mem_eq(got->data, expected->data, expected->size);
}

/* Run a request, and compare all that came of it with the reference. The input of a step that an ABORT kept from starting
 * may be there or not: a host that aborts a STEP resets the state, and so does this. */
static void try(const struct request *request, unsigned abort_after)
{
    static const struct request reset = {
        .opcode = STERNA_OP_STATE, .argument = STERNA_STATE_RESET, .bytes = 4};
    static const struct reply empty;
    static struct reply expected;
    run(request, false, abort_after);
    execute(request, rig.stopped ? rig.core.steps : STEPS, &expected);
    if (rig.core_reset) /* only as cycle() allows */
        rig.world.phase = false;
    if (rig.stopped)
        ck_assert(request->opcode == STERNA_OP_STEP || request->opcode == STERNA_OP_CHECK);
    else
        check_answer(&rig.answer[0], &expected);
    ck_assert_uint_eq(rig.answers, abort_after > 0 && !rig.stopped ? 2 : 1);
    ck_assert_uint_eq(rig.begun, abort_after > 0 ? 2 : 1);
    if (abort_after > 0)
        check_answer(&rig.answer[rig.answers - 1], &empty);
    const bool cut = rig.stopped && request->opcode == STERNA_OP_STEP;
    if (!cut)
        ck_assert_mem_eq(rig.core.memory, rig.world.memory, MEMORY);
    ck_assert_uint_eq(rig.core.phase, rig.world.phase);
    ck_assert_uint_eq(rig.core.clears, rig.world.clears);
    ck_assert_uint_eq(rig.core.steps, rig.world.steps);
    ck_assert_mem_eq(rig.core.seen, rig.world.seen, rig.world.steps * sizeof rig.world.seen[0]);
    ck_assert_mem_eq(rig.core.emit, rig.world.emit, rig.world.steps * sizeof rig.world.emit[0]);
    ck_assert_uint_eq(rig.count_clears, request->opcode == STERNA_OP_COUNTERS && request->argument != 0 &&
                                            request->status == STERNA_ST_DONE);
    if (cut)
        try(&reset, 0);
}

#endif
