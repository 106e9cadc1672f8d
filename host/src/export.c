/* From a checkpoint to a model file: the weights that the integer-aware phase of training computes with, and
 * nothing else. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "export.h"

/* A negative row value becomes a positive scale of negated codes. */
static void fill_matrix(const struct sterna_weight *weight, struct sterna_matrix *matrix)
{
    matrix->format = weight->quantizer->format(&weight->grid);
    for (size_t r = 0; r < weight->rows; r++) {
        const int sign = weight->scale_m[r] < 0 ? -1 : 1;
        for (size_t c = 0; c < weight->cols; c++)
            matrix->code[r * weight->cols + c] = (int8_t)(sign * weight->code[r * weight->cols + c]);
        matrix->scale_m[r] = (uint8_t)abs(weight->scale_m[r]);
        matrix->scale_s[r] = (uint8_t)weight->scale_s[r];
    }
}

static void fill_stack(const struct sterna_stack *from, struct sterna_model *model)
{
    for (size_t k = 0; k < model->stack.layers; k++) {
        struct sterna_filters *filters = &model->filters[k];
        if (from->shape.layer[k].kind == STERNA_STACK_CONV)
            fill_matrix(&from->convolution[k].weight, &filters->weight);
        for (size_t r = 0; r < filters->weight.rows; r++)
            filters->bias[r] = (int16_t)from->convolution[k].bias_fixed[r];
    }
}

static void fill_layer(const struct sterna_recurrent *from, struct sterna_layer *layer)
{
    fill_matrix(&from->ih, &layer->ih);
    fill_matrix(&from->hh, &layer->hh);
    for (size_t i = 0; i < (from->type->gates + from->type->own_gates) * from->hidden; i++)
        layer->bias[i] = (int16_t)from->bias_fixed[i];
}

static enum sterna_status fill_provenance(const struct sterna_training *training, struct sterna_model *model,
                                          struct sterna_error *error)
{
    char recipe[STERNA_RECIPE_TEXT];

    if (sterna_recipe_print(&training->recipe, recipe, sizeof recipe) >= sizeof recipe)
        return sterna_fail(error, STERNA_ERR_RANGE, "the recipe is longer than %d bytes", STERNA_RECIPE_TEXT);
    model->recipe = strdup(recipe);
    if (!model->recipe)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a recipe");
    snprintf(model->data, sizeof model->data, "%s", training->recipe.data);
    model->updates = training->updates;
    model->seed = training->recipe.seed;
    const struct sterna_point *last = sterna_training_last(training);
    snprintf(model->metric, sizeof model->metric, "%s", training->data.symbols ? "bpc" : "accuracy");
    model->valid = !last ? (double)NAN : training->data.symbols ? last->valid_bits : last->valid_accuracy;
    return STERNA_OK;
}

/* What goes in and comes out. */
static enum sterna_status fill_ends(const struct sterna_training *training, struct sterna_model *model,
                                    struct sterna_error *error)
{
    const struct sterna_training_data *data = &training->data;
    enum sterna_status status = STERNA_OK;

    model->head = data->ends.head;
    model->one_hot = data->ends.one_hot;
    model->input_fraction = data->ends.fraction;
    model->symbols = data->symbols;
    memcpy(model->alphabet, data->alphabet, data->symbols);
    if (data->classes)
        status = sterna_model_set_classes(model, data->classes, data->class_name, error);
    if (status == STERNA_OK && data->rate)
        status = sterna_model_set_sound(model, data->rate, &training->recipe.front_end, data->mean,
                                        data->deviation, error);
    return status;
}

enum sterna_status sterna_export_frame(const struct sterna_training *training, struct sterna_model **model,
                                       struct sterna_error *error)
{
    const struct sterna_network *network = &training->network;
    const struct sterna_model_shape shape = {.cell = network->cell->cell,
                                             .inputs = network->ends.inputs,
                                             .hidden = network->hidden,
                                             .layers = network->layers,
                                             .outputs = network->ends.outputs};
    struct sterna_model *fresh = NULL;

    enum sterna_status status = sterna_model_new_behind(&network->stack.shape, &shape, &fresh, error);
    if (status == STERNA_OK)
        status = fill_provenance(training, fresh, error);
    if (status == STERNA_OK)
        status = fill_ends(training, fresh, error);
    if (status == STERNA_OK)
        *model = fresh;
    else
        sterna_model_free(fresh);
    return status;
}

enum sterna_status sterna_export(struct sterna_training *training, struct sterna_model **model,
                                 struct sterna_error *error)
{
    struct sterna_network *network = &training->network;
    const struct sterna_preparation deployed = {.integer = true};
    struct sterna_model *fresh = NULL;

    if (!sterna_network_deployable(network))
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "weights are \"float\": train with quantizer and quantizer_output of a few bits "
                           "(twn, pow2, ...), or quantize them with --pq");
    enum sterna_status status = sterna_export_frame(training, &fresh, error);
    if (status != STERNA_OK)
        return status;
    sterna_network_prepare(network, &deployed, false, NULL, training->value);
    fill_stack(&network->stack, fresh);
    for (size_t k = 0; k < network->layers; k++)
        fill_layer(&network->layer[k], &fresh->layer[k]);
    fill_matrix(&network->output.weight, &fresh->output);
    for (size_t o = 0; o < network->ends.outputs; o++)
        fresh->output_bias[o] = (int16_t)(network->output.bias[o] * 2048.0f);
    *model = fresh;
    return STERNA_OK;
}

enum sterna_status sterna_quantize(const char *checkpoint, const char *model_path, struct sterna_error *error)
{
    struct sterna_training training = {0};
    struct sterna_model *model = NULL;

    enum sterna_status status = sterna_checkpoint_load(checkpoint, &training, error);
    if (status == STERNA_OK)
        status = sterna_export(&training, &model, error);
    if (status == STERNA_OK)
        status = sterna_model_save(model, model_path, error);
    sterna_model_free(model);
    sterna_training_free(&training);
    return status;
}
