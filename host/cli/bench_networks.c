#include "bench_networks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_kernels.h"
#include "command.h"
#include "terminal.h"

enum { STEPS = 20, REPETITIONS = 200, INPUTS = 40, OUTPUTS = 10, NETWORKS_MAX = 8 };

#define SUBJECT "a layer of units, 40 inputs, 10 outputs, random ternary weights, random inputs"

struct subject {
    const char *name, *cell;
    size_t hidden;
};

static const struct subject subjects[NETWORKS_MAX] = {
    {"GRU-64", "gru", 64},   {"GRU-128", "gru", 128},   {"GRU-256", "gru", 256},   {"GRU-512", "gru", 512},
    {"LSTM-64", "lstm", 64}, {"LSTM-128", "lstm", 128}, {"LSTM-256", "lstm", 256}, {"LSTM-512", "lstm", 512},
};

/* All that was measured. */
struct finding {
    struct sterna_bench_machine machine;
    struct sterna_bench_network network[NETWORKS_MAX];
    size_t networks;
};

static bool measure_model(const struct sterna_bench_options *how, const char *path, struct finding *finding)
{
    struct sterna_model *model = NULL;
    struct sterna_error error;
    const char *slash = strrchr(path, '/'), *file = slash != NULL ? slash + 1 : path;
    char name[20]; /* as much as the pictures have room for, without the file's ending */
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
    enum sterna_status status = sterna_model_load(path, &model, &error);
    if (status == STERNA_OK)
        status = sterna_bench_network(model, name, how, finding->network, &error);
    sterna_model_free(model);
    finding->networks = 1;
    if (status != STERNA_OK)
        sterna_complain("bench", "%s", error.reason);
    return status == STERNA_OK;
}

static bool measure_subjects(const struct sterna_bench_options *how, struct finding *finding)
{
    for (size_t i = 0; i < NETWORKS_MAX; i++) {
        const struct subject *subject = &subjects[i];
        struct sterna_model *model = NULL;
        struct sterna_error error;
        enum sterna_status status =
            sterna_model_random_dense(subject->cell, INPUTS, subject->hidden, OUTPUTS, 1, &model, &error);
        if (status == STERNA_OK)
            status = sterna_bench_network(model, subject->name, how, &finding->network[i], &error);
        sterna_model_free(model);
        if (status != STERNA_OK) {
            sterna_complain("bench", "%s: %s", subject->name, error.reason);
            return false;
        }
        finding->networks = i + 1;
    }
    return true;
}

/* ---- for people ---- */

static void print_network(const struct sterna_bench_network *network)
{
    printf("%-20s %9zu %9.2f %10.2f %8.2f %9.0f %8.1f %7.0f%%", network->name, network->weights,
           network->floating, network->reference, network->fast, 1e6 / network->fast, network->fast_rate,
           100 * network->fast_share);
    if (network->fits)
        printf(" %9.0f %9.1f %8.1f %7.1f%% %7.0f %6.0f %6.0f %6.0f", network->cycles, network->computed,
               network->rate, 100 * network->share, network->stream, network->build, network->gates,
               network->stall);
    else
        printf(" %s", network->reason);
    if (isfinite(network->board))
        printf(" %9.1f", network->board);
    printf("\n");
}

static void print_lines(const struct finding *finding)
{
    const struct sterna_bench_network *first = &finding->network[0];
    sterna_bench_machine_print(&finding->machine);
    printf("microseconds per step, batch 1; accelerator %s simulated, its microseconds computed for %.0f "
           "MHz%s\n\n",
           first->target, first->megahertz, isfinite(first->board) ? "; last, the board, measured" : "");
    printf("%-20s %9s %9s %10s %8s %9s %8s %8s %9s %9s %8s %8s %7s %6s %6s %6s\n", "", "weights", "float",
           "reference", "fast", "steps/s", "w/cycle", "ceiling", "cycles", "computed", "w/cycle", "limit",
           "stream", "build", "gates", "stall");
    for (size_t i = 0; i < finding->networks; i++)
        print_network(&finding->network[i]);
}

/* ---- for machines ---- */

struct entry {
    const char *key;
    double value;
};

static bool add_entries(cJSON *object, const struct entry *entry, size_t count)
{
    bool added = object != NULL;
    for (size_t i = 0; added && i < count; i++)
        added = sterna_bench_add_number(object, entry[i].key, entry[i].value);
    return added;
}

static bool add_accelerator(cJSON *object, const struct sterna_bench_network *network)
{
    const struct entry found[] = {
        {"megahertz", network->megahertz},
        {"cycles", network->cycles},
        {"stream", network->stream},
        {"build", network->build},
        {"gates", network->gates},
        {"stall", network->stall},
        {"microseconds", network->computed},
        {"steps_per_second", 1e6 / network->computed},
        {"weights_per_cycle", network->rate},
        {"utilization", network->share},
    };
    bool added = object != NULL && cJSON_AddStringToObject(object, "target", network->target) != NULL &&
                 cJSON_AddBoolToObject(object, "fits", network->fits) != NULL &&
                 cJSON_AddBoolToObject(object, "computed", true) != NULL;
    if (network->fits)
        return added && add_entries(object, found, sizeof found / sizeof *found);
    return added && cJSON_AddStringToObject(object, "reason", network->reason) != NULL;
}

static bool add_network(cJSON *list, const struct sterna_bench_network *network)
{
    const struct entry found[] = {
        {"weights", (double)network->weights},
        {"gigahertz", network->gigahertz},
        {"float_microseconds", network->floating},
        {"reference_microseconds", network->reference},
        {"fast_microseconds", network->fast},
        {"board_microseconds", network->board},
        {"float_steps_per_second", 1e6 / network->floating},
        {"reference_steps_per_second", 1e6 / network->reference},
        {"fast_steps_per_second", 1e6 / network->fast},
        {"float_weights_per_cycle", network->float_rate},
        {"reference_weights_per_cycle", network->reference_rate},
        {"fast_weights_per_cycle", network->fast_rate},
        {"fast_utilization", network->fast_share},
    };
    cJSON *object = cJSON_CreateObject();
    return object != NULL && cJSON_AddItemToArray(list, object) &&
           cJSON_AddStringToObject(object, "name", network->name) != NULL &&
           add_entries(object, found, sizeof found / sizeof *found) &&
           add_accelerator(cJSON_AddObjectToObject(object, "accelerator"), network);
}

static int print_json(const struct finding *finding, const char *command)
{
    cJSON *object = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(object, "networks");
    bool added = list != NULL &&
                 cJSON_AddItemToObject(object, "machine", sterna_bench_machine_object(&finding->machine)) &&
                 cJSON_AddStringToObject(object, "version", STERNA_VERSION) != NULL &&
                 cJSON_AddStringToObject(object, "command", command) != NULL;
    for (size_t i = 0; added && i < finding->networks; i++)
        added = add_network(list, &finding->network[i]);
    return sterna_bench_print_object(object, added);
}

/* What to type to have it again. */
static void write_command(const struct sterna_options *options, char *text, size_t size)
{
    char length[48] = "";
    if ((options->given & STERNA_TAKES_LENGTH) != 0)
        (void)snprintf(length, sizeof length, " --length %llu", (unsigned long long)options->length);
    /* OpenBLAS chooses its kernels by this, and older ones do not know newer processors. */
    const char *core = getenv("OPENBLAS_CORETYPE");
    (void)snprintf(
        text, size, "%s%s%sbuild/sterna bench%s%s%s%s%s%s%s", core != NULL ? "OPENBLAS_CORETYPE=" : "",
        core != NULL ? core : "", core != NULL ? " " : "", options->arguments > 0 ? " " : "",
        options->arguments > 0 ? options->argument[0] : "", options->on != NULL ? " --on " : "",
        options->on != NULL ? options->on : "", length, options->html != NULL ? " --html " : " --json",
        options->html != NULL ? options->html : "");
}

int sterna_bench_networks(const struct sterna_options *options)
{
    struct sterna_bench_options how = {.simulated = "sim",
                                       .board = options->on,
                                       .steps = STEPS,
                                       .repetitions = sterna_bench_repetitions(options, REPETITIONS)};
    struct finding finding = {.networks = 0};
    struct sterna_error error;
    char command[1024];

    if (sterna_bench_machine(&finding.machine, &error) != STERNA_OK) {
        sterna_complain("bench", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    how.ceiling = finding.machine.ceiling;
    if (options->arguments > 0 ? !measure_model(&how, options->argument[0], &finding)
                               : !measure_subjects(&how, &finding))
        return STERNA_EXIT_FAILED;
    write_command(options, command, sizeof command);
    if (options->html != NULL &&
        sterna_bench_page(options->html, options->arguments > 0 ? options->argument[0] : SUBJECT, command,
                          STERNA_VERSION, &finding.machine, finding.network, finding.networks,
                          &error) != STERNA_OK) {
        sterna_complain("bench", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    if (options->json)
        return print_json(&finding, command);
    print_lines(&finding);
    return STERNA_EXIT_DONE;
}
