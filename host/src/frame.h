/* frame.h - payloads as frames of a byte stream (RFC 1662, hw/README.md section 2).
 *
 *   0x7E, payload and FCS-32 with 0x7D and 0x7E escaped as 0x7D, byte ^ 0x20, then 0x7E
 */
#ifndef STERNA_FRAME_H
#define STERNA_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STERNA_FCS_BYTES = 4 };

/* Bytes that a frame with size payload bytes takes at most. */
#define STERNA_FRAME_MAX(size) (2 * ((size) + STERNA_FCS_BYTES) + 2)

/* Write the frame of a payload to frame[STERNA_FRAME_MAX(size)]; returns its length. */
size_t sterna_frame_encode(const uint8_t *payload, size_t size, uint8_t *frame);

/* An incremental decoder. buffer (the caller's, capacity bytes) must hold the longest payload and its FCS. */
struct sterna_frame_decoder {
    uint8_t *buffer;
    size_t capacity;
    size_t size;     /* payload bytes in buffer, after sterna_frame_decode has returned true */
    uint32_t bad;    /* frames dropped so far: wrong FCS, too short, too long, aborted */
    size_t received; /* unescaped bytes since the flag, those that did not fit included */
    bool started;    /* a flag has been seen */
    bool escaped;    /* the previous byte was the escape */
};

void sterna_frame_decoder_init(struct sterna_frame_decoder *decoder, uint8_t *buffer, size_t capacity);
/* Take one byte of the stream; true if it ended a good frame, whose payload is buffer[0 .. size) until the
 * next call. */
bool sterna_frame_decode(struct sterna_frame_decoder *decoder, uint8_t byte);

#endif
