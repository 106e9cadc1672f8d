#include "stack_device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stack_fixed.h"
#include "stack_piece.h"

enum { CHUNK = 64 };

/* One layer's run over all sequences. */
struct pass {
    struct sterna_stack_device *stack;
    size_t k, count;
    const struct sterna_stack_layer *layer;
    const size_t *height; /* [count] of the planes in front */
    const int8_t *from;   /* planes, one after the other */
    int8_t *to;
    int32_t *sums;         /* [places, out.channels] of patches that are cut */
    int8_t *patch, *steps; /* [cols], [CHUNK, cols] */
    int32_t *results;      /* [CHUNK, out.channels] */
    struct sterna_error *error;
};

/* ---- steps ---- */

/* Where the next patch is. */
struct cursor {
    size_t sequence, y, x, plane;
};

static void advance(const struct pass *pass, struct cursor *at)
{
    const struct sterna_stack_layer *layer = pass->layer;
    if (++at->x < layer->out.width)
        return;
    at->x = 0;
    if (++at->y < sterna_stack_layer_height(layer, pass->height[at->sequence]))
        return;
    at->y = 0;
    at->plane += pass->height[at->sequence++] * layer->in.width * layer->in.channels;
}

static size_t places_of(const struct pass *pass)
{
    size_t places = 0;
    for (size_t b = 0; b < pass->count; b++)
        places += sterna_stack_layer_height(pass->layer, pass->height[b]) * pass->layer->out.width;
    return places;
}

/* Results of one step to their place: activations, or sums that are added up. */
static void keep(const struct pass *pass, const struct sterna_stack_piece *piece, size_t place,
                 const int32_t *result)
{
    const size_t at = place * pass->layer->out.channels + piece->row;
    for (size_t r = 0; r < piece->rows; r++) {
        if (piece->whole)
            pass->to[at + r] = (int8_t)result[r];
        else
            pass->sums[at + r] += result[r];
    }
}

static enum sterna_status run_steps(const struct pass *pass, const struct sterna_stack_piece *piece)
{
    const size_t places = places_of(pass);
    struct cursor at = {0};
    enum sterna_status status = STERNA_OK;

    for (size_t done = 0, count; done < places && status == STERNA_OK; done += count) {
        count = places - done < CHUNK ? places - done : CHUNK;
        for (size_t i = 0; i < count; i++, advance(pass, &at)) {
            sterna_patches_gather_int8(pass->layer, pass->height[at.sequence], piece->group,
                                       pass->from + at.plane, at.y, at.x, pass->patch);
            memcpy(pass->steps + i * piece->cols, pass->patch + piece->col, piece->cols);
        }
        status =
            sterna_device_step_dense(pass->stack->device, pass->steps, count, pass->results, pass->error);
        for (size_t i = 0; i < count && status == STERNA_OK; i++)
            keep(pass, piece, done + i, pass->results + i * piece->rows);
    }
    return status;
}

/* ---- pieces ---- */

/* The network becomes the device's. */
static enum sterna_status run_piece(const struct pass *pass, const struct sterna_stack_piece *piece,
                                    struct sterna_model *network)
{
    struct sterna_stack_device *stack = pass->stack;
    struct sterna_load_report report = {.ideal_cycles = 0};

    enum sterna_status status = sterna_device_load(stack->device, network, &report, pass->error);
    if (status != STERNA_OK) {
        sterna_model_free(network);
        return status;
    }
    sterna_model_free(stack->loaded);
    stack->loaded = network;
    status = run_steps(pass, piece);
    stack->steps += places_of(pass);
    stack->ideal_cycles += places_of(pass) * report.ideal_cycles;
    return status;
}

static enum sterna_status convolve(struct pass *pass)
{
    const struct sterna_filters *filters = &pass->stack->model->filters[pass->k];
    const size_t C = pass->layer->out.channels, values = places_of(pass) * C;
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_geometry geometry;
    struct sterna_model *network = NULL;
    enum sterna_status status = STERNA_OK;

    sterna_device_geometry(pass->stack->device, &geometry);
    pass->sums = calloc(values + 1, sizeof *pass->sums);
    if (!pass->sums)
        return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for %zu sums", values);
    do {
        status =
            sterna_stack_piece_next(pass->stack->model, pass->k, &geometry, &piece, &network, pass->error);
        if (status == STERNA_OK && network)
            status = run_piece(pass, &piece, network);
        for (size_t i = 0; status == STERNA_OK && !network && !piece.whole && i < values; i++)
            pass->to[i] = sterna_stack_fixed_activation(filters, i % C, pass->sums[i]);
    } while (status == STERNA_OK && network);
    free(pass->sums);
    pass->sums = NULL;
    return status;
}

/* ---- layers ---- */

/* The layer as stack_fixed.c computes it, on the same planes. */
static void run_fixed(const struct pass *pass, int8_t *to)
{
    const int8_t *from = pass->from;
    for (size_t b = 0; b < pass->count; b++) {
        const size_t after = sterna_stack_layer_height(pass->layer, pass->height[b]);
        sterna_stack_fixed_layer(pass->stack->model, pass->k, pass->height[b], from, pass->patch, to);
        from += pass->height[b] * pass->layer->in.width * pass->layer->in.channels;
        to += after * pass->layer->out.width * pass->layer->out.channels;
    }
}

static enum sterna_status compare(const struct pass *pass, size_t values)
{
    int8_t *expected = malloc(values);
    if (!expected)
        return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for %zu values", values);
    run_fixed(pass, expected);
    pass->stack->values += values;
    for (size_t i = 0; i < values; i++)
        pass->stack->mismatches += expected[i] != pass->to[i];
    free(expected);
    return STERNA_OK;
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
    pass.patch = malloc(layer->cols + 1);
    pass.steps = malloc(CHUNK * layer->cols + 1);
    pass.results = calloc(CHUNK * layer->out.channels, sizeof *pass.results);
    if (!pass.to || !pass.patch || !pass.steps || !pass.results)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu values", values);
    if (status == STERNA_OK && conv)
        status = convolve(&pass);
    else if (status == STERNA_OK)
        run_fixed(&pass, pass.to);
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
