/* program.c - the formats' step programs and weight bytes. */
#include "program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* How a format is coded. A weight is one of an odd number of levels, -middle..middle, whose values are symmetric and whose neighbours
 * differ by a power of two. */
struct coding {
    size_t elements;         /* weights in a byte */
    int middle;              /* level of the largest weight */
    int (*value)(int level); /* the weight of a level >= 0 */
};

/* The reflected path visits all vectors of `elements` levels so that neighbours differ by one level in one element. Reversing it negates
 * every vector, hence the zero vector is in the middle and the vectors at equal distance on its two sides are each other's negatives: the
 * path from the middle outward visits one of each pair, with one T <- T +- (x_j << k) per entry. The byte is the side (sign) and the
 * distance (entry). */

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
static int path_half(const struct coding *coding)
{
    int vectors = 1;
    for (size_t j = 0; j < coding->elements; j++)
        vectors *= 2 * coding->middle + 1;
    return vectors / 2;
}

/* The levels at a place on the path, counted from the middle. Digits are levels + middle; each is reversed if the sum of those before it
 * is odd. */
static void path_levels(const struct coding *coding, int distance, int *level)
{
    const int levels = 2 * coding->middle + 1;
    int place = path_half(coding) + distance, unit = 1, odd = 0;
    for (size_t j = 1; j < coding->elements; j++)
        unit *= levels;
    for (size_t j = 0; j < coding->elements; j++, unit /= levels) {
        int digit = place / unit % levels;
        digit = odd ? levels - 1 - digit : digit;
        level[j] = digit - coding->middle;
        odd ^= digit & 1;
    }
}

static int path_distance(const struct coding *coding, const int8_t *weights)
{
    const int levels = 2 * coding->middle + 1;
    int place = 0, odd = 0;
    for (size_t j = 0; j < coding->elements; j++) {
        int digit = level_of(coding, weights[j]) + coding->middle;
        place = levels * place + (odd ? levels - 1 - digit : digit);
        odd ^= digit & 1;
    }
    return place - path_half(coding);
}

/* The step from one vector of the path to the next. */
static uint8_t path_step(const struct coding *coding, const int *from, const int *to)
{
    unsigned j = 0, shift = 0;
    while (j + 1 < coding->elements && from[j] == to[j])
        j++;
    int change = signed_value(coding, to[j]) - signed_value(coding, from[j]);
    while (1 << shift < abs(change))
        shift++;
    assert(1 << shift == abs(change) && shift < STERNA_STEP_NOTHING);
    return (uint8_t)(STERNA_STEP_WRITE | (change < 0 ? STERNA_STEP_SUBTRACT : 0) | shift << 3 | j);
}

void sterna_program_make(enum sterna_format format, struct sterna_program *program)
{
    const struct coding *coding = &coding_of[format];
    int from[STERNA_PROGRAM_ELEMENTS] = {0}, to[STERNA_PROGRAM_ELEMENTS] = {0};
    memset(program, 0, sizeof *program);
    program->elements = coding->elements;
    program->entries = (size_t)path_half(coding) + 1;
    assert(program->entries >= 8 && program->entries <= STERNA_PROGRAM_ENTRIES);
    /* Entry 0: the zero vector. */
    program->step[program->size++] = STERNA_STEP_WRITE | STERNA_STEP_NOTHING << 3;
    for (int distance = 1; distance < (int)program->entries; distance++) {
        path_levels(coding, distance, to);
        program->step[program->size++] = path_step(coding, from, to);
        memcpy(from, to, sizeof from);
    }
    program->step[program->size++] = STERNA_STEP_END;
}

uint8_t sterna_program_code(enum sterna_format format, const int8_t *weights)
{
    int distance = path_distance(&coding_of[format], weights);
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
