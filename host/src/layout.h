/* layout.h - how a model is cut up for a device: sections, tiles, blocks, addresses. The plan that pack.c writes out.
 *
 * A layer is one section or several, each with a layer header of its own: within a section all tiles are equal. What is
 * chosen is how many units a tile has and how many weights a byte holds: few weights to the byte take more words but
 * shorter builds, which is what tiles of few rows want. timing.c says how long a choice takes.
 */
#ifndef STERNA_LAYOUT_H
#define STERNA_LAYOUT_H

#include "geometry.h"
#include "halves.h"
#include "program.h"

enum { STERNA_PART_X, STERNA_PART_H, STERNA_PARTS };
enum { STERNA_LAYOUT_SECTIONS = 3 }; /* of a layer at most */

/* A matrix of a section: the columns in blocks of TABLES n. */
struct sterna_layout_part {
    const struct sterna_matrix *matrix; /* NULL: no such part */
    size_t elements;                    /* n: words per block */
    size_t blocks;
    size_t base[2];                              /* word where its vector starts, in even and odd steps */
    size_t program_bytes;                        /* its step program's, its end included */
    const struct sterna_layout_program *program; /* of the layout; NULL until it has one */
};

/* A step program in the device's memory; parts of one format and as many weights to the byte share it, and so do equal codebooks. */
struct sterna_layout_program {
    const struct sterna_matrix *matrix; /* the first part's */
    size_t at;                          /* where it starts */
    struct sterna_program program;
};

/* What one layer header describes: units of a recurrent layer, or rows of the output layer. */
struct sterna_layout_section {
    unsigned kind;
    const struct sterna_layer *layer; /* NULL: the output layer */
    size_t gates;                     /* rows per unit */
    size_t first;                     /* unit of the layer */
    size_t streams;                   /* of the device, among which the units of a tile are shared out */
    size_t tile_units, tiles;
    bool fresh;      /* part X reads what this step's layers have written */
    bool continues;  /* the layer's section before this one goes on */
    size_t write[2]; /* word where the layer's new h starts, in even and odd steps */
    struct sterna_layout_part part[STERNA_PARTS];
};

struct sterna_layout {
    struct sterna_matrix *halves; /* of the output layer, where it had to be split; else NULL */
    size_t output_rows;           /* that the device sends */
    size_t sections;
    struct sterna_layout_section *section;
    size_t programs;
    struct sterna_layout_program *program;
    size_t weight_words, scales, biases, program_bytes, activation_words, states; /* needed */
    size_t input_words;     /* of activation memory, before the h buffers */
    uint64_t ideal_cycles;  /* rows x blocks, had every byte the most weights: the engine's own limit */
    uint64_t output_cycles; /* the output layer's share of them */
    uint64_t cycle_bound;
};

/* Plan the model; STERNA_ERR_FIT names the limit that is exceeded, and by how much. */
STERNA_MUST_CHECK enum sterna_status sterna_layout_plan(const struct sterna_model *model,
                                                        const struct sterna_geometry *geometry,
                                                        struct sterna_layout *layout,
                                                        struct sterna_error *error);
void sterna_layout_free(struct sterna_layout *layout);

/* Bytes of a step's input in a request. */
static inline size_t sterna_layout_input_bytes(const struct sterna_model *model)
{
    return model->one_hot ? STERNA_INDEX_BYTES : sterna_model_inputs(model);
}

/* Units (rows of the output layer) of a tile that a stream has; the last that has any may have fewer. */
static inline size_t sterna_layout_share(const struct sterna_layout_section *section)
{
    const size_t share = (section->tile_units + section->streams - 1) / section->streams;
    return section->layer && section->streams > 1 ? (share + 1) / 2 * 2 : share;
}

/* Rows per block of a section: a recurrent layer's units go in pairs, the last perhaps with a unit that does not count. */
static inline size_t sterna_layout_rows(const struct sterna_layout_section *section)
{
    const size_t share = sterna_layout_share(section);
    return section->layer ? (share + 1) / 2 * 2 * section->gates : share;
}

#endif
