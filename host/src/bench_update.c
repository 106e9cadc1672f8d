/* bench_update.c - one update of one recurrent layer, all of it: weights quantized and laid out, forward, backward to
 * weights and inputs, Adam; beside the plain products of the same shapes (bench_train.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "bench_train.h"
#include "buffer.h"
#include "window.h"

enum { INPUTS = 512, HIDDEN = 512, OUTPUTS = 2, BATCH = 64, STEPS = 100, FRACTION = 5 };

struct update {
    struct sterna_network network;
    struct sterna_window window;
    float *value, *mean, *square; /* of Adam */
    bool integer;
    uint64_t count;
};

static void close_update(struct update *update)
{
    sterna_window_free(&update->window);
    sterna_network_free(&update->network);
    free(update->value);
    free(update->mean);
    free(update->square);
}

/* Inputs that look random, and the same in all steps' gradients from above. */
static void fill(struct update *update)
{
    struct sterna_window *window = &update->window;

    window->run_steps = STEPS;
    window->run_batch = BATCH;
    for (size_t t = 0; t < STEPS; t++)
        window->active[t] = BATCH;
    for (size_t i = 0; i < (size_t)STEPS * BATCH * INPUTS; i++) {
        window->input8[i] = (int8_t)((int)(i * 2654435761u >> 7 & 63) - 32);
        window->input[i] = (float)window->input8[i] / (float)(1 << FRACTION);
    }
}

static enum sterna_status open_update(const char *cell, const char *mode, struct update *update,
                                      struct sterna_error *error)
{
    const struct sterna_network_ends ends = {
        .inputs = INPUTS, .outputs = OUTPUTS, .fraction = FRACTION, .head = STERNA_HEAD_MEAN};
    const bool quantized = strcmp(mode, "float") != 0;
    struct sterna_recipe recipe;

    sterna_recipe_default(&recipe);
    recipe.hidden = HIDDEN;
    (void)snprintf(recipe.cell, sizeof recipe.cell, "%s", cell);
    (void)snprintf(recipe.quantizer, sizeof recipe.quantizer, "%s", quantized ? "twn" : "float");
    (void)snprintf(recipe.normalization, sizeof recipe.normalization, "%s", quantized ? "weight" : "none");
    update->integer = strcmp(mode, "integer") == 0;
    enum sterna_status status = sterna_network_new(&recipe, &ends, false, &update->network, error);
    if (status == STERNA_OK)
        status = sterna_window_new(&update->network, STEPS, BATCH, true, &update->window, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = update->network.parameters.size;
    update->value = sterna_buffer_new(size, sizeof(float));
    update->mean = sterna_buffer_new(size, sizeof(float));
    update->square = sterna_buffer_new(size, sizeof(float));
    if (!update->value || !update->mean || !update->square)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu parameters", size);
    sterna_parameters_initialize(&update->network.parameters, 1, update->value);
    fill(update);
    return STERNA_OK;
}

static void run_update(void *context)
{
    struct update *update = context;
    struct sterna_network *network = &update->network;
    struct sterna_window *window = &update->window;
    const struct sterna_parameters *parameters = &network->parameters;
    const struct sterna_preparation preparation = {.integer = update->integer};
    const struct sterna_adam_step step = {.update = ++update->count, .rate = 1e-4f, .factor = 1.0f};
    const size_t size = parameters->size;

    memset(window->gradient, 0, size * sizeof(float));
    const struct sterna_recurrent_gradient gradient = {
        .ih = sterna_parameters_at(parameters, window->gradient, 0, STERNA_WEIGHT_IH),
        .hh = sterna_parameters_at(parameters, window->gradient, 0, STERNA_WEIGHT_HH),
        .bias_ih = sterna_parameters_at(parameters, window->gradient, 0, STERNA_BIAS_IH),
        .bias_hh = sterna_parameters_at(parameters, window->gradient, 0, STERNA_BIAS_HH),
        .input = window->da,
        .da = window->da_step,
        .ds = window->ds_step,
    };
    sterna_network_prepare(network, &preparation, true, NULL, update->value);
    const struct sterna_track track = sterna_window_track(network, window, 0);
    sterna_recurrent_forward(&network->layer[0], &track);
    for (size_t i = 0; i < (size_t)STEPS * BATCH * HIDDEN; i++)
        window->dh[i] = 1e-4f * (track.a[i] - 0.1f);
    sterna_recurrent_backward(&network->layer[0], &track, window->dh, &gradient);
    sterna_network_finish_gradient(network, NULL, 1, update->value, window->gradient);
    sterna_adam(&step, size, window->gradient, update->value, update->mean, update->square);
}

enum sterna_status sterna_bench_update(const char *cell, const char *mode, size_t repetitions,
                                       struct sterna_bench_update *result, struct sterna_error *error)
{
    struct sterna_bench_train measured;
    struct update update = {.count = 0};

    enum sterna_status status = open_update(cell, mode, &update, error);
    if (status == STERNA_OK) {
        const struct sterna_bench_shape shape = {update.network.cell->gates, INPUTS, HIDDEN, BATCH, STEPS};
        status = sterna_bench_train(&shape, repetitions, run_update, &update, &measured, error);
        if (status == STERNA_OK)
            *result = (struct sterna_bench_update){
                .milliseconds = measured.trainer,
                .plain_milliseconds = measured.plain,
                .peak = measured.peak,
                .share_of_peak = sterna_bench_work(&shape) / (1e-3 * measured.trainer) / measured.peak,
            };
    }
    close_update(&update);
    return status;
}
