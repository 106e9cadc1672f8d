/* memory.c - see memory.h. Requests are as long as the device takes. */
#include "memory.h"

#include <string.h>

#include "burst.h"
#include "crc32.h"
#include "geometry.h"
#include "little_endian.h"
#include "pack.h"
#include "protocol.h"

enum {
    RANGE_BYTES = 4,   /* memory, address */
    WRITE_CYCLES = 2,  /* a byte written to memory that nothing else uses */
    BEGIN_CYCLES = 64, /* more than what comes before and after */
    BYTE_CYCLES = 64   /* a byte written, read or checked takes less, whatever happens */
};

struct writing {
    const struct sterna_range *range;
    size_t most; /* bytes of a request */
};

static void put_range(uint8_t *arguments, unsigned memory, size_t address)
{
    arguments[0] = (uint8_t)memory;
    sterna_put_le24(arguments + 1, (uint32_t)address);
}

static size_t requests_of(const struct sterna_range *range, size_t most)
{
    return (range->size + most - 1) / most;
}

static size_t put_write(const void *context, size_t i, uint8_t *arguments)
{
    const struct writing *writing = context;
    const struct sterna_range *range = writing->range;
    for (; i >= requests_of(range, writing->most); range++)
        i -= requests_of(range, writing->most);
    const size_t done = i * writing->most, left = range->size - done;
    const size_t count = left < writing->most ? left : writing->most;
    put_range(arguments, range->memory, range->address + done);
    memset(arguments + RANGE_BYTES, 0, count);
    if (range->bytes)
        memcpy(arguments + RANGE_BYTES, range->bytes + done, count);
    return RANGE_BYTES + count;
}

enum sterna_status sterna_memory_write(struct sterna_session *session, const struct sterna_range *range,
                                       size_t ranges, struct sterna_error *error)
{
    const size_t most = session->geometry.request_bytes - STERNA_REQUEST_HEAD - RANGE_BYTES;
    const struct writing writing = {range, most};
    struct sterna_burst burst = {
        .opcode = STERNA_OP_WRITE,
        .put = put_write,
        .context = &writing,
        .busy = WRITE_CYCLES * most + BEGIN_CYCLES,
        .cycles = BYTE_CYCLES * most,
    };
    for (size_t i = 0; i < ranges; i++)
        burst.count += requests_of(&range[i], most);
    return sterna_burst_run(session, &burst, error);
}

enum sterna_status sterna_memory_read(struct sterna_session *session, unsigned memory, size_t address,
                                      uint8_t *bytes, size_t size, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const size_t most = sterna_geometry_reply_room(&session->geometry);
    for (size_t done = 0, count; done < size; done += count) {
        const uint8_t *data = NULL;
        count = size - done < most ? size - done : most;
        put_range(arguments, memory, address + done);
        sterna_put_le16(arguments + RANGE_BYTES, (uint32_t)count);
        enum sterna_status status = sterna_session_exchange(session, STERNA_OP_READ, RANGE_BYTES + 2,
                                                            count * BYTE_CYCLES, &data, count, error);
        if (status != STERNA_OK)
            return status;
        memcpy(bytes + done, data, count);
    }
    return STERNA_OK;
}

enum sterna_status sterna_memory_check(struct sterna_session *session, const struct sterna_range *range,
                                       struct sterna_error *error)
{
    static const char *const names[STERNA_IMAGE_MEMORIES] = {"weights", "scales", "biases", "step programs"};
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    put_range(arguments, range->memory, 0);
    sterna_put_le24(arguments + RANGE_BYTES, (uint32_t)range->size);
    enum sterna_status status = sterna_session_exchange(session, STERNA_OP_CHECK, RANGE_BYTES + 3,
                                                        range->size * BYTE_CYCLES, &data, 4, error);
    if (status != STERNA_OK)
        return status;
    uint32_t expected = sterna_crc32(0, range->bytes, range->size), got = sterna_get_le32(data);
    if (got != expected)
        return sterna_fail(
            error, STERNA_ERR_DEVICE,
            "the device does not hold the %s that were written: CRC %08x instead of %08x; load it again",
            names[range->memory], (unsigned)got, (unsigned)expected);
    return STERNA_OK;
}
