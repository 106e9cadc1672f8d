/* timing.c - see timing.h. Times are cycles since the start of the step; each constant is a latency of the RTL module that
 * its comment names. */
#include "timing.h"

#include <string.h>

#include "protocol.h"

enum {
    BANKS = 2,         /* of tables, and of psum */
    HEADER = 6,        /* sequencer: four words, then layer_start */
    WALK = 3,          /* block_walker: from start, or from a block, to the next block */
    BUILD = 2,         /* table_builder: beyond the program's bytes, until another may start */
    FILLED = 1,        /* table_builder: from its last cycle to the first row that may use the table */
    SPACING = 4,       /* row_streamer: blocks start at least this far apart */
    READY = 8,         /* row_streamer: from a tile's last row to tile_ready */
    SEND = 4,          /* row_sender: cycles for a row */
    END = 4,           /* from idle gates to step_done */
    LATENCY_GRU = 39,  /* gate_schedule: from a pair's round to its h */
    LATENCY_LSTM = 53, /* */
    LATENCY_RNN = 18,
    ROUND_GRU = 16, /* gate_schedule: cycles for a pair of units */
    ROUND_LSTM = 24,
    ROUND_RNN = 6,
    LANES = 8,
};

struct clock {
    uint64_t builder;           /* when the next build may start */
    uint64_t table_free[BANKS]; /* when the tables of a bank are no more in use */
    unsigned table;             /* bank to build next */
    uint64_t stream;            /* when the last block's rows end */
    uint64_t last_start;        /* when they started */
    uint64_t psum_free[BANKS];  /* when a bank has been drained */
    unsigned psum;              /* bank of the present tile */
    uint64_t gates;             /* when they may begin another tile */
    uint64_t h_begin, h_pair;   /* of the tile drained last: first pair's h, cycles between pairs */
    uint64_t h_done;            /* when all h are written */
    size_t h_first, h_units;    /* units of the layer before that tile, of that tile */
    uint64_t idle;              /* when gates and results are done */
    struct sterna_timing *timing;
};

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t round_of(unsigned kind)
{
    return kind == STERNA_KIND_GRU ? ROUND_GRU : kind == STERNA_KIND_LSTM ? ROUND_LSTM : ROUND_RNN;
}

static uint64_t latency_of(unsigned kind)
{
    return kind == STERNA_KIND_GRU ? LATENCY_GRU : kind == STERNA_KIND_LSTM ? LATENCY_LSTM : LATENCY_RNN;
}

/* When the new h that a fresh block reads are there. */
static uint64_t h_ready(const struct clock *at, const struct sterna_layout_part *part, size_t block)
{
    const size_t end = (block + 1) * part->elements * LANES;
    if (end <= at->h_first)
        return 0;
    if (end > at->h_first + at->h_units)
        return at->h_done;
    return at->h_begin + (end - at->h_first + 1) / 2 * at->h_pair;
}

static void run_block(struct clock *at, const struct sterna_layout_section *section, size_t p, size_t block)
{
    const struct sterna_layout_part *part = &section->part[p];
    const size_t rows = sterna_layout_rows(section);
    uint64_t start = later(at->builder, at->table_free[at->table]), fresh = start;
    if (section->fresh && p == STERNA_PART_X)
        fresh = later(start, h_ready(at, part, block));
    const uint64_t built = fresh + part->program_bytes + BUILD + FILLED;
    const uint64_t free = later(at->stream, at->last_start + SPACING);
    uint64_t first = later(built, free);
    if (p == STERNA_PART_X && block == 0)
        first = later(first, at->psum_free[at->psum]);
    first += first % 2; /* even rows have their turn */
    const uint64_t waited = first - later(at->stream, 0);
    const uint64_t by_build = built > free ? built - free : 0;
    const uint64_t by_fresh = fresh - start < by_build ? fresh - start : by_build;
    at->timing->gate_wait += by_fresh + (first > later(built, free) + 1 ? first - later(built, free) : 0);
    at->timing->build_wait += by_build - by_fresh;
    (void)waited;
    at->builder = fresh + part->program_bytes + BUILD;
    at->last_start = first;
    at->stream = first + rows;
    at->table_free[at->table] = at->stream;
    at->table ^= 1;
    at->timing->streaming += rows;
}

/* The tile's rows have ended: its gates, or its results. */
static void drain(struct clock *at, const struct sterna_layout_section *section, size_t tile)
{
    uint64_t begin = later(at->stream + READY, at->gates), end;
    if (section->layer) {
        const uint64_t round = round_of(section->kind);
        end = begin + (section->tile_units + 1) / 2 * round + round / 2;
        at->h_begin = begin + latency_of(section->kind);
        at->h_pair = round;
        at->h_first = section->first + tile * section->tile_units;
        at->h_units = section->tile_units;
        at->h_done = end - round + latency_of(section->kind);
        at->idle = later(at->idle, at->h_done);
    } else {
        end = begin + SEND * section->tile_units + SEND;
        at->idle = later(at->idle, end);
    }
    at->gates = end;
    at->psum_free[at->psum] = end;
    at->psum ^= 1;
}

void sterna_timing_sections(const struct sterna_layout_section *section, size_t sections,
                            struct sterna_timing *timing)
{
    struct clock at = {.timing = timing};
    memset(timing, 0, sizeof *timing);
    for (size_t k = 0; k < sections; k++) {
        at.builder = at.stream + HEADER + WALK;
        for (size_t tile = 0; tile < section[k].tiles; tile++) {
            for (size_t p = 0; p < STERNA_PARTS; p++)
                for (size_t block = 0; block < section[k].part[p].blocks; block++)
                    run_block(&at, &section[k], p, block);
            drain(&at, &section[k], tile);
        }
    }
    timing->cycles = later(at.stream, at.idle) + END;
    timing->gate_wait += timing->cycles - END - at.stream;
    timing->gap = timing->cycles - timing->streaming - timing->build_wait - timing->gate_wait;
}
