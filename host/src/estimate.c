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

/* Cycles that the executor takes for a step's input (executor.v). */
static uint64_t input_cycles(const struct sterna_model *model)
{
    enum { BYTE = 2, HOT = 5 };
    return model->one_hot ? HOT : BYTE * sterna_model_inputs(model);
}

/* Cycles of a request, for each of its steps: its first input is written before any step, and its last results leave after
 * all; what the sender takes for a row (row_sender.v). */
static uint64_t request_cycles(const struct sterna_model *model, const struct sterna_geometry *geometry,
                               size_t outputs)
{
    enum { STEP_HEAD = 6, REPLY_HEAD = 3, SUM_BYTES = 3, ROW = 5, TURN = 12 };
    const size_t inputs = model->one_hot ? 2 : sterna_model_inputs(model);
    const size_t by_request = (geometry->request_bytes - STEP_HEAD) / inputs;
    const size_t by_reply = (geometry->reply_bytes - REPLY_HEAD) / (SUM_BYTES * outputs);
    const size_t steps = by_request < by_reply ? by_request : by_reply;
    return (input_cycles(model) + ROW * outputs + TURN + steps / 2) / steps;
}

/* Cycles by which the next input comes too late. */
static uint64_t late_cycles(const struct sterna_model *model, const struct sterna_timing *timing)
{
    enum { HEAD = 5 }; /* executor.v: from input_free to the first byte, and from the last to the start */
    const uint64_t there = timing->input_free + HEAD + input_cycles(model);
    return there > timing->cycles ? there - timing->cycles : 0;
}

static void fill(const struct sterna_model *model, const struct sterna_geometry *geometry,
                 const struct sterna_layout *layout, struct sterna_estimate *estimate)
{
    struct sterna_timing timing;
    double used = 0;
    sterna_timing_sections(geometry, layout->section, layout->sections, &timing);
    const uint64_t request =
        request_cycles(model, geometry, layout->output_rows) + late_cycles(model, &timing);
    for (size_t k = 0; k < model->layers; k++)
        used += cycles_of(&model->layer[k].ih, geometry) + cycles_of(&model->layer[k].hh, geometry);
    const uint64_t ideal = layout->ideal_cycles - layout->output_cycles;
    *estimate = (struct sterna_estimate){
        .cycles = timing.cycles + request,
        .streaming = timing.streaming,
        .build_wait = timing.build_wait,
        .gate_wait = timing.gate_wait,
        .gap = timing.gap + request,
        .output = timing.output,
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
