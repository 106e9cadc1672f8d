/* pipeline.h - requests in their order, the next one under way while one is being carried out, so that the wire and not the way there
 * and back limits them.
 *
 * A device hears the next request when it needs nothing more of the one before (hw/README.md section 2), and takes it as soon as that
 * is answered. So one goes when the reply to the last but one is there, behind as much idling (flags) as the device may still be deaf.
 *
 * A device keeps its last reply alone: one that is lost when the next request is carried out cannot be had again. What is lost ends the
 * pipeline; whoever uses it knows how to bring the device back to where it was, and goes on one by one.
 */
#ifndef STERNA_PIPELINE_H
#define STERNA_PIPELINE_H

#include "session.h"

struct sterna_pipeline {
    uint8_t opcode;
    size_t count;
    /* The arguments of request i; returns their size, and that of the reply's data. */
    size_t (*put)(void *context, size_t i, uint8_t *arguments, size_t *data_size);
    void (*take)(void *context, size_t i, const uint8_t *data); /* of the reply to request i; in order */
    void *context;
    uint64_t deaf;   /* cycles after which a request that was taken is needed no more */
    uint64_t cycles; /* that a request takes at most */
};

/* Whether there is something to gain on the session's link: it knows its wire (link.h), and the idling is bearable. */
bool sterna_pipeline_helps(const struct sterna_session *session, uint64_t deaf);
/* Carry out all requests; *whole false if something was lost, with the device at rest after some of them. Otherwise as
 * sterna_session_exchange. */
STERNA_MUST_CHECK enum sterna_status sterna_pipeline_run(struct sterna_session *session,
                                                         const struct sterna_pipeline *pipeline, bool *whole,
                                                         struct sterna_error *error);

#endif
