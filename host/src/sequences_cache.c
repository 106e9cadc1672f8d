#include "sequences_cache.h"

#include "buffer.h"
#include "safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#define VERSION "1" /* of this format and of the front end's arithmetic: a change of either is a new number */

enum { NUMBER_TEXT = 32, TENSOR_NAME = 16 };

static const char *const split_names[STERNA_SPLITS] = {"train", "valid", "test"};

/* ---- name and key -------------------------------------------------------------------------------------- */

static const uint64_t hash_start = UINT64_C(0xCBF29CE484222325);

/* FNV-1a, 64 bits (Fowler, Noll, Vo), of a text with its end, or of a number. */
static uint64_t hash_byte(uint64_t so_far, unsigned byte)
{
    return (so_far ^ byte) * UINT64_C(0x100000001B3);
}

static uint64_t hash_text(uint64_t so_far, const char *text)
{
    for (; *text != '\0'; text++)
        so_far = hash_byte(so_far, (unsigned char)*text);
    return hash_byte(so_far, 0);
}

static uint64_t hash_number(uint64_t so_far, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        so_far = hash_byte(so_far, (unsigned)(number >> shift & 0xFF));
    return so_far;
}

static uint64_t hash_files(const struct sterna_corpus *corpus)
{
    uint64_t result = hash_start;
    for (size_t i = 0; i < corpus->files; i++) {
        const struct sterna_corpus_file *file = &corpus->file[i];
        result = hash_text(result, file->path);
        result = hash_number(result, file->size);
        result = hash_number(result, (uint64_t)file->changed.tv_sec);
        result = hash_number(result, (uint64_t)file->changed.tv_nsec);
        result = hash_number(result, file->label);
        result = hash_number(result, (uint64_t)file->split);
    }
    return result;
}

/* The directory, made if it is not there; malloc'ed, NULL if there is none. */
static char *find_directory(void)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char *base = NULL;
    if (cache != NULL &&
        cache[0] == '/') /* a relative one is to be ignored: XDG Base Directory Specification */
        base = strdup(cache);
    else if (home != NULL && home[0] == '/')
        base = sterna_corpus_path(home, ".cache");
    char *directory = base != NULL ? sterna_corpus_path(base, "sterna") : NULL;
    if (directory != NULL) {
        (void)mkdir(base, 0700);
        (void)mkdir(directory, 0700);
    }
    free(base);
    return directory;
}

static char *make_path(const struct sterna_sequence_source *kind, const char *source, const char *options)
{
    char name[128];
    uint64_t identity = hash_text(hash_text(hash_start, source), options);
    (void)snprintf(name, sizeof name, "%s-%016" PRIx64 ".safetensors", kind->name, identity);
    char *directory = find_directory();
    char *path = directory != NULL ? sterna_corpus_path(directory, name) : NULL;
    free(directory);
    return path;
}

bool sterna_cache_find(const struct sterna_sequence_source *kind, const struct sterna_corpus *corpus,
                       const char *options, struct sterna_cache_place *place)
{
    size_t size = strlen(corpus->source) + strlen(options) + 64;
    char *key = malloc(size);
    if (key == NULL)
        return false;
    (void)snprintf(key, size, VERSION "; %s; %s; %016" PRIx64, corpus->source, options, hash_files(corpus));
    *place = (struct sterna_cache_place){.path = make_path(kind, corpus->source, options), .key = key};
    return true;
}

void sterna_cache_free(struct sterna_cache_place *place)
{
    free(place->path);
    free(place->key);
    *place = (struct sterna_cache_place){NULL, NULL};
}

/* CRC-32 of every tensor, begun with its name, all by exclusive or: a file may have them in any order. */
static uint32_t check_of(const struct sterna_tensors *tensors)
{
    uLong check = 0;
    for (size_t i = 0; i < sterna_tensors_count(tensors); i++) {
        const struct sterna_tensor *tensor = sterna_tensors_at(tensors, i);
        uLong name = crc32_z(0, (const Bytef *)tensor->name, strlen(tensor->name));
        check ^= crc32_z(name, tensor->data, tensor->bytes);
    }
    return (uint32_t)check;
}

/* ---- loading ------------------------------------------------------------------------------------------- */

/* A number of the metadata, at most `most`; false if it is none. */
static bool read_number(const struct sterna_tensors *tensors, const char *key, uint64_t most,
                        uint64_t *number)
{
    const char *text = sterna_tensors_metadata(tensors, key);
    char *end = NULL;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return *end == '\0' && *number <= most;
}

static const struct sterna_tensor *find(const struct sterna_tensors *tensors, const char *split,
                                        const char *part, enum sterna_dtype dtype, size_t rank)
{
    char name[TENSOR_NAME];
    (void)snprintf(name, sizeof name, "%s%s", split, part);
    const struct sterna_tensor *tensor = sterna_tensors_find(tensors, name);
    return tensor != NULL && tensor->dtype == dtype && tensor->rank == rank ? tensor : NULL;
}

static void *copy(const struct sterna_tensor *tensor)
{
    void *bytes = sterna_buffer_new(tensor->bytes, 1);
    if (bytes != NULL)
        memcpy(bytes, tensor->data, tensor->bytes);
    return bytes;
}

/* The beginnings as size_t; NULL if they do not rise from 0 to `steps`. */
static size_t *read_starts(const struct sterna_tensor *tensor, size_t count, size_t steps)
{
    const int64_t *stored = tensor->data;
    size_t *start = sterna_buffer_new(count + 1, sizeof *start);
    bool right = start != NULL && stored[0] == 0 && (uint64_t)stored[count] == steps;
    for (size_t i = 0; right && i <= count; i++) {
        right = i == 0 || stored[i] > stored[i - 1];
        start[i] = (size_t)stored[i];
    }
    if (right)
        return start;
    free(start);
    return NULL;
}

static bool load_split(const struct sterna_tensors *tensors, const char *name,
                       struct sterna_sequences *sequences, struct sterna_sequence_set *set)
{
    const struct sterna_tensor *start = find(tensors, name, ".start", STERNA_I64, 1);
    const struct sterna_tensor *label = find(tensors, name, ".label", STERNA_U8, 1);
    const struct sterna_tensor *frames = find(tensors, name, ".frames", STERNA_I8, 2);
    if (start == NULL || label == NULL || frames == NULL || label->shape[0] == 0 ||
        label->shape[0] > SIZE_MAX / 16 || start->shape[0] != label->shape[0] + 1)
        return false;
    set->count = label->shape[0];
    if (sequences->features == 0)
        sequences->features = frames->shape[1];
    if (sequences->features == 0 || frames->shape[1] != sequences->features)
        return false;
    set->start = read_starts(start, set->count, frames->shape[0]);
    set->label = copy(label);
    set->frames = copy(frames);
    bool right = set->start != NULL && set->label != NULL && set->frames != NULL;
    for (size_t i = 0; right && i < set->count; i++)
        right = set->label[i] < sequences->classes;
    return right;
}

static bool load_classes(const char *names, struct sterna_sequences *sequences)
{
    size_t count = 0;
    for (const char *line = names; *line != '\0'; line += strcspn(line, "\n") + 1, count++)
        if (line[strcspn(line, "\n")] != '\n')
            return false;
    sequences->class_name = calloc(count > 0 ? count : 1, sizeof *sequences->class_name);
    if (count < 2 || count > 256 || sequences->class_name == NULL)
        return false;
    sequences->classes = count;
    for (size_t i = 0; i < count; i++, names += strcspn(names, "\n") + 1)
        (void)snprintf(sequences->class_name[i], STERNA_CLASS_NAME, "%.*s", (int)strcspn(names, "\n"), names);
    return true;
}

/* mean and deviation, if it is sound. */
static bool load_scaling(const struct sterna_tensors *tensors, struct sterna_sequences *sequences)
{
    const struct sterna_tensor *mean = find(tensors, "mean", "", STERNA_F32, 1);
    const struct sterna_tensor *deviation = find(tensors, "deviation", "", STERNA_F32, 1);
    if (sequences->rate == 0)
        return true;
    if (mean == NULL || deviation == NULL || mean->shape[0] != sequences->features ||
        deviation->shape[0] != sequences->features)
        return false;
    sequences->mean = copy(mean);
    sequences->deviation = copy(deviation);
    return sequences->mean != NULL && sequences->deviation != NULL;
}

static bool load(const struct sterna_tensors *tensors, const char *key, struct sterna_sequences *sequences)
{
    const char *stored = sterna_tensors_metadata(tensors, "key");
    const char *classes = sterna_tensors_metadata(tensors, "classes");
    uint64_t check = 0;
    uint64_t rate = 0;
    uint64_t fraction = 0;
    if (stored == NULL || strcmp(stored, key) != 0 || classes == NULL ||
        !read_number(tensors, "check", UINT32_MAX, &check) || check != check_of(tensors) ||
        !read_number(tensors, "rate", UINT32_MAX, &rate) || !read_number(tensors, "fraction", 7, &fraction) ||
        !load_classes(classes, sequences))
        return false;
    sequences->rate = (uint32_t)rate;
    sequences->fraction = (unsigned)fraction;
    for (int s = 0; s < STERNA_SPLITS; s++)
        if (!load_split(tensors, split_names[s], sequences, &sequences->split[s]))
            return false;
    return load_scaling(tensors, sequences);
}

bool sterna_cache_load(const struct sterna_cache_place *place, struct sterna_sequences *sequences)
{
    struct sterna_tensors *tensors = NULL;
    if (place->path == NULL || sterna_tensors_open(place->path, &tensors, NULL) != STERNA_OK)
        return false;
    bool hit = load(tensors, place->key, sequences);
    sterna_tensors_close(tensors);
    if (!hit)
        sterna_sequences_close(sequences);
    return hit;
}

/* ---- saving -------------------------------------------------------------------------------------------- */

static bool add(struct sterna_tensors *tensors, const char *split, const char *part, enum sterna_dtype dtype,
                size_t rows, size_t columns, const void *data)
{
    char name[TENSOR_NAME];
    size_t shape[2] = {rows, columns};
    (void)snprintf(name, sizeof name, "%s%s", split, part);
    return sterna_tensors_add(tensors, name, dtype, columns > 0 ? 2 : 1, shape, data, NULL) == STERNA_OK;
}

static bool add_number(struct sterna_tensors *tensors, const char *key, uint64_t number)
{
    char text[NUMBER_TEXT];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    return sterna_tensors_set_metadata(tensors, key, text, NULL) == STERNA_OK;
}

static bool add_classes(struct sterna_tensors *tensors, const struct sterna_sequences *sequences)
{
    char *names = malloc(sequences->classes * (STERNA_CLASS_NAME + 1) + 1);
    size_t length = 0;
    if (names == NULL)
        return false;
    for (size_t i = 0; i < sequences->classes; i++)
        length += (size_t)sprintf(names + length, "%s\n", sequences->class_name[i]);
    bool done = sterna_tensors_set_metadata(tensors, "classes", names, NULL) == STERNA_OK;
    free(names);
    return done;
}

/* start[s]: room for the beginnings as int64, to stay until the file is written. */
static bool add_splits(struct sterna_tensors *tensors, const struct sterna_sequences *sequences,
                       int64_t *start[STERNA_SPLITS])
{
    bool done = true;
    for (int s = 0; s < STERNA_SPLITS && done; s++) {
        const struct sterna_sequence_set *set = &sequences->split[s];
        start[s] = sterna_buffer_new(set->count + 1, sizeof **start);
        if (start[s] == NULL)
            return false;
        for (size_t i = 0; i <= set->count; i++)
            start[s][i] = (int64_t)set->start[i];
        done = add(tensors, split_names[s], ".start", STERNA_I64, set->count + 1, 0, start[s]) &&
               add(tensors, split_names[s], ".label", STERNA_U8, set->count, 0, set->label) &&
               add(tensors, split_names[s], ".frames", STERNA_I8, set->start[set->count], sequences->features,
                   set->frames);
    }
    return done;
}

void sterna_cache_save(const struct sterna_cache_place *place, const struct sterna_sequences *sequences)
{
    struct sterna_tensors *tensors = NULL;
    int64_t *start[STERNA_SPLITS] = {NULL, NULL, NULL};
    if (place->path == NULL || sterna_tensors_new(&tensors, NULL) != STERNA_OK)
        return;
    bool done = add_splits(tensors, sequences, start);
    if (done && sequences->rate != 0)
        done = add(tensors, "mean", "", STERNA_F32, sequences->features, 0, sequences->mean) &&
               add(tensors, "deviation", "", STERNA_F32, sequences->features, 0, sequences->deviation);
    done = done && sterna_tensors_set_metadata(tensors, "key", place->key, NULL) == STERNA_OK &&
           add_classes(tensors, sequences) && add_number(tensors, "rate", sequences->rate) &&
           add_number(tensors, "fraction", sequences->fraction) &&
           add_number(tensors, "check", check_of(tensors));
    if (!done || sterna_tensors_save(tensors, place->path, NULL) != STERNA_OK)
        (void)unlink(place->path); /* what is there belongs to another state of the data */
    sterna_tensors_close(tensors);
    for (int s = 0; s < STERNA_SPLITS; s++)
        free(start[s]);
}
