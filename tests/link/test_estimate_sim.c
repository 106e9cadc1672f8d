/* test_estimate_sim.c - what sterna_estimate_model says of a step is within 2 % of the counters of the simulated device, of small networks and of the
 * pieces of a stack too, and the weight memory is the limit of the large networks. */
#include "../host/stack_models.h"
#include "geometry.h"
#include "stack_piece.h"

#include <check.h>

enum { INPUTS = 40, OUTPUTS = 10, STEPS = 60, NETWORKS = 16 };

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

/* Steps of a model on the device, its estimate beside them. */
static struct sterna_counters check_cycles(struct sterna_device *device, const struct sterna_model *model,
                                           size_t steps, struct sterna_estimate *estimate)
{
    struct sterna_error error = {""};
    struct sterna_counters counters;
    const size_t inputs = sterna_model_inputs(model);
    int8_t *input = malloc(steps * inputs);
    int32_t *sums = malloc(steps * model->output.rows * sizeof *sums);
    ck_assert_msg(sterna_estimate_model(model, "up5k", estimate, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_msg(sterna_device_load(device, model, NULL, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_device_counters(device, true, &counters, &error), STERNA_OK);
    for (size_t i = 0; i < steps * inputs; i++)
        input[i] = (int8_t)(i * 37 % 255 - 127);
    ck_assert_int_eq(sterna_device_step_dense(device, input, steps, sums, &error), STERNA_OK);
    ck_assert_int_eq(sterna_device_counters(device, false, &counters, &error), STERNA_OK);
    ck_assert_uint_eq(counters.streaming, steps * estimate->streaming);
    const double error_share = (double)(steps * estimate->cycles) / (double)counters.cycles - 1;
    ck_assert_msg(error_share >= -0.02 && error_share <= 0.02,
                  "%zu inputs, %zu outputs: %u cycles, estimated as %llu", inputs, model->output.rows,
                  counters.cycles, (unsigned long long)(steps * estimate->cycles));
    free(input);
    free(sums);
    return counters;
}

static struct sterna_device *open_device(void)
{
    struct sterna_device *device = NULL;
    ck_assert_int_eq(sterna_device_open("sim", &device, NULL), STERNA_OK);
    return device;
}

START_TEST(cycles_are_as_estimated)
{
    struct sterna_device *device = open_device();
    struct sterna_model *model = make(_i);
    struct sterna_estimate estimate;
    const struct sterna_counters counters = check_cycles(device, model, STEPS, &estimate);
    ck_assert_uint_ge(100 * STEPS * estimate.ideal_cycles,
                      network[_i].efficiency * (uint64_t)counters.cycles);
    sterna_device_close(device);
    sterna_model_free(model);
}
END_TEST

/* Where a step is so short that its input, its results and the gates are most of it. */
START_TEST(short_steps_are_as_estimated)
{
    static const char *const cells[] = {"gru", "lstm", "rnn-tanh", "rnn-relu"};
    struct sterna_device *device = open_device();
    uint64_t seed = 5;
    for (unsigned i = 0; i < NETWORKS; i++) {
        const size_t inputs = 1 + random_below(&seed, 80), hidden = 1 + random_below(&seed, 40);
        const size_t outputs = 1 + random_below(&seed, i % 2 ? 12 : 64);
        struct sterna_model *model = NULL;
        struct sterna_estimate estimate;
        ck_assert_int_eq(sterna_model_random_dense(cells[i % 4], inputs, hidden, outputs, i, &model, NULL),
                         STERNA_OK);
        (void)check_cycles(device, model, 120, &estimate);
        sterna_model_free(model);
    }
    sterna_device_close(device);
}
END_TEST

/* Layers of few rows and of many, with patches of one place and several, handed on as activations and as sums, whole and cut. */
START_TEST(pieces_of_a_stack_are_as_estimated)
{
    static const char *const stacks[] = {
        "conv 16 3x3 pad 1, relu, max-pool 2, conv 32 3x3 pad 1, relu, dense 48, relu",
        "conv 48 3, relu, conv 48 3 stride 2, relu"};
    const size_t inputs = _i ? 32 : 14, steps = _i ? 40 : 14;
    struct sterna_device *device = open_device();
    struct sterna_model *model = stack_model(stacks[_i], inputs, _i ? 0 : steps);
    size_t pieces = 0;
    for (size_t k = 0; k < model->stack.layers; k++) {
        struct sterna_stack_piece piece = {.rows = 0};
        struct sterna_model *part = NULL;
        const size_t height = sterna_stack_shape_height(&model->stack, k + 1, steps);
        while (model->stack.layer[k].kind == STERNA_STACK_CONV) {
            struct sterna_estimate estimate;
            ck_assert_int_eq(
                sterna_stack_piece_next(model, k, sterna_geometry_of("up5k"), height, &piece, &part, NULL),
                STERNA_OK);
            if (!part)
                break;
            (void)check_cycles(device, part, 120, &estimate);
            sterna_model_free(part);
            pieces++;
        }
    }
    ck_assert_uint_ge(pieces, 2);
    sterna_model_free(model);
    sterna_device_close(device);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("estimate_sim");
    TCase *tests = tcase_create("estimate_sim");
    tcase_add_loop_test(tests, cycles_are_as_estimated, 0, (int)(sizeof network / sizeof *network));
    tcase_add_test(tests, short_steps_are_as_estimated);
    tcase_add_loop_test(tests, pieces_of_a_stack_are_as_estimated, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
