/* driver.h - a network on a device behind a link: packs, writes, checks, batches. One type of device (device_type.h). */
#ifndef STERNA_DRIVER_H
#define STERNA_DRIVER_H

#include "link.h"

/* The same as sterna_device_open on a link that is open already; it becomes the device's, and is closed if
 * this fails. */
STERNA_MUST_CHECK enum sterna_status sterna_device_open_link(struct sterna_link *link,
                                                             struct sterna_device **device,
                                                             struct sterna_error *error);
/* Requests that had to be sent again since open; 0 of a device without a link. */
uint64_t sterna_device_repeats(const struct sterna_device *device);

#endif
