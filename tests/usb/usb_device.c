/* usb_device.c - see usb_device.h. */
#include "usb_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "link.h"
#include "usb_wire.h"

enum {
    PATIENCE = 4000000, /* cycles of the Verilated accelerator: its longest request takes less */
    FLAG = 0x7E,
    DESCRIPTOR_STRING = 3,
    GET_DESCRIPTOR = 6
};

struct usb_device {
    struct usb_device_options options;
    struct usb_wire *wire;                   /* whose link is the next, or NULL */
    struct sterna_link *link;                /* or */
    struct sterna_software_device *software; /* one of another version, or NULL */
    struct sterna_queue output;              /* of the accelerator */
    bool asked;                              /* a frame went in since the accelerator was last found silent */
    bool halted_in, halted_out;
    bool full;             /* the last IN packet was: a zero-length one must follow if there is no more */
    unsigned status_alone; /* IN packets of the serial chip without data, so far */
    uint8_t descriptors[96];
    size_t descriptors_size;
};

/* ---- descriptors -------------------------------------------------------------------------------------------- */

static size_t put_interface(uint8_t *at, uint8_t number, uint8_t in, uint8_t out, size_t packet)
{
    const uint8_t low = (uint8_t)(packet & 0xFF), high = (uint8_t)(packet >> 8);
    const uint8_t bytes[] = {9, 4,   number, 0, 2, 0xFF, 0xFF, 0xFF, 2,   7,    5, in,
                             2, low, high,   0, 7, 5,    out,  2,    low, high, 0};
    memcpy(at, bytes, sizeof bytes);
    return sizeof bytes;
}

static void describe(struct usb_device *device)
{
    if (device->wire) {
        device->descriptors_size =
            usb_wire_descriptors(device->wire, device->descriptors, sizeof device->descriptors);
        return;
    }
    const bool ftdi = device->options.ftdi;
    const uint8_t vendor[] = {18, 1, 0x01, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 1, 2, 3, 1};
    const uint8_t ft2232h[] = {18,   1,    0x00, 0x02, 0,    0, 0, 64, 0x03,
                               0x04, 0x10, 0x60, 0x00, 0x07, 1, 2, 3,  1};
    uint8_t *at = device->descriptors;
    memcpy(at, ftdi ? ft2232h : vendor, 18);
    if (device->options.serial[0] == '\0')
        at[16] = 0;
    uint8_t *configuration = at + 18;
    size_t size = 9;
    size += put_interface(configuration + size, 0, 0x81, ftdi ? 0x02 : 0x01, usb_device_packet(device));
    if (ftdi)
        size += put_interface(configuration + size, 1, 0x83, 0x04, usb_device_packet(device));
    const uint8_t head[] = {9, 2, (uint8_t)size, 0, ftdi ? 2 : 1, 1, 0, 0x80, 50};
    memcpy(configuration, head, sizeof head);
    device->descriptors_size = 18 + size;
}

size_t usb_device_descriptors(const struct usb_device *device, const uint8_t **bytes)
{
    *bytes = device->descriptors;
    return device->descriptors_size;
}

bool usb_device_is_high_speed(const struct usb_device *device)
{
    return device->options.ftdi;
}

size_t usb_device_packet(const struct usb_device *device)
{
    return device->options.ftdi ? 512 : 64;
}

/* ---- control ------------------------------------------------------------------------------------------------ */

static size_t put_string(uint8_t *data, size_t room, const char *text)
{
    size_t size = 2;
    for (; *text && size + 2 <= room; text++) {
        data[size++] = (uint8_t)*text;
        data[size++] = 0;
    }
    data[0] = (uint8_t)size;
    data[1] = DESCRIPTOR_STRING;
    return size;
}

static enum usb_answer string_descriptor(struct usb_device *device, uint8_t index, uint8_t *data,
                                         size_t *size)
{
    const char *product = device->options.ftdi ? "iCEBreaker V1.0e" : "Sterna accelerator";
    const char *const texts[] = {NULL, "Sterna", product, device->options.serial};
    static const uint8_t languages[] = {4, DESCRIPTOR_STRING, 0x09, 0x04};
    uint8_t whole[128];
    if (index >= sizeof texts / sizeof *texts)
        return USB_STALL;
    size_t length = sizeof languages;
    if (index == 0)
        memcpy(whole, languages, length);
    else
        length = put_string(whole, sizeof whole, texts[index]);
    *size = length < *size ? length : *size;
    memcpy(data, whole, *size);
    return USB_ACK;
}

enum usb_answer usb_device_control(struct usb_device *device, const uint8_t *setup, uint8_t *data,
                                   size_t *size)
{
    if (device->wire)
        return usb_wire_control(device->wire, setup, data, size) ? USB_ACK : USB_STALL;
    if (setup[0] == 0x80 && setup[1] == GET_DESCRIPTOR && setup[3] == DESCRIPTOR_STRING)
        return string_descriptor(device, setup[2], data, size);
    *size = 0;
    return device->options.ftdi && setup[0] == 0x40 ? USB_ACK : USB_STALL;
}

/* ---- the accelerator ------------------------------------------------------------------------------------------ */

static void feed(struct usb_device *device, const uint8_t *bytes, size_t size)
{
    struct sterna_error error;
    enum sterna_status status = STERNA_OK;
    if (device->software)
        status = sterna_software_device_feed(device->software, bytes, size, &device->output);
    else if (device->link)
        status = device->link->backend->send(device->link, bytes, size, &error);
    if (status != STERNA_OK)
        abort();
    device->asked = device->asked || (size > 0 && bytes[size - 1] == FLAG);
}

/* Fetch what the accelerator has to say, if it was asked something. */
static void fetch(struct usb_device *device)
{
    struct sterna_error error;
    uint8_t bytes[512];
    size_t got = 1;
    while (device->link && device->asked && got > 0) {
        if (device->link->backend->receive(device->link, device->output.size ? 2000 : PATIENCE, bytes,
                                           sizeof bytes, &got, &error) != STERNA_OK ||
            sterna_queue_put(&device->output, bytes, got) != STERNA_OK)
            abort();
    }
    device->asked = false;
}

/* ---- packets -------------------------------------------------------------------------------------------------- */

static bool strikes(struct usb_device *device, enum usb_fault_kind kind)
{
    return usb_fault_strikes(device->options.faults, kind);
}

enum usb_answer usb_device_out(struct usb_device *device, uint8_t endpoint, const uint8_t *packet,
                               size_t size)
{
    uint8_t changed[512];
    if (endpoint != (device->options.ftdi ? 0x04 : 0x01) || size > usb_device_packet(device))
        return USB_ERROR;
    device->halted_out = strikes(device, FAULT_STALL_OUT) || device->halted_out;
    if (device->halted_out)
        return USB_STALL;
    if (strikes(device, FAULT_UNPLUG_OUT))
        return USB_GONE;
    if (strikes(device, FAULT_NAK_OUT))
        return USB_NAK;
    if (strikes(device, FAULT_ERROR_OUT))
        return USB_ERROR;
    memcpy(changed, packet, size);
    if (strikes(device, FAULT_CORRUPT_OUT) && size > 0)
        changed[size / 2] ^= 0x10;
    if (!strikes(device, FAULT_LOSE_OUT))
        feed(device, changed, size);
    return USB_ACK;
}

/* A packet of the serial chip: status first; now and then a packet is nothing else. */
static enum usb_answer serial_packet(struct usb_device *device, uint8_t *packet, size_t room, size_t *size)
{
    packet[0] = 0x32;
    packet[1] = 0x60;
    *size = 2;
    if (device->status_alone++ % 3 > 0)
        *size += sterna_queue_take(&device->output, packet + 2, room - 2);
    return USB_ACK;
}

enum usb_answer usb_device_in(struct usb_device *device, uint8_t endpoint, uint8_t *packet, size_t *size)
{
    if (endpoint != (device->options.ftdi ? 0x83 : 0x81))
        return USB_ERROR;
    fetch(device);
    if (device->output.size == 0 && !device->full && !device->halted_in)
        return USB_NAK;
    device->halted_in = strikes(device, FAULT_STALL_IN) || device->halted_in;
    if (device->halted_in)
        return USB_STALL;
    if (strikes(device, FAULT_UNPLUG_IN))
        return USB_GONE;
    if (strikes(device, FAULT_NAK_IN))
        return USB_NAK;
    if (strikes(device, FAULT_ERROR_IN))
        return USB_ERROR;
    if (strikes(device, FAULT_OVERFLOW_IN))
        return USB_OVERFLOW;
    *size = 0;
    if (strikes(device, FAULT_EMPTY_IN))
        return USB_ACK;
    size_t room = strikes(device, FAULT_SHORT_IN) ? 3 : usb_device_packet(device);
    if (device->options.ftdi)
        (void)serial_packet(device, packet, room, size);
    else
        *size = sterna_queue_take(&device->output, packet, room);
    device->full = *size == usb_device_packet(device);
    if (strikes(device, FAULT_CORRUPT_IN) && *size > 2)
        packet[2 + *size % (*size - 2)] ^= 0x10;
    if (strikes(device, FAULT_LOSE_IN))
        return USB_NAK;
    return USB_ACK;
}

void usb_device_clear_halt(struct usb_device *device, uint8_t endpoint)
{
    if (endpoint & 0x80)
        device->halted_in = false;
    else
        device->halted_out = false;
}

void usb_device_reset(struct usb_device *device)
{
    device->halted_in = device->halted_out = false;
    device->full = false;
    if (device->wire)
        usb_wire_reset(device->wire);
}

/* ---- new, free ------------------------------------------------------------------------------------------------ */

static bool open_accelerator(struct usb_device *device)
{
    struct sterna_error error;
    const char *name = device->options.accelerator;
    if (strcmp(name, "silent") == 0)
        return true;
    if (strcmp(name, "bus") == 0) {
        device->wire = usb_wire_new(&device->link);
        return device->wire != NULL;
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "geometry") == 0) {
        struct sterna_geometry geometry = *sterna_geometry_of("up5k");
        if (name[0] == 'v')
            geometry.protocol++;
        else
            geometry.psum_w = 40;
        return sterna_software_device_new(&geometry, &device->software) == STERNA_OK;
    }
    if (sterna_link_open(name, &device->link, &error) == STERNA_OK)
        return true;
    (void)fprintf(stderr, "usb_device: %s\n", error.reason);
    return false;
}

struct usb_device *usb_device_new(const struct usb_device_options *options)
{
    struct usb_device *device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    device->options = *options;
    if (!open_accelerator(device)) {
        free(device);
        return NULL;
    }
    describe(device);
    return device;
}

void usb_device_free(struct usb_device *device)
{
    if (!device)
        return;
    sterna_link_close(device->link);
    sterna_software_device_free(device->software);
    sterna_queue_free(&device->output);
    free(device);
}
