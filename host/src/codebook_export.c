/* codebook_export.c - from product codes to a model file, or back to a checkpoint (codebook_network.h); and the whole of product quantization. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "checkpoint.h"
#include "codebook.h"
#include "codebook_network.h"
#include "codebook_tune.h"
#include "export.h"

enum { TEXT_LIMIT = 40000, SEQUENCES_LIMIT = 10000 };

static void fill_names(const struct sterna_product_code *code, const struct sterna_codebook *book)
{
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = sterna_product_code_place(code, r, g);
            book->name[r * book->groups + g] =
                (uint8_t)(code->name[at] | (code->sign[at] < 0 ? STERNA_CODEBOOK_NEGATE : 0));
        }
}

/* one: the activation that stands for 1.0 in front of it. */
static enum sterna_status fill_matrix(const struct sterna_product_code *code, float one,
                                      struct sterna_matrix *matrix, struct sterna_error *error)
{
    enum sterna_status status = sterna_codebook_new(matrix, code->elements, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < code->words * code->elements; i++)
        matrix->book.word[i] = (int8_t)lrint(code->word[i]);
    fill_names(code, &matrix->book);
    for (size_t r = 0; r < code->rows; r++) {
        int32_t m = 0, s = 0;
        sterna_weight_round_scale((float)code->scale[r] * 2048.0f / one, &m, &s);
        matrix->scale_m[r] = (uint8_t)m;
        matrix->scale_s[r] = (uint8_t)s;
    }
    sterna_codebook_expand(matrix);
    return STERNA_OK;
}

static enum sterna_status fill_layer(const struct sterna_codebook_network *of, size_t k,
                                     struct sterna_layer *layer, struct sterna_error *error)
{
    const struct sterna_recurrent *from = &of->quantized->network.layer[k];
    const struct sterna_product_code *code = of->code + of->quantized->network.stack.shape.layers + 2 * k;
    enum sterna_status status = fill_matrix(&code[0], from->one_in, &layer->ih, error);
    if (status == STERNA_OK)
        status = fill_matrix(&code[1], (float)sterna_cell_one(layer->cell), &layer->hh, error);
    for (size_t i = 0; i < sterna_cell_biases(layer->cell) * layer->hidden; i++)
        layer->bias[i] = (int16_t)sterna_cell_round_bias(from->bias[i]);
    return status;
}

/* Batch normalization is in the code's scales, and in the biases. */
static enum sterna_status fill_filters(const struct sterna_codebook_network *of, size_t k,
                                       struct sterna_filters *filters, struct sterna_error *error)
{
    const struct sterna_stack *stack = &of->quantized->network.stack;
    const size_t rows = filters->weight.rows;
    if (rows == 0)
        return STERNA_OK;
    float *factor = sterna_buffer_new(2 * rows, sizeof *factor);
    if (!factor)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu filters", rows);
    enum sterna_status status =
        fill_matrix(&of->code[k], stack->convolution[k].one_in, &filters->weight, error);
    sterna_stack_fold(stack, k, factor, factor + rows);
    for (size_t r = 0; r < rows; r++)
        filters->bias[r] = (int16_t)sterna_cell_round_bias(factor[rows + r]);
    free(factor);
    return status;
}

enum sterna_status sterna_codebook_export(const struct sterna_codebook_network *of,
                                          struct sterna_model **model, struct sterna_error *error)
{
    const struct sterna_network *network = &of->quantized->network;
    struct sterna_model *fresh = NULL;
    enum sterna_status status = sterna_export_frame(of->quantized, &fresh, error);
    if (status != STERNA_OK)
        return status;
    fresh->valid = (double)NAN; /* that of the float network */
    fresh->metric[0] = '\0';
    for (size_t k = 0; k < network->stack.shape.layers && status == STERNA_OK; k++)
        status = fill_filters(of, k, &fresh->filters[k], error);
    for (size_t k = 0; k < network->layers && status == STERNA_OK; k++)
        status = fill_layer(of, k, &fresh->layer[k], error);
    if (status == STERNA_OK)
        status = fill_matrix(&of->code[sterna_codebook_matrices(network) - 1], (float)sterna_model_one(fresh),
                             &fresh->output, error);
    for (size_t o = 0; o < network->ends.outputs; o++)
        fresh->output_bias[o] = (int16_t)sterna_cell_round_bias(network->output.bias[o]);
    if (status == STERNA_OK)
        *model = fresh;
    else
        sterna_model_free(fresh);
    return status;
}

/* ---- back to parameters ---- */

/* Master weights are the weights themselves, and with weight normalization their rows' gains their norms. */
static void restore_weights(const struct sterna_weight *weight, float *master, float *gain)
{
    memcpy(master, weight->value, weight->rows * weight->cols * sizeof(float));
    for (size_t r = 0; gain && r < weight->rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < weight->cols; c++)
            sum += (double)weight->value[r * weight->cols + c] * (double)weight->value[r * weight->cols + c];
        gain[r] = (float)sqrt(sum);
    }
}

static void restore_matrix(const struct sterna_training *training, size_t layer, enum sterna_role role,
                           const struct sterna_weight *weight)
{
    const struct sterna_parameters *parameters = &training->network.parameters;
    restore_weights(weight, sterna_parameters_at(parameters, training->value, layer, role),
                    sterna_parameters_at(parameters, training->value, layer, role + 1));
}

/* The gains of batch normalization stay as they are. */
static void restore_filters(const struct sterna_training *training, size_t k)
{
    const struct sterna_network *network = &training->network;
    const struct sterna_convolution *convolution = &network->stack.convolution[k];
    const struct sterna_parameter *list =
        &network->parameters.list[sterna_parameters_stack(&network->parameters, k, STERNA_STACK_WEIGHT)];
    const struct sterna_parameter *gain = &list[STERNA_STACK_GAIN];
    const bool own = !network->stack.shape.layer[k].batch_norm && gain->count > 0;
    if (network->stack.shape.layer[k].kind != STERNA_STACK_CONV)
        return;
    restore_weights(&convolution->weight, training->value + list->offset,
                    own ? training->value + gain->offset : NULL);
    memcpy(training->value + list[STERNA_STACK_BIAS].offset, convolution->bias,
           convolution->weight.rows * sizeof(float));
}

void sterna_codebook_restore(const struct sterna_codebook_network *of)
{
    const struct sterna_training *training = of->quantized;
    const struct sterna_network *network = &training->network;
    const struct sterna_parameters *parameters = &network->parameters;
    const size_t rows = network->cell->gates * network->hidden;
    for (size_t k = 0; k < network->layers; k++) {
        restore_matrix(training, k, STERNA_WEIGHT_IH, &network->layer[k].ih);
        restore_matrix(training, k, STERNA_WEIGHT_HH, &network->layer[k].hh);
        memcpy(sterna_parameters_at(parameters, training->value, k, STERNA_BIAS_IH),
               network->bias + 2 * k * rows, rows * sizeof(float));
        memcpy(sterna_parameters_at(parameters, training->value, k, STERNA_BIAS_HH),
               network->bias + (2 * k + 1) * rows, rows * sizeof(float));
    }
    for (size_t k = 0; k < network->stack.shape.layers; k++)
        restore_filters(training, k);
    restore_matrix(training, network->layers, STERNA_LINEAR_WEIGHT, &network->output.weight);
    memcpy(sterna_parameters_at(parameters, training->value, network->layers, STERNA_LINEAR_BIAS),
           network->output.bias, network->ends.outputs * sizeof(float));
}

/* ---- the whole ---- */

static enum sterna_status write_result(const struct sterna_codebook_network *of, struct sterna_error *error)
{
    struct sterna_model *model = NULL;
    if (!of->options->path)
        return STERNA_OK;
    if (of->options->free_codebooks || of->options->recurrent.terms == 0) {
        sterna_codebook_restore(of);
        return sterna_checkpoint_save(of->quantized, of->options->path, error);
    }
    enum sterna_status status = sterna_codebook_export(of, &model, error);
    if (status == STERNA_OK)
        status = sterna_model_save(model, of->options->path, error);
    sterna_model_free(model);
    return status;
}

static enum sterna_status open_data(const struct sterna_product_options *options,
                                    const struct sterna_training *training, struct sterna_trial *trial,
                                    struct sterna_error *error)
{
    const struct sterna_training_data *data = &training->data;
    const size_t enough = data->symbols ? TEXT_LIMIT : SEQUENCES_LIMIT;
    const struct sterna_eval_options from = {
        .data = options->data, .split = STERNA_TRAIN, .limit = options->limit ? options->limit : enough};
    const struct sterna_trial_needs needs = {.ends = &data->ends,
                                             .alphabet = data->alphabet,
                                             .symbols = data->symbols,
                                             .front_end = data->rate ? &training->recipe.front_end : NULL,
                                             .mean = data->mean,
                                             .deviation = data->deviation};
    return sterna_trial_open(&from, &needs, trial, error);
}

enum sterna_status sterna_quantize_product(const struct sterna_product_options *options,
                                           struct sterna_error *error)
{
    struct sterna_training original = {0}, quantized = {0};
    struct sterna_trial trial = {0};
    struct sterna_codebook_network of = {
        .options = options, .trial = &trial, .original = &original, .quantized = &quantized};
    size_t matrices = 0;
    enum sterna_status status = sterna_checkpoint_load(options->checkpoint, &original, error);
    if (status == STERNA_OK)
        status = sterna_checkpoint_load(options->checkpoint, &quantized, error);
    if (status == STERNA_OK)
        status = open_data(options, &original, &trial, error);
    if (status == STERNA_OK) {
        matrices = sterna_codebook_matrices(&original.network);
        of.code = calloc(matrices, sizeof *of.code);
        if (!of.code)
            status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu matrices", matrices);
    }
    if (status == STERNA_OK)
        status = sterna_codebook_quantize(&of, error);
    if (status == STERNA_OK)
        status = sterna_codebook_tune(&of, error);
    if (status == STERNA_OK)
        status = write_result(&of, error);
    for (size_t i = 0; of.code && i < matrices; i++)
        sterna_product_code_release(&of.code[i]);
    free(of.code);
    sterna_trial_close(&trial);
    sterna_training_free(&original);
    sterna_training_free(&quantized);
    return status;
}
