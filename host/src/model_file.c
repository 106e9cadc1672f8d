/* model_file.c - models to and from safetensors files (model.h describes the format). */
#include "model.h"
#include "safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT  "sterna-model"
#define VERSION "1"

enum { NAME_SIZE = 64, NUMBER_SIZE = 32, LAYER_TENSORS = 7, OUTPUT_TENSORS = 4 };

/* ---- tensors: one walk for both directions ------------------------------------------------------------- */

struct walk {
    struct sterna_tensors *tensors;
    bool reading;
    enum sterna_status status; /* of the first failure: the rest of the walk does nothing */
    struct sterna_error *error;
};

/* One array [rows] (cols = 0) or [rows, cols]: filled from its tensor, or added as one. */
static void visit(struct walk *walk, const char *name, enum sterna_dtype dtype, size_t rows, size_t cols,
                  void *array)
{
    if (walk->status != STERNA_OK)
        return;
    const size_t shape[2] = {rows, cols};
    size_t rank = cols == 0 ? 1 : 2;
    if (!walk->reading) {
        walk->status = sterna_tensors_add(walk->tensors, name, dtype, rank, shape, array, walk->error);
        return;
    }
    const struct sterna_tensor *tensor = NULL;
    walk->status = sterna_tensors_require(walk->tensors, name, dtype, rank, shape, &tensor, walk->error);
    if (walk->status == STERNA_OK)
        memcpy(array, tensor->data, tensor->bytes);
}

static void visit_matrix(struct walk *walk, const char *name, const struct sterna_matrix *matrix)
{
    char full[NAME_SIZE + sizeof ".scale_m"];
    (void)snprintf(full, sizeof full, "%s.code", name);
    visit(walk, full, STERNA_I8, matrix->rows, matrix->cols, matrix->code);
    (void)snprintf(full, sizeof full, "%s.scale_m", name);
    visit(walk, full, STERNA_U8, matrix->rows, 0, matrix->scale_m);
    (void)snprintf(full, sizeof full, "%s.scale_s", name);
    visit(walk, full, STERNA_U8, matrix->rows, 0, matrix->scale_s);
}

static enum sterna_status walk_model(struct sterna_tensors *tensors, bool reading,
                                     const struct sterna_model *model, struct sterna_error *error)
{
    struct walk walk = {.tensors = tensors, .reading = reading, .error = error};
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "weight_ih_l%zu", k);
        visit_matrix(&walk, name, &layer->ih);
        (void)snprintf(name, sizeof name, "weight_hh_l%zu", k);
        visit_matrix(&walk, name, &layer->hh);
        (void)snprintf(name, sizeof name, "bias_l%zu", k);
        visit(&walk, name, STERNA_I16, 4 * layer->hidden, 0, layer->bias);
    }
    visit_matrix(&walk, "linear.weight", &model->output);
    visit(&walk, "linear.bias", STERNA_I16, model->output.rows, 0, model->output_bias);
    return walk.status;
}

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

static enum sterna_status write_metadata(struct sterna_tensors *tensors, const struct sterna_model *model,
                                         struct sterna_error *error)
{
    char number[6][NUMBER_SIZE];
    char bpc[NUMBER_SIZE];
    char alphabet[2 * sizeof model->alphabet + 1] = "";
    for (size_t i = 0; i < model->symbols; i++)
        (void)snprintf(alphabet + 2 * i, 3, "%02x", model->alphabet[i]);
    (void)snprintf(bpc, sizeof bpc, "%.17g", model->valid_bpc);
    const struct sterna_layer *first = &model->layer[0];
    const struct pair pairs[] = {
        {"format", FORMAT},
        {"version", VERSION},
        {"cell", sterna_cell_name(first->cell)},
        {"layers", print_whole(model->layers, number[0])},
        {"inputs", print_whole(first->inputs, number[1])},
        {"hidden", print_whole(first->hidden, number[2])},
        {"outputs", print_whole(model->output.rows, number[3])},
        {"weights", sterna_format_name(first->ih.format)},
        {"weights_output", sterna_format_name(model->output.format)},
        {"input", model->one_hot ? "one-hot" : "dense"},
        {"alphabet", model->symbols > 0 ? alphabet : NULL},
        {"data", model->data[0] != '\0' ? model->data : NULL},
        {"recipe", model->recipe},
        {"updates", print_whole(model->updates, number[4])},
        {"seed", print_whole(model->seed, number[5])},
        {"valid_bpc", isfinite(model->valid_bpc) ? bpc : NULL},
    };
    return write_pairs(tensors, pairs, sizeof pairs / sizeof pairs[0], error);
}

enum sterna_status sterna_model_save(const struct sterna_model *model, const char *path,
                                     struct sterna_error *error)
{
    struct sterna_tensors *tensors = NULL;
    enum sterna_status status = sterna_model_check(model, error);
    if (status == STERNA_OK)
        status = sterna_tensors_new(&tensors, error);
    if (status == STERNA_OK)
        status = write_metadata(tensors, model, error);
    if (status == STERNA_OK)
        status = walk_model(tensors, false, model, error);
    if (status == STERNA_OK)
        status = sterna_tensors_save(tensors, path, error);
    sterna_tensors_close(tensors);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

struct reader {
    const char *path;
    struct sterna_tensors *tensors;
    struct sterna_error *error;
};

struct sizes {
    size_t layers, inputs, hidden, outputs;
};

static const char *lookup(const struct reader *reader, const char *key)
{
    return sterna_tensors_metadata(reader->tensors, key);
}

/* A metadata string that can only be one thing. */
static enum sterna_status expect(const struct reader *reader, const char *key, const char *expected)
{
    const char *value = lookup(reader, key);
    if (value != NULL && strcmp(value, expected) == 0)
        return STERNA_OK;
    return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s is \"%.60s\", expected \"%s\"", reader->path,
                       key, value != NULL ? value : "", expected);
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
        valid = *c >= '0' && *c <= '9' && result <= (max - digit) / 10;
        result = 10 * result + digit;
    }
    if (!valid)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                           "%s: %s is \"%.60s\", expected a whole number up to %" PRIu64, reader->path, key,
                           value != NULL ? value : "", max);
    *number = result;
    return STERNA_OK;
}

static enum sterna_status read_sizes(const struct reader *reader, struct sizes *sizes)
{
    const struct {
        const char *key;
        uint64_t max;
        size_t *size;
    } all[] = {
        {"layers", STERNA_MODEL_LAYERS_MAX, &sizes->layers},
        {"inputs", STERNA_MODEL_SIZE_MAX, &sizes->inputs},
        {"hidden", STERNA_MODEL_SIZE_MAX, &sizes->hidden},
        {"outputs", STERNA_MODEL_SIZE_MAX, &sizes->outputs},
    };
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && status == STERNA_OK; i++) {
        uint64_t number = 0;
        status = read_whole(reader, all[i].key, false, all[i].max, &number);
        if (status == STERNA_OK && number == 0)
            status = sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s is 0", reader->path, all[i].key);
        *all[i].size = (size_t)number;
    }
    return status;
}

/* The code tensors have these sizes: from here on, memory taken for the model is bounded by the file's own
 * length. */
static enum sterna_status check_shapes(const struct reader *reader, const struct sizes *sizes)
{
    const struct sterna_tensor *unused = NULL;
    const size_t output[2] = {sizes->outputs, sizes->hidden};
    enum sterna_status status = sterna_tensors_require(reader->tensors, "linear.weight.code", STERNA_I8, 2,
                                                       output, &unused, reader->error);
    for (size_t k = 0; k < sizes->layers && status == STERNA_OK; k++) {
        char name[NAME_SIZE];
        const size_t ih[2] = {3 * sizes->hidden, k == 0 ? sizes->inputs : sizes->hidden};
        const size_t hh[2] = {3 * sizes->hidden, sizes->hidden};
        (void)snprintf(name, sizeof name, "weight_ih_l%zu.code", k);
        status = sterna_tensors_require(reader->tensors, name, STERNA_I8, 2, ih, &unused, reader->error);
        if (status != STERNA_OK)
            break;
        (void)snprintf(name, sizeof name, "weight_hh_l%zu.code", k);
        status = sterna_tensors_require(reader->tensors, name, STERNA_I8, 2, hh, &unused, reader->error);
    }
    return status;
}

static int hexadecimal(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static enum sterna_status read_alphabet(const struct reader *reader, struct sterna_model *model)
{
    const char *text = lookup(reader, "alphabet");
    if (text == NULL)
        return STERNA_OK;
    size_t symbols = strlen(text) / 2;
    bool valid = strlen(text) == 2 * symbols && symbols >= 1 && symbols <= sizeof model->alphabet;
    for (size_t i = 0; i < symbols && valid; i++) {
        int high = hexadecimal(text[2 * i]);
        int low = hexadecimal(text[2 * i + 1]);
        valid = high >= 0 && low >= 0;
        model->alphabet[i] = (uint8_t)(16 * (high & 15) + (low & 15));
    }
    model->symbols = symbols;
    if (!valid)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                           "%s: alphabet is not 1 to 256 pairs of hexadecimal digits", reader->path);
    return STERNA_OK;
}

static enum sterna_status read_input(const struct reader *reader, struct sterna_model *model)
{
    const char *input = lookup(reader, "input");
    model->one_hot = input != NULL && strcmp(input, "one-hot") == 0;
    return model->one_hot ? STERNA_OK : expect(reader, "input", "dense");
}

static enum sterna_status read_provenance(const struct reader *reader, struct sterna_model *model)
{
    const char *data = lookup(reader, "data");
    const char *recipe = lookup(reader, "recipe");
    const char *bpc = lookup(reader, "valid_bpc");
    (void)snprintf(model->data, sizeof model->data, "%s", data != NULL ? data : "");
    if (bpc != NULL) {
        char *end = NULL;
        model->valid_bpc = strtod(bpc, &end);
        if (end == bpc || *end != '\0' || !isfinite(model->valid_bpc))
            return sterna_fail(reader->error, STERNA_ERR_FORMAT,
                               "%s: valid_bpc is \"%.60s\", expected a number", reader->path, bpc);
    }
    if (recipe != NULL) {
        model->recipe = strdup(recipe);
        if (model->recipe == NULL)
            return sterna_fail(reader->error, STERNA_ERR_MEMORY, "%s: out of memory", reader->path);
    }
    enum sterna_status status = read_whole(reader, "updates", true, UINT64_MAX, &model->updates);
    return status == STERNA_OK ? read_whole(reader, "seed", true, UINT64_MAX, &model->seed) : status;
}

/* Fill a fresh model; what is wrong in it is told with the path in front. */
static enum sterna_status fill(const struct reader *reader, struct sterna_model *model)
{
    enum sterna_status status = read_input(reader, model);
    if (status == STERNA_OK)
        status = read_alphabet(reader, model);
    if (status == STERNA_OK)
        status = read_provenance(reader, model);
    if (status == STERNA_OK)
        status = walk_model(reader->tensors, true, model, reader->error);
    if (status != STERNA_OK)
        return status;
    size_t expected = LAYER_TENSORS * model->layers + OUTPUT_TENSORS;
    if (sterna_tensors_count(reader->tensors) != expected)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %zu tensors, expected %zu", reader->path,
                           sterna_tensors_count(reader->tensors), expected);
    struct sterna_error reason;
    if (sterna_model_check(model, &reason) != STERNA_OK)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s", reader->path, reason.reason);
    return STERNA_OK;
}

static enum sterna_status read_format(const struct reader *reader, const char *key,
                                      enum sterna_format *format)
{
    const char *name = sterna_tensors_metadata(reader->tensors, key);
    struct sterna_error reason;
    if (name == NULL)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: no \"%s\" in the metadata", reader->path,
                           key);
    if (sterna_format_find(name, format, &reason) != STERNA_OK)
        return sterna_fail(reader->error, STERNA_ERR_FORMAT, "%s: %s", reader->path, reason.reason);
    return STERNA_OK;
}

static enum sterna_status read_model(const struct reader *reader, struct sterna_model **model)
{
    struct sizes sizes = {0};
    const struct pair fixed[] = {
        {"format", FORMAT},
        {"version", VERSION},
        {"cell", sterna_cell_name(STERNA_CELL_GRU)},
    };
    enum sterna_format format = STERNA_FORMATS, format_output = STERNA_FORMATS;
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && status == STERNA_OK; i++)
        status = expect(reader, fixed[i].key, fixed[i].value);
    if (status == STERNA_OK)
        status = read_format(reader, "weights", &format);
    if (status == STERNA_OK)
        status = read_format(reader, "weights_output", &format_output);
    if (status == STERNA_OK)
        status = read_sizes(reader, &sizes);
    if (status == STERNA_OK)
        status = check_shapes(reader, &sizes);
    if (status == STERNA_OK)
        status =
            sterna_model_new(sizes.inputs, sizes.hidden, sizes.layers, sizes.outputs, model, reader->error);
    if (status != STERNA_OK)
        return status;
    sterna_model_set_formats(*model, format, format_output);
    return fill(reader, *model);
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
