/* queue.h - bytes that came out of a device and wait to be received. A zeroed struct is an empty queue. */
#ifndef STERNA_QUEUE_H
#define STERNA_QUEUE_H

#include "sterna.h"

struct sterna_queue {
    uint8_t *bytes;
    size_t first, size, capacity; /* bytes[first .. first + size) wait */
};

/* Append; STERNA_ERR_MEMORY, appending nothing, if there is no memory. */
STERNA_MUST_CHECK enum sterna_status sterna_queue_put(struct sterna_queue *queue, const uint8_t *bytes,
                                                      size_t size);
/* Remove up to size bytes from the front; returns how many. */
size_t sterna_queue_take(struct sterna_queue *queue, uint8_t *bytes, size_t size);
void sterna_queue_free(struct sterna_queue *queue);

#endif
