/* pack.c - see pack.h: writes out what layout.c has planned. */
#include "pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "little_endian.h"
#include "machine.h"

enum { GATE_R, GATE_Z, GATE_N };           /* PyTorch's order of rows */
enum { BIAS_R, BIAS_Z, BIAS_XN, BIAS_HN }; /* the model's order of biases */
enum { HEADER_BYTES = STERNA_HEADER_WORDS * STERNA_LANES };

/* Where the next byte of each stream goes. */
struct writer {
    uint8_t *weights, *scales, *biases;
};

static void put_part(uint8_t *header, const struct sterna_layout_part *part)
{
    sterna_put_le16(header, (uint32_t)part->base[0]);
    sterna_put_le16(header + 2, (uint32_t)part->base[1]);
    header[4] = (uint8_t)part->blocks;
    header[5] = (uint8_t)part->elements;
    sterna_put_le16(header + 6, (uint32_t)part->program);
}

static void put_header(struct writer *to, const struct sterna_layout_stage *stage, bool last)
{
    uint8_t *header = to->weights;
    const size_t units = stage->tile_units, rest = sterna_layout_tile_units(stage, stage->tiles - 1);
    header[0] = (uint8_t)stage->kind;
    header[1] = last ? STERNA_LAYER_LAST : 0;
    header[2] = (uint8_t)stage->tiles;
    header[4] = (uint8_t)units;
    header[5] = (uint8_t)rest;
    header[6] = (uint8_t)(units * stage->gates);
    header[7] = (uint8_t)(rest * stage->gates);
    sterna_put_le16(header + 8, (uint32_t)stage->write[0]);
    sterna_put_le16(header + 10, (uint32_t)stage->write[1]);
    put_part(header + 16, &stage->part[STERNA_PART_X]);
    put_part(header + 24, &stage->part[STERNA_PART_H]);
    to->weights += HEADER_BYTES;
}

/* The word of one matrix row and block: byte g codes the columns block * 8n + 8j + g, j = 0..n-1. */
static void put_word(struct writer *to, const struct sterna_layout_part *part, size_t row, size_t block)
{
    const struct sterna_matrix *matrix = part->matrix;
    const int8_t *code = matrix->code + row * matrix->cols;
    for (size_t g = 0; g < STERNA_LANES; g++) {
        int8_t weights[STERNA_PROGRAM_ELEMENTS];
        for (size_t j = 0; j < part->elements; j++) {
            size_t column = (block * part->elements + j) * STERNA_LANES + g;
            weights[j] = column < matrix->cols ? code[column] : 0;
        }
        *to->weights++ = sterna_program_code(matrix->format, weights);
    }
}

/* One part of a tile: blocks, and in each the rows, unit-major; a matrix has its rows gate-major. */
static void put_tile(struct writer *to, const struct sterna_layout_stage *stage,
                     const struct sterna_layout_part *part, size_t tile)
{
    const size_t first = tile * stage->tile_units, units = sterna_layout_tile_units(stage, tile);
    for (size_t block = 0; block < part->blocks; block++)
        for (size_t unit = first; unit < first + units; unit++)
            for (size_t gate = 0; gate < stage->gates; gate++)
                put_word(to, part, gate * stage->units + unit, block);
}

static void put_scale(struct writer *to, const struct sterna_matrix *matrix, size_t row)
{
    to->scales[0] = matrix->scale_m[row];
    to->scales[1] = matrix->scale_s[row];
    to->scales += 2;
}

static void put_bias(struct writer *to, int16_t bias)
{
    sterna_put_le16(to->biases, (uint16_t)bias);
    to->biases += 2;
}

static void put_gru_unit(struct writer *to, const struct sterna_layer *layer, size_t unit)
{
    const size_t r = GATE_R * layer->hidden + unit, z = GATE_Z * layer->hidden + unit;
    const size_t n = GATE_N * layer->hidden + unit;
    put_scale(to, &layer->ih, r);
    put_scale(to, &layer->hh, r);
    put_scale(to, &layer->hh, n);
    put_scale(to, &layer->ih, n);
    put_scale(to, &layer->ih, z);
    put_scale(to, &layer->hh, z);
    put_bias(to, layer->bias[BIAS_R * layer->hidden + unit]);
    put_bias(to, layer->bias[BIAS_HN * layer->hidden + unit]);
    put_bias(to, layer->bias[BIAS_XN * layer->hidden + unit]);
    put_bias(to, layer->bias[BIAS_Z * layer->hidden + unit]);
}

static void put_stage(struct writer *to, const struct sterna_layout_stage *stage, bool last)
{
    put_header(to, stage, last);
    for (size_t tile = 0; tile < stage->tiles; tile++)
        for (size_t i = 0; i < STERNA_PARTS; i++)
            put_tile(to, stage, &stage->part[i], tile);
    for (size_t unit = 0; stage->layer && unit < stage->units; unit++)
        put_gru_unit(to, stage->layer, unit);
}

static void put_programs(uint8_t *programs, const struct sterna_layout *layout)
{
    struct sterna_program program;
    for (unsigned format = 0; format < STERNA_FORMATS; format++) {
        if (!layout->program_used[format])
            continue;
        sterna_program_make((enum sterna_format)format, &program);
        memcpy(programs + layout->program_at[format], program.step, program.size);
    }
}

static enum sterna_status allocate(struct sterna_image *image, const struct sterna_layout *layout)
{
    image->memory[STERNA_MEM_WEIGHTS].size = layout->weight_words * STERNA_LANES;
    image->memory[STERNA_MEM_SCALES].size = 2 * layout->scales;
    image->memory[STERNA_MEM_BIASES].size = 2 * layout->biases;
    image->memory[STERNA_MEM_PROGRAMS].size = layout->program_bytes;
    for (size_t i = 0; i < STERNA_IMAGE_MEMORIES; i++) {
        image->memory[i].bytes = calloc(image->memory[i].size, 1);
        if (!image->memory[i].bytes) {
            sterna_image_free(image);
            return STERNA_ERR_MEMORY;
        }
    }
    return STERNA_OK;
}

static void fill(struct sterna_image *image, const struct sterna_layout *layout)
{
    struct writer to = {
        .weights = image->memory[STERNA_MEM_WEIGHTS].bytes,
        .scales = image->memory[STERNA_MEM_SCALES].bytes,
        .biases = image->memory[STERNA_MEM_BIASES].bytes,
    };
    for (size_t k = 0; k < layout->stages; k++)
        put_stage(&to, &layout->stage[k], k + 1 == layout->stages);
    put_programs(image->memory[STERNA_MEM_PROGRAMS].bytes, layout);
    assert(to.weights == image->memory[STERNA_MEM_WEIGHTS].bytes + image->memory[STERNA_MEM_WEIGHTS].size);
    assert(to.scales == image->memory[STERNA_MEM_SCALES].bytes + image->memory[STERNA_MEM_SCALES].size);
    assert(to.biases == image->memory[STERNA_MEM_BIASES].bytes + image->memory[STERNA_MEM_BIASES].size);
}

enum sterna_status sterna_pack(const struct sterna_model *model, const struct sterna_geometry *geometry,
                               struct sterna_image *image, struct sterna_error *error)
{
    struct sterna_layout layout;
    enum sterna_status status = sterna_layout_plan(model, geometry, &layout, error);
    if (status != STERNA_OK)
        return status;
    struct sterna_image fresh = {
        .inputs = model->layer[0].inputs,
        .outputs = model->output.rows,
        .activation_bytes = layout.activation_words * STERNA_LANES,
        .h_address = layout.input_words * STERNA_LANES,
        .h_bytes = (layout.activation_words - layout.input_words) * STERNA_LANES,
        .states = layout.states,
        .ideal_cycles = layout.ideal_cycles,
        .cycle_bound = layout.cycle_bound,
    };
    status = allocate(&fresh, &layout);
    if (status == STERNA_OK) {
        fill(&fresh, &layout);
        *image = fresh;
    } else {
        status = sterna_fail(error, status, "out of memory for the image of the model");
    }
    sterna_layout_free(&layout);
    return status;
}

void sterna_image_free(struct sterna_image *image)
{
    for (size_t i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        free(image->memory[i].bytes);
    memset(image, 0, sizeof *image);
}
