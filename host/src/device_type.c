/* device_type.c - see device_type.h: the functions sterna_device_* of sterna.h. */
#include "device_type.h"

#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "little_endian.h"

/* Devices in this process; what is not among them is behind a link. */
static const struct sterna_device_type *const in_process[] = {&sterna_device_fixed, &sterna_device_fast};
enum { IN_PROCESS = sizeof in_process / sizeof *in_process };

/* What there is instead: links and what is in this process, "reference" being both. */
static enum sterna_status refuse(const char *address, struct sterna_error *error)
{
    char names[128];
    sterna_link_names(names, sizeof names);
    size_t length = strlen(names);
    for (size_t i = 0; i < IN_PROCESS && length < sizeof names; i++)
        if (!sterna_link_known(in_process[i]->address))
            length += (size_t)snprintf(names + length, sizeof names - length, ", %s", in_process[i]->address);
    return sterna_fail(error, STERNA_ERR_MISSING, "there is no device \"%s\"; this program knows: %s",
                       address, names);
}

enum sterna_status sterna_device_open(const char *address, struct sterna_device **device,
                                      struct sterna_error *error)
{
    struct sterna_link *link = NULL;
    for (size_t i = 0; i < IN_PROCESS; i++)
        if (!address || strcmp(address, in_process[i]->address) == 0)
            return in_process[i]->open(device, error);
    if (!sterna_link_known(address))
        return refuse(address, error);
    enum sterna_status status = sterna_link_open(address, &link, error);
    return status == STERNA_OK ? sterna_device_open_link(link, device, error) : status;
}

void sterna_device_close(struct sterna_device *device)
{
    if (device)
        device->type->close(device);
}

void sterna_device_geometry(const struct sterna_device *device, struct sterna_geometry *geometry)
{
    device->type->geometry(device, geometry);
}

enum sterna_status sterna_device_load(struct sterna_device *device, const struct sterna_model *model,
                                      struct sterna_load_report *report, struct sterna_error *error)
{
    struct sterna_load_report unwanted;
    if (model->stack.layers > 0)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "the model has a stack of feed-forward layers, which takes whole sequences, not steps: "
            "\"sterna eval\" and \"sterna compare\" run it");
    return device->type->load(device, model, report ? report : &unwanted, error);
}

enum sterna_status sterna_device_reset(struct sterna_device *device, struct sterna_error *error)
{
    return device->type->reset(device, error);
}

static enum sterna_status require_model(const struct sterna_device *device, struct sterna_error *error)
{
    return device->model ? STERNA_OK
                         : sterna_fail(error, STERNA_ERR_RANGE, "no model is loaded on the device");
}

enum sterna_status sterna_device_step(struct sterna_device *device, const uint16_t *inputs, size_t count,
                                      int32_t *sums, struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = sterna_model_inputs(device->model);
    for (size_t i = 0; i < count; i++)
        if (inputs[i] >= size)
            return sterna_fail(error, STERNA_ERR_RANGE, "input %zu is index %u, the model has %zu inputs", i,
                               inputs[i], size);
    return device->type->step(device, inputs, count, sums, error);
}

enum sterna_status sterna_device_step_dense(struct sterna_device *device, const int8_t *inputs, size_t count,
                                            int32_t *sums, struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = sterna_model_inputs(device->model);
    for (size_t i = 0; i < count * size; i++)
        if (inputs[i] == INT8_MIN)
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "input %zu of step %zu is -128; activations are -127..127", i % size,
                               i / size);
    return device->type->step_dense(device, inputs, count, sums, error);
}

enum sterna_status sterna_snapshot_check(const uint8_t *states, size_t count, const uint8_t *activations,
                                         size_t bytes, struct sterna_error *error)
{
    bool sound = memchr(activations, (uint8_t)INT8_MIN, bytes) == NULL;
    for (size_t i = 0; i < count && sound; i++)
        sound = (int16_t)sterna_get_le16(states + 2 * i) != INT16_MIN;
    return sound ? STERNA_OK
                 : sterna_fail(error, STERNA_ERR_FORMAT, "this is not a snapshot of a network's state");
}

size_t sterna_device_state_bytes(const struct sterna_device *device)
{
    return device->model ? device->type->state_bytes(device) : 0;
}

enum sterna_status sterna_device_state_get(struct sterna_device *device, uint8_t *state,
                                           struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    return status == STERNA_OK ? device->type->state_get(device, state, error) : status;
}

enum sterna_status sterna_device_state_set(struct sterna_device *device, const uint8_t *state,
                                           struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    return status == STERNA_OK ? device->type->state_set(device, state, error) : status;
}

enum sterna_status sterna_device_counters(struct sterna_device *device, bool clear,
                                          struct sterna_counters *counters, struct sterna_error *error)
{
    return device->type->counters(device, clear, counters, error);
}

uint64_t sterna_device_simulated_cycles(const struct sterna_device *device)
{
    return device->type->simulated_cycles ? device->type->simulated_cycles(device) : 0;
}
