/* device.c - see device.h. One function per opcode; each checks every argument before it changes anything. */
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "frame.h"
#include "little_endian.h"
#include "machine.h"
#include "protocol.h"

enum { COUNTERS_BYTES = 24 };

struct sterna_software_device {
    struct sterna_geometry geometry;
    struct sterna_machine machine;
    struct sterna_frame_decoder decoder;
    uint8_t *request;  /* geometry.request_bytes and FCS */
    uint8_t *reply;    /* geometry.reply_bytes: the last reply, kept for a repeated request */
    uint8_t *frame;    /* the reply on the wire */
    size_t reply_size; /* 0: no request executed yet */
    size_t hot;        /* activation that the last one-hot input set */
    uint32_t steps;
};

/* A request's arguments, and room for the reply's data. */
struct call {
    const uint8_t *arguments;
    size_t size;
    uint8_t *data;
    size_t capacity;
    size_t data_size; /* to be filled in */
};

enum sterna_status sterna_software_device_new(const struct sterna_geometry *geometry,
                                              struct sterna_software_device **device)
{
    struct sterna_software_device *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return STERNA_ERR_MEMORY;
    fresh->geometry = *geometry;
    fresh->request = malloc((size_t)geometry->request_bytes + STERNA_FCS_BYTES);
    fresh->reply = malloc(geometry->reply_bytes);
    fresh->frame = malloc(STERNA_FRAME_MAX((size_t)geometry->reply_bytes));
    if (!fresh->request || !fresh->reply || !fresh->frame ||
        sterna_machine_init(&fresh->machine, geometry) != STERNA_OK) {
        sterna_software_device_free(fresh);
        return STERNA_ERR_MEMORY;
    }
    sterna_frame_decoder_init(&fresh->decoder, fresh->request,
                              (size_t)geometry->request_bytes + STERNA_FCS_BYTES);
    *device = fresh;
    return STERNA_OK;
}

void sterna_software_device_free(struct sterna_software_device *device)
{
    if (!device)
        return;
    sterna_machine_free(&device->machine);
    free(device->request);
    free(device->reply);
    free(device->frame);
    free(device);
}

static uint8_t hello(struct sterna_software_device *device, struct call *call)
{
    const struct sterna_geometry *geometry = &device->geometry;
    if (call->size != 0)
        return STERNA_ST_BAD_ARGUMENT;
    uint8_t *data = call->data;
    const unsigned first[] = {geometry->protocol,      geometry->tables, geometry->streams,
                              geometry->table_w,       geometry->psum_w, geometry->entries_log2,
                              geometry->one_hot_value, geometry->kinds};
    for (size_t i = 0; i < 8; i++)
        data[i] = (uint8_t)first[i];
    sterna_put_le32(data + 8, geometry->weight_bytes);
    sterna_put_le32(data + 12, geometry->scales);
    sterna_put_le32(data + 16, geometry->biases);
    sterna_put_le32(data + 20, geometry->program_bytes);
    sterna_put_le32(data + 24, geometry->activation_bytes);
    sterna_put_le32(data + 28, geometry->states);
    sterna_put_le16(data + 32, geometry->psum_rows);
    sterna_put_le16(data + 34, geometry->request_bytes);
    sterna_put_le16(data + 36, geometry->reply_bytes);
    sterna_put_le16(data + 38, geometry->table_banks);
    sterna_put_le32(data + 40, geometry->clock_khz);
    sterna_put_le32(data + 44, geometry->build_id);
    memcpy(data + 48, geometry->name, 8);
    call->data_size = STERNA_HELLO_BYTES;
    return STERNA_ST_DONE;
}

/* The bytes that "memory u8, address u24" and a length name; NULL if they are not all there. */
static uint8_t *range(struct sterna_software_device *device, const uint8_t *arguments, size_t length)
{
    size_t memory = arguments[0], address = sterna_get_le24(arguments + 1);
    if (memory >= STERNA_MEMORIES || address > device->machine.size[memory] ||
        length > device->machine.size[memory] - address)
        return NULL;
    return device->machine.memory[memory] + address;
}

static uint8_t write_memory(struct sterna_software_device *device, struct call *call)
{
    if (call->size < 4)
        return STERNA_ST_BAD_ARGUMENT;
    size_t length = call->size - 4;
    uint8_t *bytes = range(device, call->arguments, length);
    if (!bytes)
        return STERNA_ST_BAD_ARGUMENT;
    memcpy(bytes, call->arguments + 4, length);
    if (call->arguments[0] == STERNA_MEM_SCALES) /* words of 12 bits */
        for (size_t i = 0; i < length; i++)
            if ((sterna_get_le24(call->arguments + 1) + i) % 2 == 1)
                bytes[i] &= 0x0F;
    return STERNA_ST_DONE;
}

static uint8_t read_memory(struct sterna_software_device *device, struct call *call)
{
    if (call->size != 6)
        return STERNA_ST_BAD_ARGUMENT;
    size_t length = sterna_get_le16(call->arguments + 4);
    const uint8_t *bytes = range(device, call->arguments, length);
    if (!bytes)
        return STERNA_ST_BAD_ARGUMENT;
    if (length > call->capacity)
        return STERNA_ST_TOO_LONG;
    memcpy(call->data, bytes, length);
    call->data_size = length;
    return STERNA_ST_DONE;
}

static uint8_t check_memory(struct sterna_software_device *device, struct call *call)
{
    if (call->size != 7)
        return STERNA_ST_BAD_ARGUMENT;
    size_t length = sterna_get_le24(call->arguments + 4);
    const uint8_t *bytes = range(device, call->arguments, length);
    if (!bytes)
        return STERNA_ST_BAD_ARGUMENT;
    sterna_put_le32(call->data, sterna_crc32(0, bytes, length));
    call->data_size = 4;
    return STERNA_ST_DONE;
}

/* Whether the inputs of a STEP are all there and in range. */
static bool inputs_are_good(const struct sterna_software_device *device, bool one_hot, size_t count,
                            size_t bytes, const uint8_t *inputs, size_t size)
{
    size_t activations = device->machine.size[STERNA_MEM_ACTIVATIONS];
    if (count == 0 || bytes == 0 || count * bytes != size || bytes > activations ||
        (one_hot && bytes != STERNA_INDEX_BYTES))
        return false;
    for (size_t i = 0; one_hot && i < count; i++)
        if (sterna_get_le16(inputs + i * STERNA_INDEX_BYTES) >= activations)
            return false;
    return true;
}

static void set_input(struct sterna_software_device *device, bool one_hot, const uint8_t *input, size_t bytes)
{
    uint8_t *activations = device->machine.memory[STERNA_MEM_ACTIVATIONS];
    if (!one_hot) {
        memcpy(activations, input, bytes);
        return;
    }
    activations[device->hot] = 0;
    device->hot = sterna_get_le16(input);
    activations[device->hot] = STERNA_ONE_HOT_VALUE;
}

static uint8_t step(struct sterna_software_device *device, struct call *call)
{
    if (call->size < 4)
        return STERNA_ST_BAD_ARGUMENT;
    const size_t count = call->arguments[0], bytes = sterna_get_le16(call->arguments + 2);
    const bool one_hot = (call->arguments[1] & STERNA_STEP_ONE_HOT) != 0;
    const bool last_only = (call->arguments[1] & STERNA_STEP_LAST_ONLY) != 0;
    const uint8_t *input = call->arguments + 4;
    if (!inputs_are_good(device, one_hot, count, bytes, input, call->size - 4))
        return STERNA_ST_BAD_ARGUMENT;
    struct sterna_results results = {.bytes = call->data, .capacity = call->capacity};
    for (size_t i = 0; i < count; i++, input += bytes) {
        set_input(device, one_hot, input, bytes);
        sterna_machine_step(&device->machine, last_only && i + 1 < count ? NULL : &results);
        device->steps++;
    }
    if (results.size > results.capacity)
        return STERNA_ST_TOO_LONG;
    call->data_size = results.size;
    return STERNA_ST_DONE;
}

static uint8_t state(struct sterna_software_device *device, struct call *call)
{
    if (call->size != 2 || call->arguments[0] > STERNA_STATE_RESET || call->arguments[1] > 1)
        return STERNA_ST_BAD_ARGUMENT;
    if (call->arguments[0] == STERNA_STATE_SET)
        device->machine.phase = call->arguments[1];
    if (call->arguments[0] == STERNA_STATE_RESET) {
        sterna_machine_clear(&device->machine);
        device->hot = 0;
    }
    call->data[0] = (uint8_t)device->machine.phase;
    call->data_size = 1;
    return STERNA_ST_DONE;
}

/* Without a clock there are no cycles: those counters stay 0. */
static uint8_t counters(struct sterna_software_device *device, struct call *call)
{
    if (call->size != 1)
        return STERNA_ST_BAD_ARGUMENT;
    memset(call->data, 0, COUNTERS_BYTES);
    sterna_put_le32(call->data, device->steps);
    sterna_put_le32(call->data + 20, device->decoder.bad);
    call->data_size = COUNTERS_BYTES;
    if (call->arguments[0]) {
        device->steps = 0;
        device->decoder.bad = 0;
    }
    return STERNA_ST_DONE;
}

/* Whatever ABORT could stop is done before the next frame is looked at. */
static uint8_t abort_nothing(struct sterna_software_device *device, struct call *call)
{
    (void)device;
    return call->size == 0 ? STERNA_ST_DONE : STERNA_ST_BAD_ARGUMENT;
}

static uint8_t bad_opcode(struct sterna_software_device *device, struct call *call)
{
    (void)device;
    (void)call;
    return STERNA_ST_BAD_OPCODE;
}

static void execute(struct sterna_software_device *device)
{
    static uint8_t (*const opcode[])(struct sterna_software_device *, struct call *) = {
        [STERNA_OP_HELLO] = hello,        [STERNA_OP_WRITE] = write_memory,  [STERNA_OP_READ] = read_memory,
        [STERNA_OP_CHECK] = check_memory, [STERNA_OP_STEP] = step,           [STERNA_OP_STATE] = state,
        [STERNA_OP_COUNTERS] = counters,  [STERNA_OP_ABORT] = abort_nothing,
    };
    const uint8_t *request = device->request;
    bool known = request[0] < sizeof opcode / sizeof *opcode && opcode[request[0]];
    struct call call = {
        .arguments = request + STERNA_REQUEST_HEAD,
        .size = device->decoder.size - STERNA_REQUEST_HEAD,
        .data = device->reply + STERNA_REPLY_HEAD,
        .capacity = sterna_geometry_reply_room(&device->geometry),
    };
    uint8_t status = (known ? opcode[request[0]] : bad_opcode)(device, &call);
    device->reply[0] = request[0] | STERNA_OP_REPLY;
    device->reply[1] = request[1];
    device->reply[2] = status;
    device->reply_size = STERNA_REPLY_HEAD + (status == STERNA_ST_DONE ? call.data_size : 0);
}

enum sterna_status sterna_software_device_feed(struct sterna_software_device *device, const uint8_t *bytes,
                                               size_t size, struct sterna_queue *output)
{
    for (size_t i = 0; i < size; i++) {
        if (!sterna_frame_decode(&device->decoder, bytes[i]))
            continue;
        bool repeated = device->reply_size > 0 && device->request[1] == device->reply[1];
        if (!repeated || device->request[0] == STERNA_OP_HELLO)
            execute(device);
        size_t length = sterna_frame_encode(device->reply, device->reply_size, device->frame);
        if (sterna_queue_put(output, device->frame, length) != STERNA_OK)
            return STERNA_ERR_MEMORY;
    }
    return STERNA_OK;
}
