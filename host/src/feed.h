/* feed.h - data on their way into windows: a text as streams side by side, labelled sequences shuffled epoch by
 * epoch. Which data an update sees follows from the recipe and the update's number alone.
 */
#ifndef STERNA_FEED_H
#define STERNA_FEED_H

#include "window.h"

struct sterna_feed {
    bool is_text;
    struct sterna_text text;
    struct sterna_sequences sequences;
    struct sterna_network_ends ends;
    size_t size;     /* of the training split: characters, or sequences */
    size_t longest;  /* steps that a window needs, at most: the recipe's, or the longest sequence */
    size_t shortest; /* steps of the shortest sequence */
    size_t batch, shard, steps; /* of the recipe */
    uint64_t seed;
    size_t *pick; /* [batch] the sequences of an update, the longest first */
    struct {      /* the last order asked for */
        uint64_t epoch;
        size_t *index;
    } order;
};

/* Open the recipe's data. STERNA_ERR_RANGE if there is too little to train on. */
STERNA_MUST_CHECK enum sterna_status sterna_feed_open(const struct sterna_recipe *recipe,
                                                      struct sterna_feed *feed, struct sterna_error *error);
void sterna_feed_close(struct sterna_feed *feed);
/* A text's indices rewritten for a model's alphabet; for sequences nothing. */
STERNA_MUST_CHECK enum sterna_status sterna_feed_map(struct sterna_feed *feed, const uint8_t *alphabet,
                                                     size_t symbols, struct sterna_error *error);

/* Choose what this update sees. Not to be called while windows are being loaded. */
void sterna_feed_choose(struct sterna_feed *feed, uint64_t update);
/* Number of windows that an update's batch is cut into, and the sequences of one. */
size_t sterna_feed_shards(const struct sterna_feed *feed);
size_t sterna_feed_shard_batch(const struct sterna_feed *feed, size_t shard);
/* Fill a window with its part of the chosen batch. */
void sterna_feed_load(const struct sterna_feed *feed, uint64_t update, size_t shard,
                      struct sterna_window *window);

/* Fill the steps and sequences that the window is to run (run_steps, run_batch): sequence b from text + b * stride on, each target the
 * symbol after. */
void sterna_feed_load_text(const uint8_t *text, size_t stride, struct sterna_window *window);
/* Fill a window with these sequences of a split, sorted here: index [count], count at most window->batch. */
void sterna_feed_load_sequences(const struct sterna_sequence_set *set, size_t features, size_t *index,
                                size_t count, struct sterna_window *window);
/* Steps of the longest and of the shortest sequence of a split. */
size_t sterna_feed_longest(const struct sterna_sequence_set *set);
size_t sterna_feed_shortest(const struct sterna_sequence_set *set);

#endif
