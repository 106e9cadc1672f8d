/* test_tile_queue.c - hw/rtl/tile_queue.v against a queue of tiles: each is begun or skipped in its turn, once, with what it was announced
 * with, and given back before the next of rows begins. */
#include "protocol.h"
#include "seeded.h"
#include "tile_queue_model.h"

#include <check.h>
#include <stdbool.h>

enum { BANKS = 2, CYCLES = 200000, PATIENCE = 400, ROUND = 4 /* cycles, at least */ };

struct tile {
    bool emit, ready;
    uint8_t kind, units;
};

static struct bench {
    struct tile_queue_model *model;
    struct seeded random;
    struct tile tile[BANKS];         /* announced and not given back, the oldest first */
    unsigned tiles, begun;           /* begun: 1 if that has begun */
    bool second, none, first, ended; /* ended: tile_ends was in the cycle before */
    uint8_t cell;
    unsigned busy;    /* turns that the tile being drained takes yet */
    unsigned waiting; /* cycles without anything */
    unsigned releases, expected_releases;
    unsigned by_units, by_rows, skipped;
} bench;

/* Turns: a round ends now and then, and with it perhaps the tile. */
static void choose(void)
{
    struct tile_queue_model *model = bench.model;
    const bool units = bench.begun && bench.tile[0].kind != STERNA_KIND_OUTPUT;
    *model->second = bench.second;
    *model->none = bench.none;
    *model->cell_kind = bench.cell;
    if (!bench.second) {
        *model->round_ends = bench.none || seeded_percent(&bench.random, 40);
        *model->tile_done = units && bench.busy == 0 && *model->round_ends;
    }
    *model->rows_done = bench.begun && !units && bench.busy == 0 && seeded_percent(&bench.random, 30);
    bench.busy -= bench.busy > 0;
    /* a tile ends if a bank is free; it is ready some time later */
    *model->tile_ends = *model->tile_ready = *model->layer_start = 0;
    unsigned next = 0; /* that is not ready */
    while (next < bench.tiles && bench.tile[next].ready)
        next++;
    if (next < bench.tiles && !(bench.ended && next + 1 == bench.tiles) && seeded_percent(&bench.random, 20))
        *model->tile_ready = bench.tile[next].ready = true;
    else if (bench.tiles < BANKS && !bench.ended && seeded_percent(&bench.random, 20)) {
        *model->tile_ends = 1;
        *model->kind = (uint8_t)seeded_below(&bench.random, STERNA_KINDS);
        *model->units = seeded_byte(&bench.random);
        *model->emit = seeded_percent(&bench.random, 60);
        bench.tile[bench.tiles++] = (struct tile){*model->emit, false, *model->kind, *model->units};
    } else if (!bench.ended && seeded_percent(&bench.random, 10)) {
        *model->layer_start = 1;
        *model->continues = seeded_percent(&bench.random, 30);
        *model->kind = (uint8_t)seeded_below(&bench.random, STERNA_KINDS);
        bench.first = !*model->continues && *model->kind != STERNA_KIND_OUTPUT;
    }
}

static void given_back(void)
{
    ck_assert_uint_gt(bench.tiles, 0);
    bench.tile[0] = bench.tile[1];
    bench.tiles--;
    bench.begun = 0;
    bench.expected_releases++;
}

/* What the second half of a turn says; it was settled in the first. */
static void look(void)
{
    const struct tile_queue_model *model = bench.model;
    ck_assert_uint_eq(*model->first_ended, bench.ended && bench.first);
    ck_assert(bench.second || !(*model->begin_units || *model->begin_rows));
    ck_assert_uint_eq(*model->sending, bench.begun && bench.tile[0].kind == STERNA_KIND_OUTPUT);
    if (bench.second && *model->tile_done) { /* its end and the next one's beginning may fall together */
        given_back();
        bench.none = true;
    }
    if (*model->begin_units || *model->begin_rows) {
        ck_assert(!(*model->begin_units && *model->begin_rows));
        ck_assert(bench.tiles > 0 && !bench.begun && bench.tile[0].ready);
        ck_assert_uint_eq(*model->tile_kind, bench.tile[0].kind);
        ck_assert_uint_eq(*model->tile_units, bench.tile[0].units);
        ck_assert_uint_eq(*model->begin_rows, bench.tile[0].kind == STERNA_KIND_OUTPUT);
        ck_assert(!*model->begin_rows || bench.tile[0].emit);
        ck_assert(!*model->begin_units || *model->round_ends);
        ck_assert(!*model->begin_units || *model->none || *model->cell_kind == *model->tile_kind);
    }
}

static void advance(void)
{
    const struct tile_queue_model *model = bench.model;
    const bool units = *model->begin_units, rows = *model->begin_rows, rows_done = *model->rows_done;
    if (bench.ended && bench.first)
        bench.first = false;
    bench.ended = *model->tile_ends;
    tile_queue_model_tick(bench.model);
    if (rows_done)
        given_back();
    if (units || rows) {
        bench.begun = 1;
        bench.busy = ROUND + seeded_below(&bench.random, 12);
        bench.by_units += units;
        bench.by_rows += rows;
    }
    if (units) {
        bench.none = false;
        bench.cell = bench.tile[0].kind;
    }
    if (*bench.model->tile_release) {
        bench.releases++;
        if (bench.releases > bench.expected_releases) { /* rows that nobody wants */
            ck_assert(bench.tiles > 0 && !bench.begun && bench.tile[0].kind == STERNA_KIND_OUTPUT);
            ck_assert(bench.tile[0].ready && !bench.tile[0].emit);
            given_back();
            bench.skipped++;
        }
        ck_assert_uint_eq(bench.releases, bench.expected_releases);
    }
    bench.second = !bench.second;
}

START_TEST(tiles_are_drained_in_order)
{
    bench = (struct bench){.model = tile_queue_model_new(), .random = {31}, .none = true};
    *bench.model->rst = 1;
    tile_queue_model_tick(bench.model);
    *bench.model->rst = 0;
    ck_assert(*bench.model->idle);
    for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
        const unsigned begun = bench.by_units + bench.by_rows + bench.skipped;
        choose();
        tile_queue_model_eval(bench.model);
        look();
        advance();
        bench.waiting = begun == bench.by_units + bench.by_rows + bench.skipped && bench.tiles > 0
                            ? bench.waiting + 1
                            : 0;
        ck_assert_uint_lt(bench.waiting, PATIENCE);
    }
    ck_assert_uint_gt(bench.by_units, 1000);
    ck_assert_uint_gt(bench.by_rows, 200);
    ck_assert_uint_gt(bench.skipped, 200);
    tile_queue_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("tile_queue");
    TCase *tests = tcase_create("tile_queue");
    tcase_add_test(tests, tiles_are_drained_in_order);
    suite_add_tcase(suite, tests);
    return suite;
}
