/* test_psum_memory.c - hw/rtl/psum_memory.v against 512 integers: runs of every parity, as close together as
 * allowed, with a drain read in every cycle that is the drain's. */
#include "psum_memory_model.h"
#include "seeded.h"

#include <check.h>

enum { ROWS = 512, BANK = 256, MASK = 0xFFFFFF, UNKNOWN = -1, SPACING = 4 };

struct bench {
    struct psum_memory_model *model;
    struct seeded random;
    int64_t psum[ROWS];     /* after every row that was given; UNKNOWN for the odd rows of odd runs */
    unsigned settled[ROWS]; /* the cycle from which the row may be read */
    unsigned cycle;
    int64_t drained[2]; /* what the drain port must show now, and in the next cycle; UNKNOWN: anything */
    uint32_t next_sum, next_carry; /* of the row given in the cycle before */
};

/* One cycle: a row or none, the sum of the row before, and a drain read if it is the drain's turn. */
static void bench_cycle(struct bench *bench, bool valid, unsigned row, bool first)
{
    struct psum_memory_model *model = bench->model;
    *model->s_valid = valid;
    *model->s_row = (uint16_t)row;
    *model->s_first = first;
    *model->s_sum = bench->next_sum;
    *model->s_carry = (uint8_t)bench->next_carry;
    unsigned drain = seeded_below(&bench->random, ROWS) & ~1u; /* the even row of a word */
    *model->drain_word = (uint8_t)(drain / 2);
    psum_memory_model_eval(model);
    if (bench->drained[0] != UNKNOWN)
        ck_assert_uint_eq(*model->drain_data, (uint32_t)bench->drained[0]);
    bench->drained[0] = bench->drained[1];
    bench->drained[1] = UNKNOWN;
    if (*model->drain_turn)
        for (unsigned i = 0; i < 2; i++) {
            bool known = bench->cycle >= bench->settled[drain] && bench->cycle >= bench->settled[drain + 1];
            bench->drained[i] = known ? bench->psum[drain + i] : UNKNOWN;
        }
    if (valid) {
        bench->next_sum =
            seeded_percent(&bench->random, 20) ? 0x40000 : seeded_next(&bench->random) & 0x7FFFF;
        bench->next_carry = seeded_below(&bench->random, 2);
        int64_t sum =
            (int64_t)bench->next_sum - (bench->next_sum & 0x40000 ? 0x80000 : 0) + bench->next_carry;
        int64_t old = first ? 0 : bench->psum[row];
        bench->psum[row] = old == UNKNOWN ? UNKNOWN : (old + sum) & MASK;
        bench->settled[row] = bench->cycle + SPACING;
    }
    psum_memory_model_tick(model);
    *model->drain_turn = !*model->drain_turn;
    bench->cycle++;
}

static void idle(struct bench *bench, unsigned cycles)
{
    for (; cycles > 0; cycles--)
        bench_cycle(bench, false, seeded_below(&bench->random, ROWS), false);
}

/* Rows base .. base + rows - 1, beginning when it is their turn. */
static void run(struct bench *bench, unsigned base, unsigned rows, bool first)
{
    if (*bench->model->drain_turn)
        idle(bench, 1);
    for (unsigned i = 0; i < rows; i++)
        bench_cycle(bench, true, base + i, first);
    if (rows & 1) {
        bench->psum[base + rows] = UNKNOWN;
        bench->settled[base + rows] = 0;
    }
}

static struct bench bench_new(uint32_t seed)
{
    struct bench bench = {.model = psum_memory_model_new(), .random = {seed}, .drained = {UNKNOWN, UNKNOWN}};
    for (unsigned i = 0; i < ROWS; i++)
        bench.psum[i] = UNKNOWN;
    *bench.model->rst = 1;
    psum_memory_model_tick(bench.model);
    *bench.model->rst = 0;
    return bench;
}

START_TEST(runs_accumulate_and_drain)
{
    struct bench bench = bench_new(11);
    for (unsigned tile = 0; tile < 600; tile++) {
        unsigned rows = tile % 3 ? 1 + seeded_below(&bench.random, 128) : 1 + tile % 7;
        unsigned base = BANK * (tile & 1) + 128 * seeded_below(&bench.random, 2);
        for (unsigned block = 0; block < 1 + tile % 5; block++) {
            run(&bench, base, rows, block == 0);
            idle(&bench, rows < SPACING ? SPACING - rows : 0);
            idle(&bench, seeded_below(&bench.random, 3));
        }
    }
    run(&bench, 0, BANK, true);
    run(&bench, BANK, BANK - 1, true);
    run(&bench, 0, BANK, false);
    idle(&bench, 2000);
    psum_memory_model_free(bench.model);
}
END_TEST

/* What is in the memory stays, whatever the row's address is meanwhile. */
START_TEST(a_reset_writes_nothing)
{
    struct bench bench = bench_new(12);
    run(&bench, 0, BANK, true);
    run(&bench, BANK, BANK, true);
    for (unsigned i = 0; i < 100; i++) {
        idle(&bench, SPACING);
        *bench.model->rst = 1;
        idle(&bench, 1 + seeded_below(&bench.random, 6));
        *bench.model->rst = 0;
    }
    idle(&bench, 2000);
    psum_memory_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("psum_memory");
    TCase *tests = tcase_create("psum_memory");
    tcase_add_test(tests, runs_accumulate_and_drain);
    tcase_add_test(tests, a_reset_writes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
