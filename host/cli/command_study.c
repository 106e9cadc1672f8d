/* command_study.c - sterna study: a grid of runs, done by any number of processes, and what came of it. */
#include "command.h"
#include "interrupt.h"
#include "record.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

/* What the progress call-back needs. */
struct watch {
    const struct sterna_study *study;
    struct sterna_bar bar;
    char label[256];
    size_t settled, selected;
    bool single; /* one run at a time: the bar is of the run, else of the study */
};

static void begin_bar(struct watch *watch, size_t run)
{
    if (!watch->single)
        return;
    (void)snprintf(watch->label, sizeof watch->label, "%zu/%zu %s", run + 1, sterna_study_runs(watch->study),
                   sterna_study_id(watch->study, run));
    sterna_bar_begin(&watch->bar, watch->label);
}

static void show_stage(struct watch *watch, const struct sterna_study_progress *progress, const char *stage)
{
    const char *id = sterna_study_id(watch->study, progress->run);
    char text[400];

    if (watch->single) {
        (void)snprintf(text, sizeof text, "%s %s", stage, progress->text);
        sterna_bar_show(&watch->bar, progress->done, progress->total, text);
        return;
    }
    (void)snprintf(text, sizeof text, "%s: %s %.0f %% %s", id, stage,
                   progress->total > 0 ? 100.0 * (double)progress->done / (double)progress->total : 0.0,
                   progress->text);
    sterna_bar_show(&watch->bar, watch->settled, watch->selected, text);
}

static void end_run(struct watch *watch, const struct sterna_study_progress *progress)
{
    const char *id = sterna_study_id(watch->study, progress->run);

    watch->settled++;
    if (progress->event == STERNA_STUDY_ENDS)
        return;
    sterna_bar_end(&watch->bar);
    sterna_complain("study",
                    progress->event == STERNA_STUDY_FAILS      ? "%s failed: %s"
                    : progress->event == STERNA_STUDY_DIVERGES ? "%s: %s" /* the reason of the trainer */
                                                               : "%s is being run by %s",
                    id, progress->text);
}

static void show_progress(const struct sterna_study_progress *progress, void *context)
{
    struct watch *watch = context;

    switch (progress->event) {
    case STERNA_STUDY_BEGINS:
        begin_bar(watch, progress->run);
        break;
    case STERNA_STUDY_TRAINS:
        show_stage(watch, progress, "training");
        break;
    case STERNA_STUDY_EVALUATES:
        show_stage(watch, progress, "evaluating");
        break;
    case STERNA_STUDY_ENDS:
    case STERNA_STUDY_DIVERGES:
    case STERNA_STUDY_FAILS:
    case STERNA_STUDY_ELSEWHERE:
        end_run(watch, progress);
        break;
    }
}

/* ---- which runs ---------------------------------------------------------------------------------------- */

/* A run's ID, or its line in --list counted from 1. */
static bool select_one(const struct sterna_study *study, const char *name, struct sterna_study_options *part)
{
    const size_t runs = sterna_study_runs(study);
    struct sterna_nearest nearest = {0};
    char *end = NULL;

    part->stride = runs;
    for (size_t i = 0; i < runs; i++) {
        if (strcmp(sterna_study_id(study, i), name) == 0) {
            part->first = i;
            return true;
        }
        sterna_nearest_offer(&nearest, name, sterna_study_id(study, i));
    }
    const unsigned long long line = strtoull(name, &end, 10);
    if (name[0] >= '0' && name[0] <= '9' && *end == '\0' && line >= 1 && line <= runs) {
        part->first = (size_t)line - 1;
        return true;
    }
    sterna_complain("study", "--only %s: there is no such run%s%s; --list prints all %zu", name,
                    nearest.slip ? ", did you mean " : "", nearest.slip ? nearest.word : "", runs);
    return false;
}

/* "I/N": every N-th run from the I-th on, counted from 0. */
static bool select_shard(const char *shard, struct sterna_study_options *part)
{
    unsigned long long number = 0, parts = 0;
    char rest = '\0';

    if (sscanf(shard, "%5llu/%5llu%c", &number, &parts, &rest) == 2 && number < parts) {
        part->first = (size_t)number;
        part->stride = (size_t)parts;
        return true;
    }
    sterna_complain("study", "--shard %s: should be I/N, I from 0 to N - 1 (of Slurm: --array=0-7)", shard);
    return false;
}

/* ---- results ------------------------------------------------------------------------------------------- */

static int print_list(const struct sterna_options *options, const struct sterna_study *study)
{
    static const char *const names[] = {"waiting", "claimed", "done", "diverged"};

    for (size_t i = 0; i < sterna_study_runs(study); i++) {
        enum sterna_run_state state = STERNA_RUN_WAITING;
        struct sterna_record record;
        struct sterna_error error;
        char holder[160];
        if (!options->json) {
            (void)printf("%s\n", sterna_study_id(study, i));
            continue;
        }
        if (sterna_study_state(study, i, &state, holder, &error) != STERNA_OK) {
            sterna_complain("study", "%s", error.reason);
            return STERNA_EXIT_FAILED;
        }
        sterna_record_begin(&record, true);
        sterna_record_text(&record, "id", sterna_study_id(study, i));
        sterna_record_text(&record, "state", names[state]);
        sterna_record_text(&record, "holder", holder);
        const int status = sterna_record_end(&record);
        if (status != STERNA_EXIT_DONE)
            return status;
    }
    return STERNA_EXIT_DONE;
}

static int print_outcome(const struct sterna_options *options, const struct sterna_study *study,
                         const struct sterna_study_outcome *outcome)
{
    struct sterna_record record;
    char table[4200];

    (void)snprintf(table, sizeof table, "%s/study.md", sterna_study_directory(study));
    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "table", table);
    sterna_record_count(&record, "runs", sterna_study_runs(study));
    if (!options->report) {
        sterna_record_count(&record, "done_before", outcome->before);
        sterna_record_count(&record, "done_now", outcome->done);
        sterna_record_count(&record, "diverged_now", outcome->diverged);
        sterna_record_count(&record, "failed", outcome->failed);
        sterna_record_count(&record, "running_elsewhere", outcome->elsewhere);
    }
    return sterna_record_end(&record);
}

static int report(const struct sterna_study *study)
{
    struct sterna_error error;

    if (sterna_study_report(study, &error) == STERNA_OK)
        return STERNA_EXIT_DONE;
    sterna_complain("study", "%s", error.reason);
    return STERNA_EXIT_FAILED;
}

static size_t count_selected(const struct sterna_study *study, const struct sterna_study_options *part)
{
    const size_t runs = sterna_study_runs(study);
    return part->first < runs ? (runs - part->first - 1) / part->stride + 1 : 0;
}

static int run_study(const struct sterna_options *options, const struct sterna_study *study)
{
    struct sterna_study_options part = {.stride = 1,
                                        .jobs = (unsigned)options->jobs,
                                        .threads = (unsigned)options->threads,
                                        .steal = options->steal,
                                        .progress = show_progress};
    struct sterna_study_outcome outcome = {0};
    struct sterna_error error;

    if (options->only != NULL && !select_one(study, options->only, &part))
        return STERNA_EXIT_USAGE;
    if (options->shard != NULL && !select_shard(options->shard, &part))
        return STERNA_EXIT_USAGE;
    struct watch watch = {
        .study = study, .selected = count_selected(study, &part), .single = options->jobs <= 1};
    part.context = &watch;
    part.stop = sterna_interrupt_catch();
    sterna_bar_begin(&watch.bar, "study");
    enum sterna_status status = sterna_study_run(study, &part, &outcome, &error);
    sterna_bar_end(&watch.bar);
    const int reported = report(study);
    if (status != STERNA_OK)
        sterna_complain("study", "%s%s", error.reason,
                        status == STERNA_ERR_INTERRUPTED ? "; the same command goes on" : "");
    if (status != STERNA_OK || reported != STERNA_EXIT_DONE)
        return STERNA_EXIT_FAILED;
    return print_outcome(options, study, &outcome);
}

static int run(const struct sterna_options *options)
{
    struct sterna_study *study = NULL;
    struct sterna_error error;
    int status = STERNA_EXIT_DONE;

    if ((options->only != NULL) + (options->shard != NULL) + options->list + options->report > 1) {
        sterna_complain("study", "--only, --shard, --list and --report: one of them at a time");
        return STERNA_EXIT_USAGE;
    }
    if (sterna_study_open(options->argument[0], options->out, &study, &error) != STERNA_OK) {
        sterna_complain("study", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    if (options->list) {
        status = print_list(options, study);
    } else if (options->report) {
        status = report(study);
        if (status == STERNA_EXIT_DONE)
            status = print_outcome(options, study, &(struct sterna_study_outcome){0});
    } else {
        status = run_study(options, study);
    }
    sterna_study_free(study);
    return status;
}

const struct sterna_command sterna_command_study = {
    .name = "study",
    .arguments = "FILE",
    .fewest = 1,
    .most = 1,
    .takes = STERNA_TAKES_OUT | STERNA_TAKES_JOBS | STERNA_TAKES_ONLY | STERNA_TAKES_SHARD |
             STERNA_TAKES_LIST | STERNA_TAKES_REPORT | STERNA_TAKES_STEAL | STERNA_TAKES_THREADS |
             STERNA_TAKES_JSON,
    .summary = "train, quantize and evaluate a grid of recipes; gather table and pictures",
    .details =
        "FILE holds lines \"key = value\" as recipes do, and axes; each combination of their labels is a "
        "run:\n\n"
        "  out = build/study                      folder of the results (or --out)\n"
        "  base = models/kjv-gru.recipe           a recipe to start from; first, if at all\n"
        "  hidden = 64                            any key of recipes, for all runs\n"
        "  limit = 20000                          of each evaluation: so many characters at most\n"
        "  axis method = float: quantizer=float quantizer_output=float integer_updates=0 | twn: "
        "quantizer=twn\n"
        "  axis seed = 1 | 2 | 3                  without a colon: the axis is itself a key\n\n"
        "Results are averaged over the axis \"seed\"; the axis \"method\" is ranked, on validation data "
        "alone.\n"
        "The folder gets study.md (the table), study.csv and pictures, and a folder for each run.\n\n"
        "Whatever stopped it, the same command goes on: runs that are done stay, others resume from their\n"
        "checkpoints. Any number of processes, on machines that share the folder, may work on it at once:\n\n"
        "  sterna study FILE --jobs 8                                                       one machine\n"
        "  sterna study FILE --list | parallel sterna study FILE --threads 1 --only {}      GNU parallel\n"
        "  sbatch --array=0-7 --wrap 'sterna study FILE --shard $SLURM_ARRAY_TASK_ID/8'     Slurm\n"
        "  sterna study FILE --report                                                       gather at the "
        "end\n",
    .run = run,
};
