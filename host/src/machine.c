/* machine.c - see machine.h; the order of everything is that of hw/README.md, section 1. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "fixed.h"
#include "little_endian.h"
#include "program.h"
#include "protocol.h"

enum { PART_X, PART_H, PARTS };
enum { VISITS = 8, BIASES = 4 };

struct part {
    size_t base;     /* word where its vector starts, in this phase */
    size_t blocks;   /* 0: no such part */
    size_t elements; /* words per block */
    size_t program;
};

struct layer {
    unsigned kind;
    bool last, continues;
    size_t tiles;
    size_t units, rows; /* of a stream in a tile */
    size_t total;       /* units of all streams in a tile */
    size_t write;       /* word where the new h goes, in this phase */
    struct part part[PARTS];
};

/* What only counts up during a step. */
struct cursor {
    size_t word; /* of weight memory */
    size_t scale, bias, unit;
    size_t h; /* byte of activation memory where the next h8 goes */
};

enum sterna_status sterna_machine_init(struct sterna_machine *machine, const struct sterna_geometry *geometry)
{
    memset(machine, 0, sizeof *machine);
    machine->geometry = *geometry;
    const size_t size[STERNA_MEMORIES] = {
        [STERNA_MEM_WEIGHTS] = geometry->weight_bytes,
        [STERNA_MEM_SCALES] = 2 * (size_t)geometry->scales,
        [STERNA_MEM_BIASES] = 2 * (size_t)geometry->biases,
        [STERNA_MEM_PROGRAMS] = geometry->program_bytes,
        [STERNA_MEM_ACTIVATIONS] = geometry->activation_bytes,
        [STERNA_MEM_STATE] = 2 * (size_t)geometry->states,
    };
    for (size_t i = 0; i < STERNA_MEMORIES; i++) {
        machine->size[i] = size[i];
        machine->memory[i] = calloc(size[i], 1);
        if (!machine->memory[i]) {
            sterna_machine_free(machine);
            return STERNA_ERR_MEMORY;
        }
    }
    return STERNA_OK;
}

void sterna_machine_free(struct sterna_machine *machine)
{
    for (size_t i = 0; i < STERNA_MEMORIES; i++) {
        free(machine->memory[i]);
        machine->memory[i] = NULL;
    }
}

void sterna_machine_clear(struct sterna_machine *machine)
{
    memset(machine->memory[STERNA_MEM_ACTIVATIONS], 0, machine->size[STERNA_MEM_ACTIVATIONS]);
    memset(machine->memory[STERNA_MEM_STATE], 0, machine->size[STERNA_MEM_STATE]);
    machine->phase = 0;
}

/* Two bytes of a memory of 16-bit words, its index wrapping. */
static uint8_t *word16(const struct sterna_machine *machine, unsigned memory, size_t index)
{
    return machine->memory[memory] + 2 * (index % (machine->size[memory] / 2));
}

/* The part's fields of a header; false if there is such a part but it makes no sense. */
static bool read_part(const uint8_t *header, unsigned phase, struct part *part)
{
    part->base = sterna_get_le16(header + 2 * phase);
    part->blocks = header[4];
    part->elements = header[5];
    part->program = sterna_get_le16(header + 6);
    return part->blocks == 0 || (part->elements >= 1 && part->elements <= STERNA_PROGRAM_ELEMENTS);
}

/* The 8 bytes of a slice of a word of weights. */
static const uint8_t *slice(const struct sterna_machine *machine, size_t word, size_t number)
{
    return machine->memory[STERNA_MEM_WEIGHTS] + sterna_geometry_slice_at(&machine->geometry, word, number);
}

/* Read the header at the cursor and step over it; false at the end of memory or if it makes no sense. */
static bool read_layer(const struct sterna_machine *machine, struct cursor *at, struct layer *layer)
{
    uint8_t header[STERNA_HEADER_WORDS * STERNA_HEADER_WORD_BYTES];
    if (at->word + STERNA_HEADER_WORDS > sterna_geometry_words(&machine->geometry))
        return false;
    for (size_t i = 0; i < STERNA_HEADER_WORDS; i++)
        memcpy(header + i * STERNA_HEADER_WORD_BYTES, slice(machine, at->word++, 0),
               STERNA_HEADER_WORD_BYTES);
    layer->kind = header[0];
    layer->last = (header[1] & STERNA_LAYER_LAST) != 0;
    layer->continues = (header[1] & STERNA_LAYER_CONTINUES) != 0;
    layer->tiles = header[2];
    layer->units = header[4];
    layer->rows = header[6];
    layer->write = sterna_get_le16(header + 8 + 2 * machine->phase);
    layer->total = machine->geometry.streams == 1 ? layer->units : sterna_get_le16(header + 12);
    bool parts = read_part(header + 16, machine->phase, &layer->part[PART_X]) &&
                 read_part(header + 24, machine->phase, &layer->part[PART_H]);
    return parts && layer->kind < STERNA_KINDS && layer->tiles > 0 && layer->units > 0 && layer->total > 0 &&
           layer->total <= layer->units * machine->geometry.streams && layer->rows > 0 &&
           layer->part[PART_X].blocks > 0;
}

static int16_t signed_byte(uint8_t byte)
{
    return (int16_t)((byte ^ 0x80) - 0x80);
}

/* The sum as an entry of the table holds it: its lowest bits. */
static int16_t entry_of(const struct sterna_machine *machine, uint32_t sum)
{
    const uint32_t sign = 1u << (machine->geometry.table_w - 1);
    return (int16_t)(((sum & (2 * sign - 1)) ^ sign) - sign);
}

/* Fill the tables for the block whose words start at base. T wraps at the bits of a table's entry. */
static void build_tables(struct sterna_machine *machine, size_t base, const struct part *part)
{
    const uint8_t *activations = machine->memory[STERNA_MEM_ACTIVATIONS];
    const size_t tables = machine->geometry.tables, entries = (size_t)1 << machine->geometry.entries_log2;
    const size_t words = machine->size[STERNA_MEM_ACTIVATIONS] / tables;
    int16_t x[STERNA_PROGRAM_ELEMENTS][STERNA_TABLES_MAX] = {{0}};
    for (size_t j = 0; j < part->elements; j++)
        for (size_t lane = 0; lane < tables; lane++)
            x[j][lane] = signed_byte(activations[(base + j) % words * tables + lane]);

    uint32_t sum[STERNA_TABLES_MAX] = {0};
    size_t next = 0;
    for (size_t at = part->program; at < machine->size[STERNA_MEM_PROGRAMS]; at++) {
        const uint8_t step = machine->memory[STERNA_MEM_PROGRAMS][at];
        const unsigned shift = sterna_step_shift(step);
        const bool write = (step & STERNA_STEP_WRITE) != 0;
        if (shift == STERNA_STEP_NOTHING && !write)
            break;
        const int unit = step & STERNA_STEP_SUBTRACT ? -1 : 1;
        const int factor = shift == STERNA_STEP_NOTHING ? 0 : unit * (1 << shift);
        const int16_t *term = x[sterna_step_element(step)];
        for (size_t lane = 0; lane < tables; lane++)
            sum[lane] += (uint32_t)(factor * term[lane]);
        if (!write)
            continue;
        for (size_t lane = 0; lane < tables; lane++) {
            machine->table[next][lane] = entry_of(machine, sum[lane]);
            machine->table[next + entries][lane] = (int16_t)-machine->table[next][lane];
        }
        next = (next + 1) % entries;
    }
}

/* Add the sums that a word of codes names to a row of each stream. */
static void add_row(struct sterna_machine *machine, const uint8_t *word, size_t row)
{
    const size_t tables = machine->geometry.tables, bits = sterna_geometry_code_bits(&machine->geometry);
    size_t at = 0; /* bit of the word */
    for (size_t s = 0; s < machine->geometry.streams; s++) {
        int32_t sum = 0;
        for (size_t g = 0; g < tables; g++, at += bits) {
            const unsigned two = (unsigned)sterna_get_le16(word + at / 8) >> at % 8;
            sum += machine->table[two & ((1u << bits) - 1)][g];
        }
        int32_t *psum = &machine->psum[s][row % STERNA_PSUM_ROWS];
        *psum = (int32_t)((uint32_t)*psum + (uint32_t)sum);
    }
}

/* One block: a word of weight memory per row of the streams. */
static void stream_rows(struct sterna_machine *machine, size_t word, size_t first, size_t rows)
{
    const size_t slices = sterna_geometry_slices(&machine->geometry);
    uint8_t codes[STERNA_WORD_MAX + 1] = {0};
    for (size_t row = 0; row < rows; row++, word++) {
        for (size_t i = 0; i < slices; i++)
            memcpy(codes + i * STERNA_SLICE_BYTES, slice(machine, word, i), STERNA_SLICE_BYTES);
        add_row(machine, codes, first + row);
    }
}

/* All blocks of one part of a tile; false at the end of weight memory. */
static bool accumulate(struct sterna_machine *machine, struct cursor *at, const struct part *part,
                       size_t first, size_t rows)
{
    for (size_t block = 0; block < part->blocks; block++) {
        if (at->word + rows > sterna_geometry_words(&machine->geometry))
            return false;
        build_tables(machine, part->base + block * part->elements, part);
        stream_rows(machine, at->word, first, rows);
        at->word += rows;
    }
    return true;
}

/* A place in psum memory. */
struct place {
    size_t stream, row;
};

/* The sum of a row as the bits that psum memory holds. */
static int32_t row_sum(const struct sterna_machine *machine, struct place place)
{
    const int32_t sign = 1 << (machine->geometry.psum_w - 1);
    const uint32_t bits = (uint32_t)machine->psum[place.stream][place.row % STERNA_PSUM_ROWS];
    return (int32_t)((bits & (2 * (uint32_t)sign - 1)) ^ (uint32_t)sign) - sign;
}

/* The numbers of a pair of units, as they are taken: in each visit one of each unit. */
struct pair {
    int32_t term[2][VISITS]; /* S(sum) of the visited rows */
    int32_t bias[2][BIASES];
    size_t terms, biases;
};

/* Visit the rows of one gate and part: their scaled sums, and their biases if they are the first of their sums. */
static void visit(struct sterna_machine *machine, struct cursor *at, struct pair *pair, size_t stream,
                  size_t row, bool takes_bias)
{
    for (size_t i = 0; i < 2; i++) {
        const struct place place = {stream, row + i};
        const uint32_t scale = sterna_get_le16(word16(machine, STERNA_MEM_SCALES, at->scale++));
        pair->term[i][pair->terms] =
            sterna_fixed_scale(row_sum(machine, place), (uint8_t)(128 | (scale & 127)), scale >> 7 & 31);
    }
    pair->terms++;
    for (size_t i = 0; takes_bias && i < 2; i++)
        pair->bias[i][pair->biases] =
            (int16_t)sterna_get_le16(word16(machine, STERNA_MEM_BIASES, at->bias++));
    pair->biases += takes_bias;
}

/* The h8 of a unit whose numbers are there; its state changes. */
static int8_t gru_unit(const int32_t *term, const int32_t *bias, int32_t *state)
{
    const struct sterna_fixed_gru terms = {.x_r = term[0],
                                           .h_r = term[1],
                                           .h_n = term[2],
                                           .x_z = term[3],
                                           .h_z = term[4],
                                           .x_n = term[5],
                                           .b_r = bias[0],
                                           .b_hn = bias[1],
                                           .b_z = bias[2],
                                           .b_xn = bias[3]};
    *state = sterna_fixed_gru_unit(&terms, *state);
    return sterna_fixed_activation(*state);
}

static int8_t lstm_unit(const int32_t *term, const int32_t *bias, int32_t *state)
{
    const struct sterna_fixed_lstm terms = {.x_i = term[0],
                                            .h_i = term[1],
                                            .x_g = term[2],
                                            .h_g = term[3],
                                            .x_f = term[4],
                                            .h_f = term[5],
                                            .x_o = term[6],
                                            .h_o = term[7],
                                            .b_i = bias[0],
                                            .b_g = bias[1],
                                            .b_f = bias[2],
                                            .b_o = bias[3]};
    int8_t activation;
    *state = sterna_fixed_lstm_unit(&terms, *state, &activation);
    return activation;
}

static int8_t run_unit(unsigned kind, const int32_t *term, const int32_t *bias, int32_t *state)
{
    switch (kind) {
    case STERNA_KIND_GRU:
        return gru_unit(term, bias, state);
    case STERNA_KIND_LSTM:
        return lstm_unit(term, bias, state);
    case STERNA_KIND_RNN_TANH:
        return sterna_fixed_rnn_unit(STERNA_CELL_RNN_TANH, term[0], term[1], bias[0]);
    case STERNA_KIND_RNN_RELU:
        return sterna_fixed_rnn_unit(STERNA_CELL_RNN_RELU, term[0], term[1], bias[0]);
    default:
        return sterna_fixed_rnn_unit(STERNA_CELL_RNN_SIGN, term[0], term[1], bias[0]);
    }
}

/* Two units of a stream, or one if `units` is 1: their rows lie gate by gate from row `row` of part X's and of part H's. */
static void run_pair(struct sterna_machine *machine, struct cursor *at, unsigned kind, size_t stream,
                     size_t row, size_t units)
{
    const size_t x = row, h = STERNA_PSUM_ROWS / 2 + row;
    struct pair pair = {.terms = 0};
    if (kind == STERNA_KIND_GRU) {
        visit(machine, at, &pair, stream, x, true); /* r */
        visit(machine, at, &pair, stream, h, false);
        visit(machine, at, &pair, stream, h + 4, true); /* n */
        visit(machine, at, &pair, stream, x + 2, true); /* z */
        visit(machine, at, &pair, stream, h + 2, false);
        visit(machine, at, &pair, stream, x + 4, true);
    } else if (kind == STERNA_KIND_LSTM) {
        static const size_t gate[] = {0, 4, 2, 6}; /* i, g, f, o */
        for (size_t g = 0; g < sizeof gate / sizeof *gate; g++) {
            visit(machine, at, &pair, stream, x + gate[g], true);
            visit(machine, at, &pair, stream, h + gate[g], false);
        }
    } else {
        visit(machine, at, &pair, stream, x, true);
        visit(machine, at, &pair, stream, h, false);
    }
    for (size_t i = 0; i < units; i++) {
        uint8_t *word = word16(machine, STERNA_MEM_STATE, at->unit);
        int32_t state = (int16_t)sterna_get_le16(word);
        int8_t activation = run_unit(kind, pair.term[i], pair.bias[i], &state);
        if (kind == STERNA_KIND_GRU || kind == STERNA_KIND_LSTM) {
            sterna_put_le16(word, (uint32_t)state);
            at->unit++;
        }
        machine->memory[STERNA_MEM_ACTIVATIONS][at->h++ % machine->size[STERNA_MEM_ACTIVATIONS]] =
            (uint8_t)activation;
    }
}

static void send_sum(const struct sterna_machine *machine, struct place place, struct sterna_results *results)
{
    uint8_t bytes[STERNA_SUM_BYTES];
    sterna_put_le24(bytes, (uint32_t)row_sum(machine, place));
    for (size_t i = 0; i < STERNA_SUM_BYTES; i++, results->size++)
        if (results->size < results->capacity)
            results->bytes[results->size] = bytes[i];
}

static size_t gates_of(unsigned kind)
{
    return kind == STERNA_KIND_GRU ? 3 : kind == STERNA_KIND_LSTM ? 4 : 1;
}

/* The part of a tile that a stream has: its units, the rest of the tile's if that is less. */
static void drain_stream(struct sterna_machine *machine, struct cursor *at, const struct layer *layer,
                         size_t stream, struct sterna_results *results)
{
    const size_t left = layer->total - stream * layer->units,
                 units = left < layer->units ? left : layer->units;
    for (size_t unit = 0; unit < units; unit += 2)
        if (layer->kind != STERNA_KIND_OUTPUT)
            run_pair(machine, at, layer->kind, stream, unit * gates_of(layer->kind),
                     units - unit < 2 ? 1 : 2);
    for (size_t row = 0; layer->kind == STERNA_KIND_OUTPUT && results && row < units; row++)
        send_sum(machine, (struct place){stream, row}, results);
}

static bool run_layer(struct sterna_machine *machine, struct cursor *at, const struct layer *layer,
                      struct sterna_results *results)
{
    if (layer->kind != STERNA_KIND_OUTPUT && !layer->continues)
        at->h = layer->write * machine->geometry.tables;
    for (size_t tile = 0; tile < layer->tiles; tile++) {
        memset(machine->psum, 0, machine->geometry.streams * sizeof machine->psum[0]);
        if (!accumulate(machine, at, &layer->part[PART_X], 0, layer->rows) ||
            !accumulate(machine, at, &layer->part[PART_H], STERNA_PSUM_ROWS / 2, layer->rows))
            return false;
        for (size_t s = 0; s * layer->units < layer->total; s++)
            drain_stream(machine, at, layer, s, results);
    }
    return true;
}

void sterna_machine_step(struct sterna_machine *machine, struct sterna_results *results)
{
    struct cursor at = {0};
    struct layer layer = {0};
    while (!layer.last && read_layer(machine, &at, &layer))
        if (!run_layer(machine, &at, &layer, results))
            break;
    machine->phase ^= 1;
}
