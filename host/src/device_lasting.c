/* device_lasting.c - see device_lasting.h.
 *
 * Keeps what it takes to bring another board to where the last one was: a snapshot, and the inputs of the steps since. After an
 * unplug the call under way is made again on the board that comes back, once that has the model, the snapshot and those steps.
 */
#include "device_lasting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device_type.h"
#include "link.h"
#include "protocol.h"

enum {
    JOURNAL_STEPS = 256,       /* between snapshots */
    NAP_NANOSECONDS = 50000000 /* between attempts: a board that is gone may be listed for a moment yet */
};

struct lasting {
    struct sterna_device device;
    const char *address;
    const struct sterna_wait *wait;
    const struct sterna_reopen *reopen;
    struct sterna_device *board; /* open; after an unplug dead, until there is another */
    struct sterna_geometry geometry;
    uint8_t *snapshot; /* NULL: the state after a reset */
    uint8_t *journal;  /* the inputs of `steps` steps since, each of input_bytes */
    size_t steps, input_bytes;
    bool dense; /* they are; else indices */
};

static struct lasting *of(struct sterna_device *device)
{
    return (struct lasting *)device;
}

/* ---- what is remembered ------------------------------------------------------------------------------------- */

static void forget(struct lasting *self)
{
    free(self->snapshot);
    self->snapshot = NULL;
    self->steps = 0;
}

/* Run steps from inputs as the journal has them. */
static enum sterna_status run(const struct lasting *self, struct sterna_device *board, const void *inputs,
                              size_t count, int32_t *sums, struct sterna_error *error)
{
    return self->dense ? sterna_device_step_dense(board, inputs, count, sums, error)
                       : sterna_device_step(board, inputs, count, sums, error);
}

static enum sterna_status replay(const struct lasting *self, struct sterna_device *board,
                                 struct sterna_error *error)
{
    const size_t outputs = self->device.model->output.rows;
    int32_t *sums = self->steps > 0 ? calloc(self->steps * outputs, sizeof *sums) : NULL;
    if (self->steps > 0 && !sums)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the steps since the last snapshot");
    const enum sterna_status status =
        self->steps > 0 ? run(self, board, self->journal, self->steps, sums, error) : STERNA_OK;
    free(sums);
    return status;
}

/* Bring a fresh board to where the last one was. */
static enum sterna_status restore(const struct lasting *self, struct sterna_device *board,
                                  struct sterna_error *error)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(board, &geometry);
    if (self->board && strcmp(geometry.name, self->geometry.name) != 0)
        return sterna_fail(error, STERNA_ERR_DEVICE,
                           "%s: the board that came back holds a device %s instead of %s", self->address,
                           geometry.name, self->geometry.name);
    if (!self->device.model)
        return STERNA_OK;
    enum sterna_status status = sterna_device_load(board, self->device.model, NULL, error);
    if (status == STERNA_OK && self->snapshot)
        status = sterna_device_state_set(board, self->snapshot, error);
    return status == STERNA_OK ? replay(self, board, error) : status;
}

/* ---- coming back ---------------------------------------------------------------------------------------------- */

static enum sterna_status attempt(struct lasting *self, struct sterna_error *error)
{
    struct sterna_device *board = NULL;
    enum sterna_status status = self->reopen->open(self->address, &board, error);
    if (status != STERNA_OK)
        return status;
    status = restore(self, board, error);
    if (status != STERNA_OK) {
        sterna_device_close(board);
        return status;
    }
    sterna_device_close(self->board);
    self->board = board;
    return STERNA_OK;
}

static void report(const struct lasting *self, const char *text, const char *end)
{
    char line[sizeof(struct sterna_error) + 64];
    (void)snprintf(line, sizeof line, "%s%s", text, end);
    self->wait->report(line, self->wait->context);
}

/* reason: why there is no board now. */
static enum sterna_status come_back(struct lasting *self, const char *reason, struct sterna_error *error)
{
    static const struct timespec nap = {0, NAP_NANOSECONDS};
    struct sterna_error why;
    report(self, reason, "; waiting for it");
    for (;;) {
        enum sterna_status status = self->reopen->await(self->address, &why);
        if (status == STERNA_OK)
            status = attempt(self, &why);
        if (status == STERNA_OK)
            break;
        if (status != STERNA_ERR_UNPLUGGED)
            return sterna_fail(error, status, "%s", why.reason);
        (void)nanosleep(&nap, NULL);
    }
    report(self, self->address,
           self->device.model ? ": the board is back; model loaded and checked, state restored"
                              : ": the board is there");
    return STERNA_OK;
}

/* After a call: whether to make it again, since another board has come. */
static bool again(struct lasting *self, enum sterna_status *status, const struct sterna_error *why,
                  struct sterna_error *error)
{
    if (*status == STERNA_ERR_UNPLUGGED) {
        *status = come_back(self, why->reason, error);
        return *status == STERNA_OK;
    }
    if (*status != STERNA_OK)
        (void)sterna_fail(error, *status, "%s", why->reason);
    return false;
}

/* ---- the device ------------------------------------------------------------------------------------------------- */

static void close_lasting(struct sterna_device *device)
{
    struct lasting *self = of(device);
    sterna_device_close(self->board);
    free(self->snapshot);
    free(self->journal);
    free(self);
}

static void geometry_lasting(const struct sterna_device *device, struct sterna_geometry *geometry)
{
    *geometry = ((const struct lasting *)device)->geometry;
}

static enum sterna_status load_lasting(struct sterna_device *device, const struct sterna_model *model,
                                       struct sterna_load_report *load, struct sterna_error *error)
{
    struct lasting *self = of(device);
    const size_t inputs = sterna_model_inputs(model);
    struct sterna_error why;
    enum sterna_status status;
    uint8_t *journal = calloc(JOURNAL_STEPS, inputs > STERNA_INDEX_BYTES ? inputs : STERNA_INDEX_BYTES);
    if (!journal)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the inputs of %d steps",
                           JOURNAL_STEPS);
    do
        status = sterna_device_load(self->board, model, load, &why);
    while (again(self, &status, &why, error));
    if (status != STERNA_OK) {
        free(journal);
        return status;
    }
    forget(self);
    free(self->journal);
    self->journal = journal;
    device->model = model;
    return STERNA_OK;
}

static enum sterna_status reset_lasting(struct sterna_device *device, struct sterna_error *error)
{
    struct lasting *self = of(device);
    struct sterna_error why;
    enum sterna_status status;
    do
        status = sterna_device_reset(self->board, &why);
    while (again(self, &status, &why, error));
    if (status == STERNA_OK)
        forget(self);
    return status;
}

/* Put a snapshot in the place of the journal. */
static enum sterna_status settle(struct lasting *self, struct sterna_error *error)
{
    uint8_t *state = calloc(sterna_device_state_bytes(self->board) + 1, 1);
    struct sterna_error why;
    enum sterna_status status;
    if (!state)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    do
        status = sterna_device_state_get(self->board, state, &why);
    while (again(self, &status, &why, error));
    if (status != STERNA_OK) {
        free(state);
        return status;
    }
    forget(self);
    self->snapshot = state;
    return STERNA_OK;
}

/* The journal holds inputs of one kind. */
static enum sterna_status use_inputs(struct lasting *self, bool dense, struct sterna_error *error)
{
    const enum sterna_status status =
        self->steps > 0 && self->dense != dense ? settle(self, error) : STERNA_OK;
    if (status == STERNA_OK) {
        self->dense = dense;
        self->input_bytes = dense ? sterna_model_inputs(self->device.model) : STERNA_INDEX_BYTES;
    }
    return status;
}

static enum sterna_status run_lasting(struct lasting *self, bool dense, const uint8_t *inputs, size_t count,
                                      int32_t *sums, struct sterna_error *error)
{
    struct sterna_error why;
    enum sterna_status status = use_inputs(self, dense, error);
    for (size_t done = 0, part; done < count && status == STERNA_OK; done += part) {
        if (self->steps == JOURNAL_STEPS && (status = settle(self, error)) != STERNA_OK)
            break;
        part = count - done < JOURNAL_STEPS - self->steps ? count - done : JOURNAL_STEPS - self->steps;
        const uint8_t *from = inputs + done * self->input_bytes;
        do
            status = run(self, self->board, from, part, sums + done * self->device.model->output.rows, &why);
        while (again(self, &status, &why, error));
        if (status == STERNA_OK) {
            memcpy(self->journal + self->steps * self->input_bytes, from, part * self->input_bytes);
            self->steps += part;
        }
    }
    return status;
}

static enum sterna_status step_lasting(struct sterna_device *device, const uint16_t *inputs, size_t count,
                                       int32_t *sums, struct sterna_error *error)
{
    return run_lasting(of(device), false, (const uint8_t *)inputs, count, sums, error);
}

static enum sterna_status step_dense_lasting(struct sterna_device *device, const int8_t *inputs, size_t count,
                                             int32_t *sums, struct sterna_error *error)
{
    return run_lasting(of(device), true, (const uint8_t *)inputs, count, sums, error);
}

static size_t state_bytes_lasting(const struct sterna_device *device)
{
    return sterna_device_state_bytes(((const struct lasting *)device)->board);
}

static enum sterna_status state_get_lasting(struct sterna_device *device, uint8_t *state,
                                            struct sterna_error *error)
{
    struct lasting *self = of(device);
    const enum sterna_status status = settle(self, error);
    if (status == STERNA_OK)
        memcpy(state, self->snapshot, sterna_device_state_bytes(self->board));
    return status;
}

static enum sterna_status state_set_lasting(struct sterna_device *device, const uint8_t *state,
                                            struct sterna_error *error)
{
    struct lasting *self = of(device);
    const size_t size = sterna_device_state_bytes(self->board);
    uint8_t *kept = malloc(size);
    struct sterna_error why;
    enum sterna_status status;
    if (!kept)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    do
        status = sterna_device_state_set(self->board, state, &why);
    while (again(self, &status, &why, error));
    if (status != STERNA_OK) {
        free(kept);
        return status;
    }
    forget(self);
    self->snapshot = memcpy(kept, state, size);
    return STERNA_OK;
}

static enum sterna_status counters_lasting(struct sterna_device *device, bool clear,
                                           struct sterna_counters *counters, struct sterna_error *error)
{
    struct lasting *self = of(device);
    struct sterna_error why;
    enum sterna_status status;
    do
        status = sterna_device_counters(self->board, clear, counters, &why);
    while (again(self, &status, &why, error));
    return status;
}

static uint64_t simulated_cycles_lasting(const struct sterna_device *device)
{
    return sterna_device_simulated_cycles(((const struct lasting *)device)->board);
}

static const struct sterna_device_type lasting = {
    .close = close_lasting,
    .geometry = geometry_lasting,
    .load = load_lasting,
    .reset = reset_lasting,
    .step = step_lasting,
    .step_dense = step_dense_lasting,
    .state_bytes = state_bytes_lasting,
    .state_get = state_get_lasting,
    .state_set = state_set_lasting,
    .counters = counters_lasting,
    .simulated_cycles = simulated_cycles_lasting,
};

/* ---- open --------------------------------------------------------------------------------------------------------- */

enum sterna_status sterna_device_lasting_new(const char *address, const struct sterna_wait *wait,
                                             const struct sterna_reopen *reopen,
                                             struct sterna_device **device, struct sterna_error *error)
{
    struct lasting *self = calloc(1, sizeof *self);
    struct sterna_error why;
    if (!self)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a device");
    *self = (struct lasting){.device.type = &lasting, .address = address, .wait = wait, .reopen = reopen};
    enum sterna_status status = attempt(self, &why);
    (void)again(self, &status, &why, error);
    if (status != STERNA_OK) {
        close_lasting(&self->device);
        return status;
    }
    sterna_device_geometry(self->board, &self->geometry);
    *device = &self->device;
    return STERNA_OK;
}

enum sterna_status sterna_device_open_lasting(const char *address, const struct sterna_wait *wait,
                                              struct sterna_device **device, struct sterna_error *error)
{
    static const struct sterna_reopen reopen = {sterna_link_await, sterna_device_open};
    return wait && wait->report && address ? sterna_device_lasting_new(address, wait, &reopen, device, error)
                                           : sterna_device_open(address, device, error);
}
