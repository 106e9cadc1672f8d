/* study_job.c - one run: train, quantize, evaluate on validation and test data, write down. */
#include "study_job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "histogram.h"
#include "study_result.h"
#include "training.h"

enum { RECIPE_TEXT = 8192 };

static void tell(const struct sterna_study_job *job, enum sterna_study_event event, uint64_t done,
                 uint64_t total, const char *text)
{
    const struct sterna_study_progress progress = {
        .event = event, .run = job->run, .done = done, .total = total, .text = text};
    if (job->tell != NULL)
        job->tell(&progress, job->context);
}

enum sterna_status sterna_study_job_open(struct sterna_study_job *job, struct sterna_error *error)
{
    sterna_study_file(job->study, job->run, "checkpoint.safetensors", job->checkpoint);
    sterna_study_file(job->study, job->run, "model.safetensors", job->model);
    return sterna_study_recipe(job->study, job->run, &job->recipe, error);
}

/* ---- training ------------------------------------------------------------------------------------------ */

static void show_training(const struct sterna_progress *progress, void *context)
{
    struct sterna_study_job *job = context;
    char valid[48] = "", text[96];

    job->seconds = progress->seconds;
    if (isfinite(progress->valid_accuracy))
        (void)snprintf(valid, sizeof valid, ", valid %.2f %%", progress->valid_accuracy);
    else if (isfinite(progress->valid_bits))
        (void)snprintf(valid, sizeof valid, ", valid %.3f", progress->valid_bits);
    (void)snprintf(text, sizeof text, "%.3f bits%s", progress->train_bits, valid);
    tell(job, STERNA_STUDY_TRAINS, progress->update, progress->updates, text);
}

/* Bytes of the whole lines that two texts begin with alike. */
static size_t lines_in_common(const char *one, const char *other)
{
    size_t lines = 0;
    for (size_t i = 0; one[i] != '\0' && one[i] == other[i]; i++)
        if (one[i] == '\n')
            lines = i + 1;
    return lines;
}

/* The folder belongs to one recipe: the first that runs there writes it down. Keys that a later version of the program adds have
 * their default in both. */
enum sterna_status sterna_study_job_check(const struct sterna_study_job *job, struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH], wanted[RECIPE_TEXT], found[RECIPE_TEXT];
    struct sterna_recipe there;
    enum sterna_status status = STERNA_OK;

    sterna_study_file(job->study, job->run, "run.recipe", path);
    (void)sterna_recipe_print(&job->recipe, wanted, sizeof wanted);
    if (access(path, F_OK) != 0)
        return sterna_file_write(path, wanted, strlen(wanted), error);
    sterna_recipe_default(&there);
    status = sterna_recipe_load(path, &there, error);
    if (status != STERNA_OK)
        return status;
    (void)sterna_recipe_print(&there, found, sizeof found);
    const size_t same = lines_in_common(wanted, found);
    if (wanted[same] == '\0')
        return STERNA_OK;
    return sterna_fail(error, STERNA_ERR_RANGE,
                       "%s says \"%.*s\", the study now \"%.*s\": remove that folder, or choose another out",
                       path, (int)strcspn(found + same, "\n"), found + same,
                       (int)strcspn(wanted + same, "\n"), wanted + same);
}

/* Seconds of training add up over restarts; what a killed process spent is lost. */
static double add_seconds(const struct sterna_study_job *job)
{
    char path[STERNA_STUDY_PATH], text[64];
    uint8_t *bytes = NULL;
    size_t size = 0;
    double total = job->seconds;

    sterna_study_file(job->study, job->run, "seconds.txt", path);
    if (access(path, F_OK) == 0 && sterna_file_read(path, &bytes, &size, NULL) == STERNA_OK)
        total += strtod((const char *)bytes, NULL);
    free(bytes);
    const int length = snprintf(text, sizeof text, "%.3f\n", total);
    const enum sterna_status status = sterna_file_write(path, text, (size_t)length, NULL);
    (void)status; /* a figure for people; not worth a run */
    return total;
}

static enum sterna_status train(struct sterna_study_job *job, struct sterna_run_result *result,
                                struct sterna_error *error)
{
    char directory[STERNA_STUDY_PATH], csv[STERNA_STUDY_PATH], svg[STERNA_STUDY_PATH];

    sterna_study_file(job->study, job->run, "", directory);
    sterna_study_file(job->study, job->run, "histogram.csv", csv);
    sterna_study_file(job->study, job->run, "histogram.svg", svg);
    const struct sterna_train_options options = {
        .recipe = job->recipe,
        .directory = directory,
        .resume = access(job->checkpoint, F_OK) == 0,
        .histogram = true,
        .threads = job->threads,
        .stop = job->stop,
        .progress = show_training,
        .context = job,
    };
    enum sterna_status status = sterna_train(&options, error);
    result->seconds = add_seconds(job);
    result->updates = (double)job->recipe.updates;
    if (status == STERNA_OK && access(csv, F_OK) == 0) /* too short a text is never validated */
        status = sterna_histogram_picture(csv, svg, job->study->id[job->run], error);
    return status;
}

/* ---- what came of it ----------------------------------------------------------------------------------- */

/* All evaluations of a run count as one stage, in thousandths of each. */
static void show_evaluation(size_t done, size_t total, void *context)
{
    const struct sterna_study_job *job = context;
    tell(job, STERNA_STUDY_EVALUATES, 1000 * job->evaluated + (total > 0 ? 1000 * done / total : 0),
         1000 * job->evaluations, "");
}

/* The one place that knows what an evaluation returns. */
static enum sterna_status evaluate(struct sterna_study_job *job, enum sterna_measure measure,
                                   enum sterna_split split, struct sterna_run_result *result,
                                   struct sterna_error *error)
{
    const bool deployed = measure == STERNA_MEASURE_DEPLOYED;
    struct sterna_eval_result found = {.value = NAN};
    const struct sterna_eval_options options = {
        .path = deployed ? job->model : job->checkpoint,
        .data = job->recipe.data,
        .on = deployed ? "reference" : "float",
        .weights = deployed ? NULL : sterna_measure_names[measure],
        .split = split,
        .limit = job->study->limit,
        .threads = job->threads,
        .seed = job->recipe.seed,
        .stop = job->stop,
        .progress = show_evaluation,
        .context = job,
    };
    enum sterna_status status = sterna_eval(&options, &found, error);
    if (status == STERNA_OK) {
        (void)snprintf(result->metric, sizeof result->metric, "%s", found.metric);
        (split == STERNA_VALID ? result->valid : result->test)[measure] = found.value;
        job->evaluated++;
    }
    sterna_eval_result_free(&found);
    return status;
}

static enum sterna_status weigh_model(const struct sterna_study_job *job, struct sterna_run_result *result,
                                      struct sterna_error *error)
{
    struct sterna_model *model = NULL;
    struct sterna_model_facts facts;

    enum sterna_status status = sterna_model_load(job->model, &model, error);
    if (status != STERNA_OK)
        return status;
    sterna_model_facts(model, &facts);
    sterna_model_free(model);
    result->model_bytes = (double)facts.bytes;
    result->weights = (double)facts.weights;
    return STERNA_OK;
}

/* In float; and whether it can be anything else. */
static enum sterna_status weigh_checkpoint(const struct sterna_study_job *job, bool *deploys,
                                           struct sterna_run_result *result, struct sterna_error *error)
{
    struct sterna_training training = {0};

    enum sterna_status status = sterna_checkpoint_load(job->checkpoint, &training, error);
    if (status != STERNA_OK)
        return status;
    const struct sterna_parameters *parameters = &training.network.parameters;
    result->model_bytes = (double)(parameters->size * sizeof(float));
    for (size_t i = 0; i < parameters->tensors; i++)
        if (parameters->list[i].cols > 0)
            result->weights += (double)parameters->list[i].count;
    *deploys = sterna_network_deployable(&training.network);
    sterna_training_free(&training);
    return STERNA_OK;
}

static enum sterna_status judge(struct sterna_study_job *job, struct sterna_run_result *result,
                                struct sterna_error *error)
{
    bool deploys = false;
    enum sterna_status status = weigh_checkpoint(job, &deploys, result, error);
    const bool wanted[STERNA_MEASURES] = {
        [STERNA_MEASURE_MASTER] = true,
        [STERNA_MEASURE_STOCHASTIC] = strcmp(job->recipe.sampling, "stochastic") == 0,
        [STERNA_MEASURE_DETERMINISTIC] = true,
        [STERNA_MEASURE_DEPLOYED] = deploys,
    };

    if (status == STERNA_OK && deploys)
        status = sterna_quantize(job->checkpoint, job->model, error);
    if (status == STERNA_OK && deploys)
        status = weigh_model(job, result, error);
    for (int measure = 0; measure < STERNA_MEASURES; measure++)
        job->evaluations += wanted[measure] ? 2 : 0;
    for (int measure = 0; measure < STERNA_MEASURES; measure++) {
        if (status == STERNA_OK && wanted[measure])
            status = evaluate(job, (enum sterna_measure)measure, STERNA_VALID, result, error);
        if (status == STERNA_OK && wanted[measure])
            status = evaluate(job, (enum sterna_measure)measure, STERNA_TEST, result, error);
    }
    result->bits_per_weight = 8.0 * result->model_bytes / result->weights;
    return status;
}

enum sterna_status sterna_study_job_run(struct sterna_study_job *job, bool *diverged,
                                        struct sterna_error *error)
{
    struct sterna_run_result result = {.metric = ""};

    for (int i = 0; i < STERNA_MEASURES; i++)
        result.valid[i] = result.test[i] = NAN;
    enum sterna_status status = sterna_study_job_check(job, error);
    if (status != STERNA_OK)
        return status;
    tell(job, STERNA_STUDY_BEGINS, 0, job->recipe.updates, "");
    status = train(job, &result, error);
    *diverged = status == STERNA_ERR_DIVERGED; /* a finding about the method, and the same at each attempt */
    if (*diverged) {
        (void)snprintf(result.diverged, sizeof result.diverged, "%.*s", (int)sizeof result.diverged - 1,
                       error->reason);
        result.model_bytes = result.weights = result.bits_per_weight = NAN;
        status = STERNA_OK;
    } else if (status == STERNA_OK) {
        status = judge(job, &result, error);
    }
    return status == STERNA_OK ? sterna_result_save(job->study, job->run, &result, error) : status;
}
