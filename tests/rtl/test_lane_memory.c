/* test_lane_memory.c - hw/rtl/lane_memory.v against an array, and that nobody can rely on reading what is
 * being written. */
#include "lane_memory_model.h"
#include "seeded.h"

#include <check.h>

enum { WORDS = 256, LANES = 8 };

START_TEST(lanes_are_written_one_by_one)
{
    struct lane_memory_model *model = lane_memory_model_new();
    struct seeded random = {18};
    uint64_t memory[WORDS] = {0};
    for (unsigned i = 0; i < 100000; i++) {
        *model->write_lanes = i < WORDS ? 0xFF : seeded_percent(&random, 50) ? 0 : seeded_byte(&random);
        *model->write_address = (uint8_t)(i < WORDS ? i : seeded_byte(&random));
        *model->write_data = (uint64_t)seeded_next(&random) << 32 | seeded_next(&random);
        *model->read_address = seeded_byte(&random);
        uint64_t old = memory[*model->read_address];
        bool collision = *model->write_lanes != 0 && *model->write_address == *model->read_address;
        for (unsigned lane = 0; lane < LANES; lane++) {
            uint64_t mask = *model->write_lanes >> lane & 1 ? UINT64_C(0xFF) << 8 * lane : 0;
            memory[*model->write_address] ^= (memory[*model->write_address] ^ *model->write_data) & mask;
        }
        lane_memory_model_tick(model);
        if (i >= WORDS)
            ck_assert_uint_eq(*model->read_data, collision ? ~old : old);
    }
    lane_memory_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("lane_memory");
    TCase *tests = tcase_create("lane_memory");
    tcase_add_test(tests, lanes_are_written_one_by_one);
    suite_add_tcase(suite, tests);
    return suite;
}
