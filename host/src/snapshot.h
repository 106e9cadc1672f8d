/* snapshot.h - the state of a network on a device behind a link: the phase, the state memory, the h words of activation memory, as far as the
 * model uses them. */
#ifndef STERNA_SNAPSHOT_H
#define STERNA_SNAPSHOT_H

#include "pack.h"
#include "session.h"

/* The request STATE; *phase, which may be NULL, receives the phase after it. */
STERNA_MUST_CHECK enum sterna_status sterna_state_request(struct sterna_session *session, uint8_t operation,
                                                          uint8_t set, uint8_t *phase,
                                                          struct sterna_error *error);

size_t sterna_snapshot_bytes(const struct sterna_image *image);
/* state: sterna_snapshot_bytes; untouched on failure. */
STERNA_MUST_CHECK enum sterna_status sterna_snapshot_get(struct sterna_session *session,
                                                         const struct sterna_image *image, uint8_t *state,
                                                         struct sterna_error *error);
/* STERNA_ERR_FORMAT if it is no snapshot. */
STERNA_MUST_CHECK enum sterna_status sterna_snapshot_set(struct sterna_session *session,
                                                         const struct sterna_image *image,
                                                         const uint8_t *state, struct sterna_error *error);

#endif
