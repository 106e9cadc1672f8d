#include "fast.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "fast_gates.h"

/* A matrix, what it is multiplied with, and what comes of it. */
struct product {
    struct sterna_fast_matrix matrix;
    const struct sterna_matrix *of; /* the model's */
    bool wide; /* scales are not all as vectors can apply them: it is done here, and theirs is 2 / 2^1 */
    uint8_t *m, *less; /* theirs */
    int8_t *x;         /* [sterna_fast_inputs], zeros from the columns on */
    int32_t *sum;      /* [sterna_fast_sums] */
};

struct layer {
    const struct sterna_layer *of;
    struct product ih, hh;
    struct sterna_fast_gates gates;
};

struct sterna_fast {
    const struct sterna_fast_kernel *kernel;
    size_t layers;
    struct layer *layer;
    struct product output;
    int8_t *column; /* [inputs, rows] of the first layer's ih, transposed: one-hot inputs are its rows */
    struct sterna_fast_tables tables;
};

/* Whether a row's sum times m could leave 32 bits, or is not to be divided at all. */
static bool is_wide(const struct sterna_matrix *matrix)
{
    bool wide = false;
    for (size_t row = 0; row < matrix->rows; row++) {
        int32_t sum = 0;
        for (size_t col = 0; col < matrix->cols; col++)
            sum += abs(matrix->code[row * matrix->cols + col]);
        wide |= matrix->scale_s[row] == 0 || (int64_t)sum * 127 * matrix->scale_m[row] >= INT32_MAX;
    }
    return wide;
}

static void fill_scales(struct product *product)
{
    const struct sterna_matrix *of = product->of;
    product->wide = is_wide(of);
    for (size_t row = 0; row < of->rows; row++) {
        product->m[row] = product->wide ? 2 : of->scale_m[row];
        product->less[row] = product->wide ? 0 : (uint8_t)(of->scale_s[row] - 1);
    }
}

static enum sterna_status open_product(const struct sterna_fast *fast, const struct sterna_matrix *of,
                                       struct product *product, struct sterna_error *error)
{
    product->of = of;
    const bool empty = of->cols == 0; /* a layer without recurrence: sums of nothing, scaled */
    enum sterna_status status =
        empty ? STERNA_OK
              : sterna_fast_matrix_new(of->code, of->rows, of->cols, fast->kernel->lanes,
                                       fast->kernel->layouts, &product->matrix, error);
    if (status != STERNA_OK)
        return status;
    product->x = sterna_buffer_new(empty ? 1 : sterna_fast_inputs(&product->matrix), sizeof *product->x);
    product->sum =
        sterna_buffer_new(empty ? of->rows : sterna_fast_sums(&product->matrix), sizeof *product->sum);
    product->m = sterna_buffer_new(of->rows, 1);
    product->less = sterna_buffer_new(of->rows, 1);
    if (!product->x || !product->sum || !product->m || !product->less)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", of->rows,
                           of->cols);
    fill_scales(product);
    return STERNA_OK;
}

static void close_product(struct product *product)
{
    sterna_fast_matrix_free(&product->matrix);
    free(product->m);
    free(product->less);
    free(product->x);
    free(product->sum);
}

static enum sterna_status open_layer(const struct sterna_fast *fast, const struct sterna_layer *of,
                                     struct layer *layer, struct sterna_error *error)
{
    layer->of = of;
    layer->gates = (struct sterna_fast_gates){
        .cell = of->cell,
        .hidden = of->hidden,
        .tables = &fast->tables,
        .bias = of->bias,
        .scratch = sterna_buffer_new(sterna_fast_scratch(of->cell) * of->hidden, sizeof(int32_t)),
    };
    if (!layer->gates.scratch)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu units", of->hidden);
    enum sterna_status status = open_product(fast, &of->ih, &layer->ih, error);
    return status == STERNA_OK ? open_product(fast, &of->hh, &layer->hh, error) : status;
}

static enum sterna_status transpose(const struct sterna_matrix *matrix, int8_t **column,
                                    struct sterna_error *error)
{
    *column = sterna_buffer_new(matrix->cols, matrix->rows);
    if (!*column)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", matrix->rows,
                           matrix->cols);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t col = 0; col < matrix->cols; col++)
            (*column)[col * matrix->rows + row] = matrix->code[row * matrix->cols + col];
    return STERNA_OK;
}

enum sterna_status sterna_fast_new(const struct sterna_model *model, const struct sterna_fast_kernel *kernel,
                                   struct sterna_fast **fast, struct sterna_error *error)
{
    struct sterna_fast *fresh = calloc(1, sizeof *fresh);
    if (fresh)
        fresh->layer = calloc(model->layers + 1, sizeof *fresh->layer);
    if (!fresh || !fresh->layer) {
        free(fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu layers", model->layers);
    }
    fresh->layers = model->layers;
    fresh->kernel = kernel ? kernel : sterna_fast_kernel_best();
    sterna_fast_tables_fill(&fresh->tables);
    enum sterna_status status =
        model->layers > 0 ? transpose(&model->layer[0].ih, &fresh->column, error) : STERNA_OK;
    for (size_t k = 0; status == STERNA_OK && k < model->layers; k++)
        status = open_layer(fresh, &model->layer[k], &fresh->layer[k], error);
    if (status == STERNA_OK)
        status = open_product(fresh, &model->output, &fresh->output, error);
    if (status != STERNA_OK) {
        sterna_fast_free(fresh);
        return status;
    }
    *fast = fresh;
    return STERNA_OK;
}

void sterna_fast_free(struct sterna_fast *fast)
{
    if (!fast)
        return;
    for (size_t k = 0; k < fast->layers; k++) {
        close_product(&fast->layer[k].ih);
        close_product(&fast->layer[k].hh);
        free(fast->layer[k].gates.scratch);
    }
    close_product(&fast->output);
    free(fast->layer);
    free(fast->column);
    free(fast);
}

const char *sterna_fast_kernel_name(const struct sterna_fast *fast)
{
    return fast->kernel->name;
}

static void multiply(const struct sterna_fast *fast, struct product *product, const int8_t *x)
{
    memcpy(product->x, x, product->matrix.cols);
    sterna_fast_multiply(fast->kernel, &product->matrix, product->x, product->sum);
}

static void select_column(const struct sterna_fast *fast, size_t index)
{
    const struct product *product = &fast->layer[0].ih;
    const size_t rows = product->of->rows;
    const int8_t *restrict code = fast->column + index * rows;
    int32_t *restrict sum = product->sum;
    for (size_t row = 0; row < rows; row++)
        sum[row] = code[row] * STERNA_FIXED_ONE_HOT;
}

static struct sterna_fast_terms terms_of(const struct product *product)
{
    const struct sterna_matrix *of = product->of;
    for (size_t row = 0; row < of->rows && product->wide; row++)
        product->sum[row] = sterna_fixed_scale(product->sum[row], of->scale_m[row], of->scale_s[row]);
    return (struct sterna_fast_terms){product->sum, product->m, product->less};
}

static void finish(struct sterna_fast *fast, const int8_t *below, int32_t *sums)
{
    multiply(fast, &fast->output, below);
    memcpy(sums, fast->output.sum, fast->output.of->rows * sizeof *sums);
}

/* All layers after the first layer's input sums are there; below: the input of an output layer that stands alone. */
static void step_layers(struct sterna_fast *fast, struct sterna_fixed_state *state, const int8_t *below,
                        int32_t *sums)
{
    size_t offset = 0;
    for (size_t k = 0; k < fast->layers; k++) {
        struct layer *layer = &fast->layer[k];
        int8_t *activation = state->activation + offset;
        if (k > 0)
            multiply(fast, &layer->ih, below);
        if (layer->hh.of->cols > 0)
            multiply(fast, &layer->hh, activation);
        const struct sterna_fast_terms x = terms_of(&layer->ih), h = terms_of(&layer->hh);
        sterna_fast_gates(&layer->gates, &x, &h, state->state + offset, activation);
        below = activation;
        offset += layer->of->hidden;
    }
    finish(fast, below, sums);
}

void sterna_fast_step(struct sterna_fast *fast, struct sterna_fixed_state *state, const int8_t *input,
                      int32_t *sums)
{
    if (fast->layers > 0)
        multiply(fast, &fast->layer[0].ih, input);
    step_layers(fast, state, input, sums);
}

void sterna_fast_step_one_hot(struct sterna_fast *fast, struct sterna_fixed_state *state, size_t index,
                              int32_t *sums)
{
    select_column(fast, index);
    step_layers(fast, state, state->activation, sums); /* a model of an output layer alone takes no indices */
}
