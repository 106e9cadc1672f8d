/* test_estimate_sim.c - what sterna_estimate_model says of a step is within 2 % of the counters of the simulated device, and
 * the weight memory is the limit of the large networks. */
#include <stdlib.h>

#include "sterna.h"

#include <check.h>

enum { INPUTS = 40, OUTPUTS = 10, STEPS = 60 };

static const struct {
    const char *cell;
    size_t hidden;
    size_t words;        /* of its codebooks; 0: ternary */
    unsigned efficiency; /* percent, at least */
} network[] = {
    {"gru", 256, 0, 88},    {"lstm", 256, 0, 88},    {"gru", 128, 0, 80},      {"lstm", 64, 0, 60},
    {"gru", 30, 0, 0},      {"gru", 8, 0, 0},        {"lstm", 20, 0, 0},       {"lstm", 8, 0, 0},
    {"rnn-tanh", 40, 0, 0}, {"rnn-relu", 8, 0, 0},   {"rnn-relu", 100, 0, 40}, {"gru", 256, 50, 0},
    {"lstm", 128, 20, 0},   {"rnn-tanh", 200, 64, 0}}; /* whose tables take longer than their rows */

static struct sterna_model *make(int i)
{
    struct sterna_model *model = NULL;
    enum sterna_status status =
        network[i].words > 0
            ? sterna_model_random_codebook(network[i].cell, INPUTS, network[i].hidden, OUTPUTS, 4,
                                           network[i].words, 1, &model, NULL)
            : sterna_model_random_dense(network[i].cell, INPUTS, network[i].hidden, OUTPUTS, 1, &model, NULL);
    ck_assert_int_eq(status, STERNA_OK);
    return model;
}

START_TEST(cycles_are_as_estimated)
{
    static int8_t input[STEPS * INPUTS];
    static int32_t sums[STEPS * OUTPUTS];
    struct sterna_error error = {""};
    struct sterna_model *model = make(_i);
    struct sterna_device *device = NULL;
    struct sterna_estimate estimate;
    struct sterna_counters counters;
    ck_assert_msg(sterna_estimate_model(model, "up5k", &estimate, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_device_open("sim", &device, &error), STERNA_OK);
    ck_assert_msg(sterna_device_load(device, model, NULL, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_device_counters(device, true, &counters, &error), STERNA_OK);
    for (int i = 0; i < STEPS * INPUTS; i++)
        input[i] = (int8_t)(i * 37 % 255 - 127);
    ck_assert_int_eq(sterna_device_step_dense(device, input, STEPS, sums, &error), STERNA_OK);
    ck_assert_int_eq(sterna_device_counters(device, false, &counters, &error), STERNA_OK);
    ck_assert_uint_eq(counters.streaming, STEPS * estimate.streaming);
    ck_assert_int_le(labs((long)counters.cycles - (long)(STEPS * estimate.cycles)) * 50,
                     (long)counters.cycles);
    ck_assert_uint_ge(100 * STEPS * estimate.ideal_cycles,
                      network[_i].efficiency * (uint64_t)counters.cycles);
    sterna_device_close(device);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("estimate_sim");
    TCase *tests = tcase_create("estimate_sim");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, cycles_are_as_estimated, 0, (int)(sizeof network / sizeof *network));
    suite_add_tcase(suite, tests);
    return suite;
}
