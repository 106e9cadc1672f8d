/* test_usb_device.c - hw/link/usb_device.v on the wire: a host drives D+ and D-, rightly and wrongly. */
#include "usb_traffic.h"

enum { TRANSACTIONS = 100000 };

static struct usb_host host;
static struct usb_device_model *chip;
static uint8_t data[512];

static void setup(void)
{
    chip = usb_device_model_new();
    usb_host_init(&host, chip, 0.0, 0.0);
    usb_host_reset(&host);
}

static void teardown(void)
{
    usb_device_model_free(chip);
}

static int request(unsigned address, uint8_t type, uint8_t code, unsigned value, unsigned index,
                   unsigned length)
{
    const uint8_t bytes[8] = {type,
                              code,
                              (uint8_t)value,
                              (uint8_t)(value >> 8),
                              (uint8_t)index,
                              (uint8_t)(index >> 8),
                              (uint8_t)length,
                              (uint8_t)(length >> 8)};
    memset(data, 0xEE, sizeof data);
    return usb_control(&host, address, bytes, data);
}

static void configure(void)
{
    ck_assert_int_eq(request(0, 0x00, 5, ADDRESS, 0, 0), 0);
    ck_assert_int_eq(request(ADDRESS, 0x00, 9, 1, 0, 0), 0);
    ck_assert(*chip->configured);
}

/* ---- descriptors ------------------------------------------------------------------------------------------------ */

START_TEST(the_device_descriptor_says_what_it_should)
{
    static const uint8_t expected[18] = {18,   1,    0x01, 0x02, 0,    0, 0, 64, 0x09,
                                         0x12, 0x01, 0x00, 0x00, 0x01, 1, 2, 3,  1};
    ck_assert_int_eq(request(0, 0x80, 6, 0x0100, 0, 8), 8); /* as hosts begin */
    ck_assert_mem_eq(data, expected, 8);
    ck_assert_int_eq(request(0, 0x80, 6, 0x0100, 0, 64), 18);
    ck_assert_mem_eq(data, expected, 18);
}
END_TEST

START_TEST(the_configuration_has_one_vendor_interface_and_two_bulk_endpoints)
{
    ck_assert_int_eq(request(0, 0x80, 6, 0x0200, 0, 9), 9);
    ck_assert_uint_eq(data[2] | data[3] << 8, 32); /* wTotalLength */
    ck_assert_int_eq(request(0, 0x80, 6, 0x0200, 0, 255), 32);
    ck_assert_uint_eq(data[4], 1);           /* interfaces */
    ck_assert_uint_eq(data[5], 1);           /* bConfigurationValue */
    ck_assert_uint_eq(data[7] & 0x80, 0x80); /* reserved, must be set */
    const uint8_t *interface = data + 9, *out = data + 18, *in = data + 25;
    ck_assert(interface[0] == 9 && interface[1] == 4 && interface[4] == 2 && interface[5] == 0xFF);
    ck_assert(out[0] == 7 && out[1] == 5 && out[2] == 0x01 && out[3] == 2 && out[4] == 64 && out[5] == 0);
    ck_assert(in[0] == 7 && in[1] == 5 && in[2] == 0x81 && in[3] == 2 && in[4] == 64 && in[5] == 0);
}
END_TEST

static void check_string(unsigned index, const char *text)
{
    const int size = request(0, 0x80, 6, 0x0300 | index, 0x0409, 255);
    ck_assert_int_eq(size, 2 + 2 * (int)strlen(text));
    ck_assert_int_eq(data[0], size);
    ck_assert_uint_eq(data[1], 3);
    for (size_t i = 0; i < strlen(text); i++)
        ck_assert(data[2 + 2 * i] == (uint8_t)text[i] && data[3 + 2 * i] == 0);
}

START_TEST(the_strings_are_maker_product_and_serial_number)
{
    ck_assert_int_eq(request(0, 0x80, 6, 0x0300, 0, 255), 4);
    ck_assert(data[2] == 0x09 && data[3] == 0x04);
    check_string(1, "Sterna");
    check_string(2, "Sterna accelerator");
    check_string(3, "00000001");
    ck_assert_int_eq(request(0, 0x80, 6, 0x0304, 0x0409, 255), -1);
}
END_TEST

START_TEST(windows_finds_its_platform_capability)
{
    static const uint8_t uuid[16] = {0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C,
                                     0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F};
    ck_assert_int_eq(request(0, 0x80, 6, 0x0F00, 0, 5), 5);
    ck_assert_uint_eq(data[2], 33);
    ck_assert_int_eq(request(0, 0x80, 6, 0x0F00, 0, 33), 33);
    ck_assert(data[0] == 5 && data[1] == 0x0F && data[4] == 1);
    ck_assert(data[5] == 28 && data[6] == 0x10 && data[7] == 5);
    ck_assert_mem_eq(data + 9, uuid, 16);
    ck_assert(data[25] == 0 && data[26] == 0 && data[27] == 3 && data[28] == 6); /* Windows 8.1 and later */
    ck_assert_uint_eq(data[29] | data[30] << 8, 162);
}
END_TEST

START_TEST(windows_gets_winusb_and_an_interface_guid)
{
    ck_assert_int_eq(request(0, 0x80, 6, 0x0F00, 0, 33), 33);
    const uint8_t code = data[31];
    ck_assert_int_eq(request(0, 0xC0, code, 0, 7, 162), 162);
    ck_assert(data[0] == 10 && data[2] == 0 && data[8] == 162); /* set header */
    ck_assert(data[10] == 20 && data[12] == 3);                 /* compatible id */
    ck_assert_mem_eq(data + 14, "WINUSB\0\0\0\0\0\0\0\0\0\0", 16);
    ck_assert(data[30] == 132 && data[32] == 4 && data[34] == 7); /* property: REG_MULTI_SZ */
    ck_assert_uint_eq(data[36], 42);
    ck_assert_uint_eq(data[80], 80);
    for (size_t i = 0; i < 20; i++)
        ck_assert(data[38 + 2 * i] == (uint8_t) "DeviceInterfaceGUIDs"[i] && data[39 + 2 * i] == 0);
    ck_assert(data[82] == '{' && data[82 + 2 * 37] == '}');
    for (size_t i = 158; i < 162; i++)
        ck_assert_uint_eq(data[i], 0); /* two ends of string */
    ck_assert_int_eq(request(0, 0xC0, code, 0, 8, 162), -1);
}
END_TEST

/* ---- requests ------------------------------------------------------------------------------------------------------ */

START_TEST(unknown_requests_stall_and_the_next_is_served)
{
    ck_assert_int_eq(request(0, 0x80, 6, 0x0600, 0, 10), -1); /* no qualifier: full speed only */
    ck_assert_int_eq(request(0, 0x40, 1, 0, 0, 0), -1);
    ck_assert_int_eq(request(0, 0x80, 6, 0xFF00, 0, 10), -1); /* our own kinds are not for the host */
    ck_assert_int_eq(request(0, 0x80, 6, 0x0100, 0, 18), 18);
}
END_TEST

START_TEST(the_address_counts_after_its_status_stage)
{
    static const uint8_t set[8] = {0, 5, ADDRESS, 0, 0, 0, 0, 0};
    ck_assert_int_eq(usb_out(&host, PID_SETUP, 0, 0, PID_DATA0, set, 8), PID_ACK);
    ck_assert_int_eq(usb_in(&host, ADDRESS, 0, true), PID_NONE);
    ck_assert_int_eq(usb_in(&host, 0, 0, false), PID_DATA1); /* the ACK is lost */
    ck_assert_int_eq(usb_in(&host, 0, 0, true), PID_DATA1);
    ck_assert_int_eq(usb_out(&host, PID_SETUP, 0, 0, PID_DATA0, set, 8), PID_NONE);
    ck_assert_int_eq(request(ADDRESS, 0x80, 6, 0x0100, 0, 18), 18);
}
END_TEST

START_TEST(status_configuration_and_interface_can_be_read)
{
    ck_assert_int_eq(request(0, 0x80, 0, 0, 0, 2), 2);
    ck_assert(data[0] == 0 && data[1] == 0);
    ck_assert_int_eq(request(0, 0x80, 8, 0, 0, 1), 1);
    ck_assert_uint_eq(data[0], 0);
    configure();
    ck_assert_int_eq(request(ADDRESS, 0x80, 8, 0, 0, 1), 1);
    ck_assert_uint_eq(data[0], 1);
    ck_assert_int_eq(request(ADDRESS, 0x81, 10, 0, 0, 1), 1);
    ck_assert_uint_eq(data[0], 0);
    ck_assert_int_eq(request(ADDRESS, 0x00, 9, 2, 0, 0), -1);
    ck_assert_int_eq(request(ADDRESS, 0x01, 11, 0, 0, 0), 0); /* the interface has one setting */
    ck_assert_int_eq(request(ADDRESS, 0x01, 11, 1, 0, 0), -1);
}
END_TEST

START_TEST(a_halted_endpoint_stalls_until_it_is_cleared)
{
    static const uint8_t bytes[3] = {1, 2, 3};
    configure();
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 3), PID_ACK);
    ck_assert_int_eq(request(ADDRESS, 0x02, 3, 0, 0x01, 0), 0);
    ck_assert_int_eq(request(ADDRESS, 0x02, 3, 0, 0x81, 0), 0);
    ck_assert_int_eq(request(ADDRESS, 0x82, 0, 0, 0x81, 2), 2);
    ck_assert_uint_eq(data[0], 1);
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA1, bytes, 3), PID_STALL);
    ck_assert_int_eq(usb_in(&host, ADDRESS, 1, true), PID_STALL);
    ck_assert_int_eq(request(ADDRESS, 0x02, 1, 0, 0x01, 0), 0);
    ck_assert_int_eq(request(ADDRESS, 0x02, 1, 0, 0x81, 0), 0);
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 3),
                     PID_ACK); /* the toggle starts over */
    ck_assert_int_eq(usb_in(&host, ADDRESS, 1, true), PID_DATA0);
    ck_assert_uint_eq(host.packet[0], 1);
}
END_TEST

/* ---- bulk ------------------------------------------------------------------------------------------------------------ */

START_TEST(transfers_of_all_sizes_go_round)
{
    struct seeded random = {3};
    unsigned outs = 0, ins = 0;
    configure();
    for (size_t size = 0; size <= 64; size++) {
        uint8_t bytes[64];
        for (size_t i = 0; i < size; i++)
            bytes[i] = seeded_byte(&random);
        ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, usb_toggle(outs++), bytes, size), PID_ACK);
        usb_host_idle(&host, 100);
        if (size > 0) {
            ck_assert_int_eq(usb_in(&host, ADDRESS, 1, true), usb_toggle(ins++));
            ck_assert_uint_eq(host.size, size);
            ck_assert_mem_eq(host.packet, bytes, size);
        }
    }
    ck_assert_int_eq(usb_in(&host, ADDRESS, 1, true),
                     usb_toggle(ins++)); /* after a full packet an empty one */
    ck_assert_uint_eq(host.size, 0);
    ck_assert_int_eq(usb_in(&host, ADDRESS, 1, true), PID_NAK);
}
END_TEST

START_TEST(a_packet_of_more_than_64_bytes_is_not_answered)
{
    uint8_t bytes[70] = {0};
    configure();
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 65), PID_NONE);
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 70), PID_NONE);
    ck_assert_uint_eq(host.put, 0);
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 64), PID_ACK);
}
END_TEST

START_TEST(a_stream_that_does_not_take_gives_nak)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    configure();
    host.stalls = 100;
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA0, bytes, 8), PID_ACK);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA1, bytes, 8), PID_NAK);
    host.stalls = 0;
    usb_host_idle(&host, 50);
    ck_assert_int_eq(usb_out(&host, PID_OUT, ADDRESS, 1, PID_DATA1, bytes, 8), PID_ACK);
    usb_host_idle(&host, 50);
    ck_assert_uint_eq(host.put, 16);
}
END_TEST

START_TEST(before_configuration_the_bulk_endpoints_do_not_answer)
{
    static const uint8_t bytes[1] = {1};
    ck_assert_int_eq(usb_out(&host, PID_OUT, 0, 1, PID_DATA0, bytes, 1), PID_NONE);
    ck_assert_int_eq(usb_in(&host, 0, 1, true), PID_NONE);
    configure();
    ck_assert_int_eq(usb_in(&host, ADDRESS + 1, 1, true), PID_NONE); /* nor to others */
    ck_assert_int_eq(usb_in(&host, ADDRESS, 2, true), PID_NONE);
}
END_TEST

/* ---- errors ------------------------------------------------------------------------------------------------------------ */

/* Everything that goes in comes out again, in order, once. */
static void run(double offset, double jitter, unsigned count, uint32_t seed)
{
    static uint8_t sent[1 << 16];
    struct seeded random = {seed};
    unsigned outs = 0, ins = 0;
    size_t pushed = 0, seen = 0;
    usb_host_init(&host, chip, offset, jitter);
    usb_host_reset(&host);
    configure();
    host.stalls = 20;
    for (unsigned i = 0; i < count; i++) {
        if (seeded_percent(&random, 50) && pushed - seen < 1000) {
            uint8_t bytes[64];
            const size_t size = seeded_percent(&random, 30) ? 64 : seeded_below(&random, 65);
            for (size_t k = 0; k < size; k++)
                bytes[k] = sent[(pushed + k) % sizeof sent] =
                    seeded_percent(&random, 40) ? 0xFF : seeded_byte(&random); /* runs of ones: stuffing */
            usb_push(&host, &random, &outs, bytes, size);
            pushed += size;
        } else {
            usb_pull(&host, &random, &ins, sent, &seen);
        }
    }
    for (unsigned i = 0; i < 2000 && seen < pushed; i++) {
        usb_host_idle(&host, 20);
        usb_pull(&host, &random, &ins, sent, &seen);
    }
    ck_assert_uint_eq(seen, pushed);
    ck_assert_uint_gt(pushed, count);
}

START_TEST(random_errors_lose_and_double_nothing)
{
    run(0.0, 0.0, TRANSACTIONS, 11);
}
END_TEST

/* 0.44 cycles either way are 18.5 ns between two edges, what a receiver has to bear (USB 2.0, TJR1). */
START_TEST(a_clock_off_by_a_quarter_percent_and_jitter_change_nothing)
{
    static const double offset[] = {-0.0025, 0.0025, 0.0, -0.0025, 0.0025},
                        jitter[] = {0.0, 0.0, 0.44, 0.44, 0.44};
    run(offset[_i], jitter[_i], TRANSACTIONS / 10, 21 + (uint32_t)_i);
}
END_TEST

/* A reset in the middle of anything leaves a device that can be enumerated afresh. */
START_TEST(a_reset_in_any_state_starts_over)
{
    struct seeded random = {5};
    uint8_t bytes[64] = {0};
    for (unsigned i = 0; i < 150; i++) {
        configure();
        host.loose = true;
        const uint64_t until = host.cycle + seeded_below(&random, 1500);
        while (host.cycle < until && host.cycle + 300 < until + 1500) {
            const unsigned what = seeded_below(&random, 4);
            if (what == 0)
                usb_send_token(&host, PID_IN, ADDRESS, 1);
            else if (what == 1)
                usb_send_token(&host, PID_OUT, ADDRESS, 1);
            else if (what == 2)
                usb_send_data(&host, PID_DATA0, bytes, seeded_below(&random, 65));
            else
                usb_send_token(&host, PID_SETUP, ADDRESS, 0);
        }
        host.end = (double)host.cycle;
        usb_host_hold(&host, false, false, 200);
        usb_host_idle(&host, 5);
        ck_assert(!*chip->configured);
        ck_assert_int_eq(usb_in(&host, ADDRESS, 0, true), PID_NONE);
    }
    host.loose = false;
    configure();
}
END_TEST

START_TEST(three_milliseconds_of_idle_are_suspend_and_a_sync_ends_it)
{
    configure();
    usb_host_idle(&host, 2.9 * 12000);
    ck_assert(!*chip->suspended);
    usb_host_idle(&host, 0.2 * 12000);
    ck_assert(*chip->suspended);
    usb_host_hold(&host, false, true, 24000); /* resume: K for 20 ms, here 2 */
    ck_assert(!*chip->suspended);
    usb_host_hold(&host, false, false, 2);
    usb_host_idle(&host, 10);
    ck_assert_int_eq(request(ADDRESS, 0x80, 8, 0, 0, 1), 1);
    ck_assert_uint_eq(data[0], 1); /* still configured */
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb_device");
    TCase *tests = tcase_create("usb_device");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_device_descriptor_says_what_it_should);
    tcase_add_test(tests, the_configuration_has_one_vendor_interface_and_two_bulk_endpoints);
    tcase_add_test(tests, the_strings_are_maker_product_and_serial_number);
    tcase_add_test(tests, windows_finds_its_platform_capability);
    tcase_add_test(tests, windows_gets_winusb_and_an_interface_guid);
    tcase_add_test(tests, unknown_requests_stall_and_the_next_is_served);
    tcase_add_test(tests, the_address_counts_after_its_status_stage);
    tcase_add_test(tests, status_configuration_and_interface_can_be_read);
    tcase_add_test(tests, a_halted_endpoint_stalls_until_it_is_cleared);
    tcase_add_test(tests, transfers_of_all_sizes_go_round);
    tcase_add_test(tests, a_packet_of_more_than_64_bytes_is_not_answered);
    tcase_add_test(tests, a_stream_that_does_not_take_gives_nak);
    tcase_add_test(tests, before_configuration_the_bulk_endpoints_do_not_answer);
    tcase_add_test(tests, random_errors_lose_and_double_nothing);
    tcase_add_loop_test(tests, a_clock_off_by_a_quarter_percent_and_jitter_change_nothing, 0, 5);
    tcase_add_test(tests, a_reset_in_any_state_starts_over);
    tcase_add_test(tests, three_milliseconds_of_idle_are_suspend_and_a_sync_ends_it);
    suite_add_tcase(suite, tests);
    return suite;
}
