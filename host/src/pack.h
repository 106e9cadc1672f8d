/* pack.h - a model as the image that a device of a given geometry runs (hw/README.md section 1): the weight
 * stream with its layer headers, scales, biases and step programs in the order of use, and the layout of
 * activation memory.
 *
 * Activation memory holds the input vector from word 0, then, layer after layer, two buffers for h: even
 * steps write the first and read the second, odd steps the reverse. A layer that follows reads the new h.
 */
#ifndef STERNA_PACK_H
#define STERNA_PACK_H

#include "model.h"
#include "protocol.h"

enum { STERNA_IMAGE_MEMORIES = STERNA_MEM_PROGRAMS + 1 };

struct sterna_image {
    struct {
        uint8_t *bytes;
        size_t size;
    } memory[STERNA_IMAGE_MEMORIES]; /* by STERNA_MEM_*: weights, scales, biases, programs */
    size_t inputs, outputs;          /* of the model */
    size_t sums;                     /* that the device sends for each output: 1, or 2 (halves.h) */
    size_t activation_bytes;         /* used */
    size_t h_address, h_bytes;       /* the h buffers within them */
    size_t states;
    uint64_t ideal_cycles;  /* of a step: rows x blocks, had every byte the most weights */
    uint64_t output_cycles; /* the output layer's share of them */
    uint64_t step_cycles;   /* that a step takes, one of many in a row, by timing.h */
    uint64_t cycle_bound;   /* a step takes fewer cycles than this, for time-outs */
};

/* Pack the model. STERNA_ERR_FIT names the limit of the device that is exceeded, and by how much. */
STERNA_MUST_CHECK enum sterna_status sterna_pack(const struct sterna_model *model,
                                                 const struct sterna_geometry *geometry,
                                                 struct sterna_image *image, struct sterna_error *error);
void sterna_image_free(struct sterna_image *image);

#endif
