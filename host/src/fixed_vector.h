/* fixed_vector.h - the arithmetic of fixed.h without branches: selections between values only, so that loops over
 * units become vector code. The same bits (test_recurrent.c compares whole networks). */
#ifndef STERNA_FIXED_VECTOR_H
#define STERNA_FIXED_VECTOR_H

#include "cell.h"

enum { STERNA_VECTOR_LIMIT = 32767, STERNA_VECTOR_TOP = 511 };

static inline int32_t sterna_vector_clamp(int32_t value, int32_t limit)
{
    value = value > limit ? limit : value;
    return value < -limit ? -limit : value;
}

static inline int32_t sterna_vector_saturate(int32_t value)
{
    return sterna_vector_clamp(value, STERNA_VECTOR_LIMIT);
}

/* |value|, and value with the sign of another. */
static inline int32_t sterna_vector_magnitude(int32_t value)
{
    const int32_t mask = -(value < 0);
    return (value ^ mask) - mask;
}

static inline int32_t sterna_vector_sign(int32_t sign, int32_t value)
{
    const int32_t mask = -(sign < 0);
    return (value ^ mask) - mask;
}

/* round(value / 2^shift), half away from zero, |value| < 2^31 */
static inline int32_t sterna_vector_round(int32_t value, int32_t shift)
{
    uint32_t magnitude = (uint32_t)sterna_vector_magnitude(value);
    return sterna_vector_sign(value, (int32_t)((magnitude + ((1u << shift) >> 1)) >> shift));
}

/* A row's sum as a pre-activation term. |sum| < 2^23 and |m| <= 255 (model.h's limit): the product fits. */
static inline int32_t sterna_vector_scale(int32_t sum, int32_t m, int32_t s)
{
    return sterna_vector_saturate(sterna_vector_round(sum * m, s));
}

/* Index of the table entry nearest to |pre| / 2^shift. */
static inline int32_t sterna_vector_entry(int32_t pre, int shift)
{
    int32_t index = (sterna_vector_magnitude(pre) + (1 << (shift - 1))) >> shift;
    return index < STERNA_VECTOR_TOP ? index : STERNA_VECTOR_TOP;
}

static inline int32_t sterna_vector_sigmoid(const struct sterna_gate_tables *tables, int32_t pre)
{
    return 128 + sterna_vector_sign(pre, tables->sigmoid[sterna_vector_entry(pre, 5)]);
}

static inline int32_t sterna_vector_tanh(const struct sterna_gate_tables *tables, int32_t pre)
{
    return sterna_vector_sign(pre, tables->tanh[sterna_vector_entry(pre, 4)]);
}

#endif
