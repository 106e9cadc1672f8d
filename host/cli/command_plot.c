/* command_plot.c - sterna plot: the training curves of several runs in one picture. */
#include "command.h"
#include "record.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = STERNA_ARGUMENTS_MAX - 1 };

/* Cut "LABEL=DIR" in two; without '=', the directory is its own label. The label is malloc'ed, the directory borrowed. */
static char *split_label(const char *argument, const char **directory)
{
    const char *equals = strchr(argument, '=');

    *directory = equals != NULL ? equals + 1 : argument;
    return equals != NULL ? strndup(argument, (size_t)(equals - argument)) : strdup(argument);
}

static int print_result(const struct sterna_options *options, size_t runs)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "curve", options->argument[0]);
    sterna_record_count(&record, "runs", runs);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    const char *directories[RUNS_MAX];
    char *labels[RUNS_MAX] = {NULL};
    size_t runs = options->arguments - 1;
    struct sterna_error error;
    bool labelled = true;

    (void)sterna_fail(&error, STERNA_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < runs; i++) {
        labels[i] = split_label(options->argument[i + 1], &directories[i]);
        labelled = labelled && labels[i] != NULL;
    }
    bool drawn = labelled && sterna_curve_plot(options->argument[0], directories, (const char *const *)labels,
                                               runs, &error) == STERNA_OK;
    for (size_t i = 0; i < runs; i++)
        free(labels[i]);
    if (drawn)
        return print_result(options, runs);
    sterna_complain("plot", "%s", error.reason);
    return STERNA_EXIT_FAILED;
}

const struct sterna_command sterna_command_plot = {
    .name = "plot",
    .arguments = "SVG LABEL=DIR...",
    .fewest = 2,
    .most = STERNA_ARGUMENTS_MAX,
    .takes = STERNA_TAKES_JSON,
    .summary = "draw the training curves of several runs into one picture",
    .details = "  sterna plot curve.svg ternary=build/demo/ternary float=build/demo/float\n",
    .run = run,
};
