/* burst.h - many requests without waiting for the reply to each, so that the wire and not the way there and back limits them.
 *
 * Only for requests that may be repeated and may come in any order, with replies that have no data. Between two goes as much
 * idling (flags) as the device needs for the first and its reply, since it drops what arrives meanwhile; a request that is lost all
 * the same goes again. A link that says nothing of its wire (link.h) gets one request at a time.
 */
#ifndef STERNA_BURST_H
#define STERNA_BURST_H

#include "session.h"

struct sterna_burst {
    uint8_t opcode;
    size_t count;
    size_t (*put)(const void *context, size_t i,
                  uint8_t *arguments); /* those of request i; returns their size */
    const void *context;
    uint64_t busy;   /* cycles that a request takes if nothing holds it up */
    uint64_t cycles; /* that it takes at most */
};

/* Carry out all requests. As sterna_session_exchange if one cannot be. */
STERNA_MUST_CHECK enum sterna_status sterna_burst_run(struct sterna_session *session,
                                                      const struct sterna_burst *burst,
                                                      struct sterna_error *error);

#endif
