/* estimate.c - sterna_estimate_model (sterna.h): the plan of a model for a target (layout.h), and how long it takes
 * (timing.h). */
#include <string.h>

#include "device.h"
#include "layout.h"
#include "machine.h"
#include "timing.h"

/* Cycles that a matrix would take, had it no last block and no last row. */
static double cycles_of(const struct sterna_matrix *matrix, const struct sterna_geometry *geometry)
{
    const size_t codes = (size_t)geometry->streams * geometry->tables;
    return (double)(matrix->rows * matrix->cols) / (double)(codes * sterna_geometry_widest(geometry, matrix));
}

static uint64_t each(uint64_t cycles, size_t steps)
{
    return (cycles + steps / 2) / steps;
}

static void fill(const struct sterna_model *model, const struct sterna_geometry *geometry,
                 const struct sterna_layout *layout, struct sterna_estimate *estimate)
{
    const size_t steps = sterna_timing_request_steps(model, geometry, layout->output_rows);
    struct sterna_timing timing;
    double used = 0;
    sterna_timing_request(model, geometry, layout, steps, &timing);
    const uint64_t cycles = each(timing.cycles, steps), streaming = each(timing.streaming, steps);
    const uint64_t build_wait = each(timing.build_wait, steps), gate_wait = each(timing.gate_wait, steps);
    for (size_t k = 0; k < model->layers; k++)
        used += cycles_of(&model->layer[k].ih, geometry) + cycles_of(&model->layer[k].hh, geometry);
    const uint64_t ideal = layout->ideal_cycles - layout->output_cycles;
    *estimate = (struct sterna_estimate){
        .cycles = cycles,
        .streaming = streaming,
        .build_wait = build_wait,
        .gate_wait = gate_wait,
        .gap = cycles - streaming - build_wait - gate_wait,
        .output = each(timing.output, steps),
        .ideal_cycles = ideal,
        .padding = 1.0 - used / (double)ideal,
        .load = {.weight_bytes = layout->weight_words * sterna_geometry_word_bytes(geometry),
                 .scales = layout->scales,
                 .biases = layout->biases,
                 .program_bytes = layout->program_bytes,
                 .activation_bytes = layout->activation_words * geometry->tables,
                 .states = layout->states,
                 .ideal_cycles = layout->ideal_cycles},
    };
}

enum sterna_status sterna_estimate_model(const struct sterna_model *model, const char *target,
                                         struct sterna_estimate *estimate, struct sterna_error *error)
{
    const struct sterna_geometry *geometry = sterna_geometry_of(target);
    struct sterna_layout layout;
    if (!geometry)
        return sterna_fail(error, STERNA_ERR_MISSING, "there is no target \"%s\"; there are: %s", target,
                           sterna_geometry_names());
    if (model->stack.layers > 0)
        return sterna_fail(error, STERNA_ERR_RANGE, "a model with a stack runs whole sequences, not steps");
    enum sterna_status status = sterna_layout_plan(model, geometry, &layout, error);
    if (status != STERNA_OK)
        return status;
    fill(model, geometry, &layout, estimate);
    sterna_layout_free(&layout);
    return STERNA_OK;
}
