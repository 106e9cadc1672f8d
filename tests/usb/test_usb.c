/* test_usb.c - the unmodified program over stock libusb against simulated boards: every fault, and what comes of it. */
#include "simulate.h"

/* ---- without faults ----------------------------------------------------------------------------------------- */

START_TEST(a_board_with_the_vendor_interface_computes_as_the_reference)
{
    simulate("--board", "vendor,serial=S1", SELFTEST);
    passed();
    ck_assert_uint_eq(counted("submits "), counted("reaps "));
    ck_assert_uint_eq(counted("resets "), 0);
}
END_TEST

START_TEST(a_board_behind_a_serial_chip_computes_as_the_reference)
{
    simulate("--board", "ftdi,serial=IB1", SELFTEST);
    passed();
}
END_TEST

START_TEST(the_verilated_accelerator_computes_as_the_reference)
{
    simulate("--board", _i ? "ftdi,on=sim" : "vendor,on=sim", SELFTEST);
    passed();
}
END_TEST

/* From libusb down to the levels of D+ and D- and up again to the accelerator; its descriptors are those read over the wire. */
START_TEST(the_usb_core_on_its_bus_computes_as_the_reference)
{
    simulate("--board", "vendor,on=bus", "--", STERNA_PROGRAM, "devices");
    ck_assert_has(child.out, "usb:00000001  Sterna accelerator, port 1-1: small, firmware build 0");
    simulate("--board", "vendor,on=bus", "--fault", "error-in:300", "--fault", "corrupt-out:%400", SELFTEST);
    passed();
    ck_assert_uint_ge(counted("faults "), 2);
    ck_assert_uint_eq(counted("resets "), 1);
}
END_TEST

START_TEST(exchanges_of_every_size_arrive_as_they_were)
{
    simulate("--board", _i ? "ftdi" : "vendor", "--", LINK_CLIENT, "usb");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_str_eq(child.out, "200 sizes, 0 repeats\n");
}
END_TEST

START_TEST(eight_transfers_wait_for_input_and_long_output_is_split)
{
    simulate("--board", "vendor", "--fault", "nak-out:0:2", "--", LINK_CLIENT, "usb");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_uint_ge(counted("in-flight "), 8);
    ck_assert_uint_ge(strtoul(strchr(strstr(child.err, "in-flight "), '/') + 1, NULL, 10), 3);
}
END_TEST

/* ---- which board ---------------------------------------------------------------------------------------------- */

START_TEST(devices_lists_every_board_with_its_geometry)
{
    simulate("--board", "vendor,serial=A", "--board", "ftdi,serial=B", "--board", "vendor,serial=A", "--",
             STERNA_PROGRAM, "devices");
    ck_assert_int_eq(child.status, 0);
    ck_assert_has(child.out, "usb:/1-1  Sterna accelerator, port 1-1: up5k, firmware build 0, protocol ");
    ck_assert_has(child.out, "\nusb:B  iCEBreaker V1.0e, port 1-2: up5k");
    ck_assert_has(child.out, "\nusb:/1-3  Sterna accelerator, port 1-3: up5k");
}
END_TEST

START_TEST(devices_says_so_if_there_is_none)
{
    simulate("--", STERNA_PROGRAM, "devices");
    ck_assert_int_eq(child.status, 0);
    ck_assert_str_eq(child.out, "");
    ck_assert_has(child.err, "no board is plugged in");
}
END_TEST

START_TEST(of_several_boards_one_must_be_named)
{
    simulate("--board", "vendor,serial=A", "--board", "ftdi,serial=B", SELFTEST);
    failed_saying("several boards are plugged in; name one of: usb:A, usb:B");
}
END_TEST

START_TEST(boards_are_told_apart_by_serial_number_and_port)
{
    static const char *const addresses[] = {"usb:A", "usb:B", "usb:/1-1", "usb:/1-2"};
    simulate("--board", "vendor,serial=A", "--board", "ftdi,serial=B", SELFTEST, "--on", addresses[_i]);
    passed();
    ck_assert_int_eq(counted("submits ") > 100, _i % 2 == 0); /* counted at the first board */
}
END_TEST

START_TEST(a_board_that_is_not_there_is_missing)
{
    simulate("--board", "vendor,serial=A", SELFTEST, "--on", "usb:C");
    failed_saying("there is no board \"C\"; there is: usb:A");
    simulate(SELFTEST);
    failed_saying("usb: no board is plugged in");
}
END_TEST

START_TEST(the_driver_of_the_kernel_is_detached_and_given_back)
{
    simulate("--board", "ftdi,driver", SELFTEST);
    passed();
    ck_assert_uint_eq(counted("detached "), 1);
    ck_assert_uint_eq(counted("attached "), 1);
}
END_TEST

START_TEST(a_busy_board_is_refused)
{
    simulate("--board", "vendor,serial=A,busy", SELFTEST);
    failed_saying("usb:A: the board is in use by another program");
}
END_TEST

START_TEST(another_version_of_the_protocol_is_refused)
{
    simulate("--board", "vendor,on=version", SELFTEST);
    failed_saying("of the protocol, this program version ");
}
END_TEST

START_TEST(a_geometry_that_cannot_be_is_refused)
{
    simulate("--board", "vendor,on=geometry", SELFTEST);
    failed_saying("the device claims 40 bits of a sum, which this program cannot drive");
}
END_TEST

START_TEST(without_permission_the_reason_says_how_to_get_it)
{
    simulate("--board", _i ? "ftdi,serial=A,denied" : "vendor,serial=A,denied", SELFTEST);
    failed_saying("usb:/1-1: no permission; install the rule that gives it: sudo make install-udev, then "
                  "plug the board in again");
}
END_TEST

START_TEST(watch_follows_boards_as_they_go_and_come)
{
    simulate("--board", "vendor,serial=A", "--fault", "unplug-in:0", "--fault", "unplug-in:2", "--replug",
             "1", "--interrupt", "2", "--", STERNA_PROGRAM, "devices", "--watch");
    ck_assert_int_eq(child.status, 0);
    ck_assert_has(child.out, "arrived usb:A  Sterna accelerator, port 1-1: usb:A: the board was unplugged\n"
                             "left usb:A  Sterna accelerator, port 1-1\n"
                             "arrived usb:A  Sterna accelerator, port 1-1: ");
}
END_TEST

/* ---- faults that are survived ------------------------------------------------------------------------------------ */

static const struct {
    const char *fault;
    unsigned long hits, clear_halts, resets; /* at least; exactly; exactly */
} survived[] = {
    {"stall-in:20", 1, 1, 0},     {"stall-in:%400", 3, 3, 0},    {"stall-out:20", 1, 1, 0},
    {"error-in:20", 1, 0, 1},     {"error-out:20", 1, 0, 1},     {"overflow-in:20", 1, 0, 1},
    {"corrupt-in:%150", 5, 0, 0}, {"corrupt-out:%100", 5, 0, 0}, {"lose-in:%200", 5, 0, 0},
    {"lose-out:%120", 5, 0, 0},   {"empty-in:%3", 500, 0, 0},    {"short-in:%2", 500, 0, 0},
    {"stall-in:0", 1, 1, 0},      {"error-out:0", 1, 0, 1},
};

START_TEST(a_passing_fault_costs_time_and_no_result)
{
    simulate("--board", "vendor,serial=S1", "--fault", survived[_i].fault, SELFTEST);
    passed();
    ck_assert_uint_ge(counted("faults "), survived[_i].hits);
    if (survived[_i].hits == 1) {
        ck_assert_uint_eq(counted("clear-halts "), survived[_i].clear_halts);
        ck_assert_uint_eq(counted("resets "), survived[_i].resets);
    }
}
END_TEST

START_TEST(a_passing_fault_behind_a_serial_chip_costs_no_result)
{
    simulate("--board", "ftdi,serial=S1", "--fault", survived[_i].fault, SELFTEST);
    passed();
}
END_TEST

START_TEST(faults_at_the_verilated_accelerator_cost_no_result)
{
    simulate("--board", "vendor,on=sim", "--fault", "corrupt-in:%900", "--fault", "corrupt-out:%400",
             "--fault", "stall-in:30", "--fault", "error-out:200", "--fault", "lose-in:%1500", SELFTEST);
    passed();
    ck_assert_uint_ge(counted("faults "), 6);
}
END_TEST

START_TEST(a_little_less_memory_for_urbs_is_enough)
{
    simulate("--board", "vendor", "--fault", "no-memory:5:3", SELFTEST);
    passed();
    ck_assert_uint_eq(counted("faults "), 3);
    ck_assert_uint_lt(counted("in-flight "), 8);
}
END_TEST

/* ---- faults that are the end ----------------------------------------------------------------------------------------- */

START_TEST(a_lasting_fault_ends_in_one_line_that_says_what)
{
    static const struct {
        const char *fault, *reason;
    } lasting[] = {
        {"stall-in:20:1000000", "usb:S1: the board keeps failing: it stalls"},
        {"stall-out:20:1000000", "usb:S1: the board keeps failing: it stalls"},
        {"error-in:20:1000000", "usb:S1: the board keeps failing: transfers fail"},
        {"overflow-in:20:1000000", "usb:S1: the board keeps failing: it sends more than was asked for"},
        {"nak-in:50:1000000", "did not answer WRITE, asked 10 times"},
        {"nak-out:50:1000000", "usb:S1: the board took no bytes for 2000 ms"},
        {"nak-out:51:1000000",
         "usb:S1: the board took no bytes for 2000 ms"}, /* within a transfer: partial data */
        {"unplug-in:0", "usb:S1: the board was unplugged"},
        {"unplug-in:50", "usb:S1: the board was unplugged"},
        {"unplug-out:60", "usb:S1: the board was unplugged"},
        {"no-memory:40:1000000", "the kernel has no memory for a transfer; raise"},
        {"no-memory:0:1000000", "the kernel has no memory for transfers; raise"},
    };
    simulate("--board", "vendor,serial=S1", "--fault", lasting[_i].fault, SELFTEST);
    failed_saying(lasting[_i].reason);
}
END_TEST

/* ---- unplugged and plugged in again ------------------------------------------------------------------------------------ */

START_TEST(with_wait_a_run_goes_on_after_replug_with_the_same_results)
{
    static const struct {
        const char *board, *fault, *line;
    } unplugged[] = {
        {"vendor,serial=S1", "unplug-in:0", "usb: the board is there"}, /* before HELLO */
        {"ftdi,serial=S1", "unplug-in:20", "usb: the board is there"},  /* while loading */
        {"vendor,serial=S1", "unplug-out:60", "usb: the board is there"},
        {"vendor,serial=S1", "unplug-in:100", "model loaded and checked, state restored"}, /* first steps */
        {"ftdi,serial=S1", "unplug-in:400", "model loaded and checked, state restored"},
        {"vendor,serial=S1", "unplug-in:2600",
         "model loaded and checked, state restored"}, /* after snapshots */
    };
    simulate("--board", unplugged[_i].board, "--fault", unplugged[_i].fault, "--replug", "1", SELFTEST,
             "--wait");
    passed();
    ck_assert_has(child.err, "sterna: selftest: usb:S1: the board was unplugged; waiting for it\n");
    ck_assert_has(child.err, unplugged[_i].line);
    ck_assert_uint_eq(counted("claims "), 2);
}
END_TEST

START_TEST(the_verilated_accelerator_may_be_unplugged_twice)
{
    simulate("--board", "vendor,serial=S1,on=sim", "--fault", "unplug-in:900", "--fault", "unplug-out:1100",
             "--replug", "2", SELFTEST, "--wait", "--on", "usb:S1");
    passed();
    ck_assert_uint_eq(counted("claims "), 3);
}
END_TEST

START_TEST(waiting_takes_no_processor_time)
{
    simulate("--board", "vendor,on=silent", SELFTEST); /* ten time-outs, a second and more */
    failed_saying("did not answer HELLO, asked 10 times");
    ck_assert_uint_lt(counted("cpu-ms "), 300);
    ck_assert_uint_lt(counted("reaps "), 100);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb");
    TCase *tests = tcase_create("usb");
    const int faults = (int)(sizeof survived / sizeof *survived);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_board_with_the_vendor_interface_computes_as_the_reference);
    tcase_add_test(tests, a_board_behind_a_serial_chip_computes_as_the_reference);
    tcase_add_loop_test(tests, the_verilated_accelerator_computes_as_the_reference, 0, 2);
    tcase_add_test(tests, the_usb_core_on_its_bus_computes_as_the_reference);
    tcase_add_loop_test(tests, exchanges_of_every_size_arrive_as_they_were, 0, 2);
    tcase_add_test(tests, eight_transfers_wait_for_input_and_long_output_is_split);
    tcase_add_test(tests, devices_lists_every_board_with_its_geometry);
    tcase_add_test(tests, devices_says_so_if_there_is_none);
    tcase_add_test(tests, of_several_boards_one_must_be_named);
    tcase_add_loop_test(tests, boards_are_told_apart_by_serial_number_and_port, 0, 4);
    tcase_add_test(tests, a_board_that_is_not_there_is_missing);
    tcase_add_test(tests, the_driver_of_the_kernel_is_detached_and_given_back);
    tcase_add_test(tests, a_busy_board_is_refused);
    tcase_add_test(tests, another_version_of_the_protocol_is_refused);
    tcase_add_test(tests, a_geometry_that_cannot_be_is_refused);
    tcase_add_loop_test(tests, without_permission_the_reason_says_how_to_get_it, 0, 2);
    tcase_add_test(tests, watch_follows_boards_as_they_go_and_come);
    tcase_add_loop_test(tests, a_passing_fault_costs_time_and_no_result, 0, faults);
    tcase_add_loop_test(tests, a_passing_fault_behind_a_serial_chip_costs_no_result, 0, faults);
    tcase_add_test(tests, faults_at_the_verilated_accelerator_cost_no_result);
    tcase_add_test(tests, a_little_less_memory_for_urbs_is_enough);
    tcase_add_loop_test(tests, a_lasting_fault_ends_in_one_line_that_says_what, 0, 12);
    tcase_add_loop_test(tests, with_wait_a_run_goes_on_after_replug_with_the_same_results, 0, 6);
    tcase_add_test(tests, the_verilated_accelerator_may_be_unplugged_twice);
    tcase_add_test(tests, waiting_takes_no_processor_time);
    suite_add_tcase(suite, tests);
    return suite;
}
