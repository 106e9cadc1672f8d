#include "stack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "fixed_vector.h"
#include "product.h"

enum {
    ROWS = 512,
    RELU_MAX = 127,
    RELU_SHIFT = 6
}; /* rows of a product at a time: their patches stay in the cache */

static const float RELU_TOP = 127.0f / 32.0f; /* what a device can hold */

static bool is_conv(const struct sterna_stack_layer *layer)
{
    return layer->kind == STERNA_STACK_CONV;
}

/* ---- weights ---- */

void sterna_stack_free(struct sterna_stack *stack)
{
    for (size_t k = 0; stack->convolution && k < stack->shape.layers; k++) {
        struct sterna_convolution *convolution = &stack->convolution[k];
        sterna_weight_free(&convolution->weight);
        free(convolution->bias);
        free(convolution->bias_fixed);
        free(convolution->matrix);
    }
    free(stack->convolution);
    memset(stack, 0, sizeof *stack);
}

enum sterna_status sterna_stack_new(const struct sterna_stack_shape *shape, unsigned fraction,
                                    struct sterna_convolution *convolution, struct sterna_stack *stack,
                                    struct sterna_error *error)
{
    struct sterna_stack fresh = {.shape = *shape, .fraction = fraction, .convolution = convolution};

    for (size_t k = 0; k < shape->layers; k++) {
        const size_t rows = shape->layer[k].out.channels;
        if (!is_conv(&shape->layer[k]))
            continue;
        convolution[k].bias = sterna_buffer_new(rows, sizeof(float));
        convolution[k].bias_fixed = sterna_buffer_new(rows, sizeof(int32_t));
        convolution[k].matrix = sterna_buffer_new(rows * shape->layer[k].cols, sizeof(float));
        if (!convolution[k].bias || !convolution[k].bias_fixed || !convolution[k].matrix) {
            sterna_stack_free(&fresh);
            return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu filters", rows);
        }
    }
    *stack = fresh;
    return STERNA_OK;
}

float sterna_stack_one(const struct sterna_stack *stack, size_t k)
{
    return (float)sterna_stack_shape_one(&stack->shape, k, stack->fraction);
}

void sterna_stack_lay_out(struct sterna_stack *stack, size_t k)
{
    const struct sterna_stack_layer *layer = &stack->shape.layer[k];
    struct sterna_convolution *convolution = &stack->convolution[k];
    const float *from = stack->integer ? convolution->weight.level : convolution->weight.value;
    const size_t rows = layer->out.channels / layer->groups, count = rows * layer->cols;

    for (size_t g = 0; g < layer->groups; g++)
        sterna_product_transpose(rows, layer->cols, from + g * count, convolution->matrix + g * count);
}

void sterna_stack_prepare(struct sterna_stack *stack, size_t k, const float *bias)
{
    struct sterna_convolution *convolution = &stack->convolution[k];

    for (size_t r = 0; r < stack->shape.layer[k].out.channels; r++) {
        convolution->bias[r] = bias[r];
        convolution->bias_fixed[r] = sterna_cell_round_bias(bias[r]);
    }
    sterna_stack_lay_out(stack, k);
}

void sterna_stack_fold(const struct sterna_stack *stack, size_t k, float *factor, float *offset)
{
    const struct sterna_convolution *convolution = &stack->convolution[k];
    const struct sterna_product_scale *scale = &convolution->scale;

    for (size_t r = 0; r < stack->shape.layer[k].out.channels; r++) {
        const bool norm = stack->shape.layer[k].batch_norm;
        factor[r] = norm ? scale->gain[r] * sterna_product_norm_inverse(scale->variance[r]) : 1.0f;
        offset[r] = convolution->bias[r] - (norm ? factor[r] * scale->mean[r] : 0.0f);
    }
}

/* ---- buffers of a run ---- */

/* Floats of the planes in front of layer k. */
static size_t plane_room(const struct sterna_stack_shape *shape, const struct sterna_stack_run *run, size_t k)
{
    const size_t frame = k < shape->layers ? shape->layer[k].in.width * shape->layer[k].in.channels
                                           : sterna_stack_shape_outputs(shape);
    return run->batch * sterna_stack_shape_height(shape, k, run->steps) * frame;
}

static bool new_trace(const struct sterna_stack_layer *layer, size_t room, struct sterna_product_trace *trace)
{
    const size_t rows = layer->out.channels;
    trace->normal = sterna_buffer_new(room, sizeof(float));
    trace->inverse = sterna_buffer_new(rows, sizeof(float));
    trace->mean = sterna_buffer_new(rows, sizeof(float));
    trace->variance = sterna_buffer_new(rows, sizeof(float));
    return trace->normal && trace->inverse && trace->mean && trace->variance;
}

/* Planes, traces and scratch; false without memory. */
static bool fill_run(const struct sterna_stack_shape *shape, bool training, struct sterna_stack_run *run)
{
    size_t most = 0, patch = 0;
    bool done = run->height && run->value && run->pass && run->trace;

    for (size_t k = 0; done && k <= shape->layers; k++) {
        const size_t room = plane_room(shape, run, k);
        most = room > most ? room : most;
        run->value[k] = sterna_buffer_new(room, sizeof(float));
        done = run->value[k] != NULL;
    }
    for (size_t k = 0; done && k < shape->layers; k++) {
        const struct sterna_stack_layer *layer = &shape->layer[k];
        const size_t room = plane_room(shape, run, k + 1), places = room / layer->out.channels;
        const size_t rows = places < ROWS ? places : ROWS;
        if (!is_conv(layer))
            continue;
        patch = rows * layer->cols > patch ? rows * layer->cols : patch;
        run->pass[k] = sterna_buffer_new(room, 1);
        done = run->pass[k] && (!layer->batch_norm || new_trace(layer, room, &run->trace[k]));
    }
    run->patch = sterna_buffer_new(patch, sizeof(float));
    run->dpatch = training ? sterna_buffer_new(patch, sizeof(float)) : NULL;
    for (size_t i = 0; training && i < 2; i++)
        run->gradient[i] = sterna_buffer_new(most, sizeof(float));
    return done && run->patch && (!training || (run->dpatch && run->gradient[0] && run->gradient[1]));
}

enum sterna_status sterna_stack_run_new(const struct sterna_stack *stack, size_t steps, size_t batch,
                                        bool training, struct sterna_stack_run *run,
                                        struct sterna_error *error)
{
    const size_t layers = stack->shape.layers;
    struct sterna_stack_run fresh = {.batch = batch, .steps = steps, .layers = layers};

    fresh.height = calloc((layers + 1) * batch, sizeof *fresh.height);
    fresh.value = calloc(layers + 1, sizeof *fresh.value);
    fresh.pass = calloc(layers + 1, sizeof *fresh.pass);
    fresh.trace = calloc(layers + 1, sizeof *fresh.trace);
    if (!fill_run(&stack->shape, training, &fresh)) {
        sterna_stack_run_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the stack's planes of %zu sequences",
                           batch);
    }
    *run = fresh;
    return STERNA_OK;
}

void sterna_stack_run_free(struct sterna_stack_run *run)
{
    for (size_t k = 0; run->value && run->pass && run->trace && run->height && k <= run->layers; k++) {
        free(run->value[k]);
        free(run->pass[k]);
        free(run->trace[k].normal);
        free(run->trace[k].inverse);
        free(run->trace[k].mean);
        free(run->trace[k].variance);
    }
    free(run->height);
    free(run->value);
    free(run->pass);
    free(run->trace);
    free(run->patch);
    free(run->dpatch);
    free(run->gradient[0]);
    free(run->gradient[1]);
    memset(run, 0, sizeof *run);
}

struct sterna_planes sterna_stack_planes(const struct sterna_stack_run *run, size_t k)
{
    return (struct sterna_planes){
        .count = run->count, .in = run->height + k * run->batch, .out = run->height + (k + 1) * run->batch};
}

/* ---- forward ---- */

/* Whether a layer's products are normalized in this pass: for the integer one it is in rows and biases. */
static bool normalizes(const struct sterna_stack *stack, size_t k)
{
    return stack->shape.layer[k].batch_norm && !stack->integer;
}

static void multiply(const struct sterna_stack *stack, const struct sterna_stack_run *run, size_t k,
                     size_t rows, float *product)
{
    const struct sterna_stack_layer *layer = &stack->shape.layer[k];
    const struct sterna_planes planes = sterna_stack_planes(run, k);
    const size_t C = layer->out.channels, own = C / layer->groups;

    for (size_t first = 0, count; first < rows; first += count) {
        count = rows - first < ROWS ? rows - first : ROWS;
        for (size_t g = 0; g < layer->groups; g++) {
            sterna_patches_gather(layer, &planes, g, run->value[k], first, count, run->patch);
            sterna_product(count, own, layer->cols, run->patch, layer->cols,
                           stack->convolution[k].matrix + g * own * layer->cols, own, false,
                           product + first * C + g * own, C);
        }
    }
}

/* a [C] from the products, or the normalized ones with their gains. */
static void activate(size_t C, const float *restrict product, const float *gain, const float *restrict bias,
                     float *restrict a, uint8_t *restrict pass)
{
    for (size_t c = 0; c < C; c++) {
        const float pre = (gain ? gain[c] * product[c] : product[c]) + bias[c];
        const float positive = pre > 0.0f ? pre : 0.0f;
        a[c] = positive < RELU_TOP ? positive : RELU_TOP;
        pass[c] = pre > 0.0f && pre <= RELU_TOP;
    }
}

/* The same from sums / one, in place, as fixed.c's rnn-relu. */
static void activate_fixed(size_t C, const struct sterna_convolution *by, float *restrict a,
                           uint8_t *restrict pass)
{
    const int32_t *restrict m = by->weight.scale_m, *restrict s = by->weight.scale_s;

    for (size_t c = 0; c < C; c++) {
        const int32_t sum = (int32_t)(a[c] * by->one_in);
        const int32_t pre = sterna_vector_saturate(sterna_vector_scale(sum, m[c], s[c]) + by->bias_fixed[c]);
        const int32_t h = sterna_vector_round(pre > 0 ? pre : 0, RELU_SHIFT);
        pass[c] = pre > 0 && h <= RELU_MAX;
        a[c] = (float)(h < RELU_MAX ? h : RELU_MAX) * 0x1p-5f;
    }
}

static void convolve(const struct sterna_stack *stack, struct sterna_stack_run *run, size_t k)
{
    const struct sterna_planes planes = sterna_stack_planes(run, k);
    const struct sterna_convolution *by = &stack->convolution[k];
    const size_t rows = sterna_patches_rows(&stack->shape.layer[k], &planes);
    const size_t C = stack->shape.layer[k].out.channels;
    const bool norm = normalizes(stack, k);
    float *product = norm ? run->trace[k].normal : run->value[k + 1];

    multiply(stack, run, k, rows, product);
    if (norm)
        sterna_batch_norm(1, rows, &rows, C, stack->training ? NULL : &by->scale, &run->trace[k]);
    for (size_t i = 0; i < rows * C; i += C) {
        if (stack->integer)
            activate_fixed(C, by, run->value[k + 1] + i, run->pass[k] + i);
        else
            activate(C, product + i, norm ? by->scale.gain : NULL, by->bias, run->value[k + 1] + i,
                     run->pass[k] + i);
    }
}

void sterna_stack_forward(const struct sterna_stack *stack, struct sterna_stack_run *run,
                          const size_t *length, size_t count)
{
    assert(count <= run->batch);
    run->count = count;
    for (size_t k = 0; k <= stack->shape.layers; k++)
        for (size_t b = 0; b < count; b++)
            run->height[k * run->batch + b] = sterna_stack_shape_height(&stack->shape, k, length[b]);
    for (size_t k = 0; k < stack->shape.layers; k++) {
        const struct sterna_stack_layer *layer = &stack->shape.layer[k];
        const struct sterna_planes planes = sterna_stack_planes(run, k);
        if (is_conv(layer))
            convolve(stack, run, k);
        else if (layer->kind == STERNA_STACK_FLATTEN)
            memcpy(run->value[k + 1], run->value[k],
                   sterna_patches_rows(layer, &planes) * layer->out.channels * sizeof(float));
        else
            sterna_patches_pool(layer, &planes, stack->integer ? 1.0f / sterna_stack_one(stack, k) : 0.0f,
                                run->value[k], run->value[k + 1]);
    }
}

/* ---- backward ---- */

static void swap(struct sterna_stack_run *run)
{
    float *first = run->gradient[0];
    run->gradient[0] = run->gradient[1];
    run->gradient[1] = first;
}

/* From dL/d(product) [rows, C] to the weights' gradient, and (wanted) to that of the planes in front, in gradient[1]. */
static void multiply_backward(const struct sterna_stack *stack, struct sterna_stack_run *run, size_t k,
                              size_t rows, const float *dproduct, float *weight_gradient, bool wanted)
{
    const struct sterna_stack_layer *layer = &stack->shape.layer[k];
    const struct sterna_planes planes = sterna_stack_planes(run, k);
    const size_t C = layer->out.channels, own = C / layer->groups, cols = layer->cols;

    for (size_t b = 0, at = 0; wanted && b < run->count; b++) {
        const size_t values = planes.in[b] * layer->in.width * layer->in.channels;
        memset(run->gradient[1] + at, 0, values * sizeof(float));
        at += values;
    }
    for (size_t first = 0, count; first < rows; first += count) {
        count = rows - first < ROWS ? rows - first : ROWS;
        for (size_t g = 0; g < layer->groups; g++) {
            const float *d = dproduct + first * C + g * own;
            sterna_patches_gather(layer, &planes, g, run->value[k], first, count, run->patch);
            sterna_product_outer(own, cols, count, d, C, run->patch, cols, weight_gradient + g * own * cols,
                                 cols);
            if (!wanted)
                continue;
            sterna_product(count, cols, own, d, C, stack->convolution[k].weight.value + g * own * cols, cols,
                           false, run->dpatch, cols);
            sterna_patches_scatter(layer, &planes, g, run->dpatch, first, count, run->gradient[1]);
        }
    }
}

static void convolve_backward(const struct sterna_stack *stack, struct sterna_stack_run *run, size_t k,
                              const struct sterna_stack_gradient *to, bool wanted)
{
    const struct sterna_planes planes = sterna_stack_planes(run, k);
    const size_t rows = sterna_patches_rows(&stack->shape.layer[k], &planes);
    const size_t C = stack->shape.layer[k].out.channels;
    struct sterna_product_trace *trace = &run->trace[k];
    float *restrict d = run->gradient[0];

    for (size_t i = 0; i < rows * C; i++)
        d[i] = run->pass[k][i] ? d[i] : 0.0f;
    sterna_product_add_rows(rows, C, d, C, to->bias);
    if (normalizes(stack, k)) {
        memcpy(to->mean, trace->mean, C * sizeof(float));
        memcpy(to->variance, trace->variance, C * sizeof(float));
        sterna_batch_norm_backward(1, rows, &rows, C, stack->convolution[k].scale.gain, d, trace, to->gain);
    }
    multiply_backward(stack, run, k, rows, normalizes(stack, k) ? trace->normal : d, to->weight, wanted);
}

void sterna_stack_backward(const struct sterna_stack *stack, struct sterna_stack_run *run,
                           const struct sterna_stack_gradient *gradient, float *input)
{
    for (size_t k = stack->shape.layers; k-- > 0;) {
        const struct sterna_stack_layer *layer = &stack->shape.layer[k];
        const struct sterna_planes planes = sterna_stack_planes(run, k);
        if (layer->kind == STERNA_STACK_FLATTEN)
            continue;
        if (is_conv(layer))
            convolve_backward(stack, run, k, &gradient[k], k > 0 || input);
        else
            sterna_patches_pool_backward(layer, &planes, run->value[k], run->value[k + 1], run->gradient[0],
                                         run->gradient[1]);
        swap(run);
    }
    for (size_t b = 0, at = 0; input && b < run->count; b++) {
        const size_t values = run->height[b] * stack->shape.inputs;
        memcpy(input + at, run->gradient[0] + at, values * sizeof(float));
        at += values;
    }
}
