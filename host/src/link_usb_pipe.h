/* link_usb_pipe.h - a bulk endpoint each way, with transfers in flight on both, as a byte stream.
 *
 * IN transfers are queued all the time and resubmitted as they complete; OUT transfers are sent without waiting for them. Events
 * are handled in the calls below and nowhere else. A transfer that fails leaves a fault, which send and receive report and
 * only sterna_usb_pipe_start clears.
 */
#ifndef STERNA_LINK_USB_PIPE_H
#define STERNA_LINK_USB_PIPE_H

#include <libusb.h>

#include "queue.h"

enum {
    STERNA_USB_TRANSFERS = 8,          /* in flight each way at most */
    STERNA_USB_IN_BYTES = 4096,        /* of an IN transfer: a multiple of every packet size */
    STERNA_USB_OUT_BYTES = 32768,      /* of an OUT transfer: the kernel takes two URBs for it */
    STERNA_USB_OUT_MILLISECONDS = 2000 /* the device must take an OUT transfer within */
};

struct sterna_usb_pipe {
    libusb_context *context;
    libusb_device_handle *handle;
    uint8_t in, out; /* endpoints */
    size_t packet;   /* of the IN endpoint */
    bool strip;      /* packets begin with FTDI's status bytes */
    struct libusb_transfer *in_transfer[STERNA_USB_TRANSFERS], *out_transfer[STERNA_USB_TRANSFERS];
    bool in_busy[STERNA_USB_TRANSFERS], out_busy[STERNA_USB_TRANSFERS];
    struct sterna_queue input;
    enum libusb_transfer_status in_fault, out_fault; /* LIBUSB_TRANSFER_COMPLETED: none */
    uint64_t received;                               /* bytes, ever */
    bool stopping;                                   /* what completes is not resubmitted */
    bool full;                                       /* no memory for what was received */
};

/* The caller sets context, handle, endpoints, packet and strip; the rest is zero. Queues the IN transfers. The pipe must not
 * move until closed. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_pipe_open(struct sterna_usb_pipe *pipe,
                                                          struct sterna_error *error);
/* Cancels what is in flight and waits for it. Accepts a pipe that could not be opened. */
void sterna_usb_pipe_close(struct sterna_usb_pipe *pipe);
/* Hand over all bytes, waiting only for a free transfer. *faulty: a fault stopped it, and bytes are lost. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_pipe_send(struct sterna_usb_pipe *pipe, const uint8_t *bytes,
                                                          size_t size, bool *faulty,
                                                          struct sterna_error *error);
/* Up to size bytes as soon as there is one; *got = 0 after so many ms of silence, counted from when all that was sent had
 * gone, or with *faulty. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_pipe_receive(struct sterna_usb_pipe *pipe,
                                                             uint64_t milliseconds, uint8_t *bytes,
                                                             size_t size, size_t *got, bool *faulty,
                                                             struct sterna_error *error);
/* Cancel everything and wait for it; what was received and not taken is dropped. */
void sterna_usb_pipe_stop(struct sterna_usb_pipe *pipe);
/* After a stop: clear the faults, queue the IN transfers again. */
STERNA_MUST_CHECK enum sterna_status sterna_usb_pipe_start(struct sterna_usb_pipe *pipe,
                                                           struct sterna_error *error);

#endif
