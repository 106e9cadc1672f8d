/* checkpoint_load.c - checkpoints (training.h) from safetensors files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "checkpoint.h"
#include "labels.h"

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

static enum sterna_status read_alphabet(const char *path, const char *text, struct sterna_training_data *data,
                                        struct sterna_error *error)
{
    data->symbols = sterna_alphabet_read(text, data->alphabet);
    bool ascending = data->symbols > 0;
    for (size_t i = 1; i < data->symbols; i++)
        ascending = ascending && data->alphabet[i - 1] < data->alphabet[i];
    return ascending ? STERNA_OK
                     : sterna_fail(error, STERNA_ERR_FORMAT,
                                   "%s: the alphabet is not 1 to 256 ascending bytes in hexadecimal", path);
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
    enum sterna_status status = STERNA_OK;
    char name[STERNA_CHECKPOINT_NAME];
    size_t shape[2];

    for (size_t i = 0; i < training->network.parameters.tensors && status == STERNA_OK; i++) {
        float *value = sterna_checkpoint_tensor(training, which, i, name, shape);
        if (value)
            status = read_floats(tensors, path, name, shape[1] ? 2 : 1, shape, value, error);
    }
    return status;
}

static enum sterna_status read_curve(const struct sterna_tensors *tensors, const char *path,
                                     struct sterna_training *training, struct sterna_error *error)
{
    const struct sterna_tensor *curve = sterna_tensors_find(tensors, "curve");

    if (!curve)
        return STERNA_OK;
    if (curve->dtype != STERNA_F64 || curve->rank != 2 || curve->shape[1] != STERNA_CHECKPOINT_COLUMNS ||
        curve->bytes == 0)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: its curve is not F64 [points, %d]", path,
                           STERNA_CHECKPOINT_COLUMNS);
    training->curve = malloc(curve->bytes);
    if (!training->curve)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the learning curve");
    memcpy(training->curve, curve->data, curve->bytes);
    training->points = curve->shape[0];
    return STERNA_OK;
}

static enum sterna_status read_classes(const char *path, const char *names, struct sterna_training_data *data,
                                       struct sterna_error *error)
{
    struct sterna_error reason;
    enum sterna_status status = sterna_class_names_read(names, &data->class_name, &data->classes, &reason);
    if (status != STERNA_OK)
        return sterna_fail(error, status, "%s: %s", path, reason.reason);
    if (data->classes < 2 || data->classes > 256)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: %zu classes: 2 to 256 are possible", path,
                           data->classes);
    return STERNA_OK;
}

static enum sterna_status read_text(const struct sterna_tensors *tensors, const char *path,
                                    struct sterna_training_data *data, struct sterna_error *error)
{
    const char *alphabet = NULL;

    enum sterna_status status = metadata(tensors, path, "alphabet", &alphabet, error);
    if (status == STERNA_OK)
        status = read_alphabet(path, alphabet, data, error);
    data->ends = (struct sterna_network_ends){
        .inputs = data->symbols, .outputs = data->symbols, .one_hot = true, .head = STERNA_HEAD_NEXT};
    return status;
}

static enum sterna_status read_sequences(const struct sterna_tensors *tensors, const char *path,
                                         const char *head, struct sterna_training_data *data,
                                         struct sterna_error *error)
{
    uint64_t inputs = 0, steps = 0, fraction = 0, rate = 0;
    const char *names = NULL;

    enum sterna_status status = metadata(tensors, path, "classes", &names, error);
    if (status == STERNA_OK)
        status = read_classes(path, names, data, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "inputs", &inputs, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "input_fraction", &fraction, error);
    if (status == STERNA_OK && sterna_tensors_metadata(tensors, "steps"))
        status = read_count(tensors, path, "steps", &steps, error);
    if (status == STERNA_OK && sterna_tensors_metadata(tensors, "rate"))
        status = read_count(tensors, path, "rate", &rate, error);
    if (status == STERNA_OK && (inputs < 1 || inputs > STERNA_MODEL_SIZE_MAX ||
                                fraction > STERNA_MODEL_FRACTION_MAX || rate > UINT32_MAX))
        status =
            sterna_fail(error, STERNA_ERR_FORMAT, "%s: inputs, input_fraction or rate out of range", path);
    if (status != STERNA_OK)
        return status;
    data->ends = (struct sterna_network_ends){
        .inputs = inputs, .outputs = data->classes, .steps = steps, .fraction = (unsigned)fraction};
    data->rate = (uint32_t)rate;
    if (rate) {
        data->mean = sterna_buffer_new(inputs, sizeof(float));
        data->deviation = sterna_buffer_new(inputs, sizeof(float));
        if (!data->mean || !data->deviation)
            return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu features", (size_t)inputs);
        status = read_floats(tensors, path, "front_end.mean", 1, &data->ends.inputs, data->mean, error);
    }
    if (status == STERNA_OK && rate)
        status =
            read_floats(tensors, path, "front_end.deviation", 1, &data->ends.inputs, data->deviation, error);
    return status == STERNA_OK ? sterna_head_by_name(head, &data->ends.head, error) : status;
}

/* The state that the metadata describe, still without its tensors. */
static enum sterna_status read_frame(const struct sterna_tensors *tensors, const char *path,
                                     struct sterna_training *training, struct sterna_error *error)
{
    const char *format = NULL, *version = NULL, *recipe_text = NULL, *input = NULL, *nats = NULL;
    struct sterna_training_data data = {0};
    struct sterna_recipe recipe;
    uint64_t size = 0, updates = 0;

    enum sterna_status status = metadata(tensors, path, "format", &format, error);
    if (status == STERNA_OK && strcmp(format, STERNA_CHECKPOINT_FORMAT) != 0)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: a %.40s, not a checkpoint", path, format);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "version", &version, error);
    if (status == STERNA_OK && strcmp(version, STERNA_CHECKPOINT_VERSION) != 0)
        status = sterna_fail(error, STERNA_ERR_FORMAT,
                             "%s: a checkpoint of version %.20s, this program reads version %s: train again",
                             path, version, STERNA_CHECKPOINT_VERSION);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "recipe", &recipe_text, error);
    if (status == STERNA_OK)
        status = read_recipe(path, recipe_text, &recipe, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "size", &size, error);
    if (status == STERNA_OK)
        status = read_count(tensors, path, "updates", &updates, error);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "train_nats", &nats, error);
    if (status == STERNA_OK)
        status = metadata(tensors, path, "input", &input, error);
    if (status == STERNA_OK)
        status = strcmp(input, "one-hot") == 0 ? read_text(tensors, path, &data, error)
                                               : read_sequences(tensors, path, recipe.head, &data, error);
    data.size = size;
    if (status == STERNA_OK)
        status = sterna_training_for(&recipe, &data, training, error);
    sterna_training_data_free(&data);
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
    for (size_t which = 0; status == STERNA_OK && which < STERNA_CHECKPOINT_VECTORS; which++)
        status = read_vector(tensors, path, which, &fresh, error);
    if (status == STERNA_OK && fresh.data.symbols) {
        size_t carry[3];
        sterna_checkpoint_carry(&fresh.recipe, carry);
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
