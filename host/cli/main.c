/* main.c - the program `sterna`: finds the command, reads its options, runs it. */
#include "command.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct sterna_command *const commands[] = {
    &sterna_command_train,    &sterna_command_quantize, &sterna_command_eval, &sterna_command_compare,
    &sterna_command_generate, &sterna_command_run,      &sterna_command_info, &sterna_command_bench,
    &sterna_command_plot,     &sterna_command_report,   &sterna_command_data, &sterna_command_study,
    &sterna_command_devices,  &sterna_command_selftest,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *stream)
{
    (void)fputs(
        "usage: sterna COMMAND [arguments] [options]\n\n"
        "Trains recurrent networks whose weights are a few bits each, and runs them on an accelerator\n"
        "without a multiplier, simulated here.\n\n",
        stream);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs("\n"
                "  sterna COMMAND --help   its arguments and options\n"
                "  sterna --version\n\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage.\n",
                stream);
}

static void print_command_help(const struct sterna_command *command)
{
    (void)printf("usage: sterna %s%s%s [options]\n\n%s\n\n", command->name,
                 command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
    if (command->details != NULL)
        (void)printf("%s\n", command->details);
    sterna_options_describe(command, stdout);
}

static const struct sterna_command *find_command(const char *name)
{
    struct sterna_nearest nearest = {0};

    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        sterna_nearest_offer(&nearest, name, commands[i]->name);
    }
    if (nearest.slip)
        sterna_complain(NULL, "there is no command '%s'; did you mean '%s'?", name, nearest.word);
    else
        sterna_complain(NULL, "there is no command '%s'; see sterna --help", name);
    return NULL;
}

static int run_command(int count, char *const *argv)
{
    struct sterna_options options;
    const struct sterna_command *command = find_command(argv[0]);

    if (command == NULL || !sterna_options_parse(command, count - 1, argv + 1, &options))
        return STERNA_EXIT_USAGE;
    if (options.help) {
        print_command_help(command);
        return STERNA_EXIT_DONE;
    }
    return command->run(&options);
}

/* What was printed has to arrive: a full disk behind standard output is a failure too. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    sterna_complain(NULL, "standard output: %s", strerror(errno));
    return STERNA_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return STERNA_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("sterna " STERNA_VERSION);
        return finish(STERNA_EXIT_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return finish(STERNA_EXIT_DONE);
    }
    return finish(run_command(argc - 1, argv + 1));
}
