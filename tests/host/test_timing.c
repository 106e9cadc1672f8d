/* test_timing.c - the model of the engine's schedule where its answer can be said by hand. (That it is the device's is
 * tests/link/test_estimate_sim.c's claim.) */
#include "../random_model.h"
#include "protocol.h"
#include "timing.h"

#include <check.h>

/* A section of `tiles` tiles of `rows` output rows, `blocks` blocks with a program of `bytes` bytes. */
static struct sterna_timing output(size_t rows, size_t tiles, size_t blocks, size_t bytes)
{
    static const struct sterna_matrix matrix;
    struct sterna_timing timing;
    struct sterna_layout_section section = {
        .kind = STERNA_KIND_OUTPUT, .gates = 1, .streams = 1, .tile_units = rows, .tiles = tiles};
    section.part[STERNA_PART_X] = (struct sterna_layout_part){
        .matrix = &matrix, .elements = 5, .blocks = blocks, .program_bytes = bytes};
    sterna_timing_sections(sterna_geometry_of("up5k"), &section, 1, &timing);
    ck_assert_uint_eq(timing.cycles, timing.streaming + timing.build_wait + timing.gate_wait + timing.gap);
    ck_assert_uint_eq(timing.output, timing.streaming);
    return timing;
}

START_TEST(enough_rows_hide_every_build_but_the_first)
{
    struct sterna_timing timing = output(126, 1, 7, 123);
    ck_assert_uint_eq(timing.streaming, 7 * 126);
    ck_assert_uint_eq(timing.build_wait, 126);
    ck_assert_uint_eq(timing.gate_wait, 0);
}
END_TEST

START_TEST(few_rows_wait_for_each_build)
{
    struct sterna_timing timing = output(10, 1, 7, 123);
    ck_assert_uint_eq(timing.streaming, 70);
    ck_assert_uint_ge(timing.cycles, 7 * 125);
    ck_assert_uint_le(timing.cycles, 7 * 125 + 30);
}
END_TEST

START_TEST(results_that_leave_slowly_hold_up_the_third_tile)
{
    ck_assert_uint_eq(output(200, 2, 1, 123).gate_wait, 0);
    ck_assert_uint_gt(output(200, 3, 1, 123).gate_wait, 100);
}
END_TEST

/* Cycles of a request of so many steps. */
static uint64_t request(const struct sterna_model *model, size_t steps)
{
    const struct sterna_geometry *geometry = sterna_geometry_of("up5k");
    struct sterna_layout layout;
    struct sterna_timing timing;
    ck_assert_int_eq(sterna_layout_plan(model, geometry, &layout, NULL), STERNA_OK);
    sterna_timing_request(model, geometry, &layout, steps, &timing);
    ck_assert_uint_eq(timing.cycles, timing.streaming + timing.build_wait + timing.gate_wait + timing.gap);
    sterna_layout_free(&layout);
    return timing.cycles;
}

/* 40 bytes of input take 80 cycles, 10 results 50: of all steps but the first, and but the last, they are under other steps. */
START_TEST(inputs_and_results_go_under_other_steps)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 40, 64, 1, 10};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    model->one_hot = false;
    const uint64_t one = request(model, 1);
    ck_assert_uint_lt(request(model, 11) - one, 10 * (one - 80 - 40));
    ck_assert_uint_gt(request(model, 11) - one, 10 * (one - 80 - 80));
    sterna_model_free(model);
}
END_TEST

/* 512 bytes are 12 inputs of 40 bytes, or 33 times 5 results of 3. */
START_TEST(a_request_has_room_for_its_inputs_and_its_results)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 40, 8, 1, 5};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    model->one_hot = false;
    ck_assert_uint_eq(sterna_timing_request_steps(model, sterna_geometry_of("up5k"), 5), 12);
    ck_assert_uint_eq(sterna_timing_request_steps(model, sterna_geometry_of("up5k"), 50), 3);
    model->one_hot = true;
    ck_assert_uint_eq(sterna_timing_request_steps(model, sterna_geometry_of("up5k"), 5), 33);
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("timing");
    TCase *tests = tcase_create("timing");
    tcase_add_test(tests, enough_rows_hide_every_build_but_the_first);
    tcase_add_test(tests, few_rows_wait_for_each_build);
    tcase_add_test(tests, results_that_leave_slowly_hold_up_the_third_tile);
    tcase_add_test(tests, inputs_and_results_go_under_other_steps);
    tcase_add_test(tests, a_request_has_room_for_its_inputs_and_its_results);
    suite_add_tcase(suite, tests);
    return suite;
}
