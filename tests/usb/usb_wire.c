#include "usb_wire.h"

#include "../rtl/usb_bus.h"

enum { DEVICE = 18, CONFIGURATION = 32, GET_DESCRIPTOR = 6, CONTROL_MOST = 256 };

struct usb_wire {
    struct usb_bus bus;
};

struct usb_wire *usb_wire_new(struct sterna_link **link)
{
    struct usb_bus *bus = usb_bus_new();
    if (bus)
        *link = &bus->link;
    return (struct usb_wire *)bus;
}

bool usb_wire_control(struct usb_wire *wire, const uint8_t *setup, uint8_t *data, size_t *size)
{
    uint8_t answer[CONTROL_MOST];
    const size_t wanted = setup[6] | (size_t)setup[7] << 8;
    const bool out = (setup[0] & 0x80) == 0;
    if (wanted > sizeof answer || (out && wanted > 0))
        return false; /* the core knows no request like that */
    const int got = usb_control(&wire->bus.host, USB_BUS_ADDRESS, setup, answer);
    if (got < 0)
        return false;
    *size = (size_t)got < *size ? (size_t)got : *size;
    memcpy(data, answer, *size);
    return true;
}

size_t usb_wire_descriptors(struct usb_wire *wire, uint8_t *bytes, size_t room)
{
    const uint8_t device[8] = {0x80, GET_DESCRIPTOR, 0, 1, 0, 0, DEVICE, 0};
    const uint8_t configuration[8] = {0x80, GET_DESCRIPTOR, 0, 2, 0, 0, 255, 0};
    size_t first = room, second = 0;
    if (!usb_wire_control(wire, device, bytes, &first))
        return 0;
    second = room - first;
    return usb_wire_control(wire, configuration, bytes + first, &second) ? first + second : 0;
}

void usb_wire_reset(struct usb_wire *wire)
{
    usb_bus_enumerate(&wire->bus);
}
