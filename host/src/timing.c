/* timing.c - see timing.h. Times are cycles since the start of the step; each constant is a latency of the RTL module that
 * its comment names. */
#include "timing.h"

#include <string.h>

#include "protocol.h"

enum {
    BANKS = 2,   /* of tables at most, and of psum */
    HEADER = 7,  /* sequencer, block_walker: from a section's last row to the next one's first build */
    BUILD = 2,   /* table_builder: beyond the program's bytes, until another may start */
    FILLED = 1,  /* table_builder: after that, to the first row that may use the table */
    SPACING = 4, /* row_streamer: blocks start at least this far apart */
    READY =
        6, /* row_streamer, gate_pipeline: from a tile's last row to its first round; a level of adder_tree more each */
    UNIT_HEAD = 5, /* row_streamer: the gates of units begin so much earlier */
    RELEASE = 2,   /* gate_pipeline: from a bank's last round to the row that may use it */
    SEND_ROW = 5,  /* row_sender: cycles for a row, */
    SEND_HEAD = 6, /* and from the begin of a tile of one row until another tile may begin */
    END = 4,       /* sequencer, executor: from the last row to the next step's start */
    PARTS = 2,     /* stream_drain: parts of a tile that may be left when its section is over */
    INPUT_HEAD =
        3, /* executor: from the request's first cycle to its first input, and from there to the start */
    INPUT_NEXT = 3, /* from when the input may be written to its first byte, and from there to the start */
    IDLE =
        4, /* gate_pipeline, network, block_walker: from an empty pipeline to a build that waited for that */
    QUIET = 1,     /* gate_pipeline: from the last result's last cycle until all is said to be done */
    H_WRITTEN = 6, /* gate_pipeline, block_walker: from a write of h until it may be read */
    H_WAIT = 2,    /* executor: by which a pair's h delay what is being written */
    LAST = 2       /* executor: from there to the request's last cycle */
};

/* gate_schedule: cycles of a round, which takes a pair of units; from its start until the pair's h may be read; from its end
 * until the pair has left the pipeline. */
struct rounds {
    unsigned cycles, latency, rest;
};

struct clock {
    const struct sterna_geometry *geometry;
    uint64_t header;                    /* when the section's first build may start */
    uint64_t builder;                   /* when the next build may start */
    uint64_t table_free[BANKS];         /* when the tables of a bank are no more in use */
    unsigned table;                     /* bank to build next */
    uint64_t stream;                    /* when the last block's rows end */
    uint64_t start;                     /* when they started */
    uint64_t psum_free[BANKS];          /* when a bank has been drained */
    unsigned psum;                      /* bank of the present tile */
    uint64_t gates;                     /* when they may begin another tile: then, */
    uint64_t empty;                     /* or whole rounds later, or any time after this */
    uint64_t shown;                     /* when all parts of a tile have been shown to them */
    uint64_t h_begin;                   /* of the tile drained last: its first pair's h, */
    uint64_t h_done;                    /* and its last */
    uint64_t before_begin, before_done; /* the same of the tile before */
    unsigned h_round;
    size_t h_first, h_units;
    struct sterna_timing *timing;
};

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct rounds rounds_of(unsigned kind)
{
    switch (kind) {
    case STERNA_KIND_GRU:
        return (struct rounds){16, 42, 22};
    case STERNA_KIND_LSTM:
        return (struct rounds){24, 55, 28};
    case STERNA_KIND_RNN_TANH:
        return (struct rounds){6, 23, 14};
    default:
        return (struct rounds){6, 20, 10};
    }
}

/* When the new h that a fresh block reads are there. */
static uint64_t h_ready(const struct clock *at, const struct sterna_layout_part *part, size_t block)
{
    const size_t end = (block + 1) * part->elements * at->geometry->tables;
    if (end <= at->h_first)
        return 0;
    if (end > at->h_first + at->h_units) /* beyond the last h: when all is done */
        return later(at->empty, at->gates) + IDLE;
    return at->h_begin + ((end - at->h_first + 1) / 2 - 1) * at->h_round;
}

static void run_block(struct clock *at, const struct sterna_layout_section *section, size_t p, size_t block)
{
    const struct sterna_layout_part *part = &section->part[p];
    const size_t rows = sterna_layout_rows(section);
    const uint64_t may_build = later(at->builder, at->table_free[at->table]);
    uint64_t build = may_build;
    if (section->fresh && p == STERNA_PART_X)
        build = later(build, h_ready(at, part, block));
    const uint64_t built = build + part->program_bytes + BUILD + FILLED;
    const uint64_t free = later(at->stream, at->start + SPACING);
    uint64_t start = later(built, free);
    if (p == STERNA_PART_X && block == 0)
        start = later(start, at->psum_free[at->psum]);
    const uint64_t for_bank = start - later(built, free);
    const uint64_t idle = later(free, at->header); /* from here on, a wait is one for tables or h */
    const uint64_t for_tables = built > idle ? built - idle : 0;
    const uint64_t for_h = build - may_build < for_tables ? build - may_build : for_tables;
    start += start % 2; /* even rows have their turn */
    at->timing->gate_wait += for_bank + for_h;
    at->timing->build_wait += for_tables - for_h;
    at->timing->streaming += rows;
    at->timing->output += section->layer ? 0 : rows;
    at->builder = build + part->program_bytes + BUILD;
    at->start = start;
    at->stream = start + rows;
    at->table_free[at->table] = at->stream;
    at->table ^= at->geometry->table_banks == 2;
}

/* When the gates of a tile whose sums are ready begin. */
static uint64_t round_begins(const struct clock *at, uint64_t ready, unsigned round)
{
    if (ready <= at->gates)
        return at->gates;
    const uint64_t next = at->gates + (ready - at->gates + round - 1) / round * round;
    return later(ready, next < at->empty ? next : at->empty);
}

/* The tile's rows have ended: its gates, or its results. */
static void drain(struct clock *at, const struct sterna_layout_section *section, size_t tile)
{
    const bool parts = at->geometry->streams > 1;
    uint64_t ready = at->stream + READY + parts - (section->layer ? UNIT_HEAD : 0);
    for (size_t tables = at->geometry->tables; tables > 1; tables /= 2)
        ready++;
    const struct rounds rounds = rounds_of(section->kind);
    const uint64_t begin = section->layer ? round_begins(at, ready, rounds.cycles) : later(ready, at->gates);
    const uint64_t pairs = (section->tile_units + 1) / 2;
    uint64_t end = begin + SEND_HEAD + SEND_ROW * (section->tile_units - 1);
    if (section->layer) {
        end = begin + pairs * rounds.cycles;
        at->empty = end + rounds.rest;
        at->before_begin = at->h_begin;
        at->before_done = at->h_done;
        at->h_begin = begin + rounds.latency;
        at->h_done = at->h_begin + (pairs - 1) * rounds.cycles;
        at->h_round = rounds.cycles;
        at->h_first = section->first + tile * section->tile_units;
        at->h_units = section->tile_units;
    }
    at->gates = end;
    if (parts) {
        const size_t last = PARTS * sterna_layout_share(section), before = section->tile_units > last;
        at->shown = before ? end - (end - begin) * last / section->tile_units : begin;
    }
    at->psum_free[at->psum] = end + RELEASE;
    at->psum ^= 1;
}

/* The sections of one step that starts at this cycle. */
static void run_step(struct clock *at, const struct sterna_layout_section *section, size_t sections,
                     uint64_t start)
{
    at->stream = at->shown = at->start = start;
    for (size_t k = 0; k < sections; k++) {
        const uint64_t over = later(at->stream, at->shown);
        at->timing->gate_wait += over - at->stream;
        at->builder = at->header = over + HEADER;
        for (size_t tile = 0; tile < section[k].tiles; tile++) {
            for (size_t p = 0; p < STERNA_PARTS; p++)
                for (size_t block = 0; block < section[k].part[p].blocks; block++)
                    run_block(at, &section[k], p, block);
            drain(at, &section[k], tile);
        }
    }
    at->timing->gate_wait += later(at->stream, at->shown) - at->stream;
}

void sterna_timing_sections(const struct sterna_geometry *geometry,
                            const struct sterna_layout_section *section, size_t sections,
                            struct sterna_timing *timing)
{
    struct clock at = {.geometry = geometry, .timing = timing};
    memset(timing, 0, sizeof *timing);
    run_step(&at, section, sections, 0);
    /* A layer alone ends with its gates: what follows needs its h. */
    const uint64_t over = later(at.stream, at.shown);
    timing->cycles = section[sections - 1].layer ? later(at.h_done, over) : over + END;
    timing->gap = timing->cycles - timing->streaming - timing->build_wait - timing->gate_wait;
}

/* ---- requests ---- */

/* Cycles that the executor takes for a step's input (executor.v). */
static uint64_t input_cycles(const struct sterna_model *model)
{
    enum { BYTE = 2, HOT = 5 };
    return model->one_hot ? HOT : BYTE * sterna_model_inputs(model);
}

size_t sterna_timing_request_steps(const struct sterna_model *model, const struct sterna_geometry *geometry,
                                   size_t outputs)
{
    return sterna_geometry_steps(geometry, sterna_layout_input_bytes(model), STERNA_SUM_BYTES * outputs);
}

/* When an input is in place that would be at `end`, written from `begin` on: new h go first, of a tile from `h` to `last`. */
static uint64_t after_h(uint64_t begin, uint64_t end, uint64_t h, uint64_t last, unsigned round)
{
    for (; h <= last && round > 0; h += round)
        if (h >= begin + H_WRITTEN && h < end + H_WRITTEN)
            end += H_WAIT;
    return end;
}

static uint64_t input_there(const struct clock *at, uint64_t begin, uint64_t cycles)
{
    const uint64_t end = after_h(begin, begin + cycles, at->before_begin, at->before_done, at->h_round);
    return after_h(begin, end, at->h_begin, at->h_done, at->h_round);
}

void sterna_timing_request(const struct sterna_model *model, const struct sterna_geometry *geometry,
                           const struct sterna_layout *layout, size_t steps, struct sterna_timing *timing)
{
    const bool is_final = model->layers > 0; /* the output layer is: it reads what the step has written */
    const uint64_t input = input_cycles(model);
    struct clock at = {.geometry = geometry, .timing = timing};
    uint64_t start = INPUT_HEAD + input, done = 0;

    memset(timing, 0, sizeof *timing);
    for (size_t step = 0; step < steps; step++) {
        run_step(&at, layout->section, layout->sections, start);
        const uint64_t over = later(at.stream, at.shown);
        done = later(at.gates, over) + QUIET;
        if (is_final) {
            start = later(over + END, input_there(&at, at.header + INPUT_NEXT, input));
        } else {
            timing->gate_wait += done - over;
            start = done + INPUT_NEXT + input;
        }
    }
    timing->cycles = done + LAST;
    timing->gap = timing->cycles - timing->streaming - timing->build_wait - timing->gate_wait;
}
