/* device_fixed.c - the devices "reference" and "fast": fixed.c and fast.c in this process. They take every model, have no memory to run
 * out of, no link and no clock. A snapshot is the state (2 bytes a unit, little-endian), then the activations (1 byte a unit), of both. */
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "device_type.h"
#include "fast.h"
#include "fixed.h"
#include "little_endian.h"
#include "protocol.h"

enum { PSUM_W = 24 };

struct fixed_device {
    struct sterna_device device;
    struct sterna_fixed_state state;         /* of the model */
    const struct sterna_fast_kernel *kernel; /* NULL: fixed.c */
    struct sterna_fast *fast;                /* of the model, if there is a kernel */
    uint32_t steps;                          /* counted */
};

static enum sterna_status open_type(const struct sterna_device_type *type, struct sterna_device **device,
                                    struct sterna_error *error)
{
    struct fixed_device *self = calloc(1, sizeof *self);
    if (!self)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a device");
    self->device.type = type;
    *device = &self->device;
    return STERNA_OK;
}

static enum sterna_status open_fixed(struct sterna_device **device, struct sterna_error *error)
{
    return open_type(&sterna_device_fixed, device, error);
}

static enum sterna_status open_fast(struct sterna_device **device, struct sterna_error *error)
{
    enum sterna_status status = open_type(&sterna_device_fast, device, error);
    if (status == STERNA_OK) /* once: it takes a while to see that it agrees */
        ((struct fixed_device *)*device)->kernel = sterna_fast_kernel_best();
    return status;
}

static void close_fixed(struct sterna_device *device)
{
    struct fixed_device *self = (struct fixed_device *)device;
    sterna_fixed_free(&self->state);
    sterna_fast_free(self->fast);
    free(self);
}

static void geometry_fixed(const struct sterna_device *device, struct sterna_geometry *geometry)
{
    (void)device;
    *geometry = (struct sterna_geometry){
        .protocol = STERNA_PROTOCOL_VERSION,
        .psum_w = PSUM_W,
        .one_hot_value = STERNA_FIXED_ONE_HOT,
        .weight_bytes = UINT32_MAX,
        .scales = UINT32_MAX,
        .biases = UINT32_MAX,
        .activation_bytes = UINT32_MAX,
        .states = UINT32_MAX,
        .name = "any",
    };
}

static void count_matrix(const struct sterna_matrix *matrix, struct sterna_load_report *report)
{
    report->weight_bytes += sterna_codes_size(matrix);
    report->scales += matrix->rows;
}

/* What the model itself takes; the output layer's scales and biases are the host's, as with every device. */
static void fill_report(const struct sterna_model *model, struct sterna_load_report *report)
{
    *report = (struct sterna_load_report){.activation_bytes = sterna_model_inputs(model)};
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        count_matrix(&layer->ih, report);
        count_matrix(&layer->hh, report);
        report->biases += sterna_cell_biases(layer->cell) * layer->hidden;
        report->activation_bytes += layer->hidden;
        report->states += layer->hidden;
    }
    report->weight_bytes += sterna_codes_size(&model->output);
}

static enum sterna_status load_fixed(struct sterna_device *device, const struct sterna_model *model,
                                     struct sterna_load_report *report, struct sterna_error *error)
{
    struct fixed_device *self = (struct fixed_device *)device;
    struct sterna_fixed_state fresh = {0};
    struct sterna_fast *fast = NULL;
    enum sterna_status status = sterna_fixed_new(model, &fresh, error);
    if (status == STERNA_OK && self->kernel)
        status = sterna_fast_new(model, self->kernel, &fast, error);
    if (status != STERNA_OK) {
        sterna_fixed_free(&fresh);
        return status;
    }
    sterna_fixed_free(&self->state);
    sterna_fast_free(self->fast);
    self->state = fresh;
    self->fast = fast;
    device->model = model;
    fill_report(model, report);
    return STERNA_OK;
}

static enum sterna_status reset_fixed(struct sterna_device *device, struct sterna_error *error)
{
    (void)error;
    if (device->model)
        sterna_fixed_reset(&((struct fixed_device *)device)->state);
    return STERNA_OK;
}

static enum sterna_status step_fixed(struct sterna_device *device, const uint16_t *inputs, size_t count,
                                     int32_t *sums, struct sterna_error *error)
{
    struct fixed_device *self = (struct fixed_device *)device;
    (void)error;
    for (size_t i = 0; i < count; i++, sums += device->model->output.rows) {
        if (self->fast)
            sterna_fast_step_one_hot(self->fast, &self->state, inputs[i], sums);
        else
            sterna_fixed_step_one_hot(device->model, &self->state, inputs[i], sums);
    }
    self->steps += (uint32_t)count;
    return STERNA_OK;
}

static enum sterna_status step_dense_fixed(struct sterna_device *device, const int8_t *inputs, size_t count,
                                           int32_t *sums, struct sterna_error *error)
{
    struct fixed_device *self = (struct fixed_device *)device;
    (void)error;
    for (size_t i = 0; i < count; i++, sums += device->model->output.rows) {
        const int8_t *input = inputs + i * sterna_model_inputs(device->model);
        if (self->fast)
            sterna_fast_step(self->fast, &self->state, input, sums);
        else
            sterna_fixed_step(device->model, &self->state, input, sums);
    }
    self->steps += (uint32_t)count;
    return STERNA_OK;
}

static size_t state_bytes_fixed(const struct sterna_device *device)
{
    return 3 * ((const struct fixed_device *)device)->state.units;
}

static enum sterna_status state_get_fixed(struct sterna_device *device, uint8_t *state,
                                          struct sterna_error *error)
{
    const struct sterna_fixed_state *from = &((struct fixed_device *)device)->state;
    (void)error;
    for (size_t i = 0; i < from->units; i++)
        sterna_put_le16(state + 2 * i, (uint16_t)from->state[i]);
    memcpy(state + 2 * from->units, from->activation, from->units);
    return STERNA_OK;
}

static enum sterna_status state_set_fixed(struct sterna_device *device, const uint8_t *state,
                                          struct sterna_error *error)
{
    const struct sterna_fixed_state *to = &((struct fixed_device *)device)->state;
    const uint8_t *activation = state + 2 * to->units;
    enum sterna_status status = sterna_snapshot_check(state, to->units, activation, to->units, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < to->units; i++)
        to->state[i] = (int16_t)sterna_get_le16(state + 2 * i);
    memcpy(to->activation, activation, to->units);
    return STERNA_OK;
}

static enum sterna_status counters_fixed(struct sterna_device *device, bool clear,
                                         struct sterna_counters *counters, struct sterna_error *error)
{
    struct fixed_device *self = (struct fixed_device *)device;
    (void)error;
    *counters = (struct sterna_counters){.steps = self->steps};
    if (clear)
        self->steps = 0;
    return STERNA_OK;
}

const struct sterna_device_type sterna_device_fixed = {
    .address = "reference",
    .open = open_fixed,
    .close = close_fixed,
    .geometry = geometry_fixed,
    .load = load_fixed,
    .reset = reset_fixed,
    .step = step_fixed,
    .step_dense = step_dense_fixed,
    .state_bytes = state_bytes_fixed,
    .state_get = state_get_fixed,
    .state_set = state_set_fixed,
    .counters = counters_fixed,
};

const struct sterna_device_type sterna_device_fast = {
    .address = "fast",
    .open = open_fast,
    .close = close_fixed,
    .geometry = geometry_fixed,
    .load = load_fixed,
    .reset = reset_fixed,
    .step = step_fixed,
    .step_dense = step_dense_fixed,
    .state_bytes = state_bytes_fixed,
    .state_get = state_get_fixed,
    .state_set = state_set_fixed,
    .counters = counters_fixed,
};
