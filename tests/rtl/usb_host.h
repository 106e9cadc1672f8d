/* usb_host.h - a full-speed USB host at the level of D+ and D-, for the tests of hw/link/usb_device.v and of what has it inside.
 *
 * USB_CHIP names the model on the lines; it is usb_device_model, whose streams are served here, unless the includer says otherwise.
 *
 * Its bit clock may be off and its edges may tremble. What the device drives is decoded from the lines alone, its answer time,
 * SYNC, bit stuffing and end of packet checked on the way. Check sums are computed here bit by bit as the standard's text says,
 * most significant coefficient first, unlike in the device.
 */
#ifndef STERNA_USB_HOST_H
#define STERNA_USB_HOST_H

#include <string.h>

#include "seeded.h"

#ifndef USB_CHIP
#define USB_CHIP    usb_device_model
#define USB_STREAMS /* the chip has them */
#include "usb_device_model.h"
#endif

#include <check.h>

/* As ck_assert, which writes a file each time it is passed: too slow for what is asked in every cycle. */
#define usb_must(claim)                                                                                      \
    do {                                                                                                     \
        if (!(claim))                                                                                        \
            ck_abort_msg("not so: %s", #claim);                                                              \
    } while (0)

enum {
    PID_OUT = 1,
    PID_IN = 9,
    PID_SOF = 5,
    PID_SETUP = 13,
    PID_DATA0 = 3,
    PID_DATA1 = 11,
    PID_ACK = 2,
    PID_NAK = 10,
    PID_STALL = 14,
    PID_NONE = -1
};
enum { USB_PACKET_BITS = 1000, USB_PACKET_BYTES = 80, USB_BIT = 4 };

/* What the host does wrong to the next packet that it sends. */
enum usb_slip { SLIP_NONE, SLIP_BIT, SLIP_STUFF, SLIP_CUT, SLIPS };

#define USB_JOIN_AS(chip, name) chip##name
#define USB_JOIN(chip, name)    USB_JOIN_AS(chip, name)
#define usb_chip_eval           USB_JOIN(USB_CHIP, _eval)
#define usb_chip_tick           USB_JOIN(USB_CHIP, _tick)

struct usb_host {
    struct USB_CHIP *model;
    double bit;    /* length of the host's bit in cycles of the device */
    double jitter; /* cycles, either way, of every edge */
    double end;    /* of what has been driven so far */
    uint64_t cycle;
    struct seeded random;
    enum usb_slip slip;
    /* the streams of the device, looped back through this buffer */
    uint8_t loop[1 << 16];
    size_t put, taken; /* bytes that came out, that went in again */
    unsigned stalls;   /* in so many of 100 cycles the streams wait */
    bool loose;        /* no loop back: what comes out is dropped, nothing goes in */
    /* the packet that came */
    uint8_t packet[USB_PACKET_BYTES];
    size_t size;
};

/* ---- cycles ----------------------------------------------------------------------------------------------- */

#ifdef USB_STREAMS
/* Loop the streams back; returns with one byte offered and one taken, perhaps. */
static inline void usb_host_streams(struct usb_host *host)
{
    struct USB_CHIP *model = host->model;
    const bool waits = seeded_percent(&host->random, host->stalls);
    /* a byte once offered stays */
    *model->s_valid = !host->loose && host->taken < host->put && (*model->s_valid || !waits);
    *model->s_data = host->loop[host->taken % sizeof host->loop];
    *model->m_ready = !waits;
    usb_chip_eval(model);
    if (*model->m_valid && *model->m_ready) {
        usb_must((host->put - host->taken) < (sizeof host->loop));
        host->loop[host->put % sizeof host->loop] = *model->m_data;
        host->put += !host->loose;
    }
    if (*model->s_valid && *model->s_ready)
        host->taken++;
}
#endif

static inline void usb_host_tick(struct usb_host *host, bool dp, bool dn)
{
    struct USB_CHIP *model = host->model;
    *model->dp_in = *model->oe ? *model->dp_out : dp;
    *model->dn_in = *model->oe ? *model->dn_out : dn;
#ifdef USB_STREAMS
    usb_host_streams(host);
#endif
    usb_chip_tick(model);
#ifdef USB_STREAMS
    if (*model->s_valid) /* offered in this cycle; taken or not, usb_host_streams decides anew */
        *model->s_valid = host->taken < host->put;
#endif
    host->cycle++;
}

/* Hold the lines for so many bit times of the host. */
static inline void usb_host_hold(struct usb_host *host, bool dp, bool dn, double bits)
{
    double move = host->jitter * (seeded_below(&host->random, 2001) / 1000.0 - 1.0);
    host->end += bits * host->bit;
    while ((double)host->cycle < host->end + move)
        usb_host_tick(host, dp, dn);
}

static inline void usb_host_idle(struct usb_host *host, double bits)
{
    if (host->end < (double)host->cycle)
        host->end = (double)host->cycle;
    usb_host_hold(host, true, false, bits);
}

static inline void usb_host_reset(struct usb_host *host)
{
    usb_host_idle(host, 3);
    usb_host_hold(host, false, false, 200);
    usb_host_idle(host, 10);
}

static inline void usb_host_begin(struct usb_host *host, struct USB_CHIP *model, double offset, double jitter)
{
    *host =
        (struct usb_host){.model = model, .bit = USB_BIT * (1.0 + offset), .jitter = jitter, .random = {7}};
}

#ifdef USB_STREAMS
static inline void usb_host_init(struct usb_host *host, struct USB_CHIP *model, double offset, double jitter)
{
    usb_host_begin(host, model, offset, jitter);
    *model->rst = 1;
    usb_host_tick(host, true, false);
    *model->rst = 0;
    usb_host_idle(host, 20);
}
#endif

/* ---- sending ---------------------------------------------------------------------------------------------- */

/* Bits of a packet in their order, SYNC first, stuffing in. */
struct usb_bits {
    uint8_t bit[USB_PACKET_BITS];
    size_t count;
    unsigned ones;
};

static inline void usb_put_bit(struct usb_bits *bits, unsigned bit)
{
    bits->bit[bits->count++] = (uint8_t)bit;
    bits->ones = bit ? bits->ones + 1 : 0;
    if (bits->ones == 6) {
        bits->bit[bits->count++] = 0;
        bits->ones = 0;
    }
}

static inline void usb_put_bits(struct usb_bits *bits, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        usb_put_bit(bits, value >> i & 1);
}

/* CRC of `count` bits sent least significant first; polynomial and width as in the standard. */
static inline unsigned usb_crc(const uint8_t *bytes, size_t count, unsigned width, unsigned polynomial)
{
    const unsigned mask = (1u << width) - 1;
    unsigned crc = mask;
    for (size_t i = 0; i < count; i++) {
        unsigned out = (crc >> (width - 1) & 1) ^ (bytes[i / 8] >> (i % 8) & 1u);
        crc = crc << 1 & mask;
        if (out)
            crc ^= polynomial;
    }
    return ~crc & mask;
}

/* The CRC goes out most significant coefficient first. */
static inline void usb_put_crc(struct usb_bits *bits, unsigned crc, unsigned width)
{
    for (unsigned i = width; i-- > 0;)
        usb_put_bit(bits, crc >> i & 1);
}

static inline void usb_make_slip(struct usb_host *host, struct usb_bits *bits)
{
    const size_t body = bits->count - 9, at = 9 + seeded_below(&host->random, (uint32_t)body);
    if (host->slip == SLIP_BIT)
        bits->bit[at] ^= 1;
    else if (host->slip == SLIP_CUT)
        bits->count = at;
    else if (host->slip == SLIP_STUFF)
        for (size_t i = at; i < bits->count && i < at + 8; i++)
            bits->bit[i] = 1;
    host->slip = SLIP_NONE;
}

static inline void usb_send_bits(struct usb_host *host, struct usb_bits *bits)
{
    bool level = true;
    if (host->slip != SLIP_NONE)
        usb_make_slip(host, bits);
    usb_host_idle(host, 3);
    for (size_t i = 0; i < bits->count; i++) {
        if (!bits->bit[i])
            level = !level;
        usb_host_hold(host, level, !level, 1);
    }
    usb_host_hold(host, false, false, 2);
}

static inline void usb_begin(struct usb_bits *bits, int pid)
{
    *bits = (struct usb_bits){.count = 0};
    usb_put_bits(bits, 0x80, 8);
    usb_put_bits(bits, (unsigned)pid | (~(unsigned)pid & 15) << 4, 8);
}

static inline void usb_send_token(struct usb_host *host, int pid, unsigned address, unsigned endpoint)
{
    struct usb_bits bits;
    const unsigned field = address | endpoint << 7;
    const uint8_t bytes[2] = {(uint8_t)field, (uint8_t)(field >> 8)};
    usb_begin(&bits, pid);
    usb_put_bits(&bits, field, 11);
    usb_put_crc(&bits, usb_crc(bytes, 11, 5, 0x05), 5);
    usb_send_bits(host, &bits);
}

static inline void usb_send_data(struct usb_host *host, int pid, const uint8_t *data, size_t size)
{
    struct usb_bits bits;
    usb_begin(&bits, pid);
    for (size_t i = 0; i < size; i++)
        usb_put_bits(&bits, data[i], 8);
    usb_put_crc(&bits, usb_crc(data, 8 * size, 16, 0x8005), 16);
    usb_send_bits(host, &bits);
}

static inline void usb_send_handshake(struct usb_host *host, int pid)
{
    struct usb_bits bits;
    usb_begin(&bits, pid);
    usb_send_bits(host, &bits);
}

/* ---- receiving -------------------------------------------------------------------------------------------- */

/* The level of each bit that the device drives, sampled in its middle: 1 J, 0 K, 2 both low. */
static inline size_t usb_record(struct usb_host *host, uint8_t *level)
{
    size_t count = 0;
    for (uint64_t first = host->cycle; *host->model->oe; usb_host_tick(host, true, false)) {
        usb_must(!(*host->model->dp_out && *host->model->dn_out));
        if ((host->cycle - first) % USB_BIT == USB_BIT / 2) {
            usb_must(count < USB_PACKET_BITS);
            level[count++] = *host->model->dp_out ? 1 : *host->model->dn_out ? 0 : 2;
        }
    }
    host->end = (double)host->cycle;
    return count;
}

/* Wait for an answer. Returns its PID, its body in packet and size (without the CRC); PID_NONE if none comes in 18 bit times. */
static inline int usb_receive(struct usb_host *host)
{
    uint8_t level[USB_PACKET_BITS], body[USB_PACKET_BYTES + 4] = {0};
    const uint64_t asked = host->cycle;
    while (!*host->model->oe && host->cycle < asked + 18 * USB_BIT)
        usb_host_tick(host, true, false);
    host->end = (double)host->cycle;
    host->size = 0;
    if (!*host->model->oe)
        return PID_NONE;
    size_t count = usb_record(host, level), bits = 0;
    usb_must(count >= 19);
    usb_must(level[count - 1] == 1 && level[count - 2] == 2 && level[count - 3] == 2 &&
             level[count - 4] != 2);
    unsigned ones = 0, before = 1, first = 0;
    while (first < count && level[first] == 1)
        first++;
    /* the first edge comes 2 to 6.5 bit times after the end of the host's packet */
    usb_must((host->cycle - asked - USB_BIT * (count - first)) >= (2 * USB_BIT));
    usb_must((host->cycle - asked - USB_BIT * (count - first)) <= 26);
    for (size_t i = first; i < count - 3; i++) {
        const unsigned bit = level[i] == before;
        before = level[i];
        if (ones == 6) {
            usb_must(bit == 0);
            ones = 0;
            continue;
        }
        ones = bit ? ones + 1 : 0;
        if (bit)
            body[bits / 8] = (uint8_t)(body[bits / 8] | 1u << bits % 8);
        bits++;
        usb_must((bits / 8) < (sizeof body));
    }
    usb_must((bits % 8) == 0);
    usb_must((body[0]) == 0x80);
    usb_must((body[1] >> 4) == (~body[1] & 15u));
    const int pid = body[1] & 15;
    if ((pid & 3) == 3) {
        usb_must(bits >= 32);
        host->size = bits / 8 - 4;
        unsigned crc = usb_crc(body + 2, 8 * host->size, 16, 0x8005), sent = 0;
        for (unsigned i = 0; i < 16; i++)
            sent = sent << 1 | (body[2 + host->size + i / 8] >> (i % 8) & 1u);
        usb_must(crc == sent);
        memcpy(host->packet, body + 2, host->size);
    } else {
        usb_must(bits == 16);
    }
    return pid;
}

/* ---- transactions ------------------------------------------------------------------------------------------ */

/* SETUP or OUT; returns the handshake. */
static inline int usb_out(struct usb_host *host, int token, unsigned address, unsigned endpoint, int pid,
                          const uint8_t *data, size_t size)
{
    usb_send_token(host, token, address, endpoint);
    usb_send_data(host, pid, data, size);
    return usb_receive(host);
}

/* IN; acknowledged unless told not to. Returns the PID that came. */
static inline int usb_in(struct usb_host *host, unsigned address, unsigned endpoint, bool acknowledge)
{
    usb_send_token(host, PID_IN, address, endpoint);
    const int pid = usb_receive(host);
    if ((pid & 3) == 3 && pid != PID_NONE && acknowledge)
        usb_send_handshake(host, PID_ACK);
    return pid;
}

/* A control transfer; returns the bytes of its data stage (IN), 0 without one, -1 after a STALL. */
static inline int usb_control(struct usb_host *host, unsigned address, const uint8_t *setup, uint8_t *data)
{
    const size_t wanted = setup[6] | (size_t)setup[7] << 8;
    size_t size = 0;
    int toggle = PID_DATA1;
    usb_must((usb_out(host, PID_SETUP, address, 0, PID_DATA0, setup, 8)) == PID_ACK);
    if (wanted == 0) {
        const int pid = usb_in(host, address, 0, true);
        usb_must(pid == PID_STALL || (pid == PID_DATA1 && host->size == 0));
        return pid == PID_STALL ? -1 : 0;
    }
    do {
        const int pid = usb_in(host, address, 0, true);
        if (pid == PID_STALL)
            return -1;
        usb_must(pid == toggle);
        toggle ^= PID_DATA0 ^ PID_DATA1;
        usb_must((size + host->size) <= wanted);
        memcpy(data + size, host->packet, host->size);
        size += host->size;
    } while (size < wanted && host->size == 64);
    usb_must((usb_out(host, PID_OUT, address, 0, PID_DATA1, data, 0)) == PID_ACK);
    return (int)size;
}

#endif
