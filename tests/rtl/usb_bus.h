/* usb_bus.h - the Verilated hw/board/usb_small.v on a USB bus of its own, as a link: every byte goes over D+ and D-, in bulk packets
 * that a host controller of usb_host.h sends and polls for. */
#ifndef STERNA_USB_BUS_H
#define STERNA_USB_BUS_H

#include <stdlib.h>
#include <string.h>

#define USB_CHIP usb_small_model
#include "usb_small_model.h"

#include "link.h"
#include "little_endian.h"
#include "queue.h"
#include "usb_host.h"

/* 19 packets of 64 bytes go into a frame of 1 ms. */
enum {
    USB_BUS_ADDRESS = 9,
    USB_FRAME = 48000,
    USB_PACKET = 64,
    USB_RATE = 19 * 64 * 1000,
    USB_RING = 1 << 14
};

struct usb_bus {
    struct sterna_link link;
    struct usb_host host;
    struct sterna_queue input;  /* to the device: a length of 2 bytes, then as many, and so on */
    size_t transfer;            /* bytes of the present transfer not yet in a packet */
    uint8_t packet[USB_PACKET]; /* of it, until acknowledged */
    size_t packet_size;
    unsigned outs, ins; /* packets so far: toggles */
    struct {
        uint8_t byte;
        uint64_t at;
    } output[USB_RING];
    size_t put, taken;
    uint64_t next_frame;
    bool framed;     /* what the device sends is known to the program only when the frame is over */
    unsigned one_in; /* packets: so seldom one of the host's is broken; 0 never */
    size_t broken;
};

static inline int usb_bus_toggle(unsigned number)
{
    return number % 2 ? PID_DATA1 : PID_DATA0;
}

static inline void usb_bus_slip(struct usb_bus *self)
{
    if (self->one_in == 0 || seeded_below(&self->host.random, self->one_in) > 0)
        return;
    self->host.slip = (enum usb_slip)(1 + seeded_below(&self->host.random, SLIPS - 1));
    self->broken++;
}

static inline void usb_bus_push(struct usb_bus *self)
{
    uint8_t length[2] = {0};
    if (self->packet_size == 0 && self->transfer == 0 && sterna_queue_take(&self->input, length, 2) == 2)
        self->transfer = sterna_get_le16(length);
    if (self->packet_size == 0) {
        const size_t size = self->transfer < USB_PACKET ? self->transfer : USB_PACKET;
        self->packet_size = sterna_queue_take(&self->input, self->packet, size);
        self->transfer -= self->packet_size;
    }
    if (self->packet_size == 0)
        return;
    usb_send_token(&self->host, PID_OUT, USB_BUS_ADDRESS, 1);
    usb_bus_slip(self);
    usb_send_data(&self->host, usb_bus_toggle(self->outs), self->packet, self->packet_size);
    if (usb_receive(&self->host) != PID_ACK)
        return;
    self->packet_size = 0;
    self->outs++;
}

static inline void usb_bus_pull(struct usb_bus *self)
{
    usb_bus_slip(self);
    if (usb_in(&self->host, USB_BUS_ADDRESS, 1, true) != usb_bus_toggle(self->ins))
        return; /* none, or one that we have already */
    self->ins++;
    for (size_t i = 0; i < self->host.size; i++) {
        usb_must(self->put - self->taken < USB_RING);
        self->output[self->put % USB_RING].byte = self->host.packet[i];
        self->output[self->put++ % USB_RING].at = self->framed ? self->next_frame : self->host.cycle;
    }
}

/* What a host controller does next; the bus rests if there is nothing to send. */
static inline void usb_bus_work(struct usb_bus *self)
{
    const bool sends = self->input.size > 0 || self->packet_size > 0;
    if (self->host.cycle >= self->next_frame) {
        usb_send_token(&self->host, PID_SOF, 5, 0);
        self->next_frame += USB_FRAME;
    }
    usb_bus_push(self);
    usb_bus_pull(self);
    usb_host_idle(&self->host, sends ? 2 : 200);
}

static inline enum sterna_status usb_bus_send(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                              struct sterna_error *error)
{
    struct usb_bus *self = (struct usb_bus *)link;
    uint8_t length[2];
    (void)error;
    sterna_put_le16(length, (uint32_t)size);
    enum sterna_status status = sterna_queue_put(&self->input, length, sizeof length);
    return status == STERNA_OK ? sterna_queue_put(&self->input, bytes, size) : status;
}

static inline bool usb_bus_has(const struct usb_bus *self)
{
    return self->taken < self->put && self->output[self->taken % USB_RING].at <= self->host.cycle;
}

static inline enum sterna_status usb_bus_receive(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                                 size_t size, size_t *got, struct sterna_error *error)
{
    struct usb_bus *self = (struct usb_bus *)link;
    (void)error;
    for (uint64_t since = self->host.cycle;
         !usb_bus_has(self) && self->host.cycle < since + patience + (self->framed ? 2 * USB_FRAME : 0);) {
        if (self->input.size > 0)
            since = self->host.cycle;
        usb_bus_work(self);
    }
    for (*got = 0; *got < size && usb_bus_has(self); self->taken++)
        bytes[(*got)++] = self->output[self->taken % USB_RING].byte;
    return STERNA_OK;
}

static inline void usb_bus_wire(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){USB_RATE, USB_PACKET};
}

static inline void usb_bus_close(struct sterna_link *link)
{
    struct usb_bus *self = (struct usb_bus *)link;
    usb_small_model_free(self->host.model);
    sterna_queue_free(&self->input);
    free(self);
}

static const struct sterna_link_backend usb_bus_backend = {.name = "bus",
                                                           .send = usb_bus_send,
                                                           .receive = usb_bus_receive,
                                                           .wire = usb_bus_wire,
                                                           .close = usb_bus_close};

/* A bus reset, and all that follows it. */
static inline void usb_bus_enumerate(struct usb_bus *self)
{
    static const uint8_t address[8] = {0, 5, USB_BUS_ADDRESS}, configuration[8] = {0, 9, 1};
    usb_host_reset(&self->host);
    usb_must(usb_control(&self->host, 0, address, NULL) == 0);
    usb_must(usb_control(&self->host, USB_BUS_ADDRESS, configuration, NULL) == 0);
    self->outs = self->ins = 0;
    self->packet_size = self->transfer = 0;
    sterna_queue_free(&self->input);
    self->next_frame = self->host.cycle;
}

/* Powered up, plugged in, enumerated; a clock that is off and edges that tremble. The caller closes the link. NULL if out of memory. */
static inline struct usb_bus *usb_bus_new(void)
{
    struct usb_bus *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->link.backend = &usb_bus_backend;
    usb_host_begin(&self->host, usb_small_model_new(), 0.001, 0.2);
    *self->host.model->ready = 1;
    usb_host_idle(&self->host, 30);
    usb_must(*self->host.model->attach);
    usb_bus_enumerate(self);
    return self;
}

#endif
