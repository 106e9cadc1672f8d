/* evaluate.c - a network's figure on data: in float here, on a device through compare.c. */
#include "evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"
#include "safetensors.h"

enum { TEXT_STEPS = 256, SEQUENCES = 32 }; /* of a window */

/* What is evaluated: a network in float, or a model. */
struct subject {
    struct sterna_model *model; /* NULL: a checkpoint */
    struct sterna_network network;
    struct sterna_trial trial;
};

static bool named(const char *value, const char *name)
{
    return value && strcmp(value, name) == 0;
}

/* ---- in float ---- */

static enum sterna_status after_window(const struct sterna_eval_options *options, size_t done, size_t total,
                                       const char *what, struct sterna_error *error)
{
    if (options->progress)
        options->progress(done, total, options->context);
    if (options->stop && *options->stop && done < total)
        return sterna_fail(error, STERNA_ERR_INTERRUPTED, "stopped after %zu of %zu %s", done, total, what);
    return STERNA_OK;
}

static void tally_window(const struct sterna_window *window, struct sterna_tally *tally)
{
    for (size_t i = 0; i < sterna_window_predictions(window); i++)
        sterna_tally_add(tally, window->logits + i * window->outputs, window->outputs, window->target[i]);
}

/* One stream from a zero state. */
static enum sterna_status run_text(const struct subject *subject, const struct sterna_eval_options *options,
                                   struct sterna_tally *tally, struct sterna_error *error)
{
    const struct sterna_network *network = &subject->network;
    const size_t total = subject->trial.count - 1;
    struct sterna_window window = {0};

    enum sterna_status status = sterna_window_new(network, TEXT_STEPS, 1, false, &window, error);
    float *carry = sterna_buffer_new(sterna_window_carry(network), sizeof *carry);
    if (status == STERNA_OK && !carry)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the state");
    for (size_t done = 0; status == STERNA_OK && done < total;) {
        window.run_batch = 1;
        window.run_steps = total - done < TEXT_STEPS ? total - done : TEXT_STEPS;
        sterna_feed_load_text(subject->trial.symbols + done, 0, &window);
        sterna_window_forward(network, &window, false, carry, network->hidden);
        tally_window(&window, tally);
        done += window.run_steps;
        status = after_window(options, done, total, "characters", error);
    }
    tally->steps = total;
    free(carry);
    sterna_window_free(&window);
    return status;
}

static enum sterna_status run_sequences(const struct subject *subject,
                                        const struct sterna_eval_options *options, struct sterna_tally *tally,
                                        struct sterna_error *error)
{
    const struct sterna_network *network = &subject->network;
    const struct sterna_sequence_set *set = subject->trial.set;
    const size_t total = subject->trial.count;
    struct sterna_window window = {0};

    enum sterna_status status =
        sterna_window_new(network, sterna_feed_longest(set), SEQUENCES, false, &window, error);
    for (size_t done = 0, count; status == STERNA_OK && done < total; done += count) {
        count = total - done < SEQUENCES ? total - done : SEQUENCES;
        for (size_t i = 0; i < count; i++)
            window.index[i] = done + i;
        sterna_feed_load_sequences(set, network->ends.inputs, window.index, count, &window);
        sterna_window_forward(network, &window, false, NULL, 0);
        tally_window(&window, tally);
        status = after_window(options, done + count, total, "sequences", error);
    }
    tally->steps = set->start[total] - set->start[0];
    sterna_window_free(&window);
    return status;
}

/* ---- what is evaluated ---- */

/* A checkpoint's weights as options->weights wants them. */
static enum sterna_status open_checkpoint(const struct sterna_eval_options *options, struct subject *subject,
                                          struct sterna_error *error)
{
    const bool master = named(options->weights, "master"), stochastic = named(options->weights, "stochastic");
    const struct sterna_draw draw = {.seed = options->seed, .step = 0};
    const struct sterna_preparation preparation = {.integer = false, .draw = stochastic ? &draw : NULL};
    struct sterna_training training = {0};

    if (options->weights && !master && !stochastic && !named(options->weights, "deterministic"))
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "weights '%.40s': there are master, stochastic, deterministic", options->weights);
    enum sterna_status status = sterna_checkpoint_load(options->path, &training, error);
    const struct sterna_training_data *data = &training.data;
    if (status == STERNA_OK)
        status = sterna_network_new(&training.recipe, &data->ends, master, &subject->network, error);
    if (status == STERNA_OK) {
        const struct sterna_trial_needs needs = {.ends = &data->ends,
                                                 .alphabet = data->alphabet,
                                                 .symbols = data->symbols,
                                                 .front_end = data->rate ? &training.recipe.front_end : NULL,
                                                 .mean = data->mean,
                                                 .deviation = data->deviation};
        status = sterna_trial_open(options, &needs, &subject->trial, error);
    }
    /* The network borrows gains and statistics from the parameters: it keeps them. */
    if (status == STERNA_OK) {
        subject->network.value = training.value;
        training.value = NULL;
        sterna_network_prepare(&subject->network, &preparation, false, NULL, subject->network.value);
    }
    sterna_training_free(&training);
    return status;
}

/* *is_checkpoint from the file's metadata. */
static enum sterna_status look(const char *path, bool *is_checkpoint, struct sterna_error *error)
{
    struct sterna_tensors *tensors = NULL;

    enum sterna_status status = sterna_tensors_open(path, &tensors, error);
    if (status == STERNA_OK)
        *is_checkpoint = named(sterna_tensors_metadata(tensors, "format"), "sterna-checkpoint");
    sterna_tensors_close(tensors);
    return status;
}

static enum sterna_status open_subject(const struct sterna_eval_options *options, bool in_float,
                                       struct subject *subject, struct sterna_error *error)
{
    bool is_checkpoint = false;

    enum sterna_status status = look(options->path, &is_checkpoint, error);
    if (status != STERNA_OK)
        return status;
    if (is_checkpoint && !in_float)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: a checkpoint runs on \"float\" only; quantize it first", options->path);
    if (is_checkpoint)
        return open_checkpoint(options, subject, error);
    status = sterna_model_load(options->path, &subject->model, error);
    if (status == STERNA_OK)
        status = sterna_trial_open_for(options, subject->model, &subject->trial, error);
    if (status == STERNA_OK && in_float)
        status = sterna_network_import(subject->model, &subject->network, error);
    return status;
}

/* ---- the whole ---- */

void sterna_eval_result_free(struct sterna_eval_result *result)
{
    free(result->confusion);
    free(result->class_name);
    memset(result, 0, sizeof *result);
}

/* The tally's and the trial's memory becomes the result's. */
static void fill_result(struct subject *subject, struct sterna_tally *tally,
                        struct sterna_eval_result *result)
{
    struct sterna_eval_result filled = {
        .value = sterna_tally_value(tally),
        .bits = tally->bits / (double)tally->predictions,
        .steps = tally->steps,
        .sequences = subject->trial.is_text ? 0 : tally->predictions,
        .classes = tally->classes,
        .confusion = tally->confusion,
        .class_name = subject->trial.sequences.class_name,
    };

    (void)snprintf(filled.metric, sizeof filled.metric, "%s", sterna_tally_metric(tally));
    tally->confusion = NULL;
    subject->trial.sequences.class_name = NULL;
    *result = filled;
}

enum sterna_status sterna_eval(const struct sterna_eval_options *options, struct sterna_eval_result *result,
                               struct sterna_error *error)
{
    const bool in_float = !options->on || named(options->on, "float");
    struct sterna_device_run run = {.cycles = 0};
    struct subject subject = {0};

    enum sterna_status status = open_subject(options, in_float, &subject, error);
    const double start = sterna_clock_seconds();
    if (status == STERNA_OK && !in_float)
        status = sterna_run_on_device(subject.model, &subject.trial, options, &run, NULL, error);
    if (status == STERNA_OK && in_float)
        status = sterna_tally_new(&subject.trial, &run.tally, error);
    if (status == STERNA_OK && in_float)
        status = subject.trial.is_text ? run_text(&subject, options, &run.tally, error)
                                       : run_sequences(&subject, options, &run.tally, error);
    if (status == STERNA_OK) {
        fill_result(&subject, &run.tally, result);
        result->seconds = sterna_clock_seconds() - start;
        result->cycles = run.cycles;
    }
    sterna_tally_free(&run.tally);
    sterna_model_free(subject.model);
    sterna_network_free(&subject.network);
    sterna_trial_close(&subject.trial);
    return status;
}
