#include "option.h"

#include "command.h"
#include "terminal.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_CHOICE, KIND_COUNT, KIND_REAL, KIND_SETTING };

struct option {
    const char *name;
    const char
        *value; /* as shown in the help; of a choice, what is allowed, apart by '|'; NULL: takes none */
    enum kind kind;
    unsigned bit;
    size_t offset; /* into struct sterna_options; unused by KIND_SETTING */
    const char *help;
};

#define FIELD(name) offsetof(struct sterna_options, name)

static const struct option options[] = {
    {"recipe", "FILE", KIND_TEXT, STERNA_TAKES_RECIPE, FIELD(recipe), "what to train, on what, how long"},
    {"set", "KEY=VALUE", KIND_SETTING, STERNA_TAKES_SET, 0,
     "override one key of the recipe (data: of the front end); may be repeated"},
    {"out", "DIR", KIND_TEXT, STERNA_TAKES_OUT, FIELD(out), "directory of the results; made if missing"},
    {"resume", NULL, KIND_FLAG, STERNA_TAKES_RESUME, FIELD(resume), "go on from the checkpoint in --out"},
    {"overwrite", NULL, KIND_FLAG, STERNA_TAKES_OVERWRITE, FIELD(overwrite),
     "begin anew even if --out holds a checkpoint"},
    {"on", "ADDRESS", KIND_TEXT, STERNA_TAKES_ON, FIELD(on),
     "where to run: reference, fast, sim, sim:up5k, usb (eval: also float)"},
    {"target", "NAME", KIND_TEXT, STERNA_TAKES_TARGET, FIELD(target),
     "estimate for a target without a device: up5k, hx8k, ecp5-25f, ecp5-85f, gw2a-18"},
    {"weights", "master|stochastic|deterministic", KIND_CHOICE, STERNA_TAKES_WEIGHTS, FIELD(weights),
     "which weights of a checkpoint (default deterministic)"},
    {"split", "train|valid|test", KIND_CHOICE, STERNA_TAKES_SPLIT, FIELD(split),
     "part of the data (default test)"},
    {"limit", "N", KIND_COUNT, STERNA_TAKES_LIMIT, FIELD(limit),
     "stop after N characters or sequences (default all)"},
    {"length", "N", KIND_COUNT, STERNA_TAKES_LENGTH, FIELD(length), "characters or steps to produce"},
    {"temperature", "T", KIND_REAL, STERNA_TAKES_TEMPERATURE, FIELD(temperature),
     "boldness of the choice; 0 takes the likeliest (default 0.7)"},
    {"prime", "TEXT", KIND_TEXT, STERNA_TAKES_PRIME, FIELD(prime), "text to begin with"},
    {"seed", "N", KIND_COUNT, STERNA_TAKES_SEED, FIELD(seed), "of the random choices (default 1)"},
    {"text", NULL, KIND_FLAG, STERNA_TAKES_TEXT, FIELD(text), "the input is text, each byte a step"},
    {"threads", "N", KIND_COUNT, STERNA_TAKES_THREADS, FIELD(threads),
     "processors to use (default all); never changes a result"},
    {"seconds", "N", KIND_COUNT, STERNA_TAKES_SECONDS, FIELD(seconds),
     "time that all of it took, to be reported"},
    {"picture", "FILE", KIND_TEXT, STERNA_TAKES_PICTURE, FIELD(picture),
     "SVG file to draw (data: the average sequence of each class; eval: the confusion matrix; "
     "quantize --pq: each matrix's response error)"},
    {"html", "FILE", KIND_TEXT, STERNA_TAKES_HTML, FIELD(html), "page to write, with pictures"},
    {"kernel", "NAME", KIND_TEXT, STERNA_TAKES_KERNEL, FIELD(kernel),
     "kernels: this one of the device fast (default all that run here)"},
    {"jobs", "N", KIND_COUNT, STERNA_TAKES_JOBS, FIELD(jobs),
     "so many runs side by side, each on one processor (default 1, on all)"},
    {"only", "ID", KIND_TEXT, STERNA_TAKES_ONLY, FIELD(only), "this run alone; or its line in --list"},
    {"shard", "I/N", KIND_TEXT, STERNA_TAKES_SHARD, FIELD(shard),
     "every N-th run, from the I-th on (0 to N - 1)"},
    {"list", NULL, KIND_FLAG, STERNA_TAKES_LIST, FIELD(list),
     "print the IDs of all runs; with --json, their states"},
    {"report", NULL, KIND_FLAG, STERNA_TAKES_REPORT, FIELD(report), "run nothing; gather what is done"},
    {"steal", NULL, KIND_FLAG, STERNA_TAKES_STEAL, FIELD(steal),
     "take over what other machines have claimed: they are dead"},
    {"watch", NULL, KIND_FLAG, STERNA_TAKES_WATCH, FIELD(watch), "follow boards as they come and go"},
    {"pq", "m=N,k=N[,t=N][,top=N][,p=N]", KIND_TEXT, STERNA_TAKES_PQ, FIELD(pq),
     "product quantization: k words of m weights, each weight a sum of at most t powers of two (1 or 2, the "
     "default; 0: real ones, and MODEL becomes a checkpoint) up to top (default 8), their step program at "
     "most p bytes"},
    {"pq-input", "m=N,...", KIND_TEXT, STERNA_TAKES_PQ, FIELD(pq_input),
     "the same of input matrices, or of a stack's first layer (default as --pq)"},
    {"pq-output", "m=N,...", KIND_TEXT, STERNA_TAKES_PQ, FIELD(pq_output),
     "the same of the output layer (default as --pq)"},
    {"calibrate", "DATA", KIND_TEXT, STERNA_TAKES_PQ, FIELD(calibrate),
     "data whose training split shows --pq what the matrices see; only --fine-tune uses labels"},
    {"no-error-correction", NULL, KIND_FLAG, STERNA_TAKES_PQ, FIELD(uncorrected),
     "--pq by the weights alone, for comparison"},
    {"fine-tune", "STEPS", KIND_COUNT, STERNA_TAKES_PQ, FIELD(fine_tune),
     "--pq, then so many updates of words, row scales and biases by back-propagation; names stay, and labels "
     "are used"},
    {"free-codebooks", NULL, KIND_FLAG, STERNA_TAKES_PQ, FIELD(free_codebooks),
     "--pq as published, for comparison: real words, other ones for each sub-space; MODEL becomes a "
     "checkpoint"},
    {"wait", NULL, KIND_FLAG, STERNA_TAKES_WAIT, FIELD(wait),
     "if the board is unplugged, wait for it and go on where it was"},
    {"json", NULL, KIND_FLAG, STERNA_TAKES_JSON, FIELD(json), "print for machines: one JSON object a line"},
    {"help", NULL, KIND_FLAG, STERNA_TAKES_HELP, FIELD(help), "print this"},
};

enum { OPTIONS = sizeof options / sizeof options[0], NAME_WIDTH = 24 };

static bool takes(const struct sterna_command *command, const struct option *option)
{
    return ((command->takes | STERNA_TAKES_HELP) & option->bit) != 0;
}

/* The option of this name (length letters of it), complaining if the command takes none such. */
static const struct option *find(const struct sterna_command *command, const char *name, size_t length)
{
    struct sterna_nearest nearest = {0};
    char typed[64];

    (void)snprintf(typed, sizeof typed, "%.*s", (int)(length < sizeof typed ? length : sizeof typed - 1),
                   name);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (!takes(command, &options[i]))
            continue;
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
        sterna_nearest_offer(&nearest, typed, options[i].name);
    }
    if (nearest.slip)
        sterna_complain(command->name, "there is no option --%s here; did you mean --%s?", typed,
                        nearest.word);
    else
        sterna_complain(command->name, "there is no option --%s here; see sterna %s --help", typed,
                        command->name);
    return NULL;
}

/* Whether `choices`, words apart by '|', has this one. */
static bool is_choice(const char *choices, const char *word)
{
    size_t length = strlen(word);

    for (const char *choice = choices; choice != NULL; choice = strchr(choice, '|')) {
        choice += *choice == '|';
        if (strcspn(choice, "|") == length && strncmp(choice, word, length) == 0)
            return true;
    }
    return false;
}

static bool read_count(const char *text, uint64_t *count)
{
    char *end = NULL;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *count = value;
    return true;
}

static bool read_real(const char *text, double *real)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value < 0.0)
        return false;
    *real = value;
    return true;
}

/* Put the value (unused by a flag) where the option wants it. Returns what should have been there, NULL if all is well. */
static const char *store(const struct option *option, const char *value, struct sterna_options *parsed)
{
    char *field = (char *)parsed + option->offset;

    assert(value != NULL || option->kind == KIND_FLAG);
    switch (option->kind) {
    case KIND_FLAG:
        *(bool *)(void *)field = true;
        return NULL;
    case KIND_COUNT:
        return read_count(value, (uint64_t *)(void *)field) ? NULL : "a whole number";
    case KIND_REAL:
        return read_real(value, (double *)(void *)field) ? NULL : "a number, not negative";
    case KIND_CHOICE:
        if (!is_choice(option->value, value))
            return option->value;
        break;
    case KIND_SETTING:
        if (parsed->settings == STERNA_SETTINGS_MAX)
            return "given fewer times";
        parsed->setting[parsed->settings++] = value;
        return NULL;
    case KIND_TEXT:
        break;
    }
    *(const char **)(void *)field = value;
    return NULL;
}

/* Read the option at argv[*at] and its value, which may be the next argument. */
static bool parse_option(const struct sterna_command *command, int count, char *const *argv, int *at,
                         struct sterna_options *parsed)
{
    const char *name = argv[*at] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option *option = find(command, name, length);

    if (option == NULL)
        return false;
    if (option->kind == KIND_FLAG && value != NULL) {
        sterna_complain(command->name, "--%s takes no value", option->name);
        return false;
    }
    if (option->kind != KIND_FLAG && value == NULL && ++*at < count)
        value = argv[*at];
    if (option->kind != KIND_FLAG && value == NULL) {
        sterna_complain(command->name, "--%s wants a value: %s", option->name, option->value);
        return false;
    }
    const char *wanted = store(option, value, parsed);
    if (wanted != NULL) {
        sterna_complain(command->name, "--%s %s: should be %s", option->name, value, wanted);
        return false;
    }
    parsed->given |= option->bit;
    return true;
}

static bool check_arguments(const struct sterna_command *command, size_t arguments)
{
    if (arguments >= command->fewest && arguments <= command->most)
        return true;
    sterna_complain(command->name, "too %s arguments; usage: sterna %s%s%s [options]",
                    arguments < command->fewest ? "few" : "many", command->name,
                    command->arguments[0] != '\0' ? " " : "", command->arguments);
    return false;
}

bool sterna_options_parse(const struct sterna_command *command, int count, char *const *argv,
                          struct sterna_options *parsed)
{
    bool only_arguments = false;

    *parsed = (struct sterna_options){.seed = 1, .temperature = 0.7};
    for (int i = 0; i < count; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && strcmp(argv[i], "-h") == 0) {
            parsed->help = true;
        } else if (!only_arguments && strncmp(argv[i], "--", 2) == 0) {
            if (!parse_option(command, count, argv, &i, parsed))
                return false;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1] != '\0') {
            sterna_complain(command->name, "options begin with two dashes: %s", argv[i]);
            return false;
        } else {
            if (parsed->arguments < STERNA_ARGUMENTS_MAX)
                parsed->argument[parsed->arguments] = argv[i];
            parsed->arguments++;
        }
    }
    return parsed->help || check_arguments(command, parsed->arguments);
}

void sterna_options_describe(const struct sterna_command *command, FILE *stream)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *option = &options[i];
        if (!takes(command, option))
            continue;
        int width = fprintf(stream, "  --%s%s%s", option->name, option->value != NULL ? " " : "",
                            option->value != NULL ? option->value : "");
        if (width >= NAME_WIDTH)
            (void)fprintf(stream, "\n%*s", NAME_WIDTH, "");
        else
            (void)fprintf(stream, "%*s", NAME_WIDTH - width, "");
        (void)fprintf(stream, "%s\n", option->help);
    }
}
