/* cell.h - what makes one recurrent cell differ from another: the work of one unit in one step, in float, as the
 * device computes it, and backward. Everything around it is recurrent.h. Cells are rows of a table (cell.c).
 *
 * Gates are in PyTorch's order; G gates, H units. Of a step of one sequence a cell sees rows of numbers:
 *
 *   x [G*H]        the input's terms, biases included
 *   saved [S*H]    comes with the recurrent products in its first G*H numbers; leaves with what backward needs
 *   s, a [H]       the state that is carried on, and the activation that matrices see (GRU: a is s, on the device
 *                  rounded to 8 bits; LSTM: s is the cell state, a is h; vanilla cells: a is h, s unused)
 */
#ifndef STERNA_CELL_H
#define STERNA_CELL_H

#include "model.h"

/* sigmoid - 128 and tanh of the device by table entry (fixed.h): pre-activations 32 i and 16 i. */
struct sterna_gate_tables {
    int32_t tanh[512], sigmoid[512];
};
void sterna_gate_tables_fill(struct sterna_gate_tables *tables);

/* The integer terms of one step of one sequence. */
struct sterna_fixed_row {
    const struct sterna_gate_tables *tables;
    const int32_t
        *x; /* [G*H] S(sum) + bias of the input's rows; those of gates with a bias of their own saturated */
    const int32_t *sum;   /* [G*H] exact sums of the recurrent rows */
    const int32_t *m, *s; /* [G*H] their scales */
    const int32_t *bias;  /* [own_gates * H] of the recurrent rows with a bias of their own */
};

struct sterna_cell_type {
    const char *name;
    enum sterna_cell cell;
    size_t gates; /* rows of the matrices per unit */
    size_t
        own_gates; /* the last of them add their recurrent bias to the recurrent product, the others to the input's */
    size_t saved; /* S: numbers per unit and step kept for backward */
    bool memory;  /* s is used */
    float forget; /* first value of the second gate's bias: 1 for the LSTM */
    /* One step of one sequence: saved, s_next and a_next from x, s (and a: GRU has it in s). bias: as above. */
    void (*forward)(size_t H, const float *x, const float *bias, const float *s, float *saved, float *s_next,
                    float *a_next);
    /* The same bits as fixed.h; saved, s_next, a_next are the numbers that the integers stand for. */
    void (*fixed)(size_t H, const struct sterna_fixed_row *row, const float *s, float *saved, float *s_next,
                  float *a_next);
    /* da: dL/da of this step in, that part of dL/da of the step before that does not go through the matrix out;
     * ds: the same of s. saved becomes dL/d of the recurrent products in its first G*H numbers and of the
     * input's terms where input_gradient says. */
    void (*backward)(size_t H, const float *s, const float *s_next, float *saved, float *da, float *ds);
    /* Where in saved the gradient of gate g's input term lies, in units of H. */
    size_t (*input_gradient)(size_t gate);
};

STERNA_MUST_CHECK enum sterna_status sterna_cell_find(const char *name, const struct sterna_cell_type **type,
                                                      struct sterna_error *error);
const struct sterna_cell_type *sterna_cell_type_of(enum sterna_cell cell);

/* A bias in Q4.11: round(value * 2048), saturated to 16 bits. */
int32_t sterna_cell_round_bias(float value);

/* input_gradient of cells whose gates take input and recurrent products as one sum. */
size_t sterna_cell_same_gradient(size_t gate);

extern const struct sterna_cell_type sterna_gru, sterna_lstm, sterna_rnn_tanh, sterna_rnn_relu,
    sterna_rnn_sign;

#endif
