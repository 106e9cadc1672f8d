/* test_table_lookup.c - hw/rtl/table_lookup.v against eight arrays, one bank read, one written. */
#include "seeded.h"
#include "table_lookup_model.h"

#include <check.h>

enum { LATENCY = 2, LANES = 8, BANK = 128 };

static void write_entries(struct table_lookup_model *model, uint16_t table[LANES][2 * BANK], unsigned address,
                          struct seeded *random)
{
    *model->table_write = 1;
    *model->table_address = (uint8_t)address;
    for (unsigned i = 0; i < LANES / 2; i++)
        model->table_data[i] = seeded_next(random);
    for (unsigned i = 0; i < LANES; i++)
        table[i][address] = (uint16_t)(model->table_data[i / 2] >> 16 * (i & 1));
}

START_TEST(codes_select_entry_and_sign)
{
    struct table_lookup_model *model = table_lookup_model_new();
    struct seeded random = {4};
    uint16_t table[LANES][2 * BANK], expected[LATENCY][LANES];
    uint64_t codes[LATENCY] = {0};
    for (unsigned address = 0; address < 2 * BANK; address++) {
        write_entries(model, table, address, &random);
        table_lookup_model_tick(model);
    }
    for (unsigned i = 0; i < 100000; i++) {
        unsigned bank = i / 500 & 1, slot = i % LATENCY;
        *model->table_write = 0;
        table_lookup_model_eval(model);
        for (unsigned lane = 0; i >= LATENCY && lane < LANES; lane++) {
            ck_assert_uint_eq(model->m_entry[lane / 2] >> 16 * (lane & 1) & 0xFFFF, expected[slot][lane]);
            ck_assert_uint_eq(*model->m_negative >> lane & 1, codes[slot] >> (8 * lane + 7) & 1);
        }
        codes[slot] = (uint64_t)seeded_next(&random) << 32 | seeded_next(&random);
        *model->s_bank = (uint8_t)bank;
        *model->s_codes = codes[slot];
        for (unsigned lane = 0; lane < LANES; lane++) {
            uint8_t code = (uint8_t)(codes[slot] >> 8 * lane);
            uint16_t entry = table[lane][bank * BANK + (code & 127)];
            expected[slot][lane] = code & 128 ? (uint16_t)~entry : entry;
        }
        if (seeded_percent(&random, 50))
            write_entries(model, table, (1 - bank) * BANK + seeded_below(&random, BANK), &random);
        table_lookup_model_tick(model);
    }
    table_lookup_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("table_lookup");
    TCase *tests = tcase_create("table_lookup");
    tcase_add_test(tests, codes_select_entry_and_sign);
    suite_add_tcase(suite, tests);
    return suite;
}
