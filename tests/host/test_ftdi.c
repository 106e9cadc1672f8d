/* test_ftdi.c - host/src/ftdi.c. Requests against what FTDI's application notes give; tests/usb compares with libftdi1. */
#include <string.h>

#include "ftdi.h"

#include <check.h>

enum { BAUD_AT = 4 }; /* of the requests */

static const struct sterna_ftdi_channel b_of_2232h = {2, true, 3000000, 1};

START_TEST(the_divisors_of_the_application_note)
{
    static const struct {
        struct sterna_ftdi_channel channel;
        uint16_t value, index;
    } example[] = {
        {{2, true, 3000000, 1}, 0x0004, 0x0202},  {{2, true, 12000000, 1}, 0x0000, 0x0202},
        {{1, true, 115200, 1}, 0xC068, 0x0201},   {{0, false, 3000000, 1}, 0x0000, 0x0000},
        {{0, false, 2000000, 1}, 0x0001, 0x0000}, {{0, false, 115200, 1}, 0x001A, 0x0000},
        {{0, false, 9600, 1}, 0x4138, 0x0000},
    };
    struct sterna_ftdi_request request[STERNA_FTDI_SETUP];
    struct sterna_error error;
    ck_assert_int_eq(sterna_ftdi_setup(&example[_i].channel, request, &error), STERNA_OK);
    ck_assert_uint_eq(request[BAUD_AT].request, 0x03);
    ck_assert_uint_eq(request[BAUD_AT].value, example[_i].value);
    ck_assert_uint_eq(request[BAUD_AT].index, example[_i].index);
}
END_TEST

START_TEST(every_request_names_the_channel)
{
    struct sterna_ftdi_request request[STERNA_FTDI_SETUP];
    ck_assert_int_eq(sterna_ftdi_setup(&b_of_2232h, request, NULL), STERNA_OK);
    for (size_t i = 0; i < STERNA_FTDI_SETUP; i++)
        ck_assert_uint_eq(request[i].index & 0xFF, 2);
}
END_TEST

START_TEST(a_rate_that_the_chip_cannot_make_is_refused)
{
    static const struct sterna_ftdi_channel impossible[] = {{0, false, 12000000, 1},
                                                            {0, false, 2500000, 1},
                                                            {2, true, 0, 1},
                                                            {2, true, 10000000, 1},
                                                            {2, true, 100, 1}};
    struct sterna_ftdi_request request[STERNA_FTDI_SETUP];
    struct sterna_error error;
    ck_assert_int_eq(sterna_ftdi_setup(&impossible[_i], request, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "baud"));
}
END_TEST

/* Packets of 64 bytes: 2 of status, 62 of data, the last one shorter. */
START_TEST(status_bytes_go_at_every_packet_boundary)
{
    for (size_t data = 0; data <= 400; data++) {
        uint8_t transfer[512], expected[512];
        size_t size = 0;
        for (size_t i = 0; i < data; i++) {
            if (size % 64 == 0) {
                transfer[size++] = 0x31;
                transfer[size++] = 0x60;
            }
            transfer[size++] = expected[i] = (uint8_t)(i * 7);
        }
        ck_assert_uint_eq(sterna_ftdi_strip(transfer, size, 64), data);
        ck_assert_mem_eq(transfer, expected, data);
    }
}
END_TEST

START_TEST(a_packet_of_status_alone_is_no_data)
{
    uint8_t packets[] = {0x31, 0x60}, cut[] = {0x31};
    ck_assert_uint_eq(sterna_ftdi_strip(packets, sizeof packets, 64), 0);
    ck_assert_uint_eq(sterna_ftdi_strip(cut, sizeof cut, 64), 0);
    ck_assert_uint_eq(sterna_ftdi_strip(cut, 0, 64), 0);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("ftdi");
    TCase *tests = tcase_create("ftdi");
    tcase_add_loop_test(tests, the_divisors_of_the_application_note, 0, 7);
    tcase_add_test(tests, every_request_names_the_channel);
    tcase_add_loop_test(tests, a_rate_that_the_chip_cannot_make_is_refused, 0, 5);
    tcase_add_test(tests, status_bytes_go_at_every_packet_boundary);
    tcase_add_test(tests, a_packet_of_status_alone_is_no_data);
    suite_add_tcase(suite, tests);
    return suite;
}
