/* session.h - requests and replies over a link: sequence numbers, time-outs and repetition (hw/README.md
 * section 2). */
#ifndef STERNA_SESSION_H
#define STERNA_SESSION_H

#include "frame.h"
#include "link.h"
#include "protocol.h"

enum {
    STERNA_PAYLOAD_MAX = 65535, /* the geometry's buffer sizes are 16-bit numbers */
    STERNA_SESSION_TRIES = 10,  /* a request is sent that often at most */
    STERNA_SESSION_IDLE = 4096  /* bytes of idling around a request at most */
};

struct sterna_session {
    struct sterna_link *link;
    struct sterna_geometry geometry;
    uint64_t repeats; /* requests sent again after a time-out */
    uint8_t request[STERNA_PAYLOAD_MAX];
    uint8_t frame[STERNA_FRAME_MAX(STERNA_PAYLOAD_MAX) + STERNA_SESSION_IDLE];
    uint8_t reply[STERNA_PAYLOAD_MAX + STERNA_FCS_BYTES];
    struct sterna_frame_decoder decoder; /* into reply */
    uint8_t input[512];                  /* received; input[input_first .. input_size) not yet decoded */
    size_t input_first, input_size;
};

/* Say HELLO and take the geometry. STERNA_ERR_DEVICE if the device speaks another protocol version or
 * describes something that cannot be. The link becomes the session's; if this fails it is closed. */
STERNA_MUST_CHECK enum sterna_status sterna_session_open(struct sterna_link *link,
                                                         struct sterna_session **session,
                                                         struct sterna_error *error);
void sterna_session_close(struct sterna_session *session);

/* Where the caller puts a request's arguments: room for geometry.request_bytes - STERNA_REQUEST_HEAD. */
uint8_t *sterna_session_arguments(struct sterna_session *session);
/* Carry out a request with `size` bytes of arguments, which the device finishes within `cycles` clock cycles.
 * *data, which lasts until the next exchange, receives exactly data_size bytes.
 *
 * STERNA_ERR_TIMEOUT if no try is answered, STERNA_ERR_DEVICE if the device refuses or the reply has another
 * size. */
STERNA_MUST_CHECK enum sterna_status sterna_session_exchange(struct sterna_session *session, uint8_t opcode,
                                                             size_t size, uint64_t cycles,
                                                             const uint8_t **data, size_t data_size,
                                                             struct sterna_error *error);

/* Bytes between requests that are none, together STERNA_SESSION_IDLE at most. */
struct sterna_idling {
    size_t before, behind;
};

/* The parts of an exchange, without any of its certainty (burst.h, pipeline.h). Send a request with the next sequence number, and idling
 * around it. */
STERNA_MUST_CHECK enum sterna_status sterna_session_send(struct sterna_session *session, uint8_t opcode,
                                                         size_t size, const struct sterna_idling *idling,
                                                         struct sterna_error *error);
/* The next reply, whatever it answers, in session->reply, decoder.size bytes; *got false if none comes within `cycles`. */
STERNA_MUST_CHECK enum sterna_status sterna_session_reply(struct sterna_session *session, uint64_t cycles,
                                                          bool *got, struct sterna_error *error);
/* Whether the reply, which answers the request sent last or one of its kind, says done and has so much data. */
STERNA_MUST_CHECK enum sterna_status sterna_session_check(const struct sterna_session *session,
                                                          size_t data_size, struct sterna_error *error);

#endif
