/* driver.c - see driver.h. */
#include "driver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device_type.h"
#include "little_endian.h"
#include "memory.h"
#include "pack.h"
#include "session.h"
#include "snapshot.h"
#include "steps.h"

enum { COUNTERS_BYTES = 24 };

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
    return status == STERNA_OK ? sterna_state_request(session, STERNA_STATE_RESET, 0, NULL, error) : status;
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
    enum sterna_status status = sterna_state_request(self->session, STERNA_STATE_RESET, 0, NULL, error);
    self->dense = self->dense && status != STERNA_OK;
    return status;
}

/* ---- steps ----------------------------------------------------------------------------------------- */

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
    const struct sterna_steps steps = {
        .session = self->session, .image = &self->image, .indices = inputs, .count = count};
    const enum sterna_status status = clear_input(self, error);
    return status == STERNA_OK ? sterna_steps_run(&steps, sums, error) : status;
}

static enum sterna_status step_dense_driver(struct sterna_device *device, const int8_t *inputs, size_t count,
                                            int32_t *sums, struct sterna_error *error)
{
    struct driver *self = of(device);
    const struct sterna_steps steps = {
        .session = self->session, .image = &self->image, .dense = inputs, .count = count};
    self->dense = true;
    return sterna_steps_run(&steps, sums, error);
}

/* ---- snapshots, counters --------------------------------------------------------------------------- */

static size_t state_bytes_driver(const struct sterna_device *device)
{
    return sterna_snapshot_bytes(&of_const(device)->image);
}

static enum sterna_status state_get_driver(struct sterna_device *device, uint8_t *state,
                                           struct sterna_error *error)
{
    return sterna_snapshot_get(of(device)->session, &of(device)->image, state, error);
}

static enum sterna_status state_set_driver(struct sterna_device *device, const uint8_t *state,
                                           struct sterna_error *error)
{
    return sterna_snapshot_set(of(device)->session, &of(device)->image, state, error);
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
