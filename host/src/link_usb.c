/* link_usb.c - a board on USB as a link: "usb", "usb:SERIAL", "usb:/PATH".
 *
 *   usb.h of the kernel <- libusb <- link_usb_pipe (bytes) <- this file (opening, mending) <- session (frames)
 *
 * What a fault does: a stall is cleared, any other error of a transfer resets the device; both drop the bytes under way, and the
 * session above repeats its request. Faults without a byte received between them are the end, as are a device that takes no
 * bytes and one that was unplugged.
 */
#include <stdio.h>
#include <stdlib.h>

#include "link.h"
#include "link_usb_board.h"
#include "link_usb_pipe.h"

enum {
    CONTROL_MS = 500,    /* for a control request */
    SLOWEST_KHZ = 12000, /* of a device's clock: turns cycles to time */
    MARGIN_MS = 100,     /* on the way: 1 ms frames, buffers of the serial chip, this machine's scheduler */
    MENDS_MAX = 4        /* without a byte received between them */
};

struct link_usb {
    struct sterna_link link;
    libusb_context *context;
    struct sterna_usb_boards boards;
    const struct sterna_usb_board *board; /* of boards */
    libusb_device_handle *handle;
    bool claimed;
    struct sterna_usb_pipe pipe;
    unsigned mends;
    uint64_t mended_at; /* bytes received by then */
};

static void close_usb(struct sterna_link *link)
{
    struct link_usb *self = (struct link_usb *)link;
    if (self->claimed) {
        sterna_usb_pipe_close(&self->pipe);
        (void)libusb_release_interface(self->handle,
                                       self->board->interface); /* gives the kernel's driver back */
    }
    if (self->handle)
        libusb_close(self->handle);
    sterna_usb_boards_free(&self->boards);
    if (self->context)
        libusb_exit(self->context);
    free(self);
}

static enum sterna_status fail_open(const struct sterna_usb_board *board, int code,
                                    struct sterna_error *error)
{
    const char *address = board->facts.address;
    switch (code) {
    case LIBUSB_ERROR_ACCESS:
        return sterna_fail(
            error, STERNA_ERR_IO,
            "%s: no permission; install the rule that gives it: sudo make install-udev, then plug the "
            "board in again",
            address);
    case LIBUSB_ERROR_BUSY:
        return sterna_fail(error, STERNA_ERR_DEVICE, "%s: the board is in use by another program", address);
    case LIBUSB_ERROR_NO_DEVICE:
        return sterna_fail(error, STERNA_ERR_UNPLUGGED, "%s: the board was unplugged", address);
    default:
        return sterna_fail(error, STERNA_ERR_DEVICE, "%s: the board cannot be opened: %s", address,
                           libusb_strerror(code));
    }
}

/* ftdi_sio and its like hold the interface of a serial chip; they get it back at close. */
static int claim(struct link_usb *self)
{
    const int detach = libusb_set_auto_detach_kernel_driver(self->handle, 1);
    if (detach != 0 && detach != LIBUSB_ERROR_NOT_SUPPORTED)
        return detach;
    const int code = libusb_claim_interface(self->handle, self->board->interface);
    self->claimed = code == 0;
    return code;
}

static enum sterna_status set_up_serial_chip(const struct link_usb *self, struct sterna_error *error)
{
    struct sterna_ftdi_request request[STERNA_FTDI_SETUP];
    if (!self->board->serial_chip)
        return STERNA_OK;
    enum sterna_status status = sterna_ftdi_setup(&self->board->channel, request, error);
    for (size_t i = 0; i < STERNA_FTDI_SETUP && status == STERNA_OK; i++) {
        const int code = libusb_control_transfer(self->handle, STERNA_FTDI_REQUEST_TYPE, request[i].request,
                                                 request[i].value, request[i].index, NULL, 0, CONTROL_MS);
        if (code < 0)
            status = sterna_fail(error, STERNA_ERR_DEVICE, "%s: the serial chip refuses request %u: %s",
                                 self->board->facts.address, request[i].request, libusb_strerror(code));
    }
    return status;
}

static enum sterna_status connect(struct link_usb *self, const char *target, struct sterna_error *error)
{
    int code = libusb_init(&self->context);
    if (code != 0)
        return sterna_fail(error, STERNA_ERR_IO, "usb: USB is not available: %s", libusb_strerror(code));
    enum sterna_status status = sterna_usb_boards_find(self->context, &self->boards, error);
    if (status == STERNA_OK)
        status = sterna_usb_boards_pick(&self->boards, target, &self->board, error);
    if (status != STERNA_OK)
        return status;
    code = libusb_open(self->board->device, &self->handle);
    if (code == 0)
        code = claim(self);
    if (code != 0)
        return fail_open(self->board, code, error);
    self->pipe = (struct sterna_usb_pipe){
        .context = self->context,
        .handle = self->handle,
        .in = self->board->in,
        .out = self->board->out,
        .packet = self->board->packet,
        .strip = self->board->serial_chip,
    };
    status = set_up_serial_chip(self, error);
    return status == STERNA_OK ? sterna_usb_pipe_open(&self->pipe, error) : status;
}

static enum sterna_status open_usb(const char *target, struct sterna_link **link, struct sterna_error *error)
{
    struct link_usb *self = calloc(1, sizeof *self);
    if (!self)
        return sterna_fail(error, STERNA_ERR_MEMORY, "usb: out of memory for the link");
    self->link.backend = &sterna_link_usb;
    const enum sterna_status status = connect(self, target, error);
    if (status == STERNA_OK)
        *link = &self->link;
    else
        close_usb(&self->link);
    return status;
}

/* ---- faults ------------------------------------------------------------------------------------------------- */

static const char *describe(enum libusb_transfer_status fault)
{
    switch (fault) {
    case LIBUSB_TRANSFER_STALL:
        return "it stalls";
    case LIBUSB_TRANSFER_OVERFLOW:
        return "it sends more than was asked for";
    default:
        return "transfers fail";
    }
}

static int clear_or_reset(struct link_usb *self, enum libusb_transfer_status in,
                          enum libusb_transfer_status out)
{
    const bool reset = (in != LIBUSB_TRANSFER_COMPLETED && in != LIBUSB_TRANSFER_STALL) ||
                       (out != LIBUSB_TRANSFER_COMPLETED && out != LIBUSB_TRANSFER_STALL);
    int code = 0;
    if (reset)
        return libusb_reset_device(self->handle);
    if (in == LIBUSB_TRANSFER_STALL)
        code = libusb_clear_halt(self->handle, self->pipe.in);
    if (code == 0 && out == LIBUSB_TRANSFER_STALL)
        code = libusb_clear_halt(self->handle, self->pipe.out);
    return code;
}

/* After a fault: make the pipe work again, or say why it will not. */
static enum sterna_status mend(struct link_usb *self, struct sterna_error *error)
{
    const enum libusb_transfer_status in = self->pipe.in_fault, out = self->pipe.out_fault;
    const char *address = self->board->facts.address;
    if (in == LIBUSB_TRANSFER_NO_DEVICE || out == LIBUSB_TRANSFER_NO_DEVICE)
        return sterna_fail(error, STERNA_ERR_UNPLUGGED, "%s: the board was unplugged", address);
    if (out == LIBUSB_TRANSFER_TIMED_OUT)
        return sterna_fail(error, STERNA_ERR_TIMEOUT, "%s: the board took no bytes for %d ms", address,
                           STERNA_USB_OUT_MILLISECONDS);
    self->mends = self->pipe.received == self->mended_at ? self->mends + 1 : 1;
    self->mended_at = self->pipe.received;
    if (self->mends > MENDS_MAX)
        return sterna_fail(error, STERNA_ERR_DEVICE, "%s: the board keeps failing: %s", address,
                           describe(out != LIBUSB_TRANSFER_COMPLETED ? out : in));
    sterna_usb_pipe_stop(&self->pipe);
    const int code = clear_or_reset(self, in, out);
    if (code == LIBUSB_ERROR_NO_DEVICE || code == LIBUSB_ERROR_NOT_FOUND)
        return sterna_fail(error, STERNA_ERR_UNPLUGGED, "%s: the board was unplugged", address);
    if (code != 0)
        return sterna_fail(error, STERNA_ERR_DEVICE, "%s: the board does not recover: %s", address,
                           libusb_strerror(code));
    const enum sterna_status status = set_up_serial_chip(self, error);
    return status == STERNA_OK ? sterna_usb_pipe_start(&self->pipe, error) : status;
}

/* ---- bytes -------------------------------------------------------------------------------------------------- */

static enum sterna_status send_usb(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                   struct sterna_error *error)
{
    struct link_usb *self = (struct link_usb *)link;
    bool faulty = false;
    const enum sterna_status status = sterna_usb_pipe_send(&self->pipe, bytes, size, &faulty, error);
    return status == STERNA_OK && faulty ? mend(self, error) : status;
}

/* Mended bytes are lost bytes: silence, for which the session has a remedy. */
static enum sterna_status receive_usb(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                      size_t size, size_t *got, struct sterna_error *error)
{
    struct link_usb *self = (struct link_usb *)link;
    bool faulty = false;
    const enum sterna_status status = sterna_usb_pipe_receive(&self->pipe, patience / SLOWEST_KHZ + MARGIN_MS,
                                                              bytes, size, got, &faulty, error);
    return status == STERNA_OK && faulty ? mend(self, error) : status;
}

/* A full-speed bus has room for 19 packets in a millisecond; of a serial chip's line ten bits are a byte. */
static void wire_usb(const struct sterna_link *link, struct sterna_wire *wire)
{
    const struct link_usb *self = (const struct link_usb *)link;
    if (self->board->serial_chip)
        *wire = (struct sterna_wire){self->board->channel.baud / 10, 0};
    else
        *wire = (struct sterna_wire){19 * UINT64_C(64000), self->board->packet};
}

const struct sterna_link_backend sterna_link_usb = {
    .name = "usb",
    .open = open_usb,
    .send = send_usb,
    .receive = receive_usb,
    .await = sterna_usb_await,
    .wire = wire_usb,
    .close = close_usb,
};
