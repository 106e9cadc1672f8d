/* network_prepare.c - from a vector of parameters to the weights of network.h, and from their gradients back; the work
 * is cut into blocks (the gates of the matrices), which share nothing. */
#include "network.h"

#include <math.h>
#include <string.h>

static const float STATISTICS_RATE = 0.01f; /* of the running means, per update */

/* A quantized matrix: its weights, and where they are in the list of parameters (their gain follows). */
struct matrix {
    struct sterna_weight *weight;
    const struct sterna_normalizer *normalizer;     /* while products are normalized by statistics */
    size_t tensor, bias;                            /* the bias that a gain acts on with it */
    const struct sterna_parameter *mean, *variance; /* of normalized products */
    float *frozen;                                  /* [rows] */
    float one;                                      /* the activation that stands for 1.0 in front of it */
};

/* Number of matrices: ih and hh of every layer, the output layer's, and the stack's, some of which are no matrices. */
static size_t matrices(const struct sterna_network *network)
{
    return 2 * network->layers + 1 + network->stack.shape.layers;
}

/* The matrix of a layer of the stack; weight NULL if it has none. */
static struct matrix stack_matrix(struct sterna_network *network, size_t k)
{
    const size_t first = sterna_parameters_stack(&network->parameters, k, STERNA_STACK_WEIGHT);
    const struct sterna_parameter *list = network->parameters.list + first;
    struct sterna_convolution *convolution = &network->stack.convolution[k];

    return (struct matrix){
        .weight = list->count ? &convolution->weight : NULL,
        .normalizer = network->plain,
        .tensor = first,
        .bias = first + STERNA_STACK_BIAS,
        .mean = &list[STERNA_STACK_MEAN],
        .variance = &list[STERNA_STACK_VARIANCE],
        .frozen = network->frozen + sterna_network_stack_row(network, k),
        .one = convolution->one_in,
    };
}

static struct matrix matrix_at(struct sterna_network *network, size_t index)
{
    const size_t k = index / 2, first = k * STERNA_LAYER_ROLES, rows = network->cell->gates * network->hidden;
    const struct sterna_parameter *list = network->parameters.list + first;
    const float one = (float)sterna_cell_one(network->cell->cell);
    const bool hh = index % 2;

    if (index > 2 * network->layers)
        return stack_matrix(network, index - 2 * network->layers - 1);
    if (k == network->layers)
        return (struct matrix){.weight = &network->output.weight,
                               .tensor = first + STERNA_LINEAR_WEIGHT,
                               .one = sterna_network_one(network)};
    struct sterna_recurrent *layer = &network->layer[k];
    return (struct matrix){
        .weight = hh ? &layer->hh : &layer->ih,
        .normalizer = network->normalizer,
        .tensor = first + (hh ? STERNA_WEIGHT_HH : STERNA_WEIGHT_IH),
        .bias = first + (hh ? STERNA_BIAS_HH : STERNA_BIAS_IH),
        .mean = &list[hh ? STERNA_MEAN_HH : STERNA_MEAN_IH],
        .variance = &list[hh ? STERNA_VARIANCE_HH : STERNA_VARIANCE_IH],
        .frozen = network->frozen + index * rows,
        .one = hh ? one : layer->one_in,
    };
}

/* Whether the matrix's products are normalized. */
static bool is_normalized(const struct matrix *matrix)
{
    return matrix->mean && matrix->mean->count > 0;
}

static size_t blocks_of(const struct matrix *matrix)
{
    return matrix->weight ? matrix->weight->blocks : 0;
}

/* The matrix and block of a task; a task is a block of some matrix, in order. */
static struct matrix block_at(struct sterna_network *network, size_t task, size_t *block)
{
    size_t index = 0;
    struct matrix matrix = matrix_at(network, index);

    while (task >= blocks_of(&matrix)) {
        task -= blocks_of(&matrix);
        matrix = matrix_at(network, ++index);
    }
    *block = task;
    return matrix;
}

static size_t blocks(struct sterna_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < matrices(network); i++) {
        const struct matrix matrix = matrix_at(network, i);
        count += blocks_of(&matrix);
    }
    return count;
}

const struct sterna_weight *sterna_network_weight(const struct sterna_network *network, size_t tensor)
{
    const size_t k = tensor / STERNA_LAYER_ROLES, role = tensor % STERNA_LAYER_ROLES;

    if (k >= network->layers) { /* the output layer's, then the stack's */
        const size_t after = tensor - network->layers * STERNA_LAYER_ROLES;
        if (after < STERNA_LINEAR_ROLES)
            return after == STERNA_LINEAR_WEIGHT ? &network->output.weight : NULL;
        const size_t in_stack = after - STERNA_LINEAR_ROLES;
        return in_stack % STERNA_STACK_ROLES == STERNA_STACK_WEIGHT && network->parameters.list[tensor].count
                   ? &network->stack.convolution[in_stack / STERNA_STACK_ROLES].weight
                   : NULL;
    }
    return role == STERNA_WEIGHT_IH   ? &network->layer[k].ih
           : role == STERNA_WEIGHT_HH ? &network->layer[k].hh
                                      : NULL;
}

/* What the tasks below work on. */
struct job {
    struct sterna_network *network;
    const struct sterna_preparation *preparation;
    const float *value;
    float *gradient;
};

/* The gains that rows of the matrix are multiplied with: those of weight normalization, or, for the integer pass, those of normalized
 * products; NULL: none. */
static const float *row_gains(const struct matrix *matrix, bool integer, const struct sterna_parameter *gain,
                              const float *value)
{
    if (is_normalized(matrix))
        return integer ? matrix->frozen : NULL;
    return gain->count ? value + gain->offset : NULL;
}

static float inverse_of(const struct matrix *matrix, const float *value, size_t row)
{
    return sterna_product_norm_inverse(value[matrix->variance->offset + row]);
}

/* Running statistics in place of the products' own: gain / sqrt(variance) for each row of the block. */
static void freeze(const struct matrix *matrix, size_t block, const struct sterna_parameter *gain,
                   const float *value)
{
    const size_t rows = matrix->weight->rows / matrix->weight->blocks;
    for (size_t r = block * rows; r < (block + 1) * rows; r++)
        matrix->frozen[r] = value[gain->offset + r] * inverse_of(matrix, value, r);
}

static void prepare_block(void *context, size_t task)
{
    const struct job *job = context;
    size_t block = 0;
    const struct matrix matrix = block_at(job->network, task, &block);
    const struct sterna_parameter *at = &job->network->parameters.list[matrix.tensor];
    struct sterna_preparation preparation = {.integer = job->preparation->integer};
    struct sterna_draw draw;

    if (job->preparation->draw) {
        draw = *job->preparation->draw;
        draw.tensor = (uint32_t)matrix.tensor;
        preparation.draw = &draw;
    }
    if (is_normalized(&matrix) && preparation.integer)
        freeze(&matrix, block, &at[1], job->value);
    sterna_weight_prepare(matrix.weight, block, &preparation, matrix.one, job->value + at->offset,
                          row_gains(&matrix, preparation.integer, &at[1], job->value));
}

/* A layer's biases as the passes use them: quantized gate by gate; for the integer pass less what normalization
 * subtracts. Returns the place of the input's, the recurrent ones behind them. */
static float *make_biases(const struct job *job, size_t k)
{
    struct sterna_network *network = job->network;
    const size_t H = network->hidden, rows = network->cell->gates * H;
    float *bias = network->bias + 2 * k * rows;

    for (size_t which = 0; which < 2; which++) {
        const struct matrix matrix = matrix_at(network, 2 * k + which);
        const float *from = sterna_parameters_in(&network->parameters, job->value, k,
                                                 which ? STERNA_BIAS_HH : STERNA_BIAS_IH);
        float *to = bias + which * rows;
        for (size_t g = 0; g < network->cell->gates; g++) {
            const float scale =
                network->quantizer_bias->round(from + g * H, H, &matrix.weight->grid, to + g * H);
            for (size_t u = 0; u < H; u++)
                to[g * H + u] *= scale;
        }
        for (size_t r = 0; is_normalized(&matrix) && job->preparation->integer && r < rows; r++)
            to[r] -= matrix.frozen[r] * job->value[matrix.mean->offset + r];
    }
    return bias;
}

/* The same of a layer of the stack. */
static float *make_stack_biases(const struct job *job, size_t k, const struct matrix *matrix)
{
    struct sterna_network *network = job->network;
    const size_t rows = matrix->weight->rows;
    float *bias = network->bias + sterna_network_stack_row(network, k);
    const float scale = network->quantizer_bias->round(
        job->value + network->parameters.list[matrix->bias].offset, rows, &matrix->weight->grid, bias);

    for (size_t r = 0; r < rows; r++) {
        bias[r] *= scale;
        if (is_normalized(matrix) && job->preparation->integer)
            bias[r] -= matrix->frozen[r] * job->value[matrix->mean->offset + r];
    }
    return bias;
}

static struct sterna_product_scale product_scale(const struct job *job, size_t index)
{
    const struct matrix matrix = matrix_at(job->network, index);
    const struct sterna_parameter *gain = &job->network->parameters.list[matrix.tensor + 1];

    if (!is_normalized(&matrix))
        return (struct sterna_product_scale){0};
    return (struct sterna_product_scale){.gain = job->value + gain->offset,
                                         .mean = job->value + matrix.mean->offset,
                                         .variance = job->value + matrix.variance->offset};
}

static void prepare_stack(const struct job *job, size_t k)
{
    struct sterna_network *network = job->network;
    const size_t index = 2 * network->layers + 1 + k;
    const struct matrix matrix = matrix_at(network, index);

    if (!matrix.weight)
        return;
    network->stack.convolution[k].scale = product_scale(job, index);
    sterna_stack_prepare(&network->stack, k, make_stack_biases(job, k, &matrix));
}

/* What a layer makes of its finished matrices; task = layers: the output layer; beyond it: the stack. */
static void prepare_layer(void *context, size_t task)
{
    const struct job *job = context;
    struct sterna_network *network = job->network;

    if (task > network->layers) {
        prepare_stack(job, task - network->layers - 1);
        return;
    }
    if (task == network->layers) {
        network->output.integer = job->preparation->integer;
        sterna_linear_prepare(&network->output, sterna_parameters_in(&network->parameters, job->value, task,
                                                                     STERNA_LINEAR_BIAS));
        return;
    }
    struct sterna_recurrent *layer = &network->layer[task];
    const float *bias = make_biases(job, task);
    layer->x_scale = product_scale(job, 2 * task);
    layer->h_scale = product_scale(job, 2 * task + 1);
    sterna_recurrent_prepare(layer, bias, bias + network->cell->gates * network->hidden);
}

void sterna_network_prepare(struct sterna_network *network, const struct sterna_preparation *preparation,
                            bool training, struct sterna_workers *workers, const float *value)
{
    struct job job = {.network = network, .preparation = preparation, .value = value};

    network->integer = network->stack.integer = preparation->integer;
    network->stack.training = training;
    for (size_t k = 0; k < network->layers; k++) {
        network->layer[k].integer = preparation->integer;
        network->layer[k].training = training;
    }
    for (size_t i = 0; i < matrices(network); i++) {
        const struct matrix matrix = matrix_at(network, i);
        if (is_normalized(&matrix))
            matrix.weight->normalizer = preparation->integer ? &sterna_normalizer_frozen : matrix.normalizer;
    }
    sterna_workers_run(workers, blocks(network), prepare_block, &job);
    sterna_workers_run(workers, network->layers + 1 + network->stack.shape.layers, prepare_layer, &job);
}

/* A gain acts on the frozen factor and on the bias: factor = gain inverse, bias' = bias - factor mean. */
static void finish_frozen(const struct job *job, const struct matrix *matrix, size_t block,
                          float *gain_gradient)
{
    const size_t rows = matrix->weight->rows / matrix->weight->blocks;
    const float *bias = job->gradient + job->network->parameters.list[matrix->bias].offset;
    const float *mean = job->value + matrix->mean->offset;

    for (size_t r = block * rows; r < (block + 1) * rows; r++)
        gain_gradient[r] = inverse_of(matrix, job->value, r) * (gain_gradient[r] - mean[r] * bias[r]);
}

static void finish_block(void *context, size_t task)
{
    const struct job *job = context;
    size_t block = 0;
    const struct matrix matrix = block_at(job->network, task, &block);
    const struct sterna_parameter *at = &job->network->parameters.list[matrix.tensor];
    const bool integer = job->network->integer;
    const float *gain = row_gains(&matrix, integer, &at[1], job->value);
    float *gain_gradient = gain ? job->gradient + at[1].offset : NULL;

    sterna_weight_backward(matrix.weight, block, gain, job->gradient + at->offset, gain_gradient);
    if (is_normalized(&matrix) && integer)
        finish_frozen(job, &matrix, block, gain_gradient);
}

/* Statistics of the windows, added up in the gradient, move the running ones; the gradient there becomes 0. */
static void move_statistics(const struct sterna_parameter *tensor, bool integer, size_t windows, float *value,
                            float *gradient)
{
    const float share = 1.0f / (float)windows;
    for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
        if (!integer)
            value[i] += STATISTICS_RATE * (gradient[i] * share - value[i]);
        gradient[i] = 0.0f;
    }
}

void sterna_network_finish_gradient(struct sterna_network *network, struct sterna_workers *workers,
                                    size_t windows, float *value, float *gradient)
{
    struct job job = {.network = network, .value = value, .gradient = gradient};

    sterna_workers_run(workers, blocks(network), finish_block, &job);
    for (size_t i = 0; i < matrices(network); i++) {
        const struct matrix matrix = matrix_at(network, i);
        if (!is_normalized(&matrix))
            continue;
        move_statistics(matrix.mean, network->integer, windows, value, gradient);
        move_statistics(matrix.variance, network->integer, windows, value, gradient);
    }
}
