/* stack_piece.c - see stack_piece.h. */
#include "stack_piece.h"

#include <string.h>

#include "codebook.h"
#include "layout.h"
#include "machine.h"
#include "timing.h"

enum { ONE_M = 128, ONE_S = 7, BLOCK_COLUMNS = 40 };

/* ---- adjacent places ---- */

size_t sterna_stack_piece_side(const struct sterna_stack_layer *layer)
{
    return layer->out.width > 1 ? 1 : 0;
}

struct sterna_stack_layer sterna_stack_piece_span(const struct sterna_stack_layer *layer, size_t places)
{
    const size_t side = sterna_stack_piece_side(layer);
    struct sterna_stack_layer span = *layer;
    span.kernel[side] += (places - 1) * layer->stride[side];
    span.cols = span.kernel[0] * span.kernel[1] * layer->in.channels / layer->groups;
    return span;
}

size_t sterna_stack_piece_steps(const struct sterna_stack_layer *layer, size_t places, size_t height)
{
    if (sterna_stack_piece_side(layer) == 0)
        return (height + places - 1) / places;
    return height * ((layer->out.width + places - 1) / places);
}

uint64_t sterna_stack_piece_ideal(const struct sterna_filters *filters,
                                  const struct sterna_geometry *geometry,
                                  const struct sterna_stack_piece *piece)
{
    if (geometry->tables == 0)
        return 0;
    return sterna_geometry_ideal(geometry, &filters->weight, piece->rows,
                                 piece->whole ? filters->weight.cols : piece->cols);
}

/* The filters' weights, once for each place, where its own patch lies in the one of all; scales with them. */
static void copy_places(const struct sterna_stack_layer *layer, const struct sterna_filters *filters,
                        const struct sterna_stack_piece *piece, struct sterna_matrix *to)
{
    const size_t own = layer->in.channels / layer->groups, side = sterna_stack_piece_side(layer);
    const struct sterna_stack_layer span = sterna_stack_piece_span(layer, piece->places);

    for (size_t i = 0; i < piece->places * piece->rows; i++) {
        const size_t row = piece->row + i % piece->rows;
        const size_t shift = i / piece->rows * layer->stride[side];
        const size_t y = side == 0 ? shift : 0, x = side == 1 ? shift : 0;
        const int8_t *from = filters->weight.code + row * layer->cols;
        int8_t *code = to->code + i * span.cols + (y * span.kernel[1] + x) * own;
        for (size_t ky = 0; ky < layer->kernel[0]; ky++)
            memcpy(code + ky * span.kernel[1] * own, from + ky * layer->kernel[1] * own,
                   layer->kernel[1] * own);
        to->scale_m[i] = filters->weight.scale_m[row];
        to->scale_s[i] = filters->weight.scale_s[row];
    }
    to->format = filters->weight.format;
}

/* ---- a piece as a network ---- */

/* The piece begins with a whole block of groups (codebook.h). */
static enum sterna_status copy_codebook(const struct sterna_matrix *from,
                                        const struct sterna_stack_piece *piece, struct sterna_matrix *to,
                                        struct sterna_error *error)
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

static enum sterna_status copy_matrix(const struct sterna_matrix *from,
                                      const struct sterna_stack_piece *piece, struct sterna_matrix *to,
                                      struct sterna_error *error)
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

enum sterna_status sterna_stack_piece_network(const struct sterna_stack_layer *layer,
                                              const struct sterna_filters *filters,
                                              const struct sterna_stack_piece *piece,
                                              struct sterna_model **network, struct sterna_error *error)
{
    static const struct sterna_stack_shape none = {.text = "none"};
    const struct sterna_model_shape shape = {.cell = STERNA_CELL_RNN_RELU,
                                             .inputs = piece->cols,
                                             .hidden = piece->places * piece->rows,
                                             .layers = piece->sums ? 0 : 1,
                                             .outputs = piece->places * piece->rows};
    struct sterna_model *fresh = NULL;

    enum sterna_status status = sterna_model_new_behind(&none, &shape, &fresh, error);
    if (status != STERNA_OK)
        return status;
    struct sterna_matrix *matrix = piece->sums ? &fresh->output : &fresh->layer[0].ih;
    if (piece->places > 1)
        copy_places(layer, filters, piece, matrix);
    else
        status = copy_matrix(&filters->weight, piece, matrix, error);
    if (!piece->sums) {
        for (size_t i = 0; i < matrix->rows; i++)
            fresh->layer[0].bias[i] = filters->bias[piece->row + i % piece->rows];
        fresh->layer[0].hh.cols = 0; /* no recurrence */
        set_identity(&fresh->output);
    }
    if (status == STERNA_OK)
        *network = fresh;
    else
        sterna_model_free(fresh);
    return status;
}

/* ---- cutting ---- */

/* Columns that a step may have; those of a layer that are more are cut into even parts of whole blocks of the engine. */
static size_t part_columns(const struct sterna_matrix *weight, const struct sterna_geometry *geometry)
{
    const size_t block = weight->format == STERNA_FORMAT_CODEBOOK
                             ? STERNA_CODEBOOK_STRIDE * weight->book.elements
                             : BLOCK_COLUMNS;
    if (geometry->tables == 0 || weight->cols <= sterna_geometry_input_room(geometry))
        return weight->cols;
    const size_t most = sterna_geometry_input_room(geometry) / block * block;
    const size_t parts = (weight->cols + most - 1) / most;
    return ((weight->cols + parts - 1) / parts + block - 1) / block * block;
}

/* Behind a piece; rows = 0: at the beginning. false: there is nothing more. */
static bool move_on(const struct sterna_stack_layer *layer, size_t part, struct sterna_stack_piece *piece)
{
    const size_t rows = layer->out.channels / layer->groups;
    if (piece->rows == 0)
        *piece = (struct sterna_stack_piece){.group = 0};
    piece->row += piece->rows;
    if (piece->rows > 0 && piece->row == (piece->group + 1) * rows) {
        piece->row -= rows;
        piece->col += part;
        if (piece->col >= layer->cols) {
            piece->col = 0;
            piece->row = ++piece->group * rows;
        }
    }
    piece->places = 1;
    piece->whole = part == layer->cols;
    piece->sums = !piece->whole;
    piece->cols = layer->cols - piece->col < part ? layer->cols - piece->col : part;
    piece->rows = (piece->group + 1) * rows - piece->row;
    return piece->group < layer->groups;
}

/* What a request takes, and what it brings. */
struct cost {
    uint64_t cycles, places;
};

static bool less(struct cost a, struct cost b)
{
    return a.cycles * b.places < b.cycles * a.places;
}

/* Whether the piece's network fits, and what it costs. The network is the caller's. */
static enum sterna_status fit(const struct sterna_stack_layer *layer, const struct sterna_filters *filters,
                              const struct sterna_stack_piece *piece, const struct sterna_geometry *geometry,
                              struct sterna_model **network, struct cost *cost, struct sterna_error *error)
{
    struct sterna_layout layout;
    struct sterna_timing timing;
    enum sterna_status status = sterna_stack_piece_network(layer, filters, piece, network, error);
    if (status != STERNA_OK || geometry->tables == 0) /* fixed.c takes anything */
        return status;
    status = sterna_layout_plan(*network, geometry, &layout, error);
    if (status != STERNA_OK) {
        sterna_model_free(*network);
        return status;
    }
    const size_t steps = sterna_timing_request_steps(*network, geometry, layout.output_rows);
    sterna_timing_request(*network, geometry, &layout, steps, &timing);
    *cost = (struct cost){timing.cycles, steps * piece->places};
    sterna_layout_free(&layout);
    return STERNA_OK;
}

/* What is tried in the place of a piece, and the best so far. */
struct choice {
    const struct sterna_stack_layer *layer;
    const struct sterna_filters *filters;
    const struct sterna_geometry *geometry;
    struct sterna_stack_piece *piece;
    struct sterna_model **network;
    struct cost best;
};

static enum sterna_status try_piece(struct choice *choice, size_t places, bool sums,
                                    struct sterna_error *error)
{
    struct sterna_stack_piece trial = *choice->piece;
    struct sterna_model *fresh = NULL;
    struct cost cost = {0, 1};
    trial.places = places;
    trial.sums = sums;
    trial.cols = sterna_stack_piece_span(choice->layer, places).cols;
    enum sterna_status status =
        fit(choice->layer, choice->filters, &trial, choice->geometry, &fresh, &cost, error);
    if (status != STERNA_OK)
        return status;
    const bool better = less(cost, choice->best);
    sterna_model_free(better ? *choice->network : fresh);
    if (better) {
        *choice->network = fresh;
        *choice->piece = trial;
        choice->best = cost;
    }
    return STERNA_OK;
}

/* As many places to a step, as activations or as sums, as take the fewest cycles each. Formats without a weight 0, or whose weights are words, have
 * only one place. */
static enum sterna_status widen(struct choice *choice, size_t most, struct sterna_error *error)
{
    const enum sterna_format format = choice->filters->weight.format;

    if (choice->geometry->tables == 0 || !choice->piece->whole)
        return STERNA_OK;
    if (format == STERNA_FORMAT_CODEBOOK || !sterna_format_has(format, 0))
        most = 1;
    for (int sums = 0; sums < 2; sums++) {
        enum sterna_status status = STERNA_OK;
        for (size_t places = 2 - (size_t)sums; places <= most && status == STERNA_OK; places++)
            status = try_piece(choice, places, sums, error);
        if (status != STERNA_OK && status != STERNA_ERR_FIT && status != STERNA_ERR_RANGE)
            return status;
    }
    return STERNA_OK;
}

enum sterna_status sterna_stack_piece_next(const struct sterna_model *model, size_t k,
                                           const struct sterna_geometry *geometry, size_t height,
                                           struct sterna_stack_piece *piece, struct sterna_model **network,
                                           struct sterna_error *error)
{
    const struct sterna_stack_layer *layer = &model->stack.layer[k];
    const struct sterna_filters *filters = &model->filters[k];
    struct sterna_model *fresh = NULL;
    struct sterna_error reason = {""};
    struct choice choice = {layer, filters, geometry, piece, &fresh, {0, 1}};

    if (!move_on(layer, part_columns(&filters->weight, geometry), piece)) {
        *network = NULL;
        return STERNA_OK;
    }
    enum sterna_status status = fit(layer, filters, piece, geometry, &fresh, &choice.best, &reason);
    while (status == STERNA_ERR_FIT && (!piece->sums || piece->rows > 1)) {
        piece->rows =
            piece->sums ? piece->rows / 2 : piece->rows; /* sums want neither gates nor another program */
        piece->sums = !piece->sums || !piece->whole;
        status = fit(layer, filters, piece, geometry, &fresh, &choice.best, &reason);
    }
    if (status == STERNA_OK)
        status = widen(&choice, sterna_stack_piece_side(layer) == 1 ? layer->out.width : height, &reason);
    if (status != STERNA_OK)
        return sterna_fail(error, status, "layer %zu of the stack: %s", k, reason.reason);
    *network = fresh;
    return STERNA_OK;
}
