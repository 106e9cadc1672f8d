/* study_group.h - the results of a study so far, and what they say: means over seeds, and ranks by validation alone. */
#ifndef STERNA_STUDY_GROUP_H
#define STERNA_STUDY_GROUP_H

#include "study_result.h"

struct sterna_spread {
    size_t count;
    double mean, deviation; /* of the sample (n - 1); NaN if there are too few */
};

/* The runs that differ in the seed only. */
struct sterna_group {
    size_t run;     /* the first of them: its labels */
    size_t section; /* groups of the same section differ in the method only */
    size_t runs, done, diverged;
    char metric[16]; /* "": no values */
    struct sterna_spread valid[STERNA_MEASURES], test[STERNA_MEASURES];
    struct sterna_spread valid_headline, test_headline; /* sterna_result_headline of each run */
    bool deployed;                                      /* the headline is of deployed models */
    double best; /* the test headline of the run with the best validation headline */
    double model_bytes, bits_per_weight, seconds; /* means */
    size_t
        rank; /* in the section, 1 = the best mean on validation; who diverged on a seed comes after all who did not; 0: no values */
};

struct sterna_table {
    const struct sterna_study *study;
    size_t seed, method; /* axes; study->axes: there is none */
    bool *done;          /* [runs] */
    struct sterna_run_result *result;
    size_t groups, sections;
    struct sterna_group *group; /* in the order of the grid */
};

STERNA_MUST_CHECK enum sterna_status sterna_table_open(const struct sterna_study *study,
                                                       struct sterna_table *table,
                                                       struct sterna_error *error);
void sterna_table_close(struct sterna_table *table);
/* Which group a run belongs to. */
size_t sterna_table_group(const struct sterna_table *table, size_t run);
/* The group of this rank in a section, or of the rank after those: groups without values last. table->groups: no more. */
size_t sterna_table_ranked(const struct sterna_table *table, size_t section, size_t place);
/* The labels of a run, joined by `between`, without those of the axes of a set: a sum of 1 << axis. */
void sterna_table_labels(const struct sterna_table *table, size_t run, unsigned without, const char *between,
                         char text[STERNA_RUN_ID_SIZE]);

#endif
