/* bench_engine.c - see bench_engine.h. Everything is by the device's own counters; what they do not tell apart (the output
 * layer's rows, rows whose bytes hold fewer weights) is by the plan, which is exact about rows. */
#include "bench_engine.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "terminal.h"

enum { STEPS_DEFAULT = 1000, STEPS_MAX = 1000000, STEPS_AT_ONCE = 64, INPUTS = 40, OUTPUTS = 10 };

struct subject {
    const char *name, *cell;
    size_t hidden;
    size_t elements, words; /* of its codebooks; 0: ternary */
};

static const struct subject subjects[] = {
    {"GRU-64", "gru", 64, 0, 0},
    {"GRU-128", "gru", 128, 0, 0},
    {"GRU-256", "gru", 256, 0, 0},
    {"LSTM-64", "lstm", 64, 0, 0},
    {"LSTM-128", "lstm", 128, 0, 0},
    {"LSTM-256", "lstm", 256, 0, 0},
    {"RNN-tanh-256", "rnn-tanh", 256, 0, 0},
    {"GRU-128-book", "gru", 128, 4, 16},
    {"GRU-256-book", "gru", 256, 4, 16},
};

/* Of one step, on the average. */
struct finding {
    double cycles, streaming, build, gate;
    struct sterna_estimate estimate;
};

static enum sterna_status step_all(struct sterna_device *device, uint64_t seed, size_t steps,
                                   struct sterna_error *error)
{
    static int8_t input[STEPS_AT_ONCE * INPUTS];
    static int32_t sums[STEPS_AT_ONCE * OUTPUTS];
    enum sterna_status status = STERNA_OK;
    for (size_t done = 0, count; status == STERNA_OK && done < steps; done += count) {
        count = steps - done < STEPS_AT_ONCE ? steps - done : STEPS_AT_ONCE;
        for (size_t i = 0; i < count * INPUTS; i++)
            input[i] = (int8_t)((int)sterna_bench_draw(&seed, 255) - 127);
        status = sterna_device_step_dense(device, input, count, sums, error);
    }
    return status;
}

static enum sterna_status measure(struct sterna_device *device, const struct sterna_model *model,
                                  size_t steps, struct finding *finding, struct sterna_error *error)
{
    struct sterna_counters counters = {0};
    struct sterna_geometry geometry;
    sterna_device_geometry(device, &geometry);
    enum sterna_status status = sterna_device_load(device, model, NULL, error);
    if (status == STERNA_OK)
        status = sterna_device_counters(device, true, &counters, error);
    if (status == STERNA_OK)
        status = step_all(device, 1, steps, error);
    if (status == STERNA_OK)
        status = sterna_device_counters(device, false, &counters, error);
    if (status == STERNA_OK)
        status = sterna_estimate_model(model, geometry.name, &finding->estimate, error);
    if (status == STERNA_OK && counters.cycles == 0)
        status = sterna_fail(error, STERNA_ERR_RANGE, "the device counts no cycles");
    finding->cycles = (double)counters.cycles / (double)steps;
    finding->streaming = (double)counters.streaming / (double)steps;
    finding->build = (double)counters.build_wait / (double)steps;
    finding->gate = (double)counters.gate_wait / (double)steps;
    return status;
}

/* The keys of a finding, in their order; scale and stall are 0: row scales run inside the gates, and the device takes its
 * own results at once. */
enum { KEYS = 14 };
static const char *const keys[KEYS] = {
    "ideal_cycles", "cycles", "efficiency", "padding",          "build", "gap", "scale", "gate", "output",
    "stall",        "narrow", "streaming",  "estimated_cycles", "units"};

static void fill(const struct subject *subject, const struct finding *finding, double value[KEYS])
{
    const double ideal = (double)finding->estimate.ideal_cycles, output = (double)finding->estimate.output;
    const double narrow = finding->streaming - ideal - output;
    const double all[KEYS] = {ideal,
                              finding->cycles,
                              ideal / finding->cycles,
                              finding->estimate.padding,
                              finding->build + narrow,
                              finding->cycles - finding->streaming - finding->build - finding->gate,
                              0.0,
                              finding->gate,
                              output,
                              0.0,
                              narrow,
                              finding->streaming,
                              (double)finding->estimate.cycles,
                              (double)subject->hidden};
    for (size_t i = 0; i < KEYS; i++)
        value[i] = all[i];
}

static void print_line(const struct subject *subject, const double value[KEYS])
{
    printf("%-14s", subject->name);
    for (size_t i = 0; i + 1 < KEYS; i++)
        printf(" %*.*f", i == 2 || i == 3 ? 10 : i + 2 == KEYS ? 16 : 12, i == 2 || i == 3 ? 3 : 1, value[i]);
    printf("\n");
}

static bool add_object(cJSON *list, const struct subject *subject, const double value[KEYS])
{
    cJSON *object = cJSON_CreateObject();
    bool added = object != NULL && cJSON_AddItemToArray(list, object) &&
                 cJSON_AddStringToObject(object, "name", subject->name) != NULL;
    for (size_t i = 0; i < KEYS && added; i++)
        added = cJSON_AddNumberToObject(object, keys[i], value[i]) != NULL;
    return added;
}

static bool run_subject(struct sterna_device *device, const struct subject *subject, size_t steps,
                        cJSON *list)
{
    struct sterna_error error = {""};
    struct sterna_model *model = NULL;
    struct finding finding;
    double value[KEYS];
    enum sterna_status status =
        subject->elements == 0
            ? sterna_model_random_dense(subject->cell, INPUTS, subject->hidden, OUTPUTS, 1, &model, &error)
            : sterna_model_random_codebook(subject->cell, INPUTS, subject->hidden, OUTPUTS, subject->elements,
                                           subject->words, 1, &model, &error);
    if (status == STERNA_OK)
        status = measure(device, model, steps, &finding, &error);
    sterna_model_free(model);
    if (status != STERNA_OK) {
        sterna_complain("bench", "%s: %s", subject->name, error.reason);
        return false;
    }
    fill(subject, &finding, value);
    if (list == NULL)
        print_line(subject, value);
    return list == NULL || add_object(list, subject, value);
}

static void print_head(void)
{
    printf("%-14s", "");
    for (size_t i = 0; i + 1 < KEYS; i++)
        printf(" %*s", i == 2 || i == 3 ? 10 : i + 2 == KEYS ? 16 : 12, keys[i]);
    printf("\n");
}

int sterna_bench_engine(const struct sterna_options *options)
{
    const char *on = options->on != NULL ? options->on : "sim";
    size_t steps = STEPS_DEFAULT;
    struct sterna_device *device = NULL;
    struct sterna_error error;
    cJSON *list = options->json ? cJSON_CreateArray() : NULL;
    bool done = sterna_device_open(on, &device, &error) == STERNA_OK;

    if (!done)
        sterna_complain("bench", "%s", error.reason);
    if ((options->given & STERNA_TAKES_LENGTH) != 0 && options->length > 0)
        steps = options->length > STEPS_MAX ? STEPS_MAX : (size_t)options->length;
    if (done && list == NULL)
        print_head();
    for (size_t i = 0; done && i < sizeof subjects / sizeof *subjects; i++)
        done = run_subject(device, &subjects[i], steps, list);
    char *text = done && list != NULL ? cJSON_Print(list) : NULL;
    if (text != NULL)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(list);
    sterna_device_close(device);
    return done ? STERNA_EXIT_DONE : STERNA_EXIT_FAILED;
}
