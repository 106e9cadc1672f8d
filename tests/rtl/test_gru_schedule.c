/* test_gru_schedule.c - hw/rtl/gru_schedule.v against the list of what one unit does in its 41 cycles: units
 * enter in any rounds, and each gets all of its actions whatever the others do. */
#include "gru_schedule_model.h"
#include "seeded.h"

#include <check.h>

enum { ROUND = 12, AGES = 4 };

enum action {
    READ = 1 << 0,
    PRODUCT_T = 1 << 1,
    PRODUCT_Z = 1 << 2,
    BIAS_TAKEN = 1 << 3,
    SUM_BIAS = 1 << 4,
    SUM_MORE = 1 << 5,
    SUM_T = 1 << 6,
    SQUASH_SIGMOID = 1 << 7,
    LOAD_R = 1 << 8,
    LOAD_Z = 1 << 9,
    LOAD_HN = 1 << 10,
    LOAD_XN = 1 << 11,
    LOAD_N = 1 << 12,
    STATE_TAKEN = 1 << 13,
    LOAD_STATE = 1 << 14,
    WRITE_STATE = 1 << 15,
    COUNTED = READ | BIAS_TAKEN | STATE_TAKEN | WRITE_STATE, /* never but for a unit: a stream moves on */
};

/* By the unit's cycle; what is not named is nothing. */
static const unsigned unit_actions[AGES * ROUND] = {
    [1] = READ,
    [3] = READ,
    [5] = READ,
    [7] = READ,
    [9] = READ,
    [10] = SUM_BIAS | BIAS_TAKEN, /* x_r */
    [11] = READ,
    [12] = SUM_MORE,                                 /* h_r */
    [14] = SUM_BIAS | BIAS_TAKEN | SQUASH_SIGMOID,   /* h_n; r goes in */
    [16] = SUM_BIAS | BIAS_TAKEN | LOAD_R | LOAD_HN, /* x_n */
    [17] = PRODUCT_T,
    [18] = SUM_BIAS | BIAS_TAKEN | LOAD_XN, /* x_z */
    [20] = SUM_MORE,                        /* h_z */
    [22] = SQUASH_SIGMOID,                  /* z goes in */
    [24] = LOAD_Z,
    [25] = SUM_T,
    [27] = 0, /* n goes in */
    [29] = LOAD_N | STATE_TAKEN,
    [31] = PRODUCT_Z,
    [39] = LOAD_STATE,
    [40] = WRITE_STATE,
};

/* The psum rows in the order of scales: x_r h_r h_n x_n x_z h_z. */
static const bool row_h[ROUND / 2] = {false, true, true, false, false, true};
static const unsigned row_gate[ROUND / 2] = {0, 0, 2, 2, 1, 1};

static unsigned actions_now(const struct gru_schedule_model *model)
{
    const uint8_t *const output[] = {
        model->read,     model->product_t,   model->product_z,  model->bias_taken,
        model->sum_bias, model->sum_more,    model->sum_t,      model->squash_sigmoid,
        model->load_r,   model->load_z,      model->load_hn,    model->load_xn,
        model->load_n,   model->state_taken, model->load_state, model->write_state};
    unsigned actions = 0;
    for (unsigned i = 0; i < sizeof output / sizeof *output; i++)
        actions |= (unsigned)*output[i] << i;
    return actions;
}

/* One phase, with the units that `age` says; the actions show after the clock edge. */
static void check_phase(struct gru_schedule_model *model, unsigned phase, unsigned age)
{
    unsigned needed = 0, harmless = 0;
    for (unsigned a = 0; a < AGES; a++) {
        unsigned actions = unit_actions[ROUND * a + phase];
        ck_assert_msg((harmless & actions) == 0, "two units need the same in phase %u", phase);
        needed |= age >> a & 1 ? actions : 0;
        harmless |= actions & ~(unsigned)COUNTED;
    }
    *model->phase = (uint8_t)phase;
    *model->age = (uint8_t)age;
    gru_schedule_model_eval(model);
    if (phase & 1) {
        ck_assert_uint_eq(*model->read_h, row_h[phase / 2]);
        ck_assert_uint_eq(*model->read_gate, row_gate[phase / 2]);
    }
    gru_schedule_model_tick(model);
    unsigned actions = actions_now(model);
    ck_assert_msg((actions & needed) == needed, "phase %u age %x: %x lacks some of %x", phase, age, actions,
                  needed);
    ck_assert_msg((actions & ~(needed | harmless)) == 0, "phase %u age %x: %x is more than %x", phase, age,
                  actions, needed | harmless);
}

START_TEST(every_set_of_ages_gets_its_actions)
{
    struct gru_schedule_model *model = gru_schedule_model_new();
    for (unsigned age = 0; age < 1u << AGES; age++)
        for (unsigned phase = 0; phase < ROUND; phase++)
            check_phase(model, phase, age);
    gru_schedule_model_free(model);
}
END_TEST

START_TEST(a_unit_takes_six_rows_four_biases_and_one_state)
{
    struct gru_schedule_model *model = gru_schedule_model_new();
    struct seeded random = {23};
    unsigned age = 0, units = 0, reads = 0, biases = 0, states = 0, writes = 0;
    for (unsigned round = 0; round < 5000 + AGES; round++) {
        bool enters = round < 5000 && seeded_percent(&random, round % 1000 < 500 ? 90 : 30);
        age = (age << 1 | enters) & 15;
        units += enters;
        for (unsigned phase = 0; phase < ROUND; phase++) {
            check_phase(model, phase, age);
            reads += *model->read;
            biases += *model->bias_taken;
            states += *model->state_taken;
            writes += *model->write_state;
        }
    }
    ck_assert_uint_eq(reads, 6 * units);
    ck_assert_uint_eq(biases, 4 * units);
    ck_assert_uint_eq(states, units);
    ck_assert_uint_eq(writes, units);
    gru_schedule_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("gru_schedule");
    TCase *tests = tcase_create("gru_schedule");
    tcase_add_test(tests, every_set_of_ages_gets_its_actions);
    tcase_add_test(tests, a_unit_takes_six_rows_four_biases_and_one_state);
    suite_add_tcase(suite, tests);
    return suite;
}
