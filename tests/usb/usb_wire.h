/* usb_wire.h - the Verilated USB core and accelerator for the simulated boards: what a device's packets carry goes over D+ and D- of
 * a bus of its own (usb_bus.h), and so do its control requests. */
#ifndef STERNA_TESTS_USB_WIRE_H
#define STERNA_TESTS_USB_WIRE_H

#include "link.h"

struct usb_wire;

/* Plugged in and enumerated; *link becomes its stream of bytes, closing which ends it. NULL if out of memory. */
struct usb_wire *usb_wire_new(struct sterna_link **link);
/* The device's and the configuration's, as read over the wire; returns their bytes. */
size_t usb_wire_descriptors(struct usb_wire *wire, uint8_t *bytes, size_t room);
/* A control transfer; data of *size bytes, of which *size are used afterwards. False after a STALL. */
bool usb_wire_control(struct usb_wire *wire, const uint8_t *setup, uint8_t *data, size_t *size);
/* Reset the bus and enumerate again. */
void usb_wire_reset(struct usb_wire *wire);

#endif
