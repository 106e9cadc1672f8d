/* model_facts.c - what a model holds, in numbers, and what its sums mean. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "model.h"

/* Bytes of a matrix: packed weights, and 8 bits of m and 5 of s per row in a 16-bit word. */
static size_t matrix_bytes(const struct sterna_matrix *matrix)
{
    return sterna_codes_size(matrix) + 2 * matrix->rows;
}

enum sterna_format sterna_model_stack_format(const struct sterna_model *model)
{
    for (size_t k = 0; k < model->stack.layers; k++)
        if (model->filters[k].weight.rows)
            return model->filters[k].weight.format;
    return model->output.format;
}

void sterna_model_facts(const struct sterna_model *model, struct sterna_model_facts *facts)
{
    const struct sterna_layer *first = &model->layer[0];
    *facts = (struct sterna_model_facts){.inputs = sterna_model_inputs(model),
                                         .hidden = model->output.cols,
                                         .layers = model->layers,
                                         .outputs = model->output.rows,
                                         .one_hot = model->one_hot,
                                         .input_fraction = model->input_fraction,
                                         .symbols = model->symbols,
                                         .classes = model->classes,
                                         .valid = model->valid};
    (void)snprintf(facts->cell, sizeof facts->cell, "%s", sterna_cell_name(first->cell));
    facts->steps = model->stack.layers ? model->stack.steps : 0;
    (void)snprintf(facts->stack, sizeof facts->stack, "%s", model->stack.layers ? model->stack.text : "none");
    (void)snprintf(facts->format, sizeof facts->format, "%s",
                   sterna_format_name(model->layers ? first->hh.format : sterna_model_stack_format(model)));
    (void)snprintf(
        facts->format_input, sizeof facts->format_input, "%s",
        sterna_format_name(model->stack.layers ? sterna_model_stack_format(model) : first->ih.format));
    (void)snprintf(facts->format_output, sizeof facts->format_output, "%s",
                   sterna_format_name(model->output.format));
    (void)snprintf(facts->head, sizeof facts->head, "%s", sterna_head_name(model->head));
    (void)snprintf(facts->metric, sizeof facts->metric, "%s", model->metric);
    (void)snprintf(facts->data, sizeof facts->data, "%s", model->data);
    memcpy(facts->alphabet, model->alphabet, sizeof facts->alphabet);
    facts->weights = model->output.rows * model->output.cols;
    facts->bytes = matrix_bytes(&model->output) + model->output.rows * sizeof *model->output_bias;
    for (size_t k = 0; k < model->stack.layers; k++) {
        const struct sterna_matrix *weight = &model->filters[k].weight;
        facts->weights += weight->rows * weight->cols;
        facts->bytes += matrix_bytes(weight) + weight->rows * sizeof *model->filters[k].bias;
    }
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        facts->weights += layer->ih.rows * layer->ih.cols + layer->hh.rows * layer->hh.cols;
        facts->bytes += matrix_bytes(&layer->ih) + matrix_bytes(&layer->hh) +
                        sterna_cell_biases(layer->cell) * layer->hidden * sizeof *layer->bias;
    }
}

/* Of a sum, or a mean of sums, of one row. */
static float logit(const struct sterna_model *model, size_t row, double sum)
{
    const struct sterna_matrix *output = &model->output;
    double scaled = ldexp(sum * output->scale_m[row], -(output->scale_s[row] + 11));
    return (float)(scaled + ldexp(model->output_bias[row], -11));
}

void sterna_model_logits(const struct sterna_model *model, const int32_t *sums, float *logits)
{
    for (size_t r = 0; r < model->output.rows; r++)
        logits[r] = logit(model, r, (double)sums[r]);
}

void sterna_model_logits_mean(const struct sterna_model *model, const int64_t *sum_of_sums, size_t steps,
                              float *logits)
{
    assert(steps > 0);
    for (size_t r = 0; r < model->output.rows; r++)
        logits[r] = logit(model, r, (double)sum_of_sums[r] / (double)steps);
}
