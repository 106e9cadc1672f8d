/* fsdd.c - the Free Spoken Digit Dataset: which recording is in which split. */
#include "corpus.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_END = 5, VALID_END = 10, SPEAKER_MAX = 32 };

static const char *const digits[] = {"zero", "one", "two",   "three", "four",
                                     "five", "six", "seven", "eight", "nine"};

/* A file name's parts: {digit}_{speaker}_{index}.wav */
struct take {
    size_t digit;
    unsigned index;
    char speaker[SPEAKER_MAX];
};

static bool read_name(const char *name, struct take *take)
{
    const char *speaker = name + 2;
    const char *end = isdigit((unsigned char)name[0]) && name[1] == '_' ? strrchr(speaker, '_') : NULL;
    if (end == NULL || end == speaker || end - speaker >= SPEAKER_MAX || !isdigit((unsigned char)end[1]))
        return false;
    char *rest = NULL;
    unsigned long index = strtoul(end + 1, &rest, 10);
    if (*rest != '.' || index > 1000000)
        return false;
    take->digit = (size_t)(name[0] - '0');
    take->index = (unsigned)index;
    (void)snprintf(take->speaker, sizeof take->speaker, "%.*s", (int)(end - speaker), speaker);
    return true;
}

/* absent: the speaker left out of training, NULL if none is. */
static enum sterna_split split_of(const struct take *take, const char *absent)
{
    if (absent != NULL && strcmp(take->speaker, absent) == 0)
        return STERNA_TEST;
    if (absent == NULL && take->index < TEST_END)
        return STERNA_TEST;
    return take->index >= TEST_END && take->index < VALID_END ? STERNA_VALID : STERNA_TRAIN;
}

static enum sterna_status add_all(const char *directory, const char *absent,
                                  const struct sterna_listing *listing, struct sterna_corpus *corpus,
                                  struct sterna_error *error)
{
    bool seen = absent == NULL;
    for (size_t i = 0; i < listing->count; i++) {
        struct take take;
        if (!read_name(listing->path[i], &take))
            continue;
        seen = seen || strcmp(take.speaker, absent) == 0;
        char *path = sterna_corpus_path(directory, listing->path[i]);
        enum sterna_status status =
            path != NULL ? sterna_corpus_add(corpus, path, take.digit, split_of(&take, absent), error)
                         : sterna_fail(error, STERNA_ERR_MEMORY, "fsdd: out of memory");
        free(path);
        if (status != STERNA_OK)
            return status;
    }
    if (corpus->files > 0 && !seen)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "fsdd: %s has no recording by \"%s\"; %s is one of those it has", directory,
                           absent, corpus->file[0].path);
    return STERNA_OK;
}

static enum sterna_status list_directory(const char *directory, const char *absent,
                                         struct sterna_corpus *corpus, struct sterna_error *error)
{
    static const char *const endings[] = {".wav", ".flac", NULL};
    struct sterna_listing listing = {NULL, 0};
    char *recordings = sterna_corpus_path(directory, "recordings"); /* where the repository keeps them */
    const char *place = recordings != NULL && sterna_corpus_is_directory(recordings) ? recordings : directory;
    enum sterna_status status = sterna_corpus_is_directory(place)
                                    ? sterna_listing_read(place, endings, false, &listing, error)
                                    : STERNA_OK;
    if (status == STERNA_OK)
        status = add_all(place, absent, &listing, corpus, error);
    if (status == STERNA_OK && corpus->files == 0)
        status = sterna_fail(error, STERNA_ERR_MISSING,
                             "fsdd: %s has no recordings like 7_name_0.wav; to get them: "
                             "git clone https://github.com/Jakobovski/free-spoken-digit-dataset %s",
                             directory, directory);
    sterna_listing_free(&listing);
    free(recordings);
    return status;
}

static enum sterna_status list(const char *argument, struct sterna_corpus *corpus, struct sterna_error *error)
{
    const char *at = strrchr(argument, '@');
    if (at != NULL && (at[1] == '\0' || strchr(at, '/') != NULL))
        at = NULL; /* part of the directory's name */
    char *directory = at != NULL ? strndup(argument, (size_t)(at - argument)) : strdup(argument);
    if (directory == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "fsdd: out of memory");
    enum sterna_status status = sterna_corpus_name(corpus, digits, sizeof digits / sizeof digits[0], error);
    if (status == STERNA_OK)
        status = list_directory(directory, at != NULL ? at + 1 : NULL, corpus, error);
    free(directory);
    return status;
}

const struct sterna_sequence_source sterna_source_fsdd = {
    .name = "fsdd", .needs_argument = true, .sound = true, .list = list, .read = NULL};
