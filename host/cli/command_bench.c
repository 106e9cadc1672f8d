/* command_bench.c - sterna bench: how fast does a device run a model, and how fast is it simulated? */
#include "bench_engine.h"
#include "bench_kernels.h"
#include "bench_networks.h"
#include "bench_training.h"
#include "command.h"
#include "measure.h"
#include "stage.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_DEFAULT = 1000, STEPS_MAX = 10000000, STEPS_AT_ONCE = 16 };

struct bench_result {
    size_t steps;
    double seconds;
    uint64_t simulated_cycles; /* within these seconds */
    struct sterna_counters counters;
};

/* Steps on random inputs, a few at a time as a program would; sums has room for STEPS_AT_ONCE steps. */
static enum sterna_status step_all(struct sterna_stage *stage, uint64_t seed, size_t steps, int32_t *sums,
                                   struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    uint16_t inputs[STEPS_AT_ONCE];
    uint64_t random = seed;

    while (status == STERNA_OK && steps > 0) {
        size_t count = steps > STEPS_AT_ONCE ? STEPS_AT_ONCE : steps;
        for (size_t i = 0; i < STEPS_AT_ONCE; i++)
            inputs[i] = (uint16_t)sterna_bench_draw(&random, (unsigned)stage->facts.inputs);
        status = sterna_device_step(stage->device, inputs, count, sums, error);
        steps -= count;
    }
    return status;
}

static bool measure(struct sterna_stage *stage, uint64_t seed, struct bench_result *result)
{
    struct sterna_error error;
    enum sterna_status status = STERNA_ERR_MEMORY;
    int32_t *sums = calloc(STEPS_AT_ONCE * stage->facts.outputs, sizeof *sums);
    uint64_t cycles = sterna_device_simulated_cycles(stage->device);
    double begun = sterna_terminal_clock();

    (void)sterna_fail(&error, status, "out of memory");
    if (sums != NULL)
        status = sterna_device_counters(stage->device, true, &result->counters, &error);
    if (status == STERNA_OK)
        status = step_all(stage, seed, result->steps, sums, &error);
    if (status == STERNA_OK)
        status = sterna_device_counters(stage->device, false, &result->counters, &error);
    result->seconds = sterna_terminal_clock() - begun;
    result->simulated_cycles = sterna_device_simulated_cycles(stage->device) - cycles;
    free(sums);
    if (status != STERNA_OK)
        sterna_complain("bench", "%s", error.reason);
    return status == STERNA_OK;
}

static int print_result(const struct sterna_options *options, const char *on,
                        const struct sterna_stage *stage, const struct bench_result *result)
{
    double cycles_per_step = sterna_measure_ratio(result->counters.cycles, result->counters.steps);
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "model", sterna_stage_name(options->argument[0]));
    sterna_record_text(&record, "on", on);
    sterna_record_count(&record, "steps", result->steps);
    sterna_record_real(&record, "seconds", result->seconds, 2);
    sterna_record_real(&record, "steps_per_second",
                       sterna_measure_ratio((double)result->steps, result->seconds), 0);
    sterna_record_real(&record, "cycles_per_step", cycles_per_step, 1);
    sterna_record_count(&record, "ideal_cycles_per_step", stage->load.ideal_cycles);
    sterna_record_real(&record, "microseconds_per_step",
                       sterna_measure_ratio(1e3 * cycles_per_step, stage->geometry.clock_khz), 1);
    sterna_record_count(&record, "simulated_cycles", result->simulated_cycles);
    sterna_record_real(&record, "simulated_cycles_per_second",
                       sterna_measure_ratio((double)result->simulated_cycles, result->seconds), 0);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    const char *on = options->on;
    struct bench_result result = {.steps = STEPS_DEFAULT};
    struct sterna_stage stage;
    int status = STERNA_EXIT_FAILED;

    if (options->arguments > 0 && strcmp(options->argument[0], "train") == 0)
        return sterna_bench_training(options);
    if (options->arguments > 0 && strcmp(options->argument[0], "engine") == 0)
        return sterna_bench_engine(options);
    if (options->arguments > 0 && strcmp(options->argument[0], "kernels") == 0)
        return sterna_bench_kernels_run(options);
    if (on == NULL || options->html != NULL || strncmp(on, "usb", 3) == 0)
        return sterna_bench_networks(options);
    if ((options->given & STERNA_TAKES_LENGTH) != 0)
        result.steps = options->length > STEPS_MAX ? STEPS_MAX : (size_t)options->length;
    if (!sterna_stage_open(&stage, "bench", options->argument[0], on, false))
        return STERNA_EXIT_FAILED;
    if (stage.facts.symbols == 0)
        sterna_complain("bench", "%s: not a text model", sterna_stage_name(options->argument[0]));
    else if (measure(&stage, options->seed, &result))
        status = print_result(options, on, &stage, &result);
    sterna_stage_close(&stage);
    return status;
}

const struct sterna_command sterna_command_bench = {
    .name = "bench",
    .arguments = "[MODEL | train | engine | kernels]",
    .fewest = 0,
    .most = 1,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_LENGTH | STERNA_TAKES_SEED | STERNA_TAKES_JSON |
             STERNA_TAKES_HTML | STERNA_TAKES_KERNEL,
    .summary = "time networks on processor and accelerator side by side, or training",
    .details =
        "A step of MODEL, or of GRUs and LSTMs of 64 to 512 units (40 inputs, random ternary weights), batch "
        "1:\n"
        "as float by OpenBLAS, on the devices reference and fast, and on the simulated accelerator, whose "
        "times\n"
        "are computed from its cycles; --on usb: on a board as well. --length: how often each is measured, "
        "of\n"
        "which the fastest counts (default 200). --html writes a page with pictures.\n\n"
        "--on another device: nothing but --length steps (default 1000) of MODEL, a text model, on random\n"
        "symbols there; of a simulation it also says how fast that is. Without MODEL: a GRU of 256 units "
        "and\n"
        "73 symbols whose ternary weights are random.\n\n"
        "train: milliseconds per update of a GRU and an LSTM (512 inputs and units, batch 64, 100 steps,\n"
        "one thread), beside nothing but the matrix products by OpenBLAS, and the share of this machine's\n"
        "peak. --length is the number of repetitions, of which the fastest counts.\n\n"
        "engine: networks of random ternary weights in the usual sizes, 40 inputs and 10 outputs (-book: of\n"
        "codebooks of 16 words of 4 weights), and where the cycles of a step go, by the device's counters\n"
        "over --length steps. ideal_cycles: rows x blocks of the recurrent layer; efficiency = ideal_cycles\n"
        "/ cycles; padding: the share of ideal_cycles that\n"
        "no weight needs. cycles = ideal_cycles + build + gap + scale + gate + output + stall:\n"
        "  build   waits for tables, and rows whose bytes hold fewer weights so that tables are there\n"
        "          sooner (narrow of these)\n"
        "  gap     headers and starts\n"
        "  scale   row scales: 0, they run inside the gates\n"
        "  gate    waits for gates\n"
        "  output  the output layer's rows\n"
        "  stall   results that nobody takes: 0, the device does at once\n"
        "streaming = ideal_cycles + narrow + output.\n\n"
        "kernels: the products of the device fast in all formats, weights per cycle of the core, by every "
        "kernel\n"
        "that runs here or --kernel NAME, beside what its instructions reach on registers alone. --length: "
        "how\n"
        "often, of which the fastest counts.\n",
    .run = run,
};
