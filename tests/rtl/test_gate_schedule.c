/* test_gate_schedule.c - hw/rtl/gate_schedule.v against the list of what one unit does in its cycles, for each kind of
 * cell: pairs enter in any rounds, and each unit gets all of its actions whatever the others do. */
#include "gate_schedule_model.h"
#include "seeded.h"

#include <check.h>

enum { AGES = 4, CYCLES = 96, ROUNDS = 2000 };

enum action {
    READ = 1 << 0,
    BIAS = 1 << 1,
    STATE = 1 << 2, /* the three of the present cycle */
    P_GATE = 1 << 3,
    P_KEPT = 1 << 4,
    TIMES16 = 1 << 5,
    S_BIAS = 1 << 6,
    S_PRE = 1 << 7,
    S_ZERO = 1 << 8,
    S_MORE = 1 << 9,
    SIGMOID = 1 << 10,
    KEEP_GATE = 1 << 11,
    KEEP_TANH = 1 << 12,
    USE_TANH = 1 << 13,
    W_STATE = 1 << 14,
    W_H = 1 << 15,
    PRESENT = READ | BIAS | STATE,
    COUNTED = PRESENT | W_STATE | W_H,       /* never but for a pair: a stream moves on */
    OF_UNIT = STATE | W_STATE | W_H,         /* and not for the second unit of a half pair */
    SUMS = S_BIAS | S_PRE | S_ZERO | S_MORE, /* no two of these at once, */
    PRODUCTS = P_GATE | P_KEPT,              /* nor of these */
};

/* A kind of cell: the turns of its rounds; by the first unit's cycle (the second's is one later) what it does, whatever is
 * not named nothing. A row read: the psum row in turn c / 2, 10 * part + gate. */
struct cell {
    uint8_t is_gru, is_lstm, is_tanh;
    unsigned turns;
    unsigned action[CYCLES];
    int row[12]; /* -1: none */
};

/* Those of the present cycle are listed one cycle before the action that needs what they bring. */
static const struct cell cell[] = {
    {1,
     0,
     0,
     8,
     {[1] = READ,
      [3] = READ,
      [5] = READ,
      [7] = READ,
      [9] = READ | BIAS,
      [10] = S_BIAS,
      [12] = S_MORE,
      [13] = READ | BIAS,
      [14] = S_BIAS | SIGMOID,
      [15] = BIAS,
      [16] = P_GATE | S_BIAS,
      [18] = S_MORE,
      [20] = SIGMOID,
      [21] = BIAS,
      [22] = S_BIAS | KEEP_GATE,
      [24] = S_PRE,
      [27] = STATE,
      [28] = KEEP_TANH | P_KEPT,
      [36] = USE_TANH | W_STATE | W_H},
     {-1, 0, 10, 12, 1, 11, -1, 2}},
    {0,
     1,
     0,
     12,
     {[5] = READ,
      [7] = READ,
      [9] = READ,
      [11] = READ,
      [13] = READ | BIAS,
      [14] = S_BIAS,
      [15] = READ,
      [16] = S_MORE,
      [17] = BIAS,
      [18] = S_BIAS | SIGMOID,
      [19] = READ,
      [20] = S_MORE | KEEP_GATE,
      [21] = READ | BIAS,
      [22] = S_BIAS,
      [24] = S_MORE | KEEP_TANH,
      [26] = SIGMOID | P_KEPT | TIMES16 | USE_TANH,
      [27] = BIAS | STATE,
      [28] = S_BIAS | P_GATE,
      [30] = S_MORE,
      [32] = SIGMOID,
      [34] = S_ZERO | KEEP_GATE,
      [36] = S_MORE,
      [38] = W_STATE,
      [40] = KEEP_TANH,
      [42] = P_KEPT | USE_TANH,
      [50] = W_H},
     {-1, -1, -1, 0, 10, 2, 12, 1, 11, -1, 3, 13}},
    {0,
     0,
     1,
     3,
     {[1] = READ,
      [3] = READ,
      [9] = BIAS,
      [10] = S_BIAS,
      [12] = S_MORE,
      [16] = KEEP_TANH,
      [18] = USE_TANH | W_H},
     {-1, 0, 10}},
    {0, 0, 0, 3, {[1] = READ, [3] = READ, [9] = BIAS, [10] = S_BIAS, [12] = S_MORE, [14] = W_H}, {-1, 0, 10}},
};

/* What the present cycle's outputs say (before) and, after the clock edge, the next one's. */
static unsigned registered(const struct gate_schedule_model *model)
{
    const uint8_t *const output[] = {
        model->product_gate, model->product_kept, model->product_times16, model->sum_bias,  model->sum_pre,
        model->sum_zero,     model->sum_more,     model->squash_sigmoid,  model->keep_gate, model->keep_tanh,
        model->use_tanh,     model->write_state,  model->write_h};
    unsigned actions = 0;
    for (unsigned i = 0; i < sizeof output / sizeof *output; i++)
        actions |= (unsigned)*output[i] << (i + 3);
    return actions;
}

/* What the present units need: those whose first unit's cycle is the same, if they are there. Half: the second unit's cycle.
 * The present cycle's actions of turn t are at cycles 2t - 1 and 2t, the others' at 2t and 2t + 1. */
static unsigned needed(const struct cell *kind, unsigned turn, unsigned half, unsigned age, unsigned full)
{
    unsigned actions = 0;
    for (unsigned a = 0; a < AGES; a++) {
        unsigned cycle = 2 * (a * kind->turns + turn);
        unsigned all =
            (cycle > 0 ? kind->action[cycle - 1] & PRESENT : 0) | (kind->action[cycle] & ~(unsigned)PRESENT);
        if (age >> a & 1)
            actions |= half && !(full >> a & 1) ? all & ~(unsigned)OF_UNIT : all;
    }
    return actions;
}

static void check_cycle(struct gate_schedule_model *model, const struct cell *kind, unsigned turn,
                        unsigned half, unsigned age, unsigned full)
{
    unsigned harmless = needed(kind, turn, 0, 15, 15) & ~(unsigned)COUNTED,
             must = needed(kind, turn, half, age, full) & ~(unsigned)PRESENT;
    *model->at = (uint16_t)(1u << turn);
    *model->there = (uint8_t)((half ? age & full : age) >> 1);
    gate_schedule_model_eval(model);
    unsigned actions = 0;
    ck_assert_uint_eq(*model->round_ends_next, turn + 2 == kind->turns);
    const unsigned *soon = kind->action + 2 * turn + 1; /* what belongs to the next turn */
    if (turn + 1 < kind->turns) {
        ck_assert_uint_eq(*model->read_next, (soon[0] & READ) != 0);
        ck_assert_uint_eq(*model->bias_next & 1, (soon[0] & BIAS) != 0);
        ck_assert_uint_eq(*model->state_next, (soon[2 * kind->turns] & STATE) != 0);
    }
    ck_assert_uint_eq(*model->bias_next >> 1, (soon[2 * kind->turns * (turn + 1 < kind->turns)] & BIAS) != 0);
    if (turn + 1 < kind->turns && kind->row[turn + 1] >= 0) {
        ck_assert_int_eq(*model->next_h, kind->row[turn + 1] / 10);
        ck_assert_int_eq(*model->next_gate, kind->row[turn + 1] % 10);
    }
    gate_schedule_model_tick(model);
    actions |= registered(model);
    ck_assert_uint_eq(*model->squash_tanh,
                      !*model->squash_sigmoid && (kind->is_gru || kind->is_lstm || kind->is_tanh));
    ck_assert_msg((actions & must) == must, "turn %u age %x: %x lacks some of %x", turn, age, actions, must);
    /* what may be done in vain: times16 and the tanh queue before there is anything in it */
    unsigned vain =
        harmless | TIMES16 | (kind->is_gru || kind->is_lstm ? 0u : KEEP_GATE | KEEP_TANH | USE_TANH);
    ck_assert_msg((actions & ~(must | vain)) == 0, "turn %u age %x: %x is more than %x", turn, age, actions,
                  must);
    ck_assert((actions & SUMS & ((actions & SUMS) - 1)) == 0);
    ck_assert((actions & PRODUCTS) != PRODUCTS);
}

START_TEST(every_unit_gets_its_actions)
{
    const struct cell *kind = &cell[_i];
    struct gate_schedule_model *model = gate_schedule_model_new();
    struct seeded random = {23};
    unsigned age = 0, full = 0;
    *model->is_gru = kind->is_gru;
    *model->is_lstm = kind->is_lstm;
    *model->is_tanh = kind->is_tanh;
    for (unsigned round = 0; round < ROUNDS; round++) {
        age = (age << 1 | seeded_percent(&random, round < ROUNDS / 2 ? 90 : 30)) & 15;
        full = (full << 1 | seeded_percent(&random, 70)) & 15;
        for (unsigned turn = 0; turn < kind->turns; turn++)
            for (unsigned half = 0; half < 2; half++)
                check_cycle(model, kind, turn, half, age, full);
    }
    gate_schedule_model_free(model);
}
END_TEST

/* The rows of a pair go into the product unit when nothing else does, and its sums come out 8 cycles later. */
START_TEST(the_lists_are_consistent)
{
    for (unsigned k = 0; k < sizeof cell / sizeof *cell; k++) {
        unsigned reads = 0, firsts = 0, mores = 0;
        for (unsigned c = 1; c + 9 < CYCLES; c++) {
            reads += (cell[k].action[c] & READ) != 0;
            firsts += (cell[k].action[c] & S_BIAS) != 0;
            if (cell[k].action[c] & READ)
                ck_assert(cell[k].action[c + 9] & (S_BIAS | S_MORE));
            if (cell[k].action[c] & S_BIAS)
                ck_assert(cell[k].action[c - 1] & BIAS);
            mores += (cell[k].action[c] & S_MORE) != 0;
        }
        ck_assert_uint_eq(reads, firsts + mores - (cell[k].is_lstm ? 1 : 0)); /* c' is a sum of products */
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gate_schedule");
    TCase *tests = tcase_create("gate_schedule");
    tcase_add_loop_test(tests, every_unit_gets_its_actions, 0, (int)(sizeof cell / sizeof *cell));
    tcase_add_test(tests, the_lists_are_consistent);
    suite_add_tcase(suite, tests);
    return suite;
}
