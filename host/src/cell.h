/* cell.h - a recurrent layer ready to run, and the interface of a cell: forward, exact integer forward,
 * backward over a window of time.
 *
 * Matrices and gates are in PyTorch's order. Sizes: T steps, B sequences side by side, I inputs, H units, G
 * gates; time comes first in every buffer: [T, B, ...]. Cells are rows of a table (cell.c).
 */
#ifndef STERNA_CELL_H
#define STERNA_CELL_H

#include "weight.h"

struct sterna_recurrent;
struct sterna_track;
struct sterna_cell_gradient;

struct sterna_cell_type {
    const char *name;
    enum sterna_cell cell; /* in a model file */
    size_t gates;          /* rows of the matrices per unit */
    size_t biases;         /* per unit, as prepared */
    size_t saved;          /* floats per unit and step kept for backward */
    /* Make bias, x_table, h_matrix from the weights (expanded) and the biases [G*H] of the input and the
     * recurrent product. */
    void (*prepare)(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh);
    /* Run the window in float, or as a device computes it (layer->integer). */
    void (*forward)(const struct sterna_recurrent *layer, const struct sterna_track *track);
    /* dh [T, B, H]: dL/dh of every step from above, used up. Fills *gradient, whose buffers come zeroed. */
    void (*backward)(const struct sterna_recurrent *layer, const struct sterna_track *track, float *dh,
                     const struct sterna_cell_gradient *gradient);
};

/* A layer's weights as the forward pass wants them. */
struct sterna_recurrent {
    const struct sterna_cell_type *type;
    size_t inputs, hidden;
    bool one_hot;            /* inputs are indices */
    bool integer;            /* prepared for the integer forward pass: terms and biases are Q4.11 integers */
    struct sterna_weight ih; /* [G*H, I] */
    struct sterna_weight hh; /* [G*H, H] */
    float *bias;             /* [biases*H] */
    float *x_table;          /* one-hot: [I, G*H] the input's terms for each symbol, biases included */
    float *x_matrix;         /* dense: [I, G*H] what the input is multiplied with */
    float *h_matrix;         /* [H, G*H] what the state is multiplied with */
};

/* One layer's buffers over a window. */
struct sterna_track {
    size_t steps, batch;
    const uint8_t *symbol; /* [T, B] of a one-hot layer */
    const float *input;    /* [T, B, I] otherwise */
    float *terms;          /* [T, B, G*H] of a dense layer: scratch */
    float *h;              /* [T + 1, B, H]; h[0] is the state carried in */
    float *a;     /* h as the matrices see it (integer: rounded to 8 bits); the same memory as h in float */
    float *saved; /* [T, B, saved*H] */
};

/* Where backward leaves dL/d(...), of the effective weights. */
struct sterna_cell_gradient {
    float *ih;      /* one-hot: [I, G*H], transposed; dense: [G*H, I] */
    float *hh;      /* [G*H, H] */
    float *bias_ih; /* [G*H] */
    float *bias_hh; /* [G*H] */
    float *input;   /* dense: [T, B, I], set; NULL if nobody wants it */
    float *dh;      /* [B, H] scratch */
};

STERNA_MUST_CHECK enum sterna_status sterna_cell_find(const char *name, const struct sterna_cell_type **type,
                                                      struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_recurrent_new(const struct sterna_cell_type *type, size_t inputs,
                                                          size_t hidden, bool one_hot,
                                                          const struct sterna_quantizer *quantizer,
                                                          const struct sterna_normalizer *normalizer,
                                                          struct sterna_recurrent *layer,
                                                          struct sterna_error *error);
void sterna_recurrent_free(struct sterna_recurrent *layer);

/* round(value * 2048) as an integer-valued float, saturated to 16 bits: a bias in Q4.11. */
float sterna_cell_round_bias(float value);

extern const struct sterna_cell_type sterna_gru;
/* The integer forward pass of the GRU (gru_fixed.c): the arithmetic of fixed.h on integer-valued floats. */
void sterna_gru_fixed_prepare(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh);
void sterna_gru_fixed_forward(const struct sterna_recurrent *layer, const struct sterna_track *track);

#endif
