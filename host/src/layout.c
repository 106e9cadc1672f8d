/* layout.c - see layout.h. Sizes first, then one check per limit of the device. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "protocol.h"

enum {
    BYTE_FIELD = 255, /* counts of a layer header */
    GRU_GATES = 3,
    GRU_SCALES = 6, /* per unit */
    GRU_BIASES = 4,
    SUM_BYTES = 3, /* of a result */
    STEP_HEAD = 6, /* opcode, sequence and arguments of STEP before the inputs */
    REPLY_HEAD = 3,
    ACTIVATION_MAX = 127
};

static size_t divide_up(size_t n, size_t by)
{
    return (n + by - 1) / by;
}

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

static struct sterna_layout_part plan_part(struct sterna_layout *layout, const struct sterna_matrix *matrix)
{
    struct sterna_program program;
    sterna_program_make(matrix->format, &program);
    if (!layout->program_used[matrix->format]) {
        layout->program_used[matrix->format] = true;
        layout->program_at[matrix->format] = layout->program_bytes;
        layout->program_bytes += program.size;
    }
    return (struct sterna_layout_part){
        .matrix = matrix,
        .elements = program.elements,
        .blocks = divide_up(matrix->cols, STERNA_LANES * program.elements),
        .program = layout->program_at[matrix->format],
    };
}

/* As many units per tile as psum has rows for; two parts share a bank. */
static void plan_tiles(struct sterna_layout_stage *stage, const struct sterna_geometry *geometry)
{
    size_t rows = stage->part[STERNA_PART_H].matrix ? geometry->psum_rows / 2 : geometry->psum_rows;
    rows = rows < BYTE_FIELD ? rows : BYTE_FIELD;
    stage->tile_units = rows / stage->gates < stage->units ? rows / stage->gates : stage->units;
    stage->tiles = divide_up(stage->units, stage->tile_units);
}

size_t sterna_layout_tile_units(const struct sterna_layout_stage *stage, size_t tile)
{
    return tile + 1 < stage->tiles ? stage->tile_units
                                   : stage->units - (stage->tiles - 1) * stage->tile_units;
}

static void plan_stages(const struct sterna_model *model, const struct sterna_geometry *geometry,
                        struct sterna_layout *layout)
{
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        struct sterna_layout_stage *stage = &layout->stage[k];
        *stage = (struct sterna_layout_stage){
            .kind = STERNA_KIND_GRU, .layer = layer, .gates = GRU_GATES, .units = layer->hidden};
        stage->part[STERNA_PART_X] = plan_part(layout, &layer->ih);
        stage->part[STERNA_PART_H] = plan_part(layout, &layer->hh);
        plan_tiles(stage, geometry);
        layout->scales += GRU_SCALES * layer->hidden;
        layout->biases += GRU_BIASES * layer->hidden;
        layout->states += layer->hidden;
    }
    struct sterna_layout_stage *output = &layout->stage[model->layers];
    *output =
        (struct sterna_layout_stage){.kind = STERNA_KIND_OUTPUT, .gates = 1, .units = model->output.rows};
    output->part[STERNA_PART_X] = plan_part(layout, &model->output);
    plan_tiles(output, geometry);
}

static size_t part_words(const struct sterna_layout_part *part)
{
    return part->blocks * part->elements;
}

/* Place the input vector and the h buffers; each is as long as the longest padded reading of it. */
static void plan_activations(struct sterna_layout *layout)
{
    size_t word = part_words(&layout->stage[0].part[STERNA_PART_X]);
    layout->input_words = word;
    for (size_t k = 0; k + 1 < layout->stages; k++) {
        struct sterna_layout_stage *stage = &layout->stage[k];
        struct sterna_layout_part *own = &stage->part[STERNA_PART_H], *next = &stage[1].part[STERNA_PART_X];
        size_t words = part_words(own) > part_words(next) ? part_words(own) : part_words(next);
        for (size_t step = 0; step < 2; step++) {
            stage->write[step] = word + step * words;
            own->base[step] = word + (1 - step) * words; /* the old h */
            next->base[step] = stage->write[step];       /* the new one */
        }
        word += 2 * words;
    }
    layout->activation_words = word;
}

static void plan_stream(struct sterna_layout *layout)
{
    layout->cycle_bound = 10000;
    for (size_t k = 0; k < layout->stages; k++) {
        const struct sterna_layout_stage *stage = &layout->stage[k];
        size_t blocks = stage->part[STERNA_PART_X].blocks + stage->part[STERNA_PART_H].blocks;
        size_t rows = stage->units * stage->gates;
        layout->weight_words += STERNA_HEADER_WORDS + rows * blocks;
        layout->ideal_cycles += rows * blocks;
        /* A block takes its rows or the build of its tables, a unit its gates; generous, it only bounds
         * waiting. */
        layout->cycle_bound +=
            2 * rows * blocks + stage->tiles * blocks * 2 * STERNA_PROGRAM_MAX + 200 * stage->units;
    }
}

/* No psum and no table entry may overflow, whatever the activations. */
static enum sterna_status check_sums(const struct sterna_matrix *matrix,
                                     const struct sterna_geometry *geometry, struct sterna_error *error)
{
    uint64_t sum = (uint64_t)matrix->cols * ACTIVATION_MAX * (uint64_t)sterna_format_limit(matrix->format);
    struct sterna_program program;
    sterna_program_make(matrix->format, &program);
    enum sterna_status status = fits(geometry, "as the largest sum of a row", sum,
                                     (UINT64_C(1) << (geometry->psum_w - 1)) - 1, error);
    if (status == STERNA_OK)
        status = fits(geometry, "as the largest entry of a table", sterna_program_reach(&program),
                      (UINT64_C(1) << (geometry->table_w - 1)) - 1, error);
    if (status == STERNA_OK)
        status =
            fits(geometry, "table entries", program.entries, UINT64_C(1) << geometry->entries_log2, error);
    return status;
}

static enum sterna_status check_stage(const struct sterna_layout_stage *stage,
                                      const struct sterna_geometry *geometry, struct sterna_error *error)
{
    if (!(geometry->kinds >> stage->kind & 1u))
        return sterna_fail(error, STERNA_ERR_FIT, "the device \"%s\" has no layers of kind %u",
                           geometry->name, stage->kind);
    enum sterna_status status = fits(geometry, "tiles in a layer", stage->tiles, BYTE_FIELD, error);
    for (size_t i = 0; i < STERNA_PARTS && status == STERNA_OK; i++) {
        const struct sterna_layout_part *part = &stage->part[i];
        if (!part->matrix)
            continue;
        status = fits(geometry, "blocks of columns in a layer", part->blocks, BYTE_FIELD, error);
        if (status == STERNA_OK)
            status = check_sums(part->matrix, geometry, error);
    }
    return status;
}

static enum sterna_status check_memories(const struct sterna_model *model, const struct sterna_layout *layout,
                                         const struct sterna_geometry *geometry, struct sterna_error *error)
{
    const struct {
        const char *what;
        uint64_t need, have;
    } limit[] = {
        {"bytes of weight memory", (uint64_t)layout->weight_words * STERNA_LANES, geometry->weight_bytes},
        {"row scales", layout->scales, geometry->scales},
        {"biases", layout->biases, geometry->biases},
        {"bytes of step programs", layout->program_bytes, geometry->program_bytes},
        {"bytes of activation memory", (uint64_t)layout->activation_words * STERNA_LANES,
         geometry->activation_bytes},
        {"units of recurrent state", layout->states, geometry->states},
        {"bytes for the results of one step", REPLY_HEAD + SUM_BYTES * (uint64_t)model->output.rows,
         geometry->reply_bytes},
        {"bytes for the input of one step",
         STEP_HEAD + (model->one_hot ? 2 : (uint64_t)model->layer[0].inputs), geometry->request_bytes},
    };
    for (size_t i = 0; i < sizeof limit / sizeof *limit; i++) {
        enum sterna_status status = fits(geometry, limit[i].what, limit[i].need, limit[i].have, error);
        if (status != STERNA_OK)
            return status;
    }
    return STERNA_OK;
}

static enum sterna_status check_format(enum sterna_format format, const struct sterna_geometry *geometry,
                                       struct sterna_error *error)
{
    if (format == STERNA_FORMAT_TERNARY || format == STERNA_FORMAT_POW2)
        return STERNA_OK;
    return sterna_fail(error, STERNA_ERR_FIT, "the device \"%s\" has no weights of format %s yet",
                       geometry->name, sterna_format_name(format));
}

/* Cells and formats that the engine cannot run yet; fixed.c runs them all. */
static enum sterna_status check_kinds(const struct sterna_model *model,
                                      const struct sterna_geometry *geometry, struct sterna_error *error)
{
    enum sterna_status status = check_format(model->output.format, geometry, error);
    for (size_t k = 0; k < model->layers && status == STERNA_OK; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        if (layer->cell != STERNA_CELL_GRU)
            return sterna_fail(error, STERNA_ERR_FIT, "the device \"%s\" has no cell of kind %s yet",
                               geometry->name, sterna_cell_name(layer->cell));
        status = check_format(layer->ih.format, geometry, error);
        if (status == STERNA_OK)
            status = check_format(layer->hh.format, geometry, error);
    }
    return status;
}

enum sterna_status sterna_layout_plan(const struct sterna_model *model,
                                      const struct sterna_geometry *geometry, struct sterna_layout *layout,
                                      struct sterna_error *error)
{
    struct sterna_layout plan = {.stages = model->layers + 1};
    enum sterna_status status = check_kinds(model, geometry, error);
    if (status != STERNA_OK)
        return status;
    plan.stage = calloc(plan.stages, sizeof *plan.stage);
    if (!plan.stage)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the layout of %zu layers",
                           plan.stages);
    plan_stages(model, geometry, &plan);
    plan_activations(&plan);
    plan_stream(&plan);
    status = check_memories(model, &plan, geometry, error);
    for (size_t k = 0; k < plan.stages && status == STERNA_OK; k++)
        status = check_stage(&plan.stage[k], geometry, error);
    if (status != STERNA_OK) {
        sterna_layout_free(&plan);
        return status;
    }
    *layout = plan;
    return STERNA_OK;
}

void sterna_layout_free(struct sterna_layout *layout)
{
    free(layout->stage);
    memset(layout, 0, sizeof *layout);
}
