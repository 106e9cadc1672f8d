/* test_network_memories.c - hw/rtl/network_memories.v against six arrays: the host's bytes between steps, a
 * step's words while it is busy, and the clearing. */
#include <stdlib.h>
#include <string.h>

#include "network_memories_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

enum { MEMORIES = 6, LARGEST = 131072, CLEAR_CYCLES = 1024, ACTIVATION_BYTES = 2048, STATE_BYTES = 512 };

static const unsigned memory_bytes[MEMORIES] = {LARGEST, 2 * 2048,         2 * 1024,
                                                512,     ACTIVATION_BYTES, STATE_BYTES};
static const unsigned word_bytes[MEMORIES] = {8, 2, 2, 1, 8, 2};

struct bench {
    struct network_memories_model *model;
    struct seeded random;
    uint8_t memory[MEMORIES][LARGEST];
};

/* The port of the host says anything while it asks for nothing. */
static void host_rests(struct bench *bench)
{
    *bench->model->mem_write = *bench->model->mem_read = 0;
    *bench->model->mem_select = (uint8_t)seeded_below(&bench->random, 8);
    *bench->model->mem_address = seeded_below(&bench->random, 1u << 20);
    *bench->model->mem_wdata = seeded_byte(&bench->random);
}

/* A memory is selected a cycle before its access. */
static void select_memory(struct bench *bench, unsigned memory)
{
    *bench->model->mem_select = (uint8_t)memory;
    network_memories_model_tick(bench->model);
}

static void write_byte(struct bench *bench, unsigned memory, unsigned address, uint8_t byte)
{
    select_memory(bench, memory);
    *bench->model->mem_address = address;
    *bench->model->mem_wdata = byte;
    *bench->model->mem_write = 1;
    network_memories_model_tick(bench->model);
    /* a word of scales has 12 bits */
    bench->memory[memory][address] = memory == STERNA_MEM_SCALES && address & 1 ? byte & 0x0F : byte;
    host_rests(bench);
}

static void check_byte(struct bench *bench, unsigned memory, unsigned address)
{
    select_memory(bench, memory);
    *bench->model->mem_address = address;
    *bench->model->mem_read = 1;
    network_memories_model_tick(bench->model);
    host_rests(bench);
    *bench->model->mem_select = (uint8_t)memory;
    for (unsigned cycle = 1; cycle < 3; cycle++) {
        ck_assert(!*bench->model->mem_rvalid);
        network_memories_model_tick(bench->model);
    }
    ck_assert(*bench->model->mem_rvalid);
    ck_assert_uint_eq(*bench->model->mem_rdata, bench->memory[memory][address]);
    network_memories_model_tick(bench->model);
    ck_assert(!*bench->model->mem_rvalid);
}

static void check_all(struct bench *bench)
{
    for (unsigned memory = 0; memory < MEMORIES; memory++)
        for (unsigned i = 0; i < memory_bytes[memory]; i++)
            check_byte(bench, memory, i);
}

/* Every byte of every memory is written at random. */
static struct bench *bench_new(uint32_t seed)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    bench->model = network_memories_model_new();
    bench->random.state = seed;
    *bench->model->rst = 1;
    network_memories_model_tick(bench->model);
    *bench->model->rst = 0;
    for (unsigned memory = 0; memory < MEMORIES; memory++)
        for (unsigned i = 0; i < memory_bytes[memory]; i++)
            write_byte(bench, memory, i, seeded_byte(&bench->random));
    return bench;
}

static void bench_free(struct bench *bench)
{
    network_memories_model_free(bench->model);
    free(bench);
}

/* Bytes at the ends of a memory as often as those between. */
static unsigned some_address(struct bench *bench, unsigned memory)
{
    unsigned bytes = memory_bytes[memory], near = seeded_below(&bench->random, 16);
    switch (seeded_below(&bench->random, 4)) {
    case 0:
        return near;
    case 1:
        return bytes - 1 - near;
    default:
        return seeded_below(&bench->random, bytes);
    }
}

START_TEST(the_host_reaches_every_byte)
{
    struct bench *bench = bench_new(24);
    check_all(bench);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned memory = seeded_below(&bench->random, MEMORIES), address = some_address(bench, memory);
        if (seeded_percent(&bench->random, 50))
            write_byte(bench, memory, address, seeded_byte(&bench->random));
        else
            check_byte(bench, memory, address);
    }
    check_all(bench);
    bench_free(bench);
}
END_TEST

/* The little-endian word that the byte at `address` belongs to. */
static uint64_t word_at(const struct bench *bench, unsigned memory, unsigned address)
{
    uint64_t word = 0;
    unsigned bytes = word_bytes[memory];
    for (unsigned i = bytes; i-- > 0;)
        word = word << 8 | bench->memory[memory][address / bytes * bytes + i];
    return word;
}

/* The step's writes of this cycle, never to a word that is read in it. */
static void step_writes(struct bench *bench)
{
    struct network_memories_model *model = bench->model;
    *model->activation_write_address = seeded_byte(&bench->random);
    *model->activation_write_data = seeded_byte(&bench->random);
    *model->activation_write_lanes = seeded_percent(&bench->random, 50) ? seeded_byte(&bench->random) : 0;
    if (*model->activation_write_address == *model->activation_address)
        *model->activation_write_lanes = 0;
    *model->activation_write = *model->activation_write_lanes != 0;
    *model->state_write_address = seeded_byte(&bench->random);
    *model->state_write_data = (uint16_t)seeded_next(&bench->random);
    *model->state_write =
        *model->state_write_address != *model->state_address && seeded_percent(&bench->random, 50);
}

static void remember_writes(struct bench *bench)
{
    const struct network_memories_model *model = bench->model;
    uint8_t *word = bench->memory[STERNA_MEM_ACTIVATIONS] + 8 * *model->activation_write_address;
    for (unsigned lane = 0; lane < 8; lane++)
        if (*model->activation_write_lanes >> lane & 1)
            word[lane] = *model->activation_write_data;
    uint8_t *state = bench->memory[STERNA_MEM_STATE] + 2 * *model->state_write_address;
    for (unsigned byte = 0; *model->state_write && byte < 2; byte++)
        state[byte] = (uint8_t)(*model->state_write_data >> 8 * byte);
}

/* One busy cycle: all six memories are read at once, two are written. */
static void step_cycle(struct bench *bench)
{
    struct network_memories_model *model = bench->model;
    uint64_t word[MEMORIES];
    unsigned address[MEMORIES];
    for (unsigned memory = 0; memory < MEMORIES; memory++) {
        unsigned byte = some_address(bench, memory);
        address[memory] = byte / word_bytes[memory];
        word[memory] = word_at(bench, memory, byte);
    }
    *model->weight_address = (uint16_t)address[STERNA_MEM_WEIGHTS];
    *model->scale_address = (uint16_t)address[STERNA_MEM_SCALES];
    *model->bias_address = (uint16_t)address[STERNA_MEM_BIASES];
    *model->program_address = (uint16_t)address[STERNA_MEM_PROGRAMS];
    *model->activation_address = (uint8_t)address[STERNA_MEM_ACTIVATIONS];
    *model->state_address = (uint8_t)address[STERNA_MEM_STATE];
    step_writes(bench);
    remember_writes(bench);
    network_memories_model_tick(model);
    ck_assert_uint_eq(*model->weight_data, word[STERNA_MEM_WEIGHTS]);
    ck_assert_uint_eq(*model->scale_data, word[STERNA_MEM_SCALES] & 0xFFF);
    ck_assert_uint_eq(*model->bias_data, word[STERNA_MEM_BIASES]);
    ck_assert_uint_eq(*model->program_data, word[STERNA_MEM_PROGRAMS]);
    ck_assert_uint_eq(*model->activation_data, word[STERNA_MEM_ACTIVATIONS]);
    ck_assert_uint_eq(*model->state_data, word[STERNA_MEM_STATE]);
    host_rests(bench);
}

START_TEST(a_step_reads_six_words_and_writes_two_in_a_cycle)
{
    struct bench *bench = bench_new(25);
    for (unsigned step = 0; step < 500; step++) {
        *bench->model->busy = 1;
        for (unsigned cycles = 1 + seeded_below(&bench->random, 200); cycles > 0; cycles--)
            step_cycle(bench);
        *bench->model->busy = *bench->model->activation_write = *bench->model->activation_write_lanes =
            *bench->model->state_write = 0;
        for (unsigned i = 0; i < 20; i++) {
            unsigned memory = seeded_below(&bench->random, MEMORIES);
            check_byte(bench, memory, some_address(bench, memory));
            write_byte(bench, memory, some_address(bench, memory), seeded_byte(&bench->random));
        }
    }
    check_all(bench);
    bench_free(bench);
}
END_TEST

START_TEST(clearing_zeroes_all_activations_and_states_and_nothing_else)
{
    struct bench *bench = bench_new(26);
    *bench->model->clear = 1;
    network_memories_model_tick(bench->model);
    *bench->model->clear = 0;
    ck_assert(*bench->model->clearing);
    for (unsigned cycle = 0; *bench->model->clearing; cycle++) {
        ck_assert_uint_lt(cycle, CLEAR_CYCLES);
        host_rests(bench);
        network_memories_model_tick(bench->model);
    }
    memset(bench->memory[STERNA_MEM_ACTIVATIONS], 0, ACTIVATION_BYTES);
    memset(bench->memory[STERNA_MEM_STATE], 0, STATE_BYTES);
    check_all(bench);
    bench_free(bench);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network_memories");
    TCase *tests = tcase_create("network_memories");
    tcase_add_test(tests, the_host_reaches_every_byte);
    tcase_add_test(tests, a_step_reads_six_words_and_writes_two_in_a_cycle);
    tcase_add_test(tests, clearing_zeroes_all_activations_and_states_and_nothing_else);
    suite_add_tcase(suite, tests);
    return suite;
}
