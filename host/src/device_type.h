/* device_type.h - what stands behind struct sterna_device: the functions sterna_device_* of sterna.h find it by address and check
 * arguments (device_type.c); a row of a table does the work.
 *
 *   "reference"        device_fixed.c: fixed.c in this process, any model
 *   "fast"             device_fixed.c: fast.c in this process, the same bits
 *   everything else    driver.c: a device behind a link (link.h)
 *
 * A new one in this process is one more row of the table in device_type.c.
 */
#ifndef STERNA_DEVICE_TYPE_H
#define STERNA_DEVICE_TYPE_H

#include "model.h"

/* What every device starts with. */
struct sterna_device {
    const struct sterna_device_type *type;
    const struct sterna_model *model; /* NULL: none loaded. Set by load. */
};

/* Each slot keeps the contract that sterna.h writes for sterna_device_NAME. */
struct sterna_device_type {
    const char *address; /* whole; NULL if it has no fixed one */
    enum sterna_status (*open)(struct sterna_device **device, struct sterna_error *error); /* if address */
    void (*close)(struct sterna_device *device);
    void (*geometry)(const struct sterna_device *device, struct sterna_geometry *geometry);
    /* If the model does not fit, the one loaded before stays. report is never NULL. */
    enum sterna_status (*load)(struct sterna_device *device, const struct sterna_model *model,
                               struct sterna_load_report *report, struct sterna_error *error);
    enum sterna_status (*reset)(struct sterna_device *device, struct sterna_error *error);
    /* From here on a model is loaded; indices are below its inputs, dense values at least -127. */
    enum sterna_status (*step)(struct sterna_device *device, const uint16_t *inputs, size_t count,
                               int32_t *sums, struct sterna_error *error);
    enum sterna_status (*step_dense)(struct sterna_device *device, const int8_t *inputs, size_t count,
                                     int32_t *sums, struct sterna_error *error);
    size_t (*state_bytes)(const struct sterna_device *device);
    enum sterna_status (*state_get)(struct sterna_device *device, uint8_t *state, struct sterna_error *error);
    enum sterna_status (*state_set)(struct sterna_device *device, const uint8_t *state,
                                    struct sterna_error *error);
    /* With or without a model. */
    enum sterna_status (*counters)(struct sterna_device *device, bool clear, struct sterna_counters *counters,
                                   struct sterna_error *error);
    uint64_t (*simulated_cycles)(const struct sterna_device *device); /* NULL: none */
};

/* Whether 16-bit states and int8 activations can be those of a network: -32768 and -128 are no values of theirs, and no proof against
 * overflow counts on them. Otherwise STERNA_ERR_FORMAT. */
STERNA_MUST_CHECK enum sterna_status sterna_snapshot_check(const uint8_t *states, size_t count,
                                                           const uint8_t *activations, size_t bytes,
                                                           struct sterna_error *error);

extern const struct sterna_device_type sterna_device_fixed, sterna_device_fast; /* device_fixed.c */

#endif
