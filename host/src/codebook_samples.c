/* codebook_samples.c - see codebook_samples.h. */
#include "codebook_samples.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "feed.h"

enum {
    STREAMS = 16,
    TEXT_STEPS = 64,
    SEQUENCES = 32,
    HELD = 4 /* every fourth window */,
    NETWORKS = 2,
    PATCHES = 2048,
    PATCHES_AT_ONCE = 128
};

/* Both networks, the original first, in the same windows. */
struct runner {
    const struct sterna_codebook_samples *samples;
    const struct sterna_network *network[NETWORKS];
    struct sterna_window window[NETWORKS];
    float *carry[NETWORKS];
    float *patch[NETWORKS]; /* [PATCHES_AT_ONCE, cols] */
    enum sterna_codebook_place place;
    size_t layer, windows;
    struct sterna_moments *fitted, *held;
};

/* One layer's input of one run: rows of values, or indices. */
static const float *values_at(const struct runner *runner, size_t which, size_t step, const uint8_t **index)
{
    const struct sterna_network *network = runner->network[which];
    const struct sterna_window *window = &runner->window[which];
    *index = NULL;
    if (runner->place == STERNA_CODEBOOK_OUTPUT)
        return sterna_window_top(window) + step * window->run_batch * window->top;
    const struct sterna_track track = sterna_window_track(network, window, runner->layer);
    const size_t states = window->run_batch * window->hidden;
    if (runner->place == STERNA_CODEBOOK_RECURRENT)
        return track.a + step * states;
    if (network->layer[runner->layer].one_hot) {
        *index = track.symbol + step * window->run_batch;
        return NULL;
    }
    return track.input + step * window->run_batch * network->layer[runner->layer].inputs;
}

/* Rows of `count` samples from a step on. */
static void add_rows(const struct runner *runner, struct sterna_moments *moments, size_t step, size_t count)
{
    const uint8_t *index = NULL;
    const float *original = values_at(runner, 0, step, &index);
    const float *quantized = values_at(runner, 1, step, &index);
    if (index)
        sterna_moments_add_one_hot(moments, count, index, 1.0f);
    else
        sterna_moments_add(moments, count, quantized, original);
}

/* Patches of a layer of the stack, about as many of each window. */
static void add_patches(const struct runner *runner, struct sterna_moments *moments)
{
    const struct sterna_stack_layer *layer = &runner->network[0]->stack.shape.layer[runner->layer];
    const struct sterna_planes planes = sterna_stack_planes(&runner->window[0].stack, runner->layer);
    const size_t rows = sterna_patches_rows(layer, &planes), skip = rows / PATCHES + 1;
    for (size_t first = 0, chunk = 0; first < rows; first += PATCHES_AT_ONCE, chunk++) {
        const size_t count = rows - first < PATCHES_AT_ONCE ? rows - first : PATCHES_AT_ONCE;
        if (chunk % skip != runner->windows % skip)
            continue;
        for (size_t i = 0; i < NETWORKS; i++)
            sterna_patches_gather(layer, &planes, 0, runner->window[i].stack.value[runner->layer], first,
                                  count, runner->patch[i]);
        sterna_moments_add(moments, count, runner->patch[1], runner->patch[0]);
    }
}

/* The window is loaded into both: run, and take the samples. */
static void run_window(struct runner *runner)
{
    const struct sterna_window *window = &runner->window[0];
    struct sterna_moments *moments = runner->windows++ % HELD == HELD - 1 ? runner->held : runner->fitted;
    for (size_t i = 0; i < NETWORKS; i++)
        sterna_window_forward(runner->network[i], &runner->window[i], false, runner->carry[i],
                              runner->window[i].run_batch * runner->window[i].hidden);
    if (runner->place == STERNA_CODEBOOK_STACK) {
        add_patches(runner, moments);
        return;
    }
    if (runner->place == STERNA_CODEBOOK_OUTPUT && window->head != STERNA_HEAD_NEXT) {
        add_rows(runner, moments, 0, window->run_batch);
        return;
    }
    size_t whole = 0; /* steps that all sequences run: their rows lie one after the other */
    while (whole < window->frames && window->frame_active[whole] == window->run_batch)
        whole++;
    if (whole > 0)
        add_rows(runner, moments, 0, whole * window->run_batch);
    for (size_t t = whole; t < window->frames; t++)
        add_rows(runner, moments, t, window->frame_active[t]);
}

/* Streams side by side, each from its own place in the text. */
static void run_text(struct runner *runner)
{
    const struct sterna_trial *trial = runner->samples->trial;
    const size_t stride = trial->count / STREAMS;
    for (size_t done = 0; done + TEXT_STEPS < stride; done += TEXT_STEPS) {
        for (size_t i = 0; i < NETWORKS; i++) {
            runner->window[i].run_batch = STREAMS;
            runner->window[i].run_steps = TEXT_STEPS;
            sterna_feed_load_text(trial->symbols + done, stride, &runner->window[i]);
        }
        run_window(runner);
    }
}

static void run_sequences(struct runner *runner)
{
    const struct sterna_trial *trial = runner->samples->trial;
    for (size_t done = 0, count; done < trial->count; done += count) {
        count = trial->count - done < SEQUENCES ? trial->count - done : SEQUENCES;
        for (size_t i = 0; i < NETWORKS; i++) {
            for (size_t b = 0; b < count; b++)
                runner->window[i].index[b] = done + b;
            sterna_feed_load_sequences(trial->set, runner->network[i]->ends.inputs, runner->window[i].index,
                                       count, &runner->window[i]);
        }
        run_window(runner);
    }
}

static enum sterna_status open_windows(struct runner *runner, struct sterna_error *error)
{
    const struct sterna_trial *trial = runner->samples->trial;
    const size_t steps = trial->is_text ? TEXT_STEPS : sterna_feed_longest(trial->set);
    const size_t batch = trial->is_text ? STREAMS : SEQUENCES;
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < NETWORKS && status == STERNA_OK; i++) {
        const struct sterna_network *network = runner->network[i];
        status = sterna_window_new(network, steps, batch, false, &runner->window[i], error);
        if (runner->place == STERNA_CODEBOOK_STACK && status == STERNA_OK) {
            runner->patch[i] = sterna_buffer_new(
                PATCHES_AT_ONCE * network->stack.shape.layer[runner->layer].cols, sizeof(float));
            if (!runner->patch[i])
                status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for patches");
        }
        if (status != STERNA_OK || !trial->is_text)
            continue;
        runner->carry[i] = sterna_buffer_new(batch * sterna_window_carry(network), sizeof(float));
        if (!runner->carry[i])
            status =
                sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the state of %zu streams", batch);
    }
    return status;
}

enum sterna_status sterna_codebook_collect(const struct sterna_codebook_samples *samples,
                                           enum sterna_codebook_place place, size_t k,
                                           struct sterna_moments *fitted, struct sterna_moments *held,
                                           struct sterna_error *error)
{
    struct runner runner = {.samples = samples,
                            .network = {samples->original, samples->quantized},
                            .place = place,
                            .layer = k,
                            .fitted = fitted,
                            .held = held};
    enum sterna_status status = open_windows(&runner, error);
    if (status == STERNA_OK) {
        if (samples->trial->is_text)
            run_text(&runner);
        else
            run_sequences(&runner);
        status = sterna_moments_finish(fitted, fitted->cols, error);
    }
    if (status == STERNA_OK)
        status = sterna_moments_finish(held, 1, error);
    for (size_t i = 0; i < NETWORKS; i++) {
        sterna_window_free(&runner.window[i]);
        free(runner.carry[i]);
        free(runner.patch[i]);
    }
    return status;
}
