/* test_ftdi_oracle.c - the requests of host/src/ftdi.c are those that libftdi1 makes for the same settings.
 *
 * libusb_control_transfer of this program takes the place of libusb's: it writes down what libftdi1 asks for.
 */
#include <libftdi1/ftdi.h>
#include <libusb.h>
#include <stdlib.h>

#include "ftdi.h"

#include <check.h>

static struct sterna_ftdi_request noted[64];
static size_t notes;

int LIBUSB_CALL libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t request,
                                        uint16_t value, uint16_t index, unsigned char *data, uint16_t length,
                                        unsigned timeout)
{
    (void)handle, (void)data, (void)timeout;
    ck_assert_uint_eq(type, STERNA_FTDI_REQUEST_TYPE);
    ck_assert_uint_eq(length, 0);
    ck_assert_uint_lt(notes, sizeof noted / sizeof *noted);
    noted[notes++] = (struct sterna_ftdi_request){request, value, index};
    return 0;
}

static struct ftdi_context *chip(const struct sterna_ftdi_channel *channel)
{
    static int handle; /* never looked into */
    struct ftdi_context *ftdi = ftdi_new();
    ck_assert_ptr_nonnull(ftdi);
    ftdi->usb_dev = (libusb_device_handle *)&handle;
    ftdi->type = !channel->high_speed ? TYPE_230X : channel->channel > 0 ? TYPE_2232H : TYPE_232H;
    ftdi->index = channel->channel;
    notes = 0;
    return ftdi;
}

static void drop(struct ftdi_context *ftdi)
{
    ftdi->usb_dev = NULL;
    ftdi_free(ftdi);
}

static const struct sterna_ftdi_channel channels[] = {{2, true, 3000000, 1},
                                                      {1, true, 12000000, 2},
                                                      {0, true, 3000000, 1},
                                                      {0, false, 3000000, 1},
                                                      {0, false, 115200, 16}};

START_TEST(the_whole_setup_is_the_same)
{
    const struct sterna_ftdi_channel *channel = &channels[_i];
    struct sterna_ftdi_request ours[STERNA_FTDI_SETUP];
    struct ftdi_context *ftdi = chip(channel);
    ck_assert_int_eq(ftdi_usb_reset(ftdi), 0);
    ck_assert_int_eq(ftdi_set_bitmode(ftdi, 0, BITMODE_RESET), 0);
    ck_assert_int_eq(ftdi_set_line_property(ftdi, BITS_8, STOP_BIT_1, NONE), 0);
    ck_assert_int_eq(ftdi_setflowctrl(ftdi, SIO_DISABLE_FLOW_CTRL), 0);
    ck_assert_int_eq(ftdi_set_baudrate(ftdi, (int)channel->baud), 0);
    ck_assert_int_eq(ftdi_set_latency_timer(ftdi, channel->latency), 0);
    ck_assert_int_eq(ftdi_tcoflush(ftdi), 0);
    ck_assert_int_eq(ftdi_tciflush(ftdi), 0);
    drop(ftdi);
    ck_assert_int_eq(sterna_ftdi_setup(channel, ours, NULL), STERNA_OK);
    ck_assert_uint_eq(notes, STERNA_FTDI_SETUP);
    bool flush[4] = {false};
    for (size_t i = 0; i < STERNA_FTDI_SETUP; i++) {
        ck_assert_uint_eq(ours[i].request, noted[i].request);
        ck_assert_uint_eq(ours[i].index, noted[i].index);
        if (i < 6)
            ck_assert_uint_eq(ours[i].value, noted[i].value);
        else /* which of the two flushes comes first does not matter */
            flush[noted[i].value & 3] = true;
    }
    ck_assert(flush[1] && flush[2] && ours[6].value == 1 && ours[7].value == 2);
}
END_TEST

START_TEST(every_baud_rate_that_both_accept_is_coded_the_same)
{
    struct sterna_ftdi_channel channel = channels[_i];
    size_t compared = 0;
    for (uint32_t baud = 300; baud <= 12000000; baud += 1 + baud / 97) {
        struct sterna_ftdi_request ours[STERNA_FTDI_SETUP];
        channel.baud = baud;
        if (sterna_ftdi_setup(&channel, ours, NULL) != STERNA_OK)
            continue;
        struct ftdi_context *ftdi = chip(&channel);
        const int refused =
            ftdi_set_baudrate(ftdi, (int)baud); /* near the divisors 1, 1.5 and 2 it is clumsier */
        drop(ftdi);
        if (refused)
            continue;
        ck_assert_uint_eq(notes, 1);
        ck_assert_msg(ours[4].value == noted[0].value && ours[4].index == noted[0].index,
                      "%u baud: %04x %04x, libftdi1 %04x %04x", (unsigned)baud, ours[4].value, ours[4].index,
                      noted[0].value, noted[0].index);
        compared++;
    }
    ck_assert_uint_gt(compared, 500);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("ftdi_oracle");
    TCase *tests = tcase_create("ftdi_oracle");
    tcase_add_loop_test(tests, the_whole_setup_is_the_same, 0, 5);
    tcase_add_loop_test(tests, every_baud_rate_that_both_accept_is_coded_the_same, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
