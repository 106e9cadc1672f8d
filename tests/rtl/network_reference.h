/* network_reference.h - small random networks as images, and what a step computes, straight from
 * hw/README.md, section 1.
 *
 * The reference walks tiles, parts, blocks and rows in the contract's order, evaluating each code from its
 * program's coefficients; it shares nothing with the hardware but the contract, and fixed.h for the gates.
 */
#ifndef STERNA_NETWORK_REFERENCE_H
#define STERNA_NETWORK_REFERENCE_H

#include "fixed.h"
#include "program.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum {
    NET_WEIGHTS = 131072,
    NET_SCALES = 1536,
    NET_BIASES = 1024,
    NET_PROGRAMS = 512,
    NET_ACTIVATIONS = 2048,
    NET_STATES = 256,
    NET_LAYERS = 3,
    NET_RESULTS = 4096,
    NET_ENTRIES = 128,
    NET_ELEMENTS = 8
};

/* What an entry of a program's table sums: coefficient[entry][j] of x_j. */
struct net_program {
    unsigned elements, start;
    int32_t coefficient[NET_ENTRIES][NET_ELEMENTS];
};

struct net_part {
    unsigned word[2]; /* where its vector starts, in even and odd steps */
    unsigned blocks;  /* 0: no such part */
    const struct net_program *program;
};

struct net_layer {
    unsigned kind, tiles, units_full, units_last, write_word[2];
    struct net_part part[2];
};

struct net {
    struct net_program program[2];
    struct net_layer layer[NET_LAYERS];
    unsigned layers, phase, free_word;
    size_t weight_bytes, program_bytes, scales, biases, states;
    uint8_t weights[NET_WEIGHTS], programs[NET_PROGRAMS];
    uint16_t scale[NET_SCALES];
    int16_t bias[NET_BIASES], state[NET_STATES];
    int8_t activation[NET_ACTIVATIONS];
    uint8_t results[NET_RESULTS];
    size_t result_bytes;
    uint64_t rows; /* words of codes used by the last step */
};

/* Append the program's steps and work out its table. Entries never written keep coefficient 0. */
static unsigned net_add_program(struct net *net, struct net_program *program, unsigned elements,
                                const uint8_t *steps, size_t size)
{
    int32_t sum[NET_ELEMENTS] = {0};
    unsigned entries = 0;
    program->elements = elements;
    program->start = (unsigned)net->program_bytes;
    memcpy(net->programs + net->program_bytes, steps, size);
    net->program_bytes += size;
    for (size_t i = 0; i + 1 < size; i++) {
        unsigned k = steps[i] >> 3 & 7u, j = steps[i] & 7u;
        if (k < 7)
            sum[j] += (steps[i] & 0x40 ? -1 : 1) * (1 << k);
        if (steps[i] & 0x80)
            memcpy(program->coefficient[entries++], sum, sizeof sum);
    }
    return entries;
}

/* Ternary weights, and after them a program of random steps that fills all 128 entries. */
static void net_make_programs(struct net *net, struct seeded *random)
{
    struct sterna_program ternary;
    sterna_program_make(STERNA_FORMAT_TERNARY, &ternary);
    net_add_program(net, &net->program[0], (unsigned)ternary.elements, ternary.step, ternary.size);
    uint8_t step[NET_PROGRAMS];
    unsigned size = 0, elements = 1 + seeded_below(random, NET_ELEMENTS);
    for (unsigned entries = 0; entries < NET_ENTRIES; size++) {
        unsigned k = seeded_below(random, size > 250 ? 7 : 8), j = seeded_below(random, elements);
        bool write = k == 7 || size > 250 || seeded_percent(random, 70);
        step[size] = (uint8_t)((write ? 0x80u : 0) | (seeded_next(random) & 0x40u) | k << 3 | j);
        entries += write;
    }
    step[size++] = 7 << 3;
    ck_assert_uint_eq(net_add_program(net, &net->program[1], elements, step, size), NET_ENTRIES);
}

static unsigned net_gates(const struct net_layer *layer)
{
    return layer->kind == STERNA_KIND_GRU ? 3 : 1;
}

static unsigned net_units(const struct net_layer *layer, unsigned tile)
{
    return tile + 1 == layer->tiles ? layer->units_last : layer->units_full;
}

static unsigned net_all_units(const struct net_layer *layer)
{
    return (layer->tiles - 1) * layer->units_full + layer->units_last;
}

static void net_put(struct net *net, unsigned value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        net->weights[net->weight_bytes++] = (uint8_t)(value >> 8 * i);
}

static void net_put_part(struct net *net, const struct net_part *part)
{
    net_put(net, part->word[0], 2);
    net_put(net, part->word[1], 2);
    net_put(net, part->blocks, 1);
    net_put(net, part->blocks ? part->program->elements : 0, 1);
    net_put(net, part->blocks ? part->program->start : 0, 2);
}

/* The layer's header and random codes of entries that exist (ternary: 122), in the order of use. */
static void net_put_layer(struct net *net, const struct net_layer *layer, bool last, struct seeded *random)
{
    unsigned gates = net_gates(layer);
    net_put(net, layer->kind, 1);
    net_put(net, last ? STERNA_LAYER_LAST : 0, 1);
    net_put(net, layer->tiles, 2);
    net_put(net, layer->units_full, 1);
    net_put(net, layer->units_last, 1);
    net_put(net, layer->units_full * gates, 1);
    net_put(net, layer->units_last * gates, 1);
    net_put(net, layer->write_word[0], 2);
    net_put(net, layer->write_word[1], 2);
    net_put(net, 0, 4);
    net_put_part(net, &layer->part[0]);
    net_put_part(net, &layer->part[1]);
    for (unsigned tile = 0; tile < layer->tiles; tile++)
        for (unsigned p = 0; p < 2; p++)
            for (unsigned i = 0; i < layer->part[p].blocks * net_units(layer, tile) * gates * 8; i++) {
                unsigned entries = layer->part[p].program == &net->program[0] ? 122 : 128;
                net_put(net, seeded_below(random, entries) | (seeded_next(random) & 0x80u), 1);
            }
}

/* Two buffers for h, which a reader with any program can read in whole blocks. */
static void net_place_h(struct net *net, struct net_layer *layer)
{
    unsigned words = (net_all_units(layer) + 7) / 8 + NET_ELEMENTS;
    for (unsigned step = 0; step < 2; step++) {
        layer->write_word[step] = net->free_word;
        net->free_word += words;
    }
}

static void net_place_part(struct net_part *part, const struct net_program *program, unsigned columns)
{
    part->program = program;
    part->blocks = (columns + 8 * program->elements - 1) / (8 * program->elements);
}

/* A GRU reading `columns` values from the vector of `below` (NULL: the input). */
static void net_add_gru(struct net *net, const struct net_layer *below, unsigned columns,
                        struct seeded *random)
{
    struct net_layer *layer = &net->layer[net->layers++];
    layer->kind = STERNA_KIND_GRU;
    net_place_h(net, layer);
    net_place_part(&layer->part[0], &net->program[seeded_below(random, 2)], columns);
    net_place_part(&layer->part[1], &net->program[seeded_below(random, 2)], net_all_units(layer));
    for (unsigned step = 0; step < 2; step++) {
        layer->part[0].word[step] = below ? below->write_word[step] : 0;
        layer->part[1].word[step] = layer->write_word[1 - step];
    }
    net_put_layer(net, layer, false, random);
    for (unsigned i = 0; i < 6 * net_all_units(layer); i++)
        net->scale[net->scales++] = (uint16_t)(seeded_byte(random) | (seeded_below(random, 10) + 2) << 8);
    for (unsigned i = 0; i < 4 * net_all_units(layer); i++)
        net->bias[net->biases++] = (int16_t)((int32_t)seeded_next(random) >> (16 + seeded_below(random, 5)));
    net->states += net_all_units(layer);
}

static void net_add_output(struct net *net, struct seeded *random)
{
    struct net_layer *below = &net->layer[net->layers - 1], *layer = &net->layer[net->layers++];
    layer->kind = STERNA_KIND_OUTPUT;
    net_place_part(&layer->part[0], &net->program[seeded_below(random, 2)], net_all_units(below));
    for (unsigned step = 0; step < 2; step++)
        layer->part[0].word[step] = below->write_word[step];
    net_put_layer(net, layer, true, random);
}

/* The sum that a code names in table `lane` of the block that starts at `word`; 16 bits, like T. */
static int32_t net_entry(const struct net *net, const struct net_program *program, unsigned word,
                         unsigned lane, uint8_t code)
{
    int64_t sum = 0;
    for (unsigned j = 0; j < program->elements; j++)
        sum += program->coefficient[code & 127][j] * net->activation[(word + j) * 8 + lane];
    return (code & 128 ? -1 : 1) * (int32_t)(int16_t)sum;
}

static void net_run_unit(struct net *net, const int32_t *x, const int32_t *h, size_t unit,
                         const struct net_layer *layer, unsigned in_layer)
{
    const uint16_t *s = net->scale + 6 * unit;
    const int16_t *b = net->bias + 4 * unit;
    const struct sterna_fixed_gru terms = {
        .x_r = sterna_fixed_scale(x[0], (uint8_t)s[0], (uint8_t)(s[0] >> 8)),
        .h_r = sterna_fixed_scale(h[0], (uint8_t)s[1], (uint8_t)(s[1] >> 8)),
        .h_n = sterna_fixed_scale(h[2], (uint8_t)s[2], (uint8_t)(s[2] >> 8)),
        .x_n = sterna_fixed_scale(x[2], (uint8_t)s[3], (uint8_t)(s[3] >> 8)),
        .x_z = sterna_fixed_scale(x[1], (uint8_t)s[4], (uint8_t)(s[4] >> 8)),
        .h_z = sterna_fixed_scale(h[1], (uint8_t)s[5], (uint8_t)(s[5] >> 8)),
        .b_r = b[0],
        .b_hn = b[1],
        .b_xn = b[2],
        .b_z = b[3],
    };
    net->state[unit] = (int16_t)sterna_fixed_gru_unit(&terms, net->state[unit]);
    net->activation[8 * layer->write_word[net->phase] + in_layer] = sterna_fixed_activation(net->state[unit]);
}

/* Sums of the tile's rows, from the codes at `codes`; returns the codes after them. */
static const uint8_t *net_sum_part(struct net *net, const struct net_part *part, unsigned rows,
                                   const uint8_t *codes, int32_t *sum)
{
    memset(sum, 0, rows * sizeof *sum);
    for (unsigned block = 0; block < part->blocks; block++)
        for (unsigned row = 0; row < rows; row++, codes += 8, net->rows++)
            for (unsigned lane = 0; lane < 8; lane++)
                sum[row] +=
                    net_entry(net, part->program, part->word[net->phase] + block * part->program->elements,
                              lane, codes[lane]);
    return codes;
}

/* One time step on the activations that are there; results receives the output layers' sums. */
static void net_step(struct net *net)
{
    const uint8_t *codes = net->weights;
    size_t unit = 0;
    net->result_bytes = 0;
    net->rows = 0;
    for (unsigned k = 0; k < net->layers; k++) {
        const struct net_layer *layer = &net->layer[k];
        unsigned gates = net_gates(layer), in_layer = 0;
        codes += 32;
        for (unsigned tile = 0; tile < layer->tiles; tile++) {
            int32_t sum[2][256];
            unsigned rows = net_units(layer, tile) * gates;
            codes = net_sum_part(net, &layer->part[0], rows, codes, sum[0]);
            codes = net_sum_part(net, &layer->part[1], rows, codes, sum[1]);
            for (unsigned i = 0; layer->kind == STERNA_KIND_GRU && i < net_units(layer, tile); i++)
                net_run_unit(net, sum[0] + 3 * i, sum[1] + 3 * i, unit++, layer, in_layer++);
            for (unsigned row = 0; layer->kind == STERNA_KIND_OUTPUT && row < rows; row++)
                for (unsigned byte = 0; byte < 3; byte++)
                    net->results[net->result_bytes++] = (uint8_t)((uint32_t)sum[0][row] >> 8 * byte);
        }
    }
    net->phase ^= 1;
}

#endif
