/* stack_piece.h - the pieces of a convolution that a device takes at once: all filters of a group, or some; on whole patches, or on parts of them
 * where a patch is longer than a request.
 */
#ifndef STERNA_STACK_PIECE_H
#define STERNA_STACK_PIECE_H

#include "model.h"

struct sterna_stack_piece {
    size_t group, row, rows; /* row: of the layer's matrix */
    size_t col, cols;
    bool whole; /* all columns: the device applies scale, bias and ReLU too */
};

/* The piece as a network: a layer rnn-relu without recurrence, whose activations an output layer hands on; or, of a part of the columns, an
 * output layer alone, whose sums are the piece's. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_piece_network(const struct sterna_filters *filters,
                                                                const struct sterna_stack_piece *piece,
                                                                struct sterna_model **network,
                                                                struct sterna_error *error);
/* The piece of layer k that follows *piece (rows = 0: the first) on a device of this geometry (tables = 0: one without limits), and its
 * network; *network NULL: there is none. STERNA_ERR_FIT if not even one filter fits. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_piece_next(const struct sterna_model *model, size_t k,
                                                             const struct sterna_geometry *geometry,
                                                             struct sterna_stack_piece *piece,
                                                             struct sterna_model **network,
                                                             struct sterna_error *error);

#endif
