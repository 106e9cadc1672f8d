/* codebook_tune.c - see codebook_tune.h. Batch normalization is folded into weights and biases while the words move, as a device has it. */
#include "codebook_tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "buffer.h"
#include "codebook_fit.h"
#include "feed.h"
#include "philox.h"

enum { STREAMS = 16, TEXT_STEPS = 64, SEQUENCES = 64, TOP = 8 };
static const float WORD_RATE = 0.02f, SCALE_RATE = 0.002f, BIAS_RATE = 0.001f;
static const double MEMORY = 0.98; /* of the loss that is reported */

/* A matrix whose code moves. value, and gradient, mean and square for Adam: elements of words, logarithms of rows' scales, biases. */
struct tuned {
    struct sterna_codebook_matrix matrix;
    struct sterna_codebook_grid grid; /* without values: elements are real */
    size_t words, rows;               /* elements of words; rows */
    float *value, *gradient, *mean, *square;
    double *scale;         /* [rows] in the beginning */
    float *factor, *shift; /* [rows] of batch normalization: weights are divided by, biases less */
};

struct tuner {
    const struct sterna_codebook_network *of;
    struct sterna_network *network; /* the quantized one */
    size_t matrices;
    struct tuned *tuned;
    struct sterna_codebook_path *path;
    struct sterna_window window;
    float *carry;
};

void sterna_codebook_gradient(const struct sterna_product_code *code, const float *weights, float *word,
                              float *scale)
{
    const size_t n = code->elements;
    memset(word, 0, code->books * code->words * n * sizeof *word);
    memset(scale, 0, code->rows * sizeof *scale);
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = sterna_product_code_place(code, r, g);
            const size_t first = (code->book[g] * code->words + code->name[at]) * n;
            const float factor = (float)(code->scale[r] * code->sign[at]);
            for (size_t j = 0; j < n; j++) {
                const size_t column = code->column[g * n + j];
                if (column == code->cols)
                    continue;
                const float by = factor * weights[r * code->cols + column];
                word[first + j] += by;
                scale[r] += by * (float)code->word[first + j];
            }
        }
}

/* ---- between codes and the network ---- */

/* Weights and biases as the code says, divided and shifted as batch normalization wants them. */
static void spread(struct sterna_network *network, const struct tuned *tuned, bool folded)
{
    const struct sterna_codebook_matrix *matrix = &tuned->matrix;
    const struct sterna_product_code *code = matrix->code;
    float *value = matrix->quantized->value;
    sterna_product_code_expand(code, value);
    for (size_t r = 0; r < tuned->rows; r++) {
        matrix->bias[r] = tuned->value[tuned->words + tuned->rows + r] + (folded ? 0.0f : tuned->shift[r]);
        for (size_t c = 0; c < code->cols && !folded && tuned->factor[r] != 0.0f; c++)
            value[r * code->cols + c] /= tuned->factor[r];
    }
    sterna_codebook_matrix_prepare(network, matrix);
}

static void fold(struct sterna_network *network, struct tuned *tuned)
{
    const struct sterna_codebook_matrix *matrix = &tuned->matrix;
    float *bias = tuned->value + tuned->words + tuned->rows;
    for (size_t r = 0; r < tuned->rows; r++) {
        tuned->factor[r] = 1.0f;
        bias[r] = matrix->bias[r];
    }
    if (matrix->place == STERNA_CODEBOOK_STACK) {
        sterna_stack_fold(&network->stack, matrix->layer, tuned->factor, bias);
        network->stack.shape.layer[matrix->layer].batch_norm = false;
    }
    for (size_t r = 0; r < tuned->rows; r++)
        tuned->shift[r] = matrix->bias[r] - bias[r];
    spread(network, tuned, true);
}

static void unfold(const struct tuner *tuner, const struct tuned *tuned)
{
    const struct sterna_codebook_matrix *matrix = &tuned->matrix;
    if (matrix->place == STERNA_CODEBOOK_STACK)
        tuner->network->stack.shape.layer[matrix->layer].batch_norm =
            tuner->of->original->network.stack.shape.layer[matrix->layer].batch_norm;
    spread(tuner->network, tuned, false);
}

/* ---- words on the grid ---- */

static bool too_long(const struct tuner *tuner, const struct tuned *tuned)
{
    const size_t most = tuned->matrix.part->program;
    if (most == 0 || tuned->grid.values == 0 || !tuned->matrix.code->shared)
        return false;
    sterna_codebook_fit_path(tuned->matrix.code, tuner->path);
    return sterna_codebook_path_length(tuner->path) + 1 > most;
}

/* A word of the code as its master says. Returns whether it was another one. */
static bool take_word(const struct tuned *tuned, size_t word)
{
    const size_t n = tuned->matrix.code->elements;
    bool changed = false;
    for (size_t i = word * n; i < (word + 1) * n; i++) {
        const double master = (double)tuned->value[i];
        const double value = tuned->grid.values ? sterna_codebook_grid_nearest(&tuned->grid, master) : master;
        changed = changed || value != tuned->matrix.code->word[i];
        tuned->matrix.code->word[i] = value;
    }
    return changed;
}

/* Words follow their masters; where the program would become too long, one after the other, and those that cannot go back with their masters. */
static void take_words(const struct tuner *tuner, const struct tuned *tuned)
{
    struct sterna_product_code *code = tuned->matrix.code;
    const size_t n = code->elements, words = code->books * code->words;
    double before[STERNA_PRODUCT_CODE_ELEMENTS], *all = malloc(tuned->words * sizeof *all);
    bool changed = false;
    if (all)
        memcpy(all, code->word, tuned->words * sizeof *all);
    for (size_t k = 0; k < words; k++)
        changed = take_word(tuned, k) || changed;
    if (changed && all && too_long(tuner, tuned)) {
        memcpy(code->word, all, tuned->words * sizeof *all);
        for (size_t k = 0; k < words; k++) {
            memcpy(before, code->word + k * n, n * sizeof *before);
            if (!take_word(tuned, k) || !too_long(tuner, tuned))
                continue;
            memcpy(code->word + k * n, before, n * sizeof *before);
            for (size_t j = 0; j < n; j++)
                tuned->value[k * n + j] = (float)before[j];
        }
    }
    free(all);
}

/* ---- an update ---- */

/* dL/d(weights) and dL/d(bias) of a matrix, in the window's gradient. */
static void find_gradient(const struct tuner *tuner, const struct sterna_codebook_matrix *matrix,
                          const float **weights, const float **bias)
{
    static const enum sterna_role role[][2] = {
        [STERNA_CODEBOOK_INPUT] = {STERNA_WEIGHT_IH, STERNA_BIAS_IH},
        [STERNA_CODEBOOK_RECURRENT] = {STERNA_WEIGHT_HH, STERNA_BIAS_HH},
        [STERNA_CODEBOOK_OUTPUT] = {STERNA_LINEAR_WEIGHT, STERNA_LINEAR_BIAS}};
    const struct sterna_parameters *parameters = &tuner->network->parameters;
    const float *gradient = tuner->window.gradient;
    if (matrix->place == STERNA_CODEBOOK_STACK) {
        const struct sterna_parameter *list =
            parameters->list + sterna_parameters_stack(parameters, matrix->layer, STERNA_STACK_WEIGHT);
        *weights = gradient + list[0].offset;
        *bias = gradient + list[STERNA_STACK_BIAS - STERNA_STACK_WEIGHT].offset;
        return;
    }
    const size_t layer = matrix->place == STERNA_CODEBOOK_OUTPUT ? parameters->layers : matrix->layer;
    *weights = sterna_parameters_in(parameters, gradient, layer, role[matrix->place][0]);
    *bias = sterna_parameters_in(parameters, gradient, layer, role[matrix->place][1]);
}

static void move(const struct tuner *tuner, struct tuned *tuned, size_t step)
{
    const size_t steps = tuner->of->options->tune, words = tuned->words, rows = tuned->rows;
    const float left = (float)(steps - step) / (float)steps; /* of the rates */
    const float rate[] = {WORD_RATE, SCALE_RATE, BIAS_RATE};
    const size_t count[] = {words, tuned->matrix.code->shared ? rows : 0, rows},
                 first[] = {0, words, words + rows};
    const float *weights = NULL, *bias = NULL;
    find_gradient(tuner, &tuned->matrix, &weights, &bias);
    sterna_codebook_gradient(tuned->matrix.code, weights, tuned->gradient, tuned->gradient + words);
    memcpy(tuned->gradient + words + rows, bias, rows * sizeof *bias);
    for (size_t i = 0; i < 3; i++) {
        const struct sterna_adam_step by = {.update = step + 1, .rate = rate[i] * left, .factor = 1.0f};
        sterna_adam(&by, count[i], tuned->gradient + first[i], tuned->value + first[i],
                    tuned->mean + first[i], tuned->square + first[i]);
    }
    take_words(tuner, tuned);
    for (size_t r = 0; r < rows; r++)
        tuned->matrix.code->scale[r] = tuned->scale[r] * exp((double)tuned->value[words + r]);
    spread(tuner->network, tuned, true);
}

/* Characters or sequences to draw from: all, if no limit was given. */
static size_t samples(const struct tuner *tuner)
{
    return tuner->of->options->limit ? tuner->of->trial->count : tuner->of->trial->whole;
}

/* Samples by chance; each step its own, of the seed. */
static void load(struct tuner *tuner, size_t step)
{
    const struct sterna_trial *trial = tuner->of->trial;
    const struct sterna_draw draw = {.seed = tuner->of->options->seed, .step = step};
    struct sterna_window *window = &tuner->window;
    float chance[SEQUENCES];
    sterna_philox_uniform(&draw, 0, SEQUENCES, chance);
    if (trial->is_text) {
        const size_t stride = samples(tuner) / STREAMS;
        window->run_batch = STREAMS;
        window->run_steps = TEXT_STEPS;
        memset(tuner->carry, 0, STREAMS * sterna_window_carry(tuner->network) * sizeof *tuner->carry);
        sterna_feed_load_text(trial->symbols + (size_t)(chance[0] * (float)(stride - TEXT_STEPS)), stride,
                              window);
        return;
    }
    for (size_t i = 0; i < SEQUENCES; i++)
        window->index[i] = (size_t)(chance[i] * (float)samples(tuner));
    sterna_feed_load_sequences(trial->set, tuner->network->ends.inputs, window->index, SEQUENCES, window);
}

/* One batch forward and backward; returns its loss for each prediction. */
static double learn(struct tuner *tuner, size_t step)
{
    struct sterna_window *window = &tuner->window;
    double nats = 0;
    load(tuner, step);
    sterna_window_forward(tuner->network, window, false, tuner->carry, window->run_batch * window->hidden);
    const double count = (double)sterna_window_predictions(window);
    sterna_window_backward(tuner->network, window, (float)(1 / count), &nats);
    return nats / count;
}

/* ---- the whole ---- */

static enum sterna_status open_matrix(struct tuner *tuner, struct tuned *tuned, struct sterna_error *error)
{
    const struct sterna_product_code *code = tuned->matrix.code;
    tuned->words = code->books * code->words * code->elements;
    tuned->rows = code->rows;
    const size_t values = tuned->words + 2 * tuned->rows;
    tuned->value = sterna_buffer_new(values, sizeof(float));
    tuned->gradient = sterna_buffer_new(values, sizeof(float));
    tuned->mean = sterna_buffer_new(values, sizeof(float));
    tuned->square = sterna_buffer_new(values, sizeof(float));
    tuned->scale = sterna_buffer_new(tuned->rows, sizeof(double));
    tuned->factor = sterna_buffer_new(tuned->rows, sizeof(float));
    tuned->shift = sterna_buffer_new(tuned->rows, sizeof(float));
    if (!tuned->value || !tuned->gradient || !tuned->mean || !tuned->square || !tuned->scale ||
        !tuned->factor || !tuned->shift)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for fine-tuning %zu words", code->words);
    if (tuned->matrix.part->terms > 0 && !tuner->of->options->free_codebooks)
        sterna_codebook_grid_make(tuned->matrix.part->terms,
                                  tuned->matrix.part->top ? tuned->matrix.part->top : TOP, &tuned->grid);
    for (size_t i = 0; i < tuned->words; i++)
        tuned->value[i] = (float)code->word[i];
    memcpy(tuned->scale, code->scale, tuned->rows * sizeof *tuned->scale);
    fold(tuner->network, tuned);
    return STERNA_OK;
}

static enum sterna_status open_tuner(struct tuner *tuner, struct sterna_error *error)
{
    const struct sterna_trial *trial = tuner->of->trial;
    const size_t batch = trial->is_text ? STREAMS : SEQUENCES;
    const size_t steps = trial->is_text ? TEXT_STEPS : sterna_feed_longest(trial->set);
    enum sterna_status status = STERNA_OK;
    if (trial->is_text && samples(tuner) / STREAMS <= TEXT_STEPS)
        return sterna_fail(error, STERNA_ERR_RANGE, "fine-tuning wants at least %d characters, not %zu",
                           STREAMS * (TEXT_STEPS + 1), samples(tuner));
    tuner->path = malloc(sizeof *tuner->path);
    tuner->tuned = calloc(tuner->matrices, sizeof *tuner->tuned);
    tuner->carry = sterna_buffer_new(batch * sterna_window_carry(tuner->network) + 1, sizeof(float));
    if (!tuner->path || !tuner->tuned || !tuner->carry)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for fine-tuning");
    for (size_t i = 0; i < tuner->matrices && status == STERNA_OK; i++) {
        tuner->tuned[i].matrix = sterna_codebook_matrix_at(tuner->of, i);
        if (tuner->tuned[i].matrix.original)
            status = open_matrix(tuner, &tuner->tuned[i], error);
    }
    return status == STERNA_OK ? sterna_window_new(tuner->network, steps, batch, true, &tuner->window, error)
                               : status;
}

static void close_tuner(struct tuner *tuner)
{
    for (size_t i = 0; tuner->tuned && i < tuner->matrices; i++) {
        struct tuned *tuned = &tuner->tuned[i];
        if (tuned->shift)
            unfold(tuner, tuned);
        free(tuned->value);
        free(tuned->gradient);
        free(tuned->mean);
        free(tuned->square);
        free(tuned->scale);
        free(tuned->factor);
        free(tuned->shift);
    }
    sterna_window_free(&tuner->window);
    free(tuner->tuned);
    free(tuner->path);
    free(tuner->carry);
}

enum sterna_status sterna_codebook_tune(const struct sterna_codebook_network *of, struct sterna_error *error)
{
    const struct sterna_product_options *options = of->options;
    struct tuner tuner = {.of = of,
                          .network = &of->quantized->network,
                          .matrices = sterna_codebook_matrices(&of->quantized->network)};
    double mean = 0;
    if (options->tune == 0)
        return STERNA_OK;
    enum sterna_status status = open_tuner(&tuner, error);
    for (size_t step = 0; step < options->tune && status == STERNA_OK; step++) {
        const double nats = learn(&tuner, step);
        mean = step == 0 ? nats : MEMORY * mean + (1 - MEMORY) * nats;
        if (!isfinite(nats))
            status =
                sterna_fail(error, STERNA_ERR_DIVERGED, "fine-tuning step %zu: the loss is not finite", step);
        for (size_t i = 0; i < tuner.matrices && status == STERNA_OK; i++)
            if (tuner.tuned[i].matrix.original)
                move(&tuner, &tuner.tuned[i], step);
        if (status == STERNA_OK && options->tuned)
            options->tuned(step + 1, mean / log(2), options->context);
    }
    close_tuner(&tuner);
    return status;
}
