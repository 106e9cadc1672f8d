/* sequences_cache.h - sequences made once, kept for the next time: one safetensors file for each source and
 * front end.
 *
 * 1. The directory is $XDG_CACHE_HOME/sterna, else $HOME/.cache/sterna; with neither there is no cache.
 * 2. The file is NAME-HASH.safetensors: the source's name up to its colon, and a hash of all of it and of the
 * options. So a newer version replaces an older one.
 * 3. Metadata `key` holds version, source, options and a hash of the files' names, sizes and times; another
 * key is no hit. `check` is made of the CRC-32 of each tensor, `classes` the class names, one a line, `rate`
 * and `fraction` numbers.
 * 4. Tensors: {train,valid,test}.start int64 [count + 1], .label uint8 [count], .frames int8 [steps,
 * features]; of sound also mean and deviation, float [features].
 *
 * Nothing here is an error: a file that is damaged, stale or absent is no hit, and one that cannot be written
 * is not written.
 */
#ifndef STERNA_SEQUENCES_CACHE_H
#define STERNA_SEQUENCES_CACHE_H

#include "corpus.h"

/* options: as text, "" if they do not matter. Both malloc'ed; path is NULL if there is no cache. False: no
 * memory. */
struct sterna_cache_place {
    char *path, *key;
};
bool sterna_cache_find(const struct sterna_sequence_source *kind, const struct sterna_corpus *corpus,
                       const char *options, struct sterna_cache_place *place);
void sterna_cache_free(struct sterna_cache_place *place);
/* Fill a zeroed struct, all but front_end. False: no hit, and the struct is zero again. */
bool sterna_cache_load(const struct sterna_cache_place *place, struct sterna_sequences *sequences);
void sterna_cache_save(const struct sterna_cache_place *place, const struct sterna_sequences *sequences);

#endif
