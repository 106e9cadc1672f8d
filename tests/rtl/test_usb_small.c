/* test_usb_small.c - hw/board/usb_small.v: the driver and a network over D+ and D-, packet by packet. */
#include "../random_model.h"
#include "driver.h"
#include "fixed.h"
#include "usb_bus.h"

enum { INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 30 };

static struct usb_bus *bus;
static struct sterna_device *device;
static struct sterna_model *network;
static struct sterna_error error;
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
static uint16_t inputs[STEPS];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void setup(void)
{
    struct sterna_fixed_state state;
    uint64_t seed = 2;
    bus = usb_bus_new();
    ck_assert_ptr_nonnull(bus);
    bus->framed = true;
    must(sterna_device_open_link(&bus->link, &device, &error));
    network = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(network);
    must(sterna_fixed_new(network, &state, &error));
    for (size_t i = 0; i < STEPS; i++) {
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        sterna_fixed_step_one_hot(network, &state, inputs[i], expected[i]);
    }
    sterna_fixed_free(&state);
}

static void teardown(void)
{
    sterna_device_close(device);
    sterna_model_free(network);
}

START_TEST(the_device_introduces_itself)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(device, &geometry);
    ck_assert_str_eq(geometry.name, "small");
    ck_assert_uint_eq(geometry.weight_bytes, 65536);
    ck_assert_uint_eq(geometry.clock_khz, 48000);
    ck_assert(!*bus->host.model->led); /* there was traffic */
}
END_TEST

START_TEST(a_network_runs_over_the_bus)
{
    must(sterna_device_load(device, network, NULL, &error));
    must(sterna_device_step(device, inputs, STEPS, got[0], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
}
END_TEST

START_TEST(broken_packets_cost_no_result_and_no_repetition)
{
    bus->one_in = 10;
    must(sterna_device_load(device, network, NULL, &error));
    for (size_t i = 0; i < STEPS; i++)
        must(sterna_device_step(device, inputs + i, 1, got[i], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_gt(bus->broken, 20);
    ck_assert_uint_eq(sterna_device_repeats(device), 0); /* the bus repeats for itself */
}
END_TEST

START_TEST(the_device_goes_on_after_a_reset_of_the_bus)
{
    must(sterna_device_load(device, network, NULL, &error));
    must(sterna_device_step(device, inputs, 10, got[0], &error));
    usb_bus_enumerate(bus);
    must(sterna_device_step(device, inputs + 10, STEPS - 10, got[10], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

/* Cycles that so many bytes take which mean nothing, in one transfer after the other. */
static uint64_t raw_time(size_t bytes)
{
    static uint8_t letters[1 << 15];
    const uint64_t begun = bus->host.cycle;
    memset(letters, 0x55, sizeof letters); /* which needs no stuffing */
    for (size_t done = 0; done < bytes; done += sizeof letters)
        must(usb_bus_send(&bus->link, letters, bytes - done < sizeof letters ? bytes - done : sizeof letters,
                          &error));
    while (bus->input.size > 0 || bus->packet_size > 0)
        usb_bus_work(bus);
    return bus->host.cycle - begun;
}

START_TEST(a_full_model_loads_in_little_more_than_its_bytes_take)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 64, 160, 1, 64};
    struct sterna_model *full = random_model_of(&shape, STERNA_FORMAT_INT4, 3);
    struct sterna_load_report report;
    ck_assert_ptr_nonnull(full);
    const uint64_t begun = bus->host.cycle;
    must(sterna_device_load(device, full, &report, &error));
    const uint64_t took = bus->host.cycle - begun;
    const uint64_t raw =
        raw_time(report.weight_bytes + 2 * (report.scales + report.biases) + report.program_bytes);
    ck_assert_uint_gt(report.weight_bytes, 50000); /* of 65536 */
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
    ck_assert_msg(took <= raw * 13 / 10, "%.3f times the raw time", (double)took / (double)raw);
    sterna_model_free(full);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb_small");
    TCase *tests = tcase_create("usb_small");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, the_device_introduces_itself);
    tcase_add_test(tests, a_network_runs_over_the_bus);
    tcase_add_test(tests, broken_packets_cost_no_result_and_no_repetition);
    tcase_add_test(tests, the_device_goes_on_after_a_reset_of_the_bus);
    tcase_add_test(tests, a_full_model_loads_in_little_more_than_its_bytes_take);
    suite_add_tcase(suite, tests);
    return suite;
}
