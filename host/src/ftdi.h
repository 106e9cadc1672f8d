/* ftdi.h - the serial chips of FTDI as seen over USB: their vendor requests, and the status bytes in their data.
 *
 * Source: FTDI's application notes 232B-05 (baud rates) and 120 (high-speed chips). Nothing here talks to a device.
 */
#ifndef STERNA_FTDI_H
#define STERNA_FTDI_H

#include "sterna.h"

enum {
    STERNA_FTDI_REQUEST_TYPE = 0x40, /* host to device, vendor, device */
    STERNA_FTDI_STATUS = 2,          /* bytes at the beginning of every IN packet */
    STERNA_FTDI_SETUP = 8            /* requests that make a channel ready */
};

struct sterna_ftdi_request {
    uint8_t request;
    uint16_t value, index;
};

struct sterna_ftdi_channel {
    uint8_t channel; /* 0: the chip has one; 1 A, 2 B */
    bool high_speed; /* FT232H, FT2232H: base 12 MHz; else 3 MHz */
    uint32_t baud;   /* 8N1, no flow control */
    uint8_t latency; /* ms that the chip holds back bytes of an unfilled packet */
};

/* The requests in their order: reset, bit mode off, line, flow control, baud rate, latency, flush both ways.
 * Returns STERNA_ERR_RANGE if the chip cannot come within 3 % of the baud rate. */
STERNA_MUST_CHECK enum sterna_status sterna_ftdi_setup(const struct sterna_ftdi_channel *channel,
                                                       struct sterna_ftdi_request request[STERNA_FTDI_SETUP],
                                                       struct sterna_error *error);
/* Remove the status bytes from a transfer of `size` bytes in packets of `packet` bytes, in place. Returns the bytes
 * left. */
size_t sterna_ftdi_strip(uint8_t *bytes, size_t size, size_t packet);

#endif
