/* tiny_training.h - a small text file, a recipe and runs of sterna_train that take a moment; for tests only.
 * */
#ifndef STERNA_TINY_TRAINING_H
#define STERNA_TINY_TRAINING_H

#include <stdio.h>
#include <string.h>

#include "../random_model.h"
#include "file.h"
#include "scratch.h"
#include "training.h"

enum { TINY_LENGTH = 6000 };

/* A network and a length of training that take a moment. */
static inline void tiny_sizes(struct sterna_recipe *tiny)
{
    tiny->hidden = 16;
    tiny->layers = 1;
    tiny->batch = 10;
    tiny->shard = 4; /* the last shard is smaller */
    tiny->steps = 9;
    tiny->updates = 30;
    tiny->integer_updates = 12;
    tiny->validate_every = 8;
    tiny->checkpoint_every = 11;
    tiny->rate = 0.01;
    tiny->warmup = 4;
}

/* Write words of a small vocabulary to the file and make a recipe that learns them in seconds. */
static inline struct sterna_recipe tiny_recipe(const struct scratch *scratch)
{
    static const char *const words[] = {"the ", "tern ", "flies ", "over ", "sea ", "and ", "ice. "};
    char characters[TINY_LENGTH], file[SCRATCH_PATH];
    struct sterna_recipe tiny;
    uint64_t seed = 99;
    size_t used = 0;

    while (used < TINY_LENGTH) {
        const char *word = words[random_below(&seed, 7)];
        for (size_t i = 0; word[i] != '\0' && used < TINY_LENGTH; i++)
            characters[used++] = word[i];
    }
    scratch_path(scratch, "tiny.txt", file);
    if (sterna_file_write(file, characters, used, NULL) != STERNA_OK)
        abort();
    sterna_recipe_default(&tiny);
    (void)snprintf(tiny.data, sizeof tiny.data, "text:%.400s", file);
    tiny_sizes(&tiny);
    tiny.hidden = 24;
    return tiny;
}

/* Train into the scratch directory itself. */
static inline enum sterna_status tiny_train(const struct scratch *scratch, const struct sterna_recipe *recipe,
                                            unsigned threads, struct sterna_error *error)
{
    const struct sterna_train_options wanted = {
        .recipe = *recipe, .directory = scratch->directory, .threads = threads};
    return sterna_train(&wanted, error);
}

#endif
