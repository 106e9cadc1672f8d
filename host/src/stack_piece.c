/* stack_piece.c - see stack_piece.h. */
#include "stack_piece.h"

#include <string.h>

#include "codebook.h"
#include "layout.h"

enum { STEP_HEAD = 6, ONE_M = 128, ONE_S = 7, BLOCK_COLUMNS = 40 };

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

enum sterna_status sterna_stack_piece_network(const struct sterna_filters *filters,
                                              const struct sterna_stack_piece *piece,
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

/* ---- cutting ---- */

/* Columns that a step may have; those of a layer that are more are cut into even parts of whole blocks of the engine. */
static size_t part_columns(const struct sterna_matrix *weight, const struct sterna_geometry *geometry)
{
    const size_t block = weight->format == STERNA_FORMAT_CODEBOOK
                             ? STERNA_CODEBOOK_STRIDE * weight->book.elements
                             : BLOCK_COLUMNS;
    if (geometry->tables == 0 || weight->cols + STEP_HEAD <= geometry->request_bytes)
        return weight->cols;
    const size_t most = (geometry->request_bytes - STEP_HEAD) / block * block;
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
    piece->whole = part == layer->cols;
    piece->cols = layer->cols - piece->col < part ? layer->cols - piece->col : part;
    piece->rows = (piece->group + 1) * rows - piece->row;
    return piece->group < layer->groups;
}

static enum sterna_status fit(const struct sterna_model *network, const struct sterna_geometry *geometry,
                              struct sterna_error *error)
{
    struct sterna_layout layout;
    if (geometry->tables == 0) /* fixed.c takes anything */
        return STERNA_OK;
    enum sterna_status status = sterna_layout_plan(network, geometry, &layout, error);
    if (status == STERNA_OK)
        sterna_layout_free(&layout);
    return status;
}

enum sterna_status sterna_stack_piece_next(const struct sterna_model *model, size_t k,
                                           const struct sterna_geometry *geometry,
                                           struct sterna_stack_piece *piece, struct sterna_model **network,
                                           struct sterna_error *error)
{
    const struct sterna_filters *filters = &model->filters[k];
    struct sterna_model *fresh = NULL;
    enum sterna_status status = STERNA_ERR_FIT;

    if (!move_on(&model->stack.layer[k], part_columns(&filters->weight, geometry), piece)) {
        *network = NULL;
        return STERNA_OK;
    }
    for (; status == STERNA_ERR_FIT && piece->rows > 0; piece->rows /= status == STERNA_ERR_FIT ? 2 : 1) {
        status = sterna_stack_piece_network(filters, piece, &fresh, error);
        if (status != STERNA_OK)
            return status;
        status = fit(fresh, geometry, error);
        if (status != STERNA_OK) {
            sterna_model_free(fresh);
            fresh = NULL;
        }
    }
    if (status == STERNA_OK)
        *network = fresh;
    return status;
}
