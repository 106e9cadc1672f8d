#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "fixed.h"
#include "product.h"

enum { HIDDEN_MAX = 4096, LAYERS_MAX = 64, ENDS_MAX = 4096 };

static const float BATCH_GAIN = 0.1f, LAYER_GAIN = 1.0f; /* first gains: Ott et al. 2016; Ba et al. 2016 */
static const float GRID_SPREAD =
    0.8660254f; /* uniform of deviation 0.5, for an absolute grid (magnitude "one") */

/* What the parts are made of. */
struct materials {
    struct sterna_network_ends ends;
    struct sterna_stack_shape stack;
    size_t hidden, layers;
    const struct sterna_cell_type *cell;
    const struct sterna_quantizer *input, *recurrent, *output, *bias;
    const struct sterna_normalizer *normalizer, *plain;
    struct sterna_grid grid; /* unit: 0: 1.0; else multiples of the Glorot bound */
};

static struct sterna_grid grid_of(const struct materials *with, size_t fan_in, size_t fan_out)
{
    struct sterna_grid grid = with->grid;
    grid.unit = grid.unit > 0.0f ? grid.unit * sterna_glorot_bound(fan_in, fan_out) : 1.0f;
    return grid;
}

/* What goes into the recurrent layers, and what into the output layer. */
static size_t frame_of(const struct materials *with)
{
    return sterna_stack_shape_outputs(&with->stack);
}

static size_t top_of(const struct materials *with)
{
    return with->layers ? with->hidden : frame_of(with);
}

/* Matrices of convolutions have the spread that ReLU wants, and with batch normalization no gains of rows. */
static enum sterna_status add_stack(const struct materials *with, struct sterna_stack *stack,
                                    struct sterna_error *error)
{
    struct sterna_stack fresh = {.shape = with->stack, .fraction = with->ends.fraction};
    enum sterna_status status = STERNA_OK;

    fresh.convolution = calloc(with->stack.layers + 1, sizeof *fresh.convolution);
    if (!fresh.convolution)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a stack of %zu layers",
                           with->stack.layers);
    for (size_t k = 0; status == STERNA_OK && k < with->stack.layers; k++) {
        const struct sterna_stack_layer *layer = &with->stack.layer[k];
        const struct sterna_grid grid = grid_of(with, layer->cols ? layer->cols : 1, 0);
        fresh.convolution[k].one_in = sterna_stack_one(&fresh, k);
        if (layer->kind == STERNA_STACK_CONV)
            status = sterna_weight_new(layer->out.channels, layer->cols, 1, with->recurrent, &grid,
                                       layer->batch_norm || !with->normalizer->gain ? with->plain
                                                                                    : with->normalizer,
                                       &fresh.convolution[k].weight, error);
    }
    if (status == STERNA_OK)
        return sterna_stack_new(&fresh.shape, with->ends.fraction, fresh.convolution, stack, error);
    sterna_stack_free(&fresh);
    return status;
}

static enum sterna_status add_layer(const struct materials *with, const struct sterna_stack *stack, size_t k,
                                    struct sterna_recurrent *layer, struct sterna_error *error)
{
    const size_t H = with->hidden, inputs = k == 0 ? frame_of(with) : H, G = with->cell->gates;
    const bool one_hot = k == 0 && with->ends.one_hot;
    const struct sterna_grid ih = grid_of(with, inputs, H), hh = grid_of(with, H, H);
    struct sterna_recurrent fresh = {.norm = sterna_product_norm_of(with->normalizer)};

    fresh.one_in = one_hot ? (float)STERNA_FIXED_ONE_HOT
                   : k > 0 ? (float)sterna_cell_one(with->cell->cell)
                           : sterna_stack_one(stack, stack->shape.layers);
    enum sterna_status status =
        sterna_weight_new(G * H, inputs, G, with->input, &ih, with->normalizer, &fresh.ih, error);
    if (status == STERNA_OK)
        status = sterna_weight_new(G * H, H, G, with->recurrent, &hh, with->normalizer, &fresh.hh, error);
    if (status == STERNA_OK)
        status = sterna_recurrent_new(with->cell, inputs, H, one_hot, &fresh, error);
    else
        sterna_recurrent_free(&fresh);
    if (status == STERNA_OK)
        *layer = fresh;
    return status;
}

static struct sterna_parameters_shape shape_of(const struct materials *with)
{
    const enum sterna_normalizer_kind norm = sterna_product_norm_of(with->normalizer);
    return (struct sterna_parameters_shape){
        .inputs = frame_of(with),
        .hidden = with->hidden,
        .top = top_of(with),
        .stack = &with->stack,
        .gain_stack = with->normalizer->gain,
        .layers = with->layers,
        .outputs = with->ends.outputs,
        .gates = with->cell->gates,
        .one_hot = with->ends.one_hot,
        .gain_ih = with->normalizer->gain || norm != STERNA_NORMALIZE_NONE,
        .gain_hh = with->normalizer->gain || norm == STERNA_NORMALIZE_LAYER,
        .gain_output = with->normalizer->gain,
        .statistics_ih = norm != STERNA_NORMALIZE_NONE,
        .statistics_hh = norm == STERNA_NORMALIZE_LAYER,
        .gain = norm == STERNA_NORMALIZE_BATCH   ? BATCH_GAIN
                : norm == STERNA_NORMALIZE_LAYER ? LAYER_GAIN
                                                 : 0.0f,
        .spread = with->grid.unit > 0.0f ? 0.0f : GRID_SPREAD,
        .forget = with->cell->forget,
    };
}

/* Of the recurrent matrices and the stack's. */
static size_t rows_of(const struct materials *with)
{
    size_t rows = with->layers * 2 * with->cell->gates * with->hidden;
    for (size_t k = 0; k < with->stack.layers; k++)
        rows += with->stack.layer[k].out.channels;
    return rows;
}

static enum sterna_status assemble(const struct materials *with, struct sterna_network *network,
                                   struct sterna_error *error)
{
    const struct sterna_grid grid = grid_of(with, top_of(with), with->ends.outputs);
    const struct sterna_parameters_shape shape = shape_of(with);
    struct sterna_network fresh = {.ends = with->ends,
                                   .hidden = with->hidden,
                                   .frame = frame_of(with),
                                   .top = top_of(with),
                                   .plain = with->plain,
                                   .cell = with->cell,
                                   .quantizer_bias = with->bias,
                                   .normalizer = with->normalizer};
    enum sterna_status status = STERNA_OK;

    sterna_product_setup();
    fresh.layer = calloc(with->layers + 1, sizeof *fresh.layer);
    fresh.frozen = sterna_buffer_new(rows_of(with), sizeof(float));
    fresh.bias = sterna_buffer_new(rows_of(with), sizeof(float));
    if (!fresh.layer || !fresh.frozen || !fresh.bias)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu layers", with->layers);
    if (status == STERNA_OK)
        status = add_stack(with, &fresh.stack, error);
    for (; status == STERNA_OK && fresh.layers < with->layers; fresh.layers++)
        status = add_layer(with, &fresh.stack, fresh.layers, &fresh.layer[fresh.layers], error);
    if (status == STERNA_OK)
        status = sterna_linear_new(top_of(with), with->ends.outputs, with->output, &grid, with->normalizer,
                                   &fresh.output, error);
    if (status == STERNA_OK)
        status = sterna_parameters_new(&shape, &fresh.parameters, error);
    if (status != STERNA_OK) {
        sterna_network_free(&fresh);
        return status;
    }
    *network = fresh;
    return STERNA_OK;
}

static enum sterna_status check_sizes(const struct materials *with, struct sterna_error *error)
{
    const struct {
        const char *what;
        size_t value, most;
    } size[] = {
        {"units per layer", with->hidden, HIDDEN_MAX},
        {"layers", with->layers + (with->stack.layers > 0), LAYERS_MAX}, /* none will do behind a stack */
        {"inputs", with->ends.inputs, ENDS_MAX},
        {"outputs", with->ends.outputs, ENDS_MAX},
    };
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        if (size[i].value < 1 || size[i].value > size[i].most)
            return sterna_fail(error, STERNA_ERR_RANGE, "%zu %s: 1 to %zu are possible", size[i].value,
                               size[i].what, size[i].most);
    if (with->stack.layers && with->ends.one_hot)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "a stack reads sequences of values, not the symbols of a text");
    return STERNA_OK;
}

static enum sterna_status find_quantizers(const struct sterna_recipe *recipe, bool master,
                                          struct materials *with, struct sterna_error *error)
{
    const bool same = strcmp(recipe->quantizer_input, "same") == 0;
    const struct {
        const char *name;
        const struct sterna_quantizer **place;
    } wanted[] = {
        {same ? recipe->quantizer : recipe->quantizer_input, &with->input},
        {recipe->quantizer, &with->recurrent},
        {recipe->quantizer_output, &with->output},
        {recipe->quantizer_bias, &with->bias},
    };
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; status == STERNA_OK && i < sizeof wanted / sizeof wanted[0]; i++)
        status = sterna_quantizer_find(master ? "float" : wanted[i].name, wanted[i].place, error);
    return status;
}

/* The grid that the recipe's magnitude, levels and bits mean. */
static enum sterna_status read_grid(const struct sterna_recipe *recipe, struct sterna_grid *grid,
                                    struct sterna_error *error)
{
    const uint64_t bits = recipe->integer_bits + recipe->fraction_bits;

    if (recipe->levels % 2 == 0)
        return sterna_fail(error, STERNA_ERR_RANGE, "levels = %llu: an odd number, for there is a zero",
                           (unsigned long long)recipe->levels);
    if (bits < 1 || bits > 7)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "integer_bits + fraction_bits = %llu: 1 to 7 are possible",
                           (unsigned long long)bits);
    grid->unit = strcmp(recipe->magnitude, "one") == 0      ? 0.0f
                 : strcmp(recipe->magnitude, "glorot") == 0 ? 1.0f
                                                            : 0.5f;
    grid->levels = (unsigned)recipe->levels;
    grid->integer_bits = (unsigned)recipe->integer_bits;
    grid->fraction_bits = (unsigned)recipe->fraction_bits;
    return STERNA_OK;
}

enum sterna_status sterna_network_new(const struct sterna_recipe *recipe,
                                      const struct sterna_network_ends *ends, bool master,
                                      struct sterna_network *network, struct sterna_error *error)
{
    struct materials with = {.ends = *ends, .hidden = recipe->hidden, .layers = recipe->layers};

    enum sterna_status status =
        sterna_stack_shape_read(recipe->stack, ends->inputs, ends->steps, &with.stack, error);
    if (status == STERNA_OK)
        status = check_sizes(&with, error);
    if (status == STERNA_OK)
        status = sterna_cell_find(recipe->cell, &with.cell, error);
    if (status == STERNA_OK)
        status = find_quantizers(recipe, master, &with, error);
    if (status == STERNA_OK)
        status = read_grid(recipe, &with.grid, error);
    if (status == STERNA_OK)
        status = sterna_normalizer_find(recipe->normalization, &with.normalizer, error);
    if (status == STERNA_OK)
        status = sterna_normalizer_find("none", &with.plain, error);
    if (status == STERNA_OK)
        status = assemble(&with, network, error);
    if (status != STERNA_OK)
        return status;
    network->dropout = (float)recipe->dropout;
    network->dropout_input = (float)recipe->dropout_input;
    network->noise = (float)recipe->noise;
    network->backprop_bits = (unsigned)recipe->backprop_bits;
    return STERNA_OK;
}

float sterna_network_one(const struct sterna_network *network)
{
    return network->layers ? (float)sterna_cell_one(network->cell->cell)
                           : sterna_stack_one(&network->stack, network->stack.shape.layers);
}

size_t sterna_network_stack_row(const struct sterna_network *network, size_t k)
{
    size_t row = network->layers * 2 * network->cell->gates * network->hidden;
    while (k-- > 0)
        row += network->stack.shape.layer[k].out.channels;
    return row;
}

void sterna_network_free(struct sterna_network *network)
{
    for (size_t k = 0; network->layer && k < network->layers; k++)
        sterna_recurrent_free(&network->layer[k]);
    free(network->layer);
    free(network->value);
    free(network->frozen);
    free(network->bias);
    sterna_linear_free(&network->output);
    sterna_stack_free(&network->stack);
    sterna_parameters_free(&network->parameters);
    memset(network, 0, sizeof *network);
}

/* ---- from a model ---- */

/* one: the activation that stands for 1.0 in front of this matrix. */
static void import_weight(const struct sterna_matrix *matrix, float one, struct sterna_weight *weight)
{
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++)
        weight->level[i] = (float)matrix->code[i];
    for (size_t r = 0; r < matrix->rows; r++)
        weight->row[r] = ldexpf((float)matrix->scale_m[r], -(int)matrix->scale_s[r]) * one / 2048.0f;
    for (size_t block = 0; block < weight->blocks; block++)
        sterna_weight_expand(weight, block);
}

/* Biases of a model: those of the input's terms, then those of the recurrent products. */
static void import_layer(const struct sterna_layer *from, struct sterna_recurrent *layer, float *bias_ih,
                         float *bias_hh)
{
    const size_t rows = from->hh.rows, own = layer->type->own_gates * from->hidden;

    import_weight(&from->ih, layer->one_in, &layer->ih);
    import_weight(&from->hh, (float)sterna_cell_one(from->cell), &layer->hh);
    memset(bias_hh, 0, rows * sizeof *bias_hh);
    for (size_t g = 0; g < rows; g++)
        bias_ih[g] = (float)from->bias[g] / 2048.0f;
    for (size_t u = 0; u < own; u++)
        bias_hh[rows - own + u] = (float)from->bias[rows + u] / 2048.0f;
    sterna_recurrent_prepare(layer, bias_ih, bias_hh);
}

/* bias: room. */
static void import_stack(const struct sterna_model *model, struct sterna_stack *stack, float bias[ENDS_MAX])
{
    for (size_t k = 0; k < model->stack.layers; k++) {
        const struct sterna_filters *from = &model->filters[k];
        if (from->weight.rows == 0)
            continue;
        import_weight(&from->weight, stack->convolution[k].one_in, &stack->convolution[k].weight);
        for (size_t r = 0; r < from->weight.rows; r++)
            bias[r] = (float)from->bias[r] / 2048.0f;
        sterna_stack_prepare(stack, k, bias);
    }
}

enum sterna_status sterna_network_import(const struct sterna_model *model, struct sterna_network *network,
                                         struct sterna_error *error)
{
    const struct sterna_layer *first = &model->layer[0];
    struct materials with = {
        .stack = model->stack, .hidden = first->hidden ? first->hidden : 1, .layers = model->layers};
    struct sterna_network fresh = {0};
    float bias[ENDS_MAX];

    with.ends = (struct sterna_network_ends){.inputs = sterna_model_inputs(model),
                                             .outputs = model->output.rows,
                                             .one_hot = model->one_hot,
                                             .fraction = model->input_fraction,
                                             .head = model->head};
    with.cell = sterna_cell_type_of(first->cell);
    with.grid = (struct sterna_grid){.unit = 1.0f, .levels = 15, .fraction_bits = 1};
    enum sterna_status status = check_sizes(&with, error);
    if (status == STERNA_OK)
        status = sterna_quantizer_find("float", &with.recurrent, error);
    with.input = with.output = with.bias = with.recurrent;
    if (status == STERNA_OK)
        status = sterna_normalizer_find("none", &with.normalizer, error);
    with.plain = with.normalizer;
    with.stack.inputs = with.ends.inputs; /* of an empty stack too */
    for (size_t k = 0; k < with.stack.layers; k++)
        with.stack.layer[k].batch_norm = false; /* it is in scales and biases */
    if (status == STERNA_OK)
        status = assemble(&with, &fresh, error);
    if (status != STERNA_OK)
        return status;
    import_stack(model, &fresh.stack, bias);
    for (size_t k = 0; k < model->layers; k++)
        import_layer(&model->layer[k], &fresh.layer[k], fresh.bias, fresh.bias + model->layer[k].hh.rows);
    import_weight(&model->output, (float)sterna_model_one(model), &fresh.output.weight);
    for (size_t o = 0; o < with.ends.outputs; o++)
        bias[o] = (float)model->output_bias[o] / 2048.0f;
    sterna_linear_prepare(&fresh.output, bias);
    *network = fresh;
    return STERNA_OK;
}

bool sterna_network_deployable(const struct sterna_network *network)
{
    for (size_t i = 0; i < network->parameters.tensors; i++) {
        const struct sterna_weight *weight = sterna_network_weight(network, i);
        if (weight && weight->quantizer->format(&weight->grid) == STERNA_FORMATS)
            return false;
    }
    return true;
}
