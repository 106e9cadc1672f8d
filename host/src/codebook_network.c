/* codebook_network.c - see codebook_network.h. */
#include "codebook_network.h"

#include <stdio.h>
#include <string.h>

#include "codebook_learn.h"
#include "codebook_samples.h"

enum { FLOAT_BITS = 32 };

/* A matrix on its way. */
struct matrix {
    size_t layer;
    enum sterna_codebook_place place;
    const struct sterna_product_part *part;
    const struct sterna_weight *original;
    struct sterna_weight *quantized;
    const float *original_bias; /* [rows] as prepared */
    float *bias;
    struct sterna_product_code *code;
    char name[32];
};

static float *bias_of(const struct sterna_network *network, size_t layer, bool recurrent)
{
    return network->bias + (2 * layer + recurrent) * network->cell->gates * network->hidden;
}

static struct matrix matrix_at(const struct sterna_codebook_network *of, size_t index)
{
    const struct sterna_network *original = &of->original->network;
    struct sterna_network *quantized = &of->quantized->network;
    const struct sterna_product_options *options = of->options;
    struct matrix matrix = {.layer = index / 2, .code = &of->code[index]};
    if (matrix.layer == original->layers) {
        matrix.place = STERNA_CODEBOOK_OUTPUT;
        matrix.part = &options->output;
        matrix.original = &original->output.weight;
        matrix.quantized = &quantized->output.weight;
        matrix.original_bias = original->output.bias;
        matrix.bias = quantized->output.bias;
        (void)snprintf(matrix.name, sizeof matrix.name, "linear.weight");
        return matrix;
    }
    const bool recurrent = index % 2;
    struct sterna_recurrent *to = &quantized->layer[matrix.layer];
    const struct sterna_recurrent *from = &original->layer[matrix.layer];
    matrix.place = recurrent ? STERNA_CODEBOOK_RECURRENT : STERNA_CODEBOOK_INPUT;
    matrix.part = recurrent ? &options->recurrent : &options->input;
    matrix.original = recurrent ? &from->hh : &from->ih;
    matrix.quantized = recurrent ? &to->hh : &to->ih;
    matrix.original_bias = bias_of(original, matrix.layer, recurrent);
    matrix.bias = bias_of(quantized, matrix.layer, recurrent);
    (void)snprintf(matrix.name, sizeof matrix.name, "weight_%s_l%zu", recurrent ? "hh" : "ih", matrix.layer);
    return matrix;
}

/* The quantized network goes on with the weights that the code stands for; a bias takes up what the means of responses differ by. */
static void apply(const struct sterna_codebook_network *of, const struct matrix *matrix,
                  const struct sterna_moments *moments)
{
    struct sterna_network *network = &of->quantized->network;
    const size_t cols = matrix->original->cols;
    float *value = matrix->quantized->value;
    sterna_product_code_expand(matrix->code, value);
    for (size_t r = 0; r < matrix->original->rows && !of->options->uncorrected; r++)
        matrix->bias[r] =
            matrix->original_bias[r] +
            (float)sterna_moments_shift(moments, matrix->original->value + r * cols, value + r * cols);
    if (matrix->place == STERNA_CODEBOOK_OUTPUT)
        sterna_linear_prepare(&network->output, network->output.bias);
    else
        sterna_recurrent_prepare(&network->layer[matrix->layer], bias_of(network, matrix->layer, false),
                                 bias_of(network, matrix->layer, true));
}

static void report(const struct sterna_codebook_network *of, const struct matrix *matrix,
                   const struct sterna_codebook_outcome *outcome)
{
    const struct sterna_product_code *code = matrix->code;
    const struct sterna_product_report filled = {
        .name = matrix->name,
        .rows = code->rows,
        .cols = code->cols,
        .plain = outcome->plain,
        .corrected = outcome->corrected,
        .projected = outcome->projected,
        .bits = (double)sterna_product_code_bits(code) / (double)(code->rows * code->cols),
        .operations = sterna_product_code_operations(code),
        .tables = code->groups,
        .program = outcome->program,
        .before = code->rows * code->cols,
    };
    if (of->options->report)
        of->options->report(&filled, of->options->context);
}

static enum sterna_status make_code(const struct sterna_codebook_network *of, const struct matrix *matrix,
                                    struct sterna_error *error)
{
    const struct sterna_product_part *part = matrix->part;
    const size_t rows = matrix->original->rows, cols = matrix->original->cols;
    struct sterna_error reason;
    enum sterna_status status =
        of->options->free_codebooks
            ? sterna_product_code_free(rows, cols, cols, part->elements, part->words, matrix->code, &reason)
            : sterna_product_code_shared(rows, cols, part->elements, part->words, matrix->code, &reason);
    return status == STERNA_OK ? status : sterna_fail(error, status, "%s: %s", matrix->name, reason.reason);
}

/* What both networks see as they are, a code for that, and on with it. */
static enum sterna_status learn_matrix(const struct sterna_codebook_network *of, const struct matrix *matrix,
                                       const struct sterna_codebook_plan *plan,
                                       struct sterna_codebook_outcome *outcome, struct sterna_error *error)
{
    const struct sterna_codebook_samples samples = {of->trial, &of->original->network,
                                                    &of->quantized->network};
    struct sterna_moments fitted = {0}, held = {0};
    enum sterna_status status = sterna_moments_new(matrix->original->cols, &fitted, error);
    if (status == STERNA_OK)
        status = sterna_moments_new(matrix->original->cols, &held, error);
    if (status == STERNA_OK)
        status = sterna_codebook_collect(&samples, matrix->place, matrix->layer, &fitted, &held, error);
    if (status == STERNA_OK)
        status = sterna_codebook_learn(plan, matrix->original->value, &fitted, &held, matrix->code, outcome,
                                       error);
    if (status == STERNA_OK)
        apply(of, matrix, &fitted);
    sterna_moments_free(&fitted);
    sterna_moments_free(&held);
    return status;
}

static enum sterna_status quantize_matrix(const struct sterna_codebook_network *of, size_t index,
                                          struct sterna_error *error)
{
    const struct matrix matrix = matrix_at(of, index);
    const struct sterna_product_options *options = of->options;
    const struct sterna_codebook_plan plan = {.correct = !options->uncorrected,
                                              .terms = options->free_codebooks ? 0 : matrix.part->terms,
                                              .top = matrix.part->top,
                                              .program = matrix.part->program,
                                              .seed = options->seed + index};
    struct sterna_codebook_outcome outcome;
    enum sterna_status status = make_code(of, &matrix, error);
    if (status == STERNA_OK)
        status = learn_matrix(of, &matrix, &plan, &outcome, error);
    if (status == STERNA_OK)
        report(of, &matrix, &outcome);
    return status;
}

enum sterna_status sterna_codebook_quantize(struct sterna_codebook_network *of, struct sterna_error *error)
{
    const struct sterna_preparation in_float = {.integer = false};
    struct sterna_training *both[] = {of->original, of->quantized};
    const enum sterna_normalizer_kind norm = of->original->network.layer[0].norm;
    if (norm != STERNA_NORMALIZE_NONE)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "products that are normalized themselves (\"layer\", \"batch\") cannot be quantized so: train "
            "with normalization \"weight\" or \"none\"");
    for (size_t i = 0; i < 2; i++)
        sterna_network_prepare(&both[i]->network, &in_float, false, NULL, both[i]->value);
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i <= 2 * of->original->network.layers && status == STERNA_OK; i++)
        status = quantize_matrix(of, i, error);
    return status;
}
