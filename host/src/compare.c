/* compare.c - a text through a device: its bits per character, and whether it agrees with fixed.c on every
 * sum. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "evaluate.h"
#include "fixed.h"

enum {
    CHUNK = 256,        /* steps between looks at the stop flag */
    COUNTERS_EVERY = 16 /* chunks: the device's 32-bit counters must not wrap */
};

/* A text on its way through a device. */
struct run {
    const struct sterna_model *model;
    const uint8_t *text;
    size_t steps;
    const struct sterna_eval_options *options;
    struct sterna_device *device;
    struct sterna_load_report load;
    uint16_t *inputs;                      /* [CHUNK] */
    int32_t *sums;                         /* [CHUNK, outputs] from the device */
    float *logits;                         /* [outputs] */
    struct sterna_fixed_state fixed;       /* used if compare */
    int32_t *expected;                     /* [outputs] of fixed.c */
    struct sterna_compare_result *compare; /* NULL: only evaluate */
    double bits;
    double device_seconds; /* spent in the driver and below it */
    uint64_t steps_counted, cycles, streaming, build_wait, gate_wait, bad_frames;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double sterna_surprise(const float *logits, size_t count, size_t next)
{
    double top = (double)logits[0], sum = 0.0;
    for (size_t i = 1; i < count; i++)
        top = fmax(top, (double)logits[i]);
    for (size_t i = 0; i < count; i++)
        sum += exp((double)logits[i] - top);
    return (log(sum) + top - (double)logits[next]) / log(2.0);
}

static void close_run(struct run *run)
{
    sterna_device_close(run->device);
    sterna_fixed_free(&run->fixed);
    free(run->inputs);
    free(run->sums);
    free(run->logits);
    free(run->expected);
}

static enum sterna_status open_run(struct run *run, struct sterna_error *error)
{
    const size_t outputs = run->model->output.rows;
    if (run->model->symbols == 0 || run->model->symbols != outputs)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "the model is not one of text: it does not predict its own symbols");
    run->inputs = calloc(CHUNK, sizeof *run->inputs);
    run->sums = calloc(CHUNK * outputs, sizeof *run->sums);
    run->logits = calloc(outputs, sizeof *run->logits);
    run->expected = calloc(outputs, sizeof *run->expected);
    if (!run->inputs || !run->sums || !run->logits || !run->expected)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the results of %zu outputs", outputs);
    enum sterna_status status = STERNA_OK;
    if (run->compare)
        status = sterna_fixed_new(run->model, &run->fixed, error);
    const double start = now();
    if (status == STERNA_OK)
        status = sterna_device_open(run->options->on, &run->device, error);
    if (status == STERNA_OK)
        status = sterna_device_load(run->device, run->model, &run->load, error);
    run->device_seconds = now() - start;
    return status;
}

static void compare_step(struct run *run, size_t step, const int32_t *sums)
{
    const size_t outputs = run->model->output.rows;
    struct sterna_compare_result *result = run->compare;
    sterna_fixed_step_one_hot(run->model, &run->fixed, run->text[step], run->expected);
    for (size_t i = 0; i < outputs; i++) {
        if (sums[i] == run->expected[i])
            continue;
        if (result->mismatches++ > 0)
            continue;
        result->first_step = step;
        result->first_output = i;
        result->expected = run->expected[i];
        result->got = sums[i];
    }
}

static enum sterna_status run_chunk(struct run *run, size_t first, size_t count, struct sterna_error *error)
{
    const size_t outputs = run->model->output.rows;
    for (size_t i = 0; i < count; i++)
        run->inputs[i] = run->text[first + i];
    const double start = now();
    enum sterna_status status = sterna_device_step(run->device, run->inputs, count, run->sums, error);
    run->device_seconds += now() - start;
    for (size_t i = 0; i < count && status == STERNA_OK; i++) {
        const int32_t *sums = run->sums + i * outputs;
        if (run->compare)
            compare_step(run, first + i, sums);
        sterna_model_logits(run->model, sums, run->logits);
        run->bits += sterna_surprise(run->logits, outputs, run->text[first + i + 1]);
    }
    return status;
}

static enum sterna_status take_counters(struct run *run, struct sterna_error *error)
{
    struct sterna_counters counters;
    enum sterna_status status = sterna_device_counters(run->device, true, &counters, error);
    if (status != STERNA_OK)
        return status;
    run->steps_counted += counters.steps;
    run->cycles += counters.cycles;
    run->streaming += counters.streaming;
    run->build_wait += counters.build_wait;
    run->gate_wait += counters.gate_wait;
    run->bad_frames += counters.bad_frames;
    return STERNA_OK;
}

static enum sterna_status run_text(struct run *run, struct sterna_error *error)
{
    const struct sterna_eval_options *options = run->options;
    enum sterna_status status = open_run(run, error);
    for (size_t done = 0, chunk = 1; done < run->steps && status == STERNA_OK; chunk++) {
        size_t count = run->steps - done < CHUNK ? run->steps - done : CHUNK;
        status = run_chunk(run, done, count, error);
        done += count;
        if (status == STERNA_OK && (chunk % COUNTERS_EVERY == 0 || done == run->steps))
            status = take_counters(run, error);
        if (status == STERNA_OK && options->progress)
            options->progress(done, run->steps, options->context);
        if (status == STERNA_OK && options->stop && *options->stop)
            status = sterna_fail(error, STERNA_ERR_INTERRUPTED, "interrupted after %zu of %zu steps", done,
                                 run->steps);
    }
    return status;
}

static enum sterna_status check_length(size_t length, struct sterna_error *error)
{
    if (length >= 2)
        return STERNA_OK;
    return sterna_fail(error, STERNA_ERR_RANGE,
                       "a text of %zu characters predicts nothing; at least 2 are needed", length);
}

enum sterna_status sterna_eval_on_device(const struct sterna_model *model, const uint8_t *text, size_t length,
                                         const struct sterna_eval_options *options,
                                         struct sterna_eval_result *result, struct sterna_error *error)
{
    enum sterna_status status = check_length(length, error);
    if (status != STERNA_OK)
        return status;
    const double start = now();
    struct run run = {.model = model, .text = text, .steps = length - 1, .options = options};
    status = run_text(&run, error);
    if (status == STERNA_OK)
        *result = (struct sterna_eval_result){.bpc = run.bits / (double)run.steps,
                                              .steps = run.steps,
                                              .seconds = now() - start,
                                              .cycles = run.cycles};
    close_run(&run);
    return status;
}

static uint32_t as_counter(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static enum sterna_status compare_text(const struct sterna_model *model, const uint8_t *text, size_t length,
                                       const struct sterna_eval_options *options,
                                       struct sterna_compare_result *result, struct sterna_error *error)
{
    const double start = now();
    struct sterna_compare_result found = {.steps = length - 1, .outputs = (length - 1) * model->output.rows};
    struct run run = {
        .model = model, .text = text, .steps = length - 1, .options = options, .compare = &found};
    enum sterna_status status = run_text(&run, error);
    if (status == STERNA_OK) {
        found.bpc = run.bits / (double)run.steps;
        found.seconds = now() - start;
        found.counters = (struct sterna_counters){
            .steps = as_counter(run.steps_counted),
            .cycles = as_counter(run.cycles),
            .streaming = as_counter(run.streaming),
            .build_wait = as_counter(run.build_wait),
            .gate_wait = as_counter(run.gate_wait),
            .bad_frames = as_counter(run.bad_frames),
        };
        found.load = run.load;
        found.simulated_cycles = sterna_device_simulated_cycles(run.device);
        found.simulated_seconds = found.simulated_cycles ? run.device_seconds : 0.0;
        *result = found;
    }
    close_run(&run);
    return status;
}

enum sterna_status sterna_compare(const struct sterna_eval_options *options,
                                  struct sterna_compare_result *result, struct sterna_error *error)
{
    struct sterna_model *model = NULL;
    struct sterna_text text = {0};
    enum sterna_status status = sterna_model_load(options->path, &model, error);
    if (status == STERNA_OK)
        status = sterna_text_open(options->data, &text, error);
    if (status == STERNA_OK)
        status = sterna_text_map(&text, model->alphabet, model->symbols, error);
    if (status == STERNA_OK) {
        size_t length = text.length[options->split];
        if (options->limit && options->limit < length)
            length = options->limit;
        status = check_length(length, error);
        if (status == STERNA_OK)
            status = compare_text(model, text.split[options->split], length, options, result, error);
    }
    sterna_text_close(&text);
    sterna_model_free(model);
    return status;
}
