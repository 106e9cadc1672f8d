/* link_sim.c - the Verilated accelerator as a link: every byte of the wire and every clock cycle is
 * simulated. */
#include <stdlib.h>

#include "accelerator_up5k_model.h"
#include "link.h"
#include "queue.h"

#include <string.h>

/* A device that takes no byte for so long is stuck: longer than anything that it could be busy with. */
#define STUCK_CYCLES UINT64_C(200000000)

enum { RESET_CYCLES = 8 };

struct link_sim {
    struct sterna_link link;
    struct accelerator_up5k_model *model;
    struct sterna_queue output; /* what came out while bytes went in */
    uint64_t cycles;
};

static void tick(struct link_sim *self)
{
    accelerator_up5k_model_tick(self->model);
    self->cycles++;
}

static void close_sim(struct sterna_link *link)
{
    struct link_sim *self = (struct link_sim *)link;
    accelerator_up5k_model_free(self->model);
    sterna_queue_free(&self->output);
    free(self);
}

static void reset(struct link_sim *self)
{
    *self->model->rst = 1;
    for (int i = 0; i < RESET_CYCLES; i++)
        tick(self);
    *self->model->rst = 0;
    *self->model->m_ready = 1; /* from here on: this side always takes what comes */
    accelerator_up5k_model_eval(self->model);
}

static enum sterna_status open_sim(const char *target, struct sterna_link **link, struct sterna_error *error)
{
    if (target[0] && strcmp(target, "up5k") != 0)
        return sterna_fail(error, STERNA_ERR_MISSING, "sim: there is no target \"%s\"; there is: up5k",
                           target);
    struct link_sim *self = calloc(1, sizeof *self);
    if (self)
        self->model = accelerator_up5k_model_new();
    if (!self || !self->model) {
        free(self);
        return sterna_fail(error, STERNA_ERR_MEMORY, "sim: out of memory for the simulated device");
    }
    self->link.backend = &sterna_link_sim;
    reset(self);
    *link = &self->link;
    return STERNA_OK;
}

/* Offer one byte until it is taken. */
static enum sterna_status send_byte(struct link_sim *self, uint8_t byte, struct sterna_error *error)
{
    struct accelerator_up5k_model *model = self->model;
    *model->s_data = byte;
    accelerator_up5k_model_eval(model);
    for (uint64_t waited = 0; waited < STUCK_CYCLES; waited++) {
        const bool taken = *model->s_ready;
        if (*model->m_valid && sterna_queue_put(&self->output, model->m_data, 1) != STERNA_OK)
            return sterna_fail(error, STERNA_ERR_MEMORY, "sim: out of memory for a reply");
        tick(self);
        if (taken)
            return STERNA_OK;
    }
    return sterna_fail(error, STERNA_ERR_DEVICE, "sim: the device takes no more bytes");
}

static enum sterna_status send_sim(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                   struct sterna_error *error)
{
    struct link_sim *self = (struct link_sim *)link;
    enum sterna_status status = STERNA_OK;
    *self->model->s_valid = 1;
    for (size_t i = 0; i < size && status == STERNA_OK; i++)
        status = send_byte(self, bytes[i], error);
    *self->model->s_valid = 0;
    accelerator_up5k_model_eval(self->model);
    return status;
}

/* Waiting is where the simulated cycles go: the loop looks at one output and ticks. */
static enum sterna_status receive_sim(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                      size_t size, size_t *got, struct sterna_error *error)
{
    struct link_sim *self = (struct link_sim *)link;
    const uint8_t *valid = self->model->m_valid;
    (void)error;
    size_t taken = sterna_queue_take(&self->output, bytes, size);
    for (uint64_t silent = 0; taken == 0 && !*valid && silent < patience; silent++)
        tick(self);
    for (; taken < size && *valid; taken++) {
        bytes[taken] = *self->model->m_data;
        tick(self);
    }
    *got = taken;
    return STERNA_OK;
}

static uint64_t cycles_sim(const struct sterna_link *link)
{
    return ((const struct link_sim *)link)->cycles;
}

const struct sterna_link_backend sterna_link_sim = {
    .name = "sim",
    .open = open_sim,
    .send = send_sim,
    .receive = receive_sim,
    .cycles = cycles_sim,
    .close = close_sim,
};
