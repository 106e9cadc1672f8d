/* model.c - a quantized network in memory; model_check.c says whether it is valid, model_file.c and model_read.c are its file. */
#include "model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "codes.h"

enum { LIST_SIZE = 128 };

static const struct {
    const char *name;
    int limit;
} formats[STERNA_FORMATS] = {
    [STERNA_FORMAT_TERNARY] = {"ternary", 1}, [STERNA_FORMAT_POW2] = {"pow2", 64},
    [STERNA_FORMAT_BINARY] = {"binary", 1},   [STERNA_FORMAT_INT4] = {"int4", 7},
    [STERNA_FORMAT_INT8] = {"int8", 127},     [STERNA_FORMAT_CODEBOOK] = {"codebook", 127},
};

static const struct {
    const char *name;
    size_t gates, biases;
    int one;
} cells[STERNA_CELLS] = {
    [STERNA_CELL_GRU] = {"gru", 3, 4, 128},           [STERNA_CELL_LSTM] = {"lstm", 4, 4, 128},
    [STERNA_CELL_RNN_TANH] = {"rnn-tanh", 1, 1, 128}, [STERNA_CELL_RNN_RELU] = {"rnn-relu", 1, 1, 32},
    [STERNA_CELL_RNN_SIGN] = {"rnn-sign", 1, 1, 64},
};

static const char *const heads[STERNA_HEADS] = {
    [STERNA_HEAD_NEXT] = "next",
    [STERNA_HEAD_LAST] = "last",
    [STERNA_HEAD_MEAN] = "mean",
};

/* ---- names --------------------------------------------------------------------------------------------- */

const char *sterna_format_name(enum sterna_format format)
{
    return formats[format].name;
}

const char *sterna_cell_name(enum sterna_cell cell)
{
    return cells[cell].name;
}

const char *sterna_head_name(enum sterna_head head)
{
    return heads[head];
}

static const char *format_at(size_t i)
{
    return formats[i].name;
}

static const char *cell_at(size_t i)
{
    return cells[i].name;
}

static const char *head_at(size_t i)
{
    return heads[i];
}

/* Which of the names it is; if it is none, *error lists them. */
static enum sterna_status find(const char *what, const char *name, const char *(*at)(size_t), size_t count,
                               size_t *index, struct sterna_error *error)
{
    char list[LIST_SIZE] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, at(i)) == 0) {
            *index = i;
            return STERNA_OK;
        }
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "", at(i));
        assert(length < sizeof list);
    }
    return sterna_fail(error, STERNA_ERR_FORMAT, "%s '%.40s': there are %s", what, name, list);
}

enum sterna_status sterna_format_find(const char *name, enum sterna_format *format,
                                      struct sterna_error *error)
{
    size_t index = 0;
    enum sterna_status status =
        find("weights of unknown format", name, format_at, STERNA_FORMATS, &index, error);
    if (status == STERNA_OK)
        *format = (enum sterna_format)index;
    return status;
}

enum sterna_status sterna_cell_by_name(const char *name, enum sterna_cell *cell, struct sterna_error *error)
{
    size_t index = 0;
    enum sterna_status status = find("unknown cell", name, cell_at, STERNA_CELLS, &index, error);
    if (status == STERNA_OK)
        *cell = (enum sterna_cell)index;
    return status;
}

enum sterna_status sterna_head_by_name(const char *name, enum sterna_head *head, struct sterna_error *error)
{
    size_t index = 0;
    enum sterna_status status = find("unknown head", name, head_at, STERNA_HEADS, &index, error);
    if (status == STERNA_OK)
        *head = (enum sterna_head)index;
    return status;
}

/* ---- facts of formats and cells ------------------------------------------------------------------------ */

int sterna_format_limit(enum sterna_format format)
{
    return formats[format].limit;
}

bool sterna_format_has(enum sterna_format format, int code)
{
    const int magnitude = abs(code);
    if (magnitude > formats[format].limit)
        return false;
    if (format == STERNA_FORMAT_POW2)
        return (magnitude & (magnitude - 1)) == 0;
    return format != STERNA_FORMAT_BINARY || code != 0;
}

size_t sterna_cell_gates(enum sterna_cell cell)
{
    return cells[cell].gates;
}

size_t sterna_cell_biases(enum sterna_cell cell)
{
    return cells[cell].biases;
}

int sterna_cell_one(enum sterna_cell cell)
{
    return cells[cell].one;
}

/* ---- making one ---------------------------------------------------------------------------------------- */

static bool matrix_new(struct sterna_matrix *matrix, size_t rows, size_t cols)
{
    matrix->format = STERNA_FORMAT_TERNARY;
    matrix->rows = rows;
    matrix->cols = cols;
    matrix->code = calloc(rows * cols + 1, sizeof *matrix->code);
    matrix->scale_m = calloc(rows, sizeof *matrix->scale_m);
    matrix->scale_s = calloc(rows, sizeof *matrix->scale_s);
    return matrix->code != NULL && matrix->scale_m != NULL && matrix->scale_s != NULL;
}

static void matrix_free(struct sterna_matrix *matrix)
{
    free(matrix->code);
    free(matrix->scale_m);
    free(matrix->scale_s);
    sterna_codebook_free(matrix);
}

static bool layer_new(struct sterna_layer *layer, enum sterna_cell cell, size_t inputs, size_t hidden)
{
    const size_t rows = sterna_cell_gates(cell) * hidden;
    layer->cell = cell;
    layer->inputs = inputs;
    layer->hidden = hidden;
    layer->bias = calloc(sterna_cell_biases(cell) * hidden, sizeof *layer->bias);
    return layer->bias != NULL && matrix_new(&layer->ih, rows, inputs) &&
           matrix_new(&layer->hh, rows, hidden);
}

static bool stack_new(struct sterna_model *model, const struct sterna_stack_shape *stack)
{
    model->stack = *stack;
    model->filters = calloc(stack->layers + 1, sizeof *model->filters);
    bool done = model->filters != NULL;
    for (size_t k = 0; k < stack->layers && done; k++) {
        const struct sterna_stack_layer *layer = &stack->layer[k];
        if (layer->kind != STERNA_STACK_CONV)
            continue;
        model->filters[k].bias = calloc(layer->out.channels, sizeof *model->filters[k].bias);
        done = model->filters[k].bias != NULL &&
               matrix_new(&model->filters[k].weight, layer->out.channels, layer->cols);
    }
    return done;
}

static bool is_size(size_t size, size_t max)
{
    return size >= 1 && size <= max;
}

enum sterna_status sterna_model_new(const struct sterna_model_shape *shape, struct sterna_model **model,
                                    struct sterna_error *error)
{
    static const struct sterna_stack_shape none = {.text = "none"};
    if (shape->layers > 0)
        return sterna_model_new_behind(&none, shape, model, error);
    return sterna_fail(error, STERNA_ERR_RANGE, "a model of 0 layers: at least 1, or a stack");
}

enum sterna_status sterna_model_new_behind(const struct sterna_stack_shape *stack,
                                           const struct sterna_model_shape *shape,
                                           struct sterna_model **model, struct sterna_error *error)
{
    const size_t frame = stack->layers ? sterna_stack_shape_outputs(stack) : shape->inputs;
    const size_t hidden = shape->layers ? shape->hidden : frame;
    if (!is_size(shape->inputs, STERNA_MODEL_SIZE_MAX) || !is_size(hidden, STERNA_MODEL_SIZE_MAX) ||
        !is_size(shape->outputs, STERNA_MODEL_SIZE_MAX) || shape->layers > STERNA_MODEL_LAYERS_MAX)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "a model of %zu inputs, %zu layers of %zu units and %zu outputs: each is at least 1, "
            "layers at most %d, the rest at most %d",
            shape->inputs, shape->layers, shape->hidden, shape->outputs, STERNA_MODEL_LAYERS_MAX,
            STERNA_MODEL_SIZE_MAX);
    struct sterna_model *created = calloc(1, sizeof *created);
    bool done = created != NULL;
    if (done) {
        created->layers = shape->layers;
        created->valid = NAN;
        created->layer = calloc(shape->layers + 1, sizeof *created->layer); /* never NULL */
        created->output_bias = calloc(shape->outputs, sizeof *created->output_bias);
        done = created->layer != NULL && created->output_bias != NULL && stack_new(created, stack) &&
               matrix_new(&created->output, shape->outputs, hidden);
        if (done)
            created->layer[0].cell = shape->cell;
        for (size_t k = 0; k < shape->layers && done; k++)
            done = layer_new(&created->layer[k], shape->cell, k == 0 ? frame : hidden, hidden);
    }
    if (!done) {
        sterna_model_free(created);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a model of %zu layers of %zu units",
                           shape->layers, shape->hidden);
    }
    *model = created;
    return STERNA_OK;
}

void sterna_model_set_formats(struct sterna_model *model, enum sterna_format input,
                              enum sterna_format recurrent, enum sterna_format output)
{
    for (size_t k = 0; k < model->layers; k++) {
        model->layer[k].ih.format = input;
        model->layer[k].hh.format = recurrent;
    }
    model->output.format = output;
}

void sterna_model_set_stack_format(struct sterna_model *model, enum sterna_format format)
{
    for (size_t k = 0; k < model->stack.layers; k++)
        model->filters[k].weight.format = format;
}

size_t sterna_model_frame(const struct sterna_model *model)
{
    return model->layers ? model->layer[0].inputs : model->output.cols;
}

size_t sterna_model_inputs(const struct sterna_model *model)
{
    return model->stack.layers ? model->stack.inputs : sterna_model_frame(model);
}

int sterna_model_stack_one(const struct sterna_model *model, size_t k)
{
    return sterna_stack_shape_one(&model->stack, k, model->input_fraction);
}

int sterna_model_one(const struct sterna_model *model)
{
    return model->layers ? sterna_cell_one(model->layer[0].cell)
                         : sterna_model_stack_one(model, model->stack.layers);
}

enum sterna_status sterna_model_set_classes(struct sterna_model *model, size_t classes,
                                            char (*name)[STERNA_CLASS_NAME], struct sterna_error *error)
{
    char(*copy)[STERNA_CLASS_NAME] = NULL;
    if (classes > 0) {
        copy = calloc(classes, sizeof *copy);
        if (copy == NULL)
            return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the names of %zu classes",
                               classes);
        memcpy(copy, name, classes * sizeof *copy);
    }
    free(model->class_name);
    model->class_name = copy;
    model->classes = classes;
    return STERNA_OK;
}

enum sterna_status sterna_model_set_sound(struct sterna_model *model, uint32_t rate,
                                          const struct sterna_front_end_options *options, const float *mean,
                                          const float *deviation, struct sterna_error *error)
{
    const size_t inputs = sterna_model_inputs(model);
    float *means = malloc(inputs * sizeof *means), *deviations = malloc(inputs * sizeof *deviations);
    assert(rate > 0);
    if (means == NULL || deviations == NULL) {
        free(means);
        free(deviations);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the front end of %zu values", inputs);
    }
    memcpy(means, mean, inputs * sizeof *means);
    memcpy(deviations, deviation, inputs * sizeof *deviations);
    free(model->mean);
    free(model->deviation);
    model->mean = means;
    model->deviation = deviations;
    model->rate = rate;
    model->front_end = *options;
    return STERNA_OK;
}

void sterna_model_free(struct sterna_model *model)
{
    if (model == NULL)
        return;
    for (size_t k = 0; k < model->layers && model->layer != NULL; k++) {
        matrix_free(&model->layer[k].ih);
        matrix_free(&model->layer[k].hh);
        free(model->layer[k].bias);
    }
    for (size_t k = 0; k < model->stack.layers && model->filters != NULL; k++) {
        matrix_free(&model->filters[k].weight);
        free(model->filters[k].bias);
    }
    free(model->filters);
    free(model->layer);
    matrix_free(&model->output);
    free(model->output_bias);
    free(model->class_name);
    free(model->mean);
    free(model->deviation);
    free(model->recipe);
    free(model);
}
