/* quantize.h - from master weights to levels of a few bits, w ~ scale * level. Methods are rows of a table
 * (quantize.c).
 *
 * Training keeps the master weights in float, runs forward and backward with the quantized ones, applies
 * their gradient to the master weights unchanged (straight-through estimator), then clips those to the
 * method's range. Rules at the boundaries: sign(0) = +1, rounding half away from zero.
 */
#ifndef STERNA_QUANTIZE_H
#define STERNA_QUANTIZE_H

#include "model.h"
#include "philox.h"

struct sterna_quantizer {
    const char *name;
    enum sterna_format
        format; /* of the levels in a model file; STERNA_FORMATS if they are no codes ("float") */
    /* Master weights stay within +-range; bound is the matrix's Glorot bound. May be infinite. */
    float (*range)(float bound);
    /* level[i] from w[i], i < n, n > 0: one matrix of one gate. Returns the scale, > 0. */
    float (*round)(const float *w, size_t n, float bound, float *level);
    /* The same with uniform[i] in [0, 1) deciding, unbiased inside the range. NULL: not offered. */
    float (*sample)(const float *w, size_t n, float bound, const float *uniform, float *level);
};

/* "float", "ternary", "twn", "pow2"; STERNA_ERR_RANGE lists the names. */
STERNA_MUST_CHECK enum sterna_status sterna_quantizer_find(const char *name,
                                                           const struct sterna_quantizer **quantizer,
                                                           struct sterna_error *error);
/* Glorot bound of a matrix: sqrt(6 / (fan_in + fan_out)). */
float sterna_glorot_bound(size_t fan_in, size_t fan_out);

#endif
