/* tiling.c - see tiling.h. Tiles of many rows hide the builds of tables with many weights to the byte. What is left of a layer's
 * units after such tiles goes into one or two sections of one tile, whose bytes may hold fewer. All ways to do that are tried. */
#include "tiling.h"

#include <assert.h>
#include <string.h>

#include "timing.h"

enum {
    COUNT_FIELD = 255,  /* a byte of the layer header */
    BUILD_OVERHEAD = 4, /* cycles of a build beyond its program, to the next one's */
};

struct search {
    const struct sterna_geometry *geometry;
    const struct sterna_layout_section *whole;
    size_t units, most; /* of the layer, of a tile */
    size_t step;        /* units of a full tile are so many, or twice, ...: a pair for each stream */
    bool smallest;
    size_t widest[STERNA_PARTS];                                     /* weights to the code at most */
    size_t program_bytes[STERNA_PARTS][STERNA_PROGRAM_ELEMENTS + 1]; /* by weights to the byte */
    uint64_t best;
    size_t sections;
    struct sterna_layout_section *section; /* the best so far */
};

static size_t divide_up(size_t n, size_t by)
{
    assert(by > 0);
    return (n + by - 1) / by;
}

static void set_elements(const struct search *search, struct sterna_layout_part *part, size_t elements,
                         const size_t *program_bytes)
{
    part->elements = elements;
    part->program_bytes = program_bytes[elements];
    part->blocks = divide_up(part->matrix->cols, search->geometry->tables * elements);
}

/* The weights to the byte with which `rows` rows of the part take the fewest cycles. */
static void choose_elements(const struct search *search, struct sterna_layout_part *part, size_t rows,
                            size_t most, const size_t *program_bytes)
{
    const size_t least = sterna_program_narrowest(part->matrix);
    struct sterna_layout_part best = *part;
    uint64_t fewest = UINT64_MAX;
    for (size_t n = most; n >= least && !(search->smallest && n < most); n--) {
        struct sterna_layout_part trial = *part;
        set_elements(search, &trial, n, program_bytes);
        const uint64_t build = trial.program_bytes + BUILD_OVERHEAD;
        const uint64_t hidden = search->geometry->table_banks == 1 ? 0 : rows < build ? rows : build;
        const uint64_t cycles = trial.blocks * (rows + build - hidden);
        if (cycles < fewest && trial.blocks <= COUNT_FIELD) {
            fewest = cycles;
            best = trial;
        }
    }
    if (fewest ==
        UINT64_MAX) /* too many columns, or no table can hold the format: sterna_layout_plan says so */
        set_elements(search, &best, most ? most : 1, program_bytes);
    *part = best;
}

static struct sterna_layout_section make_section(const struct search *search, size_t first, size_t tile_units,
                                                 size_t tiles)
{
    struct sterna_layout_section section = *search->whole;
    section.first = first;
    section.tile_units = tile_units;
    section.tiles = tiles;
    section.continues = first > 0;
    for (size_t p = 0; p < STERNA_PARTS; p++)
        if (section.part[p].matrix)
            choose_elements(search, &section.part[p], sterna_layout_rows(&section), search->widest[p],
                            search->program_bytes[p]);
    return section;
}

static void judge(struct search *search, const struct sterna_layout_section *section, size_t sections)
{
    struct sterna_timing timing;
    sterna_timing_sections(search->geometry, section, sections, &timing);
    if (timing.cycles >= search->best)
        return;
    search->best = timing.cycles;
    search->sections = sections;
    memcpy(search->section, section, sections * sizeof *section);
}

/* `left` units after the sections made so far: none, one more section of one tile, or two. */
static void finish(struct search *search, struct sterna_layout_section *made, size_t sections, size_t left)
{
    const size_t first = search->units - left;
    if (left == 0) {
        judge(search, made, sections);
        return;
    }
    if (left <= search->most) {
        made[sections] = make_section(search, first, left, 1);
        judge(search, made, sections + 1);
    }
    for (size_t units = search->step; units < left && units <= search->most && !search->smallest;
         units += search->step) {
        if (left - units > search->most)
            continue;
        made[sections] = make_section(search, first, units, 1);
        made[sections + 1] = make_section(search, first + units, left - units, 1);
        judge(search, made, sections + 2);
    }
}

/* Full tiles of `tile` units, as many as leave at most two further tiles, and what is left. */
static void try_tile(struct search *search, size_t tile)
{
    struct sterna_layout_section made[STERNA_LAYOUT_SECTIONS];
    size_t tiles = search->units / tile;
    tiles = tiles < COUNT_FIELD ? tiles : COUNT_FIELD;
    for (; tiles > 0; tiles--) {
        const size_t left = search->units - tiles * tile;
        if (left > 2 * search->most || (search->smallest && left > search->most))
            break;
        made[0] = make_section(search, 0, tile, tiles);
        finish(search, made, 1, left);
    }
}

static void measure_programs(struct search *search)
{
    struct sterna_program program;
    for (size_t p = 0; p < STERNA_PARTS; p++) {
        const struct sterna_matrix *matrix = search->whole->part[p].matrix;
        if (!matrix)
            continue;
        search->widest[p] = sterna_geometry_widest(search->geometry, matrix);
        for (size_t n = sterna_program_narrowest(matrix); n <= sterna_program_widest(matrix); n++) {
            sterna_program_of(matrix, n, &program);
            search->program_bytes[p][n] = program.size;
        }
    }
}

size_t sterna_tiling_choose(const struct sterna_layout_section *whole, size_t units,
                            const struct sterna_geometry *geometry, bool smallest,
                            struct sterna_layout_section *section)
{
    const size_t streams = whole->streams, step = 2 * streams;
    size_t rows = whole->layer ? geometry->psum_rows / 2 : geometry->psum_rows;
    rows = rows < COUNT_FIELD ? rows : COUNT_FIELD;
    struct search search = {.geometry = geometry,
                            .whole = whole,
                            .units = units,
                            .most = streams * (whole->layer ? rows / whole->gates / 2 * 2 : rows),
                            .step = step,
                            .smallest = smallest,
                            .best = UINT64_MAX,
                            .section = section};
    struct sterna_layout_section one[STERNA_LAYOUT_SECTIONS] = {{0}};
    measure_programs(&search);
    finish(&search, one, 0, units);
    for (size_t tile = search.most < units ? search.most : units / step * step; tile >= step; tile -= step) {
        try_tile(&search, tile);
        if (smallest || !whole->layer)
            break;
    }
    if (search.sections == 0) { /* more tiles than a header can count: sterna_layout_plan says so */
        section[0] = make_section(&search, 0, search.most, divide_up(units, search.most));
        search.sections = 1;
    }
    return search.sections;
}
