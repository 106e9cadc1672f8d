/* machine.h - the memories of an accelerator and a time step on them: an interpreter of the image that pack.c
 * writes, for the software device. It reads layer headers, follows step programs and looks weight bytes up as
 * the hardware does, and shares with fixed.c only the arithmetic of one row and one unit.
 *
 * Any bytes are a valid image in the sense that a step ends and stays within the memories: addresses wrap as
 * the hardware's do, a header with a zero or impossible count ends the step, so does the end of weight
 * memory.
 */
#ifndef STERNA_MACHINE_H
#define STERNA_MACHINE_H

#include "geometry.h"

enum {
    STERNA_MEMORIES = 6,  /* numbered as STERNA_MEM_* */
    STERNA_ENTRIES = 128, /* of a table at most */
    STERNA_PSUM_ROWS = 256,
    STERNA_HEADER_WORDS = 4, /* of 8 bytes each: what is beyond in a word is not looked at */
    STERNA_HEADER_WORD_BYTES = 8
};

struct sterna_machine {
    uint8_t *memory[STERNA_MEMORIES];
    size_t size[STERNA_MEMORIES]; /* bytes */
    unsigned phase;               /* 0 in even steps */
    struct sterna_geometry geometry;
    int16_t table[2 * STERNA_ENTRIES]
                 [STERNA_TABLES_MAX]; /* by code; the upper half of the codes is the lower one negated */
    int32_t psum[STERNA_STREAMS_MAX][STERNA_PSUM_ROWS];
};

/* Where a step's results go: bytes[0 .. size), of which at most capacity are kept. */
struct sterna_results {
    uint8_t *bytes;
    size_t size, capacity;
};

/* Memories of the geometry's sizes, zeroed. */
STERNA_MUST_CHECK enum sterna_status sterna_machine_init(struct sterna_machine *machine,
                                                         const struct sterna_geometry *geometry);
void sterna_machine_free(struct sterna_machine *machine);
/* Activations, states and phase to zero. */
void sterna_machine_clear(struct sterna_machine *machine);
/* One time step; results (may be NULL) receives what the output layers send. */
void sterna_machine_step(struct sterna_machine *machine, struct sterna_results *results);

#endif
