/* network_speed.c - sterna_bench_network (sterna_bench.h): one network in float, on the two devices of this process, on the accelerator. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "buffer.h"
#include "clock.h"
#include "core_clock.h"
#include "float_step.h"

enum { ENGINE_STEPS = 40 /* enough: every step takes the same cycles, but for the first */ };

/* The inputs of all steps, in each form that something takes. */
struct inputs {
    size_t steps, size;
    uint16_t *index; /* NULL: dense */
    int8_t *dense;
    float *floating;
    int32_t *sums;
    float *logits;
};

static void close_inputs(struct inputs *inputs)
{
    free(inputs->index);
    free(inputs->dense);
    free(inputs->floating);
    free(inputs->sums);
    free(inputs->logits);
}

static enum sterna_status open_inputs(const struct sterna_model *model, size_t steps, struct inputs *inputs,
                                      struct sterna_error *error)
{
    const size_t size = sterna_model_inputs(model);
    uint64_t random = 1;
    *inputs = (struct inputs){
        .steps = steps,
        .size = size,
        .index = model->one_hot ? sterna_buffer_new(steps, sizeof(uint16_t)) : NULL,
        .dense = sterna_buffer_new(steps, size),
        .floating = sterna_buffer_new(steps, size * sizeof(float)),
        .sums = sterna_buffer_new(steps, model->output.rows * sizeof(int32_t)),
        .logits = sterna_buffer_new(model->output.rows, sizeof(float)),
    };
    if (!inputs->dense || !inputs->floating || !inputs->sums || !inputs->logits ||
        (model->one_hot && !inputs->index)) {
        close_inputs(inputs);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the inputs of %zu steps", steps);
    }
    for (size_t i = 0; i < steps * size; i++) {
        inputs->dense[i] = (int8_t)((int)sterna_bench_draw(&random, 255) - 127);
        inputs->floating[i] = (float)inputs->dense[i] / (float)(1 << model->input_fraction);
        if (inputs->index)
            inputs->index[i / size] = (uint16_t)sterna_bench_draw(&random, (unsigned)size);
    }
    return STERNA_OK;
}

static enum sterna_status step_device(struct sterna_device *device, const struct inputs *inputs, size_t steps,
                                      struct sterna_error *error)
{
    return inputs->index ? sterna_device_step(device, inputs->index, steps, inputs->sums, error)
                         : sterna_device_step_dense(device, inputs->dense, steps, inputs->sums, error);
}

/* Microseconds per step, the fastest; what the core's clock was in between is kept if it is the highest. */
static enum sterna_status time_device(const char *address, const struct sterna_model *model,
                                      const struct inputs *inputs, size_t repetitions, double *microseconds,
                                      double *gigahertz, struct sterna_error *error)
{
    struct sterna_device *device = NULL;
    double fastest = INFINITY;
    enum sterna_status status = sterna_device_open(address, &device, error);
    if (status == STERNA_OK)
        status = sterna_device_load(device, model, NULL, error);
    for (size_t i = 0; status == STERNA_OK && i < repetitions; i++) {
        const double clock = sterna_core_clock(), begun = sterna_clock_seconds();
        status = step_device(device, inputs, inputs->steps, error);
        fastest = fmin(fastest, sterna_clock_seconds() - begun);
        *gigahertz = *gigahertz > clock ? *gigahertz : clock;
    }
    sterna_device_close(device);
    if (status == STERNA_OK)
        *microseconds = 1e6 * fastest / (double)inputs->steps;
    return status;
}

static enum sterna_status time_float(const struct sterna_model *model, const struct inputs *inputs,
                                     size_t repetitions, double *microseconds, struct sterna_error *error)
{
    struct sterna_float *network = NULL;
    const int threads = openblas_get_num_threads();
    double fastest = INFINITY;
    enum sterna_status status = sterna_float_new(model, &network, error);
    if (status != STERNA_OK)
        return status;
    openblas_set_num_threads(1);
    for (size_t i = 0; i < repetitions; i++) {
        const double begun = sterna_clock_seconds();
        for (size_t t = 0; t < inputs->steps; t++)
            sterna_float_step(network, inputs->index ? NULL : inputs->floating + t * inputs->size,
                              inputs->index ? inputs->index[t] : 0, inputs->logits);
        fastest = fmin(fastest, sterna_clock_seconds() - begun);
    }
    openblas_set_num_threads(threads);
    sterna_float_free(network);
    *microseconds = 1e6 * fastest / (double)inputs->steps;
    return STERNA_OK;
}

static enum sterna_status count_cycles(struct sterna_device *device, const struct inputs *inputs,
                                       struct sterna_bench_network *result, struct sterna_error *error)
{
    const size_t steps = inputs->steps < ENGINE_STEPS ? inputs->steps : ENGINE_STEPS;
    struct sterna_counters counters = {0};
    enum sterna_status status = sterna_device_counters(device, true, &counters, error);
    if (status == STERNA_OK)
        status = step_device(device, inputs, steps, error);
    if (status == STERNA_OK)
        status = sterna_device_counters(device, false, &counters, error);
    if (status != STERNA_OK)
        return status;
    const double per = 1.0 / (double)steps;
    result->cycles = per * counters.cycles;
    result->stream = per * counters.streaming;
    result->build = per * counters.build_wait;
    result->gates = per * counters.gate_wait;
    result->stall = result->cycles - result->stream - result->build - result->gates;
    return STERNA_OK;
}

/* The simulated accelerator, or why it does not take the model. */
static enum sterna_status simulate(const char *address, const struct sterna_model *model,
                                   const struct inputs *inputs, struct sterna_bench_network *result,
                                   struct sterna_error *error)
{
    struct sterna_device *device = NULL;
    struct sterna_load_report report;
    struct sterna_geometry geometry;
    struct sterna_estimate estimate;
    struct sterna_error reason;
    enum sterna_status status = sterna_device_open(address, &device, error);
    if (status != STERNA_OK)
        return status;
    sterna_device_geometry(device, &geometry);
    (void)snprintf(result->target, sizeof result->target, "%s", geometry.name);
    result->megahertz = 1e-3 * geometry.clock_khz;
    status = sterna_device_load(device, model, &report, &reason);
    result->fits = status == STERNA_OK;
    if (status == STERNA_OK)
        status = count_cycles(device, inputs, result, error);
    else if (status == STERNA_ERR_FIT)
        (void)snprintf(result->reason, sizeof result->reason, "%s", reason.reason);
    else
        status = sterna_fail(error, status, "%s", reason.reason);
    if (result->fits && status == STERNA_OK) {
        const bool known = sterna_estimate_model(model, geometry.name, &estimate, NULL) == STERNA_OK;
        const double ideal = known ? (double)estimate.ideal_cycles : (double)report.ideal_cycles;
        result->share = ideal / result->cycles;
        result->rate = (double)result->weights / result->cycles;
        result->computed = result->cycles / result->megahertz;
    }
    sterna_device_close(device);
    return status == STERNA_ERR_FIT ? STERNA_OK : status;
}

static size_t count_weights(const struct sterna_model *model)
{
    size_t weights = model->output.rows * model->output.cols;
    for (size_t k = 0; k < model->layers; k++) {
        const struct sterna_layer *layer = &model->layer[k];
        weights += layer->hh.rows * layer->hh.cols +
                   layer->ih.rows * (k == 0 && model->one_hot ? 1 : layer->ih.cols);
    }
    return weights;
}

static void fill_rates(double ceiling, struct sterna_bench_network *result)
{
    const double per = (double)result->weights / (1e3 * result->gigahertz);
    result->float_rate = per / result->floating;
    result->reference_rate = per / result->reference;
    result->fast_rate = per / result->fast;
    result->fast_share = result->fast_rate / ceiling;
}

enum sterna_status sterna_bench_network(const struct sterna_model *model, const char *name,
                                        const struct sterna_bench_options *options,
                                        struct sterna_bench_network *result, struct sterna_error *error)
{
    struct sterna_bench_network fresh = {.gigahertz = NAN, .board = NAN};
    struct inputs inputs;
    double other = NAN;
    if (model->layers == 0 || model->stack.layers > 0)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: only recurrent networks without a stack run step by step", name);
    enum sterna_status status = open_inputs(model, options->steps, &inputs, error);
    if (status != STERNA_OK)
        return status;
    fresh.weights = count_weights(model);
    (void)snprintf(fresh.name, sizeof fresh.name, "%s", name);
    status = time_float(model, &inputs, options->repetitions, &fresh.floating, error);
    if (status == STERNA_OK)
        status =
            time_device("reference", model, &inputs, options->repetitions, &fresh.reference, &other, error);
    if (status == STERNA_OK)
        status =
            time_device("fast", model, &inputs, options->repetitions, &fresh.fast, &fresh.gigahertz, error);
    fill_rates(options->ceiling, &fresh);
    if (status == STERNA_OK && options->simulated)
        status = simulate(options->simulated, model, &inputs, &fresh, error);
    if (status == STERNA_OK && options->board)
        status =
            time_device(options->board, model, &inputs, options->repetitions, &fresh.board, &other, error);
    close_inputs(&inputs);
    if (status == STERNA_OK)
        *result = fresh;
    return status;
}
