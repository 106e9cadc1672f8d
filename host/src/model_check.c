/* model_check.c - whether a model's values are valid. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "utf8.h"

enum { NAME_SIZE = 64, SCALE_S_MAX = 31, ACTIVATION_MAX = 127 };

static enum sterna_status check_row(const struct sterna_matrix *matrix, size_t row, const char *name,
                                    struct sterna_error *error)
{
    const int8_t *code = matrix->code + row * matrix->cols;
    int64_t sum = 0;
    for (size_t c = 0; c < matrix->cols; c++) {
        if (!sterna_format_has(matrix->format, code[c]))
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: code %d in row %zu is none of %s", name, code[c],
                               row, sterna_format_name(matrix->format));
        sum += abs(code[c]);
    }
    if (sum * ACTIVATION_MAX > STERNA_MODEL_SUM_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: row %zu can sum to %lld, at most %d is allowed: take fewer columns or a "
                           "format of smaller codes",
                           name, row, (long long)sum * ACTIVATION_MAX, STERNA_MODEL_SUM_MAX);
    if (matrix->scale_s[row] > SCALE_S_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: scale_s %d in row %zu, at most %d", name,
                           matrix->scale_s[row], row, SCALE_S_MAX);
    return STERNA_OK;
}

static enum sterna_status check_matrix(const struct sterna_matrix *matrix, const char *name,
                                       struct sterna_error *error)
{
    enum sterna_status status = sterna_codebook_check(matrix, name, error);
    for (size_t row = 0; row < matrix->rows && status == STERNA_OK; row++)
        status = check_row(matrix, row, name, error);
    return status;
}

static enum sterna_status check_layers(const struct sterna_model *model, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    for (size_t k = 0; k < model->layers && status == STERNA_OK; k++) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
        status = check_matrix(&model->layer[k].ih, name, error);
        (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
        if (status == STERNA_OK)
            status = check_matrix(&model->layer[k].hh, name, error);
    }
    return status;
}

static enum sterna_status check_stack(const struct sterna_model *model, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    for (size_t k = 0; k < model->stack.layers && status == STERNA_OK; k++) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "stack.%zu.weight", k);
        status = check_matrix(&model->filters[k].weight, name, error);
    }
    if (status == STERNA_OK && model->stack.layers && model->one_hot)
        status = sterna_fail(error, STERNA_ERR_RANGE, "a stack reads dense inputs, not one-hot ones");
    return status;
}

static enum sterna_status check_alphabet(const struct sterna_model *model, struct sterna_error *error)
{
    const size_t inputs = sterna_model_inputs(model), outputs = model->output.rows;
    if (model->symbols == 0)
        return STERNA_OK;
    if (model->symbols > sizeof model->alphabet || model->symbols != inputs || model->symbols != outputs)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "an alphabet of %zu symbols for %zu inputs and %zu outputs", model->symbols,
                           inputs, outputs);
    for (size_t i = 1; i < model->symbols; i++)
        if (model->alphabet[i - 1] >= model->alphabet[i])
            return sterna_fail(error, STERNA_ERR_RANGE, "the alphabet is not ascending at symbol %zu", i);
    if (model->head != STERNA_HEAD_NEXT || !model->one_hot)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "a model of text predicts the next symbol from one-hot ones, not \"%s\" from %s",
                           sterna_head_name(model->head), model->one_hot ? "one-hot" : "dense");
    return STERNA_OK;
}

static enum sterna_status check_classes(const struct sterna_model *model, struct sterna_error *error)
{
    if (model->classes == 0)
        return STERNA_OK;
    if (model->classes != model->output.rows)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu class names for %zu outputs", model->classes,
                           model->output.rows);
    for (size_t i = 0; i < model->classes; i++) {
        const char *name = model->class_name[i], *end = memchr(name, '\0', STERNA_CLASS_NAME);
        if (end == NULL || end == name || strchr(name, '\n') != NULL ||
            !sterna_utf8_valid(name, (size_t)(end - name)))
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "the name of class %zu is not 1 to %d bytes of UTF-8 in one line", i,
                               STERNA_CLASS_NAME - 1);
    }
    return STERNA_OK;
}

static enum sterna_status check_sound(const struct sterna_model *model, struct sterna_error *error)
{
    const size_t inputs = sterna_model_inputs(model);
    struct sterna_front_end *front_end = NULL;
    if (model->rate == 0)
        return STERNA_OK;
    enum sterna_status status = sterna_front_end_new(&model->front_end, model->rate, &front_end, error);
    if (status != STERNA_OK)
        return status;
    const size_t features = sterna_front_end_features(front_end);
    sterna_front_end_free(front_end);
    if (model->one_hot || features != inputs)
        return sterna_fail(error, STERNA_ERR_RANGE, "the front end gives %zu values for %zu %s inputs",
                           features, inputs, model->one_hot ? "one-hot" : "dense");
    for (size_t i = 0; i < inputs; i++)
        if (!isfinite(model->mean[i]) || !isfinite(model->deviation[i]) || !(model->deviation[i] > 0))
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "the front end's mean %g and deviation %g of value %zu are of no use",
                               (double)model->mean[i], (double)model->deviation[i], i);
    return STERNA_OK;
}

static bool is_metric(const char *metric)
{
    return metric[0] == '\0' || strcmp(metric, "bpc") == 0 || strcmp(metric, "accuracy") == 0;
}

enum sterna_status sterna_model_check(const struct sterna_model *model, struct sterna_error *error)
{
    enum sterna_status status = check_alphabet(model, error);
    if (status == STERNA_OK && !is_metric(model->metric))
        status = sterna_fail(error, STERNA_ERR_RANGE, "metric is \"%.15s\", neither bpc nor accuracy",
                             model->metric);
    if (status == STERNA_OK && model->input_fraction > STERNA_MODEL_FRACTION_MAX)
        status = sterna_fail(error, STERNA_ERR_RANGE, "input_fraction is %u, at most %d",
                             model->input_fraction, STERNA_MODEL_FRACTION_MAX);
    if (status == STERNA_OK)
        status = check_classes(model, error);
    if (status == STERNA_OK)
        status = check_sound(model, error);
    if (status == STERNA_OK)
        status = check_matrix(&model->output, "linear.weight", error);
    if (status == STERNA_OK)
        status = check_stack(model, error);
    return status == STERNA_OK ? check_layers(model, error) : status;
}
