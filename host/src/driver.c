/* driver.c - see driver.h. */
#include "driver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device_type.h"
#include "halves.h"
#include "little_endian.h"
#include "memory.h"
#include "pack.h"
#include "session.h"

enum {
    STEP_BYTES = 4, /* arguments of STEP before the inputs */
    SUM_BYTES = 3,
    COUNT_MAX = 255, /* steps in a batch */
    COUNTERS_BYTES = 24,
    INDEX_BYTES = 2,
    BYTE_CYCLES = 64 /* a byte of memory cleared takes less */
};

struct driver {
    struct sterna_device device;
    struct sterna_session *session;
    struct sterna_image image; /* of the model */
    bool dense;                /* the input vector holds a dense input */
};

static struct driver *of(struct sterna_device *device)
{
    return (struct driver *)device;
}

static const struct driver *of_const(const struct sterna_device *device)
{
    return (const struct driver *)device;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* STATE; *phase may be NULL. */
static enum sterna_status request_state(struct sterna_session *session, uint8_t operation, uint8_t set,
                                        uint8_t *phase, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    arguments[0] = operation;
    arguments[1] = set;
    const uint64_t bytes = session->geometry.activation_bytes + 2 * (uint64_t)session->geometry.states;
    enum sterna_status status =
        sterna_session_exchange(session, STERNA_OP_STATE, 2, bytes * BYTE_CYCLES, &data, 1, error);
    if (status == STERNA_OK && phase)
        *phase = data[0];
    return status;
}

/* ---- load ------------------------------------------------------------------------------------------ */

static void close_driver(struct sterna_device *device)
{
    struct driver *self = of(device);
    sterna_session_close(self->session);
    sterna_image_free(&self->image);
    free(self);
}

static void geometry_driver(const struct sterna_device *device, struct sterna_geometry *geometry)
{
    *geometry = of_const(device)->session->geometry;
}

static uint64_t simulated_cycles_driver(const struct sterna_device *device)
{
    const struct sterna_link *link = of_const(device)->session->link;
    return link->backend->cycles ? link->backend->cycles(link) : 0;
}

static enum sterna_status write_image(struct sterna_session *session, const struct sterna_image *image,
                                      struct sterna_error *error)
{
    struct sterna_range range[STERNA_IMAGE_MEMORIES];
    for (unsigned i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        range[i] = (struct sterna_range){i, 0, image->memory[i].size, image->memory[i].bytes};
    enum sterna_status status = sterna_memory_write(session, range, STERNA_IMAGE_MEMORIES, error);
    for (unsigned i = 0; i < STERNA_IMAGE_MEMORIES && status == STERNA_OK; i++)
        status = sterna_memory_check(session, &range[i], error);
    return status == STERNA_OK ? request_state(session, STERNA_STATE_RESET, 0, NULL, error) : status;
}

static enum sterna_status load_driver(struct sterna_device *device, const struct sterna_model *model,
                                      struct sterna_load_report *report, struct sterna_error *error)
{
    struct driver *self = of(device);
    struct sterna_image image;
    enum sterna_status status = sterna_pack(model, &self->session->geometry, &image, error);
    if (status != STERNA_OK)
        return status;
    device->model = NULL; /* until all is written, there is none */
    sterna_image_free(&self->image);
    status = write_image(self->session, &image, error);
    if (status != STERNA_OK) {
        sterna_image_free(&image);
        return status;
    }
    device->model = model;
    self->image = image;
    self->dense = false;
    *report = (struct sterna_load_report){
        .weight_bytes = image.memory[STERNA_MEM_WEIGHTS].size,
        .scales = image.memory[STERNA_MEM_SCALES].size / 2,
        .biases = image.memory[STERNA_MEM_BIASES].size / 2,
        .program_bytes = image.memory[STERNA_MEM_PROGRAMS].size,
        .activation_bytes = image.activation_bytes,
        .states = image.states,
        .ideal_cycles = image.ideal_cycles,
    };
    return STERNA_OK;
}

static enum sterna_status reset_driver(struct sterna_device *device, struct sterna_error *error)
{
    struct driver *self = of(device);
    enum sterna_status status = request_state(self->session, STERNA_STATE_RESET, 0, NULL, error);
    self->dense = self->dense && status != STERNA_OK;
    return status;
}

/* ---- steps ----------------------------------------------------------------------------------------- */

/* Steps per request, such that the inputs fit the request buffer and the results the reply buffer. */
static size_t batch_size(const struct driver *self, size_t input_bytes)
{
    const struct sterna_geometry *geometry = &self->session->geometry;
    size_t inputs = (geometry->request_bytes - STERNA_REQUEST_HEAD - STEP_BYTES) / input_bytes;
    size_t results =
        (geometry->reply_bytes - STERNA_REPLY_HEAD) / (SUM_BYTES * self->image.sums * self->image.outputs);
    return smaller(COUNT_MAX, smaller(inputs, results));
}

static int32_t take_sum(const uint8_t **data)
{
    const int32_t sum = (int32_t)(sterna_get_le24(*data) ^ 0x800000) - 0x800000; /* sign of 24 bits */
    *data += SUM_BYTES;
    return sum;
}

/* One request; the inputs are in place behind its arguments. */
static enum sterna_status step_batch(struct driver *self, uint8_t flags, size_t input_bytes, size_t count,
                                     int32_t *sums, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(self->session);
    const size_t outputs = count * self->image.outputs;
    arguments[0] = (uint8_t)count;
    arguments[1] = flags;
    sterna_put_le16(arguments + 2, (uint32_t)input_bytes);
    const uint8_t *data = NULL;
    enum sterna_status status = sterna_session_exchange(
        self->session, STERNA_OP_STEP, STEP_BYTES + count * input_bytes, count * self->image.cycle_bound,
        &data, SUM_BYTES * self->image.sums * outputs, error);
    for (size_t i = 0; i < outputs && status == STERNA_OK; i++) {
        sums[i] = take_sum(&data);
        if (self->image.sums == 2)
            sums[i] += take_sum(&data) * (1 << STERNA_HALVES_SHIFT);
    }
    return status;
}

/* One-hot steps change single activations: what a dense input left must go first. */
static enum sterna_status clear_input(struct driver *self, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    const struct sterna_range input = {STERNA_MEM_ACTIVATIONS, 0, self->image.inputs, NULL};
    if (self->dense)
        status = sterna_memory_write(self->session, &input, 1, error);
    self->dense = self->dense && status != STERNA_OK;
    return status;
}

static enum sterna_status step_driver(struct sterna_device *device, const uint16_t *inputs, size_t count,
                                      int32_t *sums, struct sterna_error *error)
{
    struct driver *self = of(device);
    enum sterna_status status = clear_input(self, error);
    const size_t most = batch_size(self, INDEX_BYTES);
    for (size_t done = 0, batch; done < count && status == STERNA_OK; done += batch) {
        batch = smaller(count - done, most);
        uint8_t *bytes = sterna_session_arguments(self->session) + STEP_BYTES;
        for (size_t i = 0; i < batch; i++)
            sterna_put_le16(bytes + INDEX_BYTES * i, inputs[done + i]);
        status = step_batch(self, STERNA_STEP_ONE_HOT, INDEX_BYTES, batch, sums + done * self->image.outputs,
                            error);
    }
    return status;
}

static enum sterna_status step_dense_driver(struct sterna_device *device, const int8_t *inputs, size_t count,
                                            int32_t *sums, struct sterna_error *error)
{
    struct driver *self = of(device);
    enum sterna_status status = STERNA_OK;
    const size_t size = self->image.inputs, most = batch_size(self, size);
    if (most == 0)
        return sterna_fail(error, STERNA_ERR_FIT,
                           "an input of %zu values is longer than the device's requests, %u bytes", size,
                           self->session->geometry.request_bytes);
    self->dense = true;
    for (size_t done = 0, batch; done < count && status == STERNA_OK; done += batch) {
        batch = smaller(count - done, most);
        memcpy(sterna_session_arguments(self->session) + STEP_BYTES, inputs + done * size, batch * size);
        status = step_batch(self, 0, size, batch, sums + done * self->image.outputs, error);
    }
    return status;
}

/* ---- snapshots, counters --------------------------------------------------------------------------- */

/* A snapshot: the phase, the state memory, the h words of activation memory, as far as the model uses them. */
static size_t state_bytes_driver(const struct sterna_device *device)
{
    const struct sterna_image *image = &of_const(device)->image;
    return 1 + 2 * image->states + image->h_bytes;
}

static enum sterna_status state_get_driver(struct sterna_device *device, uint8_t *state,
                                           struct sterna_error *error)
{
    struct driver *self = of(device);
    const struct sterna_image *image = &self->image;
    uint8_t *fresh = malloc(state_bytes_driver(device));
    if (!fresh)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    enum sterna_status status = request_state(self->session, STERNA_STATE_GET, 0, fresh, error);
    if (status == STERNA_OK)
        status = sterna_memory_read(self->session, STERNA_MEM_STATE, 0, fresh + 1, 2 * image->states, error);
    if (status == STERNA_OK)
        status = sterna_memory_read(self->session, STERNA_MEM_ACTIVATIONS, image->h_address,
                                    fresh + 1 + 2 * image->states, image->h_bytes, error);
    if (status == STERNA_OK)
        memcpy(state, fresh, state_bytes_driver(device));
    free(fresh);
    return status;
}

static enum sterna_status state_set_driver(struct sterna_device *device, const uint8_t *state,
                                           struct sterna_error *error)
{
    struct driver *self = of(device);
    if (state[0] > 1)
        return sterna_fail(error, STERNA_ERR_FORMAT, "this is not a snapshot of a network's state");
    const struct sterna_image *image = &self->image;
    enum sterna_status status =
        sterna_snapshot_check(state + 1, image->states, state + 1 + 2 * image->states, image->h_bytes, error);
    const struct sterna_range range[] = {
        {STERNA_MEM_STATE, 0, 2 * image->states, state + 1},
        {STERNA_MEM_ACTIVATIONS, image->h_address, image->h_bytes, state + 1 + 2 * image->states},
    };
    if (status == STERNA_OK)
        status = sterna_memory_write(self->session, range, 2, error);
    if (status == STERNA_OK)
        status = request_state(self->session, STERNA_STATE_SET, state[0], NULL, error);
    return status;
}

static enum sterna_status counters_driver(struct sterna_device *device, bool clear,
                                          struct sterna_counters *counters, struct sterna_error *error)
{
    struct sterna_session *session = of(device)->session;
    const uint8_t *data = NULL;
    sterna_session_arguments(session)[0] = clear;
    enum sterna_status status =
        sterna_session_exchange(session, STERNA_OP_COUNTERS, 1, 0, &data, COUNTERS_BYTES, error);
    if (status != STERNA_OK)
        return status;
    *counters = (struct sterna_counters){
        .steps = sterna_get_le32(data),
        .cycles = sterna_get_le32(data + 4),
        .streaming = sterna_get_le32(data + 8),
        .build_wait = sterna_get_le32(data + 12),
        .gate_wait = sterna_get_le32(data + 16),
        .bad_frames = sterna_get_le32(data + 20),
    };
    return STERNA_OK;
}

/* ---- open ------------------------------------------------------------------------------------------ */

static const struct sterna_device_type driver = {
    .close = close_driver,
    .geometry = geometry_driver,
    .load = load_driver,
    .reset = reset_driver,
    .step = step_driver,
    .step_dense = step_dense_driver,
    .state_bytes = state_bytes_driver,
    .state_get = state_get_driver,
    .state_set = state_set_driver,
    .counters = counters_driver,
    .simulated_cycles = simulated_cycles_driver,
};

enum sterna_status sterna_device_open_link(struct sterna_link *link, struct sterna_device **device,
                                           struct sterna_error *error)
{
    struct driver *fresh = calloc(1, sizeof *fresh);
    if (!fresh) {
        sterna_link_close(link);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a device");
    }
    fresh->device.type = &driver;
    enum sterna_status status = sterna_session_open(link, &fresh->session, error);
    if (status != STERNA_OK) {
        free(fresh);
        return status;
    }
    *device = &fresh->device;
    return STERNA_OK;
}

uint64_t sterna_device_repeats(const struct sterna_device *device)
{
    return device->type == &driver ? of_const(device)->session->repeats : 0;
}
