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
    const size_t B = window->batch, TB = window->steps * B, H = window->hidden, I = window->frame;
    const size_t wide = H > I ? H : I;
    const size_t rows = network->cell->gates * H, dropped = network->dropout > 0.0f ? window->layers - 1 : 0;
    const bool text = network->ends.one_hot;
    size_t used = 0;

    for (size_t k = 0; k < window->layers; k++)
        place_layer(network, window, k, memory, &used);
    window->input = carve(memory, &used, text ? 0 : window->room * B * window->inputs);
    window->from_stack = carve(memory, &used, network->stack.shape.layers ? TB * I : 0);
    window->keep = carve(memory, &used, text && network->dropout_input > 0.0f ? TB : 0);
    window->mask = carve(memory, &used, dropped * TB * H);
    window->above = carve(memory, &used, dropped * TB * H);
    window->pooled = carve(memory, &used, B * window->top);
    window->logits = carve(memory, &used, (window->head == STERNA_HEAD_NEXT ? TB : B) * window->outputs);
    if (training) {
        window->gradient = carve(memory, &used, network->parameters.size);
        window->dh = carve(memory, &used, TB * wide);
        window->da = carve(memory, &used, TB * wide);
        window->da_step = carve(memory, &used, B * H);
        window->ds_step = carve(memory, &used, B * H);
        window->quantized = carve(memory, &used, network->backprop_bits ? TB * wide : 0);
        window->table = carve(memory, &used, text ? I * rows : 0);
    }
    return used;
}

enum sterna_status sterna_window_new(const struct sterna_network *network, size_t steps, size_t batch,
                                     bool training, struct sterna_window *window, struct sterna_error *error)
{
    assert(steps > 0 && batch > 0);
    const struct sterna_stack_shape *stack = &network->stack.shape;
    const size_t frames = sterna_stack_shape_height(stack, stack->layers, steps), TB = frames * batch;
    const size_t rows = network->cell->gates * network->hidden;
    struct sterna_window fresh = {
        .room = steps,
        .steps = frames,
        .batch = batch,
        .frame = network->frame,
        .top = network->top,
        .layers = network->layers,
        .hidden = network->hidden,
        .inputs = network->ends.inputs,
        .outputs = network->ends.outputs,
        .head = network->ends.head,
        .active = sterna_buffer_new(steps, sizeof *fresh.active),
        .symbol = sterna_buffer_new(steps * batch, 1),
        .input8 = network->ends.one_hot ? NULL : sterna_buffer_new(steps * batch * network->ends.inputs, 1),
        .target = sterna_buffer_new(steps * batch, 1),
        .frame_active = sterna_buffer_new(frames, sizeof *fresh.frame_active),
        .frame_length = sterna_buffer_new(batch, sizeof *fresh.frame_length),
        .from_stack8 = sterna_buffer_new(stack->layers ? TB * network->frame : 0, 1),
        .length = sterna_buffer_new(batch, sizeof *fresh.length),
        .index = sterna_buffer_new(batch, sizeof *fresh.index),
        .track = calloc(network->layers + 1, sizeof *fresh.track),
        .trace = calloc(2 * network->layers + 1, sizeof *fresh.trace),
        .sums = sterna_buffer_new(batch * rows, sizeof *fresh.sums),
        .bytes = sterna_buffer_new(network->layers * (TB + batch) * network->hidden, 1),
    };
    if (fresh.track && fresh.trace)
        fresh.memory = sterna_buffer_new(place(network, &fresh, training, NULL), sizeof(float));
    if (!fresh.active || !fresh.symbol || (!network->ends.one_hot && !fresh.input8) || !fresh.target ||
        !fresh.length || !fresh.index || !fresh.sums || !fresh.bytes || !fresh.memory ||
        !fresh.frame_active || !fresh.frame_length || !fresh.from_stack8 ||
        (stack->layers &&
         sterna_stack_run_new(&network->stack, steps, batch, training, &fresh.stack, NULL) != STERNA_OK)) {
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
    free(window->frame_active);
    free(window->frame_length);
    free(window->from_stack8);
    sterna_stack_run_free(&window->stack);
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

/* ---- through the stack ---- */

/* What the recurrent layers run: the steps themselves, or the frames that the stack leaves of them. */
static void count_frames(const struct sterna_network *network, struct sterna_window *window)
{
    const struct sterna_stack_shape *stack = &network->stack.shape;

    window->frames = sterna_stack_shape_height(stack, stack->layers, window->run_steps);
    if (stack->layers == 0) {
        memcpy(window->frame_active, window->active, window->frames * sizeof *window->active);
        memcpy(window->frame_length, window->length, window->run_batch * sizeof *window->length);
        return;
    }
    memset(window->frame_active, 0, window->frames * sizeof *window->frame_active);
    for (size_t b = 0; b < window->run_batch; b++) {
        window->frame_length[b] = sterna_stack_shape_height(stack, stack->layers, window->length[b]);
        for (size_t t = 0; t < window->frame_length[b]; t++)
            window->frame_active[t]++;
    }
}

/* The window's steps are side by side, the stack's planes one after the other. */
static void run_stack(const struct sterna_network *network, struct sterna_window *window)
{
    const size_t B = window->run_batch, I = window->inputs, F = window->frame;
    const float one = sterna_stack_one(&network->stack, network->stack.shape.layers);
    float *plane = window->stack.value[0];

    for (size_t b = 0; b < B; b++)
        for (size_t t = 0; t < window->length[b]; t++, plane += I)
            memcpy(plane, window->input + (t * B + b) * I, I * sizeof *plane);
    sterna_stack_forward(&network->stack, &window->stack, window->length, B);
    plane = window->stack.value[network->stack.shape.layers];
    memset(window->from_stack, 0, window->frames * B * F * sizeof *plane);
    for (size_t b = 0; b < B; b++)
        for (size_t t = 0; t < window->frame_length[b]; t++, plane += F)
            memcpy(window->from_stack + (t * B + b) * F, plane, F * sizeof *plane);
    for (size_t i = 0; network->integer && i < window->frames * B * F; i++)
        window->from_stack8[i] = (int8_t)(window->from_stack[i] * one);
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

    const bool stack = network->stack.shape.layers > 0;

    track.steps = window->frames;
    track.batch = B;
    track.active = window->frame_active;
    track.sums = window->sums;
    track.a8 = window->bytes + k * bytes;
    if (k == 0) {
        track.symbol = window->symbol;
        track.input = stack ? window->from_stack : window->input;
        track.input8 = stack ? window->from_stack8 : window->input8;
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
    const size_t count = window->frames * window->run_batch * window->hidden;
    const size_t at = k * window->steps * window->batch * window->hidden;
    const float *a = window->track[k].a + window->run_batch * window->hidden;
    float *mask = window->mask + at, *above = window->above + at;
    struct sterna_draw draw = window->draw;

    draw.tensor += DRAW_LAYER + (uint32_t)k;
    draw_mask(&draw, network->dropout, 0, count, mask);
    for (size_t i = 0; i < count; i++)
        above[i] = mask[i] * a[i];
}

const float *sterna_window_steps_of_top(const struct sterna_window *window)
{
    return window->layers ? window->track[window->layers - 1].a + window->run_batch * window->hidden
                          : window->from_stack;
}

/* What the output layer sees of sequences: a of the last step, or the mean of a. */
static void pool(struct sterna_window *window)
{
    const size_t H = window->top, B = window->run_batch;
    const float *a = sterna_window_steps_of_top(window);

    for (size_t b = 0; b < B; b++) {
        float *to = window->pooled + b * H;
        const size_t length = window->frame_length[b],
                     first = window->head == STERNA_HEAD_LAST ? length - 1 : 0;
        memset(to, 0, H * sizeof *to);
        for (size_t t = first; t < length; t++)
            for (size_t u = 0; u < H; u++)
                to[u] += a[(t * B + b) * H + u];
        for (size_t u = 0; u < H; u++)
            to[u] /= (float)(length - first);
    }
}

const float *sterna_window_top(const struct sterna_window *window)
{
    return window->head == STERNA_HEAD_NEXT ? sterna_window_steps_of_top(window) : window->pooled;
}

void sterna_window_forward(const struct sterna_network *network, struct sterna_window *window, bool training,
                           float *carry, size_t stride)
{
    const size_t states = window->run_batch * window->hidden;

    assert(window->run_steps > 0 && window->run_steps <= window->room && window->run_batch <= window->batch);
    window->training = training && !network->integer;
    make_input(network, window);
    count_frames(network, window);
    if (network->stack.shape.layers)
        run_stack(network, window);
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
            memcpy(carry + (2 * k + i) * stride, kept[i] + window->frames * states, states * sizeof *carry);
        if (k + 1 < window->layers && drops(network, window))
            drop(network, window, k);
    }
    if (window->head != STERNA_HEAD_NEXT)
        pool(window);
    sterna_linear_forward(&network->output, sterna_window_predictions(window), sterna_window_top(window),
                          window->logits);
}
