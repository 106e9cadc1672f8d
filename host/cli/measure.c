#include "measure.h"

#include "command.h"
#include "interrupt.h"

#include <math.h>
#include <string.h>

static const char *const split_names[STERNA_SPLITS] = {"train", "valid", "test"};

/* option.c has let only these names through. */
static enum sterna_split find_split(const char *name)
{
    for (int split = 0; name != NULL && split < STERNA_SPLITS; split++)
        if (strcmp(split_names[split], name) == 0)
            return (enum sterna_split)split;
    return STERNA_TEST;
}

struct sterna_eval_options sterna_measure_options(const struct sterna_options *options, const char *command,
                                                  const char *on, struct sterna_bar *bar)
{
    return (struct sterna_eval_options){
        .path = options->argument[0],
        .data = options->argument[1],
        .on = options->on != NULL ? options->on : on,
        .weights = options->weights != NULL ? options->weights : "deterministic",
        .split = find_split(options->split),
        .wait = sterna_terminal_wait(options->wait, command),
        .limit = (size_t)options->limit,
        .threads = (unsigned)options->threads,
        .seed = options->seed,
        .stop = sterna_interrupt_catch(),
        .progress = sterna_bar_steps,
        .context = bar,
    };
}

int sterna_measure_fail(const char *command, const struct sterna_eval_options *options,
                        enum sterna_status status, const struct sterna_error *error)
{
    if (status == STERNA_ERR_FIT) /* packing knows no file names */
        sterna_complain(command, "%s: %s", options->path, error->reason);
    else
        sterna_complain(command, "%s", error->reason);
    return STERNA_EXIT_FAILED;
}

void sterna_measure_record(struct sterna_record *record, const struct sterna_eval_options *options)
{
    sterna_record_text(record, "model", options->path);
    sterna_record_text(record, "data", options->data);
    sterna_record_text(record, "split", split_names[options->split]);
    sterna_record_text(record, "on", options->on);
}

double sterna_measure_ratio(double a, double b)
{
    return b != 0.0 ? a / b : NAN;
}
