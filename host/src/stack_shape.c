/* stack_shape.c - see stack_shape.h: the recipe's text word by word, then the sizes. */
#include "stack_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum { NUMBER_MAX = 4096, COLS_MAX = 16384, WORD_MAX = 32 };

struct parser {
    struct sterna_stack_shape *shape;
    bool planar;  /* sizes have two dimensions */
    bool pending; /* a convolution waits for its ReLU */
    const char *at;
    char layer[64]; /* what is read, for messages */
    struct sterna_error *error;
};

/* ---- words ---- */

static enum sterna_status refuse(const struct parser *parser, const char *reason)
{
    return sterna_fail(parser->error, STERNA_ERR_RANGE, "stack: \"%s\": %s", parser->layer, reason);
}

/* The next word of the layer; false at its end. */
static bool next_word(struct parser *parser, char word[WORD_MAX])
{
    parser->at += strspn(parser->at, " ");
    const size_t length = strcspn(parser->at, " ,");
    if (length == 0)
        return false;
    (void)snprintf(word, WORD_MAX, "%.*s", (int)(length < WORD_MAX ? length : WORD_MAX - 1), parser->at);
    parser->at += length;
    return true;
}

/* Digits of a number from least to NUMBER_MAX at *text, which moves behind them. */
static bool read_number(const char **text, size_t least, size_t *number)
{
    char *end = NULL;
    if (**text < '0' || **text > '9')
        return false;
    const unsigned long value = strtoul(*text, &end, 10);
    if (value < least || value > NUMBER_MAX)
        return false;
    *number = value;
    *text = end;
    return true;
}

/* A count of its own. */
static enum sterna_status read_count(struct parser *parser, const char *what, size_t *count)
{
    char word[WORD_MAX], reason[96];
    const char *text = word;
    if (next_word(parser, word) && read_number(&text, 1, count) && *text == '\0')
        return STERNA_OK;
    (void)snprintf(reason, sizeof reason, "the number of %s is missing or not 1 to %d", what, NUMBER_MAX);
    return refuse(parser, reason);
}

/* "A" or "AxB", along height and width. other: B of "A" in one dimension. */
static enum sterna_status read_size(struct parser *parser, const char *what, size_t least, size_t other,
                                    size_t size[2])
{
    char word[WORD_MAX], reason[96];
    const char *text = word;
    if (next_word(parser, word) && read_number(&text, least, &size[0])) {
        size[1] = parser->planar ? size[0] : other;
        if (*text == '\0')
            return STERNA_OK;
        if (*text++ == 'x' && read_number(&text, least, &size[1]) && *text == '\0')
            return STERNA_OK;
    }
    (void)snprintf(reason, sizeof reason, "the %s is missing or not A or AxB, %zu to %d", what, least,
                   NUMBER_MAX);
    return refuse(parser, reason);
}

/* stride, pad, groups, in any order. */
static enum sterna_status read_options(struct parser *parser, struct sterna_stack_layer *layer)
{
    const bool conv = layer->kind == STERNA_STACK_CONV;
    enum sterna_status status = STERNA_OK;
    char word[WORD_MAX];

    while (status == STERNA_OK && next_word(parser, word)) {
        if (layer->dense || layer->kind == STERNA_STACK_FLATTEN)
            return refuse(parser, "nothing more can be said of this layer");
        if (strcmp(word, "stride") == 0)
            status = read_size(parser, word, 1, 1, layer->stride);
        else if (conv && strcmp(word, "pad") == 0)
            status = read_size(parser, word, 0, 0, layer->pad);
        else if (conv && strcmp(word, "groups") == 0)
            status = read_count(parser, word, &layer->groups);
        else
            status = refuse(parser,
                            conv ? "after the size come stride, pad, groups" : "after the size comes stride");
    }
    return status;
}

/* ---- layers ---- */

static const struct sterna_stack_layer *last_layer(const struct parser *parser)
{
    const struct sterna_stack_shape *shape = parser->shape;
    return shape->layers ? &shape->layer[shape->layers - 1] : NULL;
}

static struct sterna_stack_plane plane_now(const struct parser *parser)
{
    const struct sterna_stack_layer *last = last_layer(parser);
    const size_t inputs = parser->shape->inputs;
    if (last)
        return last->out;
    return parser->planar ? (struct sterna_stack_plane){inputs, 1} : (struct sterna_stack_plane){1, inputs};
}

static size_t height_now(const struct parser *parser)
{
    return sterna_stack_shape_height(parser->shape, parser->shape->layers, parser->shape->steps);
}

/* Places of a kernel along a side; 0: it is longer than the side. */
static size_t places(const struct sterna_stack_layer *layer, size_t side, size_t length)
{
    const size_t padded = length + 2 * layer->pad[side];
    return padded < layer->kernel[side] ? 0 : (padded - layer->kernel[side]) / layer->stride[side] + 1;
}

/* The layer's sizes fit what it stands on; its outputs follow. */
static enum sterna_status fit_layer(const struct parser *parser, struct sterna_stack_layer *layer)
{
    const size_t height = height_now(parser);
    char reason[160];

    layer->out.width = places(layer, 1, layer->in.width);
    if (layer->out.width == 0 || (parser->shape->steps && places(layer, 0, height) == 0)) {
        (void)snprintf(reason, sizeof reason,
                       "the kernel %zux%zu is larger than the padded plane: %zux%zu of %zux%zu remain here",
                       layer->kernel[0], layer->kernel[1], height, layer->in.width, parser->shape->steps,
                       parser->shape->inputs);
        return refuse(parser, reason);
    }
    if (layer->pad[0] >= layer->kernel[0] || layer->pad[1] >= layer->kernel[1])
        return refuse(parser, "the padding is as wide as the kernel, which would see nothing else");
    if (layer->in.channels % layer->groups || layer->out.channels % layer->groups) {
        (void)snprintf(reason, sizeof reason, "%zu groups do not divide %zu channels into %zu filters",
                       layer->groups, layer->in.channels, layer->out.channels);
        return refuse(parser, reason);
    }
    layer->cols = layer->kernel[0] * layer->kernel[1] * layer->in.channels / layer->groups;
    if (layer->cols > COLS_MAX || layer->out.channels > NUMBER_MAX ||
        layer->out.width * layer->out.channels > COLS_MAX) {
        (void)snprintf(reason, sizeof reason, "a patch of %zu values, frames of %zu: at most %d are possible",
                       layer->cols, layer->out.width * layer->out.channels, COLS_MAX);
        return refuse(parser, reason);
    }
    return STERNA_OK;
}

/* Layers that take all of the plane need its height. */
static enum sterna_status require_steps(const struct parser *parser)
{
    if (parser->shape->steps)
        return STERNA_OK;
    return refuse(parser, "needs sequences that are all of one length, and these are not");
}

static enum sterna_status read_layer(struct parser *parser, const char *word,
                                     struct sterna_stack_layer *layer)
{
    enum sterna_status status = STERNA_OK;

    layer->out.channels = layer->in.channels;
    if (strcmp(word, "conv") == 0) {
        status = read_count(parser, "filters", &layer->out.channels);
        if (status == STERNA_OK)
            status = read_size(parser, "kernel", 1, 1, layer->kernel);
    } else if (strcmp(word, "max-pool") == 0 || strcmp(word, "mean-pool") == 0) {
        layer->kind = word[1] == 'a' ? STERNA_STACK_MAX_POOL : STERNA_STACK_MEAN_POOL;
        status = read_size(parser, "window", 1, 1, layer->kernel);
        memcpy(layer->stride, layer->kernel, sizeof layer->stride);
    } else if (strcmp(word, "dense") == 0 || strcmp(word, "flatten") == 0) {
        layer->dense = word[0] == 'd';
        layer->kind = layer->dense ? STERNA_STACK_CONV : STERNA_STACK_FLATTEN;
        layer->kernel[0] = height_now(parser);
        layer->kernel[1] = layer->in.width;
        status = require_steps(parser);
        if (status == STERNA_OK && layer->dense)
            status = read_count(parser, "units", &layer->out.channels);
        if (!layer->dense)
            layer->out.channels *= layer->kernel[0] * layer->kernel[1];
    } else {
        return refuse(parser,
                      "there are conv, dense, batch-norm, relu, max-pool, mean-pool, flatten, and none");
    }
    if (status == STERNA_OK)
        status = read_options(parser, layer);
    return status == STERNA_OK ? fit_layer(parser, layer) : status;
}

/* "batch-norm" and "relu" belong to the convolution before them. */
static enum sterna_status read_attachment(struct parser *parser, const char *word)
{
    struct sterna_stack_shape *shape = parser->shape;
    char more[WORD_MAX];

    if (!parser->pending || (word[0] == 'b' && shape->layer[shape->layers - 1].batch_norm))
        return refuse(parser, "stands behind a conv or dense layer, once");
    if (word[0] == 'b')
        shape->layer[shape->layers - 1].batch_norm = true;
    else
        parser->pending = false;
    return next_word(parser, more) ? refuse(parser, "nothing follows this word") : STERNA_OK;
}

static enum sterna_status read_one(struct parser *parser)
{
    struct sterna_stack_shape *shape = parser->shape;
    struct sterna_stack_layer layer = {
        .stride = {1, 1}, .groups = 1, .kernel = {1, 1}, .in = plane_now(parser)};
    char word[WORD_MAX];

    if (!next_word(parser, word))
        return refuse(parser, "a layer is missing here");
    if (strcmp(word, "batch-norm") == 0 || strcmp(word, "relu") == 0)
        return read_attachment(parser, word);
    if (parser->pending)
        return refuse(parser, "the layer before it lacks its relu");
    if (shape->layers == STERNA_STACK_LAYERS_MAX)
        return refuse(parser, "there are too many layers");
    enum sterna_status status = read_layer(parser, word, &layer);
    if (status == STERNA_OK) {
        shape->layer[shape->layers++] = layer;
        parser->pending = layer.kind == STERNA_STACK_CONV;
    }
    return status;
}

/* Whether some size is written AxB. */
static bool is_planar(const char *text)
{
    for (const char *x = strchr(text, 'x'); x; x = strchr(x + 1, 'x'))
        if (x > text && x[-1] >= '0' && x[-1] <= '9' && x[1] >= '0' && x[1] <= '9')
            return true;
    return false;
}

enum sterna_status sterna_stack_shape_read(const char *text, size_t inputs, size_t steps,
                                           struct sterna_stack_shape *shape, struct sterna_error *error)
{
    struct sterna_stack_shape fresh = {.inputs = inputs, .steps = steps};
    struct parser parser = {.shape = &fresh, .planar = is_planar(text), .at = text, .error = error};
    enum sterna_status status = STERNA_OK;

    if (strlen(text) >= sizeof fresh.text)
        return sterna_fail(error, STERNA_ERR_RANGE, "stack: more than %zu bytes", sizeof fresh.text - 1);
    (void)snprintf(fresh.text, sizeof fresh.text, "%s", text);
    for (bool more = strcmp(text, "none") != 0; status == STERNA_OK && more;) {
        const char *start = parser.at + strspn(parser.at, " ");
        (void)snprintf(parser.layer, sizeof parser.layer, "%.*s", (int)strcspn(start, ","), start);
        status = read_one(&parser);
        more = *parser.at++ == ',';
    }
    if (status == STERNA_OK && parser.pending)
        status = sterna_fail(error, STERNA_ERR_RANGE, "stack: the last layer lacks its relu");
    if (status == STERNA_OK)
        *shape = fresh;
    return status;
}

/* ---- sizes ---- */

size_t sterna_stack_shape_outputs(const struct sterna_stack_shape *shape)
{
    const struct sterna_stack_plane *out = &shape->layer[shape->layers ? shape->layers - 1 : 0].out;
    return shape->layers ? out->width * out->channels : shape->inputs;
}

size_t sterna_stack_shape_height(const struct sterna_stack_shape *shape, size_t k, size_t steps)
{
    size_t height = steps;
    for (size_t i = 0; i < k && height > 0; i++)
        height = places(&shape->layer[i], 0, height);
    return height;
}

int sterna_stack_shape_one(const struct sterna_stack_shape *shape, size_t k, unsigned fraction)
{
    while (k-- > 0)
        if (shape->layer[k].kind == STERNA_STACK_CONV)
            return sterna_cell_one(STERNA_CELL_RNN_RELU);
    return 1 << fraction;
}

size_t sterna_stack_layer_height(const struct sterna_stack_layer *layer, size_t height)
{
    return places(layer, 0, height);
}

enum sterna_status sterna_stack_shape_check(const struct sterna_stack_shape *shape, size_t steps,
                                            struct sterna_error *error)
{
    if (shape->steps && steps != shape->steps)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "a sequence of %zu steps: the stack's dense layers are made for %zu", steps,
                           shape->steps);
    if (sterna_stack_shape_height(shape, shape->layers, steps) == 0)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "a sequence of %zu steps is too short for the stack: nothing comes out", steps);
    return STERNA_OK;
}

uint64_t sterna_stack_shape_operations(const struct sterna_stack_shape *shape, size_t steps)
{
    uint64_t operations = 0;
    for (size_t k = 0; k < shape->layers; k++) {
        const struct sterna_stack_layer *layer = &shape->layer[k];
        if (layer->kind == STERNA_STACK_CONV)
            operations += (uint64_t)sterna_stack_shape_height(shape, k + 1, steps) * layer->out.width *
                          layer->out.channels * layer->cols;
    }
    return operations;
}
