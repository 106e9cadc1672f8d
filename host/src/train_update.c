/* train_update.c - one update: every shard of sequences runs its window forward and backward on some thread; their
 * gradients are added in the shards' order; the weights' gradients follow from those of the effective weights; the norm
 * is clipped; Adam. The tasks are cut by the recipe, never by the number of threads, so that this number does not show
 * in any bit of the result. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "loss.h"
#include "schedule.h"
#include "trainer.h"

enum {
    PIECE = 16384,          /* parameters per task */
    VALIDATION_STEPS = 1024 /* per stream of a text */
};

static const double MEMORY_OF_MEAN = 0.98; /* of the running mean of the training loss, per update */

/* ---- open and close ---- */

/* Cut every tensor into pieces; piece NULL: only count. */
static size_t cut(const struct sterna_training *training, struct sterna_piece *piece)
{
    const struct sterna_network *network = &training->network;
    const bool clip = strcmp(training->recipe.clip_weights, "yes") == 0;
    const bool scale = strcmp(training->recipe.rate_scale, "glorot") == 0;
    size_t pieces = 0;

    for (size_t i = 0; i < network->parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &network->parameters.list[i];
        const struct sterna_weight *weight = sterna_network_weight(network, i);
        struct sterna_piece next = {.rate = 1.0f, .range = INFINITY};
        if (weight && clip)
            next.range = weight->quantizer->range(&weight->grid);
        if (weight && scale) /* 1 / sqrt(1.5 / (in + out)) = 2 / glorot (Courbariaux et al. 2015) */
            next.rate = 2.0f / sterna_glorot_bound(weight->cols, weight->rows / weight->blocks);
        for (size_t done = 0; done < tensor->count; done += next.count, pieces++) {
            next.offset = tensor->offset + done;
            next.count = tensor->count - done < PIECE ? tensor->count - done : PIECE;
            if (piece)
                piece[pieces] = next;
        }
    }
    return pieces;
}

/* Sequences of the validation split are classified a window at a time. */
static size_t validation_tasks(const struct sterna_trainer *trainer)
{
    const size_t count = trainer->feed.is_text ? 0 : trainer->feed.sequences.split[STERNA_VALID].count;
    const size_t batch = trainer->window[0].batch;
    return trainer->feed.is_text ? trainer->shards : (count + batch - 1) / batch;
}

enum sterna_status sterna_trainer_open(struct sterna_trainer *trainer, unsigned threads,
                                       struct sterna_error *error)
{
    const struct sterna_network *network = &trainer->training.network;
    enum sterna_status status = STERNA_OK;

    trainer->shards = sterna_feed_shards(&trainer->feed);
    trainer->pieces = cut(&trainer->training, NULL);
    assert(trainer->shards > 0 && trainer->pieces > 0);
    trainer->window = calloc(trainer->shards, sizeof *trainer->window);
    trainer->piece = calloc(trainer->pieces, sizeof *trainer->piece);
    trainer->loss = sterna_buffer_new(trainer->shards, sizeof(double));
    trainer->square = sterna_buffer_new(trainer->pieces, sizeof(double));
    trainer->gradient = sterna_buffer_new(network->parameters.size, sizeof(float));
    trainer->carry = sterna_buffer_new(sterna_window_carry(network) * trainer->feed.batch, sizeof(float));
    if (!trainer->window || !trainer->piece || !trainer->loss || !trainer->square || !trainer->gradient ||
        !trainer->carry)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for training");
    (void)cut(&trainer->training, trainer->piece);
    for (size_t i = 0; status == STERNA_OK && i < trainer->shards; i++)
        status = sterna_window_new(network, trainer->feed.longest, sterna_feed_shard_batch(&trainer->feed, i),
                                   true, &trainer->window[i], error);
    if (status != STERNA_OK)
        return status;
    const size_t tasks = validation_tasks(trainer);
    trainer->valid = sterna_buffer_new(tasks, sizeof *trainer->valid);
    trainer->correct = sterna_buffer_new(tasks, sizeof *trainer->correct);
    if (!trainer->valid || !trainer->correct)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for validation");
    return sterna_workers_new(threads, &trainer->workers, error);
}

void sterna_trainer_close(struct sterna_trainer *trainer)
{
    for (size_t i = 0; trainer->window && i < trainer->shards; i++)
        sterna_window_free(&trainer->window[i]);
    free(trainer->window);
    free(trainer->piece);
    free(trainer->loss);
    free(trainer->square);
    free(trainer->gradient);
    free(trainer->carry);
    free(trainer->valid);
    free(trainer->correct);
    sterna_workers_free(trainer->workers);
    sterna_training_free(&trainer->training);
    sterna_feed_close(&trainer->feed);
    memset(trainer, 0, sizeof *trainer);
}

/* ---- the tasks ---- */

/* Number of predictions in an update. */
static size_t predictions(const struct sterna_trainer *trainer)
{
    return trainer->feed.is_text ? trainer->feed.batch * trainer->feed.steps : trainer->feed.batch;
}

static void run_shard(void *context, size_t shard)
{
    struct sterna_trainer *trainer = context;
    struct sterna_training *training = &trainer->training;
    const size_t H = training->network.hidden;
    struct sterna_window *window = &trainer->window[shard];
    float *carry = trainer->feed.is_text ? training->carry + shard * trainer->feed.shard * H : NULL;

    sterna_feed_load(&trainer->feed, training->updates, shard, window);
    sterna_window_forward(&training->network, window, true, carry, trainer->feed.batch * H);
    sterna_window_backward(&training->network, window, 1.0f / (float)predictions(trainer),
                           &trainer->loss[shard]);
}

static void add_piece(void *context, size_t index)
{
    struct sterna_trainer *trainer = context;
    const struct sterna_piece *piece = &trainer->piece[index];
    float *restrict sum = trainer->gradient + piece->offset;

    memcpy(sum, trainer->window[0].gradient + piece->offset, piece->count * sizeof *sum);
    for (size_t shard = 1; shard < trainer->shards; shard++) {
        const float *restrict gradient = trainer->window[shard].gradient + piece->offset;
        for (size_t i = 0; i < piece->count; i++)
            sum[i] += gradient[i];
    }
}

static void square_piece(void *context, size_t index)
{
    struct sterna_trainer *trainer = context;
    const struct sterna_piece *piece = &trainer->piece[index];
    const float *gradient = trainer->gradient + piece->offset;
    double square = 0.0;

    for (size_t i = 0; i < piece->count; i++)
        square += (double)gradient[i] * (double)gradient[i];
    trainer->square[index] = square;
}

static void adam_piece(void *context, size_t index)
{
    struct sterna_trainer *trainer = context;
    struct sterna_training *training = &trainer->training;
    const struct sterna_piece *piece = &trainer->piece[index];
    struct sterna_adam_step step = trainer->step;
    float *value = training->value + piece->offset;

    step.rate *= piece->rate;
    sterna_adam(&step, piece->count, trainer->gradient + piece->offset, value, training->mean + piece->offset,
                training->square + piece->offset);
    for (size_t i = 0; isfinite(piece->range) && i < piece->count; i++) {
        value[i] = value[i] > piece->range ? piece->range : value[i];
        value[i] = value[i] < -piece->range ? -piece->range : value[i];
    }
}

/* ---- the sequence ---- */

static double sum_of(const double *value, size_t count)
{
    double total = 0.0;
    for (size_t i = 0; i < count; i++)
        total += value[i];
    return total;
}

/* The tensor in whose gradient something is not finite, the last layer first, as backward goes. */
static const char *find_in_gradient(const struct sterna_trainer *trainer)
{
    const struct sterna_parameters *parameters = &trainer->training.network.parameters;
    for (size_t i = parameters->tensors; i-- > 0;) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        if (!sterna_buffer_finite(trainer->gradient + tensor->offset, tensor->count))
            return tensor->name;
    }
    return "all layers";
}

/* Whether layer k's activations are finite in every window. */
static bool is_finite_layer(const struct sterna_trainer *trainer, size_t k)
{
    for (size_t i = 0; i < trainer->shards; i++) {
        const struct sterna_window *window = &trainer->window[i];
        const size_t states = window->run_batch * window->hidden;
        if (!sterna_buffer_finite(window->track[k].a + states, window->frames * states))
            return false;
    }
    return true;
}

/* The first thing that is not finite on the way from the input to the loss: a parameter, else a layer's output. */
static enum sterna_status refuse_loss(const struct sterna_trainer *trainer, struct sterna_error *error)
{
    const struct sterna_training *training = &trainer->training;
    const struct sterna_parameters *parameters = &training->network.parameters;

    for (size_t i = 0; i < parameters->tensors; i++) {
        const struct sterna_parameter *tensor = &parameters->list[i];
        if (!sterna_buffer_finite(training->value + tensor->offset, tensor->count))
            return sterna_fail(error, STERNA_ERR_DIVERGED, "the loss is not finite, because %s is not",
                               tensor->name);
    }
    for (size_t k = 0; k < training->network.layers; k++)
        if (!is_finite_layer(trainer, k))
            return sterna_fail(error, STERNA_ERR_DIVERGED, "the loss is not finite, first so in layer %zu",
                               k);
    return sterna_fail(error, STERNA_ERR_DIVERGED, "the loss is not finite, first so in the output layer");
}

bool sterna_trainer_integer(const struct sterna_training *training, uint64_t update)
{
    return sterna_schedule_integer(&training->recipe, update) &&
           sterna_network_deployable(&training->network);
}

enum sterna_status sterna_trainer_update(struct sterna_trainer *trainer, struct sterna_error *error)
{
    struct sterna_training *training = &trainer->training;
    struct sterna_network *network = &training->network;
    const struct sterna_recipe *recipe = &training->recipe;
    const bool integer = sterna_trainer_integer(training, training->updates);
    const bool stochastic = !integer && strcmp(recipe->sampling, "stochastic") == 0;
    const struct sterna_draw draw = {.seed = recipe->seed, .step = training->updates};
    const struct sterna_preparation preparation = {.integer = integer, .draw = stochastic ? &draw : NULL};

    sterna_network_prepare(network, &preparation, true, trainer->workers, training->value);
    sterna_feed_choose(&trainer->feed, training->updates);
    sterna_workers_run(trainer->workers, trainer->shards, run_shard, trainer);
    const double nats = sum_of(trainer->loss, trainer->shards) / (double)predictions(trainer);
    sterna_workers_run(trainer->workers, trainer->pieces, add_piece, trainer);
    if (!isfinite(nats))
        return refuse_loss(trainer, error);
    sterna_network_finish_gradient(network, trainer->workers, trainer->shards, training->value,
                                   trainer->gradient);
    sterna_workers_run(trainer->workers, trainer->pieces, square_piece, trainer);
    const double norm = sqrt(sum_of(trainer->square, trainer->pieces));
    if (!isfinite(norm))
        return sterna_fail(error, STERNA_ERR_DIVERGED, "the gradient of %s is not finite",
                           find_in_gradient(trainer));

    trainer->step.update = training->updates + 1;
    trainer->step.rate = (float)sterna_schedule_rate(recipe, training->updates);
    trainer->step.factor = norm > recipe->clip ? (float)(recipe->clip / norm) : 1.0f;
    sterna_workers_run(trainer->workers, trainer->pieces, adam_piece, trainer);
    training->train_nats =
        training->updates ? MEMORY_OF_MEAN * training->train_nats + (1.0 - MEMORY_OF_MEAN) * nats : nats;
    training->updates++;
    return STERNA_OK;
}

/* ---- validation ---- */

static size_t stream_steps(const struct sterna_trainer *trainer, size_t *stride)
{
    *stride = trainer->feed.text.length[STERNA_VALID] / trainer->feed.batch;
    if (*stride < 2)
        return 0;
    return *stride - 1 < VALIDATION_STEPS ? *stride - 1 : VALIDATION_STEPS;
}

/* Streams of a text side by side. */
static void validate_streams(void *context, size_t shard)
{
    struct sterna_trainer *trainer = context;
    struct sterna_window *window = &trainer->window[shard];
    const struct sterna_network *network = &trainer->training.network;
    const size_t B = window->batch, first = shard * trainer->feed.shard,
                 floats = sterna_window_carry(network);
    const uint8_t *text = trainer->feed.text.split[STERNA_VALID];
    float *carry = trainer->carry + first * floats;
    size_t stride = 0;
    const size_t count = stream_steps(trainer, &stride);

    memset(carry, 0, B * floats * sizeof *carry);
    window->run_batch = B;
    trainer->valid[shard] = 0.0;
    for (size_t done = 0; done < count; done += window->run_steps) {
        window->run_steps = count - done < window->steps ? count - done : window->steps;
        sterna_feed_load_text(text + first * stride + done, stride, window);
        sterna_window_forward(network, window, false, carry, B * network->hidden);
        trainer->valid[shard] +=
            sterna_loss(window->run_steps * B, window->outputs, window->logits, window->target);
    }
}

/* Tasks share windows: window w takes the tasks w, w + shards, ... */
static void validate_sequences(void *context, size_t shard)
{
    struct sterna_trainer *trainer = context;
    struct sterna_window *window = &trainer->window[shard];
    const struct sterna_sequence_set *set = &trainer->feed.sequences.split[STERNA_VALID];
    const size_t batch = trainer->window[0].batch, tasks = validation_tasks(trainer);

    for (size_t task = shard; task < tasks; task += trainer->shards) {
        const size_t first = task * batch, end = first + batch < set->count ? first + batch : set->count;
        trainer->valid[task] = 0.0;
        trainer->correct[task] = 0;
        for (size_t at = first, count; at < end; at += count) {
            count = end - at < window->batch ? end - at : window->batch;
            for (size_t i = 0; i < count; i++)
                window->index[i] = at + i;
            sterna_feed_load_sequences(set, trainer->feed.sequences.features, window->index, count, window);
            sterna_window_forward(&trainer->training.network, window, false, NULL, 0);
            trainer->valid[task] += sterna_loss(count, window->outputs, window->logits, window->target);
            trainer->correct[task] +=
                sterna_loss_correct(count, window->outputs, window->logits, window->target);
        }
    }
}

void sterna_trainer_validate(struct sterna_trainer *trainer, double *nats, double *accuracy)
{
    struct sterna_training *training = &trainer->training;
    const struct sterna_preparation preparation = {
        .integer = sterna_trainer_integer(training, training->updates - 1)};
    size_t stride = 0, correct = 0;

    *nats = *accuracy = (double)NAN;
    sterna_network_prepare(&training->network, &preparation, false, trainer->workers, training->value);
    if (trainer->feed.is_text) {
        const size_t count = stream_steps(trainer, &stride) * trainer->feed.batch;
        sterna_workers_run(trainer->workers, trainer->shards, validate_streams, trainer);
        if (count)
            *nats = sum_of(trainer->valid, trainer->shards) / (double)count;
        return;
    }
    const size_t tasks = validation_tasks(trainer);
    const double count = (double)trainer->feed.sequences.split[STERNA_VALID].count;
    sterna_workers_run(trainer->workers, trainer->shards, validate_sequences, trainer);
    for (size_t i = 0; i < tasks; i++)
        correct += trainer->correct[i];
    *nats = sum_of(trainer->valid, tasks) / count;
    *accuracy = 100.0 * (double)correct / count;
}
