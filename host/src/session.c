/* session.c - see session.h. One request at a time; a reply that is not the one awaited is ignored, whatever
 * it is. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "geometry.h"
#include "little_endian.h"
#include "program.h"
#include "protocol.h"

enum {
    FRAME_CYCLES = 20000, /* more than a request and its reply take on the way */
    NOISE_MAX = 1 << 20   /* bytes without a reply among them that count as silence */
};

uint8_t *sterna_session_arguments(struct sterna_session *session)
{
    return session->request + STERNA_REQUEST_HEAD;
}

/* The next byte received; *got false if the device stays silent. */
static enum sterna_status next_byte(struct sterna_session *session, uint64_t cycles, uint8_t *byte, bool *got,
                                    struct sterna_error *error)
{
    if (session->input_first == session->input_size) {
        size_t size = 0;
        enum sterna_status status = session->link->backend->receive(session->link, cycles, session->input,
                                                                    sizeof session->input, &size, error);
        if (status != STERNA_OK)
            return status;
        session->input_first = 0;
        session->input_size = size;
    }
    *got = session->input_size > 0;
    if (*got)
        *byte = session->input[session->input_first++];
    return STERNA_OK;
}

/* The next reply, whatever it answers. *noise counts the bytes looked at. */
static enum sterna_status next_reply(struct sterna_session *session, uint64_t cycles, size_t *noise,
                                     bool *got, struct sterna_error *error)
{
    *got = false;
    while (++*noise <= NOISE_MAX) {
        uint8_t byte = 0;
        enum sterna_status status = next_byte(session, cycles + FRAME_CYCLES, &byte, got, error);
        if (status != STERNA_OK || !*got)
            return status;
        if (sterna_frame_decode(&session->decoder, byte) && session->decoder.size >= STERNA_REPLY_HEAD)
            return STERNA_OK;
        *got = false;
    }
    return STERNA_OK;
}

enum sterna_status sterna_session_reply(struct sterna_session *session, uint64_t cycles, bool *got,
                                        struct sterna_error *error)
{
    size_t noise = 0;
    return next_reply(session, cycles, &noise, got, error);
}

static bool is_answer(const struct sterna_session *session)
{
    return session->reply[0] == (session->request[0] | STERNA_OP_REPLY) &&
           session->reply[1] == session->request[1];
}

/* Wait for the reply to the request just sent; *answered false after a time-out. */
static enum sterna_status await(struct sterna_session *session, uint64_t cycles, bool *answered,
                                struct sterna_error *error)
{
    enum sterna_status status;
    bool got = false;
    size_t noise = 0;
    do
        status = next_reply(session, cycles, &noise, &got, error);
    while (status == STERNA_OK && got && !is_answer(session));
    *answered = got;
    return status;
}

enum sterna_status sterna_session_send(struct sterna_session *session, uint8_t opcode, size_t size,
                                       const struct sterna_idling *idling, struct sterna_error *error)
{
    session->request[0] = opcode;
    session->request[1]++;
    memset(session->frame, STERNA_FLAG_BYTE, idling->before);
    size_t length = idling->before;
    length += sterna_frame_encode(session->request, STERNA_REQUEST_HEAD + size, session->frame + length);
    memset(session->frame + length, STERNA_FLAG_BYTE, idling->behind);
    return session->link->backend->send(session->link, session->frame, length + idling->behind, error);
}

static const char *name_of(uint8_t opcode)
{
    static const char *const names[] = {
        [STERNA_OP_HELLO] = "HELLO",       [STERNA_OP_WRITE] = "WRITE", [STERNA_OP_READ] = "READ",
        [STERNA_OP_CHECK] = "CHECK",       [STERNA_OP_STEP] = "STEP",   [STERNA_OP_STATE] = "STATE",
        [STERNA_OP_COUNTERS] = "COUNTERS", [STERNA_OP_ABORT] = "ABORT",
    };
    return names[opcode];
}

enum sterna_status sterna_session_check(const struct sterna_session *session, size_t data_size,
                                        struct sterna_error *error)
{
    static const char *const reasons[] = {
        [STERNA_ST_BAD_OPCODE] = "it does not know the request",
        [STERNA_ST_BAD_ARGUMENT] = "it cannot accept an argument",
        [STERNA_ST_TOO_LONG] = "the answer is longer than its reply buffer",
    };
    const char *name = name_of(session->request[0]);
    uint8_t status = session->reply[2];
    size_t got = session->decoder.size - STERNA_REPLY_HEAD;
    if (status != STERNA_ST_DONE)
        return sterna_fail(error, STERNA_ERR_DEVICE, "the device refused %s: %s (status %u)", name,
                           status < sizeof reasons / sizeof *reasons ? reasons[status] : "no reason known",
                           status);
    if (got != data_size)
        return sterna_fail(error, STERNA_ERR_DEVICE, "the device answered %s with %zu bytes instead of %zu",
                           name, got, data_size);
    return STERNA_OK;
}

enum sterna_status sterna_session_exchange(struct sterna_session *session, uint8_t opcode, size_t size,
                                           uint64_t cycles, const uint8_t **data, size_t data_size,
                                           struct sterna_error *error)
{
    session->request[0] = opcode;
    session->request[1]++;
    size_t length = sterna_frame_encode(session->request, STERNA_REQUEST_HEAD + size, session->frame);
    bool answered = false;
    for (int tries = 0; tries < STERNA_SESSION_TRIES && !answered; tries++) {
        session->repeats += tries > 0;
        enum sterna_status status =
            session->link->backend->send(session->link, session->frame, length, error);
        if (status == STERNA_OK)
            status = await(session, cycles, &answered, error);
        if (status != STERNA_OK)
            return status;
    }
    if (!answered)
        return sterna_fail(
            error, STERNA_ERR_TIMEOUT, "the device on %s did not answer %s, asked %d times%s",
            session->link->backend->name, name_of(opcode), STERNA_SESSION_TRIES,
            opcode == STERNA_OP_HELLO ? "; a board needs the accelerator first: make flash BOARD=..." : "");
    enum sterna_status status = sterna_session_check(session, data_size, error);
    if (status == STERNA_OK && data)
        *data = session->reply + STERNA_REPLY_HEAD;
    return status;
}

static void read_geometry(const uint8_t *data, struct sterna_geometry *geometry)
{
    *geometry = (struct sterna_geometry){
        .protocol = data[0],
        .tables = data[1],
        .streams = data[2],
        .table_w = data[3],
        .psum_w = data[4],
        .entries_log2 = data[5],
        .one_hot_value = data[6],
        .kinds = data[7],
        .weight_bytes = sterna_get_le32(data + 8),
        .scales = sterna_get_le32(data + 12),
        .biases = sterna_get_le32(data + 16),
        .program_bytes = sterna_get_le32(data + 20),
        .activation_bytes = sterna_get_le32(data + 24),
        .states = sterna_get_le32(data + 28),
        .psum_rows = sterna_get_le16(data + 32),
        .request_bytes = sterna_get_le16(data + 34),
        .reply_bytes = sterna_get_le16(data + 36),
        .table_banks = sterna_get_le16(data + 38),
        .clock_khz = sterna_get_le32(data + 40),
        .build_id = sterna_get_le32(data + 44),
    };
    memcpy(geometry->name, data + 48, sizeof geometry->name - 1);
}

/* The bounds are those of the protocol's address fields and of the image format; the first that fails is
 * named. */
static enum sterna_status check_geometry(const struct sterna_geometry *geometry, struct sterna_error *error)
{
    if (geometry->protocol != STERNA_PROTOCOL_VERSION)
        return sterna_fail(
            error, STERNA_ERR_DEVICE,
            "the device speaks version %u of the protocol, this program version %d; update the older one",
            geometry->protocol, STERNA_PROTOCOL_VERSION);
    const struct {
        const char *what;
        uint32_t value, least, most;
    } bound[] = {
        {"tables", geometry->tables, 8, STERNA_TABLES_MAX},
        {"streams", geometry->streams, 1, STERNA_STREAMS_MAX},
        {"bits of a table entry", geometry->table_w, 8, 16},
        {"banks of tables", geometry->table_banks, 1, 2},
        {"bits of a sum", geometry->psum_w, 8, 24},
        {"log2 of table entries", geometry->entries_log2, 3, 7},
        {"value of a one-hot input", geometry->one_hot_value, STERNA_ONE_HOT_VALUE, STERNA_ONE_HOT_VALUE},
        {"bytes of weights", geometry->weight_bytes, 64, 1 << 24},
        {"scales", geometry->scales, 1, 1 << 23},
        {"biases", geometry->biases, 1, 1 << 23},
        {"bytes of step programs", geometry->program_bytes, 16, 1 << 16},
        {"bytes of activations", geometry->activation_bytes, 8, 1 << 19},
        {"states", geometry->states, 1, 1 << 23},
        {"psum rows", geometry->psum_rows, 8, 1 << 15},
        {"bytes of a request", geometry->request_bytes, 16, STERNA_PAYLOAD_MAX},
        {"bytes of a reply", geometry->reply_bytes, STERNA_REPLY_HEAD + STERNA_HELLO_BYTES,
         STERNA_PAYLOAD_MAX},
        {"kHz of its clock", geometry->clock_khz, 1, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (bound[i].value < bound[i].least || bound[i].value > bound[i].most)
            return sterna_fail(error, STERNA_ERR_DEVICE,
                               "the device claims %u %s, which this program cannot drive",
                               (unsigned)bound[i].value, bound[i].what);
    return STERNA_OK;
}

enum sterna_status sterna_session_open(struct sterna_link *link, struct sterna_session **session,
                                       struct sterna_error *error)
{
    struct sterna_session *fresh = calloc(1, sizeof *fresh);
    if (!fresh) {
        sterna_link_close(link);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a session with a device");
    }
    fresh->link = link;
    sterna_frame_decoder_init(&fresh->decoder, fresh->reply, sizeof fresh->reply);
    const uint8_t *data = NULL;
    enum sterna_status status =
        sterna_session_exchange(fresh, STERNA_OP_HELLO, 0, 0, &data, STERNA_HELLO_BYTES, error);
    if (status == STERNA_OK) {
        read_geometry(data, &fresh->geometry);
        status = check_geometry(&fresh->geometry, error);
    }
    if (status != STERNA_OK) {
        sterna_session_close(fresh);
        return status;
    }
    *session = fresh;
    return STERNA_OK;
}

void sterna_session_close(struct sterna_session *session)
{
    if (!session)
        return;
    sterna_link_close(session->link);
    free(session);
}
