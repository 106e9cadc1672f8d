/* program.h - what a weight byte means: for each format, the step program that fills the tables of sums, and
 * the byte that names the sum of n given weights (hw/README.md, "Step programs").
 *
 * A format of evenly coded levels is one more row of the table in program.c.
 */
#ifndef STERNA_PROGRAM_H
#define STERNA_PROGRAM_H

#include "model.h"

enum {
    STERNA_PROGRAM_MAX = 8192,    /* bytes of the longest program, its end included */
    STERNA_PROGRAM_STEPS = 8,     /* of the shortest */
    STERNA_PROGRAM_ENTRIES = 128, /* of a table at most */
    STERNA_PROGRAM_ELEMENTS = 8,  /* activations that one table can sum at most */
    STERNA_PROGRAM_NEGATE = 0x80, /* of a weight byte: the entry's negative */
    STERNA_STEP_WRITE = 0x80,     /* fields of a step */
    STERNA_STEP_SUBTRACT = 0x40,
    STERNA_STEP_NOTHING = 7, /* shift k that adds nothing */
    STERNA_STEP_END = STERNA_STEP_NOTHING << 3
};

struct sterna_program {
    size_t elements; /* n: weights per byte, activation words per block */
    size_t entries;  /* of a table that the program writes */
    size_t size;     /* bytes, the end included */
    uint8_t step[STERNA_PROGRAM_MAX];
    uint8_t word[STERNA_PROGRAM_ENTRIES]; /* of a codebook: the byte of each word */
};

/* The most weights that a byte of the format can hold: binary 8, ternary 5, pow2 and int4 2, int8 1; 0 of a codebook, which
 * says itself. */
size_t sterna_program_most(enum sterna_format format);
/* The program for `elements` weights to the byte, 1 to the most: fewer have fewer sums to build. At least 8 steps and the
 * end byte. */
void sterna_program_make(enum sterna_format format, size_t elements, struct sterna_program *program);
/* The byte of `elements` weights (canonical codes of the format). Where there is no column, take code 0: its activation
 * is 0 as well, which matters for binary, which has no weight 0. */
uint8_t sterna_program_code(enum sterna_format format, size_t elements, const int8_t *weights);
/* The weights of a matrix to the byte: most, and least; a codebook's are as many as a word has elements. */
size_t sterna_program_widest(const struct sterna_matrix *matrix);
size_t sterna_program_narrowest(const struct sterna_matrix *matrix);
/* The program for a matrix, `elements` of whose weights are in a byte. A codebook's words are put in an order that makes
 * it short. */
void sterna_program_of(const struct sterna_matrix *matrix, size_t elements, struct sterna_program *program);
/* The largest magnitude that T reaches on the way, given activations of at most 127. */
uint64_t sterna_program_reach(const struct sterna_program *program);

/* The parts of a step. */
static inline unsigned sterna_step_shift(uint8_t step)
{
    return step >> 3 & 7u;
}

static inline unsigned sterna_step_element(uint8_t step)
{
    return step & 7u;
}

#endif
