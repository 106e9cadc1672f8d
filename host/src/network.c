#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "fixed.h"
#include "product.h"

enum { HIDDEN_MAX = 1024, LAYERS_MAX = 16, SYMBOLS_MAX = 256 };

/* What the parts are made of. */
struct materials {
    size_t inputs, hidden, layers, outputs;
    const struct sterna_cell_type *cell;
    const struct sterna_quantizer *quantizer, *quantizer_output;
    const struct sterna_normalizer *normalizer;
};

static enum sterna_status assemble(const struct materials *with, struct sterna_network *network,
                                   struct sterna_error *error)
{
    struct sterna_network fresh = {.inputs = with->inputs, .hidden = with->hidden, .outputs = with->outputs};
    enum sterna_status status = STERNA_OK;

    sterna_product_setup();
    fresh.cell = with->cell;
    fresh.layer = calloc(with->layers, sizeof *fresh.layer);
    if (!fresh.layer)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu layers", with->layers);
    for (; status == STERNA_OK && fresh.layers < with->layers; fresh.layers++)
        status = sterna_recurrent_new(with->cell, fresh.layers == 0 ? with->inputs : with->hidden,
                                      with->hidden, fresh.layers == 0, with->quantizer, with->normalizer,
                                      &fresh.layer[fresh.layers], error);
    if (status == STERNA_OK)
        status = sterna_linear_new(with->hidden, with->outputs, with->quantizer_output, with->normalizer,
                                   &fresh.output, error);
    if (status == STERNA_OK)
        status = sterna_parameters_new(with->inputs, with->hidden, with->layers, with->outputs,
                                       with->cell->gates, with->normalizer->gain, &fresh.parameters, error);
    if (status != STERNA_OK) {
        sterna_network_free(&fresh);
        return status;
    }
    *network = fresh;
    return STERNA_OK;
}

static enum sterna_status check_sizes(size_t symbols, size_t hidden, size_t layers,
                                      struct sterna_error *error)
{
    /* Up to 1024 columns the largest sum (127 x 64 each) times m stays below 2^31, and a float sum of integers
     * below 2^24. */
    if (hidden < 1 || hidden > HIDDEN_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu units per layer: 1 to %d are possible", hidden,
                           HIDDEN_MAX);
    if (layers < 1 || layers > LAYERS_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu layers: 1 to %d are possible", layers, LAYERS_MAX);
    if (symbols < 1 || symbols > SYMBOLS_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu symbols: 1 to %d are possible", symbols,
                           SYMBOLS_MAX);
    return STERNA_OK;
}

enum sterna_status sterna_network_new(const struct sterna_recipe *recipe, size_t symbols, bool master,
                                      struct sterna_network *network, struct sterna_error *error)
{
    struct materials with = {
        .inputs = symbols, .hidden = recipe->hidden, .layers = recipe->layers, .outputs = symbols};

    enum sterna_status status = check_sizes(symbols, recipe->hidden, recipe->layers, error);
    if (status == STERNA_OK)
        status = sterna_cell_find(recipe->cell, &with.cell, error);
    if (status == STERNA_OK)
        status = sterna_quantizer_find(master ? "float" : recipe->quantizer, &with.quantizer, error);
    if (status == STERNA_OK)
        status =
            sterna_quantizer_find(master ? "float" : recipe->quantizer_output, &with.quantizer_output, error);
    if (status == STERNA_OK)
        status = sterna_normalizer_find(recipe->normalization, &with.normalizer, error);
    return status == STERNA_OK ? assemble(&with, network, error) : status;
}

void sterna_network_free(struct sterna_network *network)
{
    for (size_t k = 0; network->layer && k < network->layers; k++)
        sterna_recurrent_free(&network->layer[k]);
    free(network->layer);
    sterna_linear_free(&network->output);
    sterna_parameters_free(&network->parameters);
    memset(network, 0, sizeof *network);
}

/* ---- from a model ---- */

/* one: the activation that stands for 1.0 in front of this matrix. */
static void import_weight(const struct sterna_matrix *matrix, float one, struct sterna_weight *weight)
{
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++)
        weight->level[i] = (float)matrix->code[i];
    for (size_t r = 0; r < matrix->rows; r++)
        weight->row[r] = ldexpf((float)matrix->scale_m[r], -(int)matrix->scale_s[r]) * one / 2048.0f;
    for (size_t block = 0; block < weight->blocks; block++)
        sterna_weight_expand(weight, block);
}

/* Biases of a model are r, z, xn, hn; those of r and z may stand on either side. */
static enum sterna_status import_layer(const struct sterna_layer *from, bool one_hot,
                                       struct sterna_recurrent *layer, struct sterna_error *error)
{
    const size_t H = from->hidden;
    float *bias = sterna_buffer_new(6 * H, sizeof *bias), *bias_hh = bias ? bias + 3 * H : NULL;

    if (!bias)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a layer of %zu units", H);
    import_weight(&from->ih, one_hot ? (float)STERNA_FIXED_ONE_HOT : 128.0f, &layer->ih);
    import_weight(&from->hh, 128.0f, &layer->hh);
    for (size_t g = 0; g < 3 * H; g++)
        bias[g] = (float)from->bias[g] / 2048.0f;
    for (size_t u = 0; u < H; u++)
        bias_hh[2 * H + u] = (float)from->bias[3 * H + u] / 2048.0f;
    layer->type->prepare(layer, bias, bias_hh);
    free(bias);
    return STERNA_OK;
}

enum sterna_status sterna_network_import(const struct sterna_model *model, struct sterna_network *network,
                                         struct sterna_error *error)
{
    const struct sterna_layer *first = &model->layer[0];
    struct materials with = {.inputs = first->inputs, .hidden = first->hidden, .layers = model->layers};
    struct sterna_network fresh = {0};
    float bias[SYMBOLS_MAX];

    with.outputs = model->output.rows;
    enum sterna_status status = check_sizes(with.outputs, with.hidden, with.layers, error);
    if (status == STERNA_OK && !model->one_hot)
        status =
            sterna_fail(error, STERNA_ERR_RANGE, "float evaluation takes models of text (one-hot inputs)");
    if (status == STERNA_OK)
        status = sterna_cell_find(sterna_cell_name(first->cell), &with.cell, error);
    if (status == STERNA_OK)
        status = sterna_quantizer_find("float", &with.quantizer, error);
    with.quantizer_output = with.quantizer;
    if (status == STERNA_OK)
        status = sterna_normalizer_find("none", &with.normalizer, error);
    if (status == STERNA_OK)
        status = assemble(&with, &fresh, error);
    for (size_t k = 0; status == STERNA_OK && k < model->layers; k++)
        status = import_layer(&model->layer[k], k == 0, &fresh.layer[k], error);
    if (status != STERNA_OK) {
        sterna_network_free(&fresh);
        return status;
    }
    import_weight(&model->output, 128.0f, &fresh.output.weight);
    for (size_t o = 0; o < with.outputs; o++)
        bias[o] = (float)model->output_bias[o] / 2048.0f;
    sterna_linear_prepare(&fresh.output, bias);
    *network = fresh;
    return STERNA_OK;
}

/* ---- parameters to weights and back ---- */

/* A quantized matrix: its weights, and where they are in the list of parameters (their gain follows). */
struct matrix {
    struct sterna_weight *weight;
    size_t tensor;
    float one; /* the activation that stands for 1.0 in front of it */
};

/* Number of matrices: ih and hh of every layer, and the output layer's. */
static size_t matrices(const struct sterna_network *network)
{
    return 2 * network->layers + 1;
}

static struct matrix matrix_at(struct sterna_network *network, size_t index)
{
    const size_t k = index / 2, first = k * STERNA_LAYER_ROLES;

    if (k == network->layers)
        return (struct matrix){&network->output.weight, first + STERNA_LINEAR_WEIGHT, 128.0f};
    struct sterna_recurrent *layer = &network->layer[k];
    if (index % 2)
        return (struct matrix){&layer->hh, first + STERNA_WEIGHT_HH, 128.0f};
    return (struct matrix){&layer->ih, first + STERNA_WEIGHT_IH,
                           layer->one_hot ? (float)STERNA_FIXED_ONE_HOT : 128.0f};
}

/* The matrix and block of a task; a task is a block of some matrix, in order. */
static struct matrix block_at(struct sterna_network *network, size_t task, size_t *block)
{
    size_t index = 0;
    struct matrix matrix = matrix_at(network, index);

    while (task >= matrix.weight->blocks) {
        task -= matrix.weight->blocks;
        matrix = matrix_at(network, ++index);
    }
    *block = task;
    return matrix;
}

static size_t blocks(struct sterna_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < matrices(network); i++)
        count += matrix_at(network, i).weight->blocks;
    return count;
}

/* What the tasks below work on. */
struct job {
    struct sterna_network *network;
    const struct sterna_preparation *preparation;
    const float *value;
    float *gradient;
};

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
    sterna_weight_prepare(matrix.weight, block, &preparation, matrix.one, job->value + at->offset,
                          at[1].count ? job->value + at[1].offset : NULL);
}

/* What a layer makes of its finished matrices; task = layers: the output layer. */
static void prepare_layer(void *context, size_t task)
{
    const struct job *job = context;
    struct sterna_network *network = job->network;
    const struct sterna_parameters *parameters = &network->parameters;

    if (task == network->layers) {
        network->output.integer = job->preparation->integer;
        sterna_linear_prepare(&network->output,
                              sterna_parameters_in(parameters, job->value, task, STERNA_LINEAR_BIAS));
        return;
    }
    struct sterna_recurrent *layer = &network->layer[task];
    layer->integer = job->preparation->integer;
    layer->type->prepare(layer, sterna_parameters_in(parameters, job->value, task, STERNA_BIAS_IH),
                         sterna_parameters_in(parameters, job->value, task, STERNA_BIAS_HH));
}

void sterna_network_prepare(struct sterna_network *network, const struct sterna_preparation *preparation,
                            struct sterna_workers *workers, const float *value)
{
    struct job job = {.network = network, .preparation = preparation, .value = value};

    sterna_workers_run(workers, blocks(network), prepare_block, &job);
    sterna_workers_run(workers, network->layers + 1, prepare_layer, &job);
}

static void finish_block(void *context, size_t task)
{
    const struct job *job = context;
    size_t block = 0;
    const struct matrix matrix = block_at(job->network, task, &block);
    const struct sterna_parameter *at = &job->network->parameters.list[matrix.tensor];
    const bool gain = at[1].count > 0;

    sterna_weight_backward(matrix.weight, block, gain ? job->value + at[1].offset : NULL,
                           job->gradient + at->offset, gain ? job->gradient + at[1].offset : NULL);
}

void sterna_network_finish_gradient(struct sterna_network *network, struct sterna_workers *workers,
                                    const float *value, float *gradient)
{
    struct job job = {.network = network, .value = value};

    job.gradient = gradient;
    sterna_workers_run(workers, blocks(network), finish_block, &job);
}

void sterna_network_clip(struct sterna_network *network, float *value)
{
    for (size_t i = 0; i < matrices(network); i++) {
        const struct matrix matrix = matrix_at(network, i);
        const struct sterna_parameter *at = &network->parameters.list[matrix.tensor];
        const float range = matrix.weight->quantizer->range(matrix.weight->bound);
        float *w = value + at->offset;
        for (size_t j = 0; isfinite(range) && j < at->count; j++)
            w[j] = w[j] > range ? range : w[j] < -range ? -range : w[j];
    }
}

bool sterna_network_deployable(const struct sterna_network *network)
{
    return network->layer[0].hh.quantizer->format != STERNA_FORMATS &&
           network->output.weight.quantizer->format != STERNA_FORMATS;
}
