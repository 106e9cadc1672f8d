/* stack_estimate.c - sterna_estimate_sequence (sterna.h): each piece of a stack as estimate.c sees it, times its steps. */
#include "device.h"
#include "stack_piece.h"

static void add(struct sterna_estimate *total, const struct sterna_estimate *one, uint64_t times)
{
    total->cycles += one->cycles * times;
    total->streaming += one->streaming * times;
    total->build_wait += one->build_wait * times;
    total->gate_wait += one->gate_wait * times;
    total->gap += one->gap * times;
    total->output += one->output * times;
    total->ideal_cycles += one->ideal_cycles * times;
}

/* All pieces of layer k on a plane of `steps` steps. */
static enum sterna_status add_layer(const struct sterna_model *model, size_t k, const char *target,
                                    size_t steps, struct sterna_estimate *total, struct sterna_error *error)
{
    const struct sterna_geometry *geometry = sterna_geometry_of(target);
    const struct sterna_stack_layer *layer = &model->stack.layer[k];
    const size_t height = sterna_stack_shape_height(&model->stack, k + 1, steps);
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_model *network = NULL;
    enum sterna_status status = STERNA_OK;

    do {
        struct sterna_estimate one;
        status = sterna_stack_piece_next(model, k, geometry, height, &piece, &network, error);
        if (status == STERNA_OK && network) {
            status = sterna_estimate_model(network, target, &one, error);
            one.ideal_cycles = 0;
            if (status == STERNA_OK)
                add(total, &one, sterna_stack_piece_steps(layer, piece.places, height));
            total->ideal_cycles +=
                height * layer->out.width * sterna_stack_piece_ideal(&model->filters[k], geometry, &piece);
            sterna_model_free(network);
        }
    } while (status == STERNA_OK && network);
    return status;
}

enum sterna_status sterna_estimate_sequence(const struct sterna_model *model, const char *target,
                                            size_t steps, struct sterna_estimate *estimate,
                                            struct sterna_error *error)
{
    const struct sterna_stack_shape *stack = &model->stack;
    struct sterna_model behind = *model;
    struct sterna_estimate total = {.cycles = 0}, one;

    if (!sterna_geometry_of(target))
        return sterna_fail(error, STERNA_ERR_MISSING, "there is no target \"%s\"; there are: %s", target,
                           sterna_geometry_names());
    enum sterna_status status = sterna_stack_shape_check(stack, steps, error);
    for (size_t k = 0; k < stack->layers && status == STERNA_OK; k++) {
        if (stack->layer[k].kind == STERNA_STACK_CONV)
            status = add_layer(model, k, target, steps, &total, error);
    }
    behind.stack.layers = 0;
    if (status == STERNA_OK)
        status = sterna_estimate_model(&behind, target, &one, error);
    if (status != STERNA_OK)
        return status;
    add(&total, &one, sterna_stack_shape_height(stack, stack->layers, steps));
    total.load = one.load;
    *estimate = total;
    return STERNA_OK;
}
