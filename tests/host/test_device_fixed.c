/* test_device_fixed.c - the devices "reference" and "fast": every cell and format, as many steps as one likes, snapshots. (What it has in common
 * with devices behind a link is tests/link/test_link.c.) */
#include <string.h>

#include "../random_model.h"
#include "fixed.h"
#include "protocol.h"

#include <check.h>

enum { INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 20 };

static struct sterna_device *device;
static struct sterna_error error;

static void setup(void)
{
    ck_assert_int_eq(sterna_device_open("reference", &device, &error), STERNA_OK);
}

static void setup_fast(void)
{
    ck_assert_int_eq(sterna_device_open("fast", &device, &error), STERNA_OK);
}

static void teardown(void)
{
    sterna_device_close(device);
    device = NULL;
}

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static struct sterna_model *make(enum sterna_cell cell, enum sterna_format format)
{
    const struct sterna_model_shape shape = {cell, INPUTS, HIDDEN, 2, OUTPUTS};
    struct sterna_model *model = random_model_of(&shape, format, 17);
    ck_assert_ptr_nonnull(model);
    return model;
}

START_TEST(every_cell_and_format_runs_as_fixed_says)
{
    for (int format = 0; format < STERNA_FORMATS; format++) {
        struct sterna_model *model = make((enum sterna_cell)_i, (enum sterna_format)format);
        struct sterna_fixed_state state;
        int8_t dense[STEPS][INPUTS];
        int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
        uint64_t seed = 2;
        must(sterna_fixed_new(model, &state, &error));
        must(sterna_device_load(device, model, NULL, &error));
        for (size_t i = 0; i < STEPS; i++) {
            for (size_t j = 0; j < INPUTS; j++)
                dense[i][j] = (int8_t)((int)random_below(&seed, 255) - 127);
            sterna_fixed_step(model, &state, dense[i], expected[i]);
        }
        must(sterna_device_step_dense(device, dense[0], STEPS, got[0], &error));
        ck_assert_mem_eq(got, expected, sizeof got);
        sterna_fixed_free(&state);
        sterna_model_free(model);
        must(sterna_device_reset(device, &error));
    }
}
END_TEST

START_TEST(a_snapshot_is_state_and_activations)
{
    struct sterna_model *model = make(STERNA_CELL_LSTM, STERNA_FORMAT_INT8);
    struct sterna_fixed_state state;
    static const uint16_t inputs[4] = {1, 0, 6, 3};
    int32_t sums[4 * OUTPUTS];
    uint8_t snapshot[3 * 2 * HIDDEN], again[sizeof snapshot];
    must(sterna_fixed_new(model, &state, &error));
    must(sterna_device_load(device, model, NULL, &error));
    ck_assert_uint_eq(sterna_device_state_bytes(device), sizeof snapshot);
    must(sterna_device_step(device, inputs, 4, sums, &error));
    for (size_t i = 0; i < 4; i++)
        sterna_fixed_step_one_hot(model, &state, inputs[i], sums);
    must(sterna_device_state_get(device, snapshot, &error));
    for (size_t i = 0; i < state.units; i++)
        ck_assert_int_eq((int16_t)(snapshot[2 * i] | snapshot[2 * i + 1] << 8), state.state[i]);
    ck_assert_mem_eq(snapshot + 2 * state.units, state.activation, state.units);
    must(sterna_device_reset(device, &error));
    must(sterna_device_state_set(device, snapshot, &error));
    must(sterna_device_state_get(device, again, &error));
    ck_assert_mem_eq(snapshot, again, sizeof snapshot);
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

START_TEST(a_snapshot_of_nonsense_is_refused_and_changes_nothing)
{
    struct sterna_model *model = make(STERNA_CELL_GRU, STERNA_FORMAT_BINARY);
    uint8_t snapshot[3 * 2 * HIDDEN], after[sizeof snapshot];
    must(sterna_device_load(device, model, NULL, &error));
    memset(snapshot, 1, sizeof snapshot);
    snapshot[sizeof snapshot - 1] = 0x80; /* an activation of -128 */
    ck_assert_int_eq(sterna_device_state_set(device, snapshot, &error), STERNA_ERR_FORMAT);
    snapshot[sizeof snapshot - 1] = 1;
    snapshot[2] = 0x00; /* a state of -32768 */
    snapshot[3] = 0x80;
    ck_assert_int_eq(sterna_device_state_set(device, snapshot, &error), STERNA_ERR_FORMAT);
    must(sterna_device_state_get(device, after, &error));
    for (size_t i = 0; i < sizeof after; i++)
        ck_assert_uint_eq(after[i], 0);
    sterna_model_free(model);
}
END_TEST

START_TEST(its_geometry_has_no_limits_and_no_clock)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(device, &geometry);
    ck_assert_str_eq(geometry.name, "any");
    ck_assert_uint_eq(geometry.protocol, STERNA_PROTOCOL_VERSION);
    ck_assert_uint_eq(geometry.weight_bytes, UINT32_MAX);
    ck_assert_uint_eq(geometry.states, UINT32_MAX);
    ck_assert_uint_eq(geometry.one_hot_value, 64);
    ck_assert_uint_eq(geometry.tables, 0);
    ck_assert_uint_eq(geometry.clock_khz, 0);
    ck_assert_uint_eq(sterna_device_simulated_cycles(device), 0);
}
END_TEST

START_TEST(the_report_counts_what_the_model_takes)
{
    struct sterna_model *model = make(STERNA_CELL_LSTM, STERNA_FORMAT_BINARY);
    struct sterna_load_report report;
    must(sterna_device_load(device, model, &report, &error));
    /* [48, 7] [48, 12], [48, 12] [48, 12], [5, 12], eight to the byte */
    ck_assert_uint_eq(report.weight_bytes, 42 + 72 + 72 + 72 + 8);
    ck_assert_uint_eq(report.scales, 4 * 48);
    ck_assert_uint_eq(report.biases, 2 * 48);
    ck_assert_uint_eq(report.states, 2 * HIDDEN);
    ck_assert_uint_eq(report.activation_bytes, INPUTS + 2 * HIDDEN);
    ck_assert_uint_eq(report.ideal_cycles, 0);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("device_fixed");
    static void (*const setups[])(void) = {setup, setup_fast};
    static const char *const names[] = {"reference", "fast"};
    for (int i = 0; i < 2; i++) {
        TCase *tests = tcase_create(names[i]);
        tcase_add_checked_fixture(tests, setups[i], teardown);
        tcase_add_loop_test(tests, every_cell_and_format_runs_as_fixed_says, 0, STERNA_CELLS);
        tcase_add_test(tests, a_snapshot_is_state_and_activations);
        tcase_add_test(tests, a_snapshot_of_nonsense_is_refused_and_changes_nothing);
        tcase_add_test(tests, its_geometry_has_no_limits_and_no_clock);
        tcase_add_test(tests, the_report_counts_what_the_model_takes);
        suite_add_tcase(suite, tests);
    }
    return suite;
}
