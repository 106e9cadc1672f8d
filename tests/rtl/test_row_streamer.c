/* test_row_streamer.c - hw/rtl/row_streamer.v between a builder and a gate pipeline of random speed: the rows
 * come in order, out of complete tables only, into psum rows that are free and settled only; and as soon as that is so. */
#include "row_streamer_model.h"
#include "seeded.h"

#include <check.h>

enum { SETTLED = 4, BANKS = 2, PSUM_ROWS = 512, MAX_WAIT = 40 };
enum {
    READY_DELAY = 8,
    UNIT_HEAD = 6
}; /* from a tile's last row to its sums in psum; what gates take before they read them */

struct layer {
    unsigned tiles, rows, x_blocks, h_blocks;
    bool is_output;
};

struct bench {
    struct row_streamer_model *model;
    struct seeded random;
    struct layer layer;
    unsigned cycle;
    /* the builder: what it builds next, and how long that still takes */
    unsigned build_tile, build_block, build_bank, build_wait;
    bool building;
    /* the rows expected next, out of the banks whose tables are complete */
    unsigned tile, block, row, stream_bank, taken;
    unsigned started; /* the cycle in which the last block started */
    bool streams;     /* a row must be streamed in this cycle */
    /* psum: the cycle each row was last given; the row expected next */
    unsigned given[PSUM_ROWS], tile_given, block_given, row_given;
    /* the gates: tiles announced, tiles streamed but not given back */
    unsigned announced, held, gate_wait;
    uint32_t ready_due; /* bit i: a tile is announced i cycles from now */
};

static unsigned blocks(const struct bench *bench)
{
    return bench->layer.x_blocks + bench->layer.h_blocks;
}

static void offer_build(struct bench *bench)
{
    struct row_streamer_model *model = bench->model;
    unsigned block = bench->build_block;
    *model->build_done = bench->building && bench->build_wait == 0;
    row_streamer_model_eval(model);
    bool free = !bench->building && bench->build_tile < bench->layer.tiles;
    *model->build_start =
        free && !(*model->table_taken >> bench->build_bank & 1) && seeded_percent(&bench->random, 70);
    *model->build_h = block >= bench->layer.x_blocks;
    *model->build_first = block == 0 || block == bench->layer.x_blocks;
    *model->build_ends_tile = block + 1 == blocks(bench);
    *model->build_last_tile = bench->build_tile + 1 == bench->layer.tiles;
    if (*model->build_done) {
        ck_assert(!(bench->taken >> bench->build_bank & 1));
        bench->taken |= 1u << bench->build_bank;
        bench->build_bank ^= 1;
        bench->building = false;
    }
    if (*model->build_start) {
        bench->building = true;
        bench->build_wait = 9 + seeded_below(&bench->random, MAX_WAIT);
        if (++bench->build_block == blocks(bench)) {
            bench->build_block = 0;
            bench->build_tile++;
        }
    }
    bench->build_wait -= bench->build_wait > 0;
}

/* Whether a row is streamed in the next cycle: what is streamed goes on, and a block starts as soon as it may. */
static bool streams_next(struct bench *bench)
{
    struct row_streamer_model *model = bench->model;
    bool streaming = bench->streams, last = bench->row + 1 == bench->layer.rows;
    unsigned bank = streaming ? bench->stream_bank ^ 1 : bench->stream_bank;
    unsigned block = streaming ? (bench->block + 1) % blocks(bench) : bench->block;
    bool built = bench->taken >> bank & 1;
    bool blocked = block == 0 && bench->held + streaming >= BANKS;
    bool waits = bench->tile < bench->layer.tiles && !streaming;
    ck_assert_uint_eq(*model->waits_for_build, waits && !built);
    ck_assert_uint_eq(*model->waits_for_gates, waits && built && blocked);
    if (streaming && !last)
        return true;
    if (!built || blocked || *model->drain_turn || bench->cycle < bench->started + SETTLED)
        return false;
    bench->started = bench->cycle;
    return true;
}

/* A row is streamed: it is the next, of a complete table. Its psum bank is one of two. */
static void check_stream(struct bench *bench)
{
    ck_assert_uint_lt(bench->tile, bench->layer.tiles);
    ck_assert(bench->taken >> bench->stream_bank & 1);
    ck_assert_uint_lt(bench->held, BANKS);
    bool ends = bench->row + 1 == bench->layer.rows && bench->block + 1 == blocks(bench);
    ck_assert_uint_eq(*bench->model->tile_ends, ends);
    if (++bench->row < bench->layer.rows)
        return;
    bench->row = 0;
    bench->taken &= ~(1u << bench->stream_bank);
    bench->stream_bank ^= 1;
    if (++bench->block < blocks(bench))
        return;
    bench->block = 0;
    bench->tile++;
    bench->held++;
    bench->ready_due |= 1u << (READY_DELAY - (bench->layer.is_output ? 0 : UNIT_HEAD));
}

/* A row meets psum, in its turn; its old sum has settled. */
static void check_psum(struct bench *bench, unsigned tile_base)
{
    struct row_streamer_model *model = bench->model;
    bool h = bench->block_given >= bench->layer.x_blocks;
    unsigned row = 256 * ((tile_base + bench->tile_given) & 1) + (h ? 128 : 0) + bench->row_given;
    bool first = bench->block_given == 0 || bench->block_given == bench->layer.x_blocks;
    ck_assert_uint_eq(*model->psum_row, row);
    ck_assert_uint_eq(*model->psum_first, first);
    ck_assert(*model->psum_row & 1 || !*model->drain_turn);
    ck_assert(first || bench->cycle >= bench->given[row] + SETTLED);
    bench->given[row] = bench->cycle;
    if (++bench->row_given < bench->layer.rows)
        return;
    bench->row_given = 0;
    if (++bench->block_given < blocks(bench))
        return;
    bench->block_given = 0;
    bench->tile_given++;
}

static void gates(struct bench *bench)
{
    struct row_streamer_model *model = bench->model;
    bench->ready_due >>= 1;
    ck_assert_uint_eq(*model->tile_ready, bench->ready_due & 1);
    if (*model->tile_ready) {
        ck_assert(!bench->layer.is_output || bench->announced < bench->tile_given);
        bench->announced++;
        bench->gate_wait = UNIT_HEAD + seeded_below(&bench->random, 4 * MAX_WAIT);
    }
    *model->tile_release = bench->held > bench->tile - bench->announced && bench->gate_wait == 0;
    bench->held -= *model->tile_release;
    if (*model->tile_release)
        bench->gate_wait = seeded_below(&bench->random, 4 * MAX_WAIT);
    bench->gate_wait -= bench->gate_wait > 0;
}

static void run_layer(struct bench *bench, unsigned tile_base)
{
    struct row_streamer_model *model = bench->model;
    bench->build_tile = bench->build_block = bench->tile = bench->tile_given = bench->announced = 0;
    *model->rows = (uint8_t)bench->layer.rows;
    *model->is_output = bench->layer.is_output;
    *model->tile_release = 0;
    *model->layer_start = 1;
    row_streamer_model_tick(model);
    *model->drain_turn = !*model->drain_turn;
    *model->layer_start = 0;
    for (unsigned limit = 0; !*model->finished || !*model->drained; limit++) {
        ck_assert_uint_lt(limit, 100000);
        bool next = streams_next(bench);
        offer_build(bench);
        gates(bench);
        row_streamer_model_eval(model);
        ck_assert_uint_eq(*model->row_valid, bench->streams);
        if (bench->streams)
            check_stream(bench);
        bench->streams = next;
        if (*model->psum_valid)
            check_psum(bench, tile_base);
        row_streamer_model_tick(model);
        *model->drain_turn = !*model->drain_turn;
        bench->cycle++;
    }
    ck_assert_uint_eq(bench->announced, bench->layer.tiles);
    ck_assert_uint_eq(bench->held, 0);
}

START_TEST(rows_stream_in_order_neither_too_early_nor_too_late)
{
    struct bench bench = {.model = row_streamer_model_new(), .random = {20}};
    unsigned tiles = 0;
    *bench.model->rst = 1;
    row_streamer_model_tick(bench.model);
    *bench.model->rst = 0;
    for (unsigned i = 0; i < 400; i++) {
        unsigned limit = i % 2 ? 5 : 126;
        bench.layer =
            (struct layer){1 + seeded_below(&bench.random, 5), 1 + seeded_below(&bench.random, limit),
                           1 + seeded_below(&bench.random, 4), seeded_below(&bench.random, 4), i % 4 < 2};
        if (bench.layer.h_blocks == 0 && i % 2 == 0)
            bench.layer.rows =
                PSUM_ROWS / BANKS - seeded_below(&bench.random, 128); /* beyond part H's place */
        run_layer(&bench, tiles);
        tiles += bench.layer.tiles;
    }
    row_streamer_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("row_streamer");
    TCase *tests = tcase_create("row_streamer");
    tcase_add_test(tests, rows_stream_in_order_neither_too_early_nor_too_late);
    suite_add_tcase(suite, tests);
    return suite;
}
