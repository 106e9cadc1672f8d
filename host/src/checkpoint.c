/* checkpoint.c - checkpoints (training.h) into safetensors files; checkpoint_load.c reads them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "labels.h"

static enum sterna_status add_vector(struct sterna_tensors *tensors, const struct sterna_training *training,
                                     size_t which, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    char name[STERNA_CHECKPOINT_NAME];
    size_t shape[2];

    for (size_t i = 0; i < training->network.parameters.tensors && status == STERNA_OK; i++) {
        const float *value = sterna_checkpoint_tensor(training, which, i, name, shape);
        if (value)
            status = sterna_tensors_add(tensors, name, STERNA_F32, shape[1] ? 2 : 1, shape, value, error);
    }
    return status;
}

static enum sterna_status set_count(struct sterna_tensors *tensors, const char *key, uint64_t value,
                                    struct sterna_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return sterna_tensors_set_metadata(tensors, key, text, error);
}

static enum sterna_status set_text(struct sterna_tensors *tensors, const struct sterna_training *training,
                                   struct sterna_error *error)
{
    const struct sterna_training_data *data = &training->data;
    char alphabet[STERNA_ALPHABET_TEXT];

    sterna_alphabet_print(data->alphabet, data->symbols, alphabet);
    return sterna_tensors_set_metadata(tensors, "alphabet", alphabet, error);
}

static enum sterna_status set_sequences(struct sterna_tensors *tensors,
                                        const struct sterna_training *training, struct sterna_error *error)
{
    const struct sterna_training_data *data = &training->data;
    char *names = sterna_class_names_print(data->class_name, data->classes);

    if (!names)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the names of classes");
    enum sterna_status status = sterna_tensors_set_metadata(tensors, "classes", names, error);
    free(names);
    if (status == STERNA_OK)
        status = set_count(tensors, "inputs", data->ends.inputs, error);
    if (status == STERNA_OK && data->ends.steps)
        status = set_count(tensors, "steps", data->ends.steps, error);
    if (status == STERNA_OK)
        status = set_count(tensors, "input_fraction", data->ends.fraction, error);
    if (status == STERNA_OK && data->rate)
        status = set_count(tensors, "rate", data->rate, error);
    return status;
}

static enum sterna_status set_metadata(struct sterna_tensors *tensors, const struct sterna_training *training,
                                       struct sterna_error *error)
{
    char recipe[STERNA_RECIPE_TEXT], nats[40];

    if (sterna_recipe_print(&training->recipe, recipe, sizeof recipe) >= sizeof recipe)
        return sterna_fail(error, STERNA_ERR_RANGE, "the recipe is longer than %d bytes", STERNA_RECIPE_TEXT);
    snprintf(nats, sizeof nats, "%.17g", training->train_nats);
    const char *const text[][2] = {
        {"format", STERNA_CHECKPOINT_FORMAT},
        {"version", STERNA_CHECKPOINT_VERSION},
        {"recipe", recipe},
        {"train_nats", nats},
        {"input", training->data.ends.one_hot ? "one-hot" : "dense"},
    };
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; status == STERNA_OK && i < sizeof text / sizeof text[0]; i++)
        status = sterna_tensors_set_metadata(tensors, text[i][0], text[i][1], error);
    if (status == STERNA_OK)
        status = set_count(tensors, "updates", training->updates, error);
    if (status == STERNA_OK)
        status = set_count(tensors, "size", training->data.size, error);
    if (status != STERNA_OK)
        return status;
    return training->data.symbols ? set_text(tensors, training, error)
                                  : set_sequences(tensors, training, error);
}

/* The states carried along and the curve; of sound how its values were scaled. */
static enum sterna_status add_rest(struct sterna_tensors *tensors, const struct sterna_training *training,
                                   struct sterna_error *error)
{
    const size_t curve[2] = {training->points, STERNA_CHECKPOINT_COLUMNS},
                 inputs = training->data.ends.inputs;
    enum sterna_status status = STERNA_OK;
    size_t carry[3];

    sterna_checkpoint_carry(&training->recipe, carry);
    if (training->data.symbols)
        status = sterna_tensors_add(tensors, "carry", STERNA_F32, 3, carry, training->carry, error);
    if (status == STERNA_OK && training->points > 0)
        status = sterna_tensors_add(tensors, "curve", STERNA_F64, 2, curve, training->curve, error);
    if (status == STERNA_OK && training->data.mean)
        status =
            sterna_tensors_add(tensors, "front_end.mean", STERNA_F32, 1, &inputs, training->data.mean, error);
    if (status == STERNA_OK && training->data.mean)
        status = sterna_tensors_add(tensors, "front_end.deviation", STERNA_F32, 1, &inputs,
                                    training->data.deviation, error);
    return status;
}

enum sterna_status sterna_checkpoint_save(const struct sterna_training *training, const char *path,
                                          struct sterna_error *error)
{
    struct sterna_tensors *tensors = NULL;

    enum sterna_status status = sterna_tensors_new(&tensors, error);
    for (size_t which = 0; status == STERNA_OK && which < STERNA_CHECKPOINT_VECTORS; which++)
        status = add_vector(tensors, training, which, error);
    if (status == STERNA_OK)
        status = add_rest(tensors, training, error);
    if (status == STERNA_OK)
        status = set_metadata(tensors, training, error);
    if (status == STERNA_OK)
        status = sterna_tensors_save(tensors, path, error);
    sterna_tensors_close(tensors);
    return status;
}
