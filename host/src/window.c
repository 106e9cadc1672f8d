#include "window.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { ALIGNED_FLOATS = 16, CHUNK = 1024, DRAW_NOISE = 1 << 20, DRAW_INPUT, DRAW_LAYER };

/* ---- memory ---- */

/* Hand out count floats at *used of memory, cache-line aligned; with memory NULL only count. */
static float *carve(float *memory, size_t *used, size_t count)
{
    float *at = memory ? memory + *used : NULL;
    *used += (count + ALIGNED_FLOATS - 1) / ALIGNED_FLOATS * ALIGNED_FLOATS;
    return count ? at : NULL;
}

static void place_layer(const struct sterna_network *network, struct sterna_window *window, size_t k,
                        float *memory, size_t *used)
{
    const struct sterna_recurrent *layer = &network->layer[k];
    const size_t B = window->batch, TB = window->steps * B, H = window->hidden,
                 rows = network->cell->gates * H;
    const size_t norm = layer->norm == STERNA_NORMALIZE_NONE ? 0 : 1;
    const bool keep = k == 0 && network->ends.one_hot && network->dropout_input > 0.0f;
    struct sterna_track *track = &window->track[k];
    struct sterna_product_trace *trace = &window->trace[2 * k];

    track->a = carve(memory, used, TB * H + B * H);
    track->s = carve(memory, used, TB * H + B * H);
    track->saved = carve(memory, used, TB * network->cell->saved * H);
    track->terms = carve(memory, used, sterna_recurrent_needs_terms(layer, keep) ? TB * rows : 0);
    for (size_t which = 0; which < 2; which++) {
        trace[which].inverse = carve(memory, used, norm * (TB > rows ? TB : rows));
        trace[which].normal = carve(memory, used, norm * TB * rows);
        trace[which].mean = carve(memory, used, norm * rows);
        trace[which].variance = carve(memory, used, norm * rows);
    }
    track->x_trace = &trace[0];
    track->h_trace = &trace[1];
}

/* Place every buffer of floats; returns the floats needed. */
static size_t place(const struct sterna_network *network, struct sterna_window *window, bool training,
                    float *memory)
{
    const size_t B = window->batch, TB = window->steps * B, H = window->hidden, I = window->inputs;
    const size_t rows = network->cell->gates * H, dropped = network->dropout > 0.0f ? window->layers - 1 : 0;
    const bool text = network->ends.one_hot;
    size_t used = 0;

    for (size_t k = 0; k < window->layers; k++)
        place_layer(network, window, k, memory, &used);
    window->input = carve(memory, &used, text ? 0 : TB * I);
    window->keep = carve(memory, &used, text && network->dropout_input > 0.0f ? TB : 0);
    window->mask = carve(memory, &used, dropped * TB * H);
    window->above = carve(memory, &used, dropped * TB * H);
    window->pooled = carve(memory, &used, B * H);
    window->logits = carve(memory, &used, (window->head == STERNA_HEAD_NEXT ? TB : B) * window->outputs);
    if (training) {
        window->gradient = carve(memory, &used, network->parameters.size);
        window->dh = carve(memory, &used, TB * H);
        window->da = carve(memory, &used, TB * H);
        window->da_step = carve(memory, &used, B * H);
        window->ds_step = carve(memory, &used, B * H);
        window->quantized = carve(memory, &used, network->backprop_bits ? TB * (I > H ? I : H) : 0);
        window->table = carve(memory, &used, text ? I * rows : 0);
    }
    return used;
}

enum sterna_status sterna_window_new(const struct sterna_network *network, size_t steps, size_t batch,
                                     bool training, struct sterna_window *window, struct sterna_error *error)
{
    assert(steps > 0 && batch > 0);
    const size_t TB = steps * batch, rows = network->cell->gates * network->hidden;
    struct sterna_window fresh = {
        .steps = steps,
        .batch = batch,
        .layers = network->layers,
        .hidden = network->hidden,
        .inputs = network->ends.inputs,
        .outputs = network->ends.outputs,
        .head = network->ends.head,
        .active = sterna_buffer_new(steps, sizeof *fresh.active),
        .symbol = sterna_buffer_new(TB, 1),
        .input8 = network->ends.one_hot ? NULL : sterna_buffer_new(TB * network->ends.inputs, 1),
        .target = sterna_buffer_new(TB, 1),
        .length = sterna_buffer_new(batch, sizeof *fresh.length),
        .index = sterna_buffer_new(batch, sizeof *fresh.index),
        .track = calloc(network->layers, sizeof *fresh.track),
        .trace = calloc(2 * network->layers, sizeof *fresh.trace),
        .sums = sterna_buffer_new(batch * rows, sizeof *fresh.sums),
        .bytes = sterna_buffer_new(network->layers * (TB + batch) * network->hidden, 1),
    };
    if (fresh.track && fresh.trace)
        fresh.memory = sterna_buffer_new(place(network, &fresh, training, NULL), sizeof(float));
    if (!fresh.active || !fresh.symbol || (!network->ends.one_hot && !fresh.input8) || !fresh.target ||
        !fresh.length || !fresh.index || !fresh.sums || !fresh.bytes || !fresh.memory) {
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
    free(window->active);
    free(window->symbol);
    free(window->input8);
    free(window->target);
    free(window->length);
    free(window->index);
    free(window->track);
    free(window->trace);
    free(window->sums);
    free(window->bytes);
    free(window->memory);
    memset(window, 0, sizeof *window);
}

size_t sterna_window_carry(const struct sterna_network *network)
{
    return 2 * network->layers * network->hidden;
}

size_t sterna_window_predictions(const struct sterna_window *window)
{
    return window->head == STERNA_HEAD_NEXT ? window->run_steps * window->run_batch : window->run_batch;
}

/* ---- what comes in ---- */

/* factor[i], by random number first + i: 0 with probability p, else 1 / (1 - p). */
static void draw_mask(const struct sterna_draw *draw, float p, size_t first, size_t count, float *factor)
{
    const float kept = 1.0f / (1.0f - p);

    sterna_philox_uniform(draw, first, count, factor);
    for (size_t i = 0; i < count; i++)
        factor[i] = factor[i] < p ? 0.0f : kept;
}

/* Add deviation times a nearly normal number to each: the sum of four uniform ones has variance 1/3. */
static void add_noise(struct sterna_draw draw, float deviation, size_t count, float *value)
{
    const float factor = deviation * 1.7320508f;
    float uniform[4 * CHUNK];

    for (size_t done = 0; done < count; done += CHUNK) {
        const size_t chunk = count - done < CHUNK ? count - done : CHUNK;
        sterna_philox_uniform(&draw, 4 * done, 4 * chunk, uniform);
        for (size_t i = 0; i < chunk; i++)
            value[done + i] += factor * (uniform[4 * i] + uniform[4 * i + 1] + uniform[4 * i + 2] +
                                         uniform[4 * i + 3] - 2.0f);
    }
}

static void drop_values(const struct sterna_draw *draw, float p, size_t count, float *value)
{
    float factor[CHUNK];

    for (size_t done = 0; done < count; done += CHUNK) {
        const size_t chunk = count - done < CHUNK ? count - done : CHUNK;
        draw_mask(draw, p, done, chunk, factor);
        for (size_t i = 0; i < chunk; i++)
            value[done + i] *= factor[i];
    }
}

static void make_input(const struct sterna_network *network, struct sterna_window *window)
{
    const size_t TB = window->run_steps * window->run_batch, count = TB * window->inputs;
    const float unit = ldexpf(1.0f, -(int)network->ends.fraction);
    struct sterna_draw draw = window->draw;

    draw.tensor += DRAW_INPUT;
    if (network->ends.one_hot) {
        if (window->keep && window->training)
            draw_mask(&draw, network->dropout_input, 0, TB, window->keep);
        return;
    }
    for (size_t i = 0; i < count; i++)
        window->input[i] = (float)window->input8[i] * unit;
    if (window->training && network->noise > 0.0f) {
        struct sterna_draw noise = window->draw;
        noise.tensor += DRAW_NOISE;
        add_noise(noise, network->noise, count, window->input);
    }
    if (window->training && network->dropout_input > 0.0f)
        drop_values(&draw, network->dropout_input, count, window->input);
}

/* ---- through the layers ---- */

static bool drops(const struct sterna_network *network, const struct sterna_window *window)
{
    return window->training && network->dropout > 0.0f && window->layers > 1;
}

struct sterna_track sterna_window_track(const struct sterna_network *network,
                                        const struct sterna_window *window, size_t k)
{
    const size_t B = window->run_batch, states = B * window->hidden;
    const size_t bytes = (window->steps + 1) * window->batch * window->hidden;
    struct sterna_track track = window->track[k];

    track.steps = window->run_steps;
    track.batch = B;
    track.active = window->active;
    track.sums = window->sums;
    track.a8 = window->bytes + k * bytes;
    if (k == 0) {
        track.symbol = window->symbol;
        track.input = window->input;
        track.input8 = window->input8;
        track.keep = window->training ? window->keep : NULL;
        if (network->ends.one_hot && !track.keep && network->layer[0].norm == STERNA_NORMALIZE_NONE)
            track.terms = NULL;
    } else {
        const struct sterna_track *below = &window->track[k - 1];
        track.input = drops(network, window)
                          ? window->above + (k - 1) * window->steps * window->batch * window->hidden
                          : below->a + states;
        track.input8 = window->bytes + (k - 1) * bytes + states;
    }
    return track;
}

/* a of layer k after dropout, for the layer above. */
static void drop(const struct sterna_network *network, struct sterna_window *window, size_t k)
{
    const size_t count = window->run_steps * window->run_batch * window->hidden;
    const size_t at = k * window->steps * window->batch * window->hidden;
    const float *a = window->track[k].a + window->run_batch * window->hidden;
    float *mask = window->mask + at, *above = window->above + at;
    struct sterna_draw draw = window->draw;

    draw.tensor += DRAW_LAYER + (uint32_t)k;
    draw_mask(&draw, network->dropout, 0, count, mask);
    for (size_t i = 0; i < count; i++)
        above[i] = mask[i] * a[i];
}

/* What the output layer sees of sequences: a of the last step, or the mean of a. */
static void pool(struct sterna_window *window)
{
    const size_t H = window->hidden, B = window->run_batch;
    const float *a = window->track[window->layers - 1].a + B * H;

    for (size_t b = 0; b < B; b++) {
        float *to = window->pooled + b * H;
        const size_t length = window->length[b], first = window->head == STERNA_HEAD_LAST ? length - 1 : 0;
        memset(to, 0, H * sizeof *to);
        for (size_t t = first; t < length; t++)
            for (size_t u = 0; u < H; u++)
                to[u] += a[(t * B + b) * H + u];
        for (size_t u = 0; u < H; u++)
            to[u] /= (float)(length - first);
    }
}

static const float *seen_by_output(const struct sterna_window *window)
{
    return window->head == STERNA_HEAD_NEXT
               ? window->track[window->layers - 1].a + window->run_batch * window->hidden
               : window->pooled;
}

void sterna_window_forward(const struct sterna_network *network, struct sterna_window *window, bool training,
                           float *carry, size_t stride)
{
    const size_t states = window->run_batch * window->hidden;

    assert(window->run_steps > 0 && window->run_steps <= window->steps && window->run_batch <= window->batch);
    window->training = training && !network->layer[0].integer;
    make_input(network, window);
    for (size_t k = 0; k < window->layers; k++) {
        const struct sterna_track track = sterna_window_track(network, window, k);
        float *kept[2] = {track.a, track.s};
        for (size_t i = 0; i < 2; i++) {
            if (carry)
                memcpy(kept[i], carry + (2 * k + i) * stride, states * sizeof *carry);
            else
                memset(kept[i], 0, states * sizeof *carry);
        }
        sterna_recurrent_forward(&network->layer[k], &track);
        for (size_t i = 0; carry && i < 2; i++)
            memcpy(carry + (2 * k + i) * stride, kept[i] + window->run_steps * states,
                   states * sizeof *carry);
        if (k + 1 < window->layers && drops(network, window))
            drop(network, window, k);
    }
    if (window->head != STERNA_HEAD_NEXT)
        pool(window);
    sterna_linear_forward(&network->output, sterna_window_predictions(window), seen_by_output(window),
                          window->logits);
}
