/* recurrent.h - a recurrent layer over a window of time, whatever its cell: products, normalization of products, and
 * the cell's own work (cell.h) step by step; forward in float, forward as a device computes it, and backward.
 *
 *   terms = W_ih x + biases (all steps at once)     sums = W_hh a[t-1]     a[t], s[t] = cell(terms, sums, s[t-1])
 *
 * Sizes: T steps, B sequences side by side, I inputs, H units, G gates; time comes first: [T, B, ...]. Sequences of
 * different lengths stand longest first; step t runs the first active[t] of them.
 */
#ifndef STERNA_RECURRENT_H
#define STERNA_RECURRENT_H

#include "cell.h"
#include "packed.h"
#include "packed_int.h"
#include "product_norm.h"
#include "weight.h"

/* A layer's weights as the passes want them. */
struct sterna_recurrent {
    const struct sterna_cell_type *type;
    size_t inputs, hidden;
    bool one_hot;                     /* inputs are indices */
    bool integer;                     /* prepared for the integer forward pass */
    bool training;                    /* batch normalization by the window's own statistics */
    enum sterna_normalizer_kind norm; /* of float products; the integer pass has it in rows and biases */
    float one_in;            /* the activation that stands for 1.0 in the input; in h: sterna_cell_one */
    struct sterna_weight ih; /* [G*H, I] */
    struct sterna_weight hh; /* [G*H, H] */
    float *bias;             /* [G*H] of the input's terms, then [own_gates*H] of the recurrent ones */
    int32_t *bias_fixed;     /* the same in Q4.11 */
    float *x_table;          /* one-hot: [I, G*H] the input's terms by symbol, biases included unless norm */
    int32_t *x_table_fixed;  /* the same for the integer pass */
    float *x_matrix;         /* dense: [I, G*H] */
    struct sterna_packed_int x_codes; /* dense, integer */
    struct sterna_packed h_forward;   /* W_hh for sums, and for their gradient */
    struct sterna_packed h_backward;
    struct sterna_packed_int h_codes;
    struct sterna_product_scale x_scale, h_scale; /* of norm: borrowed gains, running statistics */
};

/* One layer's buffers over a window. Those that a run does not need may be NULL. */
struct sterna_track {
    size_t steps, batch;
    const size_t *active;  /* [T], non-increasing, at least 1 */
    const uint8_t *symbol; /* [T, B] of a one-hot layer */
    const float *keep;     /* [T, B] factor of each symbol's column (dropout of inputs); NULL: 1 */
    const float *input;    /* [T, B, I] of a dense layer */
    const int8_t *input8;  /* the same as the device sees it */
    float *terms; /* [T, B, G*H] scratch; int32 in the integer pass; NULL: one-hot, straight from the table */
    int32_t *sums;                                  /* [B, G*H] scratch of the integer pass */
    float *s, *a;                                   /* [T + 1, B, H]; [0] is the state carried in */
    int8_t *a8;                                     /* [T + 1, B, H] a as the device sees it */
    float *saved;                                   /* [T, B, saved*H] */
    struct sterna_product_trace *x_trace, *h_trace; /* of norm */
};

/* Where backward leaves dL/d(...), of the effective weights; all but input add up. */
struct sterna_recurrent_gradient {
    float *ih;        /* one-hot: [I, G*H], transposed; dense: [G*H, I] */
    float *hh;        /* [G*H, H] */
    float *bias_ih;   /* [G*H] */
    float *bias_hh;   /* [G*H] */
    float *gain_ih;   /* [G*H] of norm */
    float *gain_hh;   /* [G*H] */
    float *input;     /* dense: [T, B, I], set; NULL if nobody wants it */
    float *da, *ds;   /* [B, H] scratch */
    float *quantized; /* [T, B, max(I, H)] scratch of quantized back-propagation; NULL: off */
    unsigned backprop_bits;
    struct sterna_draw draw; /* of quantized back-propagation */
};

/* The layer comes with its weights and the fields that no size follows from (norm, one_in); it is freed on failure. */
STERNA_MUST_CHECK enum sterna_status sterna_recurrent_new(const struct sterna_cell_type *type, size_t inputs,
                                                          size_t hidden, bool one_hot,
                                                          struct sterna_recurrent *layer,
                                                          struct sterna_error *error);
void sterna_recurrent_free(struct sterna_recurrent *layer);
/* Make the passes' forms of the weights, which are expanded, from them and the biases [G*H] each; layer->integer says
 * for which forward pass (backward is made ready in any case). */
void sterna_recurrent_prepare(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh);
/* Whether the track needs terms: not if every row can be read from the table. */
bool sterna_recurrent_needs_terms(const struct sterna_recurrent *layer, bool keep);
void sterna_recurrent_forward(const struct sterna_recurrent *layer, const struct sterna_track *track);
/* above [T, B, H]: dL/da of every step from the layers above, 0 where a sequence has ended. */
void sterna_recurrent_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                               const float *above, const struct sterna_recurrent_gradient *gradient);

#endif
