#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum sterna_status sterna_training_new(const struct sterna_recipe *recipe, const struct sterna_text *text,
                                       struct sterna_training *training, struct sterna_error *error)
{
    struct sterna_training fresh = {
        .recipe = *recipe, .symbols = text->symbols, .characters = text->length[STERNA_TRAIN]};
    enum sterna_status status = sterna_network_new(recipe, text->symbols, false, &fresh.network, error);
    if (status != STERNA_OK)
        return status;
    const size_t size = fresh.network.parameters.size;

    memcpy(fresh.alphabet, text->alphabet, sizeof fresh.alphabet);
    fresh.value = sterna_buffer_new(size, sizeof(float));
    fresh.mean = sterna_buffer_new(size, sizeof(float));
    fresh.square = sterna_buffer_new(size, sizeof(float));
    fresh.carry = sterna_buffer_new(recipe->layers * recipe->batch * recipe->hidden, sizeof(float));
    if (!fresh.value || !fresh.mean || !fresh.square || !fresh.carry) {
        sterna_training_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a network of %zu parameters", size);
    }
    sterna_parameters_initialize(&fresh.network.parameters, fresh.network.cell->gates, recipe->seed,
                                 fresh.value);
    *training = fresh;
    return STERNA_OK;
}

void sterna_training_free(struct sterna_training *training)
{
    sterna_network_free(&training->network);
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

double sterna_training_valid_bpc(const struct sterna_training *training)
{
    return training->points ? training->curve[training->points - 1].valid_bpc : (double)NAN;
}
