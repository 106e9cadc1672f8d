#include "stack_device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smaller.h"
#include "stack_fixed.h"
#include "stack_piece.h"

enum { CHUNK = 720 }; /* steps at once: whole requests of 1 to 6, 8, 9, 10 or 12 */

/* One layer's run over all sequences. */
struct pass {
    struct sterna_stack_device *stack;
    size_t k, count;
    const struct sterna_stack_layer *layer;
    const size_t *height; /* [count] of the planes in front */
    const int8_t *from;   /* planes, one after the other */
    int8_t *to;
    int32_t *sums;         /* [places, out.channels] where the device hands on sums */
    int8_t *patch, *steps; /* of the piece that runs: a patch, [CHUNK, cols] */
    int32_t *results;      /* [CHUNK, places x rows] */
    struct sterna_error *error;
};

/* ---- steps ---- */

/* Where the next step is; first: number of its sequence's first place. */
struct cursor {
    size_t sequence, y, x, plane, first;
};

static size_t height_behind(const struct pass *pass, size_t sequence)
{
    return sterna_stack_layer_height(pass->layer, pass->height[sequence]);
}

static void advance(const struct pass *pass, size_t places, struct cursor *at)
{
    const struct sterna_stack_layer *layer = pass->layer;
    const size_t height = height_behind(pass, at->sequence), wide = sterna_stack_piece_side(layer);
    at->x += wide ? places : 0;
    if (wide && at->x < layer->out.width)
        return;
    at->x = 0;
    at->y += wide ? 1 : places;
    if (at->y < height)
        return;
    at->y = 0;
    at->first += height * layer->out.width;
    at->plane += pass->height[at->sequence++] * layer->in.width * layer->in.channels;
}

static size_t places_of(const struct pass *pass)
{
    size_t places = 0;
    for (size_t b = 0; b < pass->count; b++)
        places += height_behind(pass, b) * pass->layer->out.width;
    return places;
}

static size_t steps_of(const struct pass *pass, const struct sterna_stack_piece *piece)
{
    size_t steps = 0;
    for (size_t b = 0; b < pass->count; b++)
        steps += sterna_stack_piece_steps(pass->layer, piece->places, height_behind(pass, b));
    return steps;
}

/* Results of one step to its places, the first of which has this number: activations, or sums, which are added up where a patch is cut and become
 * activations with its last part. */
static void keep(const struct pass *pass, const struct sterna_stack_piece *piece, size_t place,
                 const int32_t *result)
{
    const struct sterna_filters *filters = &pass->stack->model->filters[pass->k];
    const bool last = piece->whole || piece->col + piece->cols == pass->layer->cols;
    for (size_t i = 0; i < piece->places * piece->rows; i++) {
        const size_t at =
            (place + i / piece->rows) * pass->layer->out.channels + piece->row + i % piece->rows;
        if (!piece->sums) {
            pass->to[at] = (int8_t)result[i];
            continue;
        }
        pass->sums[at] = piece->col == 0 ? result[i] : pass->sums[at] + result[i];
        if (last)
            pass->to[at] =
                sterna_stack_fixed_activation(filters, at % pass->layer->out.channels, pass->sums[at]);
    }
}

/* The patch of the step under the cursor; returns the number of its first place, so that all of them are in the plane. */
static size_t send(const struct pass *pass, const struct sterna_stack_piece *piece,
                   const struct sterna_stack_layer *span, const struct cursor *at, int8_t *to)
{
    const size_t wide = sterna_stack_piece_side(pass->layer), height = height_behind(pass, at->sequence);
    const size_t x = wide ? sterna_smaller(at->x, pass->layer->out.width - piece->places) : 0;
    const size_t y = wide ? at->y : sterna_smaller(at->y, height - piece->places);
    sterna_patches_gather_int8(span, pass->height[at->sequence], piece->group, pass->from + at->plane, y, x,
                               pass->patch);
    memcpy(to, pass->patch + piece->col, piece->cols);
    return at->first + y * pass->layer->out.width + x;
}

static enum sterna_status run_steps(const struct pass *pass, const struct sterna_stack_piece *piece)
{
    const struct sterna_stack_layer span = sterna_stack_piece_span(pass->layer, piece->places);
    const size_t steps = steps_of(pass, piece), results = piece->places * piece->rows;
    size_t place[CHUNK];
    struct cursor at = {0};
    enum sterna_status status = STERNA_OK;

    for (size_t done = 0, count; done < steps && status == STERNA_OK; done += count) {
        count = sterna_smaller(steps - done, CHUNK);
        for (size_t i = 0; i < count; i++, advance(pass, piece->places, &at))
            place[i] = send(pass, piece, &span, &at, pass->steps + i * piece->cols);
        status =
            sterna_device_step_dense(pass->stack->device, pass->steps, count, pass->results, pass->error);
        for (size_t i = 0; i < count && status == STERNA_OK; i++)
            keep(pass, piece, place[i], pass->results + i * results);
    }
    return status;
}

/* Room for patches, steps and results of a piece. */
static enum sterna_status make_room(struct pass *pass, const struct sterna_stack_piece *piece)
{
    const size_t cols = sterna_stack_piece_span(pass->layer, piece->places).cols;
    free(pass->patch);
    free(pass->steps);
    free(pass->results);
    pass->patch = malloc(cols);
    pass->steps = malloc(CHUNK * cols);
    pass->results = calloc(CHUNK * piece->places * piece->rows, sizeof *pass->results);
    if (pass->patch && pass->steps && pass->results)
        return STERNA_OK;
    return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for patches of %zu values", cols);
}

/* ---- pieces ---- */

/* The network becomes the device's. */
static enum sterna_status run_piece(struct pass *pass, const struct sterna_stack_piece *piece,
                                    struct sterna_model *network)
{
    struct sterna_stack_device *stack = pass->stack;

    enum sterna_status status = make_room(pass, piece);
    if (status == STERNA_OK)
        status = sterna_device_load(stack->device, network, NULL, pass->error);
    if (status != STERNA_OK) {
        sterna_model_free(network);
        return status;
    }
    sterna_model_free(stack->loaded);
    stack->loaded = network;
    status = run_steps(pass, piece);
    stack->steps += steps_of(pass, piece);
    return status;
}

static enum sterna_status convolve(struct pass *pass)
{
    const struct sterna_filters *filters = &pass->stack->model->filters[pass->k];
    const size_t values = places_of(pass) * pass->layer->out.channels;
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_geometry geometry;
    struct sterna_model *network = NULL;
    size_t lowest = SIZE_MAX;
    enum sterna_status status = STERNA_OK;

    for (size_t b = 0; b < pass->count; b++)
        lowest = sterna_smaller(lowest, height_behind(pass, b));
    sterna_device_geometry(pass->stack->device, &geometry);
    pass->sums = calloc(values + 1, sizeof *pass->sums);
    if (!pass->sums)
        return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for %zu sums", values);
    do {
        status = sterna_stack_piece_next(pass->stack->model, pass->k, &geometry, lowest, &piece, &network,
                                         pass->error);
        if (status == STERNA_OK && network) {
            status = run_piece(pass, &piece, network);
            pass->stack->ideal_cycles +=
                places_of(pass) * sterna_stack_piece_ideal(filters, &geometry, &piece);
        }
    } while (status == STERNA_OK && network);
    free(pass->sums);
    pass->sums = NULL;
    return status;
}

/* ---- layers ---- */

/* The layer as stack_fixed.c computes it, on the same planes. */
static enum sterna_status run_fixed(const struct pass *pass, int8_t *to)
{
    const int8_t *from = pass->from;
    int8_t *patch = malloc(pass->layer->cols);
    if (!patch)
        return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for a patch");
    for (size_t b = 0; b < pass->count; b++) {
        const size_t after = sterna_stack_layer_height(pass->layer, pass->height[b]);
        sterna_stack_fixed_layer(pass->stack->model, pass->k, pass->height[b], from, patch, to);
        from += pass->height[b] * pass->layer->in.width * pass->layer->in.channels;
        to += after * pass->layer->out.width * pass->layer->out.channels;
    }
    free(patch);
    return STERNA_OK;
}

static enum sterna_status compare(const struct pass *pass, size_t values)
{
    int8_t *expected = malloc(values);
    if (!expected)
        return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for %zu values", values);
    const enum sterna_status status = run_fixed(pass, expected);
    pass->stack->values += values;
    for (size_t i = 0; i < values && status == STERNA_OK; i++)
        pass->stack->mismatches += expected[i] != pass->to[i];
    free(expected);
    return status;
}

/* Through layer k: *plane becomes what is behind it, height its heights. */
static enum sterna_status run_layer(struct sterna_stack_device *stack, size_t k, size_t *height, size_t count,
                                    int8_t **plane, struct sterna_error *error)
{
    const struct sterna_stack_layer *layer = &stack->model->stack.layer[k];
    struct pass pass = {.stack = stack,
                        .k = k,
                        .count = count,
                        .layer = layer,
                        .height = height,
                        .from = *plane,
                        .error = error};
    const size_t values = places_of(&pass) * layer->out.channels;
    const bool conv = layer->kind == STERNA_STACK_CONV;
    enum sterna_status status = STERNA_OK;

    pass.to = malloc(values + 1);
    if (!pass.to)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu values", values);
    if (status == STERNA_OK && conv)
        status = convolve(&pass);
    else if (status == STERNA_OK)
        status = run_fixed(&pass, pass.to);
    if (status == STERNA_OK && conv && stack->compare)
        status = compare(&pass, values);
    if (status == STERNA_OK) {
        free(*plane);
        *plane = pass.to;
        pass.to = NULL;
        for (size_t b = 0; b < count; b++)
            height[b] = sterna_stack_layer_height(layer, height[b]);
    }
    free(pass.to);
    free(pass.patch);
    free(pass.steps);
    free(pass.results);
    return status;
}

static void free_frames(struct sterna_stack_device *stack)
{
    free(stack->frames);
    free(stack->start);
    stack->frames = NULL;
    stack->start = NULL;
}

enum sterna_status sterna_stack_device_run(struct sterna_stack_device *stack,
                                           const struct sterna_sequence_set *set, size_t first, size_t count,
                                           struct sterna_error *error)
{
    const struct sterna_stack_shape *shape = &stack->model->stack;
    const size_t *start = set->start + first;
    const size_t bytes = (start[count] - start[0]) * shape->inputs;
    enum sterna_status status = STERNA_OK;

    free_frames(stack);
    size_t *height = calloc(count + 1, sizeof *height);
    stack->start = calloc(count + 1, sizeof *stack->start);
    stack->frames = malloc(bytes + 1);
    if (!height || !stack->start || !stack->frames)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu sequences", count);
    for (size_t b = 0; b < count && status == STERNA_OK; b++) {
        height[b] = start[b + 1] - start[b];
        status = sterna_stack_shape_check(shape, height[b], error);
    }
    if (status == STERNA_OK)
        memcpy(stack->frames, set->frames + start[0] * shape->inputs, bytes);
    for (size_t k = 0; k < shape->layers && status == STERNA_OK; k++)
        status = run_layer(stack, k, height, count, &stack->frames, error);
    for (size_t b = 0; b < count && status == STERNA_OK; b++)
        stack->start[b + 1] = stack->start[b] + height[b];
    free(height);
    return status;
}

void sterna_stack_device_free(struct sterna_stack_device *stack)
{
    free_frames(stack);
    sterna_model_free(stack->loaded);
    stack->loaded = NULL;
}
