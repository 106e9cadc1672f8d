/* test_tiling.c - every unit is in exactly one tile, whatever the layer; tiles fit a bank, and few rows take short builds. */
#include <string.h>

#include "../random_model.h"
#include "protocol.h"
#include "tiling.h"

#include <check.h>

enum { PSUM_ROWS = 256 };

static struct sterna_layout_section whole_layer(const struct sterna_model *model)
{
    struct sterna_layout_section whole = {.kind = model->layer[0].cell == STERNA_CELL_LSTM ? STERNA_KIND_LSTM
                                                                                           : STERNA_KIND_GRU,
                                          .layer = &model->layer[0],
                                          .gates = sterna_cell_gates(model->layer[0].cell),
                                          .streams = 1};
    whole.part[STERNA_PART_X].matrix = &model->layer[0].ih;
    whole.part[STERNA_PART_H].matrix = &model->layer[0].hh;
    return whole;
}

static size_t choose(enum sterna_cell cell, size_t units, bool smallest,
                     struct sterna_layout_section section[STERNA_LAYOUT_SECTIONS])
{
    const struct sterna_model_shape shape = {cell, 40, units, 1, 1};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    const struct sterna_layout_section whole = whole_layer(model);
    const size_t sections =
        sterna_tiling_choose(&whole, units, sterna_geometry_of("up5k"), smallest, section);
    for (size_t k = 0; k < sections; k++) {
        for (size_t p = 0; p < STERNA_PARTS; p++) {
            const struct sterna_layout_part *part = &section[k].part[p];
            ck_assert_uint_ge(part->blocks * part->elements * 8, part->matrix->cols);
            ck_assert_uint_lt((part->blocks - 1) * part->elements * 8, part->matrix->cols);
        }
        ck_assert_uint_le(sterna_layout_rows(&section[k]), PSUM_ROWS / 2);
    }
    sterna_model_free(model);
    return sections;
}

START_TEST(every_unit_is_in_one_tile)
{
    for (size_t units = 1; units < 140; units++) {
        struct sterna_layout_section section[STERNA_LAYOUT_SECTIONS];
        const size_t sections =
            choose(_i ? STERNA_CELL_LSTM : STERNA_CELL_GRU, units, units % 3 == 0, section);
        size_t next = 0;
        ck_assert_uint_le(sections, STERNA_LAYOUT_SECTIONS);
        for (size_t k = 0; k < sections; k++) {
            ck_assert_uint_eq(section[k].first, next);
            ck_assert_uint_eq(section[k].continues, k > 0);
            /* only the last tile may have an odd number: its second half of a pair is nobody's */
            ck_assert(section[k].tile_units % 2 == 0 || (k + 1 == sections && section[k].tiles == 1));
            next += section[k].tiles * section[k].tile_units;
        }
        ck_assert_uint_eq(next, units);
    }
}
END_TEST

START_TEST(full_tiles_take_full_bytes)
{
    struct sterna_layout_section section[STERNA_LAYOUT_SECTIONS];
    ck_assert_uint_eq(choose(STERNA_CELL_LSTM, 256, false, section), 1);
    ck_assert_uint_eq(section[0].tiles,
                      8); /* of 32 units, 128 rows: the build of 123 bytes hides behind them */
    ck_assert_uint_eq(section[0].part[STERNA_PART_H].elements, 5);
}
END_TEST

START_TEST(few_rows_take_short_programs)
{
    struct sterna_layout_section section[STERNA_LAYOUT_SECTIONS];
    ck_assert_uint_eq(choose(STERNA_CELL_GRU, 2, false, section), 1);
    ck_assert_uint_eq(section[0].part[STERNA_PART_H].program_bytes, 9);
    ck_assert_uint_eq(choose(STERNA_CELL_GRU, 2, true, section), 1);
    ck_assert_uint_eq(section[0].part[STERNA_PART_H].elements, 5);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("tiling");
    TCase *tests = tcase_create("tiling");
    tcase_add_loop_test(tests, every_unit_is_in_one_tile, 0, 2);
    tcase_add_test(tests, full_tiles_take_full_bytes);
    tcase_add_test(tests, few_rows_take_short_programs);
    suite_add_tcase(suite, tests);
    return suite;
}
