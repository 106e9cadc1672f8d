/* corpus.h - what a data set consists of, known before anything big is read: classes, files, and which file
 * is in which split. Sources of sequences fill it in (fsdd.c, asterisk.c, fashion_mnist.c); sequences.c turns
 * it into frames.
 */
#ifndef STERNA_CORPUS_H
#define STERNA_CORPUS_H

#include "sterna.h"

#include <time.h>

struct sterna_corpus_file {
    char *path;
    uint8_t label;
    enum sterna_split split;
    uint64_t size;
    struct timespec changed;
};

struct sterna_corpus {
    const char *source; /* as the user named it; borrowed */
    size_t classes;
    char (*class_name)[STERNA_CLASS_NAME];
    struct sterna_corpus_file *file; /* in an order of its own, the same on every machine */
    size_t files;
    double piece_seconds; /* recordings are cut in pieces of this length; 0: whole */
    double least_seconds; /* and what is shorter is left out */
    bool telephone;       /* whatever is no *.gsm goes through sterna_audio_telephone */
};

struct sterna_sequence_source {
    const char *name; /* what stands before the colon of "name:argument" */
    bool needs_argument;
    bool sound; /* front-end options matter */
    /* argument: what follows the colon, NULL if there is none. */
    enum sterna_status (*list)(const char *argument, struct sterna_corpus *corpus,
                               struct sterna_error *error);
    /* Read the files into a zeroed struct, all but the class names. NULL: recordings.c does. On failure the
     * caller closes. */
    enum sterna_status (*read)(const struct sterna_corpus *corpus, struct sterna_sequences *sequences,
                               struct sterna_error *error);
};

extern const struct sterna_sequence_source sterna_source_fsdd, sterna_source_asterisk,
    sterna_source_fashion_mnist;

/* Copy the class names. */
STERNA_MUST_CHECK enum sterna_status sterna_corpus_name(struct sterna_corpus *corpus,
                                                        const char *const *names, size_t count,
                                                        struct sterna_error *error);
/* Add a file that must be there; its size and time are looked up. */
STERNA_MUST_CHECK enum sterna_status sterna_corpus_add(struct sterna_corpus *corpus, const char *path,
                                                       size_t label, enum sterna_split split,
                                                       struct sterna_error *error);
void sterna_corpus_free(struct sterna_corpus *corpus);

/* The files of a directory whose names end in one of the endings (NULL-terminated), ascending by byte value,
 * as paths relative to it; subdirectories too if deep. STERNA_ERR_IO if it cannot be read. */
struct sterna_listing {
    char **path;
    size_t count;
};
STERNA_MUST_CHECK enum sterna_status sterna_listing_read(const char *directory, const char *const *endings,
                                                         bool deep, struct sterna_listing *listing,
                                                         struct sterna_error *error);
void sterna_listing_free(struct sterna_listing *listing);
/* directory/name, malloc'ed; NULL if there is no memory. */
char *sterna_corpus_path(const char *directory, const char *name);
bool sterna_corpus_is_directory(const char *path);

/* Read the recordings of a corpus through the front end: every feature gets mean 0 and deviation 1 over the
 * training split, then int8. sequences->front_end holds the options. */
STERNA_MUST_CHECK enum sterna_status sterna_recordings_read(const struct sterna_corpus *corpus,
                                                            struct sterna_sequences *sequences,
                                                            struct sterna_error *error);

#endif
