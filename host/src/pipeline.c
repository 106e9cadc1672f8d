/* pipeline.c - see pipeline.h. With two requests under way a reply that is not the first one's is the second's: both are over then. */
#include "pipeline.h"

#include "protocol.h"

enum { UNDER_WAY = 2 };

struct progress {
    struct sterna_session *session;
    const struct sterna_pipeline *pipeline;
    size_t idle; /* bytes before a request */
    size_t sent, done;
    size_t data_size[UNDER_WAY]; /* of request i: i % UNDER_WAY */
    uint8_t sequence[UNDER_WAY];
};

/* Bytes of idling; 0 if nothing is known of the wire. */
static uint64_t idle_bytes(const struct sterna_session *session, uint64_t deaf)
{
    struct sterna_wire wire = {0};
    if (!session->link->backend->wire)
        return 0;
    session->link->backend->wire(session->link, &wire);
    return deaf * wire.bytes_per_second / (UINT64_C(1000) * session->geometry.clock_khz) + 1;
}

bool sterna_pipeline_helps(const struct sterna_session *session, uint64_t deaf)
{
    const uint64_t idle = idle_bytes(session, deaf);
    return idle > 0 && idle <= STERNA_SESSION_IDLE;
}

static enum sterna_status send_next(struct progress *at, struct sterna_error *error)
{
    const struct sterna_pipeline *pipeline = at->pipeline;
    const size_t slot = at->sent % UNDER_WAY;
    const size_t size = pipeline->put(pipeline->context, at->sent, sterna_session_arguments(at->session),
                                      &at->data_size[slot]);
    const struct sterna_idling idling = {.before = at->idle};
    const enum sterna_status status =
        sterna_session_send(at->session, pipeline->opcode, size, &idling, error);
    at->sequence[slot] = at->session->request[1];
    at->sent += status == STERNA_OK;
    return status;
}

/* A reply came; a stray one means nothing. */
static enum sterna_status take_reply(struct progress *at, bool *whole, struct sterna_error *error)
{
    const uint8_t *reply = at->session->reply;
    const struct sterna_pipeline *pipeline = at->pipeline;
    const size_t slot = at->done % UNDER_WAY;
    if (reply[0] != (pipeline->opcode | STERNA_OP_REPLY))
        return STERNA_OK;
    if (at->sent - at->done > 1 && reply[1] == at->sequence[1 - slot])
        *whole = false;
    if (reply[1] != at->sequence[slot])
        return STERNA_OK;
    const enum sterna_status status = sterna_session_check(at->session, at->data_size[slot], error);
    if (status == STERNA_OK)
        pipeline->take(pipeline->context, at->done++, reply + STERNA_REPLY_HEAD);
    return status;
}

enum sterna_status sterna_pipeline_run(struct sterna_session *session, const struct sterna_pipeline *pipeline,
                                       bool *whole, struct sterna_error *error)
{
    struct progress at = {
        .session = session, .pipeline = pipeline, .idle = (size_t)idle_bytes(session, pipeline->deaf)};
    enum sterna_status status = STERNA_OK;
    *whole = true;
    while (at.done < pipeline->count && *whole && status == STERNA_OK) {
        if (at.sent < pipeline->count && at.sent - at.done < UNDER_WAY) {
            status = send_next(&at, error);
            continue;
        }
        status = sterna_session_reply(session, pipeline->cycles + pipeline->deaf, whole, error);
        if (status == STERNA_OK && *whole)
            status = take_reply(&at, whole, error);
    }
    session->repeats += *whole ? 0 : at.sent;
    return status;
}
