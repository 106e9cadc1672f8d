/* study_files.h - a study of tiny runs in a directory of its own, for tests only. Include it first: nftw. */
#ifndef STERNA_STUDY_FILES_H
#define STERNA_STUDY_FILES_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include <ftw.h>
#include <math.h>
#include <sys/stat.h>

#include "study_result.h"
#include "tiny_training.h"

static inline int study_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

/* scratch_close for directories in directories. */
static inline void study_clean(const struct scratch *scratch)
{
    (void)nftw(scratch->directory, study_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Write the file of a study whose results go to the directory "out", and read it. */
static inline enum sterna_status study_write(const struct scratch *scratch, const char *lines,
                                             struct sterna_study **study, struct sterna_error *error)
{
    char path[SCRATCH_PATH], text[8192];
    const int size = snprintf(text, sizeof text, "out = %s/out\n%s", scratch->directory, lines);
    if (size >= (int)sizeof text ||
        sterna_file_write(scratch_path(scratch, "test.study", path), text, (size_t)size, error) != STERNA_OK)
        abort();
    return sterna_study_open(path, NULL, study, error);
}

/* The same with the keys of tiny_recipe before the lines. */
static inline enum sterna_status study_write_tiny(const struct scratch *scratch, const char *lines,
                                                  struct sterna_study **study, struct sterna_error *error)
{
    const struct sterna_recipe tiny = tiny_recipe(scratch);
    char text[8192];
    const size_t used = sterna_recipe_print(&tiny, text, sizeof text);
    (void)snprintf(text + used, sizeof text - used, "limit = 200\n%s", lines);
    return study_write(scratch, text, study, error);
}

static inline int study_has(const struct sterna_study *study, size_t run, const char *name)
{
    char path[STERNA_STUDY_PATH];
    sterna_study_file(study, run, name, path);
    return access(path, F_OK) == 0;
}

/* Text of a file of the study; malloc'ed. */
static inline char *study_read(const struct sterna_study *study, size_t run, const char *name)
{
    char path[STERNA_STUDY_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    sterna_study_file(study, run, name, path);
    if (sterna_file_read(path, &bytes, &size, NULL) != STERNA_OK)
        abort();
    return (char *)bytes;
}

/* A result as if the run had been made: deployed where deployed is not NaN, else in float. */
static inline void study_pretend(const struct sterna_study *study, size_t run, const char *metric,
                                 double valid, double test, double deployed)
{
    char path[STERNA_STUDY_PATH];
    struct sterna_run_result result = {
        .model_bytes = 1000, .weights = 800, .bits_per_weight = 10, .updates = 30, .seconds = 2};
    (void)snprintf(result.metric, sizeof result.metric, "%s", metric);
    for (int i = 0; i < STERNA_MEASURES; i++)
        result.valid[i] = result.test[i] = NAN;
    result.valid[STERNA_MEASURE_DETERMINISTIC] = valid;
    result.test[STERNA_MEASURE_DETERMINISTIC] = test;
    result.valid[STERNA_MEASURE_DEPLOYED] = isfinite(deployed) ? valid : NAN;
    result.test[STERNA_MEASURE_DEPLOYED] = deployed;
    if (isnan(valid))
        (void)snprintf(result.diverged, sizeof result.diverged, "update 3: the loss is not finite");
    sterna_study_file(study, run, "", path);
    if (sterna_file_make_directory(path, NULL) != STERNA_OK ||
        sterna_result_save(study, run, &result, NULL) != STERNA_OK)
        abort();
}

#endif
