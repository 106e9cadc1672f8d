/* link_reference.c - the software device in this process, as a link: "reference:up5k". (Plain "reference" is device_fixed.c.) */
#include <stdlib.h>

#include "device.h"
#include "link.h"

struct link_reference {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_queue output;
};

static void close_reference(struct sterna_link *link)
{
    struct link_reference *self = (struct link_reference *)link;
    sterna_software_device_free(self->device);
    sterna_queue_free(&self->output);
    free(self);
}

static enum sterna_status open_reference(const char *target, struct sterna_link **link,
                                         struct sterna_error *error)
{
    const struct sterna_geometry *geometry = sterna_geometry_of(target[0] ? target : "up5k");
    if (!geometry)
        return sterna_fail(error, STERNA_ERR_MISSING, "reference: there is no target \"%s\"; there are: %s",
                           target, sterna_geometry_names());
    struct link_reference *self = calloc(1, sizeof *self);
    if (!self || sterna_software_device_new(geometry, &self->device) != STERNA_OK) {
        free(self);
        return sterna_fail(error, STERNA_ERR_MEMORY, "reference: out of memory for the device");
    }
    self->link.backend = &sterna_link_reference;
    *link = &self->link;
    return STERNA_OK;
}

static enum sterna_status send_reference(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                         struct sterna_error *error)
{
    struct link_reference *self = (struct link_reference *)link;
    if (sterna_software_device_feed(self->device, bytes, size, &self->output) != STERNA_OK)
        return sterna_fail(error, STERNA_ERR_MEMORY, "reference: out of memory for a reply");
    return STERNA_OK;
}

static enum sterna_status receive_reference(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                            size_t size, size_t *got, struct sterna_error *error)
{
    struct link_reference *self = (struct link_reference *)link;
    (void)patience;
    (void)error;
    *got = sterna_queue_take(&self->output, bytes, size);
    return STERNA_OK;
}

const struct sterna_link_backend sterna_link_reference = {
    .name = "reference",
    .open = open_reference,
    .send = send_reference,
    .receive = receive_reference,
    .close = close_reference,
};
