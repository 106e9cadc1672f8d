/* file.c - POSIX calls with their interruptions, short counts and late errors taken care of. */
#define _XOPEN_SOURCE 700 /* realpath; includes POSIX.1-2008 */
#include "file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 1 << 16, TEMPORARY_TRIES = 100 };

static enum sterna_status fail_errno(struct sterna_error *error, const char *path, const char *what)
{
    return sterna_fail(error, STERNA_ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Read into buffer until it is full or the stream ends; false with errno set on failure. */
static bool fill(int descriptor, uint8_t *buffer, size_t capacity, size_t *filled)
{
    while (*filled < capacity) {
        ssize_t got = read(descriptor, buffer + *filled, capacity - *filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *filled += (size_t)got;
    }
    return true;
}

/* Room for `expected` bytes at once, so that a regular file is read without growing; more is found by
 * doubling. */
static enum sterna_status read_all(int descriptor, const char *name, size_t expected, uint8_t **bytes,
                                   size_t *size, struct sterna_error *error)
{
    uint8_t *buffer = NULL;
    size_t filled = 0;
    size_t capacity = expected;
    do {
        if (filled == capacity)
            capacity = capacity < SIZE_MAX / 2 ? capacity * 2 : SIZE_MAX;
        uint8_t *grown = capacity < SIZE_MAX ? realloc(buffer, capacity + 1) : NULL;
        if (grown == NULL) {
            free(buffer);
            return sterna_fail(error, STERNA_ERR_MEMORY, "%s: no memory for %zu bytes", name, capacity);
        }
        buffer = grown;
        if (!fill(descriptor, buffer, capacity, &filled)) {
            free(buffer);
            return fail_errno(error, name, "cannot read");
        }
    } while (filled == capacity);
    buffer[filled] = 0;
    *bytes = buffer;
    *size = filled;
    return STERNA_OK;
}

enum sterna_status sterna_file_read_stream(int descriptor, const char *name, uint8_t **bytes, size_t *size,
                                           struct sterna_error *error)
{
    return read_all(descriptor, name, FIRST_CAPACITY, bytes, size, error);
}

enum sterna_status sterna_file_read(const char *path, uint8_t **bytes, size_t *size,
                                    struct sterna_error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_errno(error, path, "cannot open");
    struct stat facts;
    enum sterna_status status;
    if (fstat(descriptor, &facts) != 0)
        status = fail_errno(error, path, "cannot read");
    else if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode))
        status = sterna_fail(error, STERNA_ERR_IO, "%s: not a regular file", path);
    else
        status = read_all(descriptor, path, facts.st_size > 0 ? (size_t)facts.st_size + 1 : FIRST_CAPACITY,
                          bytes, size, error);
    (void)close(descriptor);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* The file that `path` means: behind its links if it exists (renaming must replace the file, not the
 * link), else itself. Whatever is no regular file is refused: as root, a rename would put a file in the
 * place of /dev/null. */
static enum sterna_status resolve(const char *path, char **resolved, struct sterna_error *error)
{
    struct stat facts;
    bool exists = stat(path, &facts) == 0;
    if (!exists && errno != ENOENT)
        return fail_errno(error, path, "cannot write");
    if (exists && !S_ISREG(facts.st_mode))
        return sterna_fail(error, STERNA_ERR_IO, "%s: cannot write: not a regular file", path);
    *resolved = exists ? realpath(path, NULL) : strdup(path);
    return *resolved != NULL ? STERNA_OK : fail_errno(error, path, "cannot write");
}

/* Create a file of its own beside `path`: not mkstemp, whose files nobody else may read. */
static int open_temporary(const char *path, char **temporary)
{
    size_t size = strlen(path) + sizeof ".tmp" + 2 * 20;
    char *name = malloc(size);
    if (name == NULL)
        return -1;
    for (int attempt = 0; attempt < TEMPORARY_TRIES; attempt++) {
        (void)snprintf(name, size, "%s.%ld-%d.tmp", path, (long)getpid(), attempt);
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0) {
            *temporary = name;
            return descriptor;
        }
        if (errno != EEXIST)
            break;
    }
    free(name);
    return -1;
}

static void release(struct sterna_file_writer *writer)
{
    free(writer->path);
    free(writer->temporary);
    *writer = (struct sterna_file_writer){.descriptor = -1};
}

/* Report errno as the reason why the file was not written, and abandon it. */
static enum sterna_status give_up(struct sterna_file_writer *writer, struct sterna_error *error)
{
    enum sterna_status status = fail_errno(error, writer->path, "cannot write");
    sterna_file_abandon(writer);
    return status;
}

enum sterna_status sterna_file_create(const char *path, struct sterna_file_writer *writer,
                                      struct sterna_error *error)
{
    char *target = NULL;
    char *temporary = NULL;
    enum sterna_status status = resolve(path, &target, error);
    if (status != STERNA_OK)
        return status;
    int descriptor = open_temporary(target, &temporary);
    if (descriptor < 0) {
        status = fail_errno(error, path, "cannot write");
        free(target);
        return status;
    }
    *writer = (struct sterna_file_writer){.path = target, .temporary = temporary, .descriptor = descriptor};
    return STERNA_OK;
}

enum sterna_status sterna_file_append(struct sterna_file_writer *writer, const void *bytes, size_t size,
                                      struct sterna_error *error)
{
    assert(writer->temporary != NULL);
    const uint8_t *next = bytes;
    while (size > 0) {
        ssize_t put = write(writer->descriptor, next, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return give_up(writer, error);
        next += put;
        size -= (size_t)put;
    }
    return STERNA_OK;
}

/* Make the new name survive a power cut. The rename has happened and cannot be taken back, and some file
 * systems refuse to flush a directory, so a failure is not one of the caller's. */
static void flush_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    int descriptor = directory != NULL ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
    free(directory);
}

enum sterna_status sterna_file_commit(struct sterna_file_writer *writer, struct sterna_error *error)
{
    assert(writer->temporary != NULL);
    if (fsync(writer->descriptor) != 0)
        return give_up(writer, error);
    int closed = close(writer->descriptor); /* a network file system may report a full disk only here */
    writer->descriptor = -1;
    if (closed != 0 || rename(writer->temporary, writer->path) != 0)
        return give_up(writer, error);
    flush_directory(writer->path);
    release(writer);
    return STERNA_OK;
}

void sterna_file_abandon(struct sterna_file_writer *writer)
{
    if (writer->temporary == NULL)
        return;
    if (writer->descriptor >= 0)
        (void)close(writer->descriptor);
    (void)unlink(writer->temporary);
    release(writer);
}

enum sterna_status sterna_file_write(const char *path, const void *bytes, size_t size,
                                     struct sterna_error *error)
{
    struct sterna_file_writer writer;
    enum sterna_status status = sterna_file_create(path, &writer, error);
    if (status == STERNA_OK)
        status = sterna_file_append(&writer, bytes, size, error);
    if (status == STERNA_OK)
        status = sterna_file_commit(&writer, error);
    return status;
}

/* ---- directories --------------------------------------------------------------------------------------- */

enum sterna_status sterna_file_make_directory(const char *path, struct sterna_error *error)
{
    if (path[0] == '\0')
        return sterna_fail(error, STERNA_ERR_RANGE, "the directory's name is empty");
    char *part = strdup(path);
    if (part == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    enum sterna_status status = STERNA_OK;
    for (char *at = part + 1; status == STERNA_OK; at++) {
        const char end = *at;
        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            status = fail_errno(error, part, "cannot make the directory");
        *at = end;
        if (end == '\0')
            break;
    }
    free(part);
    return status;
}
