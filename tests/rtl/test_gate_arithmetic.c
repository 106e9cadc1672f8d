/* test_gate_arithmetic.c - hw/rtl/gate_arithmetic.v against fixed.c, action by action: any actions in any
 * cycle that keep the numbers in their ranges, not only the schedule's. */
#include <string.h>

#include "fixed.h"
#include "gate_arithmetic_model.h"
#include "seeded.h"

#include <check.h>

enum { PRODUCT_DELAY = 8, SQUASH_DELAY = 2, WARM_UP = 32, SUM_LIMIT = 1 << 17, STATE_LIMIT = 1 << 15 };

/* What the module remembers, and what is under way in its product unit and its table. */
struct reference {
    int32_t r, z, hn, xn, n, d, sum, pre, state;
    int8_t activation;
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
    *model->scale_data = (uint16_t)(shift << 8 | seeded_byte(random));
    *model->bias_data = (uint16_t)some_value(random, 16);
    *model->state_data = (uint16_t)some_value(random, 16);
}

/* At most one product and one sum; a sum of 18 bits, a state of 16; gates from what was squashed for them. */
static void choose_actions(struct gate_arithmetic_model *model, const struct reference *reference,
                           struct seeded *random)
{
    bool sigmoid_out = reference->squashed_sigmoid[reference->cycle % SQUASH_DELAY];
    int32_t product = product_out(reference);
    int32_t more = reference->sum + product, state = 256 * reference->n + product;
    unsigned kind = seeded_below(random, 3), sum = seeded_below(random, 5);
    *model->product_t = kind == 1;
    *model->product_z = kind == 2;
    *model->sum_bias = sum == 1;
    *model->sum_more = sum == 2 && more >= -SUM_LIMIT && more < SUM_LIMIT;
    *model->sum_t = sum == 3;
    *model->squash_sigmoid = seeded_percent(random, 50);
    *model->load_r = sigmoid_out && seeded_percent(random, 50);
    *model->load_z = sigmoid_out && seeded_percent(random, 50);
    *model->load_n = !sigmoid_out && seeded_percent(random, 50);
    *model->load_hn = seeded_percent(random, 40);
    *model->load_xn = seeded_percent(random, 40);
    *model->load_state = state >= -STATE_LIMIT && state < STATE_LIMIT && seeded_percent(random, 80);
}

/* Zero products and biases until everything holds a known number. */
static void choose_warm_up(struct gate_arithmetic_model *model, const struct reference *reference)
{
    bool sigmoid_out = reference->squashed_sigmoid[reference->cycle % SQUASH_DELAY];
    *model->psum_data = *model->scale_data = *model->bias_data = *model->state_data = 0;
    *model->sum_bias = *model->load_hn = *model->load_xn = *model->load_state = 1;
    *model->squash_sigmoid = reference->cycle / SQUASH_DELAY & 1;
    *model->load_r = *model->load_z = sigmoid_out;
    *model->load_n = !sigmoid_out;
}

static int32_t product_in(const struct gate_arithmetic_model *model, const struct reference *reference)
{
    int32_t psum = (int32_t)(*model->psum_data ^ 0x800000) - 0x800000;
    if (*model->product_t)
        return (int32_t)sterna_fixed_round_shift((int64_t)reference->r * reference->hn, 8);
    if (*model->product_z)
        return (int32_t)sterna_fixed_round_shift((int64_t)reference->z * reference->d, 8);
    return sterna_fixed_scale(psum, (uint8_t)*model->scale_data, (uint8_t)(*model->scale_data >> 8));
}

static void reference_tick(struct reference *reference, const struct gate_arithmetic_model *model)
{
    const struct reference now = *reference;
    unsigned slot = now.cycle % SQUASH_DELAY;
    int32_t product = product_out(&now), n = sterna_fixed_tanh(now.squashed_pre[slot]);
    int32_t gate = sterna_fixed_sigmoid(now.squashed_pre[slot]);
    reference->product[now.cycle % PRODUCT_DELAY] = product_in(model, &now);
    reference->squashed_pre[slot] = now.pre;
    reference->squashed_sigmoid[slot] = *model->squash_sigmoid;
    if (*model->sum_bias || *model->sum_more || *model->sum_t)
        reference->sum = product + (*model->sum_bias ? (int16_t)*model->bias_data
                                    : *model->sum_t  ? now.xn
                                                     : now.sum);
    reference->pre = sterna_fixed_saturate(now.sum);
    reference->r = *model->load_r ? gate : now.r;
    reference->z = *model->load_z ? gate : now.z;
    reference->hn = *model->load_hn ? now.pre : now.hn;
    reference->xn = *model->load_xn ? now.pre : now.xn;
    reference->n = *model->load_n ? n : now.n;
    reference->d = *model->load_n ? (int16_t)*model->state_data - 256 * n : now.d;
    reference->state = *model->load_state ? 256 * now.n + product : now.state;
    reference->activation = sterna_fixed_activation(now.state);
    reference->cycle++;
}

START_TEST(any_sequence_of_actions_matches_fixed)
{
    struct gate_arithmetic_model *model = gate_arithmetic_model_new();
    struct reference reference;
    struct seeded random = {22};
    memset(&reference, 0, sizeof reference);
    for (unsigned i = 0; i < 500000; i++) {
        if (i < WARM_UP) {
            choose_warm_up(model, &reference);
        } else {
            choose_data(model, &random);
            choose_actions(model, &reference, &random);
        }
        reference_tick(&reference, model);
        gate_arithmetic_model_tick(model);
        if (i < WARM_UP)
            continue;
        ck_assert_int_eq((int16_t)*model->state, reference.state);
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
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, any_sequence_of_actions_matches_fixed);
    suite_add_tcase(suite, tests);
    return suite;
}
