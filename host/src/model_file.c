/* model_file.c - models to and from safetensors files: the tensors (model.h, items 4 to 8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"
#include "codes.h"
#include "model_metadata.h"

enum { NAME_SIZE = 64 };

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Tensors are borrowed until the file is written: packed codes wait here. */
struct writer {
    struct sterna_tensors *tensors;
    struct sterna_error *error;
    uint8_t *packed[2 * STERNA_MODEL_LAYERS_MAX + 1 + STERNA_STACK_LAYERS_MAX];
    size_t matrices;
    enum sterna_status status; /* of the first failure: the rest of the walk does nothing */
};

/* One array [rows] (cols = 0) or [rows, cols]. */
static void put(struct writer *writer, const char *name, enum sterna_dtype dtype, size_t rows, size_t cols,
                const void *array)
{
    const size_t shape[2] = {rows, cols};
    if (writer->status == STERNA_OK)
        writer->status =
            sterna_tensors_add(writer->tensors, name, dtype, cols == 0 ? 1 : 2, shape, array, writer->error);
}

static void put_packed(struct writer *writer, const char *name, const struct sterna_matrix *matrix)
{
    const size_t bytes = sterna_codes_bytes(matrix->format, matrix->cols);
    uint8_t *packed = malloc(matrix->rows * bytes);
    if (packed == NULL) {
        writer->status =
            sterna_fail(writer->error, STERNA_ERR_MEMORY, "out of memory for the codes of %s", name);
        return;
    }
    writer->packed[writer->matrices++] = packed;
    for (size_t row = 0; row < matrix->rows; row++)
        sterna_codes_pack(matrix->format, matrix->code + row * matrix->cols, matrix->cols,
                          packed + row * bytes);
    put(writer, name, STERNA_U8, matrix->rows, bytes, packed);
}

static void put_matrix(struct writer *writer, const char *name, const struct sterna_matrix *matrix)
{
    char full[NAME_SIZE + sizeof ".codebook"];
    if (writer->status != STERNA_OK)
        return;
    if (matrix->format == STERNA_FORMAT_CODEBOOK) {
        (void)snprintf(full, sizeof full, "%s.codebook", name);
        put(writer, full, STERNA_I8, STERNA_CODEBOOK_WORDS, matrix->book.elements, matrix->book.word);
        (void)snprintf(full, sizeof full, "%s.names", name);
        put(writer, full, STERNA_U8, matrix->rows, matrix->book.groups, matrix->book.name);
    } else if (sterna_codes_per_byte(matrix->format) > 1) {
        (void)snprintf(full, sizeof full, "%s.packed", name);
        put_packed(writer, full, matrix);
    } else {
        (void)snprintf(full, sizeof full, "%s.code", name);
        put(writer, full, STERNA_I8, matrix->rows, matrix->cols, matrix->code);
    }
    (void)snprintf(full, sizeof full, "%s.scale_m", name);
    put(writer, full, STERNA_U8, matrix->rows, 0, matrix->scale_m);
    (void)snprintf(full, sizeof full, "%s.scale_s", name);
    put(writer, full, STERNA_U8, matrix->rows, 0, matrix->scale_s);
}

static void put_stack(struct writer *writer, const struct sterna_model *model)
{
    for (size_t k = 0; k < model->stack.layers; k++) {
        const struct sterna_filters *filters = &model->filters[k];
        char name[NAME_SIZE];
        if (filters->weight.rows == 0)
            continue;
        (void)snprintf(name, sizeof name, "stack.%zu.weight", k);
        put_matrix(writer, name, &filters->weight);
        (void)snprintf(name, sizeof name, "stack.%zu.bias", k);
        put(writer, name, STERNA_I16, filters->weight.rows, 0, filters->bias);
    }
}

static void put_model(struct writer *writer, const struct sterna_model *model)
{
    put_stack(writer, model);
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
        put_matrix(writer, name, &layer->ih);
        (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
        put_matrix(writer, name, &layer->hh);
        (void)snprintf(name, sizeof name, "bias_l%zu", k);
        put(writer, name, STERNA_I16, sterna_cell_biases(layer->cell) * layer->hidden, 0, layer->bias);
    }
    put_matrix(writer, "linear.weight", &model->output);
    put(writer, "linear.bias", STERNA_I16, model->output.rows, 0, model->output_bias);
    if (model->rate == 0)
        return;
    put(writer, "front_end.mean", STERNA_F32, sterna_model_inputs(model), 0, model->mean);
    put(writer, "front_end.deviation", STERNA_F32, sterna_model_inputs(model), 0, model->deviation);
}

enum sterna_status sterna_model_save(const struct sterna_model *model, const char *path,
                                     struct sterna_error *error)
{
    struct writer writer = {.error = error};
    writer.status = sterna_model_check(model, error);
    if (writer.status == STERNA_OK)
        writer.status = sterna_tensors_new(&writer.tensors, error);
    if (writer.status == STERNA_OK)
        writer.status = sterna_model_metadata_write(writer.tensors, model, error);
    put_model(&writer, model);
    if (writer.status == STERNA_OK)
        writer.status = sterna_tensors_save(writer.tensors, path, error);
    sterna_tensors_close(writer.tensors);
    for (size_t i = 0; i < writer.matrices; i++)
        free(writer.packed[i]);
    return writer.status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

struct reader {
    const char *path;
    struct sterna_tensors *tensors;
    struct sterna_error *error;
};

/* The codebook of a matrix and its names. */
static enum sterna_status find_codebook(const struct reader *reader, const char *name, size_t rows,
                                        size_t cols, const struct sterna_tensor **book,
                                        const struct sterna_tensor **names)
{
    char full[NAME_SIZE + sizeof ".codebook"];
    (void)snprintf(full, sizeof full, "%s.codebook", name);
    const struct sterna_tensor *found = sterna_tensors_find(reader->tensors, full);
    size_t shape[2] = {STERNA_CODEBOOK_WORDS, found != NULL && found->rank == 2 ? found->shape[1] : 1};
    if (shape[1] < 1 || shape[1] > STERNA_CODEBOOK_ELEMENTS)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                           "%s: %s: words of %zu elements, expected 1 to %d", reader->path, full, shape[1],
                           STERNA_CODEBOOK_ELEMENTS);
    enum sterna_status status =
        sterna_tensors_require(reader->tensors, full, STERNA_I8, 2, shape, book, reader->error);
    shape[1] = sterna_codebook_groups(cols, shape[1]);
    shape[0] = rows;
    (void)snprintf(full, sizeof full, "%s.names", name);
    return status == STERNA_OK
               ? sterna_tensors_require(reader->tensors, full, STERNA_U8, 2, shape, names, reader->error)
               : status;
}

static enum sterna_status get_codebook(const struct reader *reader, const char *name,
                                       struct sterna_matrix *matrix)
{
    const struct sterna_tensor *book = NULL, *names = NULL;
    enum sterna_status status = find_codebook(reader, name, matrix->rows, matrix->cols, &book, &names);
    if (status == STERNA_OK)
        status = sterna_codebook_new(matrix, book->shape[1], reader->error);
    if (status != STERNA_OK)
        return status;
    memcpy(matrix->book.word, book->data, book->bytes);
    memcpy(matrix->book.name, names->data, names->bytes);
    sterna_codebook_expand(matrix);
    return STERNA_OK;
}

/* The codes of a matrix, packed or not: *packed says which. Of a codebook, its names. */
static enum sterna_status find_codes(const struct reader *reader, const char *name, enum sterna_format format,
                                     size_t rows, size_t cols, const struct sterna_tensor **tensor,
                                     bool *packed)
{
    char full[NAME_SIZE + sizeof ".packed"];
    const size_t plain[2] = {rows, cols}, dense[2] = {rows, sterna_codes_bytes(format, cols)};
    const struct sterna_tensor *book = NULL;
    if (format == STERNA_FORMAT_CODEBOOK)
        return find_codebook(reader, name, rows, cols, &book, tensor);
    (void)snprintf(full, sizeof full, "%s.packed", name);
    *packed = sterna_codes_per_byte(format) > 1 && sterna_tensors_find(reader->tensors, full) != NULL;
    if (*packed)
        return sterna_tensors_require(reader->tensors, full, STERNA_U8, 2, dense, tensor, reader->error);
    (void)snprintf(full, sizeof full, "%s.code", name);
    return sterna_tensors_require(reader->tensors, full, STERNA_I8, 2, plain, tensor, reader->error);
}

/* The code tensors have these sizes: from here on, memory taken for the model is bounded by a small multiple of the
 * file's own length. */
static enum sterna_status check_shapes(const struct reader *reader, const struct sterna_model_frame *frame)
{
    const struct sterna_model_shape *shape = &frame->shape;
    const size_t rows = sterna_cell_gates(shape->cell) * shape->hidden;
    const size_t first = frame->stack.layers ? sterna_stack_shape_outputs(&frame->stack) : shape->inputs;
    const struct sterna_tensor *unused = NULL;
    bool packed = false;
    enum sterna_status status = find_codes(reader, "linear.weight", frame->output, shape->outputs,
                                           shape->layers ? shape->hidden : first, &unused, &packed);
    for (size_t k = 0; k < frame->stack.layers && status == STERNA_OK; k++) {
        const struct sterna_stack_layer *layer = &frame->stack.layer[k];
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "stack.%zu.weight", k);
        if (layer->kind == STERNA_STACK_CONV)
            status =
                find_codes(reader, name, frame->in_stack, layer->out.channels, layer->cols, &unused, &packed);
    }
    for (size_t k = 0; k < shape->layers && status == STERNA_OK; k++) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
        status =
            find_codes(reader, name, frame->input, rows, k == 0 ? first : shape->hidden, &unused, &packed);
        (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
        if (status == STERNA_OK)
            status = find_codes(reader, name, frame->recurrent, rows, shape->hidden, &unused, &packed);
    }
    return status;
}

/* One array [rows] from its tensor. */
static enum sterna_status get(const struct reader *reader, const char *name, enum sterna_dtype dtype,
                              size_t rows, void *array)
{
    const struct sterna_tensor *tensor = NULL;
    enum sterna_status status =
        sterna_tensors_require(reader->tensors, name, dtype, 1, &rows, &tensor, reader->error);
    if (status == STERNA_OK)
        memcpy(array, tensor->data, tensor->bytes);
    return status;
}

static enum sterna_status get_codes(const struct reader *reader, const char *name,
                                    struct sterna_matrix *matrix)
{
    const struct sterna_tensor *tensor = NULL;
    bool packed = false;
    enum sterna_status status =
        find_codes(reader, name, matrix->format, matrix->rows, matrix->cols, &tensor, &packed);
    if (status != STERNA_OK)
        return status;
    if (!packed) {
        memcpy(matrix->code, tensor->data, tensor->bytes);
        return STERNA_OK;
    }
    const size_t bytes = sterna_codes_bytes(matrix->format, matrix->cols);
    const uint8_t *data = tensor->data;
    for (size_t row = 0; row < matrix->rows; row++, data += bytes) {
        size_t wrong = 0;
        if (!sterna_codes_unpack(matrix->format, data, matrix->cols, matrix->code + row * matrix->cols,
                                 &wrong))
            return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                               "%s: %s.packed: byte %u at %zu of row %zu holds no codes of %s", reader->path,
                               name, data[wrong], wrong, row, sterna_format_name(matrix->format));
    }
    return STERNA_OK;
}

static enum sterna_status get_matrix(const struct reader *reader, const char *name,
                                     struct sterna_matrix *matrix)
{
    char full[NAME_SIZE + sizeof ".scale_m"];
    const bool book = matrix->format == STERNA_FORMAT_CODEBOOK;
    enum sterna_status status = book ? get_codebook(reader, name, matrix) : get_codes(reader, name, matrix);
    (void)snprintf(full, sizeof full, "%s.scale_m", name);
    if (status == STERNA_OK)
        status = get(reader, full, STERNA_U8, matrix->rows, matrix->scale_m);
    (void)snprintf(full, sizeof full, "%s.scale_s", name);
    return status == STERNA_OK ? get(reader, full, STERNA_U8, matrix->rows, matrix->scale_s) : status;
}

static enum sterna_status get_layer(const struct reader *reader, size_t k, struct sterna_layer *layer)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
    enum sterna_status status = get_matrix(reader, name, &layer->ih);
    (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
    if (status == STERNA_OK)
        status = get_matrix(reader, name, &layer->hh);
    (void)snprintf(name, sizeof name, "bias_l%zu", k);
    const size_t biases = sterna_cell_biases(layer->cell) * layer->hidden;
    return status == STERNA_OK ? get(reader, name, STERNA_I16, biases, layer->bias) : status;
}

/* A tensor more than other matrices have. */
static size_t has_codebook(const struct sterna_matrix *matrix)
{
    return matrix->format == STERNA_FORMAT_CODEBOOK;
}

/* *tensors counts those of the stack. */
static enum sterna_status get_stack(const struct reader *reader, struct sterna_model *model, size_t *tensors)
{
    enum sterna_status status = STERNA_OK;
    for (size_t k = 0; k < model->stack.layers && status == STERNA_OK; k++) {
        struct sterna_filters *filters = &model->filters[k];
        char name[NAME_SIZE];
        if (filters->weight.rows == 0)
            continue;
        (void)snprintf(name, sizeof name, "stack.%zu.weight", k);
        status = get_matrix(reader, name, &filters->weight);
        (void)snprintf(name, sizeof name, "stack.%zu.bias", k);
        if (status == STERNA_OK)
            status = get(reader, name, STERNA_I16, filters->weight.rows, filters->bias);
        *tensors += 4 + has_codebook(&filters->weight);
    }
    return status;
}

static enum sterna_status get_sound(const struct reader *reader, struct sterna_model *model)
{
    const size_t inputs = sterna_model_inputs(model);
    const struct sterna_tensor *mean = NULL, *deviation = NULL;
    enum sterna_status status = sterna_tensors_require(reader->tensors, "front_end.mean", STERNA_F32, 1,
                                                       &inputs, &mean, reader->error);
    if (status == STERNA_OK)
        status = sterna_tensors_require(reader->tensors, "front_end.deviation", STERNA_F32, 1, &inputs,
                                        &deviation, reader->error);
    if (status != STERNA_OK)
        return status;
    const struct sterna_front_end_options options = model->front_end;
    return sterna_model_set_sound(model, model->rate, &options, mean->data, deviation->data, reader->error);
}

static enum sterna_status get_tensors(const struct reader *reader, struct sterna_model *model)
{
    enum sterna_status status = get_matrix(reader, "linear.weight", &model->output);
    if (status == STERNA_OK)
        status = get(reader, "linear.bias", STERNA_I16, model->output.rows, model->output_bias);
    size_t in_stack = 0;
    if (status == STERNA_OK)
        status = get_stack(reader, model, &in_stack);
    for (size_t k = 0; k < model->layers && status == STERNA_OK; k++)
        status = get_layer(reader, k, &model->layer[k]);
    if (status == STERNA_OK && model->rate > 0)
        status = get_sound(reader, model);
    if (status != STERNA_OK)
        return status;
    size_t expected = 7 * model->layers + 4 + in_stack + (model->rate > 0 ? 2 : 0);
    expected += has_codebook(&model->output);
    for (size_t k = 0; k < model->layers; k++)
        expected += has_codebook(&model->layer[k].ih) + has_codebook(&model->layer[k].hh);
    if (sterna_tensors_count(reader->tensors) != expected)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %zu tensors, expected %zu", reader->path,
                           sterna_tensors_count(reader->tensors), expected);
    return STERNA_OK;
}

static enum sterna_status make_model(const struct sterna_model_frame *frame, struct sterna_model **model,
                                     struct sterna_error *error)
{
    enum sterna_status status = sterna_model_new_behind(&frame->stack, &frame->shape, model, error);
    if (status != STERNA_OK)
        return status;
    sterna_model_set_formats(*model, frame->input, frame->recurrent, frame->output);
    sterna_model_set_stack_format(*model, frame->in_stack);
    return STERNA_OK;
}

static enum sterna_status read_model(const struct reader *reader, struct sterna_model **model)
{
    struct sterna_model_frame frame;
    struct sterna_error reason;
    enum sterna_status status =
        sterna_model_metadata_frame(reader->tensors, reader->path, &frame, reader->error);
    if (status == STERNA_OK)
        status = check_shapes(reader, &frame);
    if (status == STERNA_OK)
        status = make_model(&frame, model, reader->error);
    if (status != STERNA_OK)
        return status;
    status = sterna_model_metadata_read(reader->tensors, reader->path, *model, reader->error);
    if (status == STERNA_OK)
        status = get_tensors(reader, *model);
    if (status == STERNA_OK && sterna_model_check(*model, &reason) != STERNA_OK)
        status = sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s", reader->path, reason.reason);
    return status;
}

enum sterna_status sterna_model_load(const char *path, struct sterna_model **model,
                                     struct sterna_error *error)
{
    struct reader reader = {.path = path, .error = error};
    struct sterna_model *loaded = NULL;
    enum sterna_status status = sterna_tensors_open(path, &reader.tensors, error);
    if (status == STERNA_OK)
        status = read_model(&reader, &loaded);
    sterna_tensors_close(reader.tensors);
    if (status == STERNA_OK)
        *model = loaded;
    else
        sterna_model_free(loaded);
    return status;
}
