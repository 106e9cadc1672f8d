/* compare.c - data through a device: its figure, and whether it agrees with fixed.c on every sum. */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "evaluate.h"
#include "fixed.h"
#include "stack_device.h"

enum {
    CHUNK = 256,         /* steps between looks at the stop flag */
    COUNTERS_EVERY = 16, /* chunks: the device's 32-bit counters must not wrap */
    THROUGH_STACK = 256  /* sequences that go through a stack together */
};

/* Data on their way through a device. */
struct run {
    const struct sterna_model *model;      /* what is behind the stack, if there is one */
    struct sterna_model behind;            /* the same */
    struct sterna_stack_device stack;      /* its model: the whole one */
    const struct sterna_sequence_set *set; /* what the model runs: of the trial, or out of the stack */
    const struct sterna_trial *trial;
    const struct sterna_eval_options *options;
    struct sterna_device *device;
    struct sterna_load_report load;
    uint16_t *inputs;                      /* [CHUNK] */
    int32_t *sums;                         /* [CHUNK, outputs] from the device */
    int64_t *total;                        /* [outputs] sums over a sequence */
    float *logits;                         /* [outputs] */
    struct sterna_fixed_state fixed;       /* used if compare */
    int32_t *expected;                     /* [outputs] of fixed.c */
    struct sterna_compare_result *compare; /* NULL: only evaluate */
    struct sterna_tally tally;
    double device_seconds; /* spent in the driver and below it */
    size_t chunks;
    uint64_t steps_counted, cycles, streaming, build_wait, gate_wait, bad_frames;
};

/* ---- begin and end ---- */

static void close_run(struct run *run)
{
    sterna_device_close(run->device);
    sterna_fixed_free(&run->fixed);
    sterna_stack_device_free(&run->stack);
    free(run->inputs);
    free(run->sums);
    free(run->total);
    free(run->logits);
    free(run->expected);
    sterna_tally_free(&run->tally);
}

static bool has_stack(const struct run *run)
{
    return run->stack.model->stack.layers > 0;
}

static enum sterna_status open_run(struct run *run, struct sterna_error *error)
{
    const size_t outputs = run->model->output.rows;
    run->inputs = calloc(CHUNK, sizeof *run->inputs);
    run->sums = calloc(CHUNK * outputs, sizeof *run->sums);
    run->total = calloc(outputs, sizeof *run->total);
    run->logits = calloc(outputs, sizeof *run->logits);
    run->expected = calloc(outputs, sizeof *run->expected);
    if (!run->inputs || !run->sums || !run->total || !run->logits || !run->expected)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the results of %zu outputs", outputs);
    enum sterna_status status = sterna_tally_new(run->trial, &run->tally, error);
    if (status == STERNA_OK && run->compare)
        status = sterna_fixed_new(run->model, &run->fixed, error);
    const double start = sterna_clock_seconds();
    if (status == STERNA_OK)
        status = sterna_device_open_lasting(run->options->on, &run->options->wait, &run->device, error);
    if (status == STERNA_OK && !has_stack(run))
        status = sterna_device_load(run->device, run->model, &run->load, error);
    run->stack.device = run->device;
    run->device_seconds = sterna_clock_seconds() - start;
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

/* ---- steps ---- */

/* The step's sums against fixed.c's, for a symbol or (frame not NULL) a frame. */
static void compare_step(struct run *run, size_t symbol, const int8_t *frame, const int32_t *sums)
{
    const size_t outputs = run->model->output.rows;
    struct sterna_compare_result *result = run->compare;
    if (frame)
        sterna_fixed_step(run->model, &run->fixed, frame, run->expected);
    else
        sterna_fixed_step_one_hot(run->model, &run->fixed, symbol, run->expected);
    for (size_t i = 0; i < outputs; i++) {
        if (sums[i] == run->expected[i])
            continue;
        if (result->mismatches++ > 0)
            continue;
        result->first_step = run->tally.steps;
        result->first_output = i;
        result->expected = run->expected[i];
        result->got = sums[i];
    }
}

static enum sterna_status text_chunk(struct run *run, const uint8_t *text, size_t count,
                                     struct sterna_error *error)
{
    const size_t outputs = run->model->output.rows;
    for (size_t i = 0; i < count; i++)
        run->inputs[i] = text[i];
    const double start = sterna_clock_seconds();
    enum sterna_status status = sterna_device_step(run->device, run->inputs, count, run->sums, error);
    run->device_seconds += sterna_clock_seconds() - start;
    for (size_t i = 0; i < count && status == STERNA_OK; i++) {
        const int32_t *sums = run->sums + i * outputs;
        if (run->compare)
            compare_step(run, text[i], NULL, sums);
        sterna_model_logits(run->model, sums, run->logits);
        sterna_tally_add(&run->tally, run->logits, outputs, text[i + 1]);
        run->tally.steps++;
    }
    return status;
}

static enum sterna_status frames_chunk(struct run *run, const int8_t *frames, size_t count,
                                       struct sterna_error *error)
{
    const size_t outputs = run->model->output.rows, inputs = sterna_model_inputs(run->model);
    const double start = sterna_clock_seconds();
    enum sterna_status status = sterna_device_step_dense(run->device, frames, count, run->sums, error);
    run->device_seconds += sterna_clock_seconds() - start;
    for (size_t i = 0; i < count && status == STERNA_OK; i++) {
        const int32_t *sums = run->sums + i * outputs;
        if (run->compare)
            compare_step(run, 0, frames + i * inputs, sums);
        for (size_t o = 0; o < outputs; o++)
            run->total[o] = run->model->head == STERNA_HEAD_MEAN ? run->total[o] + sums[o] : sums[o];
        run->tally.steps++;
    }
    return status;
}

/* One sequence from a zero state to its class. */
static enum sterna_status run_sequence(struct run *run, size_t index, struct sterna_error *error)
{
    const struct sterna_sequence_set *set = run->set;
    const size_t inputs = sterna_model_inputs(run->model), outputs = run->model->output.rows;
    const size_t first = set->start[index], steps = set->start[index + 1] - first;
    enum sterna_status status = sterna_device_reset(run->device, error);

    if (run->compare)
        sterna_fixed_reset(&run->fixed);
    for (size_t o = 0; o < outputs; o++)
        run->total[o] = 0;
    for (size_t done = 0, count; done < steps && status == STERNA_OK; done += count) {
        count = steps - done < CHUNK ? steps - done : CHUNK;
        status = frames_chunk(run, set->frames + (first + done) * inputs, count, error);
    }
    if (status != STERNA_OK)
        return status;
    sterna_model_logits_mean(run->model, run->total, run->model->head == STERNA_HEAD_MEAN ? steps : 1,
                             run->logits);
    sterna_tally_add(&run->tally, run->logits, outputs, set->label[index]);
    return STERNA_OK;
}

/* Sequences `done` and following, together through the stack, then one by one through what is behind it. */
static enum sterna_status run_through_stack(struct run *run, size_t done, size_t count,
                                            struct sterna_error *error)
{
    const struct sterna_sequence_set *whole = run->trial->set;
    const double start = sterna_clock_seconds();
    enum sterna_status status = sterna_stack_device_run(&run->stack, whole, done, count, error);
    if (status == STERNA_OK)
        status = take_counters(run, error);
    if (status == STERNA_OK)
        status = sterna_device_load(run->device, run->model, &run->load, error);
    run->device_seconds += sterna_clock_seconds() - start;
    const struct sterna_sequence_set frames = {
        .count = count, .start = run->stack.start, .label = whole->label + done, .frames = run->stack.frames};
    run->set = &frames;
    for (size_t i = 0; i < count && status == STERNA_OK; i++)
        status = run_sequence(run, i, error);
    run->set = NULL;
    return status;
}

/* What is next: steps of a text, sequences; *count says how many at once. */
static enum sterna_status run_next(struct run *run, size_t done, size_t left, size_t *count,
                                   struct sterna_error *error)
{
    const size_t most = run->trial->is_text ? CHUNK : has_stack(run) ? THROUGH_STACK : 1;
    *count = left < most ? left : most;
    if (run->trial->is_text)
        return text_chunk(run, run->trial->symbols + done, *count, error);
    return has_stack(run) ? run_through_stack(run, done, *count, error) : run_sequence(run, done, error);
}

static enum sterna_status run_all(struct run *run, struct sterna_error *error)
{
    const struct sterna_eval_options *options = run->options;
    const size_t total = run->trial->is_text ? run->trial->count - 1 : run->trial->count;
    enum sterna_status status = open_run(run, error);
    for (size_t done = 0, count; done < total && status == STERNA_OK;) {
        status = run_next(run, done, total - done, &count, error);
        done += count;
        if (status == STERNA_OK && (++run->chunks % COUNTERS_EVERY == 0 || done == total))
            status = take_counters(run, error);
        if (status == STERNA_OK && options->progress)
            options->progress(done, total, options->context);
        if (status == STERNA_OK && options->stop && *options->stop)
            status = sterna_fail(error, STERNA_ERR_INTERRUPTED, "interrupted after %zu of %zu %s", done,
                                 total, run->trial->is_text ? "steps" : "sequences");
    }
    return status;
}

/* ---- results ---- */

static uint32_t as_counter(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void fill_compare(const struct run *run, struct sterna_compare_result *result)
{
    result->steps = run->tally.steps;
    result->outputs = run->tally.steps * run->model->output.rows + run->stack.values;
    result->mismatches += run->stack.mismatches;
    result->ideal_cycles = run->stack.ideal_cycles + run->tally.steps * run->load.ideal_cycles;
    result->sequences = run->trial->is_text ? 0 : run->trial->count;
    (void)snprintf(result->metric, sizeof result->metric, "%s", sterna_tally_metric(&run->tally));
    result->value = sterna_tally_value(&run->tally);
    result->counters = (struct sterna_counters){
        .steps = as_counter(run->steps_counted),
        .cycles = as_counter(run->cycles),
        .streaming = as_counter(run->streaming),
        .build_wait = as_counter(run->build_wait),
        .gate_wait = as_counter(run->gate_wait),
        .bad_frames = as_counter(run->bad_frames),
    };
    result->load = run->load;
    result->simulated_cycles = sterna_device_simulated_cycles(run->device);
    result->simulated_seconds = result->simulated_cycles ? run->device_seconds : 0.0;
}

enum sterna_status sterna_run_on_device(const struct sterna_model *model, const struct sterna_trial *trial,
                                        const struct sterna_eval_options *options,
                                        struct sterna_device_run *result,
                                        struct sterna_compare_result *compare, struct sterna_error *error)
{
    struct run run = {
        .model = model, .set = trial->set, .trial = trial, .options = options, .compare = compare};
    run.stack = (struct sterna_stack_device){.model = model, .compare = compare != NULL};
    if (model->stack.layers > 0) {
        run.behind = *model;
        run.behind.stack.layers = 0;
        run.model = &run.behind;
    }
    enum sterna_status status = run_all(&run, error);
    if (status == STERNA_OK) {
        if (compare)
            fill_compare(&run, compare);
        *result = (struct sterna_device_run){.tally = run.tally, .cycles = run.cycles};
        run.tally.confusion = NULL;
    }
    close_run(&run);
    return status;
}

enum sterna_status sterna_compare(const struct sterna_eval_options *options,
                                  struct sterna_compare_result *result, struct sterna_error *error)
{
    const double start = sterna_clock_seconds();
    struct sterna_compare_result found = {0};
    struct sterna_device_run run = {.cycles = 0};
    struct sterna_model *model = NULL;
    struct sterna_trial trial = {0};

    enum sterna_status status = sterna_model_load(options->path, &model, error);
    if (status == STERNA_OK)
        status = sterna_trial_open_for(options, model, &trial, error);
    if (status == STERNA_OK)
        status = sterna_run_on_device(model, &trial, options, &run, &found, error);
    if (status == STERNA_OK) {
        found.seconds = sterna_clock_seconds() - start;
        *result = found;
    }
    sterna_tally_free(&run.tally);
    sterna_trial_close(&trial);
    sterna_model_free(model);
    return status;
}
