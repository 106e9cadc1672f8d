/* study_run.c - the runs of a study: threads take one after the other, and each is claimed, trained, quantized, evaluated. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "study_claim.h"
#include "study_job.h"
#include "study_result.h"

enum { JOBS_MAX = 1024 };

/* All that the threads share; what changes is behind the lock. */
struct crew {
    const struct sterna_study *study;
    const struct sterna_study_options *options;
    unsigned threads; /* of each run */
    pthread_mutex_t lock;
    size_t next;
    struct sterna_study_outcome outcome;
    enum sterna_status status; /* of the first failure */
    struct sterna_error error;
};

static bool stopped(const struct crew *crew)
{
    return crew->options->stop != NULL && *crew->options->stop != 0;
}

static void tell(struct crew *crew, const struct sterna_study_progress *progress)
{
    if (crew->options->progress == NULL)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    crew->options->progress(progress, crew->options->context);
    (void)pthread_mutex_unlock(&crew->lock);
}

static void pass_on(const struct sterna_study_progress *progress, void *crew)
{
    tell(crew, progress);
}

enum verdict { BEFORE, DONE, DIVERGED, FAILED, ELSEWHERE };

/* Under the claim: perhaps somebody finished it between the look and the claim. */
static enum sterna_status run_claimed(struct sterna_study_job *job, enum verdict *verdict,
                                      struct sterna_error *error)
{
    const struct sterna_study *study = job->study;
    struct sterna_run_result found;
    bool done = false, diverged = false;

    enum sterna_status status = sterna_result_load(study, job->run, &done, &found, error);
    if (status == STERNA_OK && done) {
        *verdict = BEFORE;
        return sterna_study_job_check(job, error);
    }
    if (status == STERNA_OK)
        status = sterna_study_job_run(job, &diverged, error);
    *verdict = diverged ? DIVERGED : DONE;
    return status;
}

static enum sterna_status attempt(struct crew *crew, struct sterna_study_job *job, enum verdict *verdict,
                                  struct sterna_error *error)
{
    const struct sterna_study *study = crew->study;
    char path[STERNA_STUDY_PATH], holder[STERNA_CLAIM_SIZE];
    struct sterna_run_result found;
    bool done = false, taken = false;

    enum sterna_status status = sterna_study_job_open(job, error);
    if (status == STERNA_OK)
        status = sterna_result_load(study, job->run, &done, &found, error);
    if (status == STERNA_OK && done) {
        *verdict = BEFORE;
        return sterna_study_job_check(job, error);
    }
    sterna_study_file(study, job->run, "", path);
    if (status == STERNA_OK)
        status = sterna_file_make_directory(path, error);
    sterna_study_file(study, job->run, "claim", path);
    if (status == STERNA_OK)
        status = sterna_claim_take(path, crew->options->steal, &taken, holder, error);
    if (status != STERNA_OK)
        return status;
    if (!taken) {
        *verdict = ELSEWHERE;
        tell(crew, &(struct sterna_study_progress){STERNA_STUDY_ELSEWHERE, job->run, 0, 0, holder});
        return STERNA_OK;
    }
    status = run_claimed(job, verdict, error);
    sterna_claim_release(path);
    return status;
}

static void count_verdict(struct crew *crew, enum verdict verdict, enum sterna_status status, size_t run,
                          const struct sterna_error *error)
{
    (void)pthread_mutex_lock(&crew->lock);
    crew->outcome.before += verdict == BEFORE;
    crew->outcome.done += verdict == DONE || verdict == DIVERGED;
    crew->outcome.diverged += verdict == DIVERGED;
    crew->outcome.elsewhere += verdict == ELSEWHERE;
    crew->outcome.failed += verdict == FAILED;
    if (verdict == FAILED && crew->status == STERNA_OK) {
        crew->status = status;
        (void)sterna_fail(&crew->error, status, "%.200s: %s", crew->study->id[run], error->reason);
    }
    (void)pthread_mutex_unlock(&crew->lock);
}

/* What went wrong stays in the folder until an attempt succeeds. */
static void keep_reason(const struct crew *crew, size_t run, const struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH];
    sterna_study_file(crew->study, run, "error.txt", path);
    if (error == NULL) {
        (void)unlink(path);
        return;
    }
    const enum sterna_status status = sterna_file_write(path, error->reason, strlen(error->reason), NULL);
    (void)status; /* it is told anyway */
}

static void run_one(struct crew *crew, size_t run)
{
    struct sterna_study_job job = {.study = crew->study,
                                   .run = run,
                                   .threads = crew->threads,
                                   .stop = crew->options->stop,
                                   .tell = pass_on,
                                   .context = crew};
    struct sterna_error error = {.reason = ""};
    enum verdict verdict = BEFORE;

    const enum sterna_status status = attempt(crew, &job, &verdict, &error);
    if (status == STERNA_ERR_INTERRUPTED)
        return;
    if (status != STERNA_OK)
        verdict = FAILED;
    count_verdict(crew, verdict, status, run, &error);
    if (verdict == BEFORE || verdict == ELSEWHERE)
        return;
    keep_reason(crew, run, verdict == FAILED ? &error : NULL);
    tell(crew, &(struct sterna_study_progress){.event = verdict == DONE       ? STERNA_STUDY_ENDS
                                                        : verdict == DIVERGED ? STERNA_STUDY_DIVERGES
                                                                              : STERNA_STUDY_FAILS,
                                               .run = run,
                                               .text = error.reason});
}

static void *run_many(void *context)
{
    struct crew *crew = context;
    const size_t stride = crew->options->stride > 0 ? crew->options->stride : 1;

    while (!stopped(crew)) {
        (void)pthread_mutex_lock(&crew->lock);
        const size_t run = crew->next;
        if (run < crew->study->runs)
            crew->next = run + stride < run ? crew->study->runs : run + stride;
        (void)pthread_mutex_unlock(&crew->lock);
        if (run >= crew->study->runs)
            break;
        run_one(crew, run);
    }
    return NULL;
}

/* The caller is one of the threads. */
static void run_crew(struct crew *crew, unsigned jobs)
{
    pthread_t thread[JOBS_MAX];
    unsigned started = 0;

    while (started + 1 < jobs && pthread_create(&thread[started], NULL, run_many, crew) == 0)
        started++; /* fewer threads than asked for: slower, nothing else */
    (void)run_many(crew);
    while (started > 0)
        (void)pthread_join(thread[--started], NULL);
}

enum sterna_status sterna_study_run(const struct sterna_study *study,
                                    const struct sterna_study_options *options,
                                    struct sterna_study_outcome *outcome, struct sterna_error *error)
{
    const bool several = options->jobs > 1;
    const size_t stride = options->stride > 0 ? options->stride : 1;
    struct crew crew = {.study = study,
                        .options = options,
                        .threads = several ? 1 : options->threads,
                        .next = options->first};

    if (options->first < study->runs)
        crew.outcome.selected = (study->runs - options->first - 1) / stride + 1;
    (void)pthread_mutex_init(&crew.lock, NULL);
    run_crew(&crew, options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX);
    (void)pthread_mutex_destroy(&crew.lock);
    *outcome = crew.outcome;
    const size_t settled =
        crew.outcome.before + crew.outcome.done + crew.outcome.failed + crew.outcome.elsewhere;
    if (settled < crew.outcome.selected)
        return sterna_fail(error, STERNA_ERR_INTERRUPTED, "stopped; %zu of %zu runs are done",
                           crew.outcome.before + crew.outcome.done, crew.outcome.selected);
    if (crew.status != STERNA_OK)
        return sterna_fail(error, crew.status, "%zu of %zu runs failed; the first: %s", crew.outcome.failed,
                           crew.outcome.selected, crew.error.reason);
    return STERNA_OK;
}

enum sterna_status sterna_study_state(const struct sterna_study *study, size_t run,
                                      enum sterna_run_state *state, char holder[160],
                                      struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH], name[STERNA_CLAIM_SIZE] = "";
    struct sterna_run_result result;
    bool done = false;

    enum sterna_status status = sterna_result_load(study, run, &done, &result, error);
    if (status != STERNA_OK)
        return status;
    sterna_study_file(study, run, "claim", path);
    const bool held = !done && sterna_claim_held(path, name);
    *state = done ? (result.diverged[0] != '\0' ? STERNA_RUN_DIVERGED : STERNA_RUN_DONE)
                  : (held ? STERNA_RUN_CLAIMED : STERNA_RUN_WAITING);
    if (holder != NULL)
        (void)snprintf(holder, STERNA_CLAIM_SIZE, "%s", held ? name : "");
    return STERNA_OK;
}
