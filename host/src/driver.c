/* driver.c - see driver.h. */
#include "driver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "little_endian.h"
#include "pack.h"
#include "session.h"

enum {
    RANGE_BYTES = 4, /* memory, address */
    STEP_BYTES = 4,  /* arguments of STEP before the inputs */
    SUM_BYTES = 3,
    COUNT_MAX = 255, /* steps in a batch */
    COUNTERS_BYTES = 24,
    INDEX_BYTES = 2,
    BYTE_CYCLES = 64 /* a byte of memory written, read or checked takes less */
};

struct sterna_device {
    struct sterna_session *session;
    const struct sterna_model *model; /* NULL: none loaded */
    struct sterna_image image;        /* of the model */
    bool dense;                       /* the input vector holds a dense input */
};

/* ---- memories -------------------------------------------------------------------------------------- */

static void put_range(uint8_t *arguments, unsigned memory, size_t address)
{
    arguments[0] = (uint8_t)memory;
    sterna_put_le24(arguments + 1, (uint32_t)address);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum sterna_status write_memory(struct sterna_session *session, unsigned memory, size_t address,
                                       const uint8_t *bytes, size_t size, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const size_t most = session->geometry.request_bytes - STERNA_REQUEST_HEAD - RANGE_BYTES;
    enum sterna_status status = STERNA_OK;
    for (size_t done = 0, count; done < size && status == STERNA_OK; done += count) {
        count = smaller(size - done, most);
        put_range(arguments, memory, address + done);
        memcpy(arguments + RANGE_BYTES, bytes + done, count);
        status = sterna_session_exchange(session, STERNA_OP_WRITE, RANGE_BYTES + count, count * BYTE_CYCLES,
                                         NULL, 0, error);
    }
    return status;
}

static enum sterna_status read_memory(struct sterna_session *session, unsigned memory, size_t address,
                                      uint8_t *bytes, size_t size, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(session);
    const size_t most = session->geometry.reply_bytes - STERNA_REPLY_HEAD;
    for (size_t done = 0, count; done < size; done += count) {
        const uint8_t *data = NULL;
        count = smaller(size - done, most);
        put_range(arguments, memory, address + done);
        sterna_put_le16(arguments + RANGE_BYTES, (uint32_t)count);
        enum sterna_status status = sterna_session_exchange(session, STERNA_OP_READ, RANGE_BYTES + 2,
                                                            count * BYTE_CYCLES, &data, count, error);
        if (status != STERNA_OK)
            return status;
        memcpy(bytes + done, data, count);
    }
    return STERNA_OK;
}

/* Have the device compute the CRC of what it holds, and compare. */
static enum sterna_status check_memory(struct sterna_session *session, unsigned memory, const uint8_t *bytes,
                                       size_t size, struct sterna_error *error)
{
    static const char *const names[STERNA_IMAGE_MEMORIES] = {"weights", "scales", "biases", "step programs"};
    uint8_t *arguments = sterna_session_arguments(session);
    const uint8_t *data = NULL;
    put_range(arguments, memory, 0);
    sterna_put_le24(arguments + RANGE_BYTES, (uint32_t)size);
    enum sterna_status status = sterna_session_exchange(session, STERNA_OP_CHECK, RANGE_BYTES + 3,
                                                        size * BYTE_CYCLES, &data, 4, error);
    if (status != STERNA_OK)
        return status;
    uint32_t expected = sterna_crc32(0, bytes, size), got = sterna_get_le32(data);
    if (got != expected)
        return sterna_fail(
            error, STERNA_ERR_DEVICE,
            "the device does not hold the %s that were written: CRC %08x instead of %08x; load it again",
            names[memory], (unsigned)got, (unsigned)expected);
    return STERNA_OK;
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

/* ---- open, load ------------------------------------------------------------------------------------ */

enum sterna_status sterna_device_open_link(struct sterna_link *link, struct sterna_device **device,
                                           struct sterna_error *error)
{
    struct sterna_device *fresh = calloc(1, sizeof *fresh);
    if (!fresh) {
        sterna_link_close(link);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a device");
    }
    enum sterna_status status = sterna_session_open(link, &fresh->session, error);
    if (status != STERNA_OK) {
        free(fresh);
        return status;
    }
    *device = fresh;
    return STERNA_OK;
}

enum sterna_status sterna_device_open(const char *address, struct sterna_device **device,
                                      struct sterna_error *error)
{
    struct sterna_link *link = NULL;
    enum sterna_status status = sterna_link_open(address, &link, error);
    return status == STERNA_OK ? sterna_device_open_link(link, device, error) : status;
}

void sterna_device_close(struct sterna_device *device)
{
    if (!device)
        return;
    sterna_session_close(device->session);
    sterna_image_free(&device->image);
    free(device);
}

void sterna_device_geometry(const struct sterna_device *device, struct sterna_geometry *geometry)
{
    *geometry = device->session->geometry;
}

uint64_t sterna_device_repeats(const struct sterna_device *device)
{
    return device->session->repeats;
}

uint64_t sterna_device_simulated_cycles(const struct sterna_device *device)
{
    const struct sterna_link *link = device->session->link;
    return link->backend->cycles ? link->backend->cycles(link) : 0;
}

static enum sterna_status write_image(struct sterna_session *session, const struct sterna_image *image,
                                      struct sterna_error *error)
{
    for (unsigned i = 0; i < STERNA_IMAGE_MEMORIES; i++) {
        const uint8_t *bytes = image->memory[i].bytes;
        enum sterna_status status = write_memory(session, i, 0, bytes, image->memory[i].size, error);
        if (status == STERNA_OK)
            status = check_memory(session, i, bytes, image->memory[i].size, error);
        if (status != STERNA_OK)
            return status;
    }
    return request_state(session, STERNA_STATE_RESET, 0, NULL, error);
}

enum sterna_status sterna_device_load(struct sterna_device *device, const struct sterna_model *model,
                                      struct sterna_load_report *report, struct sterna_error *error)
{
    struct sterna_image image;
    enum sterna_status status = sterna_pack(model, &device->session->geometry, &image, error);
    if (status != STERNA_OK)
        return status;
    device->model = NULL; /* until all is written, there is none */
    sterna_image_free(&device->image);
    status = write_image(device->session, &image, error);
    if (status != STERNA_OK) {
        sterna_image_free(&image);
        return status;
    }
    device->model = model;
    device->image = image;
    device->dense = false;
    if (report)
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

enum sterna_status sterna_device_reset(struct sterna_device *device, struct sterna_error *error)
{
    enum sterna_status status = request_state(device->session, STERNA_STATE_RESET, 0, NULL, error);
    if (status == STERNA_OK)
        device->dense = false;
    return status;
}

/* ---- steps ----------------------------------------------------------------------------------------- */

static enum sterna_status require_model(const struct sterna_device *device, struct sterna_error *error)
{
    return device->model ? STERNA_OK
                         : sterna_fail(error, STERNA_ERR_RANGE, "no model is loaded on the device");
}

/* Steps per request, such that the inputs fit the request buffer and the results the reply buffer. */
static size_t batch_size(const struct sterna_device *device, size_t input_bytes)
{
    const struct sterna_geometry *geometry = &device->session->geometry;
    size_t inputs = (geometry->request_bytes - STERNA_REQUEST_HEAD - STEP_BYTES) / input_bytes;
    size_t results = (geometry->reply_bytes - STERNA_REPLY_HEAD) / (SUM_BYTES * device->image.outputs);
    return smaller(COUNT_MAX, smaller(inputs, results));
}

/* One request; the inputs are in place behind its arguments. */
static enum sterna_status step_batch(struct sterna_device *device, uint8_t flags, size_t input_bytes,
                                     size_t count, int32_t *sums, struct sterna_error *error)
{
    uint8_t *arguments = sterna_session_arguments(device->session);
    const size_t outputs = count * device->image.outputs;
    arguments[0] = (uint8_t)count;
    arguments[1] = flags;
    sterna_put_le16(arguments + 2, (uint32_t)input_bytes);
    const uint8_t *data = NULL;
    enum sterna_status status =
        sterna_session_exchange(device->session, STERNA_OP_STEP, STEP_BYTES + count * input_bytes,
                                count * device->image.cycle_bound, &data, SUM_BYTES * outputs, error);
    for (size_t i = 0; i < outputs && status == STERNA_OK; i++, data += SUM_BYTES)
        sums[i] = (int32_t)(sterna_get_le24(data) ^ 0x800000) - 0x800000; /* sign of 24 bits */
    return status;
}

/* One-hot steps change single activations: what a dense input left must go first. */
static enum sterna_status clear_input(struct sterna_device *device, struct sterna_error *error)
{
    static const uint8_t zero[256];
    enum sterna_status status = STERNA_OK;
    for (size_t done = 0, count; device->dense && done < device->image.inputs && status == STERNA_OK;
         done += count) {
        count = smaller(device->image.inputs - done, sizeof zero);
        status = write_memory(device->session, STERNA_MEM_ACTIVATIONS, done, zero, count, error);
    }
    if (status == STERNA_OK)
        device->dense = false;
    return status;
}

enum sterna_status sterna_device_step(struct sterna_device *device, const uint16_t *inputs, size_t count,
                                      int32_t *sums, struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    for (size_t i = 0; i < count && status == STERNA_OK; i++)
        if (inputs[i] >= device->image.inputs)
            status = sterna_fail(error, STERNA_ERR_RANGE, "input %zu is index %u, the model has %zu inputs",
                                 i, inputs[i], device->image.inputs);
    if (status == STERNA_OK)
        status = clear_input(device, error);
    if (status != STERNA_OK)
        return status;
    const size_t most = batch_size(device, INDEX_BYTES);
    for (size_t done = 0, batch; done < count && status == STERNA_OK; done += batch) {
        batch = smaller(count - done, most);
        uint8_t *bytes = sterna_session_arguments(device->session) + STEP_BYTES;
        for (size_t i = 0; i < batch; i++)
            sterna_put_le16(bytes + INDEX_BYTES * i, inputs[done + i]);
        status = step_batch(device, STERNA_STEP_ONE_HOT, INDEX_BYTES, batch,
                            sums + done * device->image.outputs, error);
    }
    return status;
}

enum sterna_status sterna_device_step_dense(struct sterna_device *device, const int8_t *inputs, size_t count,
                                            int32_t *sums, struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = device->image.inputs, most = batch_size(device, size);
    for (size_t i = 0; i < count * size; i++)
        if (inputs[i] == INT8_MIN)
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "input %zu of step %zu is -128; activations are -127..127", i % size,
                               i / size);
    if (most == 0)
        return sterna_fail(error, STERNA_ERR_FIT,
                           "an input of %zu values is longer than the device's requests, %u bytes", size,
                           device->session->geometry.request_bytes);
    device->dense = true;
    for (size_t done = 0, batch; done < count && status == STERNA_OK; done += batch) {
        batch = smaller(count - done, most);
        memcpy(sterna_session_arguments(device->session) + STEP_BYTES, inputs + done * size, batch * size);
        status = step_batch(device, 0, size, batch, sums + done * device->image.outputs, error);
    }
    return status;
}

/* ---- snapshots, counters --------------------------------------------------------------------------- */

/* A snapshot: the phase, the state memory, the h words of activation memory, as far as the model uses them.
 */
size_t sterna_device_state_bytes(const struct sterna_device *device)
{
    return device->model ? 1 + 2 * device->image.states + device->image.h_bytes : 0;
}

enum sterna_status sterna_device_state_get(struct sterna_device *device, uint8_t *state,
                                           struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    if (status != STERNA_OK)
        return status;
    const struct sterna_image *image = &device->image;
    uint8_t *fresh = malloc(sterna_device_state_bytes(device));
    if (!fresh)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    status = request_state(device->session, STERNA_STATE_GET, 0, fresh, error);
    if (status == STERNA_OK)
        status = read_memory(device->session, STERNA_MEM_STATE, 0, fresh + 1, 2 * image->states, error);
    if (status == STERNA_OK)
        status = read_memory(device->session, STERNA_MEM_ACTIVATIONS, image->h_address,
                             fresh + 1 + 2 * image->states, image->h_bytes, error);
    if (status == STERNA_OK)
        memcpy(state, fresh, sterna_device_state_bytes(device));
    free(fresh);
    return status;
}

enum sterna_status sterna_device_state_set(struct sterna_device *device, const uint8_t *state,
                                           struct sterna_error *error)
{
    enum sterna_status status = require_model(device, error);
    if (status == STERNA_OK && state[0] > 1)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "this is not a snapshot of a network's state");
    if (status != STERNA_OK)
        return status;
    const struct sterna_image *image = &device->image;
    status = write_memory(device->session, STERNA_MEM_STATE, 0, state + 1, 2 * image->states, error);
    if (status == STERNA_OK)
        status = write_memory(device->session, STERNA_MEM_ACTIVATIONS, image->h_address,
                              state + 1 + 2 * image->states, image->h_bytes, error);
    if (status == STERNA_OK)
        status = request_state(device->session, STERNA_STATE_SET, state[0], NULL, error);
    return status;
}

enum sterna_status sterna_device_counters(struct sterna_device *device, bool clear,
                                          struct sterna_counters *counters, struct sterna_error *error)
{
    const uint8_t *data = NULL;
    sterna_session_arguments(device->session)[0] = clear;
    enum sterna_status status =
        sterna_session_exchange(device->session, STERNA_OP_COUNTERS, 1, 0, &data, COUNTERS_BYTES, error);
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
