/* test_gate_pipeline.c - hw/rtl/gate_pipeline.v against fixed.c: units from psum rows and the streams of
 * scales, biases and states, at random and at every extreme; raw rows to a stream that stalls. */
#include <stdlib.h>
#include <string.h>

#include "fixed.h"
#include "gate_pipeline_model.h"
#include "seeded.h"

#include <check.h>

enum {
    ROWS = 512,
    BANK = 256,
    UNITS = 42,
    SCALES = 2048,
    BIASES = 1024,
    STATES = 256,
    H = 2048,
    ROUND = 12,
    TAIL = 48
};

struct bench {
    struct gate_pipeline_model *model;
    struct seeded random;
    int32_t psum[ROWS];
    uint16_t scale[SCALES];
    int16_t bias[BIASES], state[STATES], expected_state[STATES];
    int8_t h[H], expected_h[H];
    uint8_t sent[3 * ROWS];
    size_t sent_bytes;
    unsigned stall_percent, releases, bank;
};

/* The memories answer one cycle late; psum only in the drain's cycles, the others belong to the rows. */
static void bench_tick(struct bench *bench)
{
    struct gate_pipeline_model *model = bench->model;
    *model->m_ready = !seeded_percent(&bench->random, bench->stall_percent);
    gate_pipeline_model_eval(model);
    uint32_t psum =
        *model->drain_turn ? (uint32_t)bench->psum[*model->psum_row] : seeded_next(&bench->random);
    uint16_t scale = bench->scale[*model->scale_address];
    uint16_t bias = (uint16_t)bench->bias[*model->bias_address];
    uint16_t state = (uint16_t)bench->state[*model->state_read_address];
    if (*model->state_write)
        bench->state[*model->state_write_address] = (int16_t)*model->state_write_data;
    for (unsigned lane = 0; lane < 8; lane++)
        if (*model->activation_write_lanes >> lane & 1)
            bench->h[8 * *model->activation_write_address + lane] = (int8_t)*model->activation_write_data;
    if (*model->m_valid && *model->m_ready)
        bench->sent[bench->sent_bytes++] = *model->m_data;
    bench->releases += *model->tile_release;
    gate_pipeline_model_tick(model);
    *model->psum_data = psum & 0xFFFFFF;
    *model->scale_data = scale & 0x1FFF;
    *model->bias_data = bias;
    *model->state_read_data = state;
}

static struct bench *bench_new(uint32_t seed)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    bench->model = gate_pipeline_model_new();
    bench->random.state = seed;
    *bench->model->rst = 1;
    bench_tick(bench);
    *bench->model->rst = 0;
    return bench;
}

static void bench_free(struct bench *bench)
{
    gate_pipeline_model_free(bench->model);
    free(bench);
}

/* Values of every size, and often the extremes. */
static int32_t some_value(struct bench *bench, unsigned bits)
{
    int32_t top = (1 << (bits - 1)) - 1;
    if (seeded_percent(&bench->random, 10))
        return seeded_percent(&bench->random, 50) ? top : -top;
    return (int32_t)seeded_next(&bench->random) >> (32 - bits + seeded_below(&bench->random, bits));
}

static void fill(struct bench *bench)
{
    for (unsigned i = 0; i < ROWS; i++)
        bench->psum[i] = some_value(bench, 24);
    for (unsigned i = 0; i < SCALES; i++)
        bench->scale[i] = (uint16_t)(seeded_byte(&bench->random) | seeded_below(&bench->random, 32) << 8);
    for (unsigned i = 0; i < BIASES; i++)
        bench->bias[i] = (int16_t)some_value(bench, 16);
    for (unsigned i = 0; i < STATES; i++)
        bench->expected_state[i] = bench->state[i] = (int16_t)some_value(bench, 16);
    memcpy(bench->expected_h, bench->h, sizeof bench->h);
}

static int32_t term(const struct bench *bench, unsigned row, unsigned scale)
{
    return sterna_fixed_scale(bench->psum[row], (uint8_t)bench->scale[scale],
                              (uint8_t)(bench->scale[scale] >> 8));
}

static void expect_units(struct bench *bench, unsigned units, unsigned first, unsigned word,
                         unsigned in_layer)
{
    for (unsigned i = 0; i < units; i++) {
        unsigned x = BANK * bench->bank + 3 * i, h = x + 128, s = 6 * (first + i), b = 4 * (first + i);
        const struct sterna_fixed_gru terms = {
            .x_r = term(bench, x, s),
            .h_r = term(bench, h, s + 1),
            .h_n = term(bench, h + 2, s + 2),
            .x_n = term(bench, x + 2, s + 3),
            .x_z = term(bench, x + 1, s + 4),
            .h_z = term(bench, h + 1, s + 5),
            .b_r = bench->bias[b],
            .b_hn = bench->bias[b + 1],
            .b_xn = bench->bias[b + 2],
            .b_z = bench->bias[b + 3],
        };
        int32_t state = sterna_fixed_gru_unit(&terms, bench->expected_state[first + i]);
        bench->expected_state[first + i] = (int16_t)state;
        bench->expected_h[8 * word + in_layer + i] = sterna_fixed_activation(state);
    }
}

static void pulse(struct bench *bench, uint8_t *signal)
{
    *signal = 1;
    bench_tick(bench);
    *signal = 0;
}

/* Announce a tile and wait until its bank comes back (and, if to_idle, until everything has been written). */
static unsigned drain(struct bench *bench, bool last, bool to_idle)
{
    unsigned cycles = 0, releases = bench->releases;
    *bench->model->tile_last = last;
    pulse(bench, bench->model->tile_ready);
    while (bench->releases == releases || (to_idle && !*bench->model->idle)) {
        ck_assert_uint_lt(cycles++, 20000);
        bench_tick(bench);
    }
    bench->bank ^= 1;
    return cycles;
}

/* A layer of two tiles in a step of their own: full, then last. */
static void expect_gru(struct bench *bench, unsigned full, unsigned last)
{
    unsigned word = seeded_below(&bench->random, 200);
    *bench->model->is_gru = 1;
    *bench->model->units_full = (uint8_t)full;
    *bench->model->units_last = (uint8_t)last;
    *bench->model->write_word = (uint8_t)word;
    pulse(bench, bench->model->step_start);
    pulse(bench, bench->model->layer_start);
    expect_units(bench, full, 0, word, 0);
    ck_assert_uint_le(drain(bench, false, false), ROUND * (full + 2));
    expect_units(bench, last, full, word, full);
    ck_assert_uint_le(drain(bench, true, true), ROUND * (last + 2) + TAIL);
    ck_assert_mem_eq(bench->state, bench->expected_state, sizeof bench->state);
    ck_assert_mem_eq(bench->h, bench->expected_h, sizeof bench->h);
    ck_assert_uint_eq(bench->sent_bytes, 0);
}

static void check_gru(struct bench *bench, unsigned full, unsigned last)
{
    fill(bench);
    expect_gru(bench, full, last);
}

START_TEST(units_match_fixed)
{
    struct bench *bench = bench_new(12);
    for (unsigned i = 0; i < 1500; i++)
        check_gru(bench, 1 + seeded_below(&bench->random, UNITS), 1 + seeded_below(&bench->random, UNITS));
    bench_free(bench);
}
END_TEST

START_TEST(one_unit_alone_matches_fixed)
{
    struct bench *bench = bench_new(13);
    for (unsigned i = 0; i < 500; i++)
        check_gru(bench, 1, 1);
    bench_free(bench);
}
END_TEST

static void check_rows(struct bench *bench, unsigned rows, bool emit)
{
    *bench->model->is_gru = 0;
    *bench->model->rows_full = *bench->model->rows_last = (uint8_t)rows;
    *bench->model->emit = emit;
    unsigned bank = bench->bank;
    bench->sent_bytes = 0;
    drain(bench, true, true);
    ck_assert_uint_eq(bench->sent_bytes, emit ? 3 * rows : 0);
    for (unsigned i = 0; i < bench->sent_bytes; i++)
        ck_assert_uint_eq(bench->sent[i], (uint32_t)bench->psum[BANK * bank + i / 3] >> 8 * (i % 3) & 255);
}

/* Sums just beyond the limit inside n: r = 254/256 of -32768 is one less than of -32767, and x_n brings tanh
 * back into its sensitive range, with z = 0 to show n alone. */
START_TEST(saturation_within_n_is_symmetric)
{
    struct bench *bench = bench_new(15);
    int16_t pre_r = 0;
    while (sterna_fixed_sigmoid(pre_r) < 254)
        pre_r++;
    for (int sign = -1; sign <= 1; sign += 2) {
        fill(bench);
        for (unsigned i = 0; i < UNITS; i++) {
            unsigned row = BANK * bench->bank + 3 * i;
            const uint16_t scale[6] = {0, 0, 1, 1, 0, 0};
            const int16_t bias[4] = {pre_r, (int16_t)sign, 0, -32767};
            memcpy(bench->scale + 6 * i, scale, sizeof scale);
            memcpy(bench->bias + 4 * i, bias, sizeof bias);
            bench->psum[row + 128 + 2] = 32767 * sign;
            bench->psum[row + 2] = (-32511 - 6 * (int32_t)i) * sign;
        }
        expect_gru(bench, UNITS, UNITS);
    }
    bench_free(bench);
}
END_TEST

START_TEST(rows_are_sent_in_order_whatever_the_stalls)
{
    struct bench *bench = bench_new(14);
    for (unsigned i = 0; i < 300; i++) {
        fill(bench);
        bench->stall_percent = i % 3 * 45;
        check_rows(bench, i % 10 == 0 ? BANK : 1 + seeded_below(&bench->random, BANK - 1), i % 7 != 0);
    }
    bench_free(bench);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gate_pipeline");
    TCase *tests = tcase_create("gate_pipeline");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, units_match_fixed);
    tcase_add_test(tests, one_unit_alone_matches_fixed);
    tcase_add_test(tests, saturation_within_n_is_symmetric);
    tcase_add_test(tests, rows_are_sent_in_order_whatever_the_stalls);
    suite_add_tcase(suite, tests);
    return suite;
}
