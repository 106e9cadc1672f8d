/* test_block_walker.c - hw/rtl/block_walker.v against three nested loops; fresh blocks wait for their words. */
#include "block_walker_model.h"
#include "seeded.h"

#include <check.h>

struct part {
    unsigned word, blocks, words, program;
};

/* One cycle; it never waits for h with a block on offer. */
static void walker_tick(struct block_walker_model *model)
{
    block_walker_model_eval(model);
    ck_assert(!*model->m_valid || !*model->waits_for_h);
    block_walker_model_tick(model);
}

/* A fresh block does not come before its words are there. */
static void check_waiting(struct block_walker_model *model, struct seeded *random, unsigned end)
{
    *model->h_done = 0;
    *model->h_written = (uint8_t)(end - 1);
    for (unsigned cycle = 4 + seeded_below(random, 4); cycle > 0; cycle--) {
        walker_tick(model);
        ck_assert(!*model->m_valid);
    }
    ck_assert(*model->waits_for_h);
    if (seeded_percent(random, 50))
        *model->h_done = 1;
    else
        *model->h_written = (uint8_t)end;
}

/* The next block, after at most three cycles without any, must be this one; it is taken after some cycles. */
static void check_block(struct block_walker_model *model, struct seeded *random, const struct part *part,
                        unsigned block, bool h)
{
    unsigned end = part->word + (block + 1) * part->words;
    if (*model->is_fresh && !h && end < 256) {
        check_waiting(model, random, end);
    } else { /* a block that is not fresh does not ask */
        *model->h_done = (*model->is_fresh && !h) || seeded_percent(random, 50);
        *model->h_written = seeded_byte(random);
    }
    for (unsigned gap = 0; !*model->m_valid && gap < 3; gap++)
        walker_tick(model);
    for (unsigned wait = seeded_below(random, 4); wait > 0; wait--) {
        ck_assert(*model->m_valid);
        walker_tick(model);
    }
    block_walker_model_eval(model);
    ck_assert(*model->m_valid);
    ck_assert_uint_eq(*model->m_word, (part->word + block * part->words) & 255);
    ck_assert_uint_eq(*model->m_program, part->program);
    ck_assert_uint_eq(*model->m_h, h);
    ck_assert_uint_eq(*model->m_first, block == 0);
    *model->m_ready = 1;
}

static void check_layer(struct block_walker_model *model, struct seeded *random, unsigned tiles,
                        const struct part part[2])
{
    for (unsigned tile = 0; tile < tiles; tile++)
        for (unsigned p = 0; p < 2; p++)
            for (unsigned block = 0; block < part[p].blocks; block++) {
                check_block(model, random, &part[p], block, p == 1);
                bool tile_ends = block + 1 == part[p].blocks && (p == 1 || part[1].blocks == 0);
                ck_assert_uint_eq(*model->m_ends_tile, tile_ends);
                ck_assert_uint_eq(*model->m_last_tile, tile + 1 == tiles);
                walker_tick(model);
                *model->m_ready = 0;
            }
    *model->h_done = 0; /* which nobody waits for any more */
    *model->h_written = 0;
    for (unsigned cycle = 0; cycle < 4; cycle++) {
        ck_assert(!*model->m_valid);
        ck_assert(!*model->waits_for_h);
        walker_tick(model);
    }
}

static struct part random_part(struct seeded *random, unsigned blocks)
{
    return (struct part){seeded_below(random, 256), blocks, 1 + seeded_below(random, 8),
                         seeded_below(random, 512)};
}

START_TEST(blocks_come_in_the_order_of_use)
{
    struct block_walker_model *model = block_walker_model_new();
    struct seeded random = {15};
    *model->rst = 1;
    walker_tick(model);
    *model->rst = 0;
    for (unsigned layer = 0; layer < 300; layer++) {
        unsigned tiles = layer % 50 == 0 ? 255 : 1 + seeded_below(&random, 5);
        struct part part[2] = {random_part(&random, layer % 20 == 1 ? 255 : 1 + seeded_below(&random, 6)),
                               random_part(&random, seeded_below(&random, 6))};
        *model->is_fresh = layer % 3 == 0 && layer % 50 != 0;
        *model->tiles = (uint8_t)tiles;
        *model->x_word = (uint8_t)part[0].word;
        *model->x_blocks = (uint8_t)part[0].blocks;
        *model->x_words = (uint8_t)part[0].words;
        *model->x_program = (uint16_t)part[0].program;
        *model->h_word = (uint8_t)part[1].word;
        *model->h_blocks = (uint8_t)part[1].blocks;
        *model->h_words = (uint8_t)part[1].words;
        *model->h_program = (uint16_t)part[1].program;
        *model->layer_start = 1;
        walker_tick(model);
        *model->layer_start = 0;
        check_layer(model, &random, tiles, part);
    }
    block_walker_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("block_walker");
    TCase *tests = tcase_create("block_walker");
    tcase_add_test(tests, blocks_come_in_the_order_of_use);
    suite_add_tcase(suite, tests);
    return suite;
}
