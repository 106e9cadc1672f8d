/* fast_gates.h - all units of a layer from the sums of its two products: the arithmetic of fixed.h (through fixed_vector.h), unit by
 * unit the same, in loops that become vector code. */
#ifndef STERNA_FAST_GATES_H
#define STERNA_FAST_GATES_H

#include "model.h"

/* Sums of a product and the scales m / 2^(less + 1) of its rows; row g * hidden + u is gate g of unit u. |sum * m| is below 2^31 - 1. */
struct sterna_fast_terms {
    const int32_t *sum;
    const uint8_t *m, *less;
};

/* Pre-activations up to three times 16 bits, unsaturated, have an entry: the outer ones are all alike. */
enum { STERNA_FAST_TANHS = 3 * 32768 / 16, STERNA_FAST_SIGMOIDS = 3 * 32768 / 32 };

/* tanh and sigmoid of the device by rounded pre-activation, 0 in the middle. */
struct sterna_fast_tables {
    int16_t tanh[2 * STERNA_FAST_TANHS + 1], sigmoid[2 * STERNA_FAST_SIGMOIDS + 1];
};
void sterna_fast_tables_fill(struct sterna_fast_tables *tables);

struct sterna_fast_gates {
    enum sterna_cell cell;
    size_t hidden;
    const struct sterna_fast_tables *tables;
    const int16_t *bias; /* as of struct sterna_layer */
    int32_t *scratch;    /* [sterna_fast_scratch(cell) * hidden] */
};

/* Numbers of scratch memory per unit. */
size_t sterna_fast_scratch(enum sterna_cell cell);
/* state and activation [hidden], as of struct sterna_fixed_state: of the step before in, of this one out (activation is
 * only written). */
void sterna_fast_gates(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                       const struct sterna_fast_terms *h, int16_t *state, int8_t *activation);

#endif
