/* test_table_builder.c - hw/rtl/table_builder.v against programs run in C, with blocks that wait and banks
 * that are taken. */
#include <string.h>

#include "seeded.h"
#include "table_builder_model.h"

#include <check.h>

enum { LANES = 8, WORDS = 256, PROGRAM = 512, BANK = 128, END = 7 << 3, MAX_STEPS = 200 };

struct bench {
    struct table_builder_model *model;
    struct seeded random;
    uint8_t program[PROGRAM];
    int8_t activation[WORDS][LANES];
    uint16_t table[2][BANK][LANES];
    unsigned written; /* entries since the last end */
};

/* The memories around the builder answer one cycle late; its writes are kept. */
static void bench_tick(struct bench *bench)
{
    struct table_builder_model *model = bench->model;
    table_builder_model_eval(model);
    uint8_t program = bench->program[*model->program_address];
    uint64_t activation;
    memcpy(&activation, bench->activation[*model->activation_address], sizeof activation);
    if (*model->table_write) {
        unsigned bank = *model->table_address >> 7, entry = *model->table_address & 127;
        for (unsigned lane = 0; lane < LANES; lane++)
            bench->table[bank][entry][lane] = (uint16_t)(model->table_data[lane / 2] >> 16 * (lane & 1));
        bench->written++;
    }
    table_builder_model_tick(model);
    *model->program_data = program;
    *model->activation_data = activation;
}

static struct bench bench_new(uint32_t seed)
{
    struct bench bench = {.model = table_builder_model_new(), .random = {seed}};
    *bench.model->rst = 1;
    bench_tick(&bench);
    *bench.model->rst = 0;
    for (unsigned i = 0; i < sizeof bench.activation; i++)
        bench.activation[i / LANES][i % LANES] = (int8_t)(seeded_below(&bench.random, 256) - 128);
    return bench;
}

/* A program at `start`, wrapping at the memory's end; returns its entries. */
static unsigned make_program(struct bench *bench, unsigned start, unsigned steps)
{
    unsigned entries = 0;
    for (unsigned i = 0; i < steps; i++) {
        uint8_t step = seeded_byte(&bench->random);
        if ((step & 0xB8) == END)
            step ^= 0x80;
        if (entries == BANK)
            step = (uint8_t)((step & 0x47) | 3 << 3);
        entries += step >> 7;
        bench->program[(start + i) % PROGRAM] = step;
    }
    bench->program[(start + steps) % PROGRAM] = (uint8_t)(END | (seeded_byte(&bench->random) & 0x47));
    return entries;
}

static void check_table(const struct bench *bench, unsigned bank, unsigned start, unsigned steps,
                        unsigned word)
{
    for (unsigned lane = 0; lane < LANES; lane++) {
        int32_t sum = 0;
        unsigned entry = 0;
        for (unsigned i = 0; i < steps; i++) {
            uint8_t step = bench->program[(start + i) % PROGRAM];
            unsigned k = step >> 3 & 7u;
            int8_t x = bench->activation[(word + (step & 7u)) % WORDS][lane];
            if (k < 7)
                sum += (step & 0x40 ? -1 : 1) * x * (1 << k);
            if (step & 0x80)
                ck_assert_uint_eq(bench->table[bank][entry++][lane], (uint16_t)sum);
        }
    }
}

/* Wait for done. Returns the cycles from the start to done, both included. */
static unsigned wait_done(struct bench *bench)
{
    for (unsigned cycles = 1; cycles < 2 * PROGRAM; cycles++) {
        table_builder_model_eval(bench->model);
        if (*bench->model->done)
            return cycles;
        bench_tick(bench);
        *bench->model->s_valid = 0;
    }
    ck_abort_msg("no end");
}

static void offer_block(struct bench *bench, unsigned word, unsigned start)
{
    *bench->model->s_valid = 1;
    *bench->model->s_word = (uint8_t)word;
    *bench->model->s_program = (uint16_t)start;
}

START_TEST(tables_hold_what_the_programs_say)
{
    struct bench bench = bench_new(6);
    for (unsigned block = 0; block < 500; block++) {
        unsigned start = seeded_below(&bench.random, PROGRAM),
                 steps = 8 + seeded_below(&bench.random, MAX_STEPS);
        unsigned word = seeded_below(&bench.random, WORDS), bank = block & 1;
        unsigned entries = make_program(&bench, start, steps);
        bench.written = 0;
        *bench.model->bank_taken = (uint8_t)(1u << bank | seeded_below(&bench.random, 4));
        offer_block(&bench, word, start);
        for (unsigned i = seeded_below(&bench.random, 5); i > 0; i--) {
            table_builder_model_eval(bench.model);
            ck_assert(!*bench.model->s_ready); /* its bank is taken */
            bench_tick(&bench);
        }
        *bench.model->bank_taken = (uint8_t)(*bench.model->bank_taken & ~(1u << bank));
        table_builder_model_eval(bench.model);
        ck_assert(*bench.model->s_ready);
        ck_assert_uint_eq(wait_done(&bench), steps + 3);
        for (unsigned i = 0; i < 3; i++)
            bench_tick(&bench);
        ck_assert_uint_eq(bench.written, entries);
        check_table(&bench, bank, start, steps, word);
    }
    table_builder_model_free(bench.model);
}
END_TEST

START_TEST(blocks_back_to_back_cost_two_cycles_more_than_their_bytes)
{
    struct bench bench = bench_new(7);
    const unsigned steps = 122;
    unsigned start[2] = {0, 200}, word[2] = {3, 90};
    for (unsigned i = 0; i < 2; i++)
        make_program(&bench, start[i], steps);
    offer_block(&bench, word[0], start[0]);
    wait_done(&bench);
    for (unsigned block = 1; block < 50; block++) {
        unsigned now = block & 1, before = now ^ 1;
        bench_tick(&bench); /* the cycle after the end byte was seen */
        offer_block(&bench, word[now], start[now]);
        *bench.model->bank_taken = (uint8_t)(1u << now);
        table_builder_model_eval(bench.model);
        ck_assert(!*bench.model->s_ready);
        *bench.model->bank_taken = (uint8_t)(1u << before);
        table_builder_model_eval(bench.model);
        ck_assert(*bench.model->s_ready);
        for (unsigned i = 0; i < 3; i++) {
            bench_tick(&bench);
            *bench.model->s_valid = 0;
        }
        check_table(&bench, before, start[before], steps, word[before]);
        ck_assert_uint_eq(wait_done(&bench) + 3,
                          steps + 3); /* one more until the next start: the bytes + 2 */
    }
    table_builder_model_free(bench.model);
}
END_TEST

START_TEST(nothing_of_a_build_survives_reset)
{
    struct bench bench = bench_new(8);
    for (unsigned i = 0; i < 200; i++) {
        make_program(&bench, 0, 100);
        offer_block(&bench, 0, 0);
        for (unsigned cycles = seeded_below(&bench.random, 120); cycles > 0; cycles--)
            bench_tick(&bench);
        *bench.model->rst = 1;
        bench_tick(&bench);
        *bench.model->rst = 0;
        unsigned entries = make_program(&bench, 300, 60);
        bench.written = 0;
        offer_block(&bench, 50, 300);
        wait_done(&bench);
        for (unsigned cycles = 0; cycles < 3; cycles++)
            bench_tick(&bench);
        ck_assert_uint_eq(bench.written, entries);
        check_table(&bench, 0, 300, 60, 50);
        *bench.model->rst = 1;
        bench_tick(&bench);
        *bench.model->rst = 0;
    }
    table_builder_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("table_builder");
    TCase *tests = tcase_create("table_builder");
    tcase_add_test(tests, tables_hold_what_the_programs_say);
    tcase_add_test(tests, blocks_back_to_back_cost_two_cycles_more_than_their_bytes);
    tcase_add_test(tests, nothing_of_a_build_survives_reset);
    suite_add_tcase(suite, tests);
    return suite;
}
