#include "evaluate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "loss.h"
#include "predict.h"
#include "safetensors.h"
#include "training.h"

enum { STEPS = 256, CHUNK = 16 * STEPS }; /* of a window; characters between two looks at the stop flag */

/* A network in float and the text to try it on. */
struct trial {
    struct sterna_network network;
    struct sterna_text text;
};

static bool named(const char *value, const char *name)
{
    return value && strcmp(value, name) == 0;
}

static size_t limited(const struct sterna_text *text, const struct sterna_eval_options *options)
{
    const size_t length = text->length[options->split];
    return options->limit && options->limit < length ? options->limit : length;
}

static enum sterna_status open_text(const struct sterna_eval_options *options, const uint8_t *alphabet,
                                    size_t symbols, struct sterna_text *text, struct sterna_error *error)
{
    enum sterna_status status = sterna_text_open(options->data, text, error);
    if (status == STERNA_OK)
        status = sterna_text_map(text, alphabet, symbols, error);
    if (status == STERNA_OK && limited(text, options) < 2)
        status =
            sterna_fail(error, STERNA_ERR_RANGE, "%s: fewer than 2 characters to evaluate", options->data);
    return status;
}

/* Run text [length] through the network, one stream from a zero state. */
static enum sterna_status eval_float(const struct sterna_network *network, const uint8_t *text, size_t length,
                                     const struct sterna_eval_options *options,
                                     struct sterna_eval_result *result, struct sterna_error *error)
{
    struct sterna_window window = {0};
    struct timespec start, end;
    double nats = 0.0;

    enum sterna_status status = sterna_window_new(network, STEPS, 1, false, &window, error);
    float *carry = sterna_buffer_new(network->layers * network->hidden, sizeof *carry);
    if (status == STERNA_OK && !carry)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the state");
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t done = 0, total = length - 1; status == STERNA_OK && done < total;) {
        size_t count = total - done < CHUNK ? total - done : CHUNK;
        nats += sterna_predict(network, &window, text + done, count, 0, carry);
        done += count;
        if (options->progress)
            options->progress(done, total, options->context);
        if (options->stop && *options->stop && done < total)
            status = sterna_fail(error, STERNA_ERR_INTERRUPTED, "stopped after %zu of %zu characters", done,
                                 total);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (status == STERNA_OK)
        *result = (struct sterna_eval_result){
            .bpc = sterna_loss_bits(nats / (double)(length - 1)),
            .steps = length - 1,
            .seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec),
        };
    free(carry);
    sterna_window_free(&window);
    return status;
}

/* A checkpoint's weights as options->weights wants them. */
static enum sterna_status open_checkpoint(const struct sterna_eval_options *options, struct trial *trial,
                                          struct sterna_error *error)
{
    const bool master = named(options->weights, "master"), stochastic = named(options->weights, "stochastic");
    const struct sterna_draw draw = {.seed = options->seed, .step = 0};
    const struct sterna_preparation preparation = {.integer = false, .draw = stochastic ? &draw : NULL};
    struct sterna_training training = {0};

    if (options->weights && !master && !stochastic && !named(options->weights, "deterministic"))
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "weights '%.40s': there are master, stochastic, deterministic", options->weights);
    enum sterna_status status = sterna_checkpoint_load(options->path, &training, error);
    if (status == STERNA_OK)
        status = sterna_network_new(&training.recipe, training.symbols, master, &trial->network, error);
    if (status == STERNA_OK) {
        sterna_network_prepare(&trial->network, &preparation, NULL, training.value);
        status = open_text(options, training.alphabet, training.symbols, &trial->text, error);
    }
    sterna_training_free(&training);
    return status;
}

/* *is_checkpoint from the file's metadata. */
static enum sterna_status look(const char *path, bool *is_checkpoint, struct sterna_error *error)
{
    struct sterna_tensors *tensors = NULL;

    enum sterna_status status = sterna_tensors_open(path, &tensors, error);
    if (status == STERNA_OK)
        *is_checkpoint = named(sterna_tensors_metadata(tensors, "format"), "sterna-checkpoint");
    sterna_tensors_close(tensors);
    return status;
}

enum sterna_status sterna_eval(const struct sterna_eval_options *options, struct sterna_eval_result *result,
                               struct sterna_error *error)
{
    const bool in_float = !options->on || named(options->on, "float");
    struct sterna_model *model = NULL;
    struct trial trial = {0};
    bool is_checkpoint = false;

    enum sterna_status status = look(options->path, &is_checkpoint, error);
    if (status != STERNA_OK)
        return status;
    if (is_checkpoint && !in_float)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: a checkpoint runs on \"float\" only; quantize it first", options->path);
    if (is_checkpoint) {
        status = open_checkpoint(options, &trial, error);
    } else {
        status = sterna_model_load(options->path, &model, error);
        if (status == STERNA_OK)
            status = open_text(options, model->alphabet, model->symbols, &trial.text, error);
        if (status == STERNA_OK && in_float)
            status = sterna_network_import(model, &trial.network, error);
    }
    if (status == STERNA_OK) {
        const uint8_t *text = trial.text.split[options->split];
        const size_t length = limited(&trial.text, options);
        status = in_float ? eval_float(&trial.network, text, length, options, result, error)
                          : sterna_eval_on_device(model, text, length, options, result, error);
    }
    sterna_model_free(model);
    sterna_network_free(&trial.network);
    sterna_text_close(&trial.text);
    return status;
}
