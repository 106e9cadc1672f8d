/* usb_fault.h - what goes wrong on a simulated USB device, and when: by counted packets, never by time. */
#ifndef STERNA_TESTS_USB_FAULT_H
#define STERNA_TESTS_USB_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum usb_fault_kind {
    FAULT_STALL_IN, /* the endpoint halts */
    FAULT_STALL_OUT,
    FAULT_ERROR_IN, /* no valid packet: -EPROTO */
    FAULT_ERROR_OUT,
    FAULT_OVERFLOW_IN, /* more than was asked for: -EOVERFLOW */
    FAULT_CORRUPT_IN,  /* a bit of the packet changes */
    FAULT_CORRUPT_OUT,
    FAULT_LOSE_IN, /* the packet disappears */
    FAULT_LOSE_OUT,
    FAULT_EMPTY_IN, /* a zero-length packet comes first */
    FAULT_SHORT_IN, /* the packet carries one byte */
    FAULT_NAK_IN,   /* from here on NAK, for as many times */
    FAULT_NAK_OUT,
    FAULT_UNPLUG_IN,
    FAULT_UNPLUG_OUT,
    FAULT_NO_MEMORY, /* SUBMITURB says ENOMEM; counted in URBs */
    FAULTS
};

enum { FAULT_PLANS = 8 };

struct usb_faults {
    struct {
        enum usb_fault_kind kind;
        unsigned long first, times, every; /* packets from `first` on, `times` of them; or one in `every` */
    } plan[FAULT_PLANS];
    size_t plans;
    unsigned long count[FAULTS]; /* packets that could have suffered */
    unsigned long hits;
};

/* "stall-in:20", "error-out:3:2" (packets 3 and 4), "corrupt-in:%7" (every seventh). */
bool usb_fault_parse(struct usb_faults *faults, const char *text);
/* Count one packet of this kind: does the fault strike it? */
bool usb_fault_strikes(struct usb_faults *faults, enum usb_fault_kind kind);

#endif
