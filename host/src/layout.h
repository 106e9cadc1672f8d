/* layout.h - how a model is cut up for a device: tiles, blocks, addresses. The plan that pack.c writes out.
 */
#ifndef STERNA_LAYOUT_H
#define STERNA_LAYOUT_H

#include "program.h"

enum { STERNA_PART_X, STERNA_PART_H, STERNA_PARTS };

/* A matrix of a stage: the columns in blocks of 8 n. */
struct sterna_layout_part {
    const struct sterna_matrix *matrix; /* NULL: no such part */
    size_t elements;                    /* n: words per block */
    size_t blocks;
    size_t base[2]; /* word where its vector starts, in even and odd steps */
    size_t program; /* where its step program starts */
};

/* What one layer header describes: a recurrent layer, or the output layer. */
struct sterna_layout_stage {
    unsigned kind;
    const struct sterna_layer *layer; /* NULL: the output layer */
    size_t gates;                     /* rows per unit */
    size_t units, tile_units, tiles;  /* units in all, of a full tile; tiles of a part */
    size_t write[2];                  /* word where the new h goes, in even and odd steps */
    struct sterna_layout_part part[STERNA_PARTS];
};

struct sterna_layout {
    size_t stages; /* layers + 1 */
    struct sterna_layout_stage *stage;
    size_t program_at[STERNA_FORMATS];
    bool program_used[STERNA_FORMATS];
    size_t weight_words, scales, biases, program_bytes, activation_words, states; /* needed */
    size_t input_words;    /* of activation memory, before the h buffers */
    uint64_t ideal_cycles; /* sum of rows x blocks */
    uint64_t cycle_bound;
};

/* Plan the model; STERNA_ERR_FIT names the limit that is exceeded, and by how much. */
STERNA_MUST_CHECK enum sterna_status sterna_layout_plan(const struct sterna_model *model,
                                                        const struct sterna_geometry *geometry,
                                                        struct sterna_layout *layout,
                                                        struct sterna_error *error);
void sterna_layout_free(struct sterna_layout *layout);

/* Units of a stage's tile, the last of which may be smaller. */
size_t sterna_layout_tile_units(const struct sterna_layout_stage *stage, size_t tile);

#endif
