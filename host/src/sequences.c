/* sequences.c - labelled sequences by the name of their source: from the cache, or from the data. */
#include "corpus.h"
#include "front_end.h"
#include "sequences_cache.h"

#include <stdlib.h>
#include <string.h>

static const struct sterna_sequence_source *const sources[] = {
    &sterna_source_fsdd,
    &sterna_source_asterisk,
    &sterna_source_fashion_mnist,
};

/* The source of this name, and what follows its colon (NULL: nothing); NULL if there is none such. */
static const struct sterna_sequence_source *find(const char *source, const char **argument)
{
    size_t length = strcspn(source, ":");
    *argument = source[length] == ':' && source[length + 1] != '\0' ? source + length + 1 : NULL;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strlen(sources[i]->name) == length && strncmp(source, sources[i]->name, length) == 0)
            return sources[i];
    return NULL;
}

bool sterna_sequences_known(const char *source)
{
    const char *argument = NULL;
    return find(source, &argument) != NULL;
}

/* Read the data themselves. */
static enum sterna_status read_data(const struct sterna_sequence_source *kind, struct sterna_corpus *corpus,
                                    struct sterna_sequences *sequences, struct sterna_error *error)
{
    enum sterna_status status = kind->read != NULL ? kind->read(corpus, sequences, error)
                                                   : sterna_recordings_read(corpus, sequences, error);
    sequences->classes = corpus->classes;
    sequences->class_name = corpus->class_name;
    corpus->class_name = NULL;
    return status;
}

static enum sterna_status open_corpus(const struct sterna_sequence_source *kind, struct sterna_corpus *corpus,
                                      struct sterna_sequences *sequences, struct sterna_error *error)
{
    struct sterna_cache_place place = {NULL, NULL};
    char options[STERNA_FRONT_END_TEXT];
    enum sterna_status status = STERNA_OK;
    if (!kind->sound) /* images are read as fast as their cache would be */
        return read_data(kind, corpus, sequences, error);
    sterna_front_end_describe(&sequences->front_end, options);
    if (!sterna_cache_find(kind, corpus, options, &place))
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", corpus->source);
    struct sterna_front_end_options front_end = sequences->front_end;
    if (!sterna_cache_load(&place, sequences)) {
        sequences->front_end = front_end;
        status = read_data(kind, corpus, sequences, error);
        if (status == STERNA_OK)
            sterna_cache_save(&place, sequences);
    }
    sterna_cache_free(&place);
    return status;
}

enum sterna_status sterna_sequences_open(const char *source, const struct sterna_front_end_options *options,
                                         struct sterna_sequences *sequences, struct sterna_error *error)
{
    const char *argument = NULL;
    const struct sterna_sequence_source *kind = find(source, &argument);
    if (kind == NULL || (kind->needs_argument && argument == NULL))
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "\"%.200s\" is no known data set of sequences; use fsdd:DIR, asterisk or fashion-mnist", source);
    struct sterna_corpus corpus = {.source = source};
    struct sterna_sequences opened = {0};
    sterna_front_end_default(&opened.front_end);
    if (options != NULL)
        opened.front_end = *options;
    enum sterna_status status = kind->list(argument, &corpus, error);
    if (status == STERNA_OK)
        status = open_corpus(kind, &corpus, &opened, error);
    if (status == STERNA_OK)
        *sequences = opened;
    else
        sterna_sequences_close(&opened);
    sterna_corpus_free(&corpus);
    return status;
}

void sterna_sequences_close(struct sterna_sequences *sequences)
{
    for (int s = 0; s < STERNA_SPLITS; s++) {
        free(sequences->split[s].start);
        free(sequences->split[s].label);
        free(sequences->split[s].frames);
    }
    free(sequences->class_name);
    free(sequences->mean);
    free(sequences->deviation);
    memset(sequences, 0, sizeof *sequences);
}
