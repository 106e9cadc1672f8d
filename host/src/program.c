/* program.c - the formats' step programs and weight bytes. */
#include "program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "program_codebook.h"

/* How a format is coded. Its weights are symmetric levels -middle..middle, whose neighbours differ by a power of two; binary, whose two
 * levels have no middle, goes its own way. */
struct coding {
    size_t most;             /* weights in a byte */
    int middle;              /* level of the largest weight; 0: binary */
    int (*value)(int level); /* the weight of a level >= 0 */
};

/* The reflected path visits all vectors of `elements` levels so that neighbours differ by one level in one element. Reversing it negates
 * every vector, hence the zero vector is in the middle and the vectors at equal distance on its two sides are each other's negatives: the
 * path from the middle outward visits one of each pair, with one T <- T +- (x_j << k) per entry. The byte is the side (sign) and the
 * distance (entry).
 *
 * Binary vectors follow a Gray code of all elements but the last, which is +1: flipping one is T <- T +- (x_j << 1). The byte of a vector
 * whose last element is -1 is the negative of the opposite vector's. */

static int identity_value(int level)
{
    return level;
}

/* 0, 1, 2, 4, ... */
static int power_value(int level)
{
    return level == 0 ? 0 : 1 << (level - 1);
}

static const struct coding coding_of[STERNA_FORMATS] = {
    [STERNA_FORMAT_TERNARY] = {5, 1, identity_value}, /* 3^5 = 243 */
    [STERNA_FORMAT_POW2] = {2, 7, power_value},       /* 15^2 = 225 */
    [STERNA_FORMAT_BINARY] = {8, 0, NULL},            /* 2^8 = 256 */
    [STERNA_FORMAT_INT4] = {2, 7, identity_value},    /* 15^2 */
    [STERNA_FORMAT_INT8] = {1, 127, identity_value},  /* 255 */
};

static int signed_value(const struct coding *coding, int level)
{
    return level < 0 ? -coding->value(-level) : coding->value(level);
}

static int level_of(const struct coding *coding, int weight)
{
    int level = 0;
    while (coding->value(level) < abs(weight))
        level++;
    assert(level <= coding->middle && coding->value(level) == abs(weight));
    return weight < 0 ? -level : level;
}

/* Vectors on one side of the middle: (levels^elements - 1) / 2. */
static int path_half(const struct coding *coding, size_t elements)
{
    int vectors = 1;
    for (size_t j = 0; j < elements; j++)
        vectors *= 2 * coding->middle + 1;
    return vectors / 2;
}

/* The levels at a place on the path, counted from the middle. Digits are levels + middle; each is reversed if the sum of those before it
 * is odd. */
static void path_levels(const struct coding *coding, size_t elements, int distance, int *level)
{
    const int levels = 2 * coding->middle + 1;
    int place = path_half(coding, elements) + distance, unit = 1, odd = 0;
    for (size_t j = 1; j < elements; j++)
        unit *= levels;
    for (size_t j = 0; j < elements; j++, unit /= levels) {
        int digit = place / unit % levels;
        digit = odd ? levels - 1 - digit : digit;
        level[j] = digit - coding->middle;
        odd ^= digit & 1;
    }
}

static int path_distance(const struct coding *coding, size_t elements, const int8_t *weights)
{
    const int levels = 2 * coding->middle + 1;
    int place = 0, odd = 0;
    for (size_t j = 0; j < elements; j++) {
        int digit = level_of(coding, weights[j]) + coding->middle;
        place = levels * place + (odd ? levels - 1 - digit : digit);
        odd ^= digit & 1;
    }
    return place - path_half(coding, elements);
}

static void put_step(struct sterna_program *program, bool write, bool subtract, unsigned shift,
                     size_t element)
{
    assert(program->size < STERNA_PROGRAM_MAX);
    program->step[program->size++] = (uint8_t)((write ? STERNA_STEP_WRITE : 0u) |
                                               (subtract ? STERNA_STEP_SUBTRACT : 0u) | shift << 3 | element);
    program->entries += write;
}

/* The step from one vector of the path to the next. */
static void put_path_step(struct sterna_program *program, const struct coding *coding, const int *from,
                          const int *to)
{
    size_t j = 0;
    unsigned shift = 0;
    while (j + 1 < program->elements && from[j] == to[j])
        j++;
    int change = signed_value(coding, to[j]) - signed_value(coding, from[j]);
    while (1 << shift < abs(change))
        shift++;
    assert(1 << shift == abs(change) && shift < STERNA_STEP_NOTHING);
    put_step(program, true, change < 0, shift, j);
}

static void make_path(struct sterna_program *program, const struct coding *coding)
{
    int from[STERNA_PROGRAM_ELEMENTS] = {0}, to[STERNA_PROGRAM_ELEMENTS] = {0};
    const int half = path_half(coding, program->elements);
    put_step(program, true, false, STERNA_STEP_NOTHING, 0); /* entry 0: the zero vector */
    for (int distance = 1; distance <= half; distance++) {
        path_levels(coding, program->elements, distance, to);
        put_path_step(program, coding, from, to);
        memcpy(from, to, sizeof from);
    }
}

/* Bit j: element j is -1. */
static unsigned gray(unsigned entry)
{
    return entry ^ entry >> 1;
}

static void make_signs(struct sterna_program *program)
{
    for (size_t j = 0; j < program->elements; j++) /* entry 0: all +1 */
        put_step(program, j + 1 == program->elements, false, 0, j);
    for (unsigned entry = 1; entry < 1u << (program->elements - 1); entry++) {
        unsigned flipped = gray(entry) ^ gray(entry - 1);
        size_t j = 0;
        while (flipped >> j != 1)
            j++;
        put_step(program, true, (gray(entry) & flipped) != 0, 1, j);
    }
}

size_t sterna_program_most(enum sterna_format format)
{
    return coding_of[format].most;
}

size_t sterna_program_widest(const struct sterna_matrix *matrix)
{
    return matrix->format == STERNA_FORMAT_CODEBOOK ? matrix->book.elements
                                                    : sterna_program_most(matrix->format);
}

size_t sterna_program_narrowest(const struct sterna_matrix *matrix)
{
    return matrix->format == STERNA_FORMAT_CODEBOOK ? matrix->book.elements : 1;
}

/* What a program has beside its entries: 8 steps at least, and its end. */
static void finish(struct sterna_program *program)
{
    while (program->size < STERNA_PROGRAM_STEPS) /* the last entry once more: nothing names it */
        put_step(program, true, false, STERNA_STEP_NOTHING, 0);
    assert(program->entries <= STERNA_PROGRAM_ENTRIES);
    program->step[program->size++] = STERNA_STEP_END;
}

void sterna_program_of(const struct sterna_matrix *matrix, size_t elements, struct sterna_program *program)
{
    if (matrix->format != STERNA_FORMAT_CODEBOOK) {
        sterna_program_make(matrix->format, elements, program);
        return;
    }
    assert(elements == matrix->book.elements);
    memset(program, 0, sizeof *program);
    program->elements = elements;
    sterna_program_codebook(matrix, program);
    finish(program);
}

void sterna_program_make(enum sterna_format format, size_t elements, struct sterna_program *program)
{
    const struct coding *coding = &coding_of[format];
    assert(elements >= 1 && elements <= coding->most);
    memset(program, 0, sizeof *program);
    program->elements = elements;
    if (coding->middle > 0)
        make_path(program, coding);
    else
        make_signs(program);
    finish(program);
}

static uint8_t signs_code(size_t elements, const int8_t *weights)
{
    const bool negate = weights[elements - 1] < 0;
    unsigned vector = 0, entry = 0;
    for (size_t j = 0; j + 1 < elements; j++)
        vector |= (unsigned)((weights[j] < 0) != negate) << j;
    for (; vector; vector >>= 1) /* the entry of this Gray code */
        entry ^= vector;
    return (uint8_t)(entry | (negate ? STERNA_PROGRAM_NEGATE : 0));
}

uint8_t sterna_program_code(enum sterna_format format, size_t elements, const int8_t *weights)
{
    if (coding_of[format].middle == 0)
        return signs_code(elements, weights);
    int distance = path_distance(&coding_of[format], elements, weights);
    return (uint8_t)(distance < 0 ? STERNA_PROGRAM_NEGATE | -distance : distance);
}

uint64_t sterna_program_reach(const struct sterna_program *program)
{
    int64_t factor[STERNA_PROGRAM_ELEMENTS] = {0}; /* T = sum of factor[j] * x_j */
    uint64_t reach = 0;
    for (size_t i = 0; program->step[i] != STERNA_STEP_END; i++) {
        uint8_t step = program->step[i];
        unsigned shift = sterna_step_shift(step);
        int64_t term = shift == STERNA_STEP_NOTHING ? 0 : INT64_C(1) << shift;
        factor[sterna_step_element(step)] += step & STERNA_STEP_SUBTRACT ? -term : term;
        uint64_t sum = 0;
        for (size_t j = 0; j < STERNA_PROGRAM_ELEMENTS; j++)
            sum += (uint64_t)llabs(factor[j]);
        reach = sum > reach ? sum : reach;
    }
    return 127 * reach;
}
