/* usb_bed.h - simulated USB devices under umockdev, as usbfs of the kernel shows them: sysfs, device nodes, URBs.
 *
 * The host program is a process of its own with umockdev's preload library. Its ioctls arrive on a thread of umockdev, where
 * URBs become packets of usb_device.h. A device node is a symbolic link to a pseudo terminal, whose output is stopped while there
 * is nothing to reap: that is how poll() of the host learns of completions, and how it sleeps otherwise.
 */
#ifndef STERNA_TESTS_USB_BED_H
#define STERNA_TESTS_USB_BED_H

#include <umockdev.h>

#include "usb_device.h"

enum { USB_PORTS = 4 };

struct usb_bed;

/* What the kernel says to the host, beyond what the device does. */
struct usb_port_options {
    bool busy;          /* another program has claimed the interface */
    bool denied;        /* the node may not be opened */
    bool kernel_driver; /* a driver of the kernel holds it until it is detached */
};

struct usb_port_counts {
    unsigned long submits, reaps, detached, attached, claims, resets, clear_halts, most_in, most_out;
};

/* NULL after a complaint. unplugged(context) is called from umockdev's thread when a device's fault asks for it. */
struct usb_bed *usb_bed_new(void (*unplugged)(void *context, size_t port), void *context);
void usb_bed_free(struct usb_bed *bed);
/* The device remains the caller's; port 0..USB_PORTS-1 becomes 1-1..1-4. */
bool usb_bed_plug(struct usb_bed *bed, size_t port, struct usb_device *device,
                  const struct usb_port_options *options, struct usb_faults *faults);
/* From the main thread: end the pending URBs, tell the host, take the node away. */
void usb_bed_unplug(struct usb_bed *bed, size_t port);
void usb_bed_counts(struct usb_bed *bed, size_t port, struct usb_port_counts *counts);

#endif
