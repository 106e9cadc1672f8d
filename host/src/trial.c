#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "loss.h"

/* ---- data ---- */

static enum sterna_status open_text(const struct sterna_eval_options *options,
                                    const struct sterna_trial_needs *needs, struct sterna_trial *trial,
                                    struct sterna_error *error)
{
    enum sterna_status status = sterna_text_open(options->data, &trial->text, error);
    if (status == STERNA_OK)
        status = sterna_text_map(&trial->text, needs->alphabet, needs->symbols, error);
    if (status != STERNA_OK)
        return status;
    trial->is_text = true;
    trial->symbols = trial->text.split[options->split];
    trial->count = trial->text.length[options->split];
    return STERNA_OK;
}

/* Frames were made with the means and deviations of this data set; a network knows those it was trained with. */
static bool same_scaling(const struct sterna_trial_needs *needs, const struct sterna_sequences *sequences)
{
    for (size_t i = 0; needs->mean && sequences->mean && i < sequences->features; i++)
        if (fabsf(needs->mean[i] - sequences->mean[i]) > 1e-3f * sequences->deviation[i] ||
            fabsf(needs->deviation[i] / sequences->deviation[i] - 1.0f) > 1e-3f)
            return false;
    return (needs->mean != NULL) == (sequences->mean != NULL);
}

/* The value q of feature i as the network would have it: through the feature itself. */
static void rescale(const struct sterna_trial_needs *needs, struct sterna_sequences *sequences,
                    const struct sterna_sequence_set *set)
{
    const size_t features = sequences->features, count = set->start[set->count] * features;
    const float unit = ldexpf(1.0f, (int)sequences->fraction);

    for (size_t i = 0; i < count; i++) {
        const size_t f = i % features;
        const float value = sequences->mean[f] + sequences->deviation[f] * (float)set->frames[i] / unit;
        sterna_front_end_quantize(1, &needs->mean[f], &needs->deviation[f], &value, &set->frames[i]);
    }
}

static enum sterna_status open_sequences(const struct sterna_eval_options *options,
                                         const struct sterna_trial_needs *needs, struct sterna_trial *trial,
                                         struct sterna_error *error)
{
    struct sterna_sequences *sequences = &trial->sequences;

    enum sterna_status status = sterna_sequences_open(options->data, needs->front_end, sequences, error);
    if (status != STERNA_OK)
        return status;
    if (sequences->features != needs->ends->inputs || sequences->classes != needs->ends->outputs ||
        sequences->fraction != needs->ends->fraction)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "%s: %zu features in 1/%u and %zu classes; the network takes %zu in 1/%u and tells %zu apart",
            options->data, sequences->features, 1u << sequences->fraction, sequences->classes,
            needs->ends->inputs, 1u << needs->ends->fraction, needs->ends->outputs);
    trial->set = &sequences->split[options->split];
    if (needs->mean && sequences->mean && !same_scaling(needs, sequences))
        rescale(needs, sequences, trial->set);
    trial->count = trial->set->count;
    return STERNA_OK;
}

enum sterna_status sterna_trial_open(const struct sterna_eval_options *options,
                                     const struct sterna_trial_needs *needs, struct sterna_trial *trial,
                                     struct sterna_error *error)
{
    const bool sequences = sterna_sequences_known(options->data);
    struct sterna_trial fresh = {0};

    if (sequences != (needs->symbols == 0))
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: the network is one of %s, not of %s", options->data,
                           sequences ? "text" : "labelled sequences",
                           sequences ? "labelled sequences" : "text");
    enum sterna_status status =
        sequences ? open_sequences(options, needs, &fresh, error) : open_text(options, needs, &fresh, error);
    fresh.whole = fresh.count;
    if (status == STERNA_OK && options->limit && options->limit < fresh.count)
        fresh.count = options->limit;
    if (status == STERNA_OK && !sequences && fresh.count < 2)
        status = sterna_fail(error, STERNA_ERR_RANGE,
                             "%s: a text of %zu characters predicts nothing; at least 2 are needed",
                             options->data, fresh.count);
    if (status != STERNA_OK) {
        sterna_trial_close(&fresh);
        return status;
    }
    *trial = fresh;
    if (!fresh.is_text)
        trial->set = &trial->sequences.split[options->split];
    return STERNA_OK;
}

enum sterna_status sterna_trial_open_for(const struct sterna_eval_options *options,
                                         const struct sterna_model *model, struct sterna_trial *trial,
                                         struct sterna_error *error)
{
    const struct sterna_network_ends ends = {.inputs = sterna_model_inputs(model),
                                             .outputs = model->output.rows,
                                             .one_hot = model->one_hot,
                                             .fraction = model->input_fraction,
                                             .head = model->head};
    const struct sterna_trial_needs needs = {
        .ends = &ends,
        .alphabet = model->alphabet,
        .symbols = model->symbols,
        .front_end = model->rate ? &model->front_end : NULL,
        .mean = model->mean,
        .deviation = model->deviation,
    };
    return sterna_trial_open(options, &needs, trial, error);
}

void sterna_trial_close(struct sterna_trial *trial)
{
    sterna_text_close(&trial->text);
    sterna_sequences_close(&trial->sequences);
    memset(trial, 0, sizeof *trial);
}

/* ---- counting ---- */

enum sterna_status sterna_tally_new(const struct sterna_trial *trial, struct sterna_tally *tally,
                                    struct sterna_error *error)
{
    const size_t classes = trial->is_text ? 0 : trial->sequences.classes;

    *tally = (struct sterna_tally){.classes = classes};
    if (classes == 0)
        return STERNA_OK;
    tally->confusion = calloc(classes * classes, sizeof *tally->confusion);
    return tally->confusion ? STERNA_OK
                            : sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu classes", classes);
}

void sterna_tally_free(struct sterna_tally *tally)
{
    free(tally->confusion);
    memset(tally, 0, sizeof *tally);
}

void sterna_tally_add(struct sterna_tally *tally, const float *logits, size_t outputs, size_t target)
{
    tally->bits += sterna_surprise(logits, outputs, target);
    tally->predictions++;
    if (tally->confusion)
        tally->confusion[target * tally->classes + sterna_loss_best(outputs, logits)]++;
}

const char *sterna_tally_metric(const struct sterna_tally *tally)
{
    return tally->classes ? "accuracy" : "bpc";
}

double sterna_tally_value(const struct sterna_tally *tally)
{
    size_t right = 0;

    if (!tally->classes)
        return tally->bits / (double)tally->predictions;
    for (size_t i = 0; i < tally->classes; i++)
        right += tally->confusion[i * tally->classes + i];
    return 100.0 * (double)right / (double)tally->predictions;
}

double sterna_surprise(const float *logits, size_t count, size_t next)
{
    double top = (double)logits[0], sum = 0.0;
    for (size_t i = 1; i < count; i++)
        top = fmax(top, (double)logits[i]);
    for (size_t i = 0; i < count; i++)
        sum += exp((double)logits[i] - top);
    return (log(sum) + top - (double)logits[next]) / log(2.0);
}
