/* test_network.c - hw/rtl/network.v against fixed.c: models of every cell and format as pack.c writes them, results and
 * states over many steps, with stalls; and what resets, clears and phases do. */
#include "network_rig.h"

#include <stdio.h>

#include <check.h>

static void check_random(enum sterna_cell cell, enum sterna_format format, size_t largest, uint64_t seed)
{
    const struct sterna_model_shape shape = {cell, 1 + random_below(&seed, largest),
                                             1 + random_below(&seed, largest), 1 + random_below(&seed, 3),
                                             1 + random_below(&seed, largest)};
    struct sterna_model *model = random_model_of(&shape, format, seed);
    ck_assert_ptr_nonnull(model);
    if (random_below(&seed, 4) == 0)
        make_extreme(model, &seed);
    check_model(model, 12, (uint32_t)seed | 1);
}

START_TEST(every_cell_and_format_equals_fixed)
{
    const enum sterna_cell cell = (enum sterna_cell)(_i / STERNA_FORMATS);
    const enum sterna_format format = (enum sterna_format)(_i % STERNA_FORMATS);
    for (uint64_t round = 0; round < 6; round++)
        check_random(cell, format, round < 4 ? 12 : 50, 100 * (uint64_t)_i + round);
}
END_TEST

START_TEST(parts_may_differ_in_format)
{
    uint64_t seed = 900 + (uint64_t)_i;
    const struct sterna_model_shape shape = {(enum sterna_cell)random_below(&seed, STERNA_CELLS), 13, 21, 2,
                                             5};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, seed);
    ck_assert_ptr_nonnull(model);
    sterna_model_set_formats(model, (enum sterna_format)random_below(&seed, STERNA_FORMATS),
                             (enum sterna_format)random_below(&seed, STERNA_FORMATS),
                             (enum sterna_format)random_below(&seed, STERNA_FORMATS));
    random_fill(model, &seed);
    check_model(model, 10, (uint32_t)seed | 1);
}
END_TEST

START_TEST(steps_may_overlap)
{
    uint64_t seed = 300 + (uint64_t)_i;
    const struct sterna_model_shape shape = {(enum sterna_cell)(_i % STERNA_CELLS),
                                             1 + random_below(&seed, 60), 1 + random_below(&seed, 60),
                                             1 + random_below(&seed, 2), 1 + random_below(&seed, 40)};
    check_overlap(random_model_of(&shape, (enum sterna_format)random_below(&seed, STERNA_FORMATS), seed),
                  (unsigned)_i % 3 * 40, (uint32_t)seed | 1);
}
END_TEST

/* Tiles and sections of every size. */
START_TEST(large_layers_equal_fixed)
{
    static const struct sterna_model_shape shape[] = {
        {STERNA_CELL_GRU, 40, 256, 1, 10},     {STERNA_CELL_LSTM, 40, 256, 1, 10},
        {STERNA_CELL_GRU, 40, 128, 1, 10},     {STERNA_CELL_LSTM, 40, 64, 1, 10},
        {STERNA_CELL_GRU, 73, 128, 2, 73},     {STERNA_CELL_RNN_TANH, 40, 256, 1, 255},
        {STERNA_CELL_RNN_RELU, 40, 257, 1, 3}, {STERNA_CELL_LSTM, 9, 85, 2, 5},
    };
    check_model(random_model_of(&shape[_i], STERNA_FORMAT_TERNARY, (uint64_t)_i), 6, (uint32_t)_i + 5);
}
END_TEST

/* Long programs: builds that no tile hides. */
START_TEST(large_codebooks_equal_fixed)
{
    static const struct {
        const char *cell;
        size_t hidden, elements, words;
    } subject[] = {
        {"gru", 256, 4, 50}, {"lstm", 120, 7, 30}, {"rnn-tanh", 200, 1, 7}, {"rnn-relu", 90, 2, 128}};
    struct sterna_model *model = NULL;
    ck_assert_int_eq(sterna_model_random_codebook(subject[_i].cell, 40, subject[_i].hidden, 10,
                                                  subject[_i].elements, subject[_i].words, 7, &model, NULL),
                     STERNA_OK);
    check_model(model, 6, (uint32_t)_i + 5);
}
END_TEST

static struct subject *small_subject(void)
{
    return subject_new(random_model(17, 13, 2, 24, 4));
}

START_TEST(clearing_leaves_a_fresh_network)
{
    struct subject *subject = small_subject();
    struct device *device = device_with(subject, 5);
    for (unsigned i = 0; i < 3; i++)
        check_step(device, subject, true);
    clear_both(device, subject);
    check_state(device, subject);
    for (unsigned i = 0; i < 8 * 256; i++)
        ck_assert_uint_eq(device_read(device, STERNA_MEM_ACTIVATIONS, i), 0);
    check_step(device, subject, true);
    device_free(device);
    subject_free(subject);
}
END_TEST

/* In phase 1 a step reads and writes the other buffers: a fresh network does not care. */
START_TEST(the_phase_can_be_set)
{
    struct subject *subject = small_subject();
    struct device *device = device_with(subject, 6);
    for (unsigned i = 0; i < 4; i++) {
        clear_both(device, subject);
        subject->phase = i & 1;
        *device->model->phase_write = 1;
        *device->model->phase_wdata = (uint8_t)subject->phase;
        device_tick(device);
        *device->model->phase_write = 0;
        check_step(device, subject, true);
        check_step(device, subject, true);
    }
    device_free(device);
    subject_free(subject);
}
END_TEST

/* After a reset everything but what a step may have changed is as it was. */
static void check_recovery(struct device *device, struct subject *subject)
{
    device_reset(device);
    ck_assert(!*device->model->busy);
    ck_assert(!*device->model->m_valid);
    clear_both(device, subject);
    device->stall_percent = 0;
    check_step(device, subject, true);
    check_step(device, subject, true);
}

static void run_for(struct device *device, unsigned cycles)
{
    *device->model->step_emit = 1;
    *device->model->step_start = 1;
    device_tick(device);
    *device->model->step_start = 0;
    device->result_bytes = 0;
    for (; cycles > 0 && *device->model->busy; cycles--)
        device_tick(device);
}

START_TEST(reset_stops_a_step_anywhere)
{
    struct subject *subject = subject_new(random_model_of(
        &(struct sterna_model_shape){(enum sterna_cell)_i, 17, 13, 2, 24}, STERNA_FORMAT_TERNARY, 3));
    struct device *device = device_with(subject, 8);
    for (unsigned i = 0; i < 200; i++) {
        device->stall_percent = 50;
        run_for(device, seeded_below(&device->random, 1500));
        check_recovery(device, subject);
    }
    device_free(device);
    subject_free(subject);
}
END_TEST

START_TEST(reset_recovers_from_any_header)
{
    struct subject *subject = small_subject();
    struct device *device = device_with(subject, 9);
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned byte = 0; byte < 64; byte++)
            device_write(device, STERNA_MEM_WEIGHTS, byte,
                         byte == 0 ? (uint8_t)(i % 8) : seeded_byte(&device->random));
        *device->model->step_emit = 0;
        *device->model->step_start = 1;
        device_tick(device);
        *device->model->step_start = 0;
        for (unsigned cycles = 0; cycles < 3000; cycles++)
            device_tick(device);
        device_reset(device);
        device_write_all(device, STERNA_MEM_WEIGHTS, subject->image.memory[STERNA_MEM_WEIGHTS].bytes, 64);
        check_recovery(device, subject);
    }
    device_free(device);
    subject_free(subject);
}
END_TEST

/* Where the cycles of a step go; share: of the ideal ones, in percent (issue 4's limits). */
static void check_efficiency(const struct sterna_model_shape *shape, unsigned share)
{
    struct subject *subject = subject_new(random_model_of(shape, STERNA_FORMAT_TERNARY, 1));
    struct device *device = device_with(subject, 10);
    check_step(device, subject, true);
    uint64_t ideal = subject->image.ideal_cycles - subject->image.output_cycles;
    if (getenv("STERNA_SHOW"))
        printf("%s %zu: %u cycles, %u streaming, %u build, %u gates, %llu ideal: %.1f %%\n",
               sterna_cell_name(shape->cell), shape->hidden, device->cycles, device->streaming,
               device->build_wait, device->gate_wait, (unsigned long long)ideal,
               100.0 * (double)ideal / device->cycles);
    ck_assert_uint_ge(100 * ideal, share * device->cycles);
    device_free(device);
    subject_free(subject);
}

START_TEST(the_weight_memory_is_the_limit)
{
    check_efficiency(&(struct sterna_model_shape){STERNA_CELL_GRU, 40, 256, 1, 10}, 88);
    check_efficiency(&(struct sterna_model_shape){STERNA_CELL_LSTM, 40, 256, 1, 10}, 88);
    check_efficiency(&(struct sterna_model_shape){STERNA_CELL_GRU, 40, 128, 1, 10}, 70);
    check_efficiency(&(struct sterna_model_shape){STERNA_CELL_LSTM, 40, 64, 1, 10}, 50);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");
    tcase_add_loop_test(tests, every_cell_and_format_equals_fixed, 0, STERNA_CELLS * STERNA_FORMATS);
    tcase_add_loop_test(tests, parts_may_differ_in_format, 0, 10);
    tcase_add_loop_test(tests, large_layers_equal_fixed, 0, 8);
    tcase_add_loop_test(tests, large_codebooks_equal_fixed, 0, 4);
    tcase_add_loop_test(tests, steps_may_overlap, 0, 20);
    tcase_add_test(tests, clearing_leaves_a_fresh_network);
    tcase_add_test(tests, the_phase_can_be_set);
    tcase_add_loop_test(tests, reset_stops_a_step_anywhere, 0, STERNA_CELLS);
    tcase_add_test(tests, reset_recovers_from_any_header);
    tcase_add_test(tests, the_weight_memory_is_the_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
