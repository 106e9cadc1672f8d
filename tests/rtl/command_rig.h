/* command_rig.h - the command unit between a test, which sends and receives frames, and a network core played in C.
 *
 * The core remembers what it was asked for: the activations at the start of each step, the bytes written, the resets.
 * Its result of step n (counted from 0) is results bytes, the i-th being 16 * n + i. It asserts what a core relies on:
 * one access at a time, only in range, only while it is not busy.
 */
#ifndef STERNA_COMMAND_RIG_H
#define STERNA_COMMAND_RIG_H

#include "little_endian.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#ifndef command_model /* else a command of another name */
#include "command_model.h"
#endif

enum {
    RIG_MEMORIES = 6,
    RIG_LARGEST = 131072,
    RIG_ACTIVATIONS = 2048,
    RIG_STEPS = 256,
    RIG_REPLY = 1024,
    RIG_REQUEST_BYTES = 512,
    RIG_REPLY_BYTES = 512
};

struct rig {
    struct command_model *model;
    struct seeded random;
    unsigned gaps, stalls; /* of 100 cycles */

    uint8_t memory[RIG_MEMORIES][RIG_LARGEST];
    uint8_t seen[RIG_STEPS][RIG_ACTIVATIONS]; /* activations at the start of each step */
    bool emit[RIG_STEPS];
    size_t steps, writes, resets;
    unsigned step_cycles, results; /* how long a step takes; bytes it sends */
    unsigned busy_cycles;          /* left of what is under way */
    bool stepping, phase, input_free;
    size_t results_sent;  /* of the step under way */
    unsigned read_cycles; /* until the byte read arrives, 0: none */
    uint8_t read_byte;

    uint8_t reply[RIG_REPLY];
    size_t reply_size; /* received so far */
    bool replied;      /* reply is complete */
};

static const size_t rig_memory_bytes[RIG_MEMORIES] = {131072, 4096, 2048, 512, RIG_ACTIVATIONS, 512};

static inline struct rig *rig_new(uint32_t seed)
{
    struct rig *rig = calloc(1, sizeof *rig);
    ck_assert_ptr_nonnull(rig);
    rig->model = command_model_new();
    rig->random.state = seed;
    rig->step_cycles = 50;
    rig->results = 3;
    *rig->model->rst = 1;
    command_model_tick(rig->model);
    *rig->model->rst = 0;
    command_model_tick(rig->model); /* the core is reset one cycle later */
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    command_model_free(rig->model);
    free(rig);
}

/* The core's outputs of this cycle. */
static inline void rig_core_outputs(struct rig *rig)
{
    struct command_model *model = rig->model;
    *model->mem_rvalid = rig->read_cycles == 1;
    *model->mem_rdata = rig->read_cycles == 1 ? rig->read_byte : seeded_byte(&rig->random);
    *model->busy = rig->busy_cycles > 0;
    *model->quiet = rig->busy_cycles == 0;
    if (rig->stepping && seeded_percent(&rig->random, 10))
        rig->input_free = true; /* from some cycle of a step on */
    *model->input_free = rig->busy_cycles == 0 || rig->input_free;
    *model->mem_wait = rig->stepping && seeded_percent(&rig->random, 30);
    *model->phase = rig->phase;
    size_t step = rig->steps - 1;
    bool sending = rig->stepping && rig->emit[step] && rig->results_sent < rig->results;
    *model->result_valid = sending && !seeded_percent(&rig->random, 30);
    *model->result_data = (uint8_t)(16 * step + rig->results_sent);
    *model->step_done = rig->stepping && !sending && rig->busy_cycles == 1;
    *model->event_streaming = rig->busy_cycles % 2 == 1;
    *model->event_build_wait = rig->busy_cycles % 4 == 2;
    *model->event_gate_wait = rig->busy_cycles % 4 == 0 && rig->busy_cycles > 0;
}

static inline void rig_core_access(struct rig *rig)
{
    struct command_model *model = rig->model;
    ck_assert(!*model->mem_write || !*model->mem_read);
    if (!*model->mem_write && !*model->mem_read)
        return;
    ck_assert((rig->busy_cycles == 0 || (rig->input_free && *model->mem_write)) && rig->read_cycles == 0);
    ck_assert_uint_lt(*model->mem_select, RIG_MEMORIES);
    ck_assert_uint_lt(*model->mem_address, rig_memory_bytes[*model->mem_select]);
    uint8_t *byte = &rig->memory[*model->mem_select][*model->mem_address];
    if (*model->mem_write && *model->mem_wait)
        return;
    if (*model->mem_write) {
        *byte = *model->mem_wdata;
        rig->writes++;
    } else {
        rig->read_byte = *byte;
        rig->read_cycles = 4;
    }
}

/* What the core does at the end of this cycle. */
static inline void rig_core_clock(struct rig *rig)
{
    struct command_model *model = rig->model;
    if (rig->read_cycles > 0)
        rig->read_cycles--;
    if (*model->result_valid && *model->result_ready)
        rig->results_sent++;
    if (rig->busy_cycles > 1 || *model->step_done || (rig->busy_cycles == 1 && !rig->stepping))
        rig->busy_cycles--;
    if (*model->step_done) {
        rig->stepping = false;
        rig->phase = !rig->phase;
    }
    rig_core_access(rig);
    int commands = *model->step_start + *model->clear + *model->phase_write;
    ck_assert(commands == 0 || (commands == 1 && rig->busy_cycles == 0));
    if (*model->step_start) {
        ck_assert_uint_lt(rig->steps, RIG_STEPS);
        memcpy(rig->seen[rig->steps], rig->memory[STERNA_MEM_ACTIVATIONS], RIG_ACTIVATIONS);
        rig->emit[rig->steps++] = *model->step_emit;
        rig->stepping = true;
        rig->input_free = false;
        rig->results_sent = 0;
        rig->busy_cycles = rig->step_cycles;
    }
    if (*model->clear) {
        memset(rig->memory[STERNA_MEM_ACTIVATIONS], 0, RIG_ACTIVATIONS);
        memset(rig->memory[STERNA_MEM_STATE], 0, rig_memory_bytes[STERNA_MEM_STATE]);
        rig->phase = false;
        rig->busy_cycles = 20;
    }
    if (*model->phase_write)
        rig->phase = *model->phase_wdata;
    if (*model->core_rst) {
        rig->resets++;
        rig->stepping = rig->phase = false;
        rig->busy_cycles = 0;
    }
}

/* One clock cycle with this beat offered (or none); returns whether it was taken. */
static inline bool rig_cycle(struct rig *rig, bool valid, uint8_t data, bool last, bool good)
{
    struct command_model *model = rig->model;
    *model->s_valid = valid;
    *model->s_data = data;
    *model->s_last = last;
    *model->s_good = good;
    *model->m_ready = !seeded_percent(&rig->random, rig->stalls);
    rig_core_outputs(rig);
    command_model_eval(model);
    bool taken = valid && *model->s_ready;
    if (*model->m_valid && *model->m_ready) {
        if (rig->replied)
            rig->reply_size = 0;
        ck_assert_uint_lt(rig->reply_size, RIG_REPLY);
        rig->reply[rig->reply_size++] = *model->m_data;
        rig->replied = *model->m_last;
    }
    rig_core_clock(rig);
    command_model_tick(model);
    return taken;
}

static inline void rig_send_beat(struct rig *rig, uint8_t data, bool last, bool good)
{
    while (seeded_percent(&rig->random, rig->gaps))
        rig_cycle(rig, false, seeded_byte(&rig->random), last, good);
    bool taken = false;
    while (!taken)
        taken = rig_cycle(rig, true, data, last, good);
    rig_cycle(rig, false, seeded_byte(&rig->random), last, good); /* beats are two cycles apart */
}

static inline void rig_send_bytes(struct rig *rig, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        rig_send_beat(rig, bytes[i], false, false);
}

/* A frame: the payload, four more bytes in place of the FCS, the verdict. Forgets the reply before. */
static inline void rig_send_frame(struct rig *rig, const uint8_t *payload, size_t size, bool good)
{
    rig->replied = false;
    rig->reply_size = 0;
    rig_send_bytes(rig, payload, size);
    for (unsigned i = 0; i < 4; i++)
        rig_send_beat(rig, seeded_byte(&rig->random), false, false);
    rig_send_beat(rig, 0, true, good);
}

/* Wait for a reply, at most so many cycles; returns its size, 0 if there was none. */
static inline size_t rig_receive(struct rig *rig, size_t cycles)
{
    for (size_t i = 0; i < cycles && !rig->replied; i++)
        rig_cycle(rig, false, 0, false, false);
    return rig->replied ? rig->reply_size : 0;
}

/* Send a request and receive its reply, which must have the request's opcode and sequence; returns its status. */
static inline unsigned rig_ask(struct rig *rig, const uint8_t *payload, size_t size)
{
    rig_send_frame(rig, payload, size, true);
    ck_assert_uint_ge(rig_receive(rig, 1000000), 3);
    ck_assert_uint_eq(rig->reply[0], payload[0] | STERNA_OP_REPLY);
    ck_assert_uint_eq(rig->reply[1], payload[1]);
    return rig->reply[2];
}

/* The head of WRITE, READ and CHECK. */
static inline void rig_put_range(uint8_t *request, uint8_t opcode, uint8_t sequence, size_t memory,
                                 size_t address)
{
    request[0] = opcode;
    request[1] = sequence;
    request[2] = (uint8_t)memory;
    sterna_put_le24(request + 3, (uint32_t)address);
}

static inline unsigned rig_read(struct rig *rig, uint8_t sequence, size_t memory, size_t address,
                                size_t length)
{
    uint8_t request[8];
    rig_put_range(request, STERNA_OP_READ, sequence, memory, address);
    sterna_put_le16(request + 6, (uint32_t)length);
    return rig_ask(rig, request, sizeof request);
}

static inline unsigned rig_check(struct rig *rig, uint8_t sequence, size_t memory, size_t address,
                                 size_t length)
{
    uint8_t request[9];
    rig_put_range(request, STERNA_OP_CHECK, sequence, memory, address);
    sterna_put_le24(request + 6, (uint32_t)length);
    return rig_ask(rig, request, sizeof request);
}

static inline unsigned rig_write(struct rig *rig, uint8_t sequence, size_t memory, size_t address,
                                 const uint8_t *bytes, size_t size)
{
    uint8_t request[RIG_REQUEST_BYTES];
    ck_assert_uint_le(6 + size, sizeof request);
    rig_put_range(request, STERNA_OP_WRITE, sequence, memory, address);
    for (size_t i = 0; i < size; i++)
        request[6 + i] = bytes[i];
    return rig_ask(rig, request, 6 + size);
}

/* Whether step saw exactly one activation, at index. */
static inline bool rig_saw_one_hot(const struct rig *rig, size_t step, size_t index)
{
    for (size_t i = 0; i < RIG_ACTIVATIONS; i++)
        if (rig->seen[step][i] != (i == index ? STERNA_ONE_HOT_VALUE : 0))
            return false;
    return true;
}

/* Requests given byte by byte, to the rig called unit. */
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ASK(...)   rig_ask(unit, BYTES(__VA_ARGS__))
#define SEND(...)  rig_send_frame(unit, BYTES(__VA_ARGS__), true)

#endif
