/* Checkpoints (training.h) in safetensors files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "safetensors.h"
#include "training.h"

enum { RECIPE_TEXT = 8192, TENSOR_NAME = 80, CURVE_COLUMNS = 4 };

static const char *const FORMAT = "sterna-checkpoint";

/* The vectors of parameters, by the prefix of their tensors' names. */
static const char *const PREFIX[3] = {"", "adam.mean.", "adam.square."};

static float *vector_of(const struct sterna_training *training, size_t which)
{
    return which == 0 ? training->value : which == 1 ? training->mean : training->square;
}

static void carry_shape(const struct sterna_recipe *recipe, size_t shape[3])
{
    shape[0] = recipe->layers;
    shape[1] = recipe->batch;
    shape[2] = recipe->hidden;
}

/* ---- save ---- */

static enum sterna_status add_vector(struct sterna_tensors *tensors, const struct sterna_training *training,
                                     size_t which, struct sterna_error *error)
{
    const struct sterna_parameters *parameters = &training->network.parameters;
    char name[TENSOR_NAME];

    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        const size_t shape[2] = {tensor->rows, tensor->cols};
        if (tensor->count == 0)
            continue;
        snprintf(name, sizeof name, "%s%s", PREFIX[which], tensor->name);
        enum sterna_status status = sterna_tensors_add(tensors, name, STERNA_F32, tensor->cols ? 2 : 1, shape,
                                                       vector_of(training, which) + tensor->offset, error);
        if (status != STERNA_OK)
            return status;
    }
    return STERNA_OK;
}

static enum sterna_status set_count(struct sterna_tensors *tensors, const char *key, uint64_t value,
                                    struct sterna_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return sterna_tensors_set_metadata(tensors, key, text, error);
}

static enum sterna_status set_metadata(struct sterna_tensors *tensors, const struct sterna_training *training,
                                       struct sterna_error *error)
{
    char recipe[RECIPE_TEXT], alphabet[2 * 256 + 1] = "", nats[40];

    if (sterna_recipe_print(&training->recipe, recipe, sizeof recipe) >= sizeof recipe)
        return sterna_fail(error, STERNA_ERR_RANGE, "the recipe is longer than %d bytes", RECIPE_TEXT);
    for (size_t i = 0; i < training->symbols; i++)
        snprintf(alphabet + 2 * i, 3, "%02x", training->alphabet[i]);
    snprintf(nats, sizeof nats, "%.17g", training->train_nats);
    enum sterna_status status = sterna_tensors_set_metadata(tensors, "format", FORMAT, error);
    if (status == STERNA_OK)
        status = sterna_tensors_set_metadata(tensors, "version", "1", error);
    if (status == STERNA_OK)
        status = sterna_tensors_set_metadata(tensors, "recipe", recipe, error);
    if (status == STERNA_OK)
        status = sterna_tensors_set_metadata(tensors, "alphabet", alphabet, error);
    if (status == STERNA_OK)
        status = sterna_tensors_set_metadata(tensors, "train_nats", nats, error);
    if (status == STERNA_OK)
        status = set_count(tensors, "updates", training->updates, error);
    if (status == STERNA_OK)
        status = set_count(tensors, "characters", training->characters, error);
    return status;
}

enum sterna_status sterna_checkpoint_save(const struct sterna_training *training, const char *path,
                                          struct sterna_error *error)
{
    const size_t curve[2] = {training->points, CURVE_COLUMNS};
    struct sterna_tensors *tensors = NULL;
    size_t carry[3];

    carry_shape(&training->recipe, carry);
    enum sterna_status status = sterna_tensors_new(&tensors, error);
    for (size_t which = 0; status == STERNA_OK && which < 3; which++)
        status = add_vector(tensors, training, which, error);
    if (status == STERNA_OK)
        status = sterna_tensors_add(tensors, "carry", STERNA_F32, 3, carry, training->carry, error);
    if (status == STERNA_OK && training->points > 0)
        status = sterna_tensors_add(tensors, "curve", STERNA_F64, 2, curve, training->curve, error);
    if (status == STERNA_OK)
        status = set_metadata(tensors, training, error);
    if (status == STERNA_OK)
        status = sterna_tensors_save(tensors, path, error);
    sterna_tensors_close(tensors);
    return status;
}

/* ---- load ---- */

static enum sterna_status metadata(const struct sterna_tensors *tensors, const char *path, const char *key,
                                   const char **value, struct sterna_error *error)
{
    *value = sterna_tensors_metadata(tensors, key);
    if (!*value)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a checkpoint: no \"%s\" in its metadata", path,
                           key);
    return STERNA_OK;
}

static enum sterna_status read_count(const struct sterna_tensors *tensors, const char *path, const char *key,
                                     uint64_t *value, struct sterna_error *error)
{
    const char *text = NULL;
    char *end = NULL;

    enum sterna_status status = metadata(tensors, path, key, &text, error);
    if (status != STERNA_OK)
        return status;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-')
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: \"%s\" is not a number", path, key);
    *value = number;
    return STERNA_OK;
}

/* Recipe-file text, line by line. */
static enum sterna_status read_recipe(const char *path, const char *text, struct sterna_recipe *recipe,
                                      struct sterna_error *error)
{
    char line[1024];

    sterna_recipe_default(recipe);
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length >= sizeof line)
            return sterna_fail(error, STERNA_ERR_FORMAT, "%s: a line of its recipe is too long", path);
        memcpy(line, text, length);
        line[length] = '\0';
        if (strchr(line, '=') && line[0] != '#') {
            enum sterna_status status = sterna_recipe_set(recipe, line, error);
            if (status != STERNA_OK)
                return status;
        }
        text += length + (text[length] == '\n');
    }
    return STERNA_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum sterna_status read_alphabet(const char *path, const char *text, struct sterna_text *alphabet,
                                        struct sterna_error *error)
{
    const size_t digits = strlen(text);

    if (digits == 0 || digits % 2 || digits > 512)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: the alphabet is not 1 to 256 bytes in hexadecimal",
                           path);
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]), byte = 16 * high + low;
        if (high < 0 || low < 0 || (i > 0 && byte <= alphabet->alphabet[i - 1]))
            return sterna_fail(error, STERNA_ERR_FORMAT, "%s: the alphabet is not ascending hexadecimal",
                               path);
        alphabet->alphabet[i] = (uint8_t)byte;
    }
    alphabet->symbols = digits / 2;
    return STERNA_OK;
}

static enum sterna_status read_floats(const struct sterna_tensors *tensors, const char *path,
                                      const char *name, size_t rank, const size_t *shape, float *value,
                                      struct sterna_error *error)
{
    const struct sterna_tensor *tensor = NULL;

    enum sterna_status status =
        sterna_tensors_require(tensors, name, STERNA_F32, rank, shape, &tensor, error);
    if (status != STERNA_OK)
        return status;
    if (!sterna_buffer_finite(tensor->data, tensor->bytes / sizeof(float)))
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: %s has a value that is not finite", path, name);
    memcpy(value, tensor->data, tensor->bytes);
    return STERNA_OK;
}

static enum sterna_status read_vector(const struct sterna_tensors *tensors, const char *path, size_t which,
                                      struct sterna_training *training, struct sterna_error *error)
{
    const struct sterna_parameters *parameters = &training->network.parameters;
    char name[TENSOR_NAME];

    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        const size_t shape[2] = {tensor->rows, tensor->cols};
        if (tensor->count == 0)
            continue;
        snprintf(name, sizeof name, "%s%s", PREFIX[which], tensor->name);
        enum sterna_status status = read_floats(tensors, path, name, tensor->cols ? 2 : 1, shape,
                                                vector_of(training, which) + tensor->offset, error);
        if (status != STERNA_OK)
            return status;
    }
    return STERNA_OK;
}

static enum sterna_status read_curve(const struct sterna_tensors *tensors, const char *path,
                                     struct sterna_training *training, struct sterna_error *error)
{
    const struct sterna_tensor *curve = sterna_tensors_find(tensors, "curve");

    if (!curve)
        return STERNA_OK;
    if (curve->dtype != STERNA_F64 || curve->rank != 2 || curve->shape[1] != CURVE_COLUMNS ||
        curve->bytes == 0)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: its curve is not F64 [points, %d]", path,
                           CURVE_COLUMNS);
    training->curve = malloc(curve->bytes);
    if (!training->curve)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the learning curve");
    memcpy(training->curve, curve->data, curve->bytes);
    training->points = curve->shape[0];
    return STERNA_OK;
}

/* The state that the metadata describe, still without its tensors. */
static enum sterna_status read_frame(const struct sterna_tensors *tensors, const char *path,
                                     struct sterna_training *training, struct sterna_error *error)
{
    const char *format = NULL, *recipe_text = NULL, *alphabet_text = NULL, *nats = NULL;
    struct sterna_recipe recipe;
    struct sterna_text text = {0};
    uint64_t characters = 0, updates = 0;

    enum sterna_status status = metadata(tensors, path, "format", &format, error);
    if (status == STERNA_OK && strcmp(format, FORMAT) != 0)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: a %.40s, not a checkpoint", path, format);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "recipe", &recipe_text, error);
    if (status == STERNA_OK)
        status = read_recipe(path, recipe_text, &recipe, error);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "alphabet", &alphabet_text, error);
    if (status == STERNA_OK)
        status = read_alphabet(path, alphabet_text, &text, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "characters", &characters, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "updates", &updates, error);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "train_nats", &nats, error);
    if (status != STERNA_OK)
        return status;
    text.length[STERNA_TRAIN] = characters;
    status = sterna_training_new(&recipe, &text, training, error);
    if (status == STERNA_OK) {
        training->updates = updates;
        training->train_nats = strtod(nats, NULL);
    }
    return status;
}

enum sterna_status sterna_checkpoint_load(const char *path, struct sterna_training *training,
                                          struct sterna_error *error)
{
    struct sterna_tensors *tensors = NULL;
    struct sterna_training fresh = {0};
    enum sterna_status status = sterna_tensors_open(path, &tensors, error);
    if (status == STERNA_OK)
        status = read_frame(tensors, path, &fresh, error);
    for (size_t which = 0; status == STERNA_OK && which < 3; which++)
        status = read_vector(tensors, path, which, &fresh, error);
    if (status == STERNA_OK) {
        size_t carry[3];
        carry_shape(&fresh.recipe, carry);
        status = read_floats(tensors, path, "carry", 3, carry, fresh.carry, error);
    }
    if (status == STERNA_OK)
        status = read_curve(tensors, path, &fresh, error);
    sterna_tensors_close(tensors);
    if (status != STERNA_OK) {
        sterna_training_free(&fresh);
        return status;
    }
    *training = fresh;
    return STERNA_OK;
}
