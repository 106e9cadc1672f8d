/* cell_check.h - what every cell must do, unit by unit: its integer arithmetic is fixed.h's, its backward is that of
 * differences; for tests only. */
#ifndef STERNA_CELL_CHECK_H
#define STERNA_CELL_CHECK_H

#include "cell.h"
#include "fixed.h"
#include "gradient_check.h"

#include <string.h>

#include <check.h>

enum { CELL_UNITS = 40, CELL_GATES = 4, CELL_ROWS = CELL_GATES * CELL_UNITS, CELL_SAVED = 5 };

/* ---- integer arithmetic ---- */

/* Terms as the layer hands them to a cell, and as fixed.h takes them: row g * CELL_UNITS + u is unit u of gate g. */
struct cell_terms {
    int32_t x[CELL_ROWS];                     /* scaled sums of the input's rows */
    int32_t bias[CELL_ROWS], own[CELL_UNITS]; /* of the input's terms, of the last gate's recurrent ones */
    int32_t sum[CELL_ROWS], m[CELL_ROWS], s[CELL_ROWS];
    int32_t joined[CELL_ROWS]; /* x + bias, saturated in gates with a bias of their own */
    struct sterna_gate_tables tables;
};

/* A number of the middle, or one of the corners. */
static inline int32_t cell_pick(const int32_t *corner, size_t corners, int32_t middle, uint64_t *seed)
{
    if (random_below(seed, 4) == 0)
        return corner[random_below(seed, corners)];
    return (int32_t)random_below(seed, 2 * (size_t)middle + 1) - middle;
}

static inline int32_t cell_pick_term(uint64_t *seed)
{
    static const int32_t corner[] = {0,   1,   -1,   15,   -15,   16,    -16,    17,    24,     -24,
                                     511, 512, 8175, 8176, -8176, 16351, -16352, 32767, -32767, 2048};
    return cell_pick(corner, sizeof corner / sizeof corner[0], 9000, seed);
}

static inline void cell_fill_terms(const struct sterna_cell_type *type, struct cell_terms *terms,
                                   uint64_t *seed)
{
    static const int32_t sums[] = {0, 1, -1, (1 << 23) - 1, -(1 << 23) + 1, 4095, -4095};
    static const int32_t factor[] = {0, 1, -1, 128, -128, 255, -255};
    const size_t rows = type->gates * CELL_UNITS, plain = rows - type->own_gates * CELL_UNITS;

    sterna_gate_tables_fill(&terms->tables);
    for (size_t r = 0; r < rows; r++) {
        terms->x[r] = cell_pick_term(seed);
        terms->bias[r] = cell_pick_term(seed);
        terms->sum[r] = cell_pick(sums, sizeof sums / sizeof sums[0], 60000, seed);
        terms->m[r] = cell_pick(factor, sizeof factor / sizeof factor[0], 255, seed);
        terms->s[r] =
            (int32_t)(random_below(seed, 3) == 0 ? random_below(seed, 32) : 8 + random_below(seed, 8));
        terms->joined[r] = terms->x[r] + terms->bias[r];
        if (r >= plain)
            terms->joined[r] = sterna_fixed_saturate(terms->joined[r]);
    }
    for (size_t u = 0; u < CELL_UNITS; u++)
        terms->own[u] = cell_pick_term(seed);
}

/* Row r's recurrent term as fixed.h has it: there the sign of a row is in its codes, thus in its sum. */
static inline int32_t cell_term(const struct cell_terms *terms, size_t r)
{
    const int32_t m = terms->m[r];
    return sterna_fixed_scale(m < 0 ? -terms->sum[r] : terms->sum[r], (uint8_t)abs(m), (uint8_t)terms->s[r]);
}

/* What the cell makes of the terms and the state s [CELL_UNITS]; saved, s_next and a_next as in cell.h. */
static inline void cell_run_fixed(const struct sterna_cell_type *type, const struct cell_terms *terms,
                                  const float *s, float *saved, float *s_next, float *a_next)
{
    const struct sterna_fixed_row row = {.tables = &terms->tables,
                                         .x = terms->joined,
                                         .sum = terms->sum,
                                         .m = terms->m,
                                         .s = terms->s,
                                         .bias = terms->own};
    type->fixed(CELL_UNITS, &row, s, saved, s_next, a_next);
}

/* fixed.h's unit u from its terms and state: the state that follows, and h8; checks saved, what backward takes the gates for. */
typedef int32_t cell_unit(const struct cell_terms *terms, size_t u, int32_t state, const float *saved,
                          int8_t *activation);

/* Random terms and states, and corners: the cell's numbers are those that the unit's integers stand for. one_state: the
 * integer state that stands for 1.0. */
static inline void cell_check_fixed(const struct sterna_cell_type *type, float one_state, cell_unit *unit)
{
    const float one = (float)sterna_cell_one(type->cell);
    uint64_t seed = 5;

    for (int round = 0; round < 400; round++) {
        float s[CELL_UNITS], saved[CELL_SAVED * CELL_UNITS], s_next[CELL_UNITS] = {0}, a_next[CELL_UNITS];
        int32_t state[CELL_UNITS];
        struct cell_terms terms;
        cell_fill_terms(type, &terms, &seed);
        for (size_t u = 0; u < CELL_UNITS; u++) {
            state[u] = sterna_fixed_saturate(4 * cell_pick_term(&seed));
            s[u] = (float)state[u] / one_state;
        }
        cell_run_fixed(type, &terms, s, saved, s_next, a_next);
        for (size_t u = 0; u < CELL_UNITS; u++) {
            int8_t activation = 0;
            const int32_t next = unit(&terms, u, state[u], saved, &activation);
            if ((int32_t)(s_next[u] * one_state) != next || a_next[u] * one != (float)activation)
                ck_abort_msg("round %d, unit %zu: state %g, expected %d; activation %g, expected %d", round,
                             u, (double)(s_next[u] * one_state), (int)next, (double)(a_next[u] * one),
                             (int)activation);
        }
    }
}

/* ---- gradients ---- */

/* A step of one unit after the other; the objective is <wanted_a, a_next> + <wanted_s, s_next>. */
struct cell_bench {
    const struct sterna_cell_type *type;
    float x[CELL_ROWS], product[CELL_ROWS], own[CELL_UNITS], s[CELL_UNITS];
    float wanted_a[CELL_UNITS], wanted_s[CELL_UNITS];
    float saved[CELL_SAVED * CELL_UNITS], s_next[CELL_UNITS], a_next[CELL_UNITS];
};

static inline void cell_forward(struct cell_bench *bench)
{
    const struct sterna_cell_type *type = bench->type;
    memcpy(bench->saved, bench->product, type->gates * CELL_UNITS * sizeof(float));
    type->forward(CELL_UNITS, bench->x, bench->own, bench->s, bench->saved, bench->s_next, bench->a_next);
}

static inline double cell_objective(void *context)
{
    struct cell_bench *bench = context;
    double sum = 0.0;
    cell_forward(bench);
    for (size_t u = 0; u < CELL_UNITS; u++)
        sum += (double)bench->wanted_a[u] * (double)bench->a_next[u] +
               (double)bench->wanted_s[u] * (double)bench->s_next[u];
    return sum;
}

/* with_state: a_next and s_next are different things (LSTM). */
static inline void cell_bench_fill(struct cell_bench *bench, const struct sterna_cell_type *type,
                                   bool with_state)
{
    uint64_t seed = 27;
    memset(bench, 0, sizeof *bench);
    bench->type = type;
    random_values(bench->x, CELL_ROWS, 1.5f, &seed);
    random_values(bench->product, CELL_ROWS, 1.5f, &seed);
    random_values(bench->own, CELL_UNITS, 1.0f, &seed);
    random_values(bench->s, CELL_UNITS, 0.9f, &seed);
    random_values(bench->wanted_a, CELL_UNITS, 1.0f, &seed);
    if (with_state)
        random_values(bench->wanted_s, CELL_UNITS, 1.0f, &seed);
}

static inline void cell_expect(const char *what, size_t i, struct cell_bench *bench, float *at, float got)
{
    const double numeric = numeric_gradient(cell_objective, bench, at);
    ck_assert_msg(gradients_agree(numeric, (double)got), "%s[%zu]: %g by differences, %g backward", what, i,
                  numeric, (double)got);
}

/* Gradients of the input's terms, the recurrent products, their own biases, and the carried state, which comes back in da for cells
 * whose activation is their state, and else in ds. */
static inline void cell_check_backward(const struct sterna_cell_type *type, bool with_state)
{
    struct cell_bench bench;
    float saved[CELL_SAVED * CELL_UNITS], da[CELL_UNITS], ds[CELL_UNITS];
    const size_t rows = type->gates * CELL_UNITS, plain = rows - type->own_gates * CELL_UNITS;

    cell_bench_fill(&bench, type, with_state);
    cell_forward(&bench);
    memcpy(saved, bench.saved, sizeof saved);
    memcpy(da, bench.wanted_a, sizeof da);
    memcpy(ds, bench.wanted_s, sizeof ds);
    type->backward(CELL_UNITS, bench.s, bench.s_next, saved, da, ds);
    for (size_t r = 0; r < rows; r++) {
        const size_t place = type->input_gradient(r / CELL_UNITS) * CELL_UNITS + r % CELL_UNITS;
        cell_expect("product", r, &bench, &bench.product[r], saved[r]);
        cell_expect("x", r, &bench, &bench.x[r], saved[place]);
        if (r >= plain)
            cell_expect("own bias", r - plain, &bench, &bench.own[r - plain], saved[r]);
    }
    for (size_t u = 0; u < CELL_UNITS; u++) {
        if (type->memory)
            cell_expect("s", u, &bench, &bench.s[u], with_state ? ds[u] : da[u]);
        if (with_state || !type->memory)
            ck_assert(da[u] == 0.0f); /* everything goes through the matrix */
    }
}

static inline double cell_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

#endif
