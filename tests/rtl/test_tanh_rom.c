/* test_tanh_rom.c - hw/rtl/tanh_rom.v against the table that the host's C computes with. */
#include "seeded.h"
#include "tanh_rom_model.h"
#include "tanh_table.h"

#include <check.h>

enum { ENTRIES = 512 };

START_TEST(every_entry_is_the_host_table_s_one_cycle_later)
{
    struct tanh_rom_model *model = tanh_rom_model_new();
    struct seeded random = {21};
    for (unsigned i = 0; i < 20 * ENTRIES; i++) {
        unsigned index = i < ENTRIES ? i : seeded_below(&random, ENTRIES);
        *model->index = (uint16_t)index;
        tanh_rom_model_tick(model);
        *model->index = (uint16_t)(index ^ (ENTRIES - 1));
        tanh_rom_model_eval(model);
        ck_assert_uint_eq(*model->value & 127, sterna_tanh_table[index]);
        ck_assert_uint_eq(*model->value >> 7, sterna_tanh_table[index] == 127);
    }
    tanh_rom_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("tanh_rom");
    TCase *tests = tcase_create("tanh_rom");
    tcase_add_test(tests, every_entry_is_the_host_table_s_one_cycle_later);
    suite_add_tcase(suite, tests);
    return suite;
}
