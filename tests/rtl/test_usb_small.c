/* test_usb_small.c - hw/board/usb_small.v: the driver and a network over D+ and D-, packet by packet. */
#include "driven_network.h"
#include "usb_bus.h"

static struct usb_bus *bus;

static void setup(void)
{
    bus = usb_bus_new();
    ck_assert_ptr_nonnull(bus);
    bus->framed = true;
    open_driven(&bus->link);
}

START_TEST(the_device_introduces_itself)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(driven.device, &geometry);
    ck_assert_str_eq(geometry.name, "small");
    ck_assert_uint_eq(geometry.weight_bytes, 65536);
    ck_assert_uint_eq(geometry.clock_khz, 48000);
    ck_assert(!*bus->host.model->led); /* there was traffic */
}
END_TEST

START_TEST(a_network_runs_over_the_bus)
{
    check_driven();
}
END_TEST

START_TEST(broken_packets_cost_no_result_and_no_repetition)
{
    bus->one_in = 10;
    must(sterna_device_load(driven.device, driven.network, NULL, &driven.error));
    for (size_t i = 0; i < STEPS; i++)
        must(sterna_device_step(driven.device, driven.inputs + i, 1, driven.got[i], &driven.error));
    ck_assert_mem_eq(driven.got, driven.expected, sizeof driven.got);
    ck_assert_uint_gt(bus->broken, 20);
    ck_assert_uint_eq(sterna_device_repeats(driven.device), 0); /* the bus repeats for itself */
}
END_TEST

START_TEST(the_device_goes_on_after_a_reset_of_the_bus)
{
    must(sterna_device_load(driven.device, driven.network, NULL, &driven.error));
    must(sterna_device_step(driven.device, driven.inputs, 10, driven.got[0], &driven.error));
    usb_bus_enumerate(bus);
    must(sterna_device_step(driven.device, driven.inputs + 10, STEPS - 10, driven.got[10], &driven.error));
    ck_assert_mem_eq(driven.got, driven.expected, sizeof driven.got);
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
                          &driven.error));
    while (bus->input.size > 0 || bus->packet_size > 0)
        usb_bus_work(bus);
    return bus->host.cycle - begun;
}

START_TEST(a_full_model_loads_in_little_more_than_its_bytes_take)
{
    size_t image = 0;
    const uint64_t took = load_full(160, 50000, &bus->host.cycle, &image); /* of 65536 */
    check_load(took, raw_time(image));
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb_small");
    TCase *tests = tcase_create("usb_small");
    tcase_add_checked_fixture(tests, setup, close_driven);
    tcase_add_test(tests, the_device_introduces_itself);
    tcase_add_test(tests, a_network_runs_over_the_bus);
    tcase_add_test(tests, broken_packets_cost_no_result_and_no_repetition);
    tcase_add_test(tests, the_device_goes_on_after_a_reset_of_the_bus);
    tcase_add_test(tests, a_full_model_loads_in_little_more_than_its_bytes_take);
    suite_add_tcase(suite, tests);
    return suite;
}
