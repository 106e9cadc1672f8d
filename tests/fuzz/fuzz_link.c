/* fuzz_link.c - a device that answers what the input says: nothing it can send may harm the host.
 *
 * For each reply awaited the input's next byte chooses: 0 the software device's reply with changed bytes and a right check sum,
 * 1 raw bytes, 2 a reply made up, with a right check sum, 3 the true reply. At its end the device is true.
 */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "driver.h"
#include "frame.h"

enum { PAYLOAD = 600, STEPS = 3, INPUTS = 7, HIDDEN = 12, OUTPUTS = 5 };

struct fuzz_link {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_frame_decoder decoder; /* of the device's replies, into true_reply */
    uint8_t true_reply[PAYLOAD + STERNA_FCS_BYTES];
    struct sterna_queue replies; /* frames of the device */
    struct sterna_queue output;  /* to the host */
    const uint8_t *input;
    size_t left;
};

static uint8_t next(struct fuzz_link *self)
{
    if (self->left == 0)
        return 0;
    self->left--;
    return *self->input++;
}

static void answer(struct fuzz_link *self, const uint8_t *payload, size_t size)
{
    uint8_t frame[STERNA_FRAME_MAX(PAYLOAD)];
    const size_t length = sterna_frame_encode(payload, size, frame);
    if (sterna_queue_put(&self->output, frame, length) != STERNA_OK)
        abort();
}

static size_t take_true(struct fuzz_link *self)
{
    for (uint8_t byte; sterna_queue_take(&self->replies, &byte, 1) == 1;)
        if (sterna_frame_decode(&self->decoder, byte))
            return self->decoder.size;
    return 0;
}

static void answer_changed(struct fuzz_link *self, size_t size)
{
    uint8_t payload[PAYLOAD];
    memcpy(payload, self->true_reply, size);
    for (unsigned changes = 1 + next(self) % 8; changes > 0 && size > 0; changes--) {
        const size_t at = next(self) % size;
        payload[at] ^= next(self);
    }
    answer(self, payload, size);
}

static void answer_made_up(struct fuzz_link *self, size_t size)
{
    uint8_t payload[PAYLOAD] = {0};
    const size_t length = next(self);
    memcpy(payload, self->true_reply, size < 2 ? size : 2);
    for (size_t i = 2; i < length + 2; i++)
        payload[i] = next(self);
    answer(self, payload, length + 2);
}

static void answer_raw(struct fuzz_link *self)
{
    for (unsigned count = next(self); count > 0; count--) {
        const uint8_t byte = next(self);
        if (sterna_queue_put(&self->output, &byte, 1) != STERNA_OK)
            abort();
    }
}

static enum sterna_status send_fuzz(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                    struct sterna_error *error)
{
    struct fuzz_link *self = (struct fuzz_link *)link;
    (void)error;
    return sterna_software_device_feed(self->device, bytes, size, &self->replies);
}

static enum sterna_status receive_fuzz(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                       size_t size, size_t *got, struct sterna_error *error)
{
    struct fuzz_link *self = (struct fuzz_link *)link;
    (void)patience, (void)error;
    if (self->output.size == 0) {
        const size_t length = take_true(self);
        const unsigned choice = self->left > 0 ? next(self) % 4 : 3;
        if (choice == 0 && length > 0)
            answer_changed(self, length);
        else if (choice == 1)
            answer_raw(self);
        else if (choice == 2)
            answer_made_up(self, length);
        else if (length > 0)
            answer(self, self->true_reply, length);
    }
    *got = sterna_queue_take(&self->output, bytes, size);
    return STERNA_OK;
}

static void wire_fuzz(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){1000000, 64};
}

static void close_fuzz(struct sterna_link *link)
{
    struct fuzz_link *self = (struct fuzz_link *)link;
    sterna_software_device_free(self->device);
    sterna_queue_free(&self->replies);
    sterna_queue_free(&self->output);
    free(self);
}

static const struct sterna_link_backend backend = {
    .name = "fuzz", .send = send_fuzz, .receive = receive_fuzz, .wire = wire_fuzz, .close = close_fuzz};

/* All that a program does with a device. */
static void use(struct sterna_device *device, const struct sterna_model *model)
{
    static const uint16_t inputs[STEPS] = {1, 6, 0};
    struct sterna_counters counters;
    struct sterna_error error;
    enum sterna_status status = sterna_device_load(device, model, NULL, &error);
    if (status == STERNA_OK) {
        int32_t sums[STEPS * OUTPUTS];
        status = sterna_device_step(device, inputs, STEPS, sums, &error);
    }
    uint8_t *state = status == STERNA_OK ? malloc(sterna_device_state_bytes(device)) : NULL;
    if (state && sterna_device_state_get(device, state, &error) == STERNA_OK)
        status = sterna_device_state_set(device, state, &error);
    if (sterna_device_counters(device, true, &counters, &error) == STERNA_OK)
        status = sterna_device_reset(device, &error);
    (void)status;
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sterna_model *model;
    struct sterna_device *device = NULL;
    struct sterna_error error;
    struct fuzz_link *link = calloc(1, sizeof *link);
    if (!model)
        model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    if (!link || !model || sterna_software_device_new(sterna_geometry_of("up5k"), &link->device) != STERNA_OK)
        abort();
    link->link.backend = &backend;
    link->input = data;
    link->left = size;
    sterna_frame_decoder_init(&link->decoder, link->true_reply, sizeof link->true_reply);
    if (sterna_device_open_link(&link->link, &device, &error) == STERNA_OK) {
        use(device, model);
        sterna_device_close(device);
    }
    return 0;
}
