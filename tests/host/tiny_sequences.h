/* tiny_sequences.h - a small folder of recordings, and a recipe that learns to tell them apart in a moment; for tests only. Include
 * before other headers, like sound_files.h. */
#ifndef STERNA_TINY_SEQUENCES_H
#define STERNA_TINY_SEQUENCES_H

#include "sound_files.h"

#include "tiny_training.h"

enum { TINY_DIGITS = 3, TINY_RECORDINGS = 14 };

/* Digits 0 to 2 by two speakers, recordings 0 to 13 of each, of 3 to 10 frames: 24 to train on, 30 for validation and test each.
 * A digit is a tone. */
static inline void tiny_digits(const struct scratch *scratch, const char *folder)
{
    static const char *const speakers[] = {"anna", "bert"};
    for (unsigned digit = 0; digit < TINY_DIGITS; digit++)
        for (unsigned speaker = 0; speaker < 2; speaker++)
            for (unsigned index = 0; index < TINY_RECORDINGS; index++) {
                char name[128];
                (void)snprintf(name, sizeof name, "%s/%u_%s_%u.wav", folder, digit, speakers[speaker], index);
                sound_write_tone(scratch, name, 400 + 500 * digit + 40 * speaker,
                                 520 + 150 * ((3 * index + digit + speaker) % 8));
            }
}

/* Write the recordings and make the recipe. The scratch directory is that of sound_open. */
static inline struct sterna_recipe tiny_sequences(const struct scratch *scratch)
{
    struct sterna_recipe tiny;
    tiny_digits(scratch, "digits");
    sterna_recipe_default(&tiny);
    (void)snprintf(tiny.data, sizeof tiny.data, "fsdd:%.400s/digits", scratch->directory);
    tiny_sizes(&tiny);
    tiny.front_end.bands = 8;
    return tiny;
}

#endif
