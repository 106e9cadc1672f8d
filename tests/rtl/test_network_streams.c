/* test_network_streams.c - hw/rtl/network.v with several streams and small tables (three streams of 16 tables of 16 entries, in one
 * bank: G_network_streams in the Makefile) against fixed.c. */
#include "network_streams_model.h"

#define network_model      network_streams_model
#define network_model_new  network_streams_model_new
#define network_model_free network_streams_model_free
#define network_model_eval network_streams_model_eval
#define network_model_tick network_streams_model_tick
#define RIG_GEOMETRY       (streams_geometry())

#include "geometry.h"

static inline struct sterna_geometry streams_geometry(void)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.tables = 16;
    geometry.streams = 3;
    geometry.entries_log2 = 4;
    geometry.table_w = 14;
    geometry.table_banks = 1;
    geometry.psum_w = 20;
    geometry.weight_bytes = 32 * 2048;
    geometry.activation_bytes = 16 * 64;
    return geometry;
}

#include "network_rig.h"

/* A format that the tables can hold. */
static enum sterna_format random_format(uint64_t *seed)
{
    const struct sterna_geometry geometry = streams_geometry();
    enum sterna_format format;
    do
        format = (enum sterna_format)random_below(seed, STERNA_FORMATS);
    while (sterna_geometry_most(&geometry, format) == 0);
    return format;
}

START_TEST(every_cell_equals_fixed)
{
    uint64_t seed = 7000 + (uint64_t)_i;
    for (unsigned round = 0; round < 4; round++) {
        const uint64_t largest = round < 2 ? 14 : 60;
        const struct sterna_model_shape shape = {
            (enum sterna_cell)(_i % STERNA_CELLS), 1 + random_below(&seed, largest),
            1 + random_below(&seed, largest), 1 + random_below(&seed, 2), 1 + random_below(&seed, largest)};
        check_model(random_model_of(&shape, random_format(&seed), seed), 10, (uint32_t)seed | 1);
    }
}
END_TEST

START_TEST(parts_may_differ_in_format)
{
    uint64_t seed = 7900 + (uint64_t)_i;
    const struct sterna_model_shape shape = {(enum sterna_cell)random_below(&seed, STERNA_CELLS), 13, 41, 2,
                                             5};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, seed);
    ck_assert_ptr_nonnull(model);
    const enum sterna_format ih = random_format(&seed), hh = random_format(&seed);
    sterna_model_set_formats(model, ih, hh, random_format(&seed));
    random_fill(model, &seed);
    check_model(model, 8, (uint32_t)seed | 1);
}
END_TEST

START_TEST(steps_may_overlap)
{
    uint64_t seed = 8300 + (uint64_t)_i;
    const struct sterna_model_shape shape = {(enum sterna_cell)(_i % STERNA_CELLS),
                                             1 + random_below(&seed, 60), 1 + random_below(&seed, 60),
                                             1 + random_below(&seed, 2), 1 + random_below(&seed, 40)};
    check_overlap(random_model_of(&shape, random_format(&seed), seed), (unsigned)_i % 3 * 40,
                  (uint32_t)seed | 1);
}
END_TEST

/* Several tiles, whose last leaves streams without a unit. */
START_TEST(large_layers_equal_fixed)
{
    static const struct sterna_model_shape shape[] = {{STERNA_CELL_GRU, 40, 128, 1, 250},
                                                      {STERNA_CELL_LSTM, 30, 101, 1, 10},
                                                      {STERNA_CELL_RNN_TANH, 40, 254, 1, 700}};
    check_model(random_model_of(&shape[_i], STERNA_FORMAT_TERNARY, (uint64_t)_i), 5, (uint32_t)_i + 5);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network_streams");
    TCase *tests = tcase_create("network_streams");
    tcase_add_loop_test(tests, every_cell_equals_fixed, 0, 3 * STERNA_CELLS);
    tcase_add_loop_test(tests, parts_may_differ_in_format, 0, 10);
    tcase_add_loop_test(tests, steps_may_overlap, 0, 12);
    tcase_add_loop_test(tests, large_layers_equal_fixed, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
