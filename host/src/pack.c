/* pack.c - see pack.h: writes out what layout.c has planned. */
#include "pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "layout.h"
#include "little_endian.h"
#include "machine.h"
#include "timing.h"

/* One step of a pair of units through the gates: the row of a part and a gate, and if it is the first for its sum the bias that the sum
 * starts with. In the order in which the gates take them (hw/README.md, section 1). */
struct visit {
    unsigned part, gate;
    int bias; /* -1: none */
};
struct tour {
    size_t visits;
    struct visit visit[8];
};

/* Gates and biases are in the model's orders: GRU r, z, n and r, z, xn, hn; LSTM i, f, g, o. */
static const struct tour tour_of[STERNA_CELLS] = {
    [STERNA_CELL_GRU] = {6,
                         {{STERNA_PART_X, 0, 0},
                          {STERNA_PART_H, 0, -1},
                          {STERNA_PART_H, 2, 3},
                          {STERNA_PART_X, 1, 1},
                          {STERNA_PART_H, 1, -1},
                          {STERNA_PART_X, 2, 2}}},
    [STERNA_CELL_LSTM] = {8,
                          {{STERNA_PART_X, 0, 0},
                           {STERNA_PART_H, 0, -1},
                           {STERNA_PART_X, 2, 2},
                           {STERNA_PART_H, 2, -1},
                           {STERNA_PART_X, 1, 1},
                           {STERNA_PART_H, 1, -1},
                           {STERNA_PART_X, 3, 3},
                           {STERNA_PART_H, 3, -1}}},
    [STERNA_CELL_RNN_TANH] = {2, {{STERNA_PART_X, 0, 0}, {STERNA_PART_H, 0, -1}}},
    [STERNA_CELL_RNN_RELU] = {2, {{STERNA_PART_X, 0, 0}, {STERNA_PART_H, 0, -1}}},
    [STERNA_CELL_RNN_SIGN] = {2, {{STERNA_PART_X, 0, 0}, {STERNA_PART_H, 0, -1}}},
};

/* Where the next byte of each stream goes. */
struct writer {
    const struct sterna_geometry *geometry;
    size_t word_bytes; /* of weights, which are written word after word */
    uint8_t *weights, *scales, *biases;
};

static void put_part(uint8_t *header, const struct sterna_layout_part *part)
{
    sterna_put_le16(header, (uint32_t)part->base[0]);
    sterna_put_le16(header + 2, (uint32_t)part->base[1]);
    header[4] = (uint8_t)part->blocks;
    header[5] = (uint8_t)part->elements;
    sterna_put_le16(header + 6, (uint32_t)(part->program ? part->program->at : 0));
}

static void put_header(struct writer *to, const struct sterna_layout_section *section, bool last)
{
    uint8_t header[STERNA_HEADER_WORDS * STERNA_HEADER_WORD_BYTES] = {0};
    header[0] = (uint8_t)section->kind;
    header[1] = (uint8_t)((last ? STERNA_LAYER_LAST : 0) | (section->fresh ? STERNA_LAYER_FRESH : 0) |
                          (section->continues ? STERNA_LAYER_CONTINUES : 0));
    header[2] = (uint8_t)section->tiles;
    header[4] = (uint8_t)sterna_layout_share(section);
    header[6] = (uint8_t)sterna_layout_rows(section);
    sterna_put_le16(header + 8, (uint32_t)section->write[0]);
    sterna_put_le16(header + 10, (uint32_t)section->write[1]);
    sterna_put_le16(header + 12, section->streams > 1 ? (uint32_t)section->tile_units : 0);
    put_part(header + 16, &section->part[STERNA_PART_X]);
    put_part(header + 24, &section->part[STERNA_PART_H]);
    for (size_t i = 0; i < STERNA_HEADER_WORDS; i++, to->weights += to->word_bytes)
        memcpy(to->weights, header + i * STERNA_HEADER_WORD_BYTES, STERNA_HEADER_WORD_BYTES);
}

/* The code of table g: a sign above the number of an entry. */
static unsigned code_of(const struct sterna_geometry *geometry, const struct sterna_layout_part *part,
                        size_t row, size_t block, size_t g)
{
    const struct sterna_matrix *matrix = part->matrix;
    int8_t weights[STERNA_PROGRAM_ELEMENTS];
    unsigned byte;
    if (matrix->format == STERNA_FORMAT_CODEBOOK) {
        const unsigned name = matrix->book.name[row * matrix->book.groups + block * geometry->tables + g];
        byte =
            part->program->program.word[name & (STERNA_CODEBOOK_WORDS - 1)] ^ (name & STERNA_CODEBOOK_NEGATE);
    } else {
        for (size_t j = 0; j < part->elements; j++) {
            const size_t column = (block * part->elements + j) * geometry->tables + g;
            weights[j] = column < matrix->cols ? matrix->code[row * matrix->cols + column] : 0;
        }
        byte = sterna_program_code(matrix->format, part->elements, weights);
    }
    const unsigned sign = (byte & STERNA_PROGRAM_NEGATE) != 0;
    return (byte & ~(unsigned)STERNA_PROGRAM_NEGATE) | sign << geometry->entries_log2;
}

/* A stream's codes, of one matrix row and block, in the word that is being written: code g is of the columns
 * (block n + j) TABLES + g, j = 0..n-1. */
static void put_codes(struct writer *to, const struct sterna_layout_part *part, size_t stream, size_t row,
                      size_t block)
{
    const size_t tables = to->geometry->tables, bits = sterna_geometry_code_bits(to->geometry);
    size_t at = stream * tables * bits; /* bit of the word */
    for (size_t g = 0; g < tables; g++, at += bits) {
        const unsigned shifted = code_of(to->geometry, part, row, block, g) << at % 8;
        to->weights[at / 8] |= (uint8_t)shifted;
        if (shifted > UINT8_MAX)
            to->weights[at / 8 + 1] |= (uint8_t)(shifted >> 8);
    }
}

/* One block of a recurrent layer's tile: pairs of units, in a pair gate by gate, in each stream those of its share. A matrix has its
 * rows gate-major. Where there is no unit, to complete a pair or a share, the codes are zeros. */
static void put_pairs(struct writer *to, const struct sterna_layout_section *section,
                      const struct sterna_layout_part *part, size_t first, size_t block)
{
    const size_t share = sterna_layout_share(section);
    for (size_t pair = 0; pair < share; pair += 2)
        for (size_t gate = 0; gate < section->gates; gate++)
            for (size_t i = pair; i < pair + 2; i++, to->weights += to->word_bytes)
                for (size_t s = 0, unit = i; s < section->streams && unit < section->tile_units;
                     s++, unit += share)
                    put_codes(to, part, s, gate * section->layer->hidden + first + unit, block);
}

static void put_tile(struct writer *to, const struct sterna_layout_section *section,
                     const struct sterna_layout_part *part, size_t first)
{
    const size_t share = sterna_layout_share(section);
    for (size_t block = 0; block < part->blocks; block++) {
        if (section->layer)
            put_pairs(to, section, part, first, block);
        for (size_t i = 0; !section->layer && i < share; i++, to->weights += to->word_bytes)
            for (size_t s = 0, row = i; s < section->streams && row < section->tile_units; s++, row += share)
                put_codes(to, part, s, first + row, block);
    }
}

/* The word of a scale m / 2^s: m is made 128..255, so its top bit goes without saying. What cannot be made so is too small to count:
 * 128 / 2^31 of a sum below 2^23 rounds to 0 as it does. */
static uint16_t scale_word(unsigned m, unsigned s)
{
    for (; m > 0 && m < 128 && s < 31; s++)
        m *= 2;
    return m < 128 ? 31 << 7 : (uint16_t)(s << 7 | (m & 127));
}

/* Scales and biases of a pair, unit by unit in each visit; zeros for a unit that only completes it. */
static void put_pair(struct writer *to, const struct sterna_layer *layer, size_t unit, size_t count)
{
    const struct tour *tour = &tour_of[layer->cell];
    for (size_t v = 0; v < tour->visits; v++) {
        const struct visit *visit = &tour->visit[v];
        const struct sterna_matrix *matrix = visit->part == STERNA_PART_X ? &layer->ih : &layer->hh;
        for (size_t i = 0; i < 2; i++) {
            const size_t row = visit->gate * layer->hidden + unit + i;
            if (i < count)
                sterna_put_le16(to->scales, scale_word(matrix->scale_m[row], matrix->scale_s[row]));
            to->scales += 2;
            if (visit->bias < 0)
                continue;
            if (i < count)
                sterna_put_le16(to->biases,
                                (uint16_t)layer->bias[(size_t)visit->bias * layer->hidden + unit + i]);
            to->biases += 2;
        }
    }
}

static void put_section(struct writer *to, const struct sterna_layout_section *section, bool last)
{
    put_header(to, section, last);
    for (size_t tile = 0; tile < section->tiles; tile++) {
        const size_t first = section->first + tile * section->tile_units;
        for (size_t i = 0; i < STERNA_PARTS; i++)
            put_tile(to, section, &section->part[i], first);
        for (size_t unit = 0; section->layer && unit < section->tile_units; unit += 2)
            put_pair(to, section->layer, first + unit, section->tile_units - unit < 2 ? 1 : 2);
    }
}

static void put_programs(uint8_t *programs, const struct sterna_layout *layout)
{
    for (size_t k = 0; k < layout->programs; k++)
        memcpy(programs + layout->program[k].at, layout->program[k].program.step,
               layout->program[k].program.size);
}

/* Words of several slices fill weight memory slice by slice, all of it. */
static enum sterna_status allocate(struct sterna_image *image, const struct sterna_layout *layout,
                                   const struct sterna_geometry *geometry)
{
    const bool sliced = sterna_geometry_slices(geometry) > 1;
    image->memory[STERNA_MEM_WEIGHTS].size =
        sliced ? geometry->weight_bytes : layout->weight_words * STERNA_SLICE_BYTES;
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

static void fill(struct sterna_image *image, const struct sterna_layout *layout,
                 const struct sterna_geometry *geometry, uint8_t *words)
{
    const size_t slices = sterna_geometry_slices(geometry);
    struct writer to = {
        .geometry = geometry,
        .word_bytes = slices * STERNA_SLICE_BYTES,
        .weights = words,
        .scales = image->memory[STERNA_MEM_SCALES].bytes,
        .biases = image->memory[STERNA_MEM_BIASES].bytes,
    };
    for (size_t k = 0; k < layout->sections; k++)
        put_section(&to, &layout->section[k], k + 1 == layout->sections);
    put_programs(image->memory[STERNA_MEM_PROGRAMS].bytes, layout);
    assert(to.weights == words + layout->weight_words * to.word_bytes);
    for (size_t word = 0; word < layout->weight_words; word++)
        for (size_t i = 0; i < slices; i++)
            memcpy(image->memory[STERNA_MEM_WEIGHTS].bytes + sterna_geometry_slice_at(geometry, word, i),
                   words + (word * slices + i) * STERNA_SLICE_BYTES, STERNA_SLICE_BYTES);
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
    struct sterna_timing timing;
    sterna_timing_sections(geometry, layout.section, layout.sections, &timing);
    struct sterna_image fresh = {
        .inputs = sterna_model_inputs(model),
        .outputs = model->output.rows,
        .sums = layout.halves ? 2 : 1,
        .activation_bytes = layout.activation_words * geometry->tables,
        .h_address = layout.input_words * geometry->tables,
        .h_bytes = (layout.activation_words - layout.input_words) * geometry->tables,
        .states = layout.states,
        .ideal_cycles = layout.ideal_cycles,
        .output_cycles = layout.output_cycles,
        .step_cycles = timing.cycles,
        .cycle_bound = layout.cycle_bound,
    };
    uint8_t *words = calloc(layout.weight_words, sterna_geometry_word_bytes(geometry));
    status = words ? allocate(&fresh, &layout, geometry) : STERNA_ERR_MEMORY;
    if (status == STERNA_OK) {
        fill(&fresh, &layout, geometry, words);
        *image = fresh;
    } else {
        status = sterna_fail(error, status, "out of memory for the image of the model");
    }
    free(words);
    sterna_layout_free(&layout);
    return status;
}

void sterna_image_free(struct sterna_image *image)
{
    for (size_t i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        free(image->memory[i].bytes);
    memset(image, 0, sizeof *image);
}
