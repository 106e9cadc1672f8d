/* device.h - the software device: answers a byte stream like the accelerator does, frames, sequence numbers
 * and all, and runs the image in its memories (machine.h). The golden model of hw/README.md section 2; no
 * clock, hence no cycles.
 */
#ifndef STERNA_DEVICE_H
#define STERNA_DEVICE_H

#include "geometry.h"
#include "queue.h"

struct sterna_software_device;

STERNA_MUST_CHECK enum sterna_status sterna_software_device_new(const struct sterna_geometry *geometry,
                                                                struct sterna_software_device **device);
void sterna_software_device_free(struct sterna_software_device *device);
/* Bytes to the device; what it answers is appended to output. Any bytes are allowed; fails only for lack of
 * memory. */
STERNA_MUST_CHECK enum sterna_status sterna_software_device_feed(struct sterna_software_device *device,
                                                                 const uint8_t *bytes, size_t size,
                                                                 struct sterna_queue *output);

#endif
