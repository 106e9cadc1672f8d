/* test_weight_memory.c - hw/rtl/weight_memory.v against an array. */
#include "seeded.h"
#include "weight_memory_model.h"

#include <check.h>

enum { WORDS = 16384, LANES = 8 };

START_TEST(a_cycle_writes_lanes_or_reads)
{
    struct weight_memory_model *model = weight_memory_model_new();
    struct seeded random = {19};
    static uint64_t memory[WORDS];
    for (unsigned i = 0; i < 300000; i++) {
        *model->address = (uint16_t)(i < WORDS ? i : seeded_below(&random, WORDS));
        *model->write_lanes = i < WORDS ? 0xFF : seeded_percent(&random, 50) ? 0 : seeded_byte(&random);
        *model->write_data = (uint64_t)seeded_next(&random) << 32 | seeded_next(&random);
        for (unsigned lane = 0; lane < LANES; lane++) {
            uint64_t mask = *model->write_lanes >> lane & 1 ? UINT64_C(0xFF) << 8 * lane : 0;
            memory[*model->address] ^= (memory[*model->address] ^ *model->write_data) & mask;
        }
        uint64_t shown = *model->write_lanes == 0 ? memory[*model->address] : *model->read_data;
        weight_memory_model_tick(model);
        ck_assert_uint_eq(*model->read_data, shown);
    }
    weight_memory_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("weight_memory");
    TCase *tests = tcase_create("weight_memory");
    tcase_add_test(tests, a_cycle_writes_lanes_or_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
