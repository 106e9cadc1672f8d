#include "corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIRST_CAPACITY = 64 };

/* Room for one more of `count` elements of `size` bytes: it doubles at powers of two. NULL: no memory. */
static void *grow(void *array, size_t count, size_t size)
{
    if (count != 0 && (count < FIRST_CAPACITY || (count & (count - 1)) != 0))
        return array;
    return realloc(array, (count == 0 ? FIRST_CAPACITY : 2 * count) * size);
}

/* ---- files and classes --------------------------------------------------------------------------------- */

enum sterna_status sterna_corpus_name(struct sterna_corpus *corpus, const char *const *names, size_t count,
                                      struct sterna_error *error)
{
    corpus->class_name = calloc(count, sizeof *corpus->class_name);
    if (corpus->class_name == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    corpus->classes = count;
    for (size_t i = 0; i < count; i++)
        (void)snprintf(corpus->class_name[i], STERNA_CLASS_NAME, "%s", names[i]);
    return STERNA_OK;
}

enum sterna_status sterna_corpus_add(struct sterna_corpus *corpus, const char *path, size_t label,
                                     enum sterna_split split, struct sterna_error *error)
{
    struct stat facts;
    if (stat(path, &facts) != 0)
        return sterna_fail(error, STERNA_ERR_IO, "%s: %s", path, strerror(errno));
    struct sterna_corpus_file *grown = grow(corpus->file, corpus->files, sizeof *grown);
    if (grown != NULL)
        corpus->file = grown;
    char *copy = grown != NULL ? strdup(path) : NULL;
    if (copy == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    corpus->file[corpus->files++] = (struct sterna_corpus_file){
        .path = copy,
        .label = (uint8_t)label,
        .split = split,
        .size = (uint64_t)facts.st_size,
        .changed = facts.st_mtim,
    };
    return STERNA_OK;
}

void sterna_corpus_free(struct sterna_corpus *corpus)
{
    for (size_t i = 0; i < corpus->files; i++)
        free(corpus->file[i].path);
    free(corpus->file);
    free(corpus->class_name);
    memset(corpus, 0, sizeof *corpus);
}

/* ---- directories --------------------------------------------------------------------------------------- */

char *sterna_corpus_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        (void)snprintf(path, size, "%s%s%s", directory, directory[0] != '\0' ? "/" : "", name);
    return path;
}

bool sterna_corpus_is_directory(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool has_ending(const char *name, const char *const *endings)
{
    size_t length = strlen(name);
    for (; *endings != NULL; endings++) {
        size_t tail = strlen(*endings);
        if (length > tail && strcmp(name + length - tail, *endings) == 0)
            return true;
    }
    return false;
}

/* A walk through a directory tree. */
struct walk {
    const char *root;
    const char *const *endings;
    bool deep;
    struct sterna_listing *listing;
};

static enum sterna_status visit(const struct walk *walk, const char *below, struct sterna_error *error);

/* Take the entry or, if it is a directory, its entries. `relative` becomes ours. */
static enum sterna_status take(const struct walk *walk, char *relative, struct sterna_error *error)
{
    char *path = relative != NULL ? sterna_corpus_path(walk->root, relative) : NULL;
    char **grown = grow(walk->listing->path, walk->listing->count, sizeof *grown);
    if (grown != NULL)
        walk->listing->path = grown;
    enum sterna_status status = STERNA_OK;
    if (path == NULL || grown == NULL) {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", walk->root);
    } else if (sterna_corpus_is_directory(path)) {
        if (walk->deep)
            status = visit(walk, relative, error);
    } else if (has_ending(relative, walk->endings)) {
        walk->listing->path[walk->listing->count++] = relative;
        relative = NULL;
    }
    free(path);
    free(relative);
    return status;
}

static enum sterna_status visit(const struct walk *walk, const char *below, struct sterna_error *error)
{
    char *path = below[0] != '\0' ? sterna_corpus_path(walk->root, below) : strdup(walk->root);
    if (path == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", walk->root);
    DIR *directory = opendir(path);
    enum sterna_status status = STERNA_OK;
    if (directory == NULL)
        status = sterna_fail(error, STERNA_ERR_IO, "%s: %s", path, strerror(errno));
    while (directory != NULL && status == STERNA_OK) {
        const struct dirent *entry = readdir(directory);
        if (entry == NULL)
            break;
        if (entry->d_name[0] != '.')
            status = take(walk, sterna_corpus_path(below, entry->d_name), error);
    }
    if (directory != NULL)
        (void)closedir(directory);
    free(path);
    return status;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum sterna_status sterna_listing_read(const char *directory, const char *const *endings, bool deep,
                                       struct sterna_listing *listing, struct sterna_error *error)
{
    struct sterna_listing found = {NULL, 0};
    struct walk walk = {directory, endings, deep, &found};
    enum sterna_status status = visit(&walk, "", error);
    if (status != STERNA_OK) {
        sterna_listing_free(&found);
        return status;
    }
    if (found.count > 0)
        qsort(found.path, found.count, sizeof *found.path, compare_paths);
    *listing = found;
    return STERNA_OK;
}

void sterna_listing_free(struct sterna_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->path[i]);
    free(listing->path);
    *listing = (struct sterna_listing){NULL, 0};
}
