/* study_job.h - one run of a study, from the recipe to its result. Who may do it is study_claim.h's business. */
#ifndef STERNA_STUDY_JOB_H
#define STERNA_STUDY_JOB_H

#include "study.h"

struct sterna_study_job {
    const struct sterna_study *study;
    size_t run;
    unsigned threads;                                                          /* 0: one per processor */
    const volatile sig_atomic_t *stop;                                         /* may be NULL */
    void (*tell)(const struct sterna_study_progress *progress, void *context); /* may be NULL */
    void *context;
    /* From here on the job's own. */
    struct sterna_recipe recipe;
    char checkpoint[STERNA_STUDY_PATH], model[STERNA_STUDY_PATH];
    double seconds; /* of this training */
    size_t evaluated, evaluations;
};

/* Fill in the rest. */
STERNA_MUST_CHECK enum sterna_status sterna_study_job_open(struct sterna_study_job *job,
                                                           struct sterna_error *error);
/* The run's folder belongs to one recipe, that of run.recipe, which this writes if there is none. STERNA_ERR_RANGE if it is not the
 * job's. */
STERNA_MUST_CHECK enum sterna_status sterna_study_job_check(const struct sterna_study_job *job,
                                                            struct sterna_error *error);
/* In the run's folder, which exists: check, train from the checkpoint if there is one, quantize, evaluate, write result.json. *diverged:
 * the result is that training does not stay finite. */
STERNA_MUST_CHECK enum sterna_status sterna_study_job_run(struct sterna_study_job *job, bool *diverged,
                                                          struct sterna_error *error);

#endif
