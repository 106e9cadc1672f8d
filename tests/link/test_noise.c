/* test_noise.c - a million bytes of chance between good frames: each frame is answered at its first try, and nothing else happens. */
#include <string.h>

#include "../random_model.h"
#include "little_endian.h"
#include "protocol.h"
#include "session.h"

#include <check.h>

enum { NOISE = 1000000, LONGEST = 900, BYTES = 64, ARGUMENTS = 4 };

static const char *const addresses[] = {"reference:up5k", "sim"};

static struct sterna_link *line;
static struct sterna_session *session;
static struct sterna_error error;
static uint8_t held[BYTES]; /* what the activations must hold */
static uint64_t seed;

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void send_bytes(const uint8_t *bytes, size_t size)
{
    must(line->backend->send(line, bytes, size, &error));
}

/* Bytes of chance, rich in flags and escapes. */
static size_t make_noise(uint8_t *bytes)
{
    const size_t size = random_below(&seed, LONGEST);
    const bool rich = random_below(&seed, 2) == 0;
    for (size_t i = 0; i < size; i++)
        bytes[i] = rich && random_below(&seed, 4) == 0
                       ? (uint8_t)(STERNA_ESCAPE_BYTE + random_below(&seed, 2))
                       : (uint8_t)random_below(&seed, 256);
    return size;
}

/* A WRITE of something else, cut short or with some of its bytes changed. */
static size_t make_wreck(uint8_t *bytes)
{
    uint8_t payload[2 + ARGUMENTS + BYTES] = {STERNA_OP_WRITE, (uint8_t)random_below(&seed, 256),
                                              STERNA_MEM_ACTIVATIONS};
    for (size_t i = 2 + ARGUMENTS; i < sizeof payload; i++)
        payload[i] = (uint8_t)random_below(&seed, 256);
    size_t size = sterna_frame_encode(payload, sizeof payload, bytes);
    if (random_below(&seed, 2) == 0)
        return 1 + random_below(&seed, size - 2); /* the next frame's flag would do for its own */
    const size_t changes = 1 + random_below(&seed, 4), first = 1 + random_below(&seed, size - 2 - changes);
    for (size_t i = 0; i < changes; i++)
        bytes[first + i] ^= (uint8_t)(1 + random_below(&seed, 255));
    return size;
}

static void exchange(bool writes)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    arguments[0] = STERNA_MEM_ACTIVATIONS;
    sterna_put_le24(arguments + 1, 0);
    if (writes) {
        for (size_t i = 0; i < BYTES; i++)
            held[i] = arguments[ARGUMENTS + i] = (uint8_t)random_below(&seed, 256);
        must(sterna_session_exchange(session, STERNA_OP_WRITE, ARGUMENTS + BYTES, 10000, NULL, 0, &error));
        return;
    }
    sterna_put_le16(arguments + ARGUMENTS, BYTES);
    must(sterna_session_exchange(session, STERNA_OP_READ, ARGUMENTS + 2, 10000, &data, BYTES, &error));
    ck_assert_mem_eq(data, held, BYTES);
}

START_TEST(noise_between_frames_costs_no_repetition_and_changes_nothing)
{
    uint8_t bytes[LONGEST];
    seed = 17;
    must(sterna_link_open(addresses[_i], &line, &error));
    must(sterna_session_open(line, &session, &error));
    exchange(true);
    for (size_t sent = 0; sent < NOISE;) {
        const size_t size = random_below(&seed, 3) == 0 ? make_wreck(bytes) : make_noise(bytes);
        send_bytes(bytes, size);
        sent += size;
        exchange(random_below(&seed, 2) == 0);
    }
    ck_assert_uint_eq(session->repeats, 0);
    sterna_session_close(session);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("noise");
    TCase *tests = tcase_create("noise");
    tcase_add_loop_test(tests, noise_between_frames_costs_no_repetition_and_changes_nothing, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
