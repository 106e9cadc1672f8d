/* program.c - the formats' step programs and weight bytes. */
#include "program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Ternary, five weights to a byte. The reflected Gray path visits the 243 vectors of {-1,0,1}^5 so that
 * neighbours differ by one in one element. Reversing it negates every vector, hence the zero vector is in the
 * middle and the vectors at equal distance on its two sides are each other's negatives: the path from the
 * middle outward visits one of each pair, with one T <- T +- x_j per entry. The byte is the side (sign) and
 * the distance (entry). */
enum { TRITS = 5, TERNARY_MIDDLE = 121 };

/* Place of a vector on the path, 0..242. Digits are weights + 1; each is reversed if the sum of those before
 * it is odd. */
static int ternary_place(const int8_t *weights)
{
    int place = 0, odd = 0;
    for (int j = 0; j < TRITS; j++) {
        int digit = weights[j] + 1;
        assert(digit >= 0 && digit <= 2);
        place = 3 * place + (odd ? 2 - digit : digit);
        odd ^= digit & 1;
    }
    return place;
}

static void ternary_vector(int place, int8_t *weights)
{
    int odd = 0, unit = 81; /* 3^(TRITS - 1) */
    for (int j = 0; j < TRITS; j++, unit /= 3) {
        int digit = place / unit % 3;
        weights[j] = (int8_t)((odd ? 2 - digit : digit) - 1);
        odd ^= digit & 1;
    }
}

static uint8_t ternary_code(const int8_t *weights)
{
    int distance = ternary_place(weights) - TERNARY_MIDDLE;
    return (uint8_t)(distance < 0 ? STERNA_PROGRAM_NEGATE | -distance : distance);
}

/* The step from one vector of the path to the next. */
static uint8_t ternary_step(const int8_t *from, const int8_t *to)
{
    unsigned j = 0;
    while (from[j] == to[j])
        j++;
    unsigned sign = to[j] < from[j] ? STERNA_STEP_SUBTRACT : 0;
    return (uint8_t)(STERNA_STEP_WRITE | sign | j);
}

static size_t ternary_steps(uint8_t *step)
{
    int8_t from[TRITS] = {0}, to[TRITS];
    size_t size = 0;
    step[size++] = STERNA_STEP_WRITE | STERNA_STEP_NOTHING << 3;
    for (int distance = 1; distance <= TERNARY_MIDDLE; distance++) {
        ternary_vector(TERNARY_MIDDLE + distance, to);
        step[size++] = ternary_step(from, to);
        memcpy(from, to, sizeof from);
    }
    return size;
}

/* How a format is coded: elements per byte, the steps of its program without the end (returns how many), the
 * byte of n weights. */
static const struct coding {
    size_t elements;
    size_t (*steps)(uint8_t *step);
    uint8_t (*code)(const int8_t *weights);
} coding_of[STERNA_FORMATS] = {
    [STERNA_FORMAT_TERNARY] = {TRITS, ternary_steps, ternary_code},
};

void sterna_program_make(enum sterna_format format, struct sterna_program *program)
{
    const struct coding *coding = &coding_of[format];
    memset(program, 0, sizeof *program);
    program->elements = coding->elements;
    program->size = coding->steps(program->step);
    assert(program->size >= 8 && program->size < STERNA_PROGRAM_MAX);
    for (size_t i = 0; i < program->size; i++)
        program->entries += (program->step[i] & STERNA_STEP_WRITE) != 0;
    program->step[program->size++] = STERNA_STEP_END;
}

uint8_t sterna_program_code(enum sterna_format format, const int8_t *weights)
{
    return coding_of[format].code(weights);
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
