/* driven_network.h - a small network behind the driver, what it has to answer, and how long a full one takes to load: for tests of a link. */
#ifndef STERNA_TESTS_DRIVEN_NETWORK_H
#define STERNA_TESTS_DRIVEN_NETWORK_H

#include "../random_model.h"
#include "driver.h"
#include "fixed.h"

#include <check.h>

enum { INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 30 };

static struct {
    struct sterna_device *device;
    struct sterna_model *network;
    int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
    uint16_t inputs[STEPS];
    struct sterna_error error;
} driven;

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", driven.error.reason);
}

/* The device on the link, which it closes; network, inputs and what fixed.h makes of them. */
static void open_driven(struct sterna_link *link)
{
    struct sterna_fixed_state state;
    uint64_t seed = 2;
    must(sterna_device_open_link(link, &driven.device, &driven.error));
    driven.network = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(driven.network);
    must(sterna_fixed_new(driven.network, &state, &driven.error));
    for (size_t i = 0; i < STEPS; i++) {
        driven.inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        sterna_fixed_step_one_hot(driven.network, &state, driven.inputs[i], driven.expected[i]);
    }
    sterna_fixed_free(&state);
}

static void close_driven(void)
{
    sterna_device_close(driven.device);
    sterna_model_free(driven.network);
}

/* The network's steps are right, and nothing had to be said twice. */
static void check_driven(void)
{
    must(sterna_device_load(driven.device, driven.network, NULL, &driven.error));
    must(sterna_device_step(driven.device, driven.inputs, STEPS, driven.got[0], &driven.error));
    ck_assert_mem_eq(driven.got, driven.expected, sizeof driven.got);
    ck_assert_uint_eq(sterna_device_repeats(driven.device), 0);
}

/* Load a GRU with so many int4 units, more than `least` bytes of weights. *image: bytes of all of it. Returns the cycles that it took. */
static uint64_t load_full(size_t hidden, size_t least, const uint64_t *cycle, size_t *image)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 64, hidden, 1, 64};
    struct sterna_model *full = random_model_of(&shape, STERNA_FORMAT_INT4, 3);
    struct sterna_load_report report;
    ck_assert_ptr_nonnull(full);
    const uint64_t begun = *cycle;
    must(sterna_device_load(driven.device, full, &report, &driven.error));
    const uint64_t took = *cycle - begun;
    ck_assert_uint_gt(report.weight_bytes, least);
    ck_assert_uint_eq(sterna_device_repeats(driven.device), 0);
    sterna_model_free(full);
    *image = report.weight_bytes + 2 * (report.scales + report.biases) + report.program_bytes;
    return took;
}

/* A load takes at most 1.3 times as long as its bytes by themselves. */
static void check_load(uint64_t took, uint64_t raw)
{
    ck_assert_msg(took <= raw * 13 / 10, "%.3f times the raw time", (double)took / (double)raw);
}

#endif
