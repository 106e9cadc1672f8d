/* frame.c - see frame.h. The decoder takes any bytes whatever; a flag always brings it back into step. */
#include "frame.h"

#include <string.h>

#include "crc32.h"
#include "little_endian.h"
#include "protocol.h"

enum { SHORTEST = 2 + STERNA_FCS_BYTES }; /* opcode, sequence, FCS */

static size_t put_escaped(uint8_t *frame, const uint8_t *bytes, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (byte == STERNA_FLAG_BYTE || byte == STERNA_ESCAPE_BYTE) {
            frame[length++] = STERNA_ESCAPE_BYTE;
            byte ^= STERNA_ESCAPE_XOR;
        }
        frame[length++] = byte;
    }
    return length;
}

size_t sterna_frame_encode(const uint8_t *payload, size_t size, uint8_t *frame)
{
    uint8_t fcs[STERNA_FCS_BYTES];
    sterna_put_le32(fcs, sterna_crc32(0, payload, size));
    size_t length = 0;
    frame[length++] = STERNA_FLAG_BYTE;
    length += put_escaped(frame + length, payload, size);
    length += put_escaped(frame + length, fcs, sizeof fcs);
    frame[length++] = STERNA_FLAG_BYTE;
    return length;
}

void sterna_frame_decoder_init(struct sterna_frame_decoder *decoder, uint8_t *buffer, size_t capacity)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->buffer = buffer;
    decoder->capacity = capacity;
}

static bool is_good(const struct sterna_frame_decoder *decoder)
{
    size_t received = decoder->received;
    if (decoder->escaped || received < SHORTEST || received > decoder->capacity)
        return false;
    size_t size = received - STERNA_FCS_BYTES;
    return sterna_crc32(0, decoder->buffer, size) == sterna_get_le32(decoder->buffer + size);
}

/* A flag: the end of what came since the last one, if anything did. */
static bool end_frame(struct sterna_frame_decoder *decoder)
{
    bool empty = decoder->received == 0 && !decoder->escaped;
    bool good = decoder->started && !empty && is_good(decoder);
    if (good)
        decoder->size = decoder->received - STERNA_FCS_BYTES;
    else if (decoder->started && !empty)
        decoder->bad++;
    decoder->started = true;
    decoder->escaped = false;
    decoder->received = 0;
    return good;
}

bool sterna_frame_decode(struct sterna_frame_decoder *decoder, uint8_t byte)
{
    if (byte == STERNA_FLAG_BYTE)
        return end_frame(decoder);
    if (!decoder->started)
        return false;
    if (byte == STERNA_ESCAPE_BYTE && !decoder->escaped) {
        decoder->escaped = true;
        return false;
    }
    if (decoder->escaped)
        byte ^= STERNA_ESCAPE_XOR;
    decoder->escaped = false;
    if (decoder->received < decoder->capacity)
        decoder->buffer[decoder->received] = byte;
    if (decoder->received <= decoder->capacity)
        decoder->received++;
    return false;
}
