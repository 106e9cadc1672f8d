/* usb_urb.h - the URBs of one device between the host's ioctls and the device's packets. */
#ifndef STERNA_TESTS_USB_URB_H
#define STERNA_TESTS_USB_URB_H

#include <umockdev.h>

#include "usb_device.h"

enum { URB_MOST = 64 };

struct urb; /* one that the host submitted */

struct urb_queue {
    struct urb *pending[URB_MOST], *done[URB_MOST]; /* in order */
    size_t pendings, dones;
    unsigned long most_in, most_out; /* bulk URBs pending at a time */
    struct usb_faults *faults;
};

/* Keep the URB that data points to; false if there are too many or its memory cannot be read. */
bool urb_queue_submit(struct urb_queue *queue, UMockdevIoctlData *data);
/* Exchange packets until the device has no more to say or take. USB_GONE: it was unplugged meanwhile. */
enum usb_answer urb_queue_pump(struct urb_queue *queue, struct usb_device *device);
bool urb_queue_discard(struct urb_queue *queue, uintptr_t address);
void urb_queue_end_all(struct urb_queue *queue, int status);
bool urb_queue_has_done(const struct urb_queue *queue);
/* The oldest that is done, written back to the host's memory; a reference for the caller. NULL: none. */
UMockdevIoctlData *urb_queue_reap(struct urb_queue *queue);
/* Copy what an ioctl's argument points to. */
void urb_read(UMockdevIoctlData *data, void *copy, size_t size);

#endif
