/* test_gate_arithmetic.c - hw/rtl/gate_arithmetic.v against fixed.c, action by action: any actions in any
 * cycle that keep the numbers in their ranges, not only the schedule's, for every cell. */
#include <string.h>

#include "fixed.h"
#include "gate_arithmetic_model.h"
#include "seeded.h"

#include <check.h>

enum { PRODUCT_DELAY = 8, SQUASH_DELAY = 2, WARM_UP = 32, SUM_LIMIT = 1 << 17, STATE_LIMIT = 1 << 15 };

/* What the module remembers, and what is under way in its product unit and its table. */
struct reference {
    int32_t gate, gate_front, tanh, tanh_front, sum, before, pre, state;
    int8_t activation, activation_soon;
    int32_t product[PRODUCT_DELAY];
    int32_t squashed_pre[SQUASH_DELAY];
    bool squashed_sigmoid[SQUASH_DELAY];
    unsigned cycle;
};

/* The product that comes out in this cycle. */
static int32_t product_out(const struct reference *reference)
{
    return reference->product[reference->cycle % PRODUCT_DELAY];
}

/* Values of every size, and often the extremes. */
static int32_t some_value(struct seeded *random, unsigned bits)
{
    int32_t top = (1 << (bits - 1)) - 1;
    if (seeded_percent(random, 10))
        return seeded_percent(random, 50) ? top : -top - (int32_t)seeded_below(random, 2);
    return (int32_t)seeded_next(random) >> (32 - bits + seeded_below(random, bits));
}

static void choose_data(struct gate_arithmetic_model *model, struct seeded *random)
{
    unsigned shift = seeded_percent(random, 70) ? seeded_below(random, 12) : seeded_below(random, 32);
    *model->psum_data = (uint32_t)some_value(random, 24) & 0xFFFFFF;
    *model->scale_data = (uint16_t)(shift << 7 | seeded_below(random, 128));
    *model->bias_data = (uint16_t)some_value(random, 16);
    int32_t state = some_value(random, 16);
    *model->state_data =
        (uint16_t)(state == -STATE_LIMIT ? 1 - STATE_LIMIT : state); /* symmetric, as all are */
}

static bool fits_sum(int64_t sum)
{
    return sum >= -SUM_LIMIT && sum < SUM_LIMIT;
}

/* At most one product and one sum; a sum of 18 bits; gates from what was squashed for them. */
static void choose_actions(struct gate_arithmetic_model *model, const struct reference *reference,
                           struct seeded *random)
{
    bool sigmoid_out = reference->squashed_sigmoid[reference->cycle % SQUASH_DELAY];
    bool gated =
        *model->is_gru || *model->is_lstm; /* a vanilla cell has no sigmoids and no products of gates */
    unsigned kind = gated ? seeded_below(random, 3) : 0, sum = seeded_below(random, 6);
    *model->product_gate = kind == 1 && sigmoid_out;
    *model->product_kept = kind == 2 && (!*model->is_gru || !sigmoid_out);
    *model->product_times16 = seeded_percent(random, 50);
    *model->sum_bias = sum == 1;
    *model->sum_more = sum == 2 && fits_sum((int64_t)reference->before + product_out(reference));
    *model->sum_pre = sum == 3;
    *model->sum_zero = sum == 4;
    *model->squash_sigmoid = gated && seeded_percent(random, 50);
    *model->keep_gate = sigmoid_out && seeded_percent(random, 50);
    *model->keep_tanh = !sigmoid_out && seeded_percent(random, 50);
    *model->use_tanh = seeded_percent(random, 30);
}

/* Zero products and biases until everything holds a known number. */
static void choose_warm_up(struct gate_arithmetic_model *model, const struct reference *reference)
{
    bool sigmoid_out = reference->squashed_sigmoid[reference->cycle % SQUASH_DELAY];
    *model->psum_data = *model->scale_data = *model->bias_data = *model->state_data = 0;
    *model->sum_bias = 1;
    *model->squash_sigmoid = !*model->is_relu && (reference->cycle / SQUASH_DELAY & 1);
    *model->keep_gate = sigmoid_out;
    *model->keep_tanh = !sigmoid_out;
}

static int32_t product_in(const struct gate_arithmetic_model *model, const struct reference *reference)
{
    const unsigned slot = reference->cycle % SQUASH_DELAY;
    int32_t psum = (int32_t)(*model->psum_data ^ 0x800000) - 0x800000, state = (int16_t)*model->state_data;
    int32_t gate =
        *model->product_gate ? sterna_fixed_sigmoid(reference->squashed_pre[slot]) : reference->gate_front;
    int32_t value = *model->is_gru ? reference->pre : state;
    if (*model->product_kept)
        value = *model->is_gru            ? state - 256 * sterna_fixed_tanh(reference->squashed_pre[slot])
                : *model->product_times16 ? 16 * reference->tanh_front
                                          : reference->tanh_front;
    if (*model->product_gate || *model->product_kept)
        return (int32_t)sterna_fixed_round_shift((int64_t)gate * value, 8);
    return sterna_fixed_scale(psum, (uint8_t)(*model->scale_data | 128), (uint8_t)(*model->scale_data >> 7));
}

static int8_t activation(const struct gate_arithmetic_model *model, const struct reference *now)
{
    if (*model->is_gru)
        return sterna_fixed_activation(now->state);
    if (*model->is_lstm)
        return (int8_t)product_out(now);
    if (*model->is_tanh)
        return (int8_t)now->tanh_front;
    /* one cycle on its way already */
    return sterna_fixed_rnn_unit(*model->is_relu ? STERNA_CELL_RNN_RELU : STERNA_CELL_RNN_SIGN,
                                 now->squashed_pre[(now->cycle + 1) % SQUASH_DELAY], 0, 0);
}

static void reference_tick(struct reference *reference, const struct gate_arithmetic_model *model)
{
    const struct reference now = *reference;
    unsigned slot = now.cycle % SQUASH_DELAY;
    int32_t product = product_out(&now), state = *model->is_gru ? 256 * now.tanh_front + product : now.pre;
    reference->product[now.cycle % PRODUCT_DELAY] = product_in(model, &now);
    reference->squashed_pre[slot] = now.pre;
    reference->squashed_sigmoid[slot] = *model->squash_sigmoid;
    if (*model->sum_bias || *model->sum_more || *model->sum_pre || *model->sum_zero) {
        reference->sum = product + (*model->sum_bias   ? (int16_t)*model->bias_data
                                    : *model->sum_pre  ? now.pre
                                    : *model->sum_more ? now.before
                                                       : 0);
        reference->before = now.sum;
    }
    reference->pre = sterna_fixed_saturate(now.sum);
    if (*model->keep_gate)
        reference->gate = sterna_fixed_sigmoid(now.squashed_pre[slot]);
    if (*model->keep_gate || *model->product_kept)
        reference->gate_front = now.gate;
    if (*model->keep_tanh)
        reference->tanh = sterna_fixed_tanh(now.squashed_pre[slot]);
    if (*model->keep_tanh || *model->use_tanh)
        reference->tanh_front = now.tanh;
    reference->state = state >= -STATE_LIMIT && state < STATE_LIMIT ? state : (int16_t)state;
    reference->activation = now.activation_soon;
    reference->activation_soon = activation(model, &now);
    reference->cycle++;
}

START_TEST(any_sequence_of_actions_matches_fixed)
{
    struct gate_arithmetic_model *model = gate_arithmetic_model_new();
    struct reference reference;
    struct seeded random = {22 + (uint32_t)_i};
    memset(&reference, 0, sizeof reference);
    *model->is_gru = _i == STERNA_CELL_GRU;
    *model->is_lstm = _i == STERNA_CELL_LSTM;
    *model->is_tanh = _i == STERNA_CELL_RNN_TANH;
    *model->is_relu = _i == STERNA_CELL_RNN_RELU;
    bool small_soon = true;
    for (unsigned i = 0; i < 200000; i++) {
        if (i < WARM_UP) {
            choose_warm_up(model, &reference);
        } else {
            choose_data(model, &random);
            choose_actions(model, &reference, &random);
        }
        bool small = small_soon;
        small_soon = product_out(&reference) >= -127 && product_out(&reference) <= 127;
        reference_tick(&reference, model);
        *model->squash_tanh = !*model->is_relu && !*model->squash_sigmoid;
        gate_arithmetic_model_tick(model);
        if (i < WARM_UP)
            continue;
        ck_assert_int_eq((int16_t)*model->state, reference.state);
        if (_i != STERNA_CELL_LSTM || small)
            ck_assert_int_eq((int8_t)*model->activation, reference.activation);
    }
    gate_arithmetic_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gate_arithmetic");
    TCase *tests = tcase_create("gate_arithmetic");
    tcase_add_loop_test(tests, any_sequence_of_actions_matches_fixed, 0, STERNA_CELLS);
    suite_add_tcase(suite, tests);
    return suite;
}
