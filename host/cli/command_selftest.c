/* command_selftest.c - sterna selftest: does this board compute what the reference computes, and how fast is the way to it? */
#include "command.h"
#include "measure.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

enum { SYMBOLS = 64, HIDDEN = 128, SEED = 1, STEPS = 1000, AT_ONCE = 250, ROUND_TRIPS = 200 };

struct selftest {
    struct sterna_model *model;
    struct sterna_device *device, *reference;
    struct sterna_load_report load;
    size_t outputs;
    int32_t *got, *expected; /* [AT_ONCE, outputs] */
    size_t mismatches;       /* of STEPS * outputs */
    double load_seconds, step_seconds, round_trip_seconds;
    struct sterna_counters counters;
};

static void release(struct selftest *test)
{
    sterna_device_close(test->device);
    sterna_device_close(test->reference);
    sterna_model_free(test->model);
    free(test->got);
    free(test->expected);
}

static enum sterna_status prepare(struct selftest *test, const char *on, const struct sterna_wait *wait,
                                  struct sterna_error *error)
{
    struct sterna_model_facts facts;
    enum sterna_status status = sterna_model_random(SYMBOLS, HIDDEN, SEED, &test->model, error);

    if (status == STERNA_OK)
        status = sterna_device_open("reference", &test->reference, error);
    if (status == STERNA_OK)
        status = sterna_device_load(test->reference, test->model, NULL, error);
    if (status == STERNA_OK)
        status = sterna_device_open_lasting(on, wait, &test->device, error);
    if (status != STERNA_OK)
        return status;
    sterna_model_facts(test->model, &facts);
    test->outputs = facts.outputs;
    test->got = calloc(AT_ONCE * facts.outputs, sizeof *test->got);
    test->expected = calloc(AT_ONCE * facts.outputs, sizeof *test->expected);
    if (test->got == NULL || test->expected == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    double begun = sterna_terminal_clock();
    status = sterna_device_load(test->device, test->model, &test->load, error);
    test->load_seconds = sterna_terminal_clock() - begun;
    return status;
}

/* AT_ONCE steps on both, from step `first` of a fixed sequence. */
static enum sterna_status step(struct selftest *test, size_t first, struct sterna_error *error)
{
    uint16_t inputs[AT_ONCE];

    for (size_t i = 0; i < AT_ONCE; i++)
        inputs[i] = (uint16_t)((first + i) * (first + i + 7) / 3 % SYMBOLS);
    double begun = sterna_terminal_clock();
    enum sterna_status status = sterna_device_step(test->device, inputs, AT_ONCE, test->got, error);
    test->step_seconds += sterna_terminal_clock() - begun;
    if (status == STERNA_OK)
        status = sterna_device_step(test->reference, inputs, AT_ONCE, test->expected, error);
    for (size_t i = 0; i < AT_ONCE * test->outputs && status == STERNA_OK; i++)
        test->mismatches += test->got[i] != test->expected[i];
    return status;
}

static enum sterna_status measure(struct selftest *test, struct sterna_error *error)
{
    enum sterna_status status = sterna_device_counters(test->device, true, &test->counters, error);

    for (size_t done = 0; done < STEPS && status == STERNA_OK; done += AT_ONCE)
        status = step(test, done, error);
    double begun = sterna_terminal_clock();
    for (size_t i = 0; i < ROUND_TRIPS && status == STERNA_OK; i++)
        status = sterna_device_counters(test->device, false, &test->counters, error);
    test->round_trip_seconds = (sterna_terminal_clock() - begun) / ROUND_TRIPS;
    return status;
}

static int print_result(const struct sterna_options *options, const char *on, const struct selftest *test)
{
    struct sterna_record record;
    struct sterna_geometry geometry;
    size_t bytes =
        test->load.weight_bytes + 2 * test->load.scales + 2 * test->load.biases + test->load.program_bytes;

    sterna_device_geometry(test->device, &geometry);
    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "on", on);
    sterna_record_text(&record, "device", geometry.name);
    sterna_record_count(&record, "loaded_bytes", bytes);
    sterna_record_real(&record, "load_bytes_per_second",
                       sterna_measure_ratio((double)bytes, test->load_seconds), 0);
    sterna_record_count(&record, "steps", STEPS);
    sterna_record_count(&record, "outputs", STEPS * test->outputs);
    sterna_record_count(&record, "mismatches", test->mismatches);
    sterna_record_real(&record, "steps_per_second", sterna_measure_ratio(STEPS, test->step_seconds), 0);
    sterna_record_real(&record, "round_trip_milliseconds", 1e3 * test->round_trip_seconds, 3);
    sterna_record_count(&record, "bad_frames", test->counters.bad_frames);
    sterna_record_text(&record, "verdict", test->mismatches == 0 ? "passed" : "failed");
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    struct selftest test = {0};
    struct sterna_error error;
    const char *on = options->on != NULL ? options->on : "usb";
    const struct sterna_wait wait = sterna_terminal_wait(options->wait, "selftest");
    int printed = STERNA_EXIT_FAILED;
    enum sterna_status status = prepare(&test, on, &wait, &error);

    if (status == STERNA_OK)
        status = measure(&test, &error);
    if (status == STERNA_OK)
        printed = print_result(options, on, &test);
    else
        sterna_complain("selftest", "%s", error.reason);
    if (printed == STERNA_EXIT_DONE && test.mismatches > 0) {
        sterna_complain("selftest", "%zu outputs on %s differ from the reference", test.mismatches, on);
        printed = STERNA_EXIT_FAILED;
    }
    release(&test);
    return printed;
}

const struct sterna_command sterna_command_selftest = {
    .name = "selftest",
    .arguments = "",
    .fewest = 0,
    .most = 0,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_WAIT | STERNA_TAKES_JSON,
    .summary = "test a board: load a known model, compare 1,000 steps with the reference",
    .details =
        "The device is usb unless --on says otherwise. Also measures how fast a model is loaded and how\n"
        "long a request takes there and back. One mismatch is a failure: exit status 1.\n",
    .run = run,
};
