#include "stage.h"

#include "terminal.h"

#include <stdlib.h>

enum { RANDOM_SYMBOLS = 73, RANDOM_HIDDEN = 256, RANDOM_SEED = 1 };

const char *sterna_stage_name(const char *path)
{
    return path != NULL ? path : "GRU-256 of random weights";
}

static enum sterna_status open_model(struct sterna_stage *stage, const char *path, struct sterna_error *error)
{
    if (path == NULL)
        return sterna_model_random(RANDOM_SYMBOLS, RANDOM_HIDDEN, RANDOM_SEED, &stage->model, error);
    return sterna_model_load(path, &stage->model, error);
}

static bool open_parts(struct sterna_stage *stage, const char *path, const char *address)
{
    struct sterna_error error;

    if (open_model(stage, path, &error) != STERNA_OK ||
        sterna_device_open_lasting(address, &stage->wait, &stage->device, &error) != STERNA_OK) {
        sterna_complain(stage->command, "%s", error.reason);
        return false;
    }
    if (sterna_device_load(stage->device, stage->model, &stage->load, &error) != STERNA_OK) {
        sterna_complain(stage->command, "%s: %s", sterna_stage_name(path), error.reason);
        return false;
    }
    sterna_model_facts(stage->model, &stage->facts);
    sterna_device_geometry(stage->device, &stage->geometry);
    stage->sums = calloc(stage->facts.outputs, sizeof *stage->sums);
    stage->logits = calloc(stage->facts.outputs, sizeof *stage->logits);
    if (stage->sums != NULL && stage->logits != NULL)
        return true;
    sterna_complain(stage->command, "%s: out of memory", sterna_stage_name(path));
    return false;
}

bool sterna_stage_open(struct sterna_stage *stage, const char *command, const char *path, const char *address,
                       bool wait)
{
    *stage = (struct sterna_stage){.command = command, .wait = sterna_terminal_wait(wait, command)};
    if (open_parts(stage, path, address))
        return true;
    sterna_stage_close(stage);
    return false;
}

void sterna_stage_close(struct sterna_stage *stage)
{
    free(stage->logits);
    free(stage->sums);
    sterna_device_close(stage->device);
    sterna_model_free(stage->model);
    *stage = (struct sterna_stage){0};
}

static bool finish_step(struct sterna_stage *stage, enum sterna_status status,
                        const struct sterna_error *error)
{
    if (status != STERNA_OK) {
        sterna_complain(stage->command, "%s", error->reason);
        return false;
    }
    sterna_model_logits(stage->model, stage->sums, stage->logits);
    return true;
}

bool sterna_stage_step(struct sterna_stage *stage, uint16_t input)
{
    struct sterna_error error;
    enum sterna_status status = sterna_device_step(stage->device, &input, 1, stage->sums, &error);

    return finish_step(stage, status, &error);
}

bool sterna_stage_step_dense(struct sterna_stage *stage, const int8_t *input)
{
    struct sterna_error error;
    enum sterna_status status = sterna_device_step_dense(stage->device, input, 1, stage->sums, &error);

    return finish_step(stage, status, &error);
}

size_t sterna_stage_symbol(const struct sterna_stage *stage, uint8_t byte)
{
    size_t index = 0;

    while (index < stage->facts.symbols && stage->facts.alphabet[index] != byte)
        index++;
    return index;
}
