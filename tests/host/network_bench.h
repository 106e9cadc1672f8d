/* network_bench.h - a small network of any cell, head and normalization with a window of random data; for tests only. */
#ifndef STERNA_NETWORK_BENCH_H
#define STERNA_NETWORK_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradient_check.h"
#include "loss.h"
#include "window.h"

enum { BENCH_STEPS = 5, BENCH_BATCH = 3, BENCH_INPUTS = 6, BENCH_OUTPUTS = 6, BENCH_HIDDEN = 4 };

static const char *const bench_cells[] = {"gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign"};
static const char *const bench_norms[] = {"none", "weight", "layer", "batch"};

struct bench {
    struct sterna_recipe recipe;
    struct sterna_network network;
    struct sterna_window window;
    float *value;
    float *carry; /* [2 layers, batch, hidden] */
    bool training, carries;
};

static inline void bench_name(char field[32], const char *name)
{
    (void)snprintf(field, 32, "%s", name);
}

/* Lengths 5, 3 and 2 of sequences; a text runs all steps of all. */
static inline void bench_fill(struct bench *bench, uint64_t *seed)
{
    struct sterna_window *window = &bench->window;
    const size_t T = BENCH_STEPS, B = BENCH_BATCH;
    const bool text = bench->network.ends.one_hot;
    static const size_t length[BENCH_BATCH] = {5, 3, 2};

    window->run_steps = T;
    window->run_batch = B;
    for (size_t t = 0; t < T; t++) {
        window->active[t] = 0;
        for (size_t b = 0; b < B; b++) {
            const bool runs = text || t < length[b];
            window->active[t] += runs;
            window->symbol[t * B + b] = (uint8_t)random_below(seed, BENCH_INPUTS);
            window->target[t * B + b] = (uint8_t)random_below(seed, BENCH_OUTPUTS);
            window->length[b] = length[b];
            for (size_t i = 0; !text && i < BENCH_INPUTS; i++)
                window->input8[(t * B + b) * BENCH_INPUTS + i] =
                    (int8_t)(runs ? (int)random_below(seed, 129) - 64 : 0);
        }
    }
}

/* head: "next" (one-hot inputs), "last", "mean" (dense ones). The recipe may be changed before. */
static inline void bench_open(struct bench *bench, const struct sterna_recipe *recipe, const char *head)
{
    struct sterna_network_ends ends = {.inputs = BENCH_INPUTS, .outputs = BENCH_OUTPUTS, .fraction = 5};
    uint64_t seed = 31;

    memset(bench, 0, sizeof *bench);
    bench->recipe = *recipe;
    if (sterna_head_by_name(head, &ends.head, NULL) != STERNA_OK)
        abort();
    ends.one_hot = ends.head == STERNA_HEAD_NEXT;
    struct sterna_error error;
    if (sterna_network_new(recipe, &ends, false, &bench->network, &error) != STERNA_OK ||
        sterna_window_new(&bench->network, BENCH_STEPS, BENCH_BATCH, true, &bench->window, &error) !=
            STERNA_OK) {
        (void)fprintf(stderr, "%s\n", error.reason);
        abort();
    }
    const struct sterna_parameters *parameters = &bench->network.parameters;
    const size_t carry = sterna_window_carry(&bench->network) * BENCH_BATCH;
    bench->value = calloc(parameters->size, sizeof *bench->value);
    bench->carry = calloc(carry, sizeof *bench->carry);
    random_values(bench->value, parameters->size, 1.0f, &seed);
    random_values(bench->carry, carry, 0.9f, &seed);
    for (size_t i = 0; i < parameters->tensors; i++) /* variances are positive */
        for (size_t j = 0; strstr(parameters->list[i].name, ".variance") && j < parameters->list[i].count;
             j++)
            bench->value[parameters->list[i].offset + j] = 1.0f + 0.1f * (float)j;
    for (size_t k = 0; ends.one_hot && recipe->cell[0] == 'g' && k < recipe->layers;
         k++) /* a GRU's a is its s */
        memcpy(bench->carry + (2 * k + 1) * BENCH_BATCH * BENCH_HIDDEN,
               bench->carry + 2 * k * BENCH_BATCH * BENCH_HIDDEN, BENCH_BATCH * BENCH_HIDDEN * sizeof(float));
    bench->carries = ends.one_hot;
    bench->training = true;
    bench_fill(bench, &seed);
}

static inline void bench_close(struct bench *bench)
{
    free(bench->value);
    free(bench->carry);
    sterna_window_free(&bench->window);
    sterna_network_free(&bench->network);
    memset(bench, 0, sizeof *bench);
}

static inline struct sterna_recipe bench_recipe(const char *cell, const char *quantizer, const char *norm,
                                                size_t layers)
{
    struct sterna_recipe recipe;
    sterna_recipe_default(&recipe);
    recipe.hidden = BENCH_HIDDEN;
    recipe.layers = layers;
    bench_name(recipe.cell, cell);
    bench_name(recipe.quantizer, quantizer);
    bench_name(recipe.quantizer_output, quantizer);
    bench_name(recipe.normalization, norm);
    return recipe;
}

static inline void bench_forward(struct bench *bench, bool integer)
{
    const struct sterna_preparation preparation = {.integer = integer};
    const size_t floats = sterna_window_carry(&bench->network) * BENCH_BATCH;
    float *carry = malloc(floats * sizeof *carry);

    memcpy(carry, bench->carry, floats * sizeof *carry);
    sterna_network_prepare(&bench->network, &preparation, bench->training, NULL, bench->value);
    sterna_window_forward(&bench->network, &bench->window, bench->training, bench->carries ? carry : NULL,
                          BENCH_BATCH * BENCH_HIDDEN);
    free(carry);
}

static inline double bench_loss(const struct bench *bench)
{
    const struct sterna_window *window = &bench->window;
    return sterna_loss(sterna_window_predictions(window), window->outputs, window->logits, window->target);
}

#endif
