/* link_usb_board.h - which devices on USB are boards that the accelerator may be behind.
 *
 * Two kinds: a vendor interface of our own (VID:PID and the product string), and the serial chips of boards that have
 * nothing else (what is behind those only HELLO can tell).
 */
#ifndef STERNA_LINK_USB_BOARD_H
#define STERNA_LINK_USB_BOARD_H

#include <libusb.h>

#include "ftdi.h"

/* 1209:0001 is an identity for tests, which others use too: a release needs one of its own. */
#ifndef STERNA_USB_VENDOR
#define STERNA_USB_VENDOR 0x1209
#endif
#ifndef STERNA_USB_PRODUCT
#define STERNA_USB_PRODUCT 0x0001
#endif
#define STERNA_USB_PRODUCT_NAME "Sterna" /* how the product string begins */

enum { STERNA_USB_BAUD = 3000000, STERNA_USB_LATENCY = 1 };

struct sterna_usb_board {
    libusb_device *device; /* a reference */
    bool serial_chip;
    struct sterna_ftdi_channel channel; /* of a serial chip */
    uint8_t interface, in, out;         /* interface number; bulk endpoints */
    size_t packet;                      /* of the IN endpoint */
    bool named; /* its product string was read; else there is no permission, or worse */
    struct sterna_board facts;
};

struct sterna_usb_boards {
    struct sterna_usb_board *board;
    size_t count;
};

/* All boards, in the order of their paths. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_boards_find(libusb_context *context,
                                                            struct sterna_usb_boards *boards,
                                                            struct sterna_error *error);
void sterna_usb_boards_free(struct sterna_usb_boards *boards);
/* The one board that target names: "" if there is only one, "/PATH" or a serial number. STERNA_ERR_UNPLUGGED if it is not there,
 * STERNA_ERR_MISSING if it could be several. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_boards_pick(const struct sterna_usb_boards *boards,
                                                            const char *target,
                                                            const struct sterna_usb_board **board,
                                                            struct sterna_error *error);
/* Whether target may mean this board. */
bool sterna_usb_is_named(const struct sterna_board *board, const char *target);
/* Wait until a board is plugged in that target may mean. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_await(const char *target, struct sterna_error *error);
/* Bus and ports, as the kernel writes it: "1-2.3"; "1-0" for a root. */
void sterna_usb_path(libusb_device *device, char *path, size_t size);

#endif
