/* link_sim.c - the Verilated accelerator as a link: every byte of the wire and every clock cycle is
 * simulated. */
#include <stdlib.h>

#include "link.h"
#include "queue.h"
#include "sim_targets.h"

#include <stdio.h>
#include <string.h>

/* A device that takes no byte for so long is stuck: longer than anything that it could be busy with. */
#define STUCK_CYCLES UINT64_C(200000000)

enum { RESET_CYCLES = 8 };

/* A Verilated top, whichever: they have the same ports. */
struct simulated {
    void *model;
    uint8_t *rst, *s_data, *s_valid, *m_data, *m_valid, *m_ready, *s_ready;
};

/* What there is of a top that this program was linked with. */
struct target {
    const char *name;
    bool (*open)(struct simulated *model);
    void (*tick)(void *model);
    void (*eval)(void *model);
    void (*close)(void *model);
};

#define TARGET(top, name)                                                                                    \
    static bool open_##top(struct simulated *to)                                                             \
    {                                                                                                        \
        struct accelerator_##top##_model *model = accelerator_##top##_model_new();                           \
        if (model)                                                                                           \
            *to = (struct simulated){model,         model->rst,     model->s_data,  model->s_valid,          \
                                     model->m_data, model->m_valid, model->m_ready, model->s_ready};         \
        return model != NULL;                                                                                \
    }                                                                                                        \
    static void tick_##top(void *model)                                                                      \
    {                                                                                                        \
        accelerator_##top##_model_tick(model);                                                               \
    }                                                                                                        \
    static void eval_##top(void *model)                                                                      \
    {                                                                                                        \
        accelerator_##top##_model_eval(model);                                                               \
    }                                                                                                        \
    static void close_##top(void *model)                                                                     \
    {                                                                                                        \
        accelerator_##top##_model_free(model);                                                               \
    }
SIM_TARGETS
#undef TARGET

#define TARGET(top, name) {name, open_##top, tick_##top, eval_##top, close_##top},
static const struct target targets[] = {SIM_TARGETS};
#undef TARGET

enum { TARGETS = sizeof targets / sizeof *targets };

struct link_sim {
    struct sterna_link link;
    const struct target *target;
    struct simulated model;
    struct sterna_queue output; /* what came out while bytes went in */
    uint64_t cycles;
};

static void tick(struct link_sim *self)
{
    self->target->tick(self->model.model);
    self->cycles++;
}

static void eval(struct link_sim *self)
{
    self->target->eval(self->model.model);
}

static void close_sim(struct sterna_link *link)
{
    struct link_sim *self = (struct link_sim *)link;
    self->target->close(self->model.model);
    sterna_queue_free(&self->output);
    free(self);
}

static void reset(struct link_sim *self)
{
    *self->model.rst = 1;
    for (int i = 0; i < RESET_CYCLES; i++)
        tick(self);
    *self->model.rst = 0;
    *self->model.m_ready = 1; /* from here on: this side always takes what comes */
    eval(self);
}

static enum sterna_status open_sim(const char *target, struct sterna_link **link, struct sterna_error *error)
{
    const struct target *found = target[0] ? NULL : targets;
    char names[128];
    size_t length = 0;
    for (size_t i = 0; i < TARGETS; i++) {
        if (strcmp(target, targets[i].name) == 0)
            found = &targets[i];
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", targets[i].name);
    }
    if (!found)
        return sterna_fail(
            error, STERNA_ERR_MISSING,
            "sim: no target \"%s\" was built in; there are: %s (make SIM_TARGETS=... builds others)", target,
            names);
    struct link_sim *self = calloc(1, sizeof *self);
    if (!self || !found->open(&self->model)) {
        free(self);
        return sterna_fail(error, STERNA_ERR_MEMORY, "sim: out of memory for the simulated device");
    }
    self->link.backend = &sterna_link_sim;
    self->target = found;
    reset(self);
    *link = &self->link;
    return STERNA_OK;
}

/* Offer one byte until it is taken. */
static enum sterna_status send_byte(struct link_sim *self, uint8_t byte, struct sterna_error *error)
{
    const struct simulated *model = &self->model;
    *model->s_data = byte;
    eval(self);
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
    *self->model.s_valid = 1;
    for (size_t i = 0; i < size && status == STERNA_OK; i++)
        status = send_byte(self, bytes[i], error);
    *self->model.s_valid = 0;
    eval(self);
    return status;
}

/* Waiting is where the simulated cycles go: the loop looks at one output and ticks. */
static enum sterna_status receive_sim(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                      size_t size, size_t *got, struct sterna_error *error)
{
    struct link_sim *self = (struct link_sim *)link;
    const uint8_t *valid = self->model.m_valid;
    (void)error;
    size_t taken = sterna_queue_take(&self->output, bytes, size);
    for (uint64_t silent = 0; taken == 0 && !*valid && silent < patience; silent++)
        tick(self);
    for (; taken < size && *valid; taken++) {
        bytes[taken] = *self->model.m_data;
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
