/* burst.c - see burst.h. Replies come in the order of the requests: one that comes tells that those before it are lost. */
#include "burst.h"

#include <stdlib.h>
#include <string.h>

#include "protocol.h"

enum {
    WINDOW = 16,     /* requests on the way */
    REPLY_BYTES = 16 /* of a reply without data on the wire, each of them escaped */
};

enum progress { WAITING, SENT, DONE };

struct flight {
    struct sterna_session *session;
    const struct sterna_burst *burst;
    uint8_t *progress; /* [count] */
    bool ahead;        /* requests go without waiting */
    size_t idle, last; /* bytes behind a request, behind the last but one: what follows that may be short */
    size_t index[WINDOW];
    uint8_t sequence[WINDOW];
    size_t out; /* index[0 .. out) are on the way, the oldest first */
};

/* The device is busy for as long as `last` bytes take. A packet takes its time too before it arrives, if it is full. */
static void plan(struct flight *flight)
{
    const struct sterna_session *session = flight->session;
    struct sterna_wire wire = {0};
    if (!session->link->backend->wire || flight->burst->count < 2)
        return;
    session->link->backend->wire(session->link, &wire);
    const uint64_t cycles_a_second = UINT64_C(1000) * session->geometry.clock_khz;
    const uint64_t busy = flight->burst->busy * wire.bytes_per_second / cycles_a_second + 1 + REPLY_BYTES;
    flight->ahead = busy <= STERNA_SESSION_IDLE; /* a wire faster than that makes waiting cheap */
    flight->last = (size_t)busy;
    flight->idle = busy > wire.packet ? flight->last - wire.packet : 0;
}

static size_t first_left(const struct flight *flight)
{
    size_t i = 0;
    while (i < flight->burst->count && flight->progress[i] == DONE)
        i++;
    return i;
}

/* A reply came: is it one of ours, and well? */
static void take_reply(struct flight *flight)
{
    const uint8_t *reply = flight->session->reply;
    size_t i = 0;
    while (i < flight->out && flight->sequence[i] != reply[1])
        i++;
    if (i == flight->out || reply[0] != (flight->burst->opcode | STERNA_OP_REPLY))
        return;
    if (reply[2] == STERNA_ST_DONE && flight->session->decoder.size == STERNA_REPLY_HEAD)
        flight->progress[flight->index[i]] = DONE;
    flight->out -= ++i;
    memmove(flight->index, flight->index + i, flight->out * sizeof *flight->index);
    memmove(flight->sequence, flight->sequence + i, flight->out);
}

/* Until at most `left` are on the way; silence loses them all. */
static enum sterna_status land(struct flight *flight, size_t left, bool *silent, struct sterna_error *error)
{
    while (flight->out > left) {
        bool got = false;
        const enum sterna_status status =
            sterna_session_reply(flight->session, flight->burst->cycles, &got, error);
        if (status != STERNA_OK)
            return status;
        if (got) {
            take_reply(flight);
        } else {
            flight->out = 0;
            *silent = true;
        }
    }
    return STERNA_OK;
}

static enum sterna_status post(struct flight *flight, size_t i, struct sterna_error *error)
{
    struct sterna_session *session = flight->session;
    const struct sterna_burst *burst = flight->burst;
    const size_t size = burst->put(burst->context, i, sterna_session_arguments(session));
    const struct sterna_idling idling = {.behind = flight->idle};
    const enum sterna_status status = sterna_session_send(session, burst->opcode, size, &idling, error);
    if (status != STERNA_OK)
        return status;
    session->repeats += flight->progress[i] == SENT;
    flight->progress[i] = SENT;
    flight->index[flight->out] = i;
    flight->sequence[flight->out++] = session->request[1];
    return STERNA_OK;
}

/* Send all that are left, until the device falls silent. */
static enum sterna_status fly(struct flight *flight, struct sterna_error *error)
{
    bool silent = false;
    enum sterna_status status = STERNA_OK;
    flight->out = 0;
    for (size_t i = 0; i < flight->burst->count && status == STERNA_OK && !silent; i++) {
        if (flight->progress[i] == DONE)
            continue;
        status = post(flight, i, error);
        if (status == STERNA_OK)
            status = land(flight, WINDOW - 1, &silent, error);
    }
    return status == STERNA_OK ? land(flight, 0, &silent, error) : status;
}

/* One by itself, with all that makes an exchange certain. */
static enum sterna_status exchange(struct flight *flight, size_t i, struct sterna_error *error)
{
    const struct sterna_burst *burst = flight->burst;
    const size_t size = burst->put(burst->context, i, sterna_session_arguments(flight->session));
    flight->session->repeats += flight->progress[i] == SENT;
    flight->progress[i] = DONE;
    return sterna_session_exchange(flight->session, burst->opcode, size, burst->cycles, NULL, 0, error);
}

enum sterna_status sterna_burst_run(struct sterna_session *session, const struct sterna_burst *burst,
                                    struct sterna_error *error)
{
    struct flight flight = {.session = session, .burst = burst, .progress = calloc(burst->count + 1, 1)};
    if (!flight.progress)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu requests", burst->count);
    plan(&flight);
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < burst->count && status == STERNA_OK; i = first_left(&flight)) {
        if (flight.ahead)
            status = fly(&flight, error);
        i = first_left(&flight);
        if (status == STERNA_OK && i < burst->count)
            status = exchange(&flight, i, error);
    }
    free(flight.progress);
    return status;
}
