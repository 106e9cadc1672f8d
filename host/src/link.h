/* link.h - one byte stream to a device, whatever carries it. Back ends are rows of a table (link.c).
 *
 * The driver (driver.c, session.c) puts frames, time-outs and repetition on top; a link only moves bytes and
 * may lose, change or repeat them.
 */
#ifndef STERNA_LINK_H
#define STERNA_LINK_H

#include "sterna.h"

struct sterna_link; /* starts with a const struct sterna_link_backend * */

/* How bytes arrive at the device. */
struct sterna_wire {
    uint64_t bytes_per_second; /* at most, on average */
    size_t packet; /* what is handed over begins a packet of so many, which arrive together; 0: one by one */
};

struct sterna_link_backend {
    const char *name; /* "reference", "sim": the address up to a colon */
    /* target: what follows the colon, "" for the default. STERNA_ERR_MISSING if there is no such target. */
    enum sterna_status (*open)(const char *target, struct sterna_link **link, struct sterna_error *error);
    /* Hand over all bytes. STERNA_ERR_DEVICE if the device is gone or takes no more. */
    enum sterna_status (*send)(struct sterna_link *link, const uint8_t *bytes, size_t size,
                               struct sterna_error *error);
    /* Up to size bytes, as soon as there is at least one; *got = 0 means that the device stayed silent for
     * `patience` of its clock cycles. A simulation counts exactly those, so that time-outs do not depend on
     * the machine; a wire converts them to time; a back end that answers at once need not wait. */
    enum sterna_status (*receive)(struct sterna_link *link, uint64_t patience, uint8_t *bytes, size_t size,
                                  size_t *got, struct sterna_error *error);
    /* Wait until something is plugged in that may be the target. NULL: nothing to wait for. */
    enum sterna_status (*await)(const char *target, struct sterna_error *error);
    /* NULL: nothing is known, or nothing to be gained by sending ahead. */
    void (*wire)(const struct sterna_link *link, struct sterna_wire *wire);
    uint64_t (*cycles)(const struct sterna_link *link); /* simulated clock cycles so far; NULL: none */
    void (*close)(struct sterna_link *link);
};

struct sterna_link {
    const struct sterna_link_backend *backend;
};

extern const struct sterna_link_backend sterna_link_reference; /* host/src/link_reference.c */
extern const struct sterna_link_backend sterna_link_usb;       /* host/src/link_usb.c */
/* sim/link_sim.c; weak, so that a program linked without the simulated device has a null pointer here. */
extern const struct sterna_link_backend sterna_link_sim __attribute__((weak));

/* Open by address "name" or "name:target"; STERNA_ERR_MISSING lists the known names. */
STERNA_MUST_CHECK enum sterna_status sterna_link_open(const char *address, struct sterna_link **link,
                                                      struct sterna_error *error);
/* Whether the address begins with the name of a back end. */
bool sterna_link_known(const char *address);
/* Their names, apart by ", ". */
void sterna_link_names(char *text, size_t size);
/* Wait until there may be something to open at the address. */
STERNA_MUST_CHECK enum sterna_status sterna_link_await(const char *address, struct sterna_error *error);
/* Accepts NULL. */
void sterna_link_close(struct sterna_link *link);

#endif
