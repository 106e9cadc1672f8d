/* usb_traffic.h - bulk transactions of usb_host.h with errors on both sides of the wire, chosen by luck. */
#ifndef STERNA_USB_TRAFFIC_H
#define STERNA_USB_TRAFFIC_H

#include "usb_host.h"

enum { ADDRESS = 5 }; /* of the device once it is configured */

static inline int usb_toggle(unsigned number)
{
    return number % 2 ? PID_DATA1 : PID_DATA0;
}

/* One OUT of the random run, repeated until the host has seen its ACK. */
static inline void usb_push(struct usb_host *host, struct seeded *random, unsigned *outs,
                            const uint8_t *bytes, size_t size)
{
    for (int answer = PID_NONE; answer != PID_ACK;) {
        const unsigned luck = seeded_below(random, 100);
        if (luck < 10)
            host->slip = (enum usb_slip)(1 + seeded_below(random, SLIPS - 1));
        usb_send_token(host, PID_OUT, ADDRESS, 1);
        if (luck >= 10 && luck < 20)
            host->slip = (enum usb_slip)(1 + seeded_below(random, SLIPS - 1));
        usb_send_data(host, usb_toggle(*outs), bytes, size);
        answer = usb_receive(host);
        usb_must(answer == PID_ACK || answer == PID_NAK || (answer == PID_NONE && luck < 20));
        if (luck >= 20 && luck < 30)
            answer = PID_NONE; /* the handshake was lost on its way */
        if (luck >= 30 && luck < 35)
            usb_host_idle(host, seeded_below(random, 300));
        if (luck >= 35 && luck < 38)
            usb_send_token(host, PID_SOF, seeded_below(random, 128), seeded_below(random, 16));
    }
    ++*outs;
}

/* One IN; what comes, if it is new, is compared. */
static inline void usb_pull(struct usb_host *host, struct seeded *random, unsigned *ins, const uint8_t *sent,
                            size_t *seen)
{
    const unsigned luck = seeded_below(random, 100);
    if (luck < 10)
        host->slip = (enum usb_slip)(1 + seeded_below(random, SLIPS - 1));
    const bool acknowledge = luck < 10 || luck >= 20;
    usb_send_token(host, PID_IN, ADDRESS, 1);
    const int pid = usb_receive(host);
    usb_must(pid == PID_DATA0 || pid == PID_DATA1 || pid == PID_NAK || (pid == PID_NONE && luck < 10));
    if (pid != PID_DATA0 && pid != PID_DATA1)
        return;
    const bool lost = luck >= 30 && luck < 40; /* the packet does not reach the host, so it does not answer */
    if (lost)
        return;
    if (pid == usb_toggle(*ins)) {
        for (size_t i = 0; i < host->size; i++)
            usb_must((host->packet[i]) == (sent[(*seen + i) % (1 << 16)]));
        *seen += host->size;
        ++*ins;
    }
    if (acknowledge) {
        if (luck >= 20 && luck < 30)
            host->slip = SLIP_BIT;
        usb_send_handshake(host, PID_ACK);
    }
}

#endif
