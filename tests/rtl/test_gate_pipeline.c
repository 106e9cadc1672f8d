/* test_gate_pipeline.c - hw/rtl/gate_pipeline.v against fixed.c: units of every cell from psum rows and the streams of
 * scales, biases and states, at random and at every extreme; raw rows to a stream that stalls. */
#include <stdlib.h>
#include <string.h>

#include "fixed.h"
#include "gate_pipeline_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

enum { ROWS = 512, BANK = 256, PART = 128, SCALES = 2048, BIASES = 1024, STATES = 256, H = 2048, TAIL = 64 };

/* By kind: gates, the most units of a tile, cycles for a pair; the visits of a pair's rows, 10 * part + gate, in the order of scales
 * (hw/README.md), and the biases. */
static const struct cell {
    unsigned gates, units, round, visits, biases;
    unsigned visit[8];
} cell_of[STERNA_KINDS] = {
    [STERNA_KIND_GRU] = {3, 42, 16, 6, 4, {0, 10, 12, 1, 11, 2}},
    [STERNA_KIND_LSTM] = {4, 32, 24, 8, 4, {0, 10, 2, 12, 1, 11, 3, 13}},
    [STERNA_KIND_RNN_TANH] = {1, 128, 6, 2, 1, {0, 10}},
    [STERNA_KIND_RNN_RELU] = {1, 128, 6, 2, 1, {0, 10}},
    [STERNA_KIND_RNN_SIGN] = {1, 128, 6, 2, 1, {0, 10}},
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
    int32_t odd_row;                 /* of the word read before */
    unsigned scales, biases, states; /* taken in this step, as expected */
};

/* The memories answer one cycle late; psum is read only in the drain's cycles, and gives two rows one after the other. */
static void bench_tick(struct bench *bench)
{
    struct gate_pipeline_model *model = bench->model;
    *model->m_ready = !seeded_percent(&bench->random, bench->stall_percent);
    gate_pipeline_model_eval(model);
    uint32_t psum = (uint32_t)(*model->drain_turn ? bench->psum[2 * *model->psum_word] : bench->odd_row);
    bench->odd_row = *model->drain_turn ? bench->psum[2 * *model->psum_word + 1] : 0;
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
    *model->scale_data = scale & 0xFFF;
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
        bench->scale[i] = (uint16_t)(seeded_next(&bench->random) & 0xFFF);
    for (unsigned i = 0; i < BIASES; i++)
        bench->bias[i] = (int16_t)some_value(bench, 16);
    for (unsigned i = 0; i < STATES; i++)
        bench->expected_state[i] = bench->state[i] = (int16_t)some_value(bench, 16);
    memcpy(bench->expected_h, bench->h, sizeof bench->h);
}

static int32_t term(const struct bench *bench, unsigned row, unsigned scale)
{
    return sterna_fixed_scale(bench->psum[row], (uint8_t)(bench->scale[scale] | 128),
                              (uint8_t)(bench->scale[scale] >> 7));
}

/* New state and h8 of a unit from its terms and biases, in the order of visits. */
static int8_t run_unit(unsigned kind, const int32_t *t, const int32_t *b, int16_t *state)
{
    int8_t activation = 0;
    if (kind == STERNA_KIND_GRU) {
        const struct sterna_fixed_gru terms = {.x_r = t[0],
                                               .h_r = t[1],
                                               .h_n = t[2],
                                               .x_z = t[3],
                                               .h_z = t[4],
                                               .x_n = t[5],
                                               .b_r = b[0],
                                               .b_hn = b[1],
                                               .b_z = b[2],
                                               .b_xn = b[3]};
        *state = (int16_t)sterna_fixed_gru_unit(&terms, *state);
        return sterna_fixed_activation(*state);
    }
    if (kind == STERNA_KIND_LSTM) {
        const struct sterna_fixed_lstm terms = {.x_i = t[0],
                                                .h_i = t[1],
                                                .x_g = t[2],
                                                .h_g = t[3],
                                                .x_f = t[4],
                                                .h_f = t[5],
                                                .x_o = t[6],
                                                .h_o = t[7],
                                                .b_i = b[0],
                                                .b_g = b[1],
                                                .b_f = b[2],
                                                .b_o = b[3]};
        *state = (int16_t)sterna_fixed_lstm_unit(&terms, *state, &activation);
        return activation;
    }
    return sterna_fixed_rnn_unit(kind == STERNA_KIND_RNN_TANH   ? STERNA_CELL_RNN_TANH
                                 : kind == STERNA_KIND_RNN_RELU ? STERNA_CELL_RNN_RELU
                                                                : STERNA_CELL_RNN_SIGN,
                                 t[0], t[1], b[0]);
}

/* The tile's units in order; a half pair takes scales and biases for two. */
static void expect_units(struct bench *bench, unsigned kind, unsigned units, unsigned word, unsigned in_layer)
{
    const struct cell *cell = &cell_of[kind];
    for (unsigned unit = 0; unit < units; unit++) {
        unsigned i = unit % 2, row = BANK * bench->bank + unit / 2 * 2 * cell->gates + i;
        int32_t terms[8] = {0}, biases[4] = {0};
        for (unsigned v = 0; v < cell->visits; v++)
            terms[v] = term(bench, row + cell->visit[v] / 10 * PART + cell->visit[v] % 10 * 2,
                            bench->scales + 2 * v + i);
        for (unsigned b = 0; b < cell->biases; b++)
            biases[b] = bench->bias[bench->biases + 2 * b + i];
        int16_t unused = 0, *state = cell->gates > 1 ? &bench->expected_state[bench->states++] : &unused;
        bench->expected_h[8 * word + in_layer + unit] = run_unit(kind, terms, biases, state);
        if (i == 1 || unit + 1 == units) {
            bench->scales += 2 * cell->visits;
            bench->biases += 2 * cell->biases;
        }
    }
}

static void pulse(struct bench *bench, uint8_t *signal)
{
    *signal = 1;
    bench_tick(bench);
    *signal = 0;
}

/* A tile ends, a little later it is ready: wait until its bank comes back (and, if to_idle, until everything has been written). */
static unsigned drain(struct bench *bench, bool to_idle)
{
    unsigned cycles = 0, releases = bench->releases;
    pulse(bench, bench->model->tile_ends);
    bench_tick(bench);
    *bench->model->units ^= 0x55; /* the next header may be there already */
    for (unsigned wait = seeded_below(&bench->random, 9); wait > 0; wait--)
        bench_tick(bench);
    *bench->model->units ^= 0x55;
    pulse(bench, bench->model->tile_ready);
    while (bench->releases == releases || (to_idle && !*bench->model->idle)) {
        ck_assert_uint_lt(cycles++, 20000);
        bench_tick(bench);
    }
    bench->bank ^= 1;
    return cycles;
}

/* Two sections of a layer in a step of their own, of one tile each: the second continues. */
static void expect_layer(struct bench *bench, unsigned kind, unsigned first, unsigned second)
{
    const struct cell *cell = &cell_of[kind];
    unsigned word = seeded_below(&bench->random, 200);
    bench->scales = bench->biases = bench->states = 0;
    *bench->model->kind = (uint8_t)kind;
    *bench->model->units = (uint8_t)first;
    *bench->model->write_word = (uint8_t)word;
    *bench->model->continues = 0;
    pulse(bench, bench->model->step_start);
    pulse(bench, bench->model->layer_start);
    expect_units(bench, kind, first, word, 0);
    ck_assert_uint_le(drain(bench, false), cell->round * ((first + 1) / 2 + 1) + 4);
    *bench->model->continues = 1;
    *bench->model->units = (uint8_t)second;
    *bench->model->write_word = 77;
    pulse(bench, bench->model->layer_start);
    expect_units(bench, kind, second, word, first);
    ck_assert_uint_le(drain(bench, true), cell->round * ((second + 1) / 2 + 1) + TAIL);
    for (unsigned i = 0; i < 4; i++) /* idle comes before the last writes are through */
        bench_tick(bench);
    ck_assert_mem_eq(bench->state, bench->expected_state, sizeof bench->state);
    ck_assert_mem_eq(bench->h, bench->expected_h, sizeof bench->h);
    ck_assert_uint_eq(*bench->model->h_word, word + (first + second) / 8);
    ck_assert_uint_eq(bench->sent_bytes, 0);
}

START_TEST(units_match_fixed)
{
    struct bench *bench = bench_new(12 + (uint32_t)_i);
    const unsigned kind = STERNA_KIND_GRU + (unsigned)_i, most = cell_of[kind].units;
    for (unsigned i = 0; i < 300; i++) {
        unsigned limit = i % 2 ? most : 5;
        fill(bench);
        expect_layer(bench, kind, 1 + seeded_below(&bench->random, limit),
                     1 + seeded_below(&bench->random, limit));
    }
    bench_free(bench);
}
END_TEST

/* Layers of different cells in one step, one after the other. */
START_TEST(cells_may_alternate)
{
    struct bench *bench = bench_new(40);
    for (unsigned i = 0; i < 200; i++) {
        fill(bench);
        expect_layer(bench, STERNA_KIND_GRU + seeded_below(&bench->random, STERNA_KINDS - 1),
                     1 + seeded_below(&bench->random, 8), 1 + seeded_below(&bench->random, 8));
    }
    bench_free(bench);
}
END_TEST

static void check_rows(struct bench *bench, unsigned rows, bool emit)
{
    *bench->model->kind = STERNA_KIND_OUTPUT;
    *bench->model->units = (uint8_t)rows;
    *bench->model->emit = emit;
    unsigned bank = bench->bank;
    bench->sent_bytes = 0;
    drain(bench, true);
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
        for (unsigned unit = 0; unit < 42; unit++) {
            unsigned i = unit % 2, row = BANK * bench->bank + unit / 2 * 6 + i;
            enum { ZERO = 31 << 7, UNIT = 7 << 7 };                         /* 128 / 2^31, 128 / 2^7 */
            const uint16_t scale[6] = {ZERO, ZERO, UNIT, ZERO, ZERO, UNIT}; /* x_r h_r h_n x_z h_z x_n */
            const int16_t bias[4] = {pre_r, (int16_t)sign, -32767, 0};
            for (unsigned v = 0; v < 6; v++)
                bench->scale[12 * (unit / 2) + 2 * v + i] = scale[v];
            for (unsigned b = 0; b < 4; b++)
                bench->bias[8 * (unit / 2) + 2 * b + i] = bias[b];
            bench->psum[row + PART + 4] = 32767 * sign;
            bench->psum[row + 4] = (-32511 - 6 * (int32_t)unit) * sign;
        }
        expect_layer(bench, STERNA_KIND_GRU, 42, 42);
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
    tcase_add_loop_test(tests, units_match_fixed, 0, STERNA_KINDS - 1);
    tcase_add_test(tests, cells_may_alternate);
    tcase_add_test(tests, saturation_within_n_is_symmetric);
    tcase_add_test(tests, rows_are_sent_in_order_whatever_the_stalls);
    suite_add_tcase(suite, tests);
    return suite;
}
