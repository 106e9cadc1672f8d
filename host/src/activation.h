/* activation.h - exp, sigmoid and tanh that a compiler can vectorise: no branch, no table, no library call.
 *
 * They are inline so that loops over gates become vector code; limits and signs are set on the bits, because
 * gcc leaves a loop scalar that compares floats (a comparison may trap). Compiled with -ffp-contract=off
 * (which the Makefile does) an element has the same bits in a vector, in the rest of a loop, or alone; they
 * differ between processors with and without fused multiply-add. NaN gives NaN. Largest errors, over all
 * floats: exp 1.1e-7 relative, tanh 2.1e-7 and sigmoid 1.3e-7 absolute. |tanh| is at most 1, and 1 from 9.02
 * on; tanh x = x for tiny x.
 */
#ifndef STERNA_ACTIVATION_H
#define STERNA_ACTIVATION_H

#include <stdint.h>
#include <string.h>

static inline uint32_t sterna_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float sterna_bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float sterna_multiply_add(float a, float b, float c)
{
#if defined(__FMA__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* |x| or, if that is less, limit (positive); limit for NaN. */
static inline float sterna_limit(float x, float limit)
{
    const int32_t size = (int32_t)(sterna_float_bits(x) & 0x7FFFFFFFu),
                  most = (int32_t)sterna_float_bits(limit);
    return sterna_bits_float((uint32_t)(size < most ? size : most));
}

/* size with the sign of x; NaN if x is (all bits set, by a mask: with a choice the compiler would jump over
 * the rest of the computation). */
static inline float sterna_with_sign(float size, float x)
{
    const int32_t bits = (int32_t)sterna_float_bits(x), infinity = 0x7F800000;
    const int32_t nan = -(int32_t)((bits & INT32_MAX) > infinity);
    return sterna_bits_float(sterna_float_bits(size) | (uint32_t)(bits & INT32_MIN) | (uint32_t)nan);
}

/* e^x; arguments are limited to +-87, within the range of normal results.
 *
 * x = k ln 2 + f with |f| <= ln 2 / 2: k by adding 1.5 * 2^23, which leaves the nearest integer in the low
 * bits of the sum; f in two steps, ln 2 split so that k times its upper part is exact; e^f by its Taylor
 * polynomial of degree 7 (remainder below 6e-9); 2^k by writing k + 127 into the exponent. */
static inline float sterna_exp(float x)
{
    const float shift = 0x1.8p23f;

    x = sterna_with_sign(sterna_limit(x, 87.0f), x);
    float shifted = x * 1.44269504f + shift;
    float k = shifted - shift;
    float f = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = sterna_multiply_add(p, f, 1.0f / 720.0f);
    p = sterna_multiply_add(p, f, 1.0f / 120.0f);
    p = sterna_multiply_add(p, f, 1.0f / 24.0f);
    p = sterna_multiply_add(p, f, 1.0f / 6.0f);
    p = sterna_multiply_add(p, f, 0.5f);
    p = sterna_multiply_add(p, f, 1.0f);
    p = sterna_multiply_add(p, f, 1.0f);
    return p * sterna_bits_float((sterna_float_bits(shifted) + 127u) << 23);
}

/* tanh(x)/2 for the size of x: cb / (b^2 + c^2), where c/b is a rational approximation of tanh(x/2).
 *
 * c = size P(size^2), b = Q(size^2), of degrees 2 and 3: found by linear programming as nearest in the
 * relative error of the result on [0, 9.02] (8e-9) with P(0) = 1/2, Q(0) = 1. As tanh x = 2t / (1 + t^2), t
 * = tanh(x/2), rounding errors of c and b fade as the result nears 1. One division, no exponential. */
static inline float sterna_half_tanh(float size)
{
    const float square = size * size;

    float p = sterna_multiply_add(5.7163133585801907e-05f, square, 0.014888566731605676f);
    p = sterna_multiply_add(p, square, 0.5f);
    float b = sterna_multiply_add(1.2305355594564458e-06f, square, 0.0012068984317882634f);
    b = sterna_multiply_add(b, square, 0.11311043238098371f);
    b = sterna_multiply_add(b, square, 1.0f);
    const float c = size * p;
    return c * b / sterna_multiply_add(b, b, c * c);
}

/* tanh x */
static inline float sterna_tanh(float x)
{
    const float half = sterna_half_tanh(sterna_limit(x, 9.02f));
    return sterna_with_sign(sterna_limit(half + half, 1.0f), x);
}

/* 1 / (1 + e^-x) = 1/2 + tanh(x/2) / 2 */
static inline float sterna_sigmoid(float x)
{
    const float half = sterna_half_tanh(sterna_limit(0.5f * x, 9.02f));
    return 0.5f + sterna_with_sign(sterna_limit(half, 0.5f), x);
}

#endif
