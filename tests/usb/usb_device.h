/* usb_device.h - a simulated USB device at packet level, with an accelerator in it: either the vendor interface or a serial chip
 * of FTDI. It knows nothing of the host's side; usb_bed.h carries its packets. */
#ifndef STERNA_TESTS_USB_DEVICE_H
#define STERNA_TESTS_USB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "usb_fault.h"

enum usb_answer { USB_ACK, USB_NAK, USB_STALL, USB_ERROR, USB_OVERFLOW, USB_GONE };

struct usb_device;

struct usb_device_options {
    bool ftdi;          /* FT2232H, channel B */
    const char *serial; /* at most 15 letters; "" none */
    const char *
        accelerator; /* a link's address: "reference", "sim"; "bus": the Verilated USB core and accelerator on a bus of
                        * their own, whose descriptors it shows; "version", "geometry": one of another protocol version, of an impossible
                        * geometry; "silent" */
    struct usb_faults *faults;
};

/* NULL after a complaint on standard error. */
struct usb_device *usb_device_new(const struct usb_device_options *options);
void usb_device_free(struct usb_device *device);
/* The device descriptor and the configuration, as sysfs has them. */
size_t usb_device_descriptors(const struct usb_device *device, const uint8_t **bytes);
bool usb_device_is_high_speed(const struct usb_device *device);
size_t usb_device_packet(const struct usb_device *device);

/* One packet. in: room for a packet. */
enum usb_answer usb_device_out(struct usb_device *device, uint8_t endpoint, const uint8_t *packet,
                               size_t size);
enum usb_answer usb_device_in(struct usb_device *device, uint8_t endpoint, uint8_t *packet, size_t *size);
/* setup[8]; data of *size bytes, of which *size are used afterwards. */
enum usb_answer usb_device_control(struct usb_device *device, const uint8_t *setup, uint8_t *data,
                                   size_t *size);
void usb_device_clear_halt(struct usb_device *device, uint8_t endpoint);
void usb_device_reset(struct usb_device *device);

#endif
