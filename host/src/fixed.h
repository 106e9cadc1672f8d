/* fixed.h - the arithmetic of the device: the specification that trainer, software device and RTL follow bit for bit.
 *
 * Formats: activations x and h are int8 in -127..127 (h: value / sterna_cell_one of the cell; one-hot input: 64 = 1.0); sums are exact
 * integers; pre-activations are Q4.11 in int16; sigmoid is 0..256 (/ 256), tanh is -127..127 (/ 128); the GRU's state h is Q0.15, the
 * LSTM's c is Q4.11, both in int16. Rounding is half away from zero, saturation is symmetric (-32767..32767), everywhere.
 */
#ifndef STERNA_FIXED_H
#define STERNA_FIXED_H

#include "model.h"

enum { STERNA_FIXED_ONE_HOT = 64 };

/* round(value / 2^shift), half away from zero; shift 0..62, |value| < 2^62. */
int64_t sterna_fixed_round_shift(int64_t value, unsigned shift);
/* Clamp to -32767..32767. */
int32_t sterna_fixed_saturate(int64_t value);
/* sat16(round(sum * m / 2^s)): one row's sum as a pre-activation term. */
int32_t sterna_fixed_scale(int32_t sum, uint8_t m, uint8_t s);
/* tanh of a Q4.11 pre-activation: -127..127. */
int32_t sterna_fixed_tanh(int32_t pre);
/* sigmoid of a Q4.11 pre-activation: 0..256. */
int32_t sterna_fixed_sigmoid(int32_t pre);
/* The state's rounded top 8 bits, as the matrix engine sees them: -127..127. */
int8_t sterna_fixed_activation(int32_t state);

/* The terms of one GRU unit: S(sum) of the input (x) and recurrent (h) rows, and the biases. */
struct sterna_fixed_gru {
    int32_t x_r, x_z, x_n, h_r, h_z, h_n;
    int32_t b_r, b_z, b_xn, b_hn;
};

/* h16' of one unit from its terms and h16. */
int32_t sterna_fixed_gru_unit(const struct sterna_fixed_gru *terms, int32_t state);

/* The terms of one LSTM unit, as above. */
struct sterna_fixed_lstm {
    int32_t x_i, x_f, x_g, x_o, h_i, h_f, h_g, h_o;
    int32_t b_i, b_f, b_g, b_o;
};

/* i, f, o = sigmoid(pre), g = tanh(pre), pre = sat16(x + h + b):
 *
 *   c' = sat16(round(f c / 2^8) + round(i 16 g / 2^8))        returned
 *   h8 = round(o tanh(c') / 2^8)                              *activation, -127..127
 */
int32_t sterna_fixed_lstm_unit(const struct sterna_fixed_lstm *terms, int32_t c, int8_t *activation);

/* h8 of one unit of a vanilla cell from pre = sat16(x + h + b): rnn-tanh tanh(pre); rnn-relu min(127, round(max(pre, 0) / 2^6));
 * rnn-sign 64 if pre >= 0, else -64. */
int8_t sterna_fixed_rnn_unit(enum sterna_cell cell, int32_t x, int32_t h, int32_t b);

/* A network's state and scratch memory, for one sequence. */
struct sterna_fixed_state {
    int16_t *state;     /* of all units, layer after layer: GRU h16, LSTM c16, otherwise 0 */
    int8_t *activation; /* their h8 */
    int32_t *sum;       /* scratch */
    int8_t *next;       /* scratch */
    size_t units;
};

STERNA_MUST_CHECK enum sterna_status sterna_fixed_new(const struct sterna_model *model,
                                                      struct sterna_fixed_state *state,
                                                      struct sterna_error *error);
void sterna_fixed_free(struct sterna_fixed_state *state);
void sterna_fixed_reset(struct sterna_fixed_state *state);
/* One time step of the layers behind the stack, of which there may be none. input: int8 [inputs]; sums: int32 [outputs] receives the output layer's exact sums. */
void sterna_fixed_step(const struct sterna_model *model, struct sterna_fixed_state *state,
                       const int8_t *input, int32_t *sums);
/* The same for a one-hot input: index of the one activation that is 64. */
void sterna_fixed_step_one_hot(const struct sterna_model *model, struct sterna_fixed_state *state,
                               size_t index, int32_t *sums);

#endif
