/* test_stream_drain.c - hw/rtl/stream_drain.v (eight streams) between tiles that end at random and gates of random speed: every unit of
 * every tile is shown once, in order, in a bank that is free, and what the gates read is of that stream. */
#include "seeded.h"
#include "stream_drain_model.h"

#include <check.h>

enum { STREAMS = 8, READY_DELAY = 8, TILES = 3000, BANKS = 2 };

struct bench {
    struct stream_drain_model *model;
    struct seeded random;
    unsigned units, total;
    unsigned ended, ready, shown, released; /* tiles */
    unsigned ends_at[2];                    /* cycles in which the last two tiles have ended */
    unsigned stream;                        /* to be shown next */
    /* the gates: parts in their banks */
    unsigned part_tile[BANKS], part_stream[BANKS], to, from, parts;
    bool part_last[BANKS];
    unsigned cycle;
};

static void random_section(struct bench *bench)
{
    bench->units = 1 + seeded_below(&bench->random, 40);
    bench->total = 1 + seeded_below(&bench->random, STREAMS * bench->units);
    *bench->model->units = (uint8_t)bench->units;
    *bench->model->total = (uint16_t)bench->total;
}

/* A part is shown: the next stream's, when its tile's sums are there and a bank is free. */
static void take_part(struct bench *bench)
{
    struct stream_drain_model *model = bench->model;
    const unsigned before = bench->stream * bench->units, left = bench->total - before;
    ck_assert_uint_lt(bench->shown, bench->ready);
    ck_assert_uint_lt(bench->parts, BANKS);
    ck_assert_uint_lt(before, bench->total);
    ck_assert_uint_eq(*model->m_units, left < bench->units ? left : bench->units);
    const bool last = left <= bench->units;
    bench->part_tile[bench->to] = bench->shown;
    bench->part_stream[bench->to] = bench->stream;
    bench->part_last[bench->to] = last;
    bench->to ^= 1;
    bench->parts++;
    bench->stream = last ? 0 : bench->stream + 1;
    bench->shown += last;
}

static void bench_tick(struct bench *bench, bool ends, bool ready, bool release)
{
    struct stream_drain_model *model = bench->model;
    const unsigned word = seeded_below(&bench->random, 256), bank = word >> 7;
    *model->s_tile_ends = ends;
    *model->s_tile_ready = ready;
    *model->m_tile_release = release;
    *model->m_word = (uint8_t)word;
    stream_drain_model_eval(model);
    ck_assert_uint_eq(*model->busy, bench->ended > bench->shown);
    ck_assert_uint_eq(*model->m_tile_ends, *model->m_tile_ready);
    ck_assert_uint_eq(*model->s_tile_release, release && bench->part_last[bench->from]);
    const bool asks =
        *model->drain_turn && (bench->parts == BANKS || (bench->parts == 1 && bank == bench->from));
    if (asks)
        ck_assert_uint_eq(*model->s_word, (bench->part_tile[bank] % 2) << 7 | (word & 127));
    const unsigned stream = bench->part_stream[bank];
    if (*model->m_tile_ends)
        take_part(bench);
    stream_drain_model_tick(model);
    if (asks)
        ck_assert_uint_eq(*model->stream, stream);
    *model->drain_turn ^= 1;
    bench->ended += ends;
    bench->ready += ready;
    if (release) {
        bench->released += bench->part_last[bench->from];
        bench->from ^= 1;
        bench->parts--;
    }
    bench->cycle++;
}

START_TEST(every_stream_of_every_tile_is_shown_once)
{
    struct bench bench = {.model = stream_drain_model_new(), .random = {7}};
    *bench.model->rst = 1;
    stream_drain_model_tick(bench.model);
    *bench.model->rst = 0;
    random_section(&bench);
    unsigned patience = 0, speed = 50, cycles = 0;
    while (bench.released < TILES) {
        const bool ends =
            bench.ended < TILES && bench.ended - bench.released < 2 && seeded_percent(&bench.random, 10);
        const bool ready =
            bench.ready < bench.ended && bench.cycle - bench.ends_at[bench.ready % 2] >= READY_DELAY;
        const bool release = bench.parts > 0 && seeded_percent(&bench.random, speed);
        if (ends)
            bench.ends_at[bench.ended % 2] = bench.cycle;
        bench_tick(&bench, ends, ready, release);
        if (bench.ended == bench.shown && ++patience % 5 == 0) { /* another section */
            random_section(&bench);
            speed = 2 + seeded_below(&bench.random, 60);
            bench_tick(&bench, false, false, false);
            bench_tick(&bench, false, false, false);
        }
        ck_assert_uint_lt(cycles++, 10000000);
    }
    ck_assert_uint_eq(bench.shown, TILES);
    stream_drain_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stream_drain");
    TCase *tests = tcase_create("stream_drain");
    tcase_add_test(tests, every_stream_of_every_tile_is_shown_once);
    suite_add_tcase(suite, tests);
    return suite;
}
