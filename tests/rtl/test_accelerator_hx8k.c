/* test_accelerator_hx8k.c - the accelerator in the size of an HX8K says what it has, and has it: every memory keeps its first
 * and its last bytes, and nothing beyond. (What it does with them is test_accelerator_up5k.c's: the same modules.) */
#include "accelerator_hx8k_model.h"
#include "frame.h"
#include "little_endian.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <string.h>

enum { MEMORIES = 6, BLOCK = 64, MOST = 600, PATIENCE = 100000, HEAD = 6, REPLY_HEAD = 3 };

static const uint32_t memory_bytes[MEMORIES] = {4096, 2048, 512, 512, 2048, 512};

static struct accelerator_hx8k_model *model;
static struct sterna_frame_decoder decoder;
static uint8_t reply[MOST];

static void setup(void)
{
    model = accelerator_hx8k_model_new();
    *model->rst = 1;
    accelerator_hx8k_model_tick(model);
    *model->rst = 0;
    *model->m_ready = 1;
}

static void teardown(void)
{
    accelerator_hx8k_model_free(model);
}

/* One cycle; whether a reply has ended with it. */
static bool cycle(void)
{
    accelerator_hx8k_model_eval(model);
    const bool ends = *model->m_valid && sterna_frame_decode(&decoder, *model->m_data);
    accelerator_hx8k_model_tick(model);
    return ends;
}

/* Send a request; returns the size of its reply. */
static size_t ask(const uint8_t *request, size_t size)
{
    uint8_t frame[STERNA_FRAME_MAX(HEAD + BLOCK)];
    const size_t bytes = sterna_frame_encode(request, size, frame);
    sterna_frame_decoder_init(&decoder, reply, sizeof reply);
    *model->s_valid = 1;
    for (size_t i = 0; i < bytes;) {
        *model->s_data = frame[i];
        accelerator_hx8k_model_eval(model);
        i += *model->s_ready;
        ck_assert(!cycle());
    }
    *model->s_valid = 0;
    for (unsigned wait = 0; wait < PATIENCE; wait++)
        if (cycle())
            return decoder.size;
    ck_abort_msg("no reply");
}

START_TEST(hello_says_what_there_is)
{
    ck_assert_uint_eq(ask((const uint8_t[]){STERNA_OP_HELLO, 1}, 2), REPLY_HEAD + STERNA_HELLO_BYTES);
    const uint8_t *data = reply + REPLY_HEAD;
    ck_assert_mem_eq(data + 48, "hx8k\0\0\0\0", 8);
    ck_assert_uint_eq(sterna_get_le32(data + 8), memory_bytes[STERNA_MEM_WEIGHTS]);
    ck_assert_uint_eq(2 * sterna_get_le32(data + 12), memory_bytes[STERNA_MEM_SCALES]);
    ck_assert_uint_eq(2 * sterna_get_le32(data + 16), memory_bytes[STERNA_MEM_BIASES]);
    ck_assert_uint_eq(sterna_get_le32(data + 20), memory_bytes[STERNA_MEM_PROGRAMS]);
    ck_assert_uint_eq(sterna_get_le32(data + 24), memory_bytes[STERNA_MEM_ACTIVATIONS]);
    ck_assert_uint_eq(2 * sterna_get_le32(data + 28), memory_bytes[STERNA_MEM_STATE]);
}
END_TEST

/* The status of a WRITE of a block, or of a READ of it. */
static uint8_t move(uint8_t opcode, uint8_t memory, uint32_t address, const uint8_t *block)
{
    static uint8_t number;
    uint8_t request[HEAD + BLOCK] = {opcode, ++number, memory};
    sterna_put_le24(request + 3, address);
    if (block)
        memcpy(request + HEAD, block, BLOCK);
    else
        sterna_put_le16(request + HEAD, BLOCK);
    ck_assert_uint_ge(ask(request, HEAD + (block ? (size_t)BLOCK : 2)), REPLY_HEAD);
    return reply[2];
}

/* A word of scales keeps 12 of its bits. */
static void draw_block(struct seeded *random, uint8_t memory, uint8_t *block)
{
    for (unsigned i = 0; i < BLOCK; i++)
        block[i] = seeded_byte(random) & (memory == STERNA_MEM_SCALES && i % 2 ? 0x0F : 0xFF);
}

START_TEST(every_memory_keeps_both_its_ends_and_has_no_more)
{
    struct seeded random = {7};
    uint8_t first[MEMORIES][BLOCK], last[MEMORIES][BLOCK];
    for (uint8_t i = 0; i < MEMORIES; i++) {
        draw_block(&random, i, first[i]);
        draw_block(&random, i, last[i]);
        ck_assert_uint_eq(move(STERNA_OP_WRITE, i, 0, first[i]), STERNA_ST_DONE);
        ck_assert_uint_eq(move(STERNA_OP_WRITE, i, memory_bytes[i] - BLOCK, last[i]), STERNA_ST_DONE);
        ck_assert_uint_eq(move(STERNA_OP_WRITE, i, memory_bytes[i] - BLOCK + 1, last[i]),
                          STERNA_ST_BAD_ARGUMENT);
    }
    for (uint8_t i = 0; i < MEMORIES; i++) {
        ck_assert_uint_eq(move(STERNA_OP_READ, i, 0, NULL), STERNA_ST_DONE);
        ck_assert_mem_eq(reply + REPLY_HEAD, first[i], BLOCK);
        ck_assert_uint_eq(move(STERNA_OP_READ, i, memory_bytes[i] - BLOCK, NULL), STERNA_ST_DONE);
        ck_assert_mem_eq(reply + REPLY_HEAD, last[i], BLOCK);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("accelerator_hx8k");
    TCase *tests = tcase_create("accelerator_hx8k");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, hello_says_what_there_is);
    tcase_add_test(tests, every_memory_keeps_both_its_ends_and_has_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}
