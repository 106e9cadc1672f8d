/* faulty_link.h - a link around another that, by seeded chance, drops, corrupts, duplicates and truncates
 * frames both ways. */
#ifndef FAULTY_LINK_H
#define FAULTY_LINK_H

#include "../random_model.h"
#include "link.h"
#include "queue.h"

enum fault { FAULT_DROP, FAULT_CORRUPT, FAULT_DUPLICATE, FAULT_TRUNCATE, FAULTS };

struct faulty_link {
    struct sterna_link link;
    struct sterna_link *inner; /* owned */
    uint64_t seed;
    size_t one_in;               /* of so many frames, one suffers; 0: none */
    bool dead;                   /* nothing comes through */
    uint64_t speed;              /* bytes a second, for requests that go ahead of replies */
    size_t count[FAULTS];        /* faults so far */
    struct sterna_queue partial; /* of a frame coming from the device */
    struct sterna_queue output;  /* for the driver */
};

/* Put a frame into the queue, suffering what chance wills. */
static inline enum sterna_status suffer(struct faulty_link *self, uint8_t *frame, size_t size,
                                        struct sterna_queue *queue)
{
    if (self->one_in == 0 || random_below(&self->seed, self->one_in) != 0)
        return sterna_queue_put(queue, frame, size);
    enum fault fault = (enum fault)random_below(&self->seed, FAULTS);
    self->count[fault]++;
    enum sterna_status status = STERNA_OK;
    if (fault == FAULT_DROP)
        return status;
    if (fault == FAULT_CORRUPT)
        frame[random_below(&self->seed, size)] ^= (uint8_t)(1 + random_below(&self->seed, 255));
    if (fault == FAULT_TRUNCATE)
        size = random_below(&self->seed, size);
    status = sterna_queue_put(queue, frame, size);
    if (fault == FAULT_DUPLICATE && status == STERNA_OK)
        status = sterna_queue_put(queue, frame, size);
    return status;
}

/* The driver sends whole frames. */
static inline enum sterna_status faulty_send(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                             struct sterna_error *error)
{
    struct faulty_link *self = (struct faulty_link *)link;
    if (self->dead)
        return STERNA_OK;
    struct sterna_queue queue = {0};
    uint8_t *frame = malloc(size);
    enum sterna_status status = STERNA_ERR_MEMORY;
    if (frame) {
        for (size_t i = 0; i < size; i++)
            frame[i] = bytes[i];
        status = suffer(self, frame, size, &queue);
    }
    if (status == STERNA_OK)
        status = self->inner->backend->send(self->inner, queue.bytes, queue.size, error);
    sterna_queue_free(&queue);
    free(frame);
    return status;
}

/* A byte from the device; a frame is complete at its second flag. */
static inline enum sterna_status faulty_take(struct faulty_link *self, uint8_t byte)
{
    enum sterna_status status = sterna_queue_put(&self->partial, &byte, 1);
    if (status != STERNA_OK || byte != 0x7E || self->partial.size == 1)
        return status;
    status = suffer(self, self->partial.bytes, self->partial.size, &self->output);
    self->partial.size = 0;
    return status;
}

static inline enum sterna_status faulty_receive(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                                size_t size, size_t *got, struct sterna_error *error)
{
    struct faulty_link *self = (struct faulty_link *)link;
    size_t count = 1;
    while (self->output.size == 0 && count > 0) {
        uint8_t chunk[256];
        enum sterna_status status =
            self->inner->backend->receive(self->inner, patience, chunk, sizeof chunk, &count, error);
        for (size_t i = 0; i < count && status == STERNA_OK; i++)
            status = faulty_take(self, chunk[i]);
        if (status != STERNA_OK)
            return status;
    }
    *got = sterna_queue_take(&self->output, bytes, size);
    return STERNA_OK;
}

static inline uint64_t faulty_cycles(const struct sterna_link *link)
{
    const struct sterna_link *inner = ((const struct faulty_link *)link)->inner;
    return inner->backend->cycles ? inner->backend->cycles(inner) : 0;
}

static inline void faulty_wire(const struct sterna_link *link, struct sterna_wire *wire)
{
    *wire = (struct sterna_wire){((const struct faulty_link *)link)->speed, 0};
}

static inline void faulty_close(struct sterna_link *link)
{
    struct faulty_link *self = (struct faulty_link *)link;
    sterna_link_close(self->inner);
    sterna_queue_free(&self->partial);
    sterna_queue_free(&self->output);
    free(self);
}

/* Takes the inner link over, which close closes. No faults until one_in is set. NULL: no memory. */
static inline struct faulty_link *faulty_link_new(struct sterna_link *inner, uint64_t seed)
{
    static const struct sterna_link_backend backend = {.name = "faulty",
                                                       .send = faulty_send,
                                                       .receive = faulty_receive,
                                                       .cycles = faulty_cycles,
                                                       .close = faulty_close};
    struct faulty_link *self = calloc(1, sizeof *self);
    if (self)
        *self = (struct faulty_link){.link.backend = &backend, .inner = inner, .seed = seed};
    return self;
}

/* From here on the driver knows how fast the wire is, and sends ahead. */
static inline void faulty_link_tell(struct faulty_link *self, uint64_t speed)
{
    static const struct sterna_link_backend backend = {.name = "faulty",
                                                       .send = faulty_send,
                                                       .receive = faulty_receive,
                                                       .wire = faulty_wire,
                                                       .cycles = faulty_cycles,
                                                       .close = faulty_close};
    self->speed = speed;
    self->link.backend = &backend;
}

#endif
