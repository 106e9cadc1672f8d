/* device_lasting.h - a device that outlasts its board: sterna_device_open_lasting of sterna.h. */
#ifndef STERNA_DEVICE_LASTING_H
#define STERNA_DEVICE_LASTING_H

#include "sterna.h"

/* How a board is found again. */
struct sterna_reopen {
    /* Wait until something is plugged in that may be it. */
    enum sterna_status (*await)(const char *address, struct sterna_error *error);
    enum sterna_status (*open)(const char *address, struct sterna_device **device,
                               struct sterna_error *error);
};

/* As sterna_device_open_lasting; address, wait and reopen are kept and must outlive the device. */
STERNA_MUST_CHECK enum sterna_status sterna_device_lasting_new(const char *address,
                                                               const struct sterna_wait *wait,
                                                               const struct sterna_reopen *reopen,
                                                               struct sterna_device **device,
                                                               struct sterna_error *error);

#endif
