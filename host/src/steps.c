/* steps.c - see steps.h. */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

#include "geometry.h"
#include "halves.h"
#include "little_endian.h"
#include "pipeline.h"
#include "protocol.h"
#include "smaller.h"
#include "snapshot.h"

enum {
    BYTE_WALK = 6,        /* cycles in which a STEP looks at a byte of input, and stores it */
    DEAF_CYCLES = 100,    /* and what it needs beside that before it hears the next one */
    ESTIMATE_SPARE = 16,  /* part of a step by which it may take longer than estimated */
    PIPELINED_LEAST = 16, /* frames worth a snapshot */
    PIPELINED_MOST = 256  /* frames made again after a loss, at most */
};

/* Frames of `most` steps, the last one of the rest. */
struct batch {
    const struct sterna_steps *steps;
    int32_t *sums;
    size_t input_bytes; /* of a step */
    size_t most, frames;
    size_t first; /* frame not yet done */
};

static size_t result_bytes(const struct sterna_steps *steps)
{
    return STERNA_SUM_BYTES * steps->image->sums * steps->image->outputs;
}

/* As many steps as the request buffer has room for inputs, and the reply buffer for results. */
static enum sterna_status cut(const struct sterna_steps *steps, struct batch *batch,
                              struct sterna_error *error)
{
    const struct sterna_geometry *geometry = &steps->session->geometry;
    const size_t input = steps->indices ? STERNA_INDEX_BYTES : steps->image->inputs;
    const size_t most = sterna_geometry_steps(geometry, input, result_bytes(steps));
    if (input > sterna_geometry_input_room(geometry))
        return sterna_fail(error, STERNA_ERR_FIT,
                           "an input of %zu values is longer than the device's requests, %u bytes", input,
                           geometry->request_bytes);
    if (most == 0)
        return sterna_fail(error, STERNA_ERR_FIT,
                           "the results of a step, %zu bytes, are longer than the device's replies, %u bytes",
                           result_bytes(steps), geometry->reply_bytes);
    *batch = (struct batch){
        .steps = steps, .input_bytes = input, .most = most, .frames = (steps->count + most - 1) / most};
    return STERNA_OK;
}

static size_t steps_of(const struct batch *batch, size_t frame)
{
    return sterna_smaller(batch->steps->count - frame * batch->most, batch->most);
}

/* i counts from the first frame on. */
static size_t put_inputs(void *context, size_t i, uint8_t *arguments, size_t *data_size)
{
    const struct batch *batch = context;
    const struct sterna_steps *steps = batch->steps;
    const size_t frame = batch->first + i, count = steps_of(batch, frame), begin = frame * batch->most;
    uint8_t *inputs = arguments + STERNA_STEP_HEAD;
    arguments[0] = (uint8_t)count;
    arguments[1] = steps->indices ? STERNA_STEP_ONE_HOT : 0;
    sterna_put_le16(arguments + 2, (uint32_t)batch->input_bytes);
    for (size_t k = 0; k < count && steps->indices; k++)
        sterna_put_le16(inputs + STERNA_INDEX_BYTES * k, steps->indices[begin + k]);
    if (!steps->indices)
        memcpy(inputs, steps->dense + begin * batch->input_bytes, count * batch->input_bytes);
    *data_size = count * result_bytes(steps);
    return STERNA_STEP_HEAD + count * batch->input_bytes;
}

static int32_t take_sum(const uint8_t **data)
{
    const int32_t sum = (int32_t)(sterna_get_le24(*data) ^ 0x800000) - 0x800000; /* sign of 24 bits */
    *data += STERNA_SUM_BYTES;
    return sum;
}

static void take_sums(void *context, size_t i, const uint8_t *data)
{
    const struct batch *batch = context;
    const size_t frame = batch->first + i, outputs = batch->steps->image->outputs;
    int32_t *sums = batch->sums + frame * batch->most * outputs;
    for (size_t k = 0; k < steps_of(batch, frame) * outputs; k++) {
        sums[k] = take_sum(&data);
        if (batch->steps->image->sums == 2)
            sums[k] += take_sum(&data) * (1 << STERNA_HALVES_SHIFT);
    }
}

/* The first frame by itself. */
static enum sterna_status run_frame(struct batch *batch, struct sterna_error *error)
{
    struct sterna_session *session = batch->steps->session;
    const uint8_t *data = NULL;
    size_t data_size = 0;
    const size_t size = put_inputs(batch, 0, sterna_session_arguments(session), &data_size);
    const uint64_t cycles = steps_of(batch, batch->first) * batch->steps->image->cycle_bound;
    const enum sterna_status status =
        sterna_session_exchange(session, STERNA_OP_STEP, size, cycles, &data, data_size, error);
    if (status == STERNA_OK) {
        take_sums(batch, 0, data);
        batch->first++;
    }
    return status;
}

/* So many frames; *whole false if something was lost, and the device is where it was. */
static enum sterna_status run_pipelined(struct batch *batch, const struct sterna_pipeline *pipeline,
                                        bool *whole, struct sterna_error *error)
{
    const struct sterna_image *image = batch->steps->image;
    struct sterna_session *session = batch->steps->session;
    uint8_t *state = malloc(sterna_snapshot_bytes(image));
    if (!state)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a snapshot");
    enum sterna_status status = sterna_snapshot_get(session, image, state, error);
    if (status == STERNA_OK)
        status = sterna_pipeline_run(session, pipeline, whole, error);
    if (status == STERNA_OK && *whole)
        batch->first += pipeline->count;
    else if (status == STERNA_OK)
        status = sterna_snapshot_set(session, image, state, error);
    free(state);
    return status;
}

enum sterna_status sterna_steps_run(const struct sterna_steps *steps, int32_t *sums,
                                    struct sterna_error *error)
{
    struct batch batch;
    enum sterna_status status = cut(steps, &batch, error);
    if (status != STERNA_OK)
        return status;
    batch.sums = sums;
    const uint64_t step = steps->image->step_cycles + steps->image->step_cycles / ESTIMATE_SPARE;
    struct sterna_pipeline pipeline = {
        .opcode = STERNA_OP_STEP,
        .put = put_inputs,
        .take = take_sums,
        .context = &batch,
        .deaf = (batch.most - 1) * step + BYTE_WALK * batch.most * batch.input_bytes + DEAF_CYCLES,
        .cycles = batch.most * steps->image->cycle_bound,
    };
    bool whole = sterna_pipeline_helps(steps->session, pipeline.deaf);
    while (status == STERNA_OK && whole && batch.frames - batch.first >= PIPELINED_LEAST) {
        pipeline.count = sterna_smaller(batch.frames - batch.first, PIPELINED_MOST);
        status = run_pipelined(&batch, &pipeline, &whole, error);
    }
    while (status == STERNA_OK && batch.first < batch.frames)
        status = run_frame(&batch, error);
    return status;
}
