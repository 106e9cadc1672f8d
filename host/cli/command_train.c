/* command_train.c - sterna train: a recipe and data become a checkpoint. */
#include "command.h"
#include "interrupt.h"
#include "record.h"
#include "terminal.h"

#include <math.h>
#include <unistd.h>

/* What the progress call-back needs, and leaves behind. */
struct watch {
    struct sterna_bar bar;
    struct sterna_progress last;
};

static void show_progress(const struct sterna_progress *progress, void *context)
{
    struct watch *watch = context;
    char valid[32] = "", accuracy[32] = "";
    char text[160];

    watch->last = *progress;
    if (isfinite(progress->valid_bits))
        (void)snprintf(valid, sizeof valid, ", valid %.3f", progress->valid_bits);
    if (isfinite(progress->valid_accuracy))
        (void)snprintf(accuracy, sizeof accuracy, " (%.2f %%)", progress->valid_accuracy);
    (void)snprintf(text, sizeof text, "%.3f bits%s%s, %.4g M seen%s", progress->train_bits, valid, accuracy,
                   1e-6 * (double)progress->seen, progress->integer_phase ? ", integer" : "");
    sterna_bar_show(&watch->bar, progress->update, progress->updates, text);
}

/* The recipe: defaults, then the file, then every --set. Returns an exit status. */
static int gather_recipe(const struct sterna_options *options, struct sterna_recipe *recipe)
{
    struct sterna_error error;

    sterna_recipe_default(recipe);
    if (options->recipe != NULL && sterna_recipe_load(options->recipe, recipe, &error) != STERNA_OK) {
        sterna_complain("train", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    for (size_t i = 0; i < options->settings; i++) {
        if (sterna_recipe_set(recipe, options->setting[i], &error) != STERNA_OK) {
            sterna_complain("train", "--set %s: %s", options->setting[i], error.reason);
            return STERNA_EXIT_USAGE;
        }
    }
    return STERNA_EXIT_DONE;
}

static int check_usage(const struct sterna_options *options)
{
    if (options->out == NULL) {
        sterna_complain("train", "--out DIR is needed: where the checkpoint goes");
        return STERNA_EXIT_USAGE;
    }
    if (options->resume && (options->recipe != NULL || options->settings > 0)) {
        sterna_complain("train",
                        "--resume takes the recipe from the checkpoint; leave out --recipe and --set");
        return STERNA_EXIT_USAGE;
    }
    return STERNA_EXIT_DONE;
}

static void name_checkpoint(const struct sterna_options *options, char *path, size_t size)
{
    (void)snprintf(path, size, "%s/checkpoint.safetensors", options->out);
}

/* Hours of training are not to be lost to a mistyped --out. */
static int check_directory(const struct sterna_options *options)
{
    char checkpoint[4096];

    name_checkpoint(options, checkpoint, sizeof checkpoint);
    if (options->resume || options->overwrite || access(checkpoint, F_OK) != 0)
        return STERNA_EXIT_DONE;
    sterna_complain("train",
                    "%s: there is a checkpoint already; go on with --resume, begin anew with --overwrite",
                    checkpoint);
    return STERNA_EXIT_FAILED;
}

static int print_result(const struct sterna_options *options, const struct sterna_progress *last)
{
    struct sterna_record record;
    char checkpoint[4096];

    name_checkpoint(options, checkpoint, sizeof checkpoint);
    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "checkpoint", checkpoint);
    sterna_record_count(&record, "updates", last->update);
    sterna_record_count(&record, "seen", last->seen);
    sterna_record_real(&record, "train_bits", last->train_bits, 4);
    sterna_record_real(&record, "valid_bits", last->valid_bits, 4);
    if (isfinite(last->valid_accuracy))
        sterna_record_real(&record, "valid_accuracy", last->valid_accuracy, 2);
    sterna_record_real(&record, "seconds", last->seconds, 1);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    struct sterna_train_options train = {.directory = options->out,
                                         .resume = options->resume,
                                         .threads = (unsigned)options->threads,
                                         .progress = show_progress};
    struct watch watch = {.last = {.train_bits = NAN, .valid_bits = NAN, .valid_accuracy = NAN}};
    struct sterna_error error;

    int usage = check_usage(options);
    if (usage == STERNA_EXIT_DONE)
        usage = gather_recipe(options, &train.recipe);
    if (usage == STERNA_EXIT_DONE)
        usage = check_directory(options);
    if (usage != STERNA_EXIT_DONE)
        return usage;
    train.context = &watch;
    train.stop = sterna_interrupt_catch();
    sterna_bar_begin(&watch.bar, "train");
    enum sterna_status status = sterna_train(&train, &error);
    sterna_bar_end(&watch.bar);
    if (status != STERNA_OK) {
        sterna_complain("train", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    return print_result(options, &watch.last);
}

const struct sterna_command sterna_command_train = {
    .name = "train",
    .arguments = "",
    .takes = STERNA_TAKES_RECIPE | STERNA_TAKES_SET | STERNA_TAKES_OUT | STERNA_TAKES_RESUME |
             STERNA_TAKES_OVERWRITE | STERNA_TAKES_THREADS | STERNA_TAKES_JSON,
    .summary = "train a network by a recipe",
    .details =
        "  sterna train --recipe models/kjv-gru.recipe --out DIR    from the beginning\n"
        "  sterna train --resume --out DIR                          from DIR's checkpoint\n\n"
        "DIR gets checkpoint.safetensors, curve.csv and curve.svg. Ctrl-C stops after the update under\n"
        "way and leaves a checkpoint; resuming gives the same bits as not stopping. A second Ctrl-C\n"
        "kills.\n",
    .run = run,
};
