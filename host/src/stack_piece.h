/* stack_piece.h - the pieces of a convolution that a device takes at once: all filters of a group, or some; on whole patches, or on parts of them
 * where a patch is longer than a request. Where it saves cycles a step takes several adjacent places: their patches overlap and are sent as one, so
 * that the tables built of it serve all of them, each with its own copy of the filters' weights, zeros around them.
 */
#ifndef STERNA_STACK_PIECE_H
#define STERNA_STACK_PIECE_H

#include "model.h"

struct sterna_stack_piece {
    size_t group, row, rows; /* row: of the layer's matrix */
    size_t col, cols;        /* of the patch */
    size_t
        places; /* of a step, side by side: along the width, or along the height of planes that have none */
    bool whole; /* all columns */
    bool
        sums; /* the device hands on sums, the host applies scale, bias and ReLU: where a patch is cut, or where that takes fewer cycles */
};

/* The layer whose patches are those of `places` adjacent places of this one: those at (y, x) begin with the place (y, x) itself. */
struct sterna_stack_layer sterna_stack_piece_span(const struct sterna_stack_layer *layer, size_t places);
/* The side along which places are adjacent: 0 height, 1 width. */
size_t sterna_stack_piece_side(const struct sterna_stack_layer *layer);
/* Steps that a plane of this height behind the layer takes; the last of a row begins earlier than its turn. */
size_t sterna_stack_piece_steps(const struct sterna_stack_layer *layer, size_t places, size_t height);
/* The engine's own limit for one place: a lookup in every table of every stream, codes full of weights, a cycle. 0 without an engine. */
uint64_t sterna_stack_piece_ideal(const struct sterna_filters *filters,
                                  const struct sterna_geometry *geometry,
                                  const struct sterna_stack_piece *piece);
/* The piece as a network: a layer rnn-relu without recurrence, place after place, whose activations an output layer hands on; or, for sums, an
 * output layer alone. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_piece_network(const struct sterna_stack_layer *layer,
                                                                const struct sterna_filters *filters,
                                                                const struct sterna_stack_piece *piece,
                                                                struct sterna_model **network,
                                                                struct sterna_error *error);
/* The piece of layer k that follows *piece (rows = 0: the first) on a device of this geometry (tables = 0: one without limits), and its
 * network; *network NULL: there is none. height: of the lowest plane behind the layer. STERNA_ERR_FIT if not even one filter fits. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_piece_next(const struct sterna_model *model, size_t k,
                                                             const struct sterna_geometry *geometry,
                                                             size_t height, struct sterna_stack_piece *piece,
                                                             struct sterna_model **network,
                                                             struct sterna_error *error);

#endif
