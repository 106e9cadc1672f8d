/* geometry.h - what a device is made of, and what follows from it: the geometries of the targets, where a weight byte lies, how many
 * weights a code can name.
 *
 * A word of weights has a code for each table of each stream: a sign and an entry's number. It fills slices of 8 bytes, and each
 * slice's words follow each other in the address space of weight memory (hw/README.md, section 1).
 */
#ifndef STERNA_GEOMETRY_H
#define STERNA_GEOMETRY_H

#include "program.h"
#include "protocol.h"

enum {
    STERNA_SLICE_BYTES = 8,
    STERNA_TABLES_MAX = 64, /* of a stream */
    STERNA_STREAMS_MAX = 64,
    STERNA_WORD_MAX = STERNA_STREAMS_MAX * STERNA_TABLES_MAX /* bytes of a word, codes of a byte */
};

/* The geometry of a named target ("up5k"); NULL if there is none of that name. */
const struct sterna_geometry *sterna_geometry_of(const char *target);
/* "up5k, ecp5-25f, ...": for messages. */
const char *sterna_geometry_names(void);

static inline size_t sterna_geometry_code_bits(const struct sterna_geometry *geometry)
{
    return geometry->entries_log2 + 1;
}

static inline size_t sterna_geometry_slices(const struct sterna_geometry *geometry)
{
    const size_t bits = (size_t)geometry->streams * geometry->tables * sterna_geometry_code_bits(geometry);
    return (bits + 63) / 64;
}

/* Bytes of a word of weights. */
static inline size_t sterna_geometry_word_bytes(const struct sterna_geometry *geometry)
{
    return STERNA_SLICE_BYTES * sterna_geometry_slices(geometry);
}

/* Words of weight memory. */
static inline size_t sterna_geometry_words(const struct sterna_geometry *geometry)
{
    return geometry->weight_bytes / sterna_geometry_word_bytes(geometry);
}

/* Where the 8 bytes of a slice of a word lie in weight memory. */
static inline size_t sterna_geometry_slice_at(const struct sterna_geometry *geometry, size_t word,
                                              size_t slice)
{
    return STERNA_SLICE_BYTES * (slice * sterna_geometry_words(geometry) + word);
}

/* Bytes of inputs in a STEP request, and of data in a reply. */
static inline size_t sterna_geometry_input_room(const struct sterna_geometry *geometry)
{
    return geometry->request_bytes - STERNA_REQUEST_HEAD - STERNA_STEP_HEAD;
}

static inline size_t sterna_geometry_reply_room(const struct sterna_geometry *geometry)
{
    return geometry->reply_bytes - STERNA_REPLY_HEAD;
}

/* Steps that a request has room for, each of so many bytes of input and of results; 0: not even one. */
size_t sterna_geometry_steps(const struct sterna_geometry *geometry, size_t input_bytes, size_t result_bytes);

/* The most weights of the format that one code can name: what the tables have entries and bits for; 0: not even one, or a codebook,
 * which says itself. */
size_t sterna_geometry_most(const struct sterna_geometry *geometry, enum sterna_format format);
/* The same of a matrix, one if its own weights are small enough for that; whether the tables can hold its codebook is not looked at. */
size_t sterna_geometry_widest(const struct sterna_geometry *geometry, const struct sterna_matrix *matrix);
/* Cycles to stream so many rows and columns of the matrix, had every code as many weights as it can name. */
uint64_t sterna_geometry_ideal(const struct sterna_geometry *geometry, const struct sterna_matrix *matrix,
                               size_t rows, size_t cols);
/* The largest magnitude of an entry that the matrix names, in tables of this program. Where a code names one weight, entries are the
 * format's levels in turn, and what does not fit lies beyond the matrix's largest. */
uint64_t sterna_geometry_reach(const struct sterna_matrix *matrix, const struct sterna_program *program);

#endif
