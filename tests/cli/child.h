/* child.h - for the tests of the command line: run build/sterna as a user would, and keep what it said. */
#ifndef STERNA_TESTS_CHILD_H
#define STERNA_TESTS_CHILD_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* nftw; this header is included first */
#endif

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <check.h>

#ifndef STERNA_PROGRAM
#define STERNA_PROGRAM "build/sterna"
#endif

enum { CHILD_TEXT_MAX = 1 << 18, CHILD_PATH_MAX = 256 };

/* A child that has ended. */
struct child {
    int status; /* exit status; -1: killed by a signal */
    char out[CHILD_TEXT_MAX];
    char err[CHILD_TEXT_MAX];
};

extern char **environ;

/* A directory for the files of a test case: child_prepare makes it, child_clean removes it. */
static char child_directory[64];

static inline void child_path(char path[CHILD_PATH_MAX], const char *name)
{
    (void)snprintf(path, CHILD_PATH_MAX, "%s/%s", child_directory, name);
}

static inline void child_prepare(void)
{
    (void)snprintf(child_directory, sizeof child_directory, "/tmp/sterna-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(child_directory));
}

static inline int child_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static inline void child_clean(void)
{
    (void)nftw(child_directory, child_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void child_write(const char *path, const char *text)
{
    FILE *stream = fopen(path, "wb");

    ck_assert_ptr_nonnull(stream);
    ck_assert(fputs(text, stream) >= 0);
    ck_assert_int_eq(fclose(stream), 0);
}

static inline size_t child_read(const char *path, char *text, size_t size)
{
    FILE *stream = fopen(path, "rb");

    ck_assert_msg(stream != NULL, "%s is not there", path);
    size_t got = fread(text, 1, size - 1, stream);
    text[got] = '\0';
    (void)fclose(stream);
    return got;
}

/* Start the program with standard input and output from and to files, standard error to a pipe. */
static inline pid_t child_start(const char *const *argv, const char *input, const char *output,
                                int *error_end)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t process = -1;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    ck_assert_int_eq(posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0), 0);
    ck_assert_int_eq(
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
    ck_assert_int_eq(posix_spawn_file_actions_adddup2(&actions, ends[1], 2), 0);
    ck_assert_int_eq(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
    ck_assert_int_eq(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
    ck_assert_msg(posix_spawn(&process, argv[0], &actions, NULL, (char *const *)argv, environ) == 0,
                  "cannot start %s", argv[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    *error_end = ends[0];
    return process;
}

/* Read standard error to its end; at its first line, interrupt the program if that is asked for. */
static inline void child_listen(struct child *child, pid_t process, int error_end, bool interrupt)
{
    size_t size = 0;
    ssize_t got = 0;

    while ((got = read(error_end, child->err + size, CHILD_TEXT_MAX - 1 - size)) > 0) {
        size += (size_t)got;
        child->err[size] = '\0';
        if (interrupt && strchr(child->err, '\n') != NULL) {
            ck_assert_int_eq(kill(process, SIGINT), 0);
            interrupt = false;
        }
    }
    child->err[size] = '\0';
    (void)close(error_end);
}

/* Run the program to its end. input and output name files; NULL: none, and keep in child->out. */
static inline void child_run(struct child *child, const char *input, const char *output, bool interrupt,
                             const char *const *argv)
{
    char kept[CHILD_PATH_MAX];
    int error_end = -1;
    int status = 0;

    child_path(kept, "stdout");
    pid_t process =
        child_start(argv, input != NULL ? input : "/dev/null", output != NULL ? output : kept, &error_end);
    child_listen(child, process, error_end, interrupt);
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    child->out[0] = '\0';
    if (output == NULL)
        (void)child_read(kept, child->out, sizeof child->out);
}

/* sterna(&child, "info", path): run with these arguments, and look at child afterwards. */
#define sterna(child, ...)                                                                                   \
    child_run((child), NULL, NULL, false, (const char *const[]){STERNA_PROGRAM, __VA_ARGS__, NULL})

#define ck_assert_has(text, part)                                                                            \
    ck_assert_msg(strstr((text), (part)) != NULL, "\"%s\" is not in: %s", (part), (text))

/* The child has complained in one line, beginning like this, and printed nothing else. */
static inline void child_complained(const struct child *child, int status, const char *beginning)
{
    ck_assert_int_eq(child->status, status);
    ck_assert_str_eq(child->out, "");
    ck_assert_msg(strncmp(child->err, beginning, strlen(beginning)) == 0, "expected: %s\ngot: %s", beginning,
                  child->err);
    ck_assert_ptr_eq(strchr(child->err, '\n'), child->err + strlen(child->err) - 1);
}

#endif
