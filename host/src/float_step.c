#include "float_step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "activation.h"
#include "buffer.h"

enum { ONE_HOT = 64, Q11 = 2048 };

struct layer {
    enum sterna_cell cell;
    size_t inputs, hidden, rows;
    float *ih, *hh; /* [rows, inputs], [rows, hidden] */
    float *bias;    /* [biases] */
    float *x, *h;   /* [rows] products */
    float *state, *activation;
};

struct sterna_float {
    size_t layers, outputs;
    struct layer *layer;
    float *column; /* [inputs, rows] of the first layer's ih */
    float *output, *output_bias;
};

/* What a code is worth in float, if the activations that stand for 1.0 are `one`. */
static float *weights_of(const struct sterna_matrix *matrix, float one)
{
    float *weight = sterna_buffer_new(matrix->rows * matrix->cols, sizeof *weight);
    for (size_t row = 0; weight && row < matrix->rows; row++) {
        const float scale = ldexpf((float)matrix->scale_m[row] / Q11, -(int)matrix->scale_s[row]) * one;
        for (size_t col = 0; col < matrix->cols; col++)
            weight[row * matrix->cols + col] = scale * matrix->code[row * matrix->cols + col];
    }
    return weight;
}

static float *biases_of(const int16_t *bias, size_t count)
{
    float *value = sterna_buffer_new(count, sizeof *value);
    for (size_t i = 0; value && i < count; i++)
        value[i] = (float)bias[i] / Q11;
    return value;
}

static float *transpose(const float *weight, size_t rows, size_t cols)
{
    float *column = sterna_buffer_new(cols, rows * sizeof *column);
    for (size_t i = 0; column && i < rows * cols; i++)
        column[i % cols * rows + i / cols] = weight[i];
    return column;
}

static bool open_layer(const struct sterna_layer *of, float input_one, struct layer *layer)
{
    *layer = (struct layer){
        .cell = of->cell,
        .inputs = of->inputs,
        .hidden = of->hidden,
        .rows = of->hh.rows,
        .ih = weights_of(&of->ih, input_one),
        .hh = weights_of(&of->hh, (float)sterna_cell_one(of->cell)),
        .bias = biases_of(of->bias, sterna_cell_biases(of->cell) * of->hidden),
        .x = sterna_buffer_new(of->hh.rows, sizeof(float)),
        .h = sterna_buffer_new(of->hh.rows, sizeof(float)),
        .state = sterna_buffer_new(of->hidden, sizeof(float)),
        .activation = sterna_buffer_new(of->hidden, sizeof(float)),
    };
    return layer->ih && layer->hh && layer->bias && layer->x && layer->h && layer->state && layer->activation;
}

static bool fill(const struct sterna_model *model, struct sterna_float *network)
{
    float one = model->one_hot ? ONE_HOT : (float)(1 << model->input_fraction);
    for (size_t k = 0; k < model->layers; k++) {
        if (!open_layer(&model->layer[k], one, &network->layer[k]))
            return false;
        one = (float)sterna_cell_one(model->layer[k].cell);
    }
    const struct layer *first = &network->layer[0];
    network->column = transpose(first->ih, first->rows, first->inputs);
    network->output = weights_of(&model->output, one);
    network->output_bias = biases_of(model->output_bias, model->output.rows);
    return network->column && network->output && network->output_bias;
}

enum sterna_status sterna_float_new(const struct sterna_model *model, struct sterna_float **network,
                                    struct sterna_error *error)
{
    struct sterna_float *fresh = calloc(1, sizeof *fresh);
    if (fresh) {
        fresh->layers = model->layers;
        fresh->outputs = model->output.rows;
        fresh->layer = calloc(model->layers, sizeof *fresh->layer);
    }
    if (!fresh || !fresh->layer || !fill(model, fresh)) {
        sterna_float_free(fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a network of floats");
    }
    *network = fresh;
    return STERNA_OK;
}

void sterna_float_free(struct sterna_float *network)
{
    if (!network)
        return;
    for (size_t k = 0; network->layer && k < network->layers; k++) {
        struct layer *layer = &network->layer[k];
        free(layer->ih);
        free(layer->hh);
        free(layer->bias);
        free(layer->x);
        free(layer->h);
        free(layer->state);
        free(layer->activation);
    }
    free(network->layer);
    free(network->column);
    free(network->output);
    free(network->output_bias);
    free(network);
}

static void multiply(const float *weight, size_t rows, size_t cols, const float *x, float *product)
{
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)cols, 1.0f, weight, (int)cols, x, 1, 0.0f,
                product, 1);
}

static void run_gru(const struct layer *layer)
{
    const size_t H = layer->hidden;
    const float *restrict x = layer->x, *restrict h = layer->h, *restrict b = layer->bias;
    float *restrict state = layer->state, *restrict activation = layer->activation;
    for (size_t u = 0; u < H; u++) {
        const float r = sterna_sigmoid(x[u] + h[u] + b[u]);
        const float z = sterna_sigmoid(x[H + u] + h[H + u] + b[H + u]);
        const float n = sterna_tanh(x[2 * H + u] + b[2 * H + u] + r * (h[2 * H + u] + b[3 * H + u]));
        state[u] = n + z * (state[u] - n);
        activation[u] = state[u];
    }
}

static void run_lstm(const struct layer *layer)
{
    const size_t H = layer->hidden;
    const float *restrict x = layer->x, *restrict h = layer->h, *restrict b = layer->bias;
    float *restrict c = layer->state, *restrict activation = layer->activation;
    for (size_t u = 0; u < H; u++) {
        const float i = sterna_sigmoid(x[u] + h[u] + b[u]);
        const float f = sterna_sigmoid(x[H + u] + h[H + u] + b[H + u]);
        const float g = sterna_tanh(x[2 * H + u] + h[2 * H + u] + b[2 * H + u]);
        const float o = sterna_sigmoid(x[3 * H + u] + h[3 * H + u] + b[3 * H + u]);
        c[u] = f * c[u] + i * g;
        activation[u] = o * sterna_tanh(c[u]);
    }
}

static void run_rnn(const struct layer *layer)
{
    for (size_t u = 0; u < layer->hidden; u++) {
        const float pre = layer->x[u] + layer->h[u] + layer->bias[u];
        layer->activation[u] = layer->cell == STERNA_CELL_RNN_TANH   ? sterna_tanh(pre)
                               : layer->cell == STERNA_CELL_RNN_RELU ? fmaxf(pre, 0.0f)
                               : pre >= 0.0f                         ? 1.0f
                                                                     : -1.0f;
    }
}

void sterna_float_step(struct sterna_float *network, const float *input, size_t index, float *logits)
{
    const float *below = input;
    for (size_t k = 0; k < network->layers; k++) {
        struct layer *layer = &network->layer[k];
        if (below)
            multiply(layer->ih, layer->rows, layer->inputs, below, layer->x);
        else
            memcpy(layer->x, network->column + index * layer->rows, layer->rows * sizeof *layer->x);
        multiply(layer->hh, layer->rows, layer->hidden, layer->activation, layer->h);
        if (layer->cell == STERNA_CELL_GRU)
            run_gru(layer);
        else if (layer->cell == STERNA_CELL_LSTM)
            run_lstm(layer);
        else
            run_rnn(layer);
        below = layer->activation;
    }
    multiply(network->output, network->outputs, network->layer[network->layers - 1].hidden, below, logits);
    for (size_t i = 0; i < network->outputs; i++)
        logits[i] += network->output_bias[i];
}
