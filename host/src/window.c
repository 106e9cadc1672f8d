#include "window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "loss.h"
#include "product.h"

enum { ALIGNED_FLOATS = 16 };

/* Hand out count floats at *used of memory, cache-line aligned; with memory NULL only count. */
static float *carve(float *memory, size_t *used, size_t count)
{
    float *at = memory ? memory + *used : NULL;
    *used += (count + ALIGNED_FLOATS - 1) / ALIGNED_FLOATS * ALIGNED_FLOATS;
    return at;
}

/* Place every buffer; returns the floats needed. */
static size_t place(const struct sterna_network *network, struct sterna_window *window, bool training,
                    float *memory)
{
    const size_t TB = window->steps * window->batch, H = window->hidden, rows = network->cell->gates * H;
    const size_t states = (window->steps + 1) * window->batch * H;
    size_t used = 0;

    for (size_t k = 0; k < window->layers; k++) {
        struct sterna_track *track = &window->track[k];
        track->h = carve(memory, &used, states);
        track->a = carve(memory, &used, states);
        track->saved = carve(memory, &used, TB * network->cell->saved * H);
        track->terms = k > 0 ? carve(memory, &used, TB * rows) : NULL;
    }
    window->logits = carve(memory, &used, TB * window->outputs);
    if (training) {
        window->gradient = carve(memory, &used, network->parameters.size);
        window->dh = carve(memory, &used, TB * H);
        window->da = carve(memory, &used, TB * H);
        window->dh_step = carve(memory, &used, window->batch * H);
        window->table = carve(memory, &used, network->inputs * rows);
    }
    return used;
}

enum sterna_status sterna_window_new(const struct sterna_network *network, size_t steps, size_t batch,
                                     bool training, struct sterna_window *window, struct sterna_error *error)
{
    assert(steps > 0 && batch > 0);
    struct sterna_window fresh = {
        .steps = steps,
        .batch = batch,
        .layers = network->layers,
        .hidden = network->hidden,
        .outputs = network->outputs,
        .symbol = sterna_buffer_new(steps * batch, 1),
        .target = sterna_buffer_new(steps * batch, 1),
        .track = calloc(network->layers, sizeof *fresh.track),
    };
    if (fresh.track)
        fresh.memory = sterna_buffer_new(place(network, &fresh, training, NULL), sizeof(float));
    if (!fresh.symbol || !fresh.target || !fresh.memory) {
        sterna_window_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu sequences of %zu steps", batch,
                           steps);
    }
    (void)place(network, &fresh, training, fresh.memory);
    *window = fresh;
    return STERNA_OK;
}

void sterna_window_free(struct sterna_window *window)
{
    free(window->symbol);
    free(window->target);
    free(window->track);
    free(window->memory);
    memset(window, 0, sizeof *window);
}

void sterna_window_load(struct sterna_window *window, const uint8_t *text, size_t length, uint64_t start,
                        size_t stride)
{
    for (size_t b = 0; b < window->batch; b++) {
        size_t at = (size_t)((start + b * stride) % length);
        for (size_t t = 0; t < window->steps; t++) {
            size_t next = at + 1 < length ? at + 1 : 0;
            window->symbol[t * window->batch + b] = text[at];
            window->target[t * window->batch + b] = text[next];
            at = next;
        }
    }
}

/* What layer k's track says for this run. In float the matrices see h itself. */
static struct sterna_track track_of(const struct sterna_network *network, const struct sterna_window *window,
                                    size_t k, size_t steps)
{
    struct sterna_track track = window->track[k];

    track.steps = steps;
    track.batch = window->batch;
    if (!network->layer[k].integer)
        track.a = track.h;
    if (k == 0) {
        track.symbol = window->symbol;
    } else {
        const struct sterna_track *below = &window->track[k - 1];
        track.input = (network->layer[k - 1].integer ? below->a : below->h) + window->batch * window->hidden;
    }
    return track;
}

void sterna_window_forward(const struct sterna_network *network, struct sterna_window *window, size_t steps,
                           float *carry, size_t layer_stride)
{
    const size_t states = window->batch * window->hidden;

    assert(steps > 0 && steps <= window->steps);
    for (size_t k = 0; k < window->layers; k++) {
        struct sterna_track track = track_of(network, window, k, steps);
        memcpy(track.h, carry + k * layer_stride, states * sizeof *carry);
        network->cell->forward(&network->layer[k], &track);
        memcpy(carry + k * layer_stride, track.h + steps * states, states * sizeof *carry);
    }
    const struct sterna_track top = track_of(network, window, window->layers - 1, steps);
    sterna_linear_forward(&network->output, steps * window->batch, top.a + states, window->logits);
}

static void layer_backward(const struct sterna_network *network, struct sterna_window *window, size_t k)
{
    const struct sterna_recurrent *layer = &network->layer[k];
    const struct sterna_parameters *parameters = &network->parameters;
    const struct sterna_track track = track_of(network, window, k, window->steps);
    const size_t rows = network->cell->gates * window->hidden;
    float *ih = sterna_parameters_at(parameters, window->gradient, k, STERNA_WEIGHT_IH);
    const struct sterna_cell_gradient gradient = {
        .ih = layer->one_hot ? window->table : ih,
        .hh = sterna_parameters_at(parameters, window->gradient, k, STERNA_WEIGHT_HH),
        .bias_ih = sterna_parameters_at(parameters, window->gradient, k, STERNA_BIAS_IH),
        .bias_hh = sterna_parameters_at(parameters, window->gradient, k, STERNA_BIAS_HH),
        .input = k > 0 ? window->da : NULL,
        .dh = window->dh_step,
    };

    if (layer->one_hot)
        memset(window->table, 0, layer->inputs * rows * sizeof(float));
    network->cell->backward(layer, &track, window->dh, &gradient);
    if (layer->one_hot)
        sterna_product_transpose(layer->inputs, rows, window->table, ih);
}

void sterna_window_backward(const struct sterna_network *network, struct sterna_window *window, float factor,
                            double *loss)
{
    const size_t count = window->steps * window->batch, states = window->batch * window->hidden;
    const struct sterna_parameters *parameters = &network->parameters;
    const struct sterna_track top = track_of(network, window, window->layers - 1, window->steps);

    assert(window->gradient);
    memset(window->gradient, 0, parameters->size * sizeof(float));
    *loss = sterna_loss_gradient(count, window->outputs, window->logits, window->target, factor);
    sterna_linear_backward(
        &network->output, count, top.a + states, window->logits, window->dh,
        sterna_parameters_at(parameters, window->gradient, window->layers, STERNA_LINEAR_WEIGHT),
        sterna_parameters_at(parameters, window->gradient, window->layers, STERNA_LINEAR_BIAS));
    for (size_t k = window->layers; k-- > 0;) {
        layer_backward(network, window, k);
        float *swap =
            window->dh; /* what the layer left for its input is the gradient from above for the next */
        window->dh = window->da;
        window->da = swap;
    }
}
