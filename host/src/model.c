/* model.c - a quantized network in memory; its file is model_file.c's. */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A byte holds `per_byte` weights of a format (architecture.md, section 1). */
static const struct {
    const char *name;
    int limit;
    size_t per_byte;
} formats[STERNA_FORMATS] = {
    [STERNA_FORMAT_TERNARY] = {"ternary", 1, 5}, [STERNA_FORMAT_POW2] = {"pow2", 64, 2},
    [STERNA_FORMAT_BINARY] = {"binary", 1, 8},   [STERNA_FORMAT_INT4] = {"int4", 7, 2},
    [STERNA_FORMAT_INT8] = {"int8", 127, 1},
};

static const char *const cells[STERNA_CELLS] = {[STERNA_CELL_GRU] = "gru"};

enum { GATES = 3, BIASES = 4 }; /* of a GRU: rows and biases per unit */
enum { NAME_SIZE = 64, SCALE_S_MAX = 31 };

const char *sterna_format_name(enum sterna_format format)
{
    return formats[format].name;
}

int sterna_format_limit(enum sterna_format format)
{
    return formats[format].limit;
}

bool sterna_format_has(enum sterna_format format, int code)
{
    const int magnitude = abs(code);
    return magnitude <= formats[format].limit &&
           (format != STERNA_FORMAT_POW2 || (magnitude & (magnitude - 1)) == 0) &&
           (format != STERNA_FORMAT_BINARY || magnitude == 1);
}

enum sterna_status sterna_format_find(const char *name, enum sterna_format *format,
                                      struct sterna_error *error)
{
    for (int i = 0; i < STERNA_FORMATS; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum sterna_format)i;
            return STERNA_OK;
        }
    }
    return sterna_fail(error, STERNA_ERR_FORMAT,
                       "weights of unknown format '%.40s': there are ternary, pow2, binary, int4, int8",
                       name);
}

const char *sterna_cell_name(enum sterna_cell cell)
{
    return cells[cell];
}

static bool matrix_new(struct sterna_matrix *matrix, size_t rows, size_t cols)
{
    matrix->format = STERNA_FORMAT_TERNARY;
    matrix->rows = rows;
    matrix->cols = cols;
    matrix->code = calloc(rows * cols, sizeof *matrix->code);
    matrix->scale_m = calloc(rows, sizeof *matrix->scale_m);
    matrix->scale_s = calloc(rows, sizeof *matrix->scale_s);
    return matrix->code != NULL && matrix->scale_m != NULL && matrix->scale_s != NULL;
}

static void matrix_free(struct sterna_matrix *matrix)
{
    free(matrix->code);
    free(matrix->scale_m);
    free(matrix->scale_s);
}

static bool layer_new(struct sterna_layer *layer, size_t inputs, size_t hidden)
{
    layer->cell = STERNA_CELL_GRU;
    layer->inputs = inputs;
    layer->hidden = hidden;
    layer->bias = calloc(BIASES * hidden, sizeof *layer->bias);
    return layer->bias != NULL && matrix_new(&layer->ih, GATES * hidden, inputs) &&
           matrix_new(&layer->hh, GATES * hidden, hidden);
}

static bool is_size(size_t size, size_t max)
{
    return size >= 1 && size <= max;
}

enum sterna_status sterna_model_new(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                    struct sterna_model **model, struct sterna_error *error)
{
    if (!is_size(inputs, STERNA_MODEL_SIZE_MAX) || !is_size(hidden, STERNA_MODEL_SIZE_MAX) ||
        !is_size(outputs, STERNA_MODEL_SIZE_MAX) || !is_size(layers, STERNA_MODEL_LAYERS_MAX))
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "a model of %zu inputs, %zu layers of %zu units and %zu outputs: each is at least 1, "
            "layers at most %d, the rest at most %d",
            inputs, layers, hidden, outputs, STERNA_MODEL_LAYERS_MAX, STERNA_MODEL_SIZE_MAX);
    struct sterna_model *created = calloc(1, sizeof *created);
    bool done = created != NULL;
    if (done) {
        created->layers = layers;
        created->valid_bpc = NAN;
        created->layer = calloc(layers, sizeof *created->layer);
        created->output_bias = calloc(outputs, sizeof *created->output_bias);
        done = created->layer != NULL && created->output_bias != NULL &&
               matrix_new(&created->output, outputs, hidden);
        for (size_t k = 0; k < layers && done; k++)
            done = layer_new(&created->layer[k], k == 0 ? inputs : hidden, hidden);
    }
    if (!done) {
        sterna_model_free(created);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a model of %zu layers of %zu units",
                           layers, hidden);
    }
    *model = created;
    return STERNA_OK;
}

void sterna_model_set_formats(struct sterna_model *model, enum sterna_format format,
                              enum sterna_format format_output)
{
    for (size_t k = 0; k < model->layers; k++) {
        model->layer[k].ih.format = format;
        model->layer[k].hh.format = format;
    }
    model->output.format = format_output;
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
    free(model->layer);
    matrix_free(&model->output);
    free(model->output_bias);
    free(model->recipe);
    free(model);
}

static enum sterna_status check_matrix(const struct sterna_matrix *matrix, const char *name,
                                       struct sterna_error *error)
{
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++)
        if (!sterna_format_has(matrix->format, matrix->code[i]))
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: code %d in row %zu is none of %s", name,
                               matrix->code[i], i / matrix->cols, sterna_format_name(matrix->format));
    for (size_t r = 0; r < matrix->rows; r++)
        if (matrix->scale_s[r] > SCALE_S_MAX)
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: scale_s %d in row %zu, at most %d", name,
                               matrix->scale_s[r], r, SCALE_S_MAX);
    return STERNA_OK;
}

static enum sterna_status check_alphabet(const struct sterna_model *model, struct sterna_error *error)
{
    size_t inputs = model->layer[0].inputs;
    size_t outputs = model->output.rows;
    if (model->symbols == 0)
        return STERNA_OK;
    if (model->symbols > 256 || model->symbols != inputs || model->symbols != outputs)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "an alphabet of %zu symbols for %zu inputs and %zu outputs", model->symbols,
                           inputs, outputs);
    for (size_t i = 1; i < model->symbols; i++)
        if (model->alphabet[i - 1] >= model->alphabet[i])
            return sterna_fail(error, STERNA_ERR_RANGE, "the alphabet is not ascending at symbol %zu", i);
    return STERNA_OK;
}

enum sterna_status sterna_model_check(const struct sterna_model *model, struct sterna_error *error)
{
    enum sterna_status status = check_alphabet(model, error);
    if (status == STERNA_OK)
        status = check_matrix(&model->output, "linear.weight", error);
    for (size_t k = 0; k < model->layers && status == STERNA_OK; k++) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
        status = check_matrix(&model->layer[k].ih, name, error);
        if (status != STERNA_OK)
            break;
        (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
        status = check_matrix(&model->layer[k].hh, name, error);
    }
    return status;
}

/* Bytes of a matrix: packed weights, and 8 bits of m and 5 of s per row in a 16-bit word. */
static size_t matrix_bytes(const struct sterna_matrix *matrix)
{
    size_t per_byte = formats[matrix->format].per_byte;
    return (matrix->rows * matrix->cols + per_byte - 1) / per_byte + 2 * matrix->rows;
}

void sterna_model_facts(const struct sterna_model *model, struct sterna_model_facts *facts)
{
    const struct sterna_layer *first = &model->layer[0];
    *facts = (struct sterna_model_facts){.inputs = first->inputs,
                                         .hidden = first->hidden,
                                         .layers = model->layers,
                                         .outputs = model->output.rows,
                                         .symbols = model->symbols};
    (void)snprintf(facts->cell, sizeof facts->cell, "%s", sterna_cell_name(first->cell));
    (void)snprintf(facts->format, sizeof facts->format, "%s", sterna_format_name(first->ih.format));
    (void)snprintf(facts->format_output, sizeof facts->format_output, "%s",
                   sterna_format_name(model->output.format));
    (void)snprintf(facts->data, sizeof facts->data, "%s", model->data);
    memcpy(facts->alphabet, model->alphabet, sizeof facts->alphabet);
    facts->weights = model->output.rows * model->output.cols;
    facts->bytes = matrix_bytes(&model->output) + model->output.rows * sizeof *model->output_bias;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        facts->weights += layer->ih.rows * layer->ih.cols + layer->hh.rows * layer->hh.cols;
        facts->bytes += matrix_bytes(&layer->ih) + matrix_bytes(&layer->hh) +
                        BIASES * layer->hidden * sizeof *layer->bias;
    }
}

void sterna_model_logits(const struct sterna_model *model, const int32_t *sums, float *logits)
{
    const struct sterna_matrix *output = &model->output;
    for (size_t r = 0; r < output->rows; r++) {
        double scaled = ldexp((double)sums[r] * output->scale_m[r], -(output->scale_s[r] + 11));
        logits[r] = (float)(scaled + ldexp(model->output_bias[r], -11));
    }
}
