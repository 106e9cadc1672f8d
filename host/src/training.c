#include "training.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

/* ---- the data's description ---- */

void sterna_training_data_free(struct sterna_training_data *data)
{
    free(data->class_name);
    free(data->mean);
    free(data->deviation);
    memset(data, 0, sizeof *data);
}

static void *copy(const void *from, size_t count, size_t size)
{
    void *to = sterna_buffer_new(count, size);
    if (to)
        memcpy(to, from, count * size);
    return to;
}

static enum sterna_status describe(const struct sterna_feed *feed, struct sterna_training_data *data,
                                   struct sterna_error *error)
{
    const struct sterna_sequences *sequences = &feed->sequences;
    struct sterna_training_data fresh = {.size = feed->size, .ends = feed->ends};
    bool done = true;

    if (feed->is_text) {
        fresh.symbols = feed->text.symbols;
        memcpy(fresh.alphabet, feed->text.alphabet, sizeof fresh.alphabet);
    } else {
        fresh.classes = sequences->classes;
        fresh.rate = sequences->rate;
        fresh.class_name = copy(sequences->class_name, sequences->classes, sizeof *fresh.class_name);
        done = fresh.class_name != NULL;
    }
    if (done && sequences->rate) {
        fresh.mean = copy(sequences->mean, sequences->features, sizeof(float));
        fresh.deviation = copy(sequences->deviation, sequences->features, sizeof(float));
        done = fresh.mean && fresh.deviation;
    }
    if (done) {
        *data = fresh;
        return STERNA_OK;
    }
    sterna_training_data_free(&fresh);
    return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the names of classes");
}

/* ---- the whole ---- */

enum sterna_status sterna_training_for(const struct sterna_recipe *recipe, struct sterna_training_data *data,
                                       struct sterna_training *training, struct sterna_error *error)
{
    struct sterna_training fresh = {.recipe = *recipe};
    enum sterna_status status = sterna_network_new(recipe, &data->ends, false, &fresh.network, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = fresh.network.parameters.size;

    fresh.value = sterna_buffer_new(size, sizeof(float));
    fresh.mean = sterna_buffer_new(size, sizeof(float));
    fresh.square = sterna_buffer_new(size, sizeof(float));
    fresh.carry = sterna_buffer_new(sterna_window_carry(&fresh.network) * recipe->batch, sizeof(float));
    if (!fresh.value || !fresh.mean || !fresh.square || !fresh.carry) {
        sterna_training_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a network of %zu parameters", size);
    }
    sterna_parameters_initialize(&fresh.network.parameters, recipe->seed, fresh.value);
    fresh.data = *data;
    memset(data, 0, sizeof *data);
    *training = fresh;
    return STERNA_OK;
}

enum sterna_status sterna_training_new(const struct sterna_recipe *recipe, const struct sterna_feed *feed,
                                       struct sterna_training *training, struct sterna_error *error)
{
    struct sterna_training_data data = {0};

    enum sterna_status status = describe(feed, &data, error);
    if (status == STERNA_OK)
        status = sterna_training_for(recipe, &data, training, error);
    sterna_training_data_free(&data);
    return status;
}

void sterna_training_free(struct sterna_training *training)
{
    sterna_network_free(&training->network);
    sterna_training_data_free(&training->data);
    free(training->value);
    free(training->mean);
    free(training->square);
    free(training->carry);
    free(training->curve);
    memset(training, 0, sizeof *training);
}

enum sterna_status sterna_training_note(struct sterna_training *training, const struct sterna_point *point,
                                        struct sterna_error *error)
{
    struct sterna_point *longer = realloc(training->curve, (training->points + 1) * sizeof *longer);

    if (!longer)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the learning curve");
    training->curve = longer;
    training->curve[training->points++] = *point;
    return STERNA_OK;
}

const struct sterna_point *sterna_training_last(const struct sterna_training *training)
{
    return training->points ? &training->curve[training->points - 1] : NULL;
}
