/* queue.c - a flat buffer that starts over whenever it runs empty, which between requests it always does. */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

static enum sterna_status grow(struct sterna_queue *queue, size_t end)
{
    size_t capacity = queue->capacity ? queue->capacity : 1024;
    while (capacity < end)
        capacity *= 2;
    uint8_t *bytes = realloc(queue->bytes, capacity);
    if (!bytes)
        return STERNA_ERR_MEMORY;
    queue->bytes = bytes;
    queue->capacity = capacity;
    return STERNA_OK;
}

enum sterna_status sterna_queue_put(struct sterna_queue *queue, const uint8_t *bytes, size_t size)
{
    size_t end = queue->first + queue->size + size;
    if (end > queue->capacity && grow(queue, end) != STERNA_OK)
        return STERNA_ERR_MEMORY;
    if (size > 0)
        memcpy(queue->bytes + queue->first + queue->size, bytes, size);
    queue->size += size;
    return STERNA_OK;
}

size_t sterna_queue_take(struct sterna_queue *queue, uint8_t *bytes, size_t size)
{
    size_t taken = size < queue->size ? size : queue->size;
    if (taken > 0)
        memcpy(bytes, queue->bytes + queue->first, taken);
    queue->size -= taken;
    queue->first = queue->size ? queue->first + taken : 0;
    return taken;
}

void sterna_queue_free(struct sterna_queue *queue)
{
    free(queue->bytes);
    *queue = (struct sterna_queue){0};
}
