#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static const uint64_t SHUFFLE = UINT64_MAX - 1; /* names no training step: random numbers of the orders */

/* ---- open and close ---- */

static enum sterna_status open_text(const struct sterna_recipe *recipe, struct sterna_feed *feed,
                                    struct sterna_error *error)
{
    enum sterna_status status = sterna_text_open(recipe->data, &feed->text, error);
    if (status != STERNA_OK)
        return status;
    feed->is_text = true;
    feed->size = feed->text.length[STERNA_TRAIN];
    feed->longest = recipe->steps;
    feed->ends = (struct sterna_network_ends){.inputs = feed->text.symbols,
                                              .outputs = feed->text.symbols,
                                              .one_hot = true,
                                              .head = STERNA_HEAD_NEXT};
    if (feed->size / recipe->batch < 2 || feed->text.length[STERNA_VALID] < 2)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %zu characters are too few for %zu sequences; lower batch", recipe->data,
                           feed->size, (size_t)recipe->batch);
    return STERNA_OK;
}

static enum sterna_status open_sequences(const struct sterna_recipe *recipe, struct sterna_feed *feed,
                                         struct sterna_error *error)
{
    enum sterna_head head = STERNA_HEAD_LAST;

    enum sterna_status status = sterna_head_by_name(recipe->head, &head, error);
    if (status == STERNA_OK)
        status = sterna_sequences_open(recipe->data, &recipe->front_end, &feed->sequences, error);
    if (status != STERNA_OK)
        return status;
    size_t shortest = SIZE_MAX;
    for (int split = STERNA_TRAIN; split <= STERNA_VALID; split++) {
        const size_t longest = sterna_feed_longest(&feed->sequences.split[split]);
        const size_t least = sterna_feed_shortest(&feed->sequences.split[split]);
        feed->longest = longest > feed->longest ? longest : feed->longest;
        shortest = least < shortest ? least : shortest;
    }
    feed->shortest = shortest;
    feed->size = feed->sequences.split[STERNA_TRAIN].count;
    feed->ends = (struct sterna_network_ends){.inputs = feed->sequences.features,
                                              .outputs = feed->sequences.classes,
                                              .steps = shortest == feed->longest ? shortest : 0,
                                              .fraction = feed->sequences.fraction,
                                              .head = head};
    feed->pick = sterna_buffer_new(recipe->batch, sizeof *feed->pick);
    feed->order.index = sterna_buffer_new(feed->size, sizeof *feed->order.index);
    feed->order.epoch = UINT64_MAX;
    if (!feed->pick || !feed->order.index)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the order of %zu sequences",
                           feed->size);
    return STERNA_OK;
}

enum sterna_status sterna_feed_open(const struct sterna_recipe *recipe, struct sterna_feed *feed,
                                    struct sterna_error *error)
{
    struct sterna_feed fresh = {
        .batch = recipe->batch, .shard = recipe->shard, .steps = recipe->steps, .seed = recipe->seed};

    enum sterna_status status = sterna_sequences_known(recipe->data) ? open_sequences(recipe, &fresh, error)
                                                                     : open_text(recipe, &fresh, error);
    if (status == STERNA_OK)
        *feed = fresh;
    else
        sterna_feed_close(&fresh);
    return status;
}

void sterna_feed_close(struct sterna_feed *feed)
{
    sterna_text_close(&feed->text);
    sterna_sequences_close(&feed->sequences);
    free(feed->pick);
    free(feed->order.index);
    memset(feed, 0, sizeof *feed);
}

enum sterna_status sterna_feed_map(struct sterna_feed *feed, const uint8_t *alphabet, size_t symbols,
                                   struct sterna_error *error)
{
    if (!feed->is_text)
        return STERNA_OK;
    enum sterna_status status = sterna_text_map(&feed->text, alphabet, symbols, error);
    if (status == STERNA_OK)
        feed->ends.inputs = feed->ends.outputs = symbols;
    return status;
}

/* ---- an update's sequences ---- */

/* Fisher and Yates, with the random numbers of the epoch. */
static void shuffle(struct sterna_feed *feed, uint64_t epoch)
{
    const struct sterna_draw draw = {.seed = feed->seed, .step = SHUFFLE - epoch};
    size_t *index = feed->order.index;

    for (size_t i = 0; i < feed->size; i++)
        index[i] = i;
    for (size_t i = feed->size; i-- > 1;) {
        float uniform = 0.0f;
        sterna_philox_uniform(&draw, 4 * i, 1, &uniform);
        size_t j = (size_t)((double)uniform * (double)(i + 1)), kept = index[i];
        index[i] = index[j];
        index[j] = kept;
    }
    feed->order.epoch = epoch;
}

static size_t length_of(const struct sterna_sequence_set *set, size_t index)
{
    return set->start[index + 1] - set->start[index];
}

/* The longest first, equals in their order: batches are small. */
static void sort_by_length(const struct sterna_sequence_set *set, size_t *index, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const size_t moved = index[i];
        size_t j = i;
        for (; j > 0 && length_of(set, index[j - 1]) < length_of(set, moved); j--)
            index[j] = index[j - 1];
        index[j] = moved;
    }
}

void sterna_feed_choose(struct sterna_feed *feed, uint64_t update)
{
    for (size_t i = 0; !feed->is_text && i < feed->batch; i++) {
        const uint64_t place = update * feed->batch + i, epoch = place / feed->size;
        if (epoch != feed->order.epoch)
            shuffle(feed, epoch);
        feed->pick[i] = feed->order.index[place % feed->size];
    }
    if (!feed->is_text)
        sort_by_length(&feed->sequences.split[STERNA_TRAIN], feed->pick, feed->batch);
}

size_t sterna_feed_shards(const struct sterna_feed *feed)
{
    return (feed->batch + feed->shard - 1) / feed->shard;
}

size_t sterna_feed_shard_batch(const struct sterna_feed *feed, size_t shard)
{
    const size_t first = shard * feed->shard, left = feed->batch - first;
    return left < feed->shard ? left : feed->shard;
}

size_t sterna_feed_longest(const struct sterna_sequence_set *set)
{
    size_t longest = 0;
    for (size_t i = 0; i < set->count; i++)
        longest = length_of(set, i) > longest ? length_of(set, i) : longest;
    return longest;
}

size_t sterna_feed_shortest(const struct sterna_sequence_set *set)
{
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < set->count; i++)
        shortest = length_of(set, i) < shortest ? length_of(set, i) : shortest;
    return shortest;
}

/* ---- windows ---- */

/* Sequence b from place start + b * stride on, the text read as a ring, each target the symbol after. */
static void load_text(const struct sterna_feed *feed, uint64_t update, size_t shard,
                      struct sterna_window *window)
{
    const uint8_t *text = feed->text.split[STERNA_TRAIN];
    const size_t length = feed->size, stride = length / feed->batch, batch = window->run_batch;

    for (size_t b = 0; b < batch; b++) {
        size_t at = (size_t)(((shard * feed->shard + b) * stride + update * feed->steps) % length);
        for (size_t t = 0; t < window->run_steps; t++) {
            size_t next = at + 1 < length ? at + 1 : 0;
            window->symbol[t * batch + b] = text[at];
            window->target[t * batch + b] = text[next];
            at = next;
        }
    }
    for (size_t t = 0; t < window->run_steps; t++)
        window->active[t] = batch;
}

void sterna_feed_load_text(const uint8_t *text, size_t stride, struct sterna_window *window)
{
    const size_t batch = window->run_batch;

    for (size_t t = 0; t < window->run_steps; t++) {
        window->active[t] = batch;
        for (size_t b = 0; b < batch; b++) {
            window->symbol[t * batch + b] = text[b * stride + t];
            window->target[t * batch + b] = text[b * stride + t + 1];
        }
    }
}

void sterna_feed_load_sequences(const struct sterna_sequence_set *set, size_t features, size_t *index,
                                size_t count, struct sterna_window *window)
{
    sort_by_length(set, index, count);
    window->run_batch = count;
    window->run_steps = length_of(set, index[0]);
    memset(window->input8, 0, window->run_steps * count * features);
    for (size_t t = 0; t < window->run_steps; t++)
        window->active[t] = 0;
    for (size_t b = 0; b < count; b++) {
        const int8_t *frames = set->frames + set->start[index[b]] * features;
        window->length[b] = length_of(set, index[b]);
        window->target[b] = set->label[index[b]];
        for (size_t t = 0; t < window->length[b]; t++) {
            memcpy(window->input8 + (t * count + b) * features, frames + t * features, features);
            window->active[t]++;
        }
    }
}

void sterna_feed_load(const struct sterna_feed *feed, uint64_t update, size_t shard,
                      struct sterna_window *window)
{
    window->run_batch = sterna_feed_shard_batch(feed, shard);
    window->draw =
        (struct sterna_draw){.seed = feed->seed, .step = update, .tensor = (uint32_t)(shard << 22)};
    if (feed->is_text) {
        window->run_steps = feed->steps;
        load_text(feed, update, shard, window);
    } else {
        sterna_feed_load_sequences(&feed->sequences.split[STERNA_TRAIN], feed->sequences.features,
                                   feed->pick + shard * feed->shard, window->run_batch, window);
    }
}
