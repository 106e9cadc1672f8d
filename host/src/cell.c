#include "cell.h"

#include <math.h>
#include <string.h>

#include "fixed.h"

static const struct sterna_cell_type *const CELLS[STERNA_CELLS] = {
    [STERNA_CELL_GRU] = &sterna_gru,           [STERNA_CELL_LSTM] = &sterna_lstm,
    [STERNA_CELL_RNN_TANH] = &sterna_rnn_tanh, [STERNA_CELL_RNN_RELU] = &sterna_rnn_relu,
    [STERNA_CELL_RNN_SIGN] = &sterna_rnn_sign,
};

const struct sterna_cell_type *sterna_cell_type_of(enum sterna_cell cell)
{
    return CELLS[cell];
}

enum sterna_status sterna_cell_find(const char *name, const struct sterna_cell_type **type,
                                    struct sterna_error *error)
{
    enum sterna_cell cell = STERNA_CELLS;
    enum sterna_status status = sterna_cell_by_name(name, &cell, error);
    if (status == STERNA_OK)
        *type = CELLS[cell];
    return status;
}

int32_t sterna_cell_round_bias(float value)
{
    float rounded = roundf(value * 2048.0f);
    return (int32_t)(rounded > 32767.0f ? 32767.0f : rounded < -32767.0f ? -32767.0f : rounded);
}

size_t sterna_cell_same_gradient(size_t gate)
{
    return gate;
}

void sterna_gate_tables_fill(struct sterna_gate_tables *tables)
{
    for (int32_t i = 0; i < 512; i++) {
        tables->tanh[i] = sterna_fixed_tanh(16 * i);
        tables->sigmoid[i] = sterna_fixed_sigmoid(32 * i) - 128;
    }
}
