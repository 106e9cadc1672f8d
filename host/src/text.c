/* text.c - character data: where it comes from, its alphabet, and its three parts. */
#include "file.h"
#include "sterna.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { BLOCK = 20000, BLOCKS = 20 }; /* characters; blocks of which two are held out */

struct bytes {
    uint8_t *data;
    size_t size;
};

/* ---- the program bible --------------------------------------------------------------------------------- */

static const char bible_missing[] =
    "kjv: the text is not installed; do: apt-get install bible-kjv bible-kjv-text";

/* The environment without COLUMNS, which would change the width of the program's lines: the text must be
 * the same for all. The strings are environ's own; NULL if out of memory. */
static char **bible_environment(void)
{
    size_t count = 0;
    while (environ != NULL && environ[count] != NULL)
        count++;
    char **kept = calloc(count + 1, sizeof *kept);
    size_t n = 0;
    for (size_t i = 0; i < count && kept != NULL; i++)
        if (strncmp(environ[i], "COLUMNS=", 8) != 0)
            kept[n++] = environ[i];
    return kept;
}

/* Start it with its output going to descriptor `output`; 0 or an errno value. */
static int start_bible(int output, pid_t *child)
{
    char **environment = bible_environment();
    posix_spawn_file_actions_t actions;
    int failure = environment == NULL ? ENOMEM : posix_spawn_file_actions_init(&actions);
    if (failure == 0) {
        failure = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (failure == 0)
            failure = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (failure == 0)
            failure = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (failure == 0) {
            char *arguments[] = {"bible", "gen1:1-rev22:21", NULL};
            failure = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environment);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    free(environment);
    return failure;
}

/* Whether the child left with status 0. */
static bool ended_well(pid_t child)
{
    int result = 0;
    while (waitpid(child, &result, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

static enum sterna_status read_bible(struct bytes *text, struct sterna_error *error)
{
    int ends[2];
    if (pipe(ends) != 0)
        return sterna_fail(error, STERNA_ERR_IO, "kjv: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC); /* the child must not hold its own pipe open */
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t child = -1;
    int failure = start_bible(ends[1], &child);
    (void)close(ends[1]);
    enum sterna_status status;
    if (failure == ENOENT)
        status = sterna_fail(error, STERNA_ERR_MISSING, "%s", bible_missing);
    else if (failure != 0)
        status =
            sterna_fail(error, STERNA_ERR_IO, "kjv: cannot run the program bible: %s", strerror(failure));
    else
        status = sterna_file_read_stream(ends[0], "kjv", &text->data, &text->size, error);
    (void)close(ends[0]);
    if (failure == 0 && !ended_well(child) && status == STERNA_OK)
        status = sterna_fail(error, STERNA_ERR_MISSING, "%s", bible_missing);
    return status;
}

/* ---- alphabet and parts -------------------------------------------------------------------------------- */

/* The split of character `index`: of every BLOCKS blocks the last is test and the one before it
 * validation. */
static enum sterna_split split_of(size_t index, size_t block)
{
    size_t place = index / block % BLOCKS;
    return place == BLOCKS - 1 ? STERNA_TEST : place == BLOCKS - 2 ? STERNA_VALID : STERNA_TRAIN;
}

/* Deal a text out to the three parts, still as bytes. */
static enum sterna_status deal(const char *source, const struct bytes *whole,
                               struct bytes part[STERNA_SPLITS], struct sterna_error *error)
{
    if (whole->size < BLOCKS)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %zu characters are too few to split; at least %d are needed", source,
                           whole->size, BLOCKS);
    size_t block = whole->size / BLOCKS < BLOCK ? whole->size / BLOCKS : BLOCK;
    for (int s = 0; s < STERNA_SPLITS; s++) {
        part[s].data = malloc(whole->size);
        if (part[s].data == NULL)
            return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", source);
    }
    for (size_t i = 0; i < whole->size; i++) {
        struct bytes *target = &part[split_of(i, block)];
        target->data[target->size++] = whole->data[i];
    }
    return STERNA_OK;
}

/* Collect the alphabet of all parts and turn their bytes into indices, in place; the parts become the
 * text's. */
static void index_parts(struct bytes part[STERNA_SPLITS], struct sterna_text *text)
{
    bool used[256] = {false};
    uint8_t index[256] = {0};
    for (int s = 0; s < STERNA_SPLITS; s++)
        for (size_t i = 0; i < part[s].size; i++)
            used[part[s].data[i]] = true;
    memset(text, 0, sizeof *text);
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!used[byte])
            continue;
        index[byte] = (uint8_t)text->symbols;
        text->alphabet[text->symbols++] = (uint8_t)byte;
    }
    for (int s = 0; s < STERNA_SPLITS; s++) {
        for (size_t i = 0; i < part[s].size; i++)
            part[s].data[i] = index[part[s].data[i]];
        text->split[s] = part[s].data;
        text->length[s] = part[s].size;
        part[s] = (struct bytes){NULL, 0};
    }
}

/* ---- sources ------------------------------------------------------------------------------------------- */

static enum sterna_status open_whole(const char *source, const char *path, struct bytes part[STERNA_SPLITS],
                                     struct sterna_error *error)
{
    struct bytes whole = {NULL, 0};
    enum sterna_status status =
        path == NULL ? read_bible(&whole, error) : sterna_file_read(path, &whole.data, &whole.size, error);
    if (status == STERNA_OK)
        status = deal(path == NULL ? source : path, &whole, part, error);
    free(whole.data);
    return status;
}

static enum sterna_status open_directory(const char *directory, struct bytes part[STERNA_SPLITS],
                                         struct sterna_error *error)
{
    static const char *const names[STERNA_SPLITS] = {"train.txt", "valid.txt", "test.txt"};
    enum sterna_status status = STERNA_OK;
    for (int s = 0; s < STERNA_SPLITS && status == STERNA_OK; s++) {
        size_t size = strlen(directory) + strlen(names[s]) + 2;
        char *path = malloc(size);
        if (path == NULL)
            return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", directory);
        (void)snprintf(path, size, "%s/%s", directory, names[s]);
        status = sterna_file_read(path, &part[s].data, &part[s].size, error);
        if (status == STERNA_OK && part[s].size == 0)
            status = sterna_fail(error, STERNA_ERR_RANGE, "%s: the file is empty", path);
        free(path);
    }
    return status;
}

/* What follows "name:" in source; NULL if it begins otherwise, or nothing follows. */
static const char *after(const char *source, const char *name)
{
    size_t length = strlen(name);
    return strncmp(source, name, length) == 0 && source[length] != '\0' ? source + length : NULL;
}

enum sterna_status sterna_text_open(const char *source, struct sterna_text *text, struct sterna_error *error)
{
    struct bytes part[STERNA_SPLITS] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const char *path = after(source, "text:");
    const char *directory = after(source, "ptb-char:");
    enum sterna_status status;
    if (directory != NULL)
        status = open_directory(directory, part, error);
    else if (path != NULL || strcmp(source, "kjv") == 0)
        status = open_whole(source, path, part, error);
    else
        status = sterna_fail(error, STERNA_ERR_RANGE,
                             "\"%.200s\" is no known data; use kjv, text:PATH or ptb-char:DIR", source);
    if (status == STERNA_OK)
        index_parts(part, text);
    for (int s = 0; s < STERNA_SPLITS; s++)
        free(part[s].data);
    return status;
}

void sterna_text_close(struct sterna_text *text)
{
    for (int s = 0; s < STERNA_SPLITS; s++)
        free(text->split[s]);
    memset(text, 0, sizeof *text);
}

enum sterna_status sterna_text_map(struct sterna_text *text, const uint8_t *alphabet, size_t symbols,
                                   struct sterna_error *error)
{
    bool known[256] = {false};
    uint8_t index[256] = {0};
    uint8_t map[256] = {0};
    for (size_t i = 0; i < symbols; i++) {
        known[alphabet[i]] = true;
        index[alphabet[i]] = (uint8_t)i;
    }
    for (size_t i = 0; i < text->symbols; i++) {
        unsigned byte = text->alphabet[i];
        if (!known[byte] && byte > 0x20 && byte < 0x7F)
            return sterna_fail(error, STERNA_ERR_RANGE, "the text has the character '%c', the model does not",
                               (int)byte);
        if (!known[byte])
            return sterna_fail(error, STERNA_ERR_RANGE, "the text has the byte 0x%02X, the model does not",
                               byte);
        map[i] = index[byte];
    }
    for (int s = 0; s < STERNA_SPLITS; s++)
        for (size_t i = 0; i < text->length[s]; i++)
            text->split[s][i] = map[text->split[s][i]];
    memmove(text->alphabet, alphabet, symbols);
    text->symbols = symbols;
    return STERNA_OK;
}
