#include "stack_device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "stack_fixed.h"

enum { CHUNK = 64, STEP_HEAD = 6, ONE_M = 128, ONE_S = 7, CELL_COLUMNS = 40 };

/* Some filters of a group, on some columns of their patches. */
struct piece {
    size_t group, row, rows; /* row: of the whole matrix */
    size_t col, cols;
    bool whole; /* all columns: the device applies scale, bias and ReLU too */
};

/* One layer's run over all sequences. */
struct pass {
    struct sterna_stack_device *stack;
    size_t k, count;
    const struct sterna_stack_layer *layer;
    const size_t *height; /* [count] of the planes in front */
    const int8_t *from;   /* planes, one after the other */
    int8_t *to;
    int32_t *sums;         /* [places, out.channels] of layers that are cut by columns; else NULL */
    int8_t *patch, *steps; /* [cols], [CHUNK, cols] */
    int32_t *results;      /* [CHUNK, out.channels] */
    struct sterna_error *error;
};

/* ---- a piece as a network ---- */

/* The piece begins with a whole block of groups (codebook.h). */
static enum sterna_status copy_codebook(const struct sterna_matrix *from, const struct piece *piece,
                                        struct sterna_matrix *to, struct sterna_error *error)
{
    const struct sterna_codebook *book = &from->book;
    const size_t first = piece->col / book->elements;
    enum sterna_status status = sterna_codebook_new(to, book->elements, error);
    if (status != STERNA_OK)
        return status;
    memcpy(to->book.word, book->word, STERNA_CODEBOOK_WORDS * book->elements);
    for (size_t r = 0; r < piece->rows; r++)
        memcpy(to->book.name + r * to->book.groups, book->name + (piece->row + r) * book->groups + first,
               to->book.groups);
    return STERNA_OK;
}

static enum sterna_status copy_matrix(const struct sterna_matrix *from, const struct piece *piece,
                                      struct sterna_matrix *to, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    if (from->format == STERNA_FORMAT_CODEBOOK)
        status = copy_codebook(from, piece, to, error);
    to->format = from->format;
    for (size_t r = 0; r < piece->rows; r++) {
        const size_t row = piece->row + r;
        memcpy(to->code + r * piece->cols, from->code + row * from->cols + piece->col, piece->cols);
        to->scale_m[r] = from->scale_m[row];
        to->scale_s[r] = from->scale_s[row];
    }
    return status;
}

static void set_identity(struct sterna_matrix *matrix)
{
    for (size_t r = 0; r < matrix->rows; r++) {
        matrix->code[r * matrix->cols + r] = 1;
        matrix->scale_m[r] = ONE_M;
        matrix->scale_s[r] = ONE_S;
    }
}

static enum sterna_status make_network(const struct sterna_filters *filters, const struct piece *piece,
                                       struct sterna_model **network, struct sterna_error *error)
{
    static const struct sterna_stack_shape none = {.text = "none"};
    const struct sterna_model_shape shape = {.cell = STERNA_CELL_RNN_RELU,
                                             .inputs = piece->cols,
                                             .hidden = piece->rows,
                                             .layers = piece->whole ? 1 : 0,
                                             .outputs = piece->rows};
    struct sterna_model *fresh = NULL;

    enum sterna_status status = sterna_model_new_behind(&none, &shape, &fresh, error);
    if (status != STERNA_OK)
        return status;
    if (piece->whole) {
        struct sterna_layer *layer = &fresh->layer[0];
        status = copy_matrix(&filters->weight, piece, &layer->ih, error);
        memcpy(layer->bias, filters->bias + piece->row, piece->rows * sizeof *layer->bias);
        layer->hh.cols = 0; /* no recurrence */
        set_identity(&fresh->output);
    } else {
        status = copy_matrix(&filters->weight, piece, &fresh->output, error);
    }
    if (status == STERNA_OK)
        *network = fresh;
    else
        sterna_model_free(fresh);
    return status;
}

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
static void keep(const struct pass *pass, const struct piece *piece, size_t place, const int32_t *result)
{
    const size_t at = place * pass->layer->out.channels + piece->row;
    for (size_t r = 0; r < piece->rows; r++) {
        if (piece->whole)
            pass->to[at + r] = (int8_t)result[r];
        else
            pass->sums[at + r] += result[r];
    }
}

static enum sterna_status run_steps(const struct pass *pass, const struct piece *piece)
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

static enum sterna_status run_piece(const struct pass *pass, const struct piece *piece)
{
    struct sterna_stack_device *stack = pass->stack;
    struct sterna_load_report report = {.ideal_cycles = 0};
    struct sterna_model *network = NULL;

    enum sterna_status status = make_network(&stack->model->filters[pass->k], piece, &network, pass->error);
    if (status == STERNA_OK)
        status = sterna_device_load(stack->device, network, &report, pass->error);
    if (status == STERNA_OK) {
        sterna_model_free(stack->loaded);
        stack->loaded = network;
        network = NULL;
        status = run_steps(pass, piece);
    }
    if (status == STERNA_OK) {
        stack->steps += places_of(pass);
        stack->ideal_cycles += places_of(pass) * report.ideal_cycles;
    }
    sterna_model_free(network);
    return status;
}

/* As many filters at a time as the device takes: a refusal costs nothing, it comes before anything is written. */
static enum sterna_status run_rows(const struct pass *pass, struct piece piece)
{
    const size_t end = piece.row + piece.rows;
    enum sterna_status status = STERNA_OK;

    while (piece.row < end && status == STERNA_OK) {
        piece.rows = piece.rows < end - piece.row ? piece.rows : end - piece.row;
        status = run_piece(pass, &piece);
        if (status == STERNA_ERR_FIT && piece.rows > 1) {
            piece.rows /= 2;
            status = STERNA_OK;
        } else {
            piece.row += piece.rows;
        }
    }
    return status;
}

/* Columns that a step may have; those of a layer that are more are cut into even parts of whole blocks of the engine. */
static size_t part_columns(const struct pass *pass)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(pass->stack->device, &geometry);
    const struct sterna_matrix *weight = &pass->stack->model->filters[pass->k].weight;
    const size_t cols = pass->layer->cols;
    const size_t cell = weight->format == STERNA_FORMAT_CODEBOOK
                            ? STERNA_CODEBOOK_STRIDE * weight->book.elements
                            : CELL_COLUMNS;
    if (geometry.request_bytes == 0 || cols + STEP_HEAD <= geometry.request_bytes)
        return cols;
    const size_t most = (geometry.request_bytes - STEP_HEAD) / cell * cell;
    const size_t parts = (cols + most - 1) / most;
    return ((cols + parts - 1) / parts + cell - 1) / cell * cell;
}

static enum sterna_status convolve(struct pass *pass)
{
    const struct sterna_stack_layer *layer = pass->layer;
    const struct sterna_filters *filters = &pass->stack->model->filters[pass->k];
    const size_t rows = layer->out.channels / layer->groups, part = part_columns(pass);
    const size_t values = places_of(pass) * layer->out.channels;
    enum sterna_status status = STERNA_OK;

    if (part < layer->cols) {
        pass->sums = calloc(values + 1, sizeof *pass->sums);
        if (!pass->sums)
            return sterna_fail(pass->error, STERNA_ERR_MEMORY, "out of memory for %zu sums", values);
    }
    for (size_t g = 0; g < layer->groups && status == STERNA_OK; g++)
        for (size_t col = 0; col < layer->cols && status == STERNA_OK; col += part) {
            const size_t left = layer->cols - col;
            const struct piece piece = {.group = g,
                                        .row = g * rows,
                                        .rows = rows,
                                        .col = col,
                                        .cols = left < part ? left : part,
                                        .whole = part == layer->cols};
            status = run_rows(pass, piece);
        }
    for (size_t i = 0; pass->sums && i < values; i++)
        pass->to[i] = sterna_stack_fixed_activation(filters, i % layer->out.channels, pass->sums[i]);
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
