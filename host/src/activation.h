/* activation.h - exp, sigmoid and tanh that a compiler can vectorise: no branch, no table, no library call.
 *
 * They are inline so that loops over gates become vector code. Compiled with -ffp-contract=off (which the
 * Makefile does) an element has the same bits in a vector, in the rest of a loop, or alone. NaN gives NaN.
 * Largest errors, over all floats: exp 2e-7 relative, sigmoid and tanh 2e-7 absolute.
 */
#ifndef STERNA_ACTIVATION_H
#define STERNA_ACTIVATION_H

#include <stdint.h>
#include <string.h>

/* e^x; arguments are clamped to [-87, 88], the range of normal results.
 *
 * x = k ln 2 + f with |f| <= ln 2 / 2: k by adding 1.5 * 2^23, which leaves the nearest integer in the low
 * bits of the sum; f in two steps, ln 2 split so that k times its upper part is exact; e^f by its Taylor
 * polynomial of degree 7 (remainder below 6e-9); 2^k by writing k + 127 into the exponent. */
static inline float sterna_exp(float x)
{
    const float shift = 0x1.8p23f;

    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504f + shift;
    float k = shifted - shift;
    float f = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * f + 1.0f / 720.0f;
    p = p * f + 1.0f / 120.0f;
    p = p * f + 1.0f / 24.0f;
    p = p * f + 1.0f / 6.0f;
    p = p * f + 0.5f;
    p = p * f + 1.0f;
    p = p * f + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* 1 / (1 + e^-x) */
static inline float sterna_sigmoid(float x)
{
    return 1.0f / (1.0f + sterna_exp(-x));
}

/* tanh x = 2 sigmoid(2x) - 1 */
static inline float sterna_tanh(float x)
{
    return 2.0f / (1.0f + sterna_exp(-2.0f * x)) - 1.0f;
}

#endif
