/* memory_port_rig.h - hw/rtl/memory_port.v over six arrays: every access reaches one byte of one memory, and clearing two of them.
 *
 * The test of a memory_port of other parameters says which before this header, and what stands for memory_port_model.
 */
#ifndef STERNA_MEMORY_PORT_RIG_H
#define STERNA_MEMORY_PORT_RIG_H

#include <stdlib.h>
#include <string.h>

#include "protocol.h"
#include "seeded.h"

#include <check.h>

#ifndef RIG_LANES
#define RIG_LANES    8
#define RIG_SLICES   1
#define RIG_WEIGHT_W 17
#include "memory_port_model.h"
#endif

enum { MEMORIES = 6, LARGEST = 1 << 20, CLEARED_WORDS = 256, SLICE_BYTES = 1 << (RIG_WEIGHT_W + 3) };

static const unsigned word_bytes[MEMORIES] = {8, 2, 2, 1, RIG_LANES, 2};

/* memory[m][a]: byte a of memory m. */
struct bench {
    struct memory_port_model *model;
    uint8_t memory[MEMORIES][LARGEST];
};

static inline void memory_cycle(struct bench *bench, unsigned memory, unsigned lanes, uint32_t word,
                                void *port)
{
    uint8_t *bytes = bench->memory[memory] + word * word_bytes[memory];
    for (unsigned lane = 0; lane < word_bytes[memory]; lane++)
        if (lanes >> lane & 1)
            bytes[lane] = *bench->model->data;
    memcpy(port, bytes, word_bytes[memory]);
}

/* A cycle of the memories too: a byte of each may be written, and what they show next is a word of each. */
static inline void bench_tick(struct bench *bench)
{
    struct memory_port_model *model = bench->model;
    uint8_t shown[MEMORIES][RIG_LANES], weights[8 * RIG_SLICES];
    memory_port_model_eval(model);
    for (uint32_t slice = 0; slice < RIG_SLICES; slice++)
        memory_cycle(bench, STERNA_MEM_WEIGHTS, *model->lanes_weights >> 8 * slice & 255,
                     (slice << RIG_WEIGHT_W) + *model->weight_word, weights + 8 * slice);
    memory_cycle(bench, STERNA_MEM_SCALES, *model->lanes_scales, *model->word2, shown[STERNA_MEM_SCALES]);
    memory_cycle(bench, STERNA_MEM_BIASES, *model->lanes_biases, *model->word2, shown[STERNA_MEM_BIASES]);
    memory_cycle(bench, STERNA_MEM_PROGRAMS, *model->lanes_programs, *model->word1,
                 shown[STERNA_MEM_PROGRAMS]);
    memory_cycle(bench, STERNA_MEM_ACTIVATIONS, *model->lanes_activations, *model->activation_word,
                 shown[STERNA_MEM_ACTIVATIONS]);
    memory_cycle(bench, STERNA_MEM_STATE, *model->lanes_state, *model->word2, shown[STERNA_MEM_STATE]);
    memory_port_model_tick(model);
    memcpy(model->weights, weights, sizeof weights);
    memcpy(model->scales, shown[STERNA_MEM_SCALES], 2);
    memcpy(model->biases, shown[STERNA_MEM_BIASES], 2);
    memcpy(model->programs, shown[STERNA_MEM_PROGRAMS], 1);
    memcpy(model->activations, shown[STERNA_MEM_ACTIVATIONS], RIG_LANES);
    memcpy(model->states, shown[STERNA_MEM_STATE], 2);
}

static inline struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    bench->model = memory_port_model_new();
    *bench->model->rst = 1;
    bench_tick(bench);
    *bench->model->rst = 0;
    return bench;
}

static inline void bench_free(struct bench *bench)
{
    memory_port_model_free(bench->model);
    free(bench);
}

static inline uint8_t read_byte(struct bench *bench, unsigned memory, uint32_t address)
{
    *bench->model->select = (uint8_t)memory;
    bench_tick(bench);
    *bench->model->address = address;
    *bench->model->read = 1;
    bench_tick(bench);
    *bench->model->read = 0;
    *bench->model->address = address ^ (SLICE_BYTES % LARGEST + RIG_LANES - 1);
    for (unsigned cycle = 1; cycle < 3; cycle++) {
        ck_assert(!*bench->model->rvalid);
        bench_tick(bench);
    }
    ck_assert(*bench->model->rvalid);
    return *bench->model->rdata;
}

/* An address of this memory: often a low one, of any slice. */
static inline uint32_t random_address(struct seeded *random, unsigned memory)
{
    uint32_t largest = memory == STERNA_MEM_WEIGHTS ? RIG_SLICES * SLICE_BYTES : LARGEST;
    uint32_t slice = memory == STERNA_MEM_WEIGHTS ? seeded_below(random, RIG_SLICES) * SLICE_BYTES : 0;
    return seeded_percent(random, 80) ? slice + seeded_below(random, 64) : seeded_below(random, largest);
}

START_TEST(an_access_reaches_its_byte_and_no_other)
{
    struct bench *bench = bench_new();
    uint8_t(*expected)[LARGEST] = calloc(MEMORIES + 2, sizeof *expected);
    struct seeded random = {17};
    ck_assert_ptr_nonnull(expected);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned memory = seeded_below(&random, MEMORIES + 2); /* 6 and 7 do not exist */
        uint32_t address = random_address(&random, memory);
        if (seeded_percent(&random, 50)) {
            ck_assert_uint_eq(read_byte(bench, memory, address), expected[memory][address]);
            continue;
        }
        *bench->model->select = (uint8_t)memory;
        bench_tick(bench);
        *bench->model->address = address;
        *bench->model->wdata = seeded_byte(&random);
        *bench->model->write = 1;
        if (memory < MEMORIES)
            expected[memory][address] = *bench->model->wdata;
        bench_tick(bench);
        *bench->model->write = 0;
    }
    ck_assert_mem_eq(bench->memory, expected, sizeof bench->memory);
    free(expected);
    bench_free(bench);
}
END_TEST

START_TEST(clearing_zeroes_activations_and_state_only)
{
    struct bench *bench = bench_new();
    memset(bench->memory, 0xA5, sizeof bench->memory);
    *bench->model->wdata = 0xFF;
    *bench->model->clear = 1;
    bench_tick(bench);
    *bench->model->clear = 0;
    unsigned cycles = 0;
    for (; *bench->model->clearing; cycles++) {
        ck_assert_uint_lt(cycles, 2 * CLEARED_WORDS);
        bench_tick(bench);
    }
    for (unsigned memory = 0; memory < MEMORIES; memory++) {
        bool cleared = memory == STERNA_MEM_ACTIVATIONS || memory == STERNA_MEM_STATE;
        unsigned bytes = CLEARED_WORDS * word_bytes[memory], wrong = 0;
        for (unsigned i = 0; i < LARGEST; i++)
            wrong += bench->memory[memory][i] != (cleared && i < bytes ? 0 : 0xA5);
        ck_assert_uint_eq(wrong, 0);
    }
    bench_free(bench);
}
END_TEST

static inline Suite *memory_port_suite(const char *name)
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_add_test(tests, an_access_reaches_its_byte_and_no_other);
    tcase_add_test(tests, clearing_zeroes_activations_and_state_only);
    suite_add_tcase(suite, tests);
    return suite;
}

#endif
