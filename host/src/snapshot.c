/* snapshot.c - see snapshot.h. */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "device_type.h"
#include "memory.h"

enum { BYTE_CYCLES = 64 /* a byte of memory cleared takes less */ };

enum sterna_status sterna_state_request(struct sterna_session *session, uint8_t operation, uint8_t set,
                                        uint8_t *phase, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    arguments[0] = operation;
    arguments[1] = set;
    const uint64_t bytes = session->geometry.activation_bytes + 2 * (uint64_t)session->geometry.states;
    enum sterna_status status =
        sterna_session_exchange(session, STERNA_OP_STATE, 2, bytes * BYTE_CYCLES, &data, 1, error);
    if (status == STERNA_OK && phase)
        *phase = data[0];
    return status;
}

size_t sterna_snapshot_bytes(const struct sterna_image *image)
{
    return 1 + 2 * image->states + image->h_bytes;
}

enum sterna_status sterna_snapshot_get(struct sterna_session *session, const struct sterna_image *image,
                                       uint8_t *state, struct sterna_error *error)
{
    uint8_t *fresh = malloc(sterna_snapshot_bytes(image));
    if (!fresh)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    enum sterna_status status = sterna_state_request(session, STERNA_STATE_GET, 0, fresh, error);
    if (status == STERNA_OK)
        status = sterna_memory_read(session, STERNA_MEM_STATE, 0, fresh + 1, 2 * image->states, error);
    if (status == STERNA_OK)
        status = sterna_memory_read(session, STERNA_MEM_ACTIVATIONS, image->h_address,
                                    fresh + 1 + 2 * image->states, image->h_bytes, error);
    if (status == STERNA_OK)
        memcpy(state, fresh, sterna_snapshot_bytes(image));
    free(fresh);
    return status;
}

enum sterna_status sterna_snapshot_set(struct sterna_session *session, const struct sterna_image *image,
                                       const uint8_t *state, struct sterna_error *error)
{
    if (state[0] > 1)
        return sterna_fail(error, STERNA_ERR_FORMAT, "this is not a snapshot of a network's state");
    enum sterna_status status =
        sterna_snapshot_check(state + 1, image->states, state + 1 + 2 * image->states, image->h_bytes, error);
    const struct sterna_range range[] = {
        {STERNA_MEM_STATE, 0, 2 * image->states, state + 1},
        {STERNA_MEM_ACTIVATIONS, image->h_address, image->h_bytes, state + 1 + 2 * image->states},
    };
    if (status == STERNA_OK)
        status = sterna_memory_write(session, range, 2, error);
    if (status == STERNA_OK)
        status = sterna_state_request(session, STERNA_STATE_SET, state[0], NULL, error);
    return status;
}
