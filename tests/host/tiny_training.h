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

/* Write words of a small vocabulary to the file and make a recipe that learns them in seconds. */
static inline struct sterna_recipe tiny_recipe(const struct scratch *scratch)
{
    static const char *const words[] = {"the ", "tern ", "flies ", "over ", "sea ", "and ", "ice. "};
    char text[TINY_LENGTH + 8], path[SCRATCH_PATH];
    struct sterna_recipe recipe;
    uint64_t seed = 99;
    size_t used = 0;

    while (used < TINY_LENGTH) {
        const char *word = words[random_below(&seed, 7)];
        memcpy(text + used, word, strlen(word));
        used += strlen(word);
        if (used > TINY_LENGTH)
            used = TINY_LENGTH;
    }
    scratch_path(scratch, "tiny.txt", path);
    if (sterna_file_write(path, text, used, NULL) != STERNA_OK)
        abort();
    sterna_recipe_default(&recipe);
    (void)snprintf(recipe.data, sizeof recipe.data, "text:%.400s", path);
    recipe.hidden = 24;
    recipe.layers = 1;
    recipe.batch = 10;
    recipe.shard = 4; /* the last shard is smaller */
    recipe.steps = 9;
    recipe.updates = 30;
    recipe.integer_updates = 12;
    recipe.validate_every = 8;
    recipe.checkpoint_every = 11;
    recipe.rate = 0.01;
    recipe.warmup = 4;
    return recipe;
}

/* Train into the scratch directory itself. */
static inline enum sterna_status tiny_train(const struct scratch *scratch, const struct sterna_recipe *recipe,
                                            unsigned threads, struct sterna_error *error)
{
    const struct sterna_train_options options = {
        .recipe = *recipe, .directory = scratch->directory, .threads = threads};
    return sterna_train(&options, error);
}

#endif
