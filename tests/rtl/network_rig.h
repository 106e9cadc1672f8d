/* network_rig.h - hw/rtl/network.v with its memories written and read as a driver would, beside fixed.c on the same model; for
 * test_network.c. */
#ifndef STERNA_NETWORK_RIG_H
#define STERNA_NETWORK_RIG_H

#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "fixed.h"
#include "pack.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

/* The test of a network of other parameters says which before this header, and what stands for network_model. */
#ifndef RIG_GEOMETRY
#define RIG_GEOMETRY (*sterna_geometry_of("up5k"))
#include "network_model.h"
#endif

enum { STEP_CYCLES = 400000, RESULTS = 4096, HEADER_BYTES = 32 };

/* As ck_assert, which however tells a file of every success: too much for what is looked at in every cycle. */
#define REQUIRE(condition) ((condition) ? (void)0 : ck_abort_msg("not so: %s", #condition))

/* The network in hardware, and what its last step was seen to do. */
struct device {
    struct network_model *model;
    struct seeded random;
    unsigned stall_percent;
    uint8_t results[RESULTS];
    size_t result_bytes;
    unsigned cycles, streaming, build_wait, gate_wait, done;
};

/* One clock cycle; the result stream is taken at random, and must hold its byte until it is taken. */
static inline void device_tick(struct device *device)
{
    struct network_model *model = device->model;
    *model->m_ready = !seeded_percent(&device->random, device->stall_percent);
    network_model_eval(model);
    bool stalled = *model->m_valid && !*model->m_ready;
    uint8_t byte = *model->m_data;
    if (*model->m_valid && *model->m_ready) {
        REQUIRE(device->result_bytes < RESULTS);
        device->results[device->result_bytes++] = byte;
    }
    device->streaming += *model->event_streaming;
    device->build_wait += *model->event_build_wait;
    device->gate_wait += *model->event_gate_wait;
    device->done += *model->step_done;
    device->cycles++;
    bool reset = *model->rst;
    network_model_tick(model);
    if (stalled && !reset) {
        REQUIRE(*model->m_valid);
        REQUIRE(*model->m_data == byte);
    }
}

static inline void device_reset(struct device *device)
{
    *device->model->rst = 1;
    device_tick(device);
    *device->model->rst = 0;
}

static inline struct device *device_new(uint32_t seed)
{
    struct device *device = calloc(1, sizeof *device);
    ck_assert_ptr_nonnull(device);
    device->model = network_model_new();
    device->random.state = seed;
    ck_assert_ptr_nonnull(device->model);
    device_reset(device);
    return device;
}

static inline void device_free(struct device *device)
{
    network_model_free(device->model);
    free(device);
}

/* A memory is selected a cycle before its access. */
static inline void device_select(struct device *device, unsigned memory)
{
    *device->model->mem_select = (uint8_t)memory;
    device_tick(device);
}

static inline void device_write(struct device *device, unsigned memory, unsigned address, uint8_t byte)
{
    if (*device->model->mem_select != memory)
        device_select(device, memory);
    *device->model->mem_address = address;
    *device->model->mem_wdata = byte;
    *device->model->mem_write = 1;
    device_tick(device);
    *device->model->mem_write = 0;
}

static inline uint8_t device_read(struct device *device, unsigned memory, unsigned address)
{
    device_select(device, memory);
    *device->model->mem_address = address;
    *device->model->mem_read = 1;
    device_tick(device);
    *device->model->mem_read = 0;
    *device->model->mem_address = 0xFFFFF; /* the address need not be held */
    for (unsigned i = 0; i < 8 && !*device->model->mem_rvalid; i++)
        device_tick(device);
    ck_assert(*device->model->mem_rvalid);
    return *device->model->mem_rdata;
}

static inline void device_write_all(struct device *device, unsigned memory, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        device_write(device, memory, (unsigned)i, ((const uint8_t *)bytes)[i]);
}

static inline void device_check_all(struct device *device, unsigned memory, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ck_assert_msg(device_read(device, memory, (unsigned)i) == ((const uint8_t *)bytes)[i],
                      "memory %u byte %zu", memory, i);
}

static inline void device_wait(struct device *device)
{
    for (unsigned i = 0; !*device->model->quiet; i++) {
        REQUIRE(i < STEP_CYCLES);
        REQUIRE(!*device->model->busy || !*device->model->step_done);
        device_tick(device);
    }
}

static inline void device_step(struct device *device, bool emit)
{
    device->result_bytes = 0;
    device->cycles = device->streaming = device->build_wait = device->gate_wait = device->done = 0;
    *device->model->step_emit = emit;
    *device->model->step_start = 1;
    device_tick(device);
    *device->model->step_start = 0;
    *device->model->step_emit = !emit;
    device_wait(device);
    device_tick(device);
    ck_assert_uint_eq(device->done, 1);
}

static inline void clear_device(struct device *device)
{
    *device->model->clear = 1;
    device_tick(device);
    *device->model->clear = 0;
    ck_assert(*device->model->busy);
    device_wait(device);
}

/* A model, its image, and what fixed.c makes of it. */
struct subject {
    struct sterna_model *model;
    struct sterna_image image;
    struct sterna_fixed_state state;
    unsigned phase;
    int32_t *sums;
};

static inline struct subject *subject_new(struct sterna_model *model)
{
    struct sterna_geometry geometry = RIG_GEOMETRY;
    struct subject *subject = calloc(1, sizeof *subject);
    struct sterna_error error = {""};
    geometry.reply_bytes = RESULTS;
    ck_assert(subject && model);
    subject->model = model;
    ck_assert_msg(sterna_pack(model, &geometry, &subject->image, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_fixed_new(model, &subject->state, NULL), STERNA_OK);
    subject->sums = calloc(model->output.rows, sizeof *subject->sums);
    ck_assert_ptr_nonnull(subject->sums);
    return subject;
}

static inline void subject_free(struct subject *subject)
{
    sterna_fixed_free(&subject->state);
    sterna_image_free(&subject->image);
    sterna_model_free(subject->model);
    free(subject->sums);
    free(subject);
}

static inline void device_load(struct device *device, const struct subject *subject)
{
    for (unsigned i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        device_write_all(device, i, subject->image.memory[i].bytes, subject->image.memory[i].size);
}

static inline void clear_both(struct device *device, struct subject *subject)
{
    clear_device(device);
    sterna_fixed_reset(&subject->state);
    subject->phase = 0;
}

static inline struct device *device_with(struct subject *subject, uint32_t seed)
{
    struct device *device = device_new(seed);
    device_load(device, subject);
    clear_both(device, subject);
    return device;
}

/* One step on a random input, mostly of extremes if the seed says so; the results must be fixed.c's. */
static inline void check_step(struct device *device, struct subject *subject, bool emit)
{
    const size_t inputs = subject->model->layer[0].inputs, outputs = subject->model->output.rows;
    int8_t input[256];
    unsigned extreme = seeded_below(&device->random, 3) * 40;
    ck_assert_uint_le(inputs, sizeof input);
    for (unsigned i = 0; i < inputs; i++) {
        bool end = seeded_percent(&device->random, extreme);
        input[i] = (int8_t)(end ? (seeded_percent(&device->random, 50) ? 127 : -127)
                                : (int)seeded_below(&device->random, 255) - 127);
        device_write(device, STERNA_MEM_ACTIVATIONS, i, (uint8_t)input[i]);
    }
    device_step(device, emit);
    sterna_fixed_step(subject->model, &subject->state, input, subject->sums);
    subject->phase ^= 1;
    ck_assert_uint_eq(device->result_bytes, emit ? 3 * outputs : 0);
    for (size_t i = 0; i < device->result_bytes; i++)
        REQUIRE(device->results[i] == (uint8_t)((uint32_t)subject->sums[i / 3] >> 8 * (i % 3)));
    ck_assert_uint_eq(*device->model->phase, subject->phase);
}

/* Sums that saturate in both directions: scales that hardly shift, biases at their ends. */
static inline void make_extreme(struct sterna_model *model, uint64_t *seed)
{
    for (size_t k = 0; k < model->layers; k++) {
        struct sterna_layer *layer = &model->layer[k];
        const size_t rows = layer->ih.rows;
        for (size_t row = 0; row < rows; row++) {
            layer->ih.scale_s[row] = (uint8_t)random_below(seed, 12);
            layer->hh.scale_s[row] = (uint8_t)random_below(seed, 12);
        }
        for (size_t i = 0; i < sterna_cell_biases(layer->cell) * layer->hidden; i++)
            if (random_below(seed, 3) == 0)
                layer->bias[i] = (int16_t)(random_below(seed, 2) ? 32767 : -32767);
    }
}

/* A step after the other without waiting for results, the next input under the step before. */
static inline void overlap_steps(struct device *device, const struct subject *subject, const int8_t *input,
                                 unsigned steps)
{
    struct network_model *model = device->model;
    const size_t inputs = subject->model->layer[0].inputs;
    device->result_bytes = 0;
    device->cycles = 0;
    for (unsigned step = 0; step < steps; step++) {
        while (!*model->input_free)
            device_tick(device);
        device_select(device, STERNA_MEM_ACTIVATIONS);
        for (unsigned i = 0; i < inputs; i++) {
            bool taken = false;
            *model->mem_address = i;
            *model->mem_wdata = (uint8_t)input[step * inputs + i];
            for (*model->mem_write = 1; !taken; device_tick(device)) {
                network_model_eval(model);
                taken = !*model->mem_wait;
            }
            *model->mem_write = 0;
            if (seeded_percent(&device->random, 30))
                device_tick(device);
        }
        while (*model->busy)
            device_tick(device);
        *model->step_emit = step % 4 != 3;
        *model->step_start = 1;
        device_tick(device);
        *model->step_start = 0;
        *model->step_emit = step % 4 == 3;
    }
    device_wait(device);
}

/* The same, and the results must be fixed.c's; every fourth step sends none. */
static inline void check_overlapped(struct device *device, struct subject *subject, const int8_t *input,
                                    unsigned steps)
{
    const size_t inputs = subject->model->layer[0].inputs, outputs = subject->model->output.rows;
    overlap_steps(device, subject, input, steps);
    size_t at = 0;
    for (size_t step = 0; step < steps; step++) {
        sterna_fixed_step(subject->model, &subject->state, input + step * inputs, subject->sums);
        subject->phase ^= 1;
        for (size_t i = 0; step % 4 != 3 && i < 3 * outputs; i++)
            REQUIRE(device->results[at++] == (uint8_t)((uint32_t)subject->sums[i / 3] >> 8 * (i % 3)));
    }
    ck_assert_uint_eq(device->result_bytes, at);
    ck_assert_uint_eq(*device->model->phase, subject->phase);
}

static inline void check_state(struct device *device, const struct subject *subject)
{
    if (subject->image.states > 0)
        device_check_all(device, STERNA_MEM_STATE, subject->state.state, 2 * subject->state.units);
}

/* Frees the model. */
static inline void check_model(struct sterna_model *model, unsigned steps, uint32_t seed)
{
    struct subject *subject = subject_new(model);
    struct device *device = device_with(subject, seed);
    for (unsigned step = 0; step < steps; step++) {
        device->stall_percent = seeded_below(&device->random, 3) * 40;
        check_step(device, subject, !seeded_percent(&device->random, 20));
    }
    check_state(device, subject);
    device_check_all(device, STERNA_MEM_WEIGHTS, subject->image.memory[STERNA_MEM_WEIGHTS].bytes,
                     subject->image.memory[STERNA_MEM_WEIGHTS].size);
    device_free(device);
    subject_free(subject);
}

/* Many steps on random inputs, overlapping as they may; frees the model. */
static inline void check_overlap(struct sterna_model *model, unsigned stall_percent, uint32_t seed)
{
    enum { STEPS = 24 };
    struct subject *subject = subject_new(model);
    struct device *device = device_with(subject, seed);
    const size_t inputs = model->layer[0].inputs;
    int8_t input[STEPS * 61];
    ck_assert_uint_le(STEPS * inputs, sizeof input);
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (int8_t)((int)seeded_below(&device->random, 255) - 127);
    device->stall_percent = stall_percent;
    check_overlapped(device, subject, input, STEPS);
    check_state(device, subject);
    device_free(device);
    subject_free(subject);
}

#endif
