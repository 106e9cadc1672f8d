/* quantize.h - from master weights to levels of a few bits, w ~ scale * level. Methods are rows of a table.
 *
 * Training keeps the master weights in float, runs forward and backward with the quantized ones, applies
 * their gradient to the master weights unchanged (straight-through estimator), then clips those to the
 * method's range. Rules at the boundaries: sign(0) = +1, rounding half away from zero.
 *
 *   name          levels             deterministic                           stochastic
 *   float         w                  w                                       -
 *   binary        -1, 1              sign(w)                                 P(+1) = clip((w/H + 1)/2, 0, 1)
 *   xnor          -1, 1              sign(w); scale: mean|w| of the row      -
 *   ternary       -1, 0, 1           w > W0/2, w <= -W0/2, else 0            sign(w), P = clip(|w|/W0, 0, 1)
 *   twn           -1, 0, 1           0 up to 0.7 mean|w|, else the sign      -
 *   pow2-ternary  -1, 0, 1           dual-copy Q0.1                          -
 *   dual-copy     -L .. L            clip(round(w/p 2^f)), L = 2^(f+i) - 1   -
 *   pow2          0, +-1 .. +-2^E    the exponent e = floor(log2 v), or e + 1 if v / 2^e - 1 > 0.5; 0 below
 *                                    2^0; v = |w| / scale, the largest 2^E   e + 1 with P = v / 2^e - 1
 *   exponential   +-2^-22 .. +-2^9   the same rules on |w| itself, without a zero
 *
 * Sources: binary Courbariaux et al. 2015; xnor Rastegari et al. 2016; ternary Lin et al. 2015; twn as used
 * by Hou et al. 2019; dual-copy Stromatias et al. 2015; pow2-ternary and exponential Ott et al. 2016.
 * Results depend neither on the vector width nor on the order in which parts of a matrix are done.
 */
#ifndef STERNA_QUANTIZE_H
#define STERNA_QUANTIZE_H

#include "model.h"
#include "philox.h"

#define STERNA_QUANTIZER_NAMES "float, binary, xnor, ternary, twn, pow2-ternary, dual-copy, pow2, exponential"

/* Where the levels of a matrix lie. */
struct sterna_grid {
    float unit; /* > 0: H of binary, W0 of ternary; dual copies follow its power of two p (quantize_grid.c) */
    unsigned levels;                      /* of pow2: 3, 5, ... 15 */
    unsigned integer_bits, fraction_bits; /* i and f of dual-copy, 1 <= i + f <= 7 */
};

struct sterna_quantizer {
    const char *name;
    bool by_row; /* each row has a scale of its own; else each block (the matrix of a gate) */
    /* Of the levels in a model file; STERNA_FORMATS if they are no codes ("float"). */
    enum sterna_format (*format)(const struct sterna_grid *grid);
    /* Master weights stay within +-range; may be infinite. */
    float (*range)(const struct sterna_grid *grid);
    /* level[i] from w[i], i < n, n > 0: a block or a row. Returns the scale, > 0. */
    float (*round)(const float *w, size_t n, const struct sterna_grid *grid, float *level);
    /* The same by random number first + i for w[i], unbiased inside the range. NULL: not offered. */
    float (*sample)(const float *w, size_t n, const struct sterna_grid *grid, const struct sterna_draw *draw,
                    size_t first, float *level);
    /* As round, for the integer phase and the model: the levels are codes of the format. NULL: round. */
    float (*deploy)(const float *w, size_t n, const struct sterna_grid *grid, float *level);
};

/* STERNA_ERR_RANGE lists the names. */
STERNA_MUST_CHECK enum sterna_status sterna_quantizer_find(const char *name,
                                                           const struct sterna_quantizer **quantizer,
                                                           struct sterna_error *error);
/* Glorot bound of a matrix: sqrt(6 / (fan_in + fan_out)). */
float sterna_glorot_bound(size_t fan_in, size_t fan_out);

/* Quantized back-propagation (Lin et al. 2015): q[i] = sign(x[i]) 2^E with E = floor(log2|x|), or one more
 * with probability |x| / 2^floor(log2|x|) - 1, by random number first + i. 2^bits exponents, top the largest:
 * larger ones become top; what is below the smallest becomes that or 0, unbiased. 0 stays 0. bits 1..6, and
 * all exponents within -120..120. q may be x. */
void sterna_quantize_activations(const float *x, size_t n, unsigned bits, int top,
                                 const struct sterna_draw *draw, size_t first, float *q);

#endif
