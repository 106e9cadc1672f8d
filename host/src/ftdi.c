/* ftdi.c - see ftdi.h. */
#include "ftdi.h"

#include <string.h>

enum {
    RESET = 0x00, /* value 0: the channel; 1, 2: flush what it received, what it has to send */
    FLOW_CONTROL = 0x02,
    BAUD_RATE = 0x03,
    LINE = 0x04,
    LATENCY = 0x09,
    BIT_MODE = 0x0B,
    LINE_8N1 = 0x0008,
    FULL_SPEED_BASE = 3000000, /* Hz */
    HIGH_SPEED_BASE = 12000000,
    DIVISOR_MAX = 0x3FFF, /* of the integer part */
    EIGHTHS = 8
};

/* The divisor in eighths that comes nearest. The chips know 1, 1.5, and everything from 2 on. */
static uint32_t nearest_divisor(uint32_t base, uint32_t baud)
{
    uint64_t eighths = ((uint64_t)base * EIGHTHS * 2 / baud + 1) / 2;
    if (eighths < 10)
        return 8;
    if (eighths < 14)
        return 12;
    if (eighths < 16)
        return 16;
    return eighths > DIVISOR_MAX * EIGHTHS ? DIVISOR_MAX * EIGHTHS : (uint32_t)eighths;
}

/* Bits 13..0 the integer, bits 16..14 the fraction in FTDI's order; 1 and 1.5 have codes of their own. */
static uint32_t encode_divisor(uint32_t eighths)
{
    static const uint32_t fraction[EIGHTHS] = {0, 3, 2, 4, 1, 5, 6, 7};
    if (eighths == 8)
        return 0;
    if (eighths == 12)
        return 1;
    return eighths / EIGHTHS | fraction[eighths % EIGHTHS] << 14;
}

static bool is_near(uint32_t base, uint32_t eighths, uint32_t baud)
{
    const double got = (double)base * EIGHTHS / eighths;
    return got > 0.97 * baud && got < 1.03 * baud;
}

static enum sterna_status baud_request(const struct sterna_ftdi_channel *channel,
                                       struct sterna_ftdi_request *request, struct sterna_error *error)
{
    const bool fast = channel->high_speed && channel->baud > HIGH_SPEED_BASE / DIVISOR_MAX;
    const uint32_t base = fast ? HIGH_SPEED_BASE : FULL_SPEED_BASE;
    const uint32_t eighths = channel->baud > 0 ? nearest_divisor(base, channel->baud) : 0;
    if (eighths == 0 || !is_near(base, eighths, channel->baud))
        return sterna_fail(error, STERNA_ERR_RANGE, "the serial chip cannot make %u baud",
                           (unsigned)channel->baud);
    const uint32_t code = encode_divisor(eighths) | (fast ? UINT32_C(0x20000) : 0);
    const uint32_t high = code >> 16;
    *request = (struct sterna_ftdi_request){
        .request = BAUD_RATE,
        .value = (uint16_t)(code & 0xFFFF),
        .index =
            (uint16_t)(channel->high_speed || channel->channel > 0 ? high << 8 | channel->channel : high),
    };
    return STERNA_OK;
}

enum sterna_status sterna_ftdi_setup(const struct sterna_ftdi_channel *channel,
                                     struct sterna_ftdi_request request[STERNA_FTDI_SETUP],
                                     struct sterna_error *error)
{
    struct sterna_ftdi_request baud;
    enum sterna_status status = baud_request(channel, &baud, error);
    if (status != STERNA_OK)
        return status;
    const uint16_t index = channel->channel;
    const struct sterna_ftdi_request all[STERNA_FTDI_SETUP] = {
        {RESET, 0, index},
        {BIT_MODE, 0, index},
        {LINE, LINE_8N1, index},
        {FLOW_CONTROL, 0, index},
        baud,
        {LATENCY, channel->latency, index},
        {RESET, 1, index},
        {RESET, 2, index},
    };
    memcpy(request, all, sizeof all);
    return STERNA_OK;
}

size_t sterna_ftdi_strip(uint8_t *bytes, size_t size, size_t packet)
{
    size_t left = 0;
    for (size_t first = 0; first < size; first += packet) {
        const size_t length = size - first < packet ? size - first : packet;
        if (length <= STERNA_FTDI_STATUS)
            continue;
        memmove(bytes + left, bytes + first + STERNA_FTDI_STATUS, length - STERNA_FTDI_STATUS);
        left += length - STERNA_FTDI_STATUS;
    }
    return left;
}
