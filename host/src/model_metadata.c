/* model_metadata.c - see model_metadata.h. Files come from anywhere: every string may be anything. */
#include "model_metadata.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labels.h"

#define FORMAT  "sterna-model"
#define VERSION "2"

enum { NUMBER_SIZE = 32, FRONT_END_SIZE = 512 };

/* ---- writing ------------------------------------------------------------------------------------------- */

struct pair {
    const char *key, *value;
};

static enum sterna_status write_pairs(struct sterna_tensors *tensors, const struct pair *pairs, size_t count,
                                      struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < count && status == STERNA_OK; i++)
        if (pairs[i].value != NULL)
            status = sterna_tensors_set_metadata(tensors, pairs[i].key, pairs[i].value, error);
    return status;
}

static const char *print_whole(uint64_t value, char text[NUMBER_SIZE])
{
    (void)snprintf(text, NUMBER_SIZE, "%" PRIu64, value);
    return text;
}

static enum sterna_status write_frame(struct sterna_tensors *tensors, const struct sterna_model *model,
                                      struct sterna_error *error)
{
    const struct sterna_layer *first = &model->layer[0];
    const bool stack = model->stack.layers > 0;
    const enum sterna_format in_stack = sterna_model_stack_format(model);
    char number[5][NUMBER_SIZE];
    const struct pair pairs[] = {
        {"format", FORMAT},
        {"version", VERSION},
        {"cell", sterna_cell_name(first->cell)},
        {"layers", print_whole(model->layers, number[0])},
        {"inputs", print_whole(sterna_model_inputs(model), number[1])},
        {"hidden", print_whole(model->output.cols, number[2])},
        {"outputs", print_whole(model->output.rows, number[3])},
        {"weights_input", sterna_format_name(model->layers > 0 ? first->ih.format : in_stack)},
        {"weights_recurrent", sterna_format_name(model->layers > 0 ? first->hh.format : in_stack)},
        {"weights_output", sterna_format_name(model->output.format)},
        {"head", sterna_head_name(model->head)},
        {"input", model->one_hot ? "one-hot" : "dense"},
        {"stack", stack ? model->stack.text : NULL},
        {"steps", stack && model->stack.steps > 0 ? print_whole(model->stack.steps, number[4]) : NULL},
        {"weights_stack", stack ? sterna_format_name(in_stack) : NULL},
    };
    return write_pairs(tensors, pairs, sizeof pairs / sizeof pairs[0], error);
}

static enum sterna_status write_classes(struct sterna_tensors *tensors, const struct sterna_model *model,
                                        struct sterna_error *error)
{
    if (model->classes == 0)
        return STERNA_OK;
    char *names = sterna_class_names_print(model->class_name, model->classes);
    if (names == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the names of the classes");
    enum sterna_status status = sterna_tensors_set_metadata(tensors, "classes", names, error);
    free(names);
    return status;
}

static void print_front_end(const struct sterna_front_end_options *options, char text[FRONT_END_SIZE])
{
    (void)snprintf(text, FRONT_END_SIZE,
                   "features=%s\nwindow_ms=%.17g\nhop_ms=%.17g\nlow_hz=%.17g\nhigh_hz=%.17g\nbands=%" PRIu64
                   "\ncoefficients=%" PRIu64 "\nadapt_ms=%.17g\ndeltas=%" PRIu64,
                   options->features, options->window_ms, options->hop_ms, options->low_hz, options->high_hz,
                   options->bands, options->coefficients, options->adapt_ms, options->deltas);
}

enum sterna_status sterna_model_metadata_write(struct sterna_tensors *tensors,
                                               const struct sterna_model *model, struct sterna_error *error)
{
    char number[4][NUMBER_SIZE], valid[NUMBER_SIZE], front_end[FRONT_END_SIZE];
    char alphabet[STERNA_ALPHABET_TEXT];
    const bool known = isfinite(model->valid) && model->metric[0] != '\0';
    sterna_alphabet_print(model->alphabet, model->symbols, alphabet);
    (void)snprintf(valid, sizeof valid, "%.17g", model->valid);
    print_front_end(&model->front_end, front_end);
    const struct pair pairs[] = {
        {"input_fraction", model->one_hot ? NULL : print_whole(model->input_fraction, number[0])},
        {"alphabet", model->symbols > 0 ? alphabet : NULL},
        {"rate", model->rate > 0 ? print_whole(model->rate, number[1]) : NULL},
        {"front_end", model->rate > 0 ? front_end : NULL},
        {"data", model->data[0] != '\0' ? model->data : NULL},
        {"recipe", model->recipe},
        {"updates", print_whole(model->updates, number[2])},
        {"seed", print_whole(model->seed, number[3])},
        {"metric", known ? model->metric : NULL},
        {"valid", known ? valid : NULL},
    };
    enum sterna_status status = write_frame(tensors, model, error);
    if (status == STERNA_OK)
        status = write_classes(tensors, model, error);
    return status == STERNA_OK ? write_pairs(tensors, pairs, sizeof pairs / sizeof pairs[0], error) : status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

struct reader {
    const char *path;
    const struct sterna_tensors *tensors;
    struct sterna_error *error;
};

static const char *lookup(const struct reader *reader, const char *key)
{
    return sterna_tensors_metadata(reader->tensors, key);
}

/* The value of a key that is not what it should be. */
static enum sterna_status refuse(const struct reader *reader, const char *key, const char *expected)
{
    const char *value = lookup(reader, key);
    return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s is \"%.60s\", expected %s", reader->path,
                       key, value != NULL ? value : "", expected);
}

/* A metadata string that can only be one thing. */
static bool is(const struct reader *reader, const char *key, const char *expected)
{
    const char *value = lookup(reader, key);
    return value != NULL && strcmp(value, expected) == 0;
}

/* A whole number up to max, decimal digits only; *number stays as it is if the key is absent and optional. */
static enum sterna_status read_whole(const struct reader *reader, const char *key, bool optional,
                                     uint64_t max, uint64_t *number)
{
    const char *value = lookup(reader, key);
    if (value == NULL && optional)
        return STERNA_OK;
    uint64_t result = 0;
    bool valid = value != NULL && value[0] != '\0';
    for (const char *c = value; valid && *c != '\0'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        valid = *c >= '0' && *c <= '9' && digit <= max && result <= (max - digit) / 10;
        result = 10 * result + digit;
    }
    if (!valid) {
        char expected[2 * NUMBER_SIZE];
        (void)snprintf(expected, sizeof expected, "a whole number up to %" PRIu64, max);
        return refuse(reader, key, expected);
    }
    *number = result;
    return STERNA_OK;
}

/* stack: there may be no recurrent layers. */
static enum sterna_status read_sizes(const struct reader *reader, bool stack,
                                     struct sterna_model_shape *shape)
{
    const struct {
        const char *key;
        uint64_t max;
        size_t *size;
    } all[] = {
        {"layers", STERNA_MODEL_LAYERS_MAX, &shape->layers},
        {"inputs", STERNA_MODEL_SIZE_MAX, &shape->inputs},
        {"hidden", STERNA_MODEL_SIZE_MAX, &shape->hidden},
        {"outputs", STERNA_MODEL_SIZE_MAX, &shape->outputs},
    };
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && status == STERNA_OK; i++) {
        uint64_t number = 0;
        status = read_whole(reader, all[i].key, false, all[i].max, &number);
        if (status == STERNA_OK && number == 0 && !(all[i].size == &shape->layers && stack))
            status = sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s is 0", reader->path, all[i].key);
        *all[i].size = (size_t)number;
    }
    return status;
}

static enum sterna_status read_format(const struct reader *reader, const char *key,
                                      enum sterna_format *format)
{
    const char *name = lookup(reader, key);
    struct sterna_error reason;
    if (name == NULL)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: no \"%s\" in the metadata", reader->path,
                           key);
    if (sterna_format_find(name, format, &reason) != STERNA_OK)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s: %s", reader->path, key, reason.reason);
    return STERNA_OK;
}

/* The stack, whose text must be one for the inputs. */
static enum sterna_status read_stack(const struct reader *reader, struct sterna_model_frame *frame)
{
    const char *text = lookup(reader, "stack");
    struct sterna_error reason;
    uint64_t steps = 0;
    if (text == NULL)
        return STERNA_OK;
    enum sterna_status status = read_whole(reader, "steps", true, STERNA_MODEL_SIZE_MAX, &steps);
    if (status == STERNA_OK)
        status = read_format(reader, "weights_stack", &frame->in_stack);
    if (status != STERNA_OK)
        return status;
    if (sterna_stack_shape_read(text, frame->shape.inputs, steps, &frame->stack, &reason) != STERNA_OK ||
        frame->stack.layers == 0)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s", reader->path,
                           frame->stack.layers == 0 ? "an empty stack" : reason.reason);
    return STERNA_OK;
}

enum sterna_status sterna_model_metadata_frame(const struct sterna_tensors *tensors, const char *path,
                                               struct sterna_model_frame *frame, struct sterna_error *error)
{
    const struct reader reader = {.path = path, .tensors = tensors, .error = error};
    struct sterna_error reason;
    struct sterna_model_frame fresh = {.input = STERNA_FORMATS};
    if (!is(&reader, "format", FORMAT))
        return refuse(&reader, "format", "\"" FORMAT "\"");
    if (is(&reader, "version", "1"))
        return sterna_fail(error, STERNA_ERR_FORMAT,
                           "%s: a model file of version 1, which is not read any more: quantize the "
                           "checkpoint again",
                           path);
    if (!is(&reader, "version", VERSION))
        return refuse(&reader, "version", "\"" VERSION "\"");
    const char *cell = lookup(&reader, "cell");
    if (sterna_cell_by_name(cell != NULL ? cell : "", &fresh.shape.cell, &reason) != STERNA_OK)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: %s", path, reason.reason);
    enum sterna_status status = read_format(&reader, "weights_input", &fresh.input);
    if (status == STERNA_OK)
        status = read_format(&reader, "weights_recurrent", &fresh.recurrent);
    if (status == STERNA_OK)
        status = read_format(&reader, "weights_output", &fresh.output);
    if (status == STERNA_OK)
        status = read_sizes(&reader, lookup(&reader, "stack") != NULL, &fresh.shape);
    if (status == STERNA_OK)
        status = read_stack(&reader, &fresh);
    if (status == STERNA_OK)
        *frame = fresh;
    return status;
}

static enum sterna_status read_alphabet(const struct reader *reader, struct sterna_model *model)
{
    const char *text = lookup(reader, "alphabet");
    if (text == NULL)
        return STERNA_OK;
    model->symbols = sterna_alphabet_read(text, model->alphabet);
    return model->symbols > 0 ? STERNA_OK
                              : refuse(reader, "alphabet", "1 to 256 pairs of hexadecimal digits");
}

static enum sterna_status read_input(const struct reader *reader, struct sterna_model *model)
{
    const char *head = lookup(reader, "head");
    struct sterna_error reason;
    uint64_t fraction = 0;
    if (sterna_head_by_name(head != NULL ? head : "", &model->head, &reason) != STERNA_OK)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s", reader->path, reason.reason);
    model->one_hot = is(reader, "input", "one-hot");
    if (!model->one_hot && !is(reader, "input", "dense"))
        return refuse(reader, "input", "\"one-hot\" or \"dense\"");
    enum sterna_status status =
        read_whole(reader, "input_fraction", true, STERNA_MODEL_FRACTION_MAX, &fraction);
    model->input_fraction = (unsigned)fraction;
    return status;
}

static enum sterna_status read_classes(const struct reader *reader, struct sterna_model *model)
{
    const char *names = lookup(reader, "classes");
    struct sterna_error reason;
    if (names == NULL)
        return STERNA_OK;
    const enum sterna_status status =
        sterna_class_names_read(names, &model->class_name, &model->classes, &reason);
    return status == STERNA_OK ? STERNA_OK
                               : sterna_fail(reader->error, status, "%s: %s", reader->path, reason.reason);
}

static enum sterna_status read_front_end(const struct reader *reader, struct sterna_model *model)
{
    const char *text = lookup(reader, "front_end");
    uint64_t rate = 0;
    enum sterna_status status = read_whole(reader, "rate", true, UINT32_MAX, &rate);
    if (status != STERNA_OK || (text == NULL && rate == 0))
        return status;
    if (text == NULL || rate == 0)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                           "%s: \"front_end\" and \"rate\" are in the metadata together or not at all",
                           reader->path);
    char *lines = strdup(text);
    if (lines == NULL)
        return sterna_fail(reader->error, STERNA_ERR_MEMORY, "%s: out of memory", reader->path);
    struct sterna_error reason;
    model->rate = (uint32_t)rate;
    sterna_front_end_default(&model->front_end);
    for (char *line = lines, *end; line != NULL && status == STERNA_OK; line = end) {
        end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        if (sterna_front_end_set(&model->front_end, line, &reason) != STERNA_OK)
            status = sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: front_end: %s", reader->path,
                                 reason.reason);
    }
    free(lines);
    return status;
}

static enum sterna_status read_valid(const struct reader *reader, struct sterna_model *model)
{
    const char *valid = lookup(reader, "valid"), *metric = lookup(reader, "metric");
    if (valid == NULL)
        return STERNA_OK;
    if (metric == NULL || strlen(metric) >= sizeof model->metric)
        return refuse(reader, "metric", "\"bpc\" or \"accuracy\"");
    (void)snprintf(model->metric, sizeof model->metric, "%s", metric);
    char *end = NULL;
    model->valid = strtod(valid, &end);
    if (end == valid || *end != '\0' || !isfinite(model->valid))
        return refuse(reader, "valid", "a number");
    return STERNA_OK;
}

static enum sterna_status read_provenance(const struct reader *reader, struct sterna_model *model)
{
    const char *data = lookup(reader, "data"), *recipe = lookup(reader, "recipe");
    (void)snprintf(model->data, sizeof model->data, "%s", data != NULL ? data : "");
    if (recipe != NULL) {
        model->recipe = strdup(recipe);
        if (model->recipe == NULL)
            return sterna_fail(reader->error, STERNA_ERR_MEMORY, "%s: out of memory", reader->path);
    }
    enum sterna_status status = read_whole(reader, "updates", true, UINT64_MAX, &model->updates);
    if (status == STERNA_OK)
        status = read_whole(reader, "seed", true, UINT64_MAX, &model->seed);
    return status == STERNA_OK ? read_valid(reader, model) : status;
}

enum sterna_status sterna_model_metadata_read(const struct sterna_tensors *tensors, const char *path,
                                              struct sterna_model *model, struct sterna_error *error)
{
    const struct reader reader = {.path = path, .tensors = tensors, .error = error};
    enum sterna_status status = read_input(&reader, model);
    if (status == STERNA_OK)
        status = read_alphabet(&reader, model);
    if (status == STERNA_OK)
        status = read_classes(&reader, model);
    if (status == STERNA_OK)
        status = read_front_end(&reader, model);
    return status == STERNA_OK ? read_provenance(&reader, model) : status;
}
