/* test_usb_sanitized.c - the program built with AddressSanitizer and UndefinedBehaviorSanitizer against simulated boards: whatever
 * the board does, no memory is touched that should not be, and none is lost. */
#include "simulate.h"

#ifndef SANITIZED_PROGRAM
#define SANITIZED_PROGRAM "build/sanitize/sterna"
#endif
#undef SELFTEST
#define SELFTEST "--", SANITIZED_PROGRAM, "selftest", "--json"

static void nothing_was_found(void)
{
    ck_assert_msg(strstr(child.err, "Sanitizer") == NULL && strstr(child.err, "runtime error") == NULL, "%s",
                  child.err);
}

START_TEST(a_good_run_touches_no_wrong_memory)
{
    static const char *const boards[] = {"vendor", "ftdi", "vendor,on=sim"};
    simulate("--board", boards[_i], SELFTEST);
    nothing_was_found();
    passed();
}
END_TEST

START_TEST(a_passing_fault_touches_no_wrong_memory)
{
    static const char *const faults[] = {"stall-in:20",      "stall-out:20",   "error-in:20",
                                         "error-out:20",     "overflow-in:20", "corrupt-in:%150",
                                         "corrupt-out:%100", "lose-in:%200",   "lose-out:%120",
                                         "empty-in:%3",      "short-in:%2",    "no-memory:5:3"};
    simulate("--board", "vendor,serial=S1", "--fault", faults[_i], SELFTEST);
    nothing_was_found();
    passed();
}
END_TEST

START_TEST(a_lasting_fault_touches_no_wrong_memory)
{
    static const struct {
        const char *fault, *reason;
    } lasting[] = {
        {"stall-in:20:1000000", "the board keeps failing: it stalls"},
        {"error-in:20:1000000", "the board keeps failing: transfers fail"},
        {"nak-out:50:1000000", "the board took no bytes for 2000 ms"},
        {"unplug-in:0", "the board was unplugged"},
        {"unplug-in:50", "the board was unplugged"},
        {"unplug-out:60", "the board was unplugged"},
        {"no-memory:0:1000000", "the kernel has no memory for transfers"},
    };
    simulate("--board", "vendor,serial=S1", "--fault", lasting[_i].fault, SELFTEST);
    nothing_was_found();
    failed_saying(lasting[_i].reason);
}
END_TEST

START_TEST(what_is_refused_touches_no_wrong_memory)
{
    static const struct {
        const char *board, *reason;
    } refused[] = {
        {"vendor,busy", "the board is in use by another program"},
        {"vendor,denied", "no permission"},
        {"vendor,on=version", "of the protocol, this program version "},
        {"vendor,on=geometry", "the device claims 40 bits of a sum"},
    };
    simulate("--board", refused[_i].board, SELFTEST);
    nothing_was_found();
    failed_saying(refused[_i].reason);
}
END_TEST

START_TEST(a_board_that_comes_back_touches_no_wrong_memory)
{
    simulate("--board", "vendor,serial=S1", "--fault", "unplug-in:1200", "--replug", "1", SELFTEST, "--wait");
    nothing_was_found();
    passed();
    ck_assert_uint_eq(counted("claims "), 2);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb_sanitized");
    TCase *tests = tcase_create("usb_sanitized");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_good_run_touches_no_wrong_memory, 0, 3);
    tcase_add_loop_test(tests, a_passing_fault_touches_no_wrong_memory, 0, 12);
    tcase_add_loop_test(tests, a_lasting_fault_touches_no_wrong_memory, 0, 7);
    tcase_add_loop_test(tests, what_is_refused_touches_no_wrong_memory, 0, 4);
    tcase_add_test(tests, a_board_that_comes_back_touches_no_wrong_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
