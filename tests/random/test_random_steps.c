/* test_random_steps.c - hw/rtl/network.v against fixed.c, step after random step: for each kind of cell and each format random sizes, weights,
 * scales and inputs, many of them at their ends; gaps, stalls, steps that overlap; one device after the other model.
 *
 * STEPS (environment) is how many for each pair of cell and format, SEED where they start; CK_RUN_CASE=lstm-ternary runs one pair.
 */
#include <stdio.h>

#include "../rtl/network_rig.h"

#include <check.h>

enum { FAMILIES = 3, BATCH = 24, WIDEST = 60 };

static const struct {
    const char *name;
    size_t cells;
    enum sterna_cell cell[3];
} family[FAMILIES] = {{"rnn", 3, {STERNA_CELL_RNN_TANH, STERNA_CELL_RNN_RELU, STERNA_CELL_RNN_SIGN}},
                      {"gru", 1, {STERNA_CELL_GRU}},
                      {"lstm", 1, {STERNA_CELL_LSTM}}};

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* Mostly small, now and then of several tiles. */
static size_t size(uint64_t *seed, size_t small, size_t large)
{
    return 1 + random_below(seed, random_below(seed, 10) ? small : large);
}

static struct subject *random_subject(size_t which, enum sterna_format format, uint64_t *seed)
{
    const enum sterna_cell cell = family[which].cell[random_below(seed, family[which].cells)];
    const struct sterna_model_shape shape = {cell, size(seed, 16, WIDEST), size(seed, 16, WIDEST),
                                             1 + random_below(seed, 2), size(seed, 8, 40)};
    struct sterna_model *model = random_model_of(&shape, format, random_bits(seed));
    ck_assert_ptr_nonnull(model);
    if (random_below(seed, 3) == 0)
        make_extreme(model, seed);
    return subject_new(model);
}

/* BATCH steps that follow each other as closely as they may. */
static void run_overlapped(struct device *device, struct subject *subject)
{
    int8_t input[BATCH * WIDEST];
    const unsigned extreme = seeded_below(&device->random, 3) * 40;
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (int8_t)(seeded_percent(&device->random, extreme)
                                ? (seeded_percent(&device->random, 50) ? 127 : -127)
                                : (int)seeded_below(&device->random, 255) - 127);
    check_overlapped(device, subject, input, BATCH);
}

/* Steps of one model; how many. */
static uint64_t run_model(struct device *device, struct subject *subject, uint64_t *seed, uint64_t *cycles)
{
    const uint64_t wanted = 100 + random_below(seed, 400);
    uint64_t steps = 0;
    device_load(device, subject);
    clear_both(device, subject);
    while (steps < wanted) {
        device->stall_percent = seeded_below(&device->random, 3) * 40;
        if (seeded_percent(&device->random, 10)) {
            run_overlapped(device, subject);
            steps += BATCH;
        } else {
            for (uint32_t gap = seeded_below(&device->random, 20); gap > 10; gap--)
                device_tick(device);
            check_step(device, subject, !seeded_percent(&device->random, 10));
            steps++;
        }
        *cycles += device->cycles;
    }
    check_state(device, subject);
    return steps;
}

START_TEST(every_step_equals_fixed)
{
    static const enum sterna_format format[] = {STERNA_FORMAT_BINARY, STERNA_FORMAT_TERNARY,
                                                STERNA_FORMAT_POW2, STERNA_FORMAT_INT8,
                                                STERNA_FORMAT_CODEBOOK};
    const size_t which = (size_t)_i / 5;
    const uint64_t wanted = number("STEPS", 5000), first = number("SEED", 1);
    uint64_t seed = first * 1000 + (uint64_t)_i, steps = 0, models = 0, cycles = 0;
    struct device *device = device_new((uint32_t)seed | 1);
    for (; steps < wanted; models++) {
        struct subject *subject = random_subject(which, format[_i % 5], &seed);
        steps += run_model(device, subject, &seed, &cycles);
        subject_free(subject);
    }
    printf("random-steps: %-4s %-8s %9llu steps, %6llu models, %11llu cycles, seed %llu: equal\n",
           family[which].name, sterna_format_name(format[_i % 5]), (unsigned long long)steps,
           (unsigned long long)models, (unsigned long long)cycles, (unsigned long long)first);
    (void)fflush(stdout);
    device_free(device);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    static const char *const format[] = {"binary", "ternary", "pow2", "int8", "codebook"};
    Suite *suite = suite_create("random_steps");
    for (int i = 0; i < FAMILIES * 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%s-%s", family[i / 5].name, format[i % 5]);
        TCase *tests = tcase_create(strdup(name));
        tcase_set_timeout(tests, 0);
        tcase_add_loop_test(tests, every_step_equals_fixed, i, i + 1);
        suite_add_tcase(suite, tests);
    }
    return suite;
}
