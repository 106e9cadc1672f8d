/* train.c - a training from its beginning, or a checkpoint, to its end: updates, validations, checkpoints, curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "curve.h"
#include "file.h"
#include "histogram.h"
#include "loss.h"
#include "trainer.h"

enum { PATH_SIZE = 4096 };

struct run {
    const struct sterna_train_options *options;
    struct sterna_trainer trainer;
    char checkpoint[PATH_SIZE], csv[PATH_SIZE], svg[PATH_SIZE], histogram[PATH_SIZE];
    double started; /* sterna_clock_seconds() */
};

/* ---- start ---- */

static enum sterna_status make_directory(const char *directory, struct sterna_error *error)
{
    if (!directory || !directory[0] || strlen(directory) >= PATH_SIZE - 64)
        return sterna_fail(error, STERNA_ERR_RANGE, "the output directory's name is empty or too long");
    return sterna_file_make_directory(directory, error);
}

/* A checkpoint goes on with the data that it began with. */
static enum sterna_status check_data(const struct sterna_trainer *trainer, struct sterna_error *error)
{
    const struct sterna_training_data *data = &trainer->training.data;
    const struct sterna_feed *feed = &trainer->feed;
    const char *source = trainer->training.recipe.data;

    if (feed->size != data->size)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %zu %s to train on, the checkpoint knows %zu: not the same data", source,
                           feed->size, feed->is_text ? "characters" : "sequences", data->size);
    if (feed->ends.inputs != data->ends.inputs || feed->ends.outputs != data->ends.outputs)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "%s: %zu inputs and %zu outputs, the checkpoint has %zu and %zu: not the same data", source,
            feed->ends.inputs, feed->ends.outputs, data->ends.inputs, data->ends.outputs);
    return STERNA_OK;
}

/* The state to go on from: a new one, or the directory's checkpoint. */
static enum sterna_status open_training(struct run *run, struct sterna_error *error)
{
    struct sterna_trainer *trainer = &run->trainer;
    enum sterna_status status;

    if (run->options->resume) {
        status = sterna_checkpoint_load(run->checkpoint, &trainer->training, error);
        if (status == STERNA_OK)
            status = sterna_feed_open(&trainer->training.recipe, &trainer->feed, error);
        if (status == STERNA_OK)
            status = sterna_feed_map(&trainer->feed, trainer->training.data.alphabet,
                                     trainer->training.data.symbols, error);
    } else {
        status = sterna_feed_open(&run->options->recipe, &trainer->feed, error);
        if (status == STERNA_OK)
            status = sterna_training_new(&run->options->recipe, &trainer->feed, &trainer->training, error);
    }
    if (status == STERNA_OK && !trainer->feed.is_text)
        status =
            sterna_stack_shape_check(&trainer->training.network.stack.shape, trainer->feed.shortest, error);
    return status == STERNA_OK ? check_data(trainer, error) : status;
}

static enum sterna_status open_run(struct run *run, struct sterna_error *error)
{
    const struct sterna_train_options *options = run->options;

    run->started = sterna_clock_seconds();
    enum sterna_status status = make_directory(options->directory, error);
    if (status != STERNA_OK)
        return status;
    snprintf(run->checkpoint, PATH_SIZE, "%s/checkpoint.safetensors", options->directory);
    snprintf(run->csv, PATH_SIZE, "%s/curve.csv", options->directory);
    snprintf(run->svg, PATH_SIZE, "%s/curve.svg", options->directory);
    snprintf(run->histogram, PATH_SIZE, "%s/histogram.csv", options->directory);
    status = open_training(run, error);
    if (status == STERNA_OK)
        status = sterna_trainer_open(&run->trainer, options->threads, error);
    if (status == STERNA_OK) /* before hours of work: can files be written here? */
        status = sterna_curve_csv(&run->trainer.training, run->csv, error);
    return status;
}

/* ---- on the way ---- */

static uint64_t seen(const struct sterna_training *training)
{
    const struct sterna_recipe *recipe = &training->recipe;
    return training->updates * recipe->batch * (training->data.symbols ? recipe->steps : 1);
}

/* Say where training stopped and what is left of it. */
static enum sterna_status refuse_divergence(const struct run *run, const struct sterna_error *reason,
                                            struct sterna_error *error)
{
    struct stat found;
    const bool kept = stat(run->checkpoint, &found) == 0;
    return sterna_fail(error, STERNA_ERR_DIVERGED, "update %llu: %s; lower the rate; %s%s",
                       (unsigned long long)run->trainer.training.updates + 1, reason->reason,
                       kept ? "the last checkpoint is " : "there is no checkpoint yet",
                       kept ? run->checkpoint : "");
}

static enum sterna_status note_weights(const struct sterna_training *training, const char *path,
                                       struct sterna_error *error)
{
    const struct sterna_parameters *parameters = &training->network.parameters;
    const size_t tensor = training->network.layers ? STERNA_WEIGHT_HH : STERNA_LINEAR_WEIGHT;
    return sterna_histogram_append(path, training->updates, training->value + parameters->list[tensor].offset,
                                   parameters->list[tensor].count, 0.0f, error);
}

static enum sterna_status validate(struct run *run, struct sterna_error *error)
{
    struct sterna_training *training = &run->trainer.training;
    double nats = 0.0, accuracy = 0.0;

    sterna_trainer_validate(&run->trainer, &nats, &accuracy);
    const struct sterna_point point = {
        .seen = (double)seen(training),
        .train_bits = sterna_loss_bits(training->train_nats),
        .valid_bits = sterna_loss_bits(nats),
        .valid_accuracy = accuracy,
        .rate = (double)run->trainer.step.rate,
    };
    if (isnan(nats)) /* too short a text to validate on */
        return STERNA_OK;
    enum sterna_status status = sterna_training_note(training, &point, error);
    if (status == STERNA_OK)
        status = sterna_curve_csv(training, run->csv, error);
    return status == STERNA_OK && run->options->histogram ? note_weights(training, run->histogram, error)
                                                          : status;
}

static void report(const struct run *run, bool validated)
{
    const struct sterna_training *training = &run->trainer.training;
    const struct sterna_point *last = sterna_training_last(training);

    if (!run->options->progress)
        return;
    const struct sterna_progress progress = {
        .update = training->updates,
        .updates = training->recipe.updates,
        .seen = seen(training),
        .train_bits = sterna_loss_bits(training->train_nats),
        .valid_bits = last ? last->valid_bits : (double)NAN,
        .valid_accuracy = last ? last->valid_accuracy : (double)NAN,
        .rate = (double)run->trainer.step.rate,
        .seconds = sterna_clock_seconds() - run->started,
        .integer_phase = sterna_trainer_integer(training, training->updates - 1),
        .validated = validated,
    };
    run->options->progress(&progress, run->options->context);
}

/* One update, and what is due after it. */
static enum sterna_status go_on(struct run *run, struct sterna_error *error)
{
    struct sterna_training *training = &run->trainer.training;
    const struct sterna_recipe *recipe = &training->recipe;
    const volatile sig_atomic_t *stop = run->options->stop;
    struct sterna_error reason;

    enum sterna_status status = sterna_trainer_update(&run->trainer, &reason);
    if (status != STERNA_OK)
        return refuse_divergence(run, &reason, error);
    const uint64_t done = training->updates;
    const bool last = done == recipe->updates, stopped = stop && *stop && !last;
    const bool validated = last || done % recipe->validate_every == 0;
    if (validated)
        status = validate(run, error);
    if (status == STERNA_OK && (last || stopped || done % recipe->checkpoint_every == 0))
        status = sterna_checkpoint_save(training, run->checkpoint, error);
    if (status == STERNA_OK)
        report(run, validated);
    if (status == STERNA_OK && stopped)
        status = sterna_fail(error, STERNA_ERR_INTERRUPTED,
                             "stopped after update %llu of %llu; %s is kept: go on with --resume --out %s",
                             (unsigned long long)done, (unsigned long long)recipe->updates, run->checkpoint,
                             run->options->directory);
    return status;
}

enum sterna_status sterna_train(const struct sterna_train_options *options, struct sterna_error *error)
{
    struct run *run = calloc(1, sizeof *run);

    if (!run)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for training");
    run->options = options;
    enum sterna_status status = open_run(run, error);
    while (status == STERNA_OK && run->trainer.training.updates < run->trainer.training.recipe.updates)
        status = go_on(run, error);
    if (status == STERNA_OK)
        status = sterna_curve_svg(&run->trainer.training, run->svg, error);
    sterna_trainer_close(&run->trainer);
    free(run);
    return status;
}
