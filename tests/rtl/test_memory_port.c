/* test_memory_port.c - hw/rtl/memory_port.v over six arrays: every access reaches one byte of one memory, and
 * clearing two of them. */
#include <stdlib.h>
#include <string.h>

#include "memory_port_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

enum { MEMORIES = 6, LARGEST = 1 << 20, CLEARED_WORDS = 256 };

static const unsigned word_bytes[MEMORIES] = {8, 2, 2, 1, 8, 2};

struct bench {
    struct memory_port_model *model;
    uint8_t memory[MEMORIES][LARGEST];
};

static uint64_t word_at(const struct bench *bench, unsigned memory, uint32_t word)
{
    uint64_t value = 0;
    memcpy(&value, bench->memory[memory] + word * word_bytes[memory], word_bytes[memory]);
    return value;
}

static void bench_tick(struct bench *bench)
{
    struct memory_port_model *model = bench->model;
    memory_port_model_eval(model);
    const unsigned lanes[MEMORIES] = {*model->lanes_weights,  *model->lanes_scales,      *model->lanes_biases,
                                      *model->lanes_programs, *model->lanes_activations, *model->lanes_state};
    uint32_t word[MEMORIES];
    for (unsigned memory = 0; memory < MEMORIES; memory++) {
        word[memory] = memory == 0               ? *model->weight_word
                       : word_bytes[memory] == 8 ? *model->activation_word
                       : word_bytes[memory] == 2 ? *model->word2
                                                 : *model->word1;
        for (unsigned lane = 0; lane < word_bytes[memory]; lane++)
            if (lanes[memory] >> lane & 1)
                bench->memory[memory][word[memory] * word_bytes[memory] + lane] = *model->data;
    }
    memory_port_model_tick(model);
    *model->weights = word_at(bench, 0, word[0]);
    *model->scales = (uint16_t)word_at(bench, 1, word[1]);
    *model->biases = (uint16_t)word_at(bench, 2, word[2]);
    *model->programs = (uint8_t)word_at(bench, 3, word[3]);
    *model->activations = word_at(bench, 4, word[4]);
    *model->states = (uint16_t)word_at(bench, 5, word[5]);
}

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    bench->model = memory_port_model_new();
    *bench->model->rst = 1;
    bench_tick(bench);
    *bench->model->rst = 0;
    return bench;
}

static void bench_free(struct bench *bench)
{
    memory_port_model_free(bench->model);
    free(bench);
}

static uint8_t read_byte(struct bench *bench, unsigned memory, uint32_t address)
{
    *bench->model->select = (uint8_t)memory;
    bench_tick(bench);
    *bench->model->address = address;
    *bench->model->read = 1;
    bench_tick(bench);
    *bench->model->read = 0;
    *bench->model->address = address ^ 7;
    for (unsigned cycle = 1; cycle < 3; cycle++) {
        ck_assert(!*bench->model->rvalid);
        bench_tick(bench);
    }
    ck_assert(*bench->model->rvalid);
    return *bench->model->rdata;
}

START_TEST(an_access_reaches_its_byte_and_no_other)
{
    struct bench *bench = bench_new();
    uint8_t(*expected)[LARGEST] = calloc(MEMORIES + 2, sizeof *expected);
    struct seeded random = {17};
    ck_assert_ptr_nonnull(expected);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned memory = seeded_below(&random, MEMORIES + 2); /* 6 and 7 do not exist */
        uint32_t address = seeded_below(&random, seeded_percent(&random, 80) ? 64 : LARGEST);
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

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("memory_port");
    TCase *tests = tcase_create("memory_port");
    tcase_add_test(tests, an_access_reaches_its_byte_and_no_other);
    tcase_add_test(tests, clearing_zeroes_activations_and_state_only);
    suite_add_tcase(suite, tests);
    return suite;
}
