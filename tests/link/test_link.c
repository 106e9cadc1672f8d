/* test_link.c - the contract of a device, run over every back end of this program: fixed.c in this process, then those behind
 * a link, which promise more. What a network computes is always measured against fixed.c. */
#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "faulty_link.h"
#include "fixed.h"

#include <check.h>

static const char *const addresses[] = {"reference", "reference:up5k", "sim"};

/* 46 units: two tiles and two blocks in a layer */
enum { INPUTS = 11, HIDDEN = 46, OUTPUTS = 9, STEPS = 40 };
enum { FIRST_LINK = 1, NEED_LINK = 6 }; /* of the addresses; tests that are for links alone */

static struct sterna_device *device;
static struct sterna_model *model;
static struct sterna_error error;
static uint16_t inputs[STEPS];
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

/* What fixed.c computes for the one-hot inputs from a state of zero. */
static void compute(const struct sterna_model *network, const uint16_t *indices, int32_t sums[STEPS][OUTPUTS])
{
    struct sterna_fixed_state state;
    must(sterna_fixed_new(network, &state, &error));
    for (size_t i = 0; i < STEPS; i++)
        sterna_fixed_step_one_hot(network, &state, indices[i], sums[i]);
    sterna_fixed_free(&state);
}

static void setup(void)
{
    uint64_t seed = 1;
    error.reason[0] = '\0';
    device = NULL;
    model = random_model(INPUTS, HIDDEN, 2, OUTPUTS, 2);
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < STEPS; i++)
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
    compute(model, inputs, expected);
    memset(got, 0x55, sizeof got);
}

static void teardown(void)
{
    sterna_device_close(device);
    sterna_model_free(model);
}

static void open_and_load(int which)
{
    must(sterna_device_open(addresses[which], &device, &error));
    must(sterna_device_load(device, model, NULL, &error));
}

static void step(size_t first, size_t count)
{
    must(sterna_device_step(device, inputs + first, count, got[first], &error));
}

START_TEST(geometry_is_that_of_the_up5k)
{
    struct sterna_geometry geometry, reference;
    open_and_load(_i);
    sterna_device_geometry(device, &geometry);
    sterna_device_close(device);
    must(sterna_device_open("reference:up5k", &device, &error));
    sterna_device_geometry(device, &reference);
    geometry.build_id = reference.build_id;
    ck_assert_mem_eq(&geometry, &reference, offsetof(struct sterna_geometry, name));
    ck_assert_str_eq(geometry.name, reference.name);
}
END_TEST

START_TEST(steps_give_the_sums_of_fixed)
{
    open_and_load(_i);
    step(0, STEPS);
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(any_cut_into_calls_gives_the_same_sums)
{
    uint64_t seed = 3;
    open_and_load(_i);
    for (int round = 0; round < 3; round++) {
        must(sterna_device_reset(device, &error));
        memset(got, 0x55, sizeof got);
        for (size_t done = 0, count; done < STEPS; done += count) {
            count = round == 0 ? 1 : random_below(&seed, STEPS - done + 1);
            step(done, count);
        }
        ck_assert_mem_eq(got, expected, sizeof got);
    }
}
END_TEST

START_TEST(dense_inputs_give_the_sums_of_fixed)
{
    uint64_t seed = 4;
    int8_t dense[STEPS][INPUTS];
    struct sterna_fixed_state state;
    must(sterna_fixed_new(model, &state, &error));
    for (size_t i = 0; i < STEPS; i++) {
        for (size_t j = 0; j < INPUTS; j++)
            dense[i][j] = (int8_t)((int)random_below(&seed, 255) - 127);
        sterna_fixed_step(model, &state, dense[i], expected[i]);
    }
    sterna_fixed_free(&state);
    open_and_load(_i);
    must(sterna_device_step_dense(device, dense[0], STEPS, got[0], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(one_hot_and_dense_inputs_may_alternate)
{
    int8_t dense[INPUTS];
    memset(dense, 50, sizeof dense);
    struct sterna_fixed_state state;
    must(sterna_fixed_new(model, &state, &error));
    open_and_load(_i);
    for (size_t i = 0; i < STEPS; i++) {
        if (i / 3 % 2) {
            sterna_fixed_step(model, &state, dense, expected[i]);
            must(sterna_device_step_dense(device, dense, 1, got[i], &error));
        } else {
            sterna_fixed_step_one_hot(model, &state, inputs[i], expected[i]);
            step(i, 1);
        }
    }
    sterna_fixed_free(&state);
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(reset_starts_over)
{
    open_and_load(_i);
    step(0, 7);
    must(sterna_device_reset(device, &error));
    step(0, STEPS);
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(another_model_takes_the_place_of_the_first)
{
    struct sterna_model *other = random_model(INPUTS, 5, 1, OUTPUTS, 5);
    open_and_load(_i);
    step(0, 3);
    compute(other, inputs, expected);
    must(sterna_device_load(device, other, NULL, &error));
    step(0, STEPS);
    ck_assert_mem_eq(got, expected, sizeof got);
    sterna_model_free(other);
}
END_TEST

START_TEST(a_snapshot_takes_back_what_followed)
{
    open_and_load(_i);
    uint8_t *state = malloc(sterna_device_state_bytes(device));
    ck_assert_ptr_nonnull(state);
    for (size_t at = 5; at <= 6; at++) { /* an odd and an even phase */
        must(sterna_device_reset(device, &error));
        step(0, at);
        must(sterna_device_state_get(device, state, &error));
        step(0, 4); /* astray */
        must(sterna_device_state_set(device, state, &error));
        memset(got[at], 0x55, sizeof got - at * sizeof got[0]);
        step(at, STEPS - at);
        ck_assert_mem_eq(got[at], expected[at], sizeof got - at * sizeof got[0]);
    }
    free(state);
}
END_TEST

START_TEST(two_sequences_interleave_through_snapshots)
{
    uint16_t others[STEPS];
    static int32_t expected_others[STEPS][OUTPUTS], got_others[STEPS][OUTPUTS];
    uint64_t seed = 6;
    for (size_t i = 0; i < STEPS; i++)
        others[i] = (uint16_t)random_below(&seed, INPUTS);
    compute(model, others, expected_others);
    open_and_load(_i);
    const size_t size = sterna_device_state_bytes(device);
    uint8_t *one = malloc(size), *two = malloc(size);
    ck_assert(one && two);
    must(sterna_device_state_get(device, two, &error));
    for (size_t done = 0, count; done < STEPS; done += count) {
        count = 1 + random_below(&seed, STEPS - done < 9 ? STEPS - done : 9);
        step(done, count);
        must(sterna_device_state_get(device, one, &error));
        must(sterna_device_state_set(device, two, &error));
        must(sterna_device_step(device, others + done, count, got_others[done], &error));
        must(sterna_device_state_get(device, two, &error));
        must(sterna_device_state_set(device, one, &error));
    }
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_mem_eq(got_others, expected_others, sizeof got_others);
    free(one);
    free(two);
}
END_TEST

START_TEST(a_snapshot_continues_on_another_device)
{
    open_and_load(_i);
    step(0, 13);
    uint8_t *state = malloc(sterna_device_state_bytes(device));
    ck_assert_ptr_nonnull(state);
    must(sterna_device_state_get(device, state, &error));
    sterna_device_close(device);
    open_and_load(FIRST_LINK);
    must(sterna_device_state_set(device, state, &error));
    step(13, STEPS - 13);
    ck_assert_mem_eq(got, expected, sizeof got);
    free(state);
}
END_TEST

START_TEST(counters_count_steps_and_can_be_cleared)
{
    struct sterna_counters counters;
    open_and_load(_i);
    step(0, STEPS);
    must(sterna_device_counters(device, true, &counters, &error));
    ck_assert_uint_eq(counters.steps, STEPS);
    ck_assert_uint_eq(counters.bad_frames, 0);
    if (sterna_device_simulated_cycles(device) > 0) {
        struct sterna_load_report report;
        must(sterna_device_load(device, model, &report, &error));
        ck_assert_uint_ge(counters.cycles, STEPS * report.ideal_cycles);
        ck_assert_uint_ge(counters.streaming,
                          STEPS * report.ideal_cycles); /* more where a byte has fewer weights */
    }
    must(sterna_device_counters(device, false, &counters, &error));
    ck_assert_uint_eq(counters.steps, 0);
}
END_TEST

/* Open through a faulty link; load and run with one frame in so many suffering. */
static struct faulty_link *open_faulty(int which, uint64_t seed)
{
    struct sterna_link *inner = NULL;
    must(sterna_link_open(addresses[which], &inner, &error));
    struct faulty_link *faulty = faulty_link_new(inner, seed);
    ck_assert_ptr_nonnull(faulty);
    must(sterna_device_open_link(&faulty->link, &device, &error));
    return faulty;
}

START_TEST(lost_changed_doubled_and_cut_frames_change_nothing)
{
    struct faulty_link *faulty = open_faulty(_i, 7);
    faulty->one_in = 5;
    must(sterna_device_load(device, model, NULL, &error));
    uint8_t *state = malloc(sterna_device_state_bytes(device));
    ck_assert_ptr_nonnull(state);
    for (int round = 0; round < 8; round++) {
        must(sterna_device_reset(device, &error));
        memset(got, 0x55, sizeof got);
        for (size_t i = 0; i < STEPS; i++) {
            step(i, 1);
            if (i % 10 != 9)
                continue;
            must(sterna_device_state_get(device, state, &error));
            must(sterna_device_step(device, inputs, 1, got[0], &error)); /* astray, and back */
            must(sterna_device_state_set(device, state, &error));
        }
        must(sterna_device_state_get(device, state, &error));
        ck_assert_mem_eq(got[1], expected[1], sizeof got - sizeof got[0]);
    }
    for (size_t i = 0; i < FAULTS; i++)
        ck_assert_uint_gt(faulty->count[i], 5);
    ck_assert_uint_gt(sterna_device_repeats(device), 20);
    struct sterna_counters counters;
    must(sterna_device_counters(device, false, &counters, &error));
    ck_assert_uint_eq(counters.steps, 8 * (STEPS + STEPS / 10)); /* none was executed twice */
    free(state);
}
END_TEST

START_TEST(a_device_that_falls_silent_is_a_time_out)
{
    struct faulty_link *faulty = open_faulty(_i, 8);
    must(sterna_device_load(device, model, NULL, &error));
    faulty->dead = true;
    ck_assert_int_eq(sterna_device_step(device, inputs, STEPS, got[0], &error), STERNA_ERR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(error.reason, "did not answer STEP"));
    ck_assert_int_eq(sterna_device_reset(device, &error), STERNA_ERR_TIMEOUT);
    faulty->dead = false;
    must(sterna_device_reset(device, &error));
    step(0, STEPS);
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(a_model_that_does_not_fit_leaves_the_one_that_is_loaded)
{
    struct sterna_model *large = random_model(INPUTS, 350, 1, OUTPUTS, 8);
    open_and_load(_i);
    step(0, 20);
    ck_assert_int_eq(sterna_device_load(device, large, NULL, &error), STERNA_ERR_FIT);
    ck_assert_str_eq(
        error.reason,
        "the model does not fit the device \"up5k\": it needs 2100 row scales, the device has 2048, "
        "52 too few");
    step(20, STEPS - 20);
    ck_assert_mem_eq(got, expected, sizeof got);
    sterna_model_free(large);
}
END_TEST

START_TEST(inputs_out_of_range_are_refused_and_nothing_runs)
{
    open_and_load(_i);
    step(0, 10);
    uint16_t wrong[2] = {0, INPUTS};
    int8_t dense[INPUTS] = {0};
    dense[3] = -128;
    ck_assert_int_eq(sterna_device_step(device, wrong, 2, got[10], &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "input 1 is index 11, the model has 11 inputs");
    ck_assert_int_eq(sterna_device_step_dense(device, dense, 1, got[10], &error), STERNA_ERR_RANGE);
    step(10, STEPS - 10);
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

START_TEST(without_a_model_nothing_runs)
{
    uint8_t state[1] = {0};
    must(sterna_device_open(addresses[_i], &device, &error));
    ck_assert_int_eq(sterna_device_step(device, inputs, 1, got[0], &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "no model is loaded on the device");
    ck_assert_uint_eq(sterna_device_state_bytes(device), 0);
    ck_assert_int_eq(sterna_device_state_get(device, state, &error), STERNA_ERR_RANGE);
}
END_TEST

START_TEST(an_unknown_target_or_back_end_is_missing)
{
    char address[32];
    snprintf(address, sizeof address, "%.*s:nonesuch", (int)strcspn(addresses[_i], ":"), addresses[_i]);
    ck_assert_int_eq(sterna_device_open(address, &device, &error), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "there are: up5k"));
    ck_assert_int_eq(sterna_device_open("ref", &device, &error), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "there is no device \"ref\"; this program knows: reference"));
    ck_assert_ptr_null(device);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    const TTest *const tests[] = {
        geometry_is_that_of_the_up5k, /* from here on: behind a link */
        a_snapshot_continues_on_another_device,
        lost_changed_doubled_and_cut_frames_change_nothing,
        a_device_that_falls_silent_is_a_time_out,
        a_model_that_does_not_fit_leaves_the_one_that_is_loaded,
        an_unknown_target_or_back_end_is_missing,
        steps_give_the_sums_of_fixed, /* from here on: all */
        any_cut_into_calls_gives_the_same_sums,
        dense_inputs_give_the_sums_of_fixed,
        one_hot_and_dense_inputs_may_alternate,
        reset_starts_over,
        another_model_takes_the_place_of_the_first,
        a_snapshot_takes_back_what_followed,
        two_sequences_interleave_through_snapshots,
        counters_count_steps_and_can_be_cleared,
        inputs_out_of_range_are_refused_and_nothing_runs,
        without_a_model_nothing_runs,
    };
    const int backends = &sterna_link_sim ? 3 : 2;
    Suite *suite = suite_create("link");
    TCase *contract = tcase_create("contract");
    tcase_add_checked_fixture(contract, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_loop_test(contract, tests[i], i < NEED_LINK ? FIRST_LINK : 0, backends);
    suite_add_tcase(suite, contract);
    return suite;
}
