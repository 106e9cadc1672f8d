/* option.h - the options of all commands in one table, so that an option means the same wherever it is taken. */
#ifndef STERNA_OPTION_H
#define STERNA_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sterna_command;

enum sterna_option_bit {
    STERNA_TAKES_JSON = 1U << 0,
    STERNA_TAKES_ON = 1U << 1,
    STERNA_TAKES_THREADS = 1U << 2,
    STERNA_TAKES_SPLIT = 1U << 3,
    STERNA_TAKES_LIMIT = 1U << 4,
    STERNA_TAKES_WEIGHTS = 1U << 5,
    STERNA_TAKES_SEED = 1U << 6,
    STERNA_TAKES_RECIPE = 1U << 7,
    STERNA_TAKES_SET = 1U << 8,
    STERNA_TAKES_OUT = 1U << 9,
    STERNA_TAKES_RESUME = 1U << 10,
    STERNA_TAKES_TEMPERATURE = 1U << 11,
    STERNA_TAKES_PRIME = 1U << 12,
    STERNA_TAKES_LENGTH = 1U << 13,
    STERNA_TAKES_TEXT = 1U << 14,
    STERNA_TAKES_SECONDS = 1U << 15,
    STERNA_TAKES_OVERWRITE = 1U << 16,
    STERNA_TAKES_PICTURE = 1U << 17,
    STERNA_TAKES_HELP = 1U << 18, /* every command */
    STERNA_TAKES_JOBS = 1U << 19,
    STERNA_TAKES_ONLY = 1U << 20,
    STERNA_TAKES_SHARD = 1U << 21,
    STERNA_TAKES_LIST = 1U << 22,
    STERNA_TAKES_REPORT = 1U << 23,
    STERNA_TAKES_STEAL = 1U << 24,
    STERNA_TAKES_WATCH = 1U << 25,
    STERNA_TAKES_WAIT = 1U << 26,
    STERNA_TAKES_HTML = 1U << 27,
    STERNA_TAKES_PQ = 1U << 28, /* all of product quantization */
    STERNA_TAKES_KERNEL = 1U << 29,
    STERNA_TAKES_TARGET = 1U << 30
};

enum { STERNA_ARGUMENTS_MAX = 9, STERNA_SETTINGS_MAX = 64 };

/* What the command line said. Strings belong to argv; NULL or 0: not given. */
struct sterna_options {
    const char *argument[STERNA_ARGUMENTS_MAX];
    size_t arguments;
    const char *setting[STERNA_SETTINGS_MAX]; /* of --set, in order */
    size_t settings;
    unsigned given; /* the options that were there: bits as above */
    const char *recipe, *out, *on, *split, *weights, *prime, *picture, *html, *only, *shard, *kernel;
    const char *pq, *pq_input, *pq_output, *calibrate;
    uint64_t fine_tune;
    const char *target;
    uint64_t threads, limit, length, seed, seconds, jobs;
    double temperature;
    bool json, resume, overwrite, text, watch, wait, help, list, report, steal;
    bool uncorrected, free_codebooks;
};

/* Read argv[0..count) (what follows the command's name) for this command. Returns false after a complaint on standard
 * error: an option or a value that the command does not take, too few or too many arguments. */
bool sterna_options_parse(const struct sterna_command *command, int count, char *const *argv,
                          struct sterna_options *parsed);
/* The lines of --help on the options that the command takes. */
void sterna_options_describe(const struct sterna_command *command, FILE *stream);

#endif
