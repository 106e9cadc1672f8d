/* layout.c - see layout.h. Sizes first, then one check per limit of the device. */
#include "layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "machine.h"
#include "protocol.h"
#include "tiling.h"

enum {
    COUNT_FIELD = 255, /* counts of a layer header */
    ACTIVATION_MAX = 127
};

static enum sterna_status fits(const struct sterna_geometry *geometry, const char *what, uint64_t need,
                               uint64_t have, struct sterna_error *error)
{
    if (need <= have)
        return STERNA_OK;
    return sterna_fail(
        error, STERNA_ERR_FIT,
        "the model does not fit the device \"%s\": it needs %llu %s, the device has %llu, %llu too few",
        geometry->name, (unsigned long long)need, what, (unsigned long long)have,
        (unsigned long long)(need - have));
}

static unsigned kind_of(enum sterna_cell cell)
{
    static const unsigned kind[STERNA_CELLS] = {
        [STERNA_CELL_GRU] = STERNA_KIND_GRU,           [STERNA_CELL_LSTM] = STERNA_KIND_LSTM,
        [STERNA_CELL_RNN_TANH] = STERNA_KIND_RNN_TANH, [STERNA_CELL_RNN_RELU] = STERNA_KIND_RNN_RELU,
        [STERNA_CELL_RNN_SIGN] = STERNA_KIND_RNN_SIGN,
    };
    return kind[cell];
}

/* Whether a unit has a 16-bit state beside its activation. */
static bool keeps_state(enum sterna_cell cell)
{
    return cell == STERNA_CELL_GRU || cell == STERNA_CELL_LSTM;
}

static bool shares(const struct sterna_layout_program *program, const struct sterna_layout_part *part)
{
    const struct sterna_matrix *one = program->matrix, *other = part->matrix;
    if (one->format != other->format || program->program.elements != part->elements)
        return false;
    return other->format != STERNA_FORMAT_CODEBOOK || one == other || sterna_codebook_same(one, other);
}

static void plan_program(struct sterna_layout *layout, struct sterna_layout_part *part)
{
    size_t k = 0;
    while (k < layout->programs && !shares(&layout->program[k], part))
        k++;
    struct sterna_layout_program *program = &layout->program[k];
    if (k == layout->programs) {
        sterna_program_of(part->matrix, part->elements, &program->program);
        program->matrix = part->matrix;
        program->at = layout->program_bytes;
        layout->program_bytes += program->program.size;
        layout->programs++;
    }
    part->program = program;
}

/* Cut a layer up, and append its sections to the plan. */
static void plan_layer(struct sterna_layout *layout, const struct sterna_layout_section *whole, size_t units,
                       const struct sterna_geometry *geometry, bool smallest)
{
    struct sterna_layout_section *section = layout->section + layout->sections;
    const size_t sections = sterna_tiling_choose(whole, units, geometry, smallest, section);
    layout->sections += sections;
    for (size_t k = 0; k < sections; k++) {
        const size_t rows = sterna_layout_rows(&section[k]) * section[k].tiles;
        size_t blocks = 0, bytes = 0;
        for (size_t p = 0; p < STERNA_PARTS; p++)
            if (section[k].part[p].matrix) {
                plan_program(layout, &section[k].part[p]);
                blocks += section[k].part[p].blocks;
                bytes += section[k].part[p].blocks * section[k].part[p].program_bytes;
            }
        layout->weight_words += STERNA_HEADER_WORDS + rows * blocks;
        /* A block takes its rows or the build of its tables, a unit its gates; generous, it only bounds
         * waiting. */
        layout->cycle_bound += 2 * rows * blocks + section[k].tiles * (2 * bytes + 100 * blocks) +
                               200 * section[k].tiles * section[k].tile_units;
        if (whole->layer) { /* pairs of units */
            const size_t pairs = section[k].tiles * ((section[k].tile_units + 1) / 2);
            layout->scales += 2 * pairs * 2 * whole->gates;
            layout->biases += 2 * pairs * sterna_cell_biases(whole->layer->cell);
        }
    }
}

static void plan_sections(const struct sterna_model *model, const struct sterna_geometry *geometry,
                          bool smallest, struct sterna_layout *layout)
{
    layout->cycle_bound = 10000;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        struct sterna_layout_section whole = {.kind = kind_of(layer->cell),
                                              .layer = layer,
                                              .gates = sterna_cell_gates(layer->cell),
                                              .streams = geometry->streams,
                                              .fresh = k > 0};
        whole.part[STERNA_PART_X].matrix = &layer->ih;
        whole.part[STERNA_PART_H].matrix = layer->hh.cols ? &layer->hh : NULL;
        plan_layer(layout, &whole, layer->hidden, geometry, smallest);
        layout->states += keeps_state(layer->cell) ? layer->hidden : 0;
        layout->ideal_cycles += sterna_geometry_ideal(geometry, &layer->ih, layer->ih.rows, layer->ih.cols) +
                                sterna_geometry_ideal(geometry, &layer->hh, layer->hh.rows, layer->hh.cols);
    }
    struct sterna_layout_section output = {
        .kind = STERNA_KIND_OUTPUT, .gates = 1, .streams = geometry->streams, .fresh = model->layers > 0};
    const struct sterna_matrix *matrix = layout->halves ? layout->halves : &model->output;
    output.part[STERNA_PART_X].matrix = matrix;
    layout->output_rows = matrix->rows;
    plan_layer(layout, &output, matrix->rows, geometry, smallest);
    layout->output_cycles = sterna_geometry_ideal(geometry, matrix, matrix->rows, matrix->cols);
    layout->ideal_cycles += layout->output_cycles;
}

/* Words of the longest reading of a vector by the sections of one layer. */
static size_t reading(const struct sterna_layout *layout, const struct sterna_layer *layer, size_t p)
{
    size_t most = 0;
    for (size_t k = 0; k < layout->sections; k++) {
        const struct sterna_layout_part *part = &layout->section[k].part[p];
        if (layout->section[k].layer == layer && part->blocks * part->elements > most)
            most = part->blocks * part->elements;
    }
    return most;
}

/* Place the input vector and the h buffers, in the order of layers, each as long as its longest padded reading. */
static void plan_activations(const struct sterna_model *model, struct sterna_layout *layout)
{
    size_t word = reading(layout, model->layers ? &model->layer[0] : NULL, STERNA_PART_X), k = 0;
    size_t below[2] = {0, 0};
    layout->input_words = word;
    for (size_t i = 0; i <= model->layers; i++) {
        const struct sterna_layer *layer = i < model->layers ? &model->layer[i] : NULL;
        const struct sterna_layer *next = i + 1 < model->layers ? &model->layer[i + 1] : NULL;
        const size_t own = layer ? reading(layout, layer, STERNA_PART_H) : 0;
        const size_t above = layer ? reading(layout, next, STERNA_PART_X) : 0;
        const size_t words = own > above ? own : above;
        for (; k < layout->sections && layout->section[k].layer == layer; k++)
            for (size_t step = 0; step < 2; step++) {
                struct sterna_layout_section *section = &layout->section[k];
                section->part[STERNA_PART_X].base[step] = below[step];
                section->write[step] = layer ? word + step * words : 0;
                section->part[STERNA_PART_H].base[step] =
                    layer ? word + (1 - step) * words : 0; /* the old h */
            }
        below[0] = word;
        below[1] = word + words;
        word += 2 * words;
    }
    layout->activation_words = word;
}

/* Which layer a section belongs to, for messages. */
static void name_layer(const struct sterna_model *model, const struct sterna_layout_section *section,
                       char name[32])
{
    if (section->layer)
        snprintf(name, 32, "layer %zu", (size_t)(section->layer - model->layer));
    else
        snprintf(name, 32, "the output layer");
}

/* The largest magnitude that a row's sum can have, whatever the activations; which row that is. */
static uint64_t largest_sum(const struct sterna_matrix *matrix, size_t *which)
{
    uint64_t largest = 0;
    *which = 0;
    for (size_t row = 0; row < matrix->rows; row++) {
        uint64_t sum = 0;
        for (size_t col = 0; col < matrix->cols; col++)
            sum += (uint64_t)abs(matrix->code[row * matrix->cols + col]);
        if (sum > largest) {
            largest = sum;
            *which = row;
        }
    }
    return largest * ACTIVATION_MAX;
}

/* No psum and no table entry may overflow. The worst case is exact: activations are -127..127, each may have its weight's sign, and what a
 * row has summed on the way is never more than the whole. */
static enum sterna_status check_sums(const struct sterna_layout_part *part, const char *layer,
                                     const struct sterna_geometry *geometry, struct sterna_error *error)
{
    const struct sterna_program *program = &part->program->program;
    char what[120];
    size_t row;
    const uint64_t sum = largest_sum(part->matrix, &row);
    if (part->matrix->format == STERNA_FORMAT_CODEBOOK && geometry->tables != STERNA_CODEBOOK_STRIDE)
        return sterna_fail(error, STERNA_ERR_FIT,
                           "the model does not fit the device \"%s\": codebooks are for engines of %d "
                           "tables, this one has %u, and "
                           "%s has one",
                           geometry->name, STERNA_CODEBOOK_STRIDE, geometry->tables, layer);
    snprintf(what, sizeof what, "as the largest sum, of row %zu of %s", row, layer);
    enum sterna_status status = fits(geometry, what, sum, (UINT64_C(1) << (geometry->psum_w - 1)) - 1, error);
    snprintf(what, sizeof what, "as the largest table entry for %s weights in %s",
             sterna_format_name(part->matrix->format), layer);
    if (status == STERNA_OK)
        status = fits(geometry, what, sterna_geometry_reach(part->matrix, program),
                      (UINT64_C(1) << (geometry->table_w - 1)) - 1, error);
    snprintf(what, sizeof what, "table entries for %s weights in %s",
             sterna_format_name(part->matrix->format), layer);
    if (status == STERNA_OK)
        status = fits(geometry, what, program->entries, UINT64_C(1) << geometry->entries_log2, error);
    return status;
}

/* For messages: which of a layer's matrices. */
static const char *part_suffix(const struct sterna_layout_section *section, size_t part)
{
    return !section->layer ? "" : part == STERNA_PART_X ? ", input weights" : ", recurrent weights";
}

static enum sterna_status check_section(const struct sterna_model *model,
                                        const struct sterna_layout_section *section,
                                        const struct sterna_geometry *geometry, struct sterna_error *error)
{
    char layer[32], whose[64], what[80];
    name_layer(model, section, layer);
    if (!(geometry->kinds >> section->kind & 1u))
        return sterna_fail(error, STERNA_ERR_FIT, "the device \"%s\" cannot run %s: it has no cell %s",
                           geometry->name, layer,
                           section->layer ? sterna_cell_name(section->layer->cell) : "output");
    snprintf(what, sizeof what, "tiles in %s", layer);
    enum sterna_status status = fits(geometry, what, section->tiles, COUNT_FIELD, error);
    for (size_t i = 0; i < STERNA_PARTS && status == STERNA_OK; i++) {
        const struct sterna_layout_part *part = &section->part[i];
        if (!part->matrix)
            continue;
        snprintf(what, sizeof what, "blocks of columns in %s", layer);
        snprintf(whose, sizeof whose, "%s%s", layer, part_suffix(section, i));
        status = fits(geometry, what, part->blocks, COUNT_FIELD, error);
        if (status == STERNA_OK)
            status = check_sums(part, whose, geometry, error);
    }
    return status;
}

/* For messages: the matrix whose step program is the longest. */
static void name_program(const struct sterna_model *model, const struct sterna_layout *layout, size_t size,
                         char *name)
{
    const struct sterna_layout_program *longest = NULL;
    const char *part = "";
    char layer[32] = "";
    for (size_t k = 0; k < layout->sections; k++)
        for (size_t p = 0; p < STERNA_PARTS; p++) {
            const struct sterna_layout_section *section = &layout->section[k];
            const struct sterna_layout_program *program = section->part[p].program;
            if (!section->part[p].matrix || (longest && program->program.size <= longest->program.size))
                continue;
            longest = program;
            name_layer(model, section, layer);
            part = part_suffix(section, p);
        }
    (void)snprintf(name, size, "bytes of step programs (the longest, %zu, for %s%s)",
                   longest ? longest->program.size : 0, layer, part);
}

static enum sterna_status check_memories(const struct sterna_model *model, const struct sterna_layout *layout,
                                         const struct sterna_geometry *geometry, struct sterna_error *error)
{
    char programs[120];
    name_program(model, layout, sizeof programs, programs);
    const struct {
        const char *what;
        uint64_t need, have;
    } limit[] = {
        {"bytes of weight memory", (uint64_t)layout->weight_words * sterna_geometry_word_bytes(geometry),
         geometry->weight_bytes},
        {"row scales", layout->scales, geometry->scales},
        {"biases", layout->biases, geometry->biases},
        {programs, layout->program_bytes, geometry->program_bytes},
        {"bytes of activation memory", (uint64_t)layout->activation_words * geometry->tables,
         geometry->activation_bytes},
        {"units of recurrent state", layout->states, geometry->states},
        {"bytes for the results of one step", STERNA_SUM_BYTES * (uint64_t)layout->output_rows,
         sterna_geometry_reply_room(geometry)},
        {"bytes for the input of one step", sterna_layout_input_bytes(model),
         sterna_geometry_input_room(geometry)},
    };
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++) {
        enum sterna_status status = fits(geometry, limit[i].what, limit[i].need, limit[i].have, error);
        if (status != STERNA_OK)
            return status;
    }
    return STERNA_OK;
}

static enum sterna_status plan(const struct sterna_model *model, const struct sterna_geometry *geometry,
                               bool smallest, bool split, struct sterna_layout *layout,
                               struct sterna_error *error)
{
    struct sterna_layout fresh = {.sections = 0};
    fresh.section = calloc((model->layers + 1) * STERNA_LAYOUT_SECTIONS, sizeof *fresh.section);
    fresh.program =
        calloc((model->layers + 1) * STERNA_LAYOUT_SECTIONS * STERNA_PARTS, sizeof *fresh.program);
    fresh.halves = split ? sterna_halves_new(&model->output) : NULL;
    if (!fresh.section || !fresh.program || (split && !fresh.halves)) {
        sterna_layout_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the layout of %zu layers",
                           model->layers);
    }
    plan_sections(model, geometry, smallest, &fresh);
    plan_activations(model, &fresh);
    enum sterna_status status = STERNA_OK;
    for (size_t k = 0; k < fresh.sections && status == STERNA_OK; k++)
        status = check_section(model, &fresh.section[k], geometry, error);
    if (status == STERNA_OK)
        status = check_memories(model, &fresh, geometry, error);
    if (status == STERNA_OK)
        *layout = fresh;
    else
        sterna_layout_free(&fresh);
    return status;
}

/* The fastest plan, or if that does not fit the smallest; the output layer whole, or if neither fits in halves. */
enum sterna_status sterna_layout_plan(const struct sterna_model *model,
                                      const struct sterna_geometry *geometry, struct sterna_layout *layout,
                                      struct sterna_error *error)
{
    enum sterna_status status = plan(model, geometry, false, false, layout, error);
    if (status == STERNA_ERR_FIT)
        status = plan(model, geometry, true, false, layout, error);
    for (int smallest = 0; status == STERNA_ERR_FIT && smallest < 2 && sterna_halves_of(model->output.format);
         smallest++)
        if (plan(model, geometry, smallest, true, layout, NULL) == STERNA_OK)
            return STERNA_OK;
    return status;
}

void sterna_layout_free(struct sterna_layout *layout)
{
    free(layout->section);
    free(layout->program);
    sterna_halves_free(layout->halves);
    memset(layout, 0, sizeof *layout);
}
