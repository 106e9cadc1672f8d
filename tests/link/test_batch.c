/* test_batch.c - batches of steps that go ahead of their replies to the software and the simulated device, over a link that loses, changes,
 * doubles and cuts frames: the sums are those of fixed.c. */
#include <string.h>

#include "driver.h"
#include "faulty_link.h"
#include "fixed.h"

#include <check.h>

static const char *const addresses[] = {"reference:up5k", "sim"};

/* A frame has room for the results of one step; the simulated wire takes a byte in a cycle. */
enum { INPUTS = 11, HIDDEN = 20, OUTPUTS = 100, STEPS = 64, SPEED = 48000000, ROUNDS = 12 };

static struct sterna_error error;

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

START_TEST(a_batch_that_suffers_gives_the_sums_of_fixed)
{
    static uint16_t inputs[STEPS];
    static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
    struct sterna_model *model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 3);
    struct sterna_fixed_state state;
    struct sterna_link *inner = NULL;
    struct sterna_device *device = NULL;
    uint64_t seed = 9, made_again = 0;
    must(sterna_fixed_new(model, &state, &error));
    for (size_t i = 0; i < STEPS; i++) {
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        sterna_fixed_step_one_hot(model, &state, inputs[i], expected[i]);
    }
    sterna_fixed_free(&state);
    must(sterna_link_open(addresses[_i], &inner, &error));
    struct faulty_link *faulty = faulty_link_new(inner, 10);
    ck_assert_ptr_nonnull(faulty);
    faulty_link_tell(faulty, SPEED);
    must(sterna_device_open_link(&faulty->link, &device, &error));
    must(sterna_device_load(device, model, NULL, &error));
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t repeats = sterna_device_repeats(device);
        struct sterna_counters counters;
        memset(got, 0x55, sizeof got);
        must(sterna_device_reset(device, &error));
        must(sterna_device_counters(device, true, &counters, &error));
        faulty->one_in = round ? 80 : 0;
        must(sterna_device_step(device, inputs, STEPS, got[0], &error));
        faulty->one_in = 0;
        ck_assert_mem_eq(got, expected, sizeof got);
        must(sterna_device_counters(device, false, &counters, &error));
        ck_assert_uint_ge(counters.steps, STEPS);
        made_again += counters.steps - STEPS;
        if (round == 0)
            ck_assert_uint_eq(sterna_device_repeats(device), repeats);
    }
    ck_assert_uint_gt(made_again, 20);
    sterna_device_close(device);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("batch");
    TCase *tests = tcase_create("batch");
    tcase_add_loop_test(tests, a_batch_that_suffers_gives_the_sums_of_fixed, 0, &sterna_link_sim ? 2 : 1);
    suite_add_tcase(suite, tests);
    return suite;
}
