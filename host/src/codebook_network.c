/* codebook_network.c - see codebook_network.h. */
#include "codebook_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "codebook_learn.h"

static float *bias_of(const struct sterna_network *network, size_t layer, bool recurrent)
{
    return network->bias + (2 * layer + recurrent) * network->cell->gates * network->hidden;
}

static void find_in_stack(const struct sterna_codebook_network *of, size_t k,
                          struct sterna_codebook_matrix *matrix)
{
    const struct sterna_network *original = &of->original->network;
    const struct sterna_stack_layer *layer = &original->stack.shape.layer[k];
    matrix->layer = k;
    matrix->place = STERNA_CODEBOOK_STACK;
    matrix->part = k == 0 ? &of->options->input : &of->options->recurrent;
    if (layer->kind != STERNA_STACK_CONV)
        return;
    matrix->original = &original->stack.convolution[k].weight;
    matrix->quantized = &of->quantized->network.stack.convolution[k].weight;
    matrix->original_bias = original->stack.convolution[k].bias;
    matrix->bias = of->quantized->network.bias + sterna_network_stack_row(&of->quantized->network, k);
    if (!layer->dense && layer->in.channels % matrix->part->elements == 0)
        matrix->period = layer->in.channels;
    (void)snprintf(matrix->name, sizeof matrix->name, "stack.%zu.weight", k);
}

static void find_output(const struct sterna_codebook_network *of, struct sterna_codebook_matrix *matrix)
{
    matrix->place = STERNA_CODEBOOK_OUTPUT;
    matrix->part = &of->options->output;
    matrix->original = &of->original->network.output.weight;
    matrix->quantized = &of->quantized->network.output.weight;
    matrix->original_bias = of->original->network.output.bias;
    matrix->bias = of->quantized->network.output.bias;
    (void)snprintf(matrix->name, sizeof matrix->name, "linear.weight");
}

static void find_recurrent(const struct sterna_codebook_network *of, size_t index,
                           struct sterna_codebook_matrix *matrix)
{
    const bool recurrent = index % 2;
    const size_t k = index / 2;
    struct sterna_recurrent *to = &of->quantized->network.layer[k];
    const struct sterna_recurrent *from = &of->original->network.layer[k];
    matrix->layer = k;
    matrix->place = recurrent ? STERNA_CODEBOOK_RECURRENT : STERNA_CODEBOOK_INPUT;
    matrix->part = recurrent ? &of->options->recurrent : &of->options->input;
    matrix->original = recurrent ? &from->hh : &from->ih;
    matrix->quantized = recurrent ? &to->hh : &to->ih;
    matrix->original_bias = bias_of(&of->original->network, k, recurrent);
    matrix->bias = bias_of(&of->quantized->network, k, recurrent);
    (void)snprintf(matrix->name, sizeof matrix->name, "weight_%s_l%zu", recurrent ? "hh" : "ih", k);
}

struct sterna_codebook_matrix sterna_codebook_matrix_at(const struct sterna_codebook_network *of,
                                                        size_t index)
{
    const struct sterna_network *network = &of->original->network;
    const size_t stack = network->stack.shape.layers;
    struct sterna_codebook_matrix matrix = {.code = &of->code[index]};
    if (index < stack)
        find_in_stack(of, index, &matrix);
    else if (index < stack + 2 * network->layers)
        find_recurrent(of, index - stack, &matrix);
    else
        find_output(of, &matrix);
    if (matrix.original && matrix.period == 0)
        matrix.period = matrix.original->cols;
    return matrix;
}

size_t sterna_codebook_matrices(const struct sterna_network *network)
{
    return network->stack.shape.layers + 2 * network->layers + 1;
}

/* What a row's products are multiplied with: batch normalization of the stack. */
static void find_factors(const struct sterna_codebook_network *of,
                         const struct sterna_codebook_matrix *matrix, float *factor)
{
    float *offset = factor + matrix->original->rows;
    for (size_t r = 0; r < matrix->original->rows; r++)
        factor[r] = 1.0f;
    if (matrix->place == STERNA_CODEBOOK_STACK)
        sterna_stack_fold(&of->original->network.stack, matrix->layer, factor, offset);
}

/* weights [rows, cols], factors in them; factors [rows] and room for as many. */
static enum sterna_status make_target(const struct sterna_codebook_network *of,
                                      const struct sterna_codebook_matrix *matrix, float **weights,
                                      float **factor, struct sterna_error *error)
{
    const size_t rows = matrix->original->rows, cols = matrix->original->cols;
    *weights = sterna_buffer_new(rows * cols, sizeof **weights);
    *factor = sterna_buffer_new(2 * rows, sizeof **factor);
    if (!*weights || !*factor)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu x %zu weights", rows, cols);
    find_factors(of, matrix, *factor);
    for (size_t i = 0; i < rows * cols; i++)
        (*weights)[i] = (*factor)[i / cols] * matrix->original->value[i];
    return STERNA_OK;
}

void sterna_codebook_matrix_prepare(struct sterna_network *network,
                                    const struct sterna_codebook_matrix *matrix)
{
    if (matrix->place == STERNA_CODEBOOK_STACK)
        sterna_stack_prepare(&network->stack, matrix->layer, matrix->bias);
    else if (matrix->place == STERNA_CODEBOOK_OUTPUT)
        sterna_linear_prepare(&network->output, matrix->bias);
    else
        sterna_recurrent_prepare(&network->layer[matrix->layer], bias_of(network, matrix->layer, false),
                                 bias_of(network, matrix->layer, true));
}

/* The quantized network goes on with the weights that the code stands for; a bias takes up what the means of responses differ by. */
static void apply(const struct sterna_codebook_network *of, const struct sterna_codebook_matrix *matrix,
                  const float *weights, const float *factor, const struct sterna_moments *moments)
{
    const size_t cols = matrix->original->cols;
    float *value = matrix->quantized->value;
    sterna_product_code_expand(matrix->code, value);
    for (size_t r = 0; r < matrix->original->rows; r++) {
        float *row = value + r * cols;
        const float shift =
            of->options->uncorrected ? 0.0f : (float)sterna_moments_shift(moments, weights + r * cols, row);
        matrix->bias[r] = matrix->original_bias[r] + shift;
        for (size_t c = 0; c < cols && factor[r] != 0.0f; c++)
            row[c] /= factor[r];
    }
    sterna_codebook_matrix_prepare(&of->quantized->network, matrix);
}

/* The code's error on the original network's own inputs. */
static double error_alone(const struct sterna_codebook_matrix *matrix, const float *weights,
                          const struct sterna_moments *held)
{
    const struct sterna_moments own = {
        .cols = held->cols, .gram = held->energy, .cross = held->energy, .energy = held->energy};
    const size_t rows = matrix->original->rows;
    const double energy = sterna_moments_energy(held, rows, weights);
    float *coded = sterna_buffer_new(rows * held->cols, sizeof *coded);
    if (!coded)
        return (double)NAN;
    sterna_product_code_expand(matrix->code, coded);
    const double error = sterna_moments_error(&own, rows, weights, coded);
    free(coded);
    return energy > 0 ? error / energy : 0;
}

static void report(const struct sterna_codebook_network *of, const struct sterna_codebook_matrix *matrix,
                   const struct sterna_codebook_outcome *outcome, double alone)
{
    const struct sterna_product_code *code = matrix->code;
    const struct sterna_product_report filled = {
        .name = matrix->name,
        .rows = code->rows,
        .cols = code->cols,
        .plain = outcome->plain,
        .corrected = outcome->corrected,
        .projected = outcome->projected,
        .alone = alone,
        .bits = (double)sterna_product_code_bits(code) / (double)(code->rows * code->cols),
        .operations = sterna_product_code_operations(code),
        .tables = code->groups,
        .program = outcome->program,
        .before = code->rows * code->cols,
    };
    if (of->options->report)
        of->options->report(&filled, of->options->context);
}

static enum sterna_status make_code(const struct sterna_codebook_network *of,
                                    const struct sterna_codebook_matrix *matrix, struct sterna_error *error)
{
    const struct sterna_product_part *part = matrix->part;
    const size_t rows = matrix->original->rows, cols = matrix->original->cols;
    struct sterna_error reason;
    enum sterna_status status =
        of->options->free_codebooks
            ? sterna_product_code_free(rows, cols, matrix->period, part->elements, part->words, matrix->code,
                                       &reason)
            : sterna_product_code_shared(rows, cols, part->elements, part->words, matrix->code, &reason);
    return status == STERNA_OK ? status : sterna_fail(error, status, "%s: %s", matrix->name, reason.reason);
}

/* What both networks see as they are, a code for that, and on with it. */
static enum sterna_status learn_matrix(const struct sterna_codebook_network *of,
                                       const struct sterna_codebook_matrix *matrix,
                                       const struct sterna_codebook_plan *plan, struct sterna_error *error)
{
    const struct sterna_codebook_samples samples = {of->trial, &of->original->network,
                                                    &of->quantized->network};
    struct sterna_moments fitted = {0}, held = {0};
    struct sterna_codebook_outcome outcome;
    float *weights = NULL, *factor = NULL;
    enum sterna_status status = make_target(of, matrix, &weights, &factor, error);
    if (status == STERNA_OK)
        status = sterna_moments_new(matrix->original->cols, &fitted, error);
    if (status == STERNA_OK)
        status = sterna_moments_new(matrix->original->cols, &held, error);
    if (status == STERNA_OK)
        status = sterna_codebook_collect(&samples, matrix->place, matrix->layer, &fitted, &held, error);
    if (status == STERNA_OK)
        status = sterna_codebook_learn(plan, weights, &fitted, &held, matrix->code, &outcome, error);
    if (status == STERNA_OK) {
        apply(of, matrix, weights, factor, &fitted);
        report(of, matrix, &outcome, error_alone(matrix, weights, &held));
    }
    sterna_moments_free(&fitted);
    sterna_moments_free(&held);
    free(weights);
    free(factor);
    return status;
}

static enum sterna_status quantize_matrix(const struct sterna_codebook_network *of, size_t index,
                                          struct sterna_error *error)
{
    const struct sterna_codebook_matrix matrix = sterna_codebook_matrix_at(of, index);
    const struct sterna_product_options *options = of->options;
    const struct sterna_codebook_plan plan = {.correct = !options->uncorrected,
                                              .terms = options->free_codebooks ? 0 : matrix.part->terms,
                                              .top = matrix.part->top,
                                              .program = matrix.part->program,
                                              .seed = options->seed + index};
    if (!matrix.original)
        return STERNA_OK;
    enum sterna_status status = make_code(of, &matrix, error);
    if (status == STERNA_OK)
        status = learn_matrix(of, &matrix, &plan, error);
    return status;
}

static enum sterna_status check(const struct sterna_network *network, struct sterna_error *error)
{
    if (network->layers > 0 && network->layer[0].norm != STERNA_NORMALIZE_NONE)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "products that are normalized themselves (\"layer\", \"batch\") cannot be quantized so: train "
            "with normalization \"weight\" or \"none\"");
    for (size_t k = 0; k < network->stack.shape.layers; k++)
        if (network->stack.shape.layer[k].kind == STERNA_STACK_CONV &&
            network->stack.shape.layer[k].groups > 1)
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "layer %zu of the stack is a convolution in groups, which has no codebook", k);
    return STERNA_OK;
}

enum sterna_status sterna_codebook_quantize(struct sterna_codebook_network *of, struct sterna_error *error)
{
    const struct sterna_preparation in_float = {.integer = false};
    struct sterna_training *both[] = {of->original, of->quantized};
    enum sterna_status status = check(&of->original->network, error);
    for (size_t i = 0; i < 2 && status == STERNA_OK; i++)
        sterna_network_prepare(&both[i]->network, &in_float, false, NULL, both[i]->value);
    for (size_t i = 0; i < sterna_codebook_matrices(&of->original->network) && status == STERNA_OK; i++)
        status = quantize_matrix(of, i, error);
    return status;
}
