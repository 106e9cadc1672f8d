/* test_fast_gates.c - gates in vector loops against fixed.h, one unit at a time: the ends of every range, and numbers at random. (Whole
 * networks: test_fast.c.) */
#include "../random_model.h"
#include "fast_gates.h"
#include "fixed.h"

#include <check.h>

enum { HIDDEN = 53, ROWS = 4 * HIDDEN, TRIES = 200, SUM_MAX = STERNA_MODEL_SUM_MAX };

static struct sterna_fast_tables tables;
static int32_t x_sum[ROWS], h_sum[ROWS], scratch[ROWS];
static uint8_t x_m[ROWS], x_less[ROWS], h_m[ROWS], h_less[ROWS];
static int16_t bias[ROWS], state[HIDDEN], expected_state[HIDDEN];
static int8_t activation[HIDDEN], expected[HIDDEN];

/* A number within +-most: often an end. */
static int32_t draw(uint64_t *seed, int32_t most)
{
    switch (random_below(seed, 8)) {
    case 0:
        return most;
    case 1:
        return -most;
    case 2:
        return (int32_t)random_below(seed, 3) - 1;
    default:
        return (int32_t)random_below(seed, 2 * (size_t)most + 1) - most;
    }
}

static void draw_all(uint64_t *seed)
{
    for (size_t i = 0; i < ROWS; i++) {
        x_sum[i] = draw(seed, random_below(seed, 2) ? SUM_MAX : 2000);
        h_sum[i] = draw(seed, random_below(seed, 2) ? SUM_MAX : 2000);
        x_m[i] = (uint8_t)random_below(seed, 256);
        h_m[i] = (uint8_t)random_below(seed, 256);
        x_less[i] = (uint8_t)random_below(seed, 31);
        h_less[i] = (uint8_t)random_below(seed, 31);
        bias[i] = (int16_t)draw(seed, random_below(seed, 2) ? 32767 : 3000);
    }
    for (size_t i = 0; i < HIDDEN; i++)
        state[i] = (int16_t)draw(seed, 32767);
}

static int32_t x_term(size_t row)
{
    return sterna_fixed_scale(x_sum[row], x_m[row], (uint8_t)(x_less[row] + 1));
}

static int32_t h_term(size_t row)
{
    return sterna_fixed_scale(h_sum[row], h_m[row], (uint8_t)(h_less[row] + 1));
}

static void expect_gru(size_t u)
{
    const size_t z = HIDDEN + u, n = 2 * HIDDEN + u;
    const struct sterna_fixed_gru terms = {x_term(u), x_term(z), x_term(n), h_term(u), h_term(z),
                                           h_term(n), bias[u],   bias[z],   bias[n],   bias[3 * HIDDEN + u]};
    expected_state[u] = (int16_t)sterna_fixed_gru_unit(&terms, state[u]);
    expected[u] = sterna_fixed_activation(expected_state[u]);
}

static void expect_lstm(size_t u)
{
    const size_t f = HIDDEN + u, g = 2 * HIDDEN + u, o = 3 * HIDDEN + u;
    const struct sterna_fixed_lstm terms = {x_term(u), x_term(f), x_term(g), x_term(o), h_term(u), h_term(f),
                                            h_term(g), h_term(o), bias[u],   bias[f],   bias[g],   bias[o]};
    expected_state[u] = (int16_t)sterna_fixed_lstm_unit(&terms, state[u], &expected[u]);
}

START_TEST(every_unit_is_that_of_fixed)
{
    const enum sterna_cell cell = (enum sterna_cell)_i;
    const struct sterna_fast_gates gates = {cell, HIDDEN, &tables, bias, scratch};
    const struct sterna_fast_terms x = {x_sum, x_m, x_less}, h = {h_sum, h_m, h_less};
    uint64_t seed = (uint64_t)_i + 1;
    ck_assert_uint_le(sterna_fast_scratch(cell) * HIDDEN, ROWS);
    sterna_fast_tables_fill(&tables);
    for (int i = 0; i < TRIES; i++) {
        draw_all(&seed);
        for (size_t u = 0; u < HIDDEN; u++) {
            expected_state[u] = state[u];
            if (cell == STERNA_CELL_GRU)
                expect_gru(u);
            else if (cell == STERNA_CELL_LSTM)
                expect_lstm(u);
            else
                expected[u] = sterna_fixed_rnn_unit(cell, x_term(u), h_term(u), bias[u]);
        }
        sterna_fast_gates(&gates, &x, &h, state, activation);
        ck_assert_mem_eq(state, expected_state, sizeof state);
        ck_assert_mem_eq(activation, expected, sizeof activation);
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_gates");
    TCase *tests = tcase_create("fast_gates");
    tcase_add_loop_test(tests, every_unit_is_that_of_fixed, 0, STERNA_CELLS);
    suite_add_tcase(suite, tests);
    return suite;
}
