/* test_accelerator_up5k.c - the whole accelerator, byte for byte against the software device (host/src/device.c), which is
 * written from the same contract. Time steps are compared elsewhere (tests/link): there is no image in memory here.
 */
#include "accelerator_up5k_model.h"
#include "device.h"
#include "frame.h"
#include "little_endian.h"
#include "protocol.h"
#include "queue.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { REQUEST_BYTES = 512, BLOCK = 500, MOST = 2200, MEMORIES = 6, LONGEST_WAIT = 2000000 };

static const uint32_t memory_bytes[MEMORIES] = {131072, 4096, 2048, 512, 2048, 512};

static struct accelerator_up5k_model *model;
static struct sterna_software_device *device;
static struct seeded random_source;
static unsigned gaps, stalls; /* of 100 cycles */
static uint8_t got[MOST];
static size_t got_size;

static void setup(void)
{
    model = accelerator_up5k_model_new();
    *model->rst = 1;
    accelerator_up5k_model_tick(model);
    *model->rst = 0;
    ck_assert_int_eq(sterna_software_device_new(sterna_geometry_of("up5k"), &device), STERNA_OK);
    random_source.state = 20;
    gaps = stalls = 0;
}

static void teardown(void)
{
    accelerator_up5k_model_free(model);
    sterna_software_device_free(device);
}

/* One cycle with this byte offered (or none); returns whether it was taken. */
static bool cycle(bool valid, uint8_t byte)
{
    *model->s_valid = valid;
    *model->s_data = byte;
    *model->m_ready = !seeded_percent(&random_source, stalls);
    accelerator_up5k_model_eval(model);
    bool taken = valid && *model->s_ready;
    if (*model->m_valid && *model->m_ready) {
        ck_assert_uint_lt(got_size, MOST);
        got[got_size++] = *model->m_data;
    }
    accelerator_up5k_model_tick(model);
    return taken;
}

/* Bytes to both; what both answer must be the same. Returns the reply's payload size, 0 if neither answered. */
static size_t both(const uint8_t *bytes, size_t size, uint8_t *payload)
{
    struct sterna_queue queue = {0};
    uint8_t expected[MOST], buffer[MOST];
    ck_assert_int_eq(sterna_software_device_feed(device, bytes, size, &queue), STERNA_OK);
    size_t expected_size = sterna_queue_take(&queue, expected, sizeof expected);
    sterna_queue_free(&queue);
    got_size = 0;
    for (size_t i = 0; i < size; i++) {
        while (seeded_percent(&random_source, gaps))
            cycle(false, 0);
        bool taken = false;
        while (!taken)
            taken = cycle(true, bytes[i]);
    }
    for (size_t i = 0; i < LONGEST_WAIT && got_size < expected_size; i++)
        cycle(false, 0);
    for (size_t i = 0; i < 1000; i++) /* and no more */
        cycle(false, 0);
    ck_assert_uint_eq(got_size, expected_size);
    ck_assert_mem_eq(got, expected, expected_size);
    struct sterna_frame_decoder decoder;
    sterna_frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < got_size; i++)
        if (sterna_frame_decode(&decoder, got[i])) {
            memcpy(payload, buffer, decoder.size);
            return decoder.size;
        }
    return 0;
}

static size_t ask(const uint8_t *request, size_t size, uint8_t *reply)
{
    uint8_t frame[STERNA_FRAME_MAX(REQUEST_BYTES + 50)];
    return both(frame, sterna_frame_encode(request, size, frame), reply);
}

START_TEST(hello_names_the_device)
{
    uint8_t reply[MOST];
    ck_assert_uint_eq(ask((const uint8_t[]){STERNA_OP_HELLO, 1}, 2, reply), 3 + STERNA_HELLO_BYTES);
    ck_assert_uint_eq(reply[2], STERNA_ST_DONE);
    ck_assert_uint_eq(reply[3], STERNA_PROTOCOL_VERSION);
    ck_assert_uint_eq(sterna_get_le32(reply + 3 + 8), memory_bytes[0]);
    ck_assert_uint_eq(sterna_get_le32(reply + 3 + 40), 48000);
    ck_assert_mem_eq(reply + 3 + 48, "up5k\0\0\0\0", 8);
}
END_TEST

/* The head of a WRITE or CHECK with the next sequence number. */
static void put_range(uint8_t *request, uint8_t opcode, size_t memory, uint32_t address)
{
    static uint8_t number;
    request[0] = opcode;
    request[1] = number++;
    request[2] = (uint8_t)memory;
    sterna_put_le24(request + 3, address);
}

static void write_block(size_t memory, uint32_t address, uint32_t size)
{
    uint8_t request[REQUEST_BYTES], reply[MOST];
    put_range(request, STERNA_OP_WRITE, memory, address);
    for (uint32_t i = 0; i < size; i++)
        request[6 + i] = seeded_byte(&random_source);
    ck_assert_uint_eq(ask(request, 6 + size, reply), 3);
    ck_assert_uint_eq(reply[2], STERNA_ST_DONE);
}

static void check_block(size_t memory, uint32_t address, uint32_t size)
{
    uint8_t request[9], reply[MOST];
    put_range(request, STERNA_OP_CHECK, memory, address);
    sterna_put_le24(request + 6, size);
    ck_assert_uint_eq(ask(request, 9, reply), 7);
}

/* How much of each end of a memory is written: all of a small one. */
static uint32_t end_bytes(size_t memory)
{
    return memory_bytes[memory] < 4000 ? memory_bytes[memory] : 4000;
}

/* Write the memory from address to end. */
static void write_range(size_t memory, uint32_t address, uint32_t end)
{
    while (address < end) {
        const uint32_t left = end - address;
        const uint32_t size = left < BLOCK ? left : BLOCK;
        write_block(memory, address, size);
        address += size;
    }
}

START_TEST(memories_written_in_full_check_like_those_of_the_software_device)
{
    for (size_t memory = 0; memory < MEMORIES; memory++) {
        const uint32_t bytes = memory_bytes[memory], end = end_bytes(memory);
        write_range(memory, 0, end);
        write_range(memory, bytes - end, bytes);
    }
    for (size_t memory = 0; memory < MEMORIES; memory++) {
        const uint32_t bytes = memory_bytes[memory], end = end_bytes(memory);
        check_block(memory, 0, end);
        check_block(memory, bytes - end, end);
    }
}
END_TEST

/* A request of any opcode but STEP, most of its arguments plausible. Returns its size. */
static size_t random_request(uint8_t *request, uint8_t number)
{
    static const uint8_t opcodes[] = {
        STERNA_OP_HELLO, STERNA_OP_WRITE,    STERNA_OP_WRITE, STERNA_OP_READ,  STERNA_OP_READ,
        STERNA_OP_CHECK, STERNA_OP_COUNTERS, STERNA_OP_STATE, STERNA_OP_ABORT, 77};
    static const uint8_t sizes[] = {[STERNA_OP_HELLO] = 2,
                                    [STERNA_OP_READ] = 8,
                                    [STERNA_OP_CHECK] = 9,
                                    [STERNA_OP_STATE] = 4,
                                    [STERNA_OP_COUNTERS] = 3,
                                    [STERNA_OP_ABORT] = 2,
                                    [77] = 5};
    for (size_t i = 0; i < REQUEST_BYTES; i++)
        request[i] = seeded_byte(&random_source);
    uint8_t memory = (uint8_t)seeded_below(&random_source, MEMORIES);
    request[0] = opcodes[seeded_below(&random_source, sizeof opcodes)];
    request[1] = number;
    if (request[0] == STERNA_OP_STATE || request[0] == STERNA_OP_COUNTERS) {
        request[2] %= 4;
        request[3] %= 3;
    } else if (!seeded_percent(&random_source, 5)) {
        request[2] = memory;
        sterna_put_le24(request + 3, seeded_below(&random_source, memory_bytes[memory]));
        sterna_put_le24(request + 6, seeded_below(&random_source, 600));
    }
    if (seeded_percent(&random_source, 5))
        return 2 + seeded_below(&random_source, 10);
    return request[0] == STERNA_OP_WRITE ? 6 + seeded_below(&random_source, REQUEST_BYTES - 5)
                                         : sizes[request[0]];
}

START_TEST(random_requests_are_answered_like_the_software_device)
{
    uint8_t request[REQUEST_BYTES], reply[MOST];
    for (unsigned i = 0; i < 1500; i++) {
        gaps = i % 300 < 100 ? 0 : 30;
        stalls = i % 500 < 250 ? 0 : 40;
        uint8_t number = (uint8_t)(seeded_percent(&random_source, 10) ? i - 1 : i);
        size_t size = random_request(request, number);
        ck_assert_uint_ge(ask(request, size, reply), 3);
    }
}
END_TEST

START_TEST(bad_lines_and_bad_steps_are_taken_like_by_the_software_device)
{
    uint8_t request[REQUEST_BYTES + 50] = {STERNA_OP_STEP, 0, 1, 1, 2, 0, 0, 8}, reply[MOST], noise[40];
    ck_assert_uint_eq(ask(request, 8, reply), 3);
    ck_assert_uint_eq(reply[2], STERNA_ST_BAD_ARGUMENT);
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < sizeof noise; j++)
            noise[j] = seeded_percent(&random_source, 20) ? (uint8_t)(0x7D + seeded_below(&random_source, 2))
                                                          : seeded_byte(&random_source);
        both(noise, sizeof noise, reply);
        noise[0] = STERNA_FLAG_BYTE;
        both(noise, 1, reply);
        ask(request, REQUEST_BYTES + i % 3 * 25, reply); /* two of three too long */
        ck_assert_uint_eq(ask((const uint8_t[]){STERNA_OP_COUNTERS, (uint8_t)(i + 1), i % 4 == 0}, 3, reply),
                          27);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("accelerator_up5k");
    TCase *tests = tcase_create("accelerator_up5k");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, hello_names_the_device);
    tcase_add_test(tests, memories_written_in_full_check_like_those_of_the_software_device);
    tcase_add_test(tests, random_requests_are_answered_like_the_software_device);
    tcase_add_test(tests, bad_lines_and_bad_steps_are_taken_like_by_the_software_device);
    suite_add_tcase(suite, tests);
    return suite;
}
