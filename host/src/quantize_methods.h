/* quantize_methods.h - the rows of the quantizers' table, and what several of them need. Private to
 * quantize*.c. */
#ifndef STERNA_QUANTIZE_METHODS_H
#define STERNA_QUANTIZE_METHODS_H

#include "quantize.h"

extern const struct sterna_quantizer sterna_quantize_float;        /* quantize.c */
extern const struct sterna_quantizer sterna_quantize_binary;       /* quantize_binary.c */
extern const struct sterna_quantizer sterna_quantize_xnor;         /* quantize_binary.c */
extern const struct sterna_quantizer sterna_quantize_ternary;      /* quantize_ternary.c */
extern const struct sterna_quantizer sterna_quantize_twn;          /* quantize_ternary.c */
extern const struct sterna_quantizer sterna_quantize_pow2_ternary; /* quantize_grid.c */
extern const struct sterna_quantizer sterna_quantize_dual_copy;    /* quantize_grid.c */
extern const struct sterna_quantizer sterna_quantize_pow2;         /* quantize_power.c */
extern const struct sterna_quantizer sterna_quantize_exponential;  /* quantize_power.c */

/* level[i] from w[i] and uniform[i] in [0, 1), i < n. scale and top are the method's own. */
typedef void sterna_sample_rule(const float *w, size_t n, float scale, float top, const float *uniform,
                                float *level);
/* The rule over n weights, random number first + i for w[i]. level may be w. */
void sterna_quantize_sample(sterna_sample_rule *rule, const float *w, size_t n, float scale, float top,
                            const struct sterna_draw *draw, size_t first, float *level);
/* A range without end. */
float sterna_quantize_unbounded(const struct sterna_grid *grid);

#endif
