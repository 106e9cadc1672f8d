/* study.h - a study: the grid of runs that a small file describes, and the names of their files.
 *
 *   study.c            the file, the grid          study_result.c   what a run found
 *   study_claim.c      who works on a run          study_group.c    means over seeds, ranks
 *   study_job.c        train, quantize, evaluate   study_report.c   CSV, Markdown
 *   study_run.c        one run after the other     study_picture.c  SVG
 *
 * DIRECTORY/study.csv, study.md, *.svg, and for each run a folder DIRECTORY/ID with
 *
 *   run.recipe               what it runs, complete           claim         who runs it just now (study_claim.h)
 *   checkpoint.safetensors   and curve.csv, curve.svg,        error.txt     why its last attempt failed
 *     histogram.csv, .svg:   of sterna_train                  result.json   what it found; makes it done (study_result.h)
 *   model.safetensors        if it can be deployed         seconds.txt   of training, restarts added up
 */
#ifndef STERNA_STUDY_H
#define STERNA_STUDY_H

#include "sterna.h"

enum {
    STERNA_AXES_MAX = 8,
    STERNA_AXIS_VALUES_MAX = 64,
    STERNA_LABEL_SIZE = 32,
    STERNA_SETTINGS_SIZE = 1024,
    STERNA_RUN_ID_SIZE = STERNA_AXES_MAX * STERNA_LABEL_SIZE,
    STERNA_STUDY_PATH = 4096
};

struct sterna_axis_value {
    char label[STERNA_LABEL_SIZE];
    char settings[STERNA_SETTINGS_SIZE]; /* "key=value key=value" */
};

struct sterna_axis {
    char name[STERNA_LABEL_SIZE];
    size_t count;
    struct sterna_axis_value value[STERNA_AXIS_VALUES_MAX];
};

struct sterna_study {
    char name[STERNA_STUDY_PATH]; /* of the file */
    char directory[STERNA_STUDY_PATH - STERNA_RUN_ID_SIZE - 64];
    struct sterna_recipe recipe; /* of all runs, before the axes */
    uint64_t limit;              /* of each evaluation; 0: none */
    bool begun;                  /* while reading: keys of the recipe have been set */
    size_t axes;
    struct sterna_axis axis[STERNA_AXES_MAX];
    size_t runs; /* the product of the axes' counts; the last axis changes fastest */
    char (*id)[STERNA_RUN_ID_SIZE];
};

/* Which value of the axis a run has. */
size_t sterna_study_value(const struct sterna_study *study, size_t run, size_t axis);
const char *sterna_study_label(const struct sterna_study *study, size_t run, size_t axis);
/* The axis of this name; study->axes if there is none. */
size_t sterna_study_axis(const struct sterna_study *study, const char *name);
/* The run's recipe. */
STERNA_MUST_CHECK enum sterna_status sterna_study_recipe(const struct sterna_study *study, size_t run,
                                                         struct sterna_recipe *recipe,
                                                         struct sterna_error *error);
/* DIRECTORY/ID/name; run = study->runs: DIRECTORY/name; name "": the folder. */
void sterna_study_file(const struct sterna_study *study, size_t run, const char *name,
                       char path[STERNA_STUDY_PATH]);

#endif
