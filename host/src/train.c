/* The training loop. An update: every shard of sequences runs its window forward and backward on some thread;
 * their gradients are added in the shards' order; the weights' gradients follow from those of the effective
 * weights; the norm is clipped; Adam. The tasks are cut by the recipe, never by the number of threads, so
 * that this number does not show in any bit of the result. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "adam.h"
#include "buffer.h"
#include "curve.h"
#include "file.h"
#include "histogram.h"
#include "loss.h"
#include "predict.h"
#include "schedule.h"
#include "training.h"
#include "window.h"
#include "workers.h"

enum {
    CHUNK = 16384,           /* parameters per task */
    VALIDATION_STEPS = 1024, /* per stream */
    PATH_SIZE = 4096
};

static const double MEMORY_OF_MEAN = 0.98; /* of the running mean of the training loss, per update */

struct trainer {
    const struct sterna_train_options *options;
    struct sterna_training training;
    struct sterna_text text;
    struct sterna_workers *workers;
    size_t shards, chunks;
    struct sterna_window *window; /* [shards] */
    double *loss;                 /* [shards] */
    double *square;               /* [chunks] sums of squares of the gradient */
    float *gradient;              /* [parameters] */
    float *carry;                 /* [layers, batch, hidden] of a validation, shard after shard */
    struct sterna_adam_step step;
    char checkpoint[PATH_SIZE], csv[PATH_SIZE], svg[PATH_SIZE];
    struct timespec started;
};

/* ---- start and end ---- */

static enum sterna_status make_directory(const char *directory, struct sterna_error *error)
{
    if (!directory || !directory[0] || strlen(directory) >= PATH_SIZE - 64)
        return sterna_fail(error, STERNA_ERR_RANGE, "the output directory's name is empty or too long");
    return sterna_file_make_directory(directory, error);
}

static enum sterna_status check_text(const struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_recipe *recipe = &trainer->training.recipe;
    const size_t length = trainer->text.length[STERNA_TRAIN];

    if (length != trainer->training.characters)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %zu characters to train on, the checkpoint knows %zu: not the same text",
                           recipe->data, length, trainer->training.characters);
    if (length / recipe->batch < 2 || trainer->text.length[STERNA_VALID] < 2)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %zu characters are too few for %zu sequences; lower batch", recipe->data,
                           length, (size_t)recipe->batch);
    return STERNA_OK;
}

/* The state to go on from: a new one, or the directory's checkpoint. */
static enum sterna_status open_training(struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_train_options *options = trainer->options;
    enum sterna_status status;

    if (options->resume) {
        status = sterna_checkpoint_load(trainer->checkpoint, &trainer->training, error);
        if (status == STERNA_OK)
            status = sterna_text_open(trainer->training.recipe.data, &trainer->text, error);
        if (status == STERNA_OK)
            status =
                sterna_text_map(&trainer->text, trainer->training.alphabet, trainer->training.symbols, error);
    } else {
        status = sterna_text_open(options->recipe.data, &trainer->text, error);
        if (status == STERNA_OK)
            status = sterna_training_new(&options->recipe, &trainer->text, &trainer->training, error);
    }
    return status == STERNA_OK ? check_text(trainer, error) : status;
}

static size_t shard_batch(const struct sterna_recipe *recipe, size_t shard)
{
    const size_t first = shard * recipe->shard, left = recipe->batch - first;
    return left < recipe->shard ? left : recipe->shard;
}

static enum sterna_status open_buffers(struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_recipe *recipe = &trainer->training.recipe;
    const size_t size = trainer->training.network.parameters.size;
    enum sterna_status status = STERNA_OK;

    trainer->shards = (recipe->batch + recipe->shard - 1) / recipe->shard;
    trainer->chunks = (size + CHUNK - 1) / CHUNK;
    trainer->window = calloc(trainer->shards, sizeof *trainer->window);
    trainer->loss = sterna_buffer_new(trainer->shards, sizeof(double));
    trainer->square = sterna_buffer_new(trainer->chunks, sizeof(double));
    trainer->gradient = sterna_buffer_new(size, sizeof(float));
    trainer->carry = sterna_buffer_new(recipe->layers * recipe->batch * recipe->hidden, sizeof(float));
    if (!trainer->window || !trainer->loss || !trainer->square || !trainer->gradient || !trainer->carry)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for training");
    for (size_t i = 0; status == STERNA_OK && i < trainer->shards; i++)
        status = sterna_window_new(&trainer->training.network, recipe->steps, shard_batch(recipe, i), true,
                                   &trainer->window[i], error);
    return status;
}

static enum sterna_status open_trainer(struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_train_options *options = trainer->options;

    clock_gettime(CLOCK_MONOTONIC, &trainer->started);
    enum sterna_status status = make_directory(options->directory, error);
    if (status != STERNA_OK)
        return status;
    snprintf(trainer->checkpoint, PATH_SIZE, "%s/checkpoint.safetensors", options->directory);
    snprintf(trainer->csv, PATH_SIZE, "%s/curve.csv", options->directory);
    snprintf(trainer->svg, PATH_SIZE, "%s/curve.svg", options->directory);
    status = open_training(trainer, error);
    if (status == STERNA_OK)
        status = open_buffers(trainer, error);
    if (status == STERNA_OK)
        status = sterna_workers_new(options->threads, &trainer->workers, error);
    if (status == STERNA_OK) /* before hours of work: can files be written here? */
        status = sterna_curve_csv(&trainer->training, trainer->csv, error);
    return status;
}

static void close_trainer(struct trainer *trainer)
{
    for (size_t i = 0; trainer->window && i < trainer->shards; i++)
        sterna_window_free(&trainer->window[i]);
    free(trainer->window);
    free(trainer->loss);
    free(trainer->square);
    free(trainer->gradient);
    free(trainer->carry);
    sterna_workers_free(trainer->workers);
    sterna_training_free(&trainer->training);
    sterna_text_close(&trainer->text);
}

/* ---- one update: the tasks ---- */

static void run_shard(void *context, size_t shard)
{
    struct trainer *trainer = context;
    struct sterna_training *training = &trainer->training;
    const struct sterna_recipe *recipe = &training->recipe;
    struct sterna_window *window = &trainer->window[shard];
    const size_t H = recipe->hidden, length = trainer->text.length[STERNA_TRAIN],
                 stride = length / recipe->batch;

    sterna_window_load(window, trainer->text.split[STERNA_TRAIN], length,
                       shard * recipe->shard * stride + training->updates * recipe->steps, stride);
    sterna_window_forward(&training->network, window, window->steps,
                          training->carry + shard * recipe->shard * H, recipe->batch * H);
    sterna_window_backward(&training->network, window, 1.0f / (float)(recipe->batch * recipe->steps),
                           &trainer->loss[shard]);
}

static size_t chunk_count(const struct trainer *trainer, size_t chunk)
{
    const size_t left = trainer->training.network.parameters.size - chunk * CHUNK;
    return left < CHUNK ? left : CHUNK;
}

static void add_chunk(void *context, size_t chunk)
{
    struct trainer *trainer = context;
    const size_t first = chunk * CHUNK, count = chunk_count(trainer, chunk);
    float *sum = trainer->gradient + first;

    memcpy(sum, trainer->window[0].gradient + first, count * sizeof *sum);
    for (size_t shard = 1; shard < trainer->shards; shard++) {
        const float *gradient = trainer->window[shard].gradient + first;
        for (size_t i = 0; i < count; i++)
            sum[i] += gradient[i];
    }
}

static void square_chunk(void *context, size_t chunk)
{
    struct trainer *trainer = context;
    const float *gradient = trainer->gradient + chunk * CHUNK;
    double square = 0.0;

    for (size_t i = 0; i < chunk_count(trainer, chunk); i++)
        square += (double)gradient[i] * (double)gradient[i];
    trainer->square[chunk] = square;
}

static void adam_chunk(void *context, size_t chunk)
{
    struct trainer *trainer = context;
    struct sterna_training *training = &trainer->training;
    const size_t first = chunk * CHUNK;

    sterna_adam(&trainer->step, chunk_count(trainer, chunk), trainer->gradient + first,
                training->value + first, training->mean + first, training->square + first);
}

static void validate_shard(void *context, size_t shard)
{
    struct trainer *trainer = context;
    const struct sterna_recipe *recipe = &trainer->training.recipe;
    const size_t H = recipe->hidden, length = trainer->text.length[STERNA_VALID],
                 stride = length / recipe->batch;
    const size_t count = stride - 1 < VALIDATION_STEPS ? stride - 1 : VALIDATION_STEPS;
    const size_t first = shard * recipe->shard, states = recipe->layers * trainer->window[shard].batch * H;
    float *carry = trainer->carry + recipe->layers * first * H;

    memset(carry, 0, states * sizeof *carry);
    trainer->loss[shard] =
        sterna_predict(&trainer->training.network, &trainer->window[shard],
                       trainer->text.split[STERNA_VALID] + first * stride, count, stride, carry);
}

/* ---- one update: the sequence ---- */

static double sum_of(const double *value, size_t count)
{
    double total = 0.0;
    for (size_t i = 0; i < count; i++)
        total += value[i];
    return total;
}

static enum sterna_status refuse_divergence(const struct trainer *trainer, const char *what,
                                            struct sterna_error *error)
{
    struct stat found;
    const bool kept = stat(trainer->checkpoint, &found) == 0;
    return sterna_fail(error, STERNA_ERR_RANGE, "update %llu: the %s is not finite; lower the rate; %s%s",
                       (unsigned long long)trainer->training.updates + 1, what,
                       kept ? "the last checkpoint is " : "there is no checkpoint yet",
                       kept ? trainer->checkpoint : "");
}

static enum sterna_status update(struct trainer *trainer, struct sterna_error *error)
{
    struct sterna_training *training = &trainer->training;
    struct sterna_network *network = &training->network;
    const struct sterna_recipe *recipe = &training->recipe;
    const bool integer = sterna_schedule_integer(recipe, training->updates);
    const bool stochastic = !integer && strcmp(recipe->sampling, "stochastic") == 0;
    const struct sterna_draw draw = {.seed = recipe->seed, .step = training->updates};
    const struct sterna_preparation preparation = {.integer = integer, .draw = stochastic ? &draw : NULL};

    sterna_network_prepare(network, &preparation, trainer->workers, training->value);
    sterna_workers_run(trainer->workers, trainer->shards, run_shard, trainer);
    const double nats = sum_of(trainer->loss, trainer->shards) / (double)(recipe->batch * recipe->steps);
    if (!isfinite(nats))
        return refuse_divergence(trainer, "loss", error);
    sterna_workers_run(trainer->workers, trainer->chunks, add_chunk, trainer);
    sterna_network_finish_gradient(network, trainer->workers, training->value, trainer->gradient);
    sterna_workers_run(trainer->workers, trainer->chunks, square_chunk, trainer);
    const double norm = sqrt(sum_of(trainer->square, trainer->chunks));
    if (!isfinite(norm))
        return refuse_divergence(trainer, "gradient", error);

    trainer->step.update = training->updates + 1;
    trainer->step.rate = (float)sterna_schedule_rate(recipe, training->updates);
    trainer->step.factor = norm > recipe->clip ? (float)(recipe->clip / norm) : 1.0f;
    sterna_workers_run(trainer->workers, trainer->chunks, adam_chunk, trainer);
    sterna_network_clip(network, training->value);
    training->train_nats =
        training->updates ? MEMORY_OF_MEAN * training->train_nats + (1.0 - MEMORY_OF_MEAN) * nats : nats;
    training->updates++;
    return STERNA_OK;
}

static enum sterna_status note_weights(const struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_training *training = &trainer->training;
    const struct sterna_parameters *parameters = &training->network.parameters;
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/histogram.csv", trainer->options->directory);
    return sterna_histogram_append(path, training->updates,
                                   sterna_parameters_in(parameters, training->value, 0, STERNA_WEIGHT_HH),
                                   parameters->list[STERNA_WEIGHT_HH].count, 0.0f, error);
}

/* Of the deterministic quantized weights, with the forward pass of the phase that training is in. */
static enum sterna_status validate(struct trainer *trainer, struct sterna_error *error)
{
    struct sterna_training *training = &trainer->training;
    const struct sterna_recipe *recipe = &training->recipe;
    const struct sterna_preparation preparation = {
        .integer = sterna_schedule_integer(recipe, training->updates - 1)};
    size_t stride = trainer->text.length[STERNA_VALID] / recipe->batch;

    if (stride < 2)
        return STERNA_OK;
    sterna_network_prepare(&training->network, &preparation, trainer->workers, training->value);
    sterna_workers_run(trainer->workers, trainer->shards, validate_shard, trainer);
    const size_t count = stride - 1 < VALIDATION_STEPS ? stride - 1 : VALIDATION_STEPS;
    const struct sterna_point point = {
        .characters = (double)(training->updates * recipe->batch * recipe->steps),
        .train_bpc = sterna_loss_bits(training->train_nats),
        .valid_bpc =
            sterna_loss_bits(sum_of(trainer->loss, trainer->shards) / (double)(count * recipe->batch)),
        .rate = (double)trainer->step.rate,
    };
    enum sterna_status status = sterna_training_note(training, &point, error);
    if (status == STERNA_OK)
        status = sterna_curve_csv(training, trainer->csv, error);
    return status == STERNA_OK && trainer->options->histogram ? note_weights(trainer, error) : status;
}

static void report(const struct trainer *trainer, bool validated)
{
    const struct sterna_training *training = &trainer->training;
    const struct sterna_recipe *recipe = &training->recipe;
    struct timespec now;

    if (!trainer->options->progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const struct sterna_progress progress = {
        .update = training->updates,
        .updates = recipe->updates,
        .characters = training->updates * recipe->batch * recipe->steps,
        .train_bpc = sterna_loss_bits(training->train_nats),
        .valid_bpc = sterna_training_valid_bpc(training),
        .rate = (double)trainer->step.rate,
        .seconds = (double)(now.tv_sec - trainer->started.tv_sec) +
                   1e-9 * (double)(now.tv_nsec - trainer->started.tv_nsec),
        .integer_phase = sterna_schedule_integer(recipe, training->updates - 1),
        .validated = validated,
    };
    trainer->options->progress(&progress, trainer->options->context);
}

static enum sterna_status run(struct trainer *trainer, struct sterna_error *error)
{
    const struct sterna_recipe *recipe = &trainer->training.recipe;
    const volatile sig_atomic_t *stop = trainer->options->stop;
    enum sterna_status status = STERNA_OK;

    while (status == STERNA_OK && trainer->training.updates < recipe->updates) {
        status = update(trainer, error);
        if (status != STERNA_OK)
            break;
        const uint64_t done = trainer->training.updates;
        const bool last = done == recipe->updates, stopped = stop && *stop && !last;
        const bool validated = last || done % recipe->validate_every == 0;
        if (validated)
            status = validate(trainer, error);
        if (status == STERNA_OK && (last || stopped || done % recipe->checkpoint_every == 0))
            status = sterna_checkpoint_save(&trainer->training, trainer->checkpoint, error);
        if (status == STERNA_OK)
            report(trainer, validated);
        if (status == STERNA_OK && stopped)
            status =
                sterna_fail(error, STERNA_ERR_INTERRUPTED,
                            "stopped after update %llu of %llu; %s is kept: go on with --resume --out %s",
                            (unsigned long long)done, (unsigned long long)recipe->updates,
                            trainer->checkpoint, trainer->options->directory);
    }
    return status;
}

enum sterna_status sterna_train(const struct sterna_train_options *options, struct sterna_error *error)
{
    struct trainer *trainer = calloc(1, sizeof *trainer);

    if (!trainer)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for training");
    trainer->options = options;
    enum sterna_status status = open_trainer(trainer, error);
    if (status == STERNA_OK)
        status = run(trainer, error);
    if (status == STERNA_OK)
        status = sterna_curve_svg(&trainer->training, trainer->svg, error);
    close_trainer(trainer);
    free(trainer);
    return status;
}
