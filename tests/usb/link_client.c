/* link_client.c - exchanges of every size over a link, byte by byte compared; for the tests of the USB link.
 *
 *   link_client ADDRESS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "little_endian.h"
#include "protocol.h"
#include "session.h"

enum { SIZES = 200, NOISE = 40000, ADDRESS_AT = 1 };

static uint8_t pattern(size_t size, size_t i)
{
    return (uint8_t)(size * 31 + i * 7 + (i % 5 == 0 ? 0x7E : 0));
}

/* Write `size` bytes to the activations, read them back. */
static enum sterna_status there_and_back(struct sterna_session *session, size_t size,
                                         struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    arguments[0] = STERNA_MEM_ACTIVATIONS;
    sterna_put_le24(arguments + ADDRESS_AT, 0);
    for (size_t i = 0; i < size; i++)
        arguments[4 + i] = pattern(size, i);
    enum sterna_status status =
        sterna_session_exchange(session, STERNA_OP_WRITE, 4 + size, 100000, NULL, 0, error);
    if (status != STERNA_OK)
        return status;
    arguments[0] = STERNA_MEM_ACTIVATIONS;
    sterna_put_le24(arguments + ADDRESS_AT, 0);
    sterna_put_le16(arguments + 4, (uint32_t)size);
    status = sterna_session_exchange(session, STERNA_OP_READ, 6, 100000, &data, size, error);
    for (size_t i = 0; i < size && status == STERNA_OK; i++)
        if (data[i] != pattern(size, i))
            return sterna_fail(error, STERNA_ERR_DEVICE, "byte %zu of %zu differs", i, size);
    return status;
}

/* So many bytes that mean nothing, in one piece: more than a transfer, an URB and a buffer of the kernel hold. */
static enum sterna_status send_noise(struct sterna_link *link, struct sterna_error *error)
{
    static uint8_t noise[NOISE];
    memset(noise, 0x55, sizeof noise);
    return link->backend->send(link, noise, sizeof noise, error);
}

int main(int argc, char **argv)
{
    struct sterna_error error = {"no address"};
    struct sterna_link *link = NULL;
    struct sterna_session *session = NULL;
    enum sterna_status status = argc == 2 ? sterna_link_open(argv[1], &link, &error) : STERNA_ERR_RANGE;
    if (status == STERNA_OK)
        status = send_noise(link, &error);
    if (status == STERNA_OK)
        status = sterna_session_open(link, &session, &error);
    for (size_t size = 1; size <= SIZES && status == STERNA_OK; size++)
        status = there_and_back(session, size, &error);
    if (status == STERNA_OK)
        (void)printf("%d sizes, %d repeats\n", SIZES, (int)session->repeats);
    else
        (void)fprintf(stderr, "link_client: %s\n", error.reason);
    sterna_session_close(session);
    return status == STERNA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
