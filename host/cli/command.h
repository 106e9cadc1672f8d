/* command.h - the commands of the command line, and what they share.
 *
 *   main.c -> command table -> option.c (arguments) -> command_*.c -> sterna.h
 *
 * Every command prints its result on standard output (one JSON object with --json) and everything else, progress and
 * complaints, on standard error. Exit status: 0 done, 1 failed, 2 wrong usage.
 */
#ifndef STERNA_COMMAND_H
#define STERNA_COMMAND_H

#include "option.h"
#include "sterna.h"

#define STERNA_VERSION "0.1.0"

enum { STERNA_EXIT_DONE = 0, STERNA_EXIT_FAILED = 1, STERNA_EXIT_USAGE = 2 };

struct sterna_command {
    const char *name;
    const char *arguments; /* as shown in the usage line: "MODEL DATA", "[MODEL]" */
    size_t fewest, most;   /* how many of them */
    unsigned takes;        /* options: a sum of enum sterna_option_bit */
    const char *summary;   /* one line */
    const char *details;   /* further lines of --help, each with its newline; may be NULL */
    int (*run)(const struct sterna_options *options); /* returns the exit status */
};

extern const struct sterna_command sterna_command_train;
extern const struct sterna_command sterna_command_quantize;
extern const struct sterna_command sterna_command_eval;
extern const struct sterna_command sterna_command_compare;
extern const struct sterna_command sterna_command_generate;
extern const struct sterna_command sterna_command_run;
extern const struct sterna_command sterna_command_info;
extern const struct sterna_command sterna_command_bench;
extern const struct sterna_command sterna_command_plot;
extern const struct sterna_command sterna_command_report;
extern const struct sterna_command sterna_command_data;
extern const struct sterna_command sterna_command_study;
extern const struct sterna_command sterna_command_devices;
extern const struct sterna_command sterna_command_selftest;

#endif
