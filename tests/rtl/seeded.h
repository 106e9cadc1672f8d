/* seeded.h - reproducible randomness for the tests of RTL modules. */
#ifndef STERNA_SEEDED_H
#define STERNA_SEEDED_H

#include <stdbool.h>
#include <stdint.h>

/* Any seed but 0 (xorshift32, Marsaglia 2003). */
struct seeded {
    uint32_t state;
};

static inline uint32_t seeded_next(struct seeded *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 17;
    random->state ^= random->state << 5;
    return random->state;
}

/* 0 .. limit-1 */
static inline uint32_t seeded_below(struct seeded *random, uint32_t limit)
{
    return (uint32_t)((uint64_t)seeded_next(random) * limit >> 32);
}

static inline uint8_t seeded_byte(struct seeded *random)
{
    return (uint8_t)(seeded_next(random) >> 24);
}

static inline bool seeded_percent(struct seeded *random, unsigned percent)
{
    return seeded_below(random, 100) < percent;
}

#endif
