/* memory.h - a device's memories over a session: write, read, have it check what it holds. */
#ifndef STERNA_MEMORY_H
#define STERNA_MEMORY_H

#include "session.h"

/* What is, or shall be, in a memory from an address on. */
struct sterna_range {
    unsigned memory; /* STERNA_MEM_... */
    size_t address, size;
    const uint8_t *bytes; /* NULL: zeros */
};

/* Write all of them, in any order, without waiting for each request if the link allows (burst.h). */
STERNA_MUST_CHECK enum sterna_status sterna_memory_write(struct sterna_session *session,
                                                         const struct sterna_range *range, size_t ranges,
                                                         struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_memory_read(struct sterna_session *session, unsigned memory,
                                                        size_t address, uint8_t *bytes, size_t size,
                                                        struct sterna_error *error);
/* Have the device compute the CRC of what it holds, and compare: of one of the image's memories, from address 0 on. */
STERNA_MUST_CHECK enum sterna_status sterna_memory_check(struct sterna_session *session,
                                                         const struct sterna_range *range,
                                                         struct sterna_error *error);

#endif
