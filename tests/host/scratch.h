/* scratch.h - a directory of its own for each test that writes files; for tests only. Include check.h
 * after it. */
#ifndef STERNA_SCRATCH_H
#define STERNA_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRATCH_PATH = 512 };

struct scratch {
    char directory[256];
};

static inline void scratch_open(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    (void)snprintf(scratch->directory, sizeof scratch->directory, "%.200s/sterna-test-XXXXXX",
                   parent != NULL ? parent : "/tmp");
    if (mkdtemp(scratch->directory) == NULL)
        abort();
}

/* The path of a file in the directory, in memory of the caller's. */
static inline const char *scratch_path(const struct scratch *scratch, const char *name,
                                       char path[SCRATCH_PATH])
{
    (void)snprintf(path, SCRATCH_PATH, "%s/%.200s", scratch->directory, name);
    return path;
}

/* Number of files in the directory; removes them if asked to. */
static inline size_t scratch_files(const struct scratch *scratch, int removing)
{
    DIR *directory = opendir(scratch->directory);
    if (directory == NULL)
        abort();
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (removing) {
            char file[SCRATCH_PATH];
            (void)unlink(scratch_path(scratch, entry->d_name, file));
        }
    }
    (void)closedir(directory);
    return count;
}

static inline void scratch_close(const struct scratch *scratch)
{
    (void)scratch_files(scratch, 1);
    (void)rmdir(scratch->directory);
}

#endif
