/* file.h - whole files in, whole files out: a write is complete or did not happen. */
#ifndef STERNA_FILE_H
#define STERNA_FILE_H

#include "sterna.h"

/* Read all of a regular file or a named pipe. *bytes is malloc'ed, with a 0 byte after the last.
 * STERNA_ERR_IO if it cannot be opened or read, or is something else (a directory, a device). */
STERNA_MUST_CHECK enum sterna_status sterna_file_read(const char *path, uint8_t **bytes, size_t *size,
                                                      struct sterna_error *error);
/* The same from a descriptor already open, to its end; it stays open. `name` only names it in errors. */
STERNA_MUST_CHECK enum sterna_status sterna_file_read_stream(int descriptor, const char *name,
                                                             uint8_t **bytes, size_t *size,
                                                             struct sterna_error *error);

/* A file being written under a temporary name beside its final one. */
struct sterna_file_writer {
    char *path; /* the final name, symbolic links resolved */
    char *temporary;
    int descriptor;
};

/* create -> any number of append -> commit (flush to disk, rename) or abandon (remove). A failed append or
 * commit has abandoned; abandoning twice, or after a commit, does nothing. The final name may be new or an
 * existing regular file, nothing else. */
STERNA_MUST_CHECK enum sterna_status sterna_file_create(const char *path, struct sterna_file_writer *writer,
                                                        struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_file_append(struct sterna_file_writer *writer, const void *bytes,
                                                        size_t size, struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_file_commit(struct sterna_file_writer *writer,
                                                        struct sterna_error *error);
void sterna_file_abandon(struct sterna_file_writer *writer);
/* All three at once. */
STERNA_MUST_CHECK enum sterna_status sterna_file_write(const char *path, const void *bytes, size_t size,
                                                       struct sterna_error *error);

/* Make a directory and those above it; what is there already is fine. */
STERNA_MUST_CHECK enum sterna_status sterna_file_make_directory(const char *path, struct sterna_error *error);

#endif
