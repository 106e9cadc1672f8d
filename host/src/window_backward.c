/* window_backward.c - the way back through the whole network of window.h. */
#include "window.h"

#include <assert.h>
#include <string.h>

#include "loss.h"
#include "product.h"

/* Statistics of normalized products, into their places in the gradient. */
static void note_statistics(const struct sterna_network *network, struct sterna_window *window, size_t k)
{
    static const enum sterna_role role[2][2] = {{STERNA_MEAN_IH, STERNA_VARIANCE_IH},
                                                {STERNA_MEAN_HH, STERNA_VARIANCE_HH}};
    for (size_t which = 0; which < 2 && !network->layer[k].integer; which++) {
        const struct sterna_product_trace *trace = &window->trace[2 * k + which];
        const float *from[2] = {trace->mean, trace->variance};
        for (size_t i = 0; i < 2; i++) {
            float *to = sterna_parameters_at(&network->parameters, window->gradient, k, role[which][i]);
            if (to)
                memcpy(to, from[i], network->cell->gates * network->hidden * sizeof *to);
        }
    }
}

static void layer_backward(const struct sterna_network *network, struct sterna_window *window, size_t k,
                           const struct sterna_track *track)
{
    const struct sterna_recurrent *layer = &network->layer[k];
    const struct sterna_parameters *parameters = &network->parameters;
    const size_t rows = network->cell->gates * window->hidden;
    float *ih = sterna_parameters_at(parameters, window->gradient, k, STERNA_WEIGHT_IH);
    const struct sterna_recurrent_gradient gradient = {
        .ih = layer->one_hot ? window->table : ih,
        .hh = sterna_parameters_at(parameters, window->gradient, k, STERNA_WEIGHT_HH),
        .bias_ih = sterna_parameters_at(parameters, window->gradient, k, STERNA_BIAS_IH),
        .bias_hh = sterna_parameters_at(parameters, window->gradient, k, STERNA_BIAS_HH),
        .gain_ih = sterna_parameters_at(parameters, window->gradient, k, STERNA_GAIN_IH),
        .gain_hh = sterna_parameters_at(parameters, window->gradient, k, STERNA_GAIN_HH),
        .input = k > 0 || network->stack.shape.layers ? window->da : NULL,
        .da = window->da_step,
        .ds = window->ds_step,
        .quantized = window->quantized,
        .backprop_bits = network->backprop_bits,
        .draw = {.seed = window->draw.seed,
                 .step = window->draw.step,
                 .tensor = window->draw.tensor + (1u << 21) + 2 * (uint32_t)k},
    };

    note_statistics(network, window, k);
    if (layer->one_hot)
        memset(window->table, 0, layer->inputs * rows * sizeof(float));
    sterna_recurrent_backward(layer, track, window->dh, &gradient);
    if (layer->one_hot)
        sterna_product_transpose(layer->inputs, rows, window->table, ih);
}

/* From the gradient of what the output layer saw of sequences (in da) to that of every step's a (in dh). */
static void unpool(struct sterna_window *window)
{
    const size_t H = window->top, B = window->run_batch;

    memset(window->dh, 0, window->frames * B * H * sizeof(float));
    for (size_t b = 0; b < B; b++) {
        const size_t length = window->frame_length[b],
                     first = window->head == STERNA_HEAD_LAST ? length - 1 : 0;
        const float share = 1.0f / (float)(length - first);
        for (size_t t = first; t < length; t++)
            for (size_t u = 0; u < H; u++)
                window->dh[(t * B + b) * H + u] = share * window->da[b * H + u];
    }
}

static void swap(struct sterna_window *window)
{
    float *dh = window->dh;
    window->dh = window->da;
    window->da = dh;
}

/* Through the stack, from the gradient of its frames in dh. */
static void stack_backward(const struct sterna_network *network, struct sterna_window *window)
{
    const size_t B = window->run_batch, F = window->frame;
    const struct sterna_parameters *parameters = &network->parameters;
    struct sterna_stack_gradient gradient[STERNA_STACK_LAYERS_MAX];
    float *plane = window->stack.gradient[0];

    for (size_t b = 0; b < B; b++)
        for (size_t t = 0; t < window->frame_length[b]; t++, plane += F)
            memcpy(plane, window->dh + (t * B + b) * F, F * sizeof *plane);
    for (size_t k = 0; k < network->stack.shape.layers; k++) {
        const size_t first = sterna_parameters_stack(parameters, k, STERNA_STACK_WEIGHT);
        float *at[STERNA_STACK_ROLES];
        for (size_t role = 0; role < STERNA_STACK_ROLES; role++)
            at[role] = sterna_parameters_tensor(parameters, window->gradient, first + role);
        gradient[k] = (struct sterna_stack_gradient){.weight = at[STERNA_STACK_WEIGHT],
                                                     .bias = at[STERNA_STACK_BIAS],
                                                     .gain = at[STERNA_STACK_GAIN],
                                                     .mean = at[STERNA_STACK_MEAN],
                                                     .variance = at[STERNA_STACK_VARIANCE]};
    }
    sterna_stack_backward(&network->stack, &window->stack, gradient, NULL);
}

void sterna_window_backward(const struct sterna_network *network, struct sterna_window *window, float factor,
                            double *loss)
{
    const size_t count = sterna_window_predictions(window), layers = window->layers;
    const size_t states = window->frames * window->run_batch * window->hidden;
    const struct sterna_parameters *parameters = &network->parameters;

    assert(window->gradient);
    memset(window->gradient, 0, parameters->size * sizeof(float));
    *loss = sterna_loss_gradient(count, window->outputs, window->logits, window->target, factor);
    sterna_linear_backward(&network->output, count, sterna_window_top(window), window->logits, window->da,
                           sterna_parameters_at(parameters, window->gradient, layers, STERNA_LINEAR_WEIGHT),
                           sterna_parameters_at(parameters, window->gradient, layers, STERNA_LINEAR_BIAS));
    if (window->head == STERNA_HEAD_NEXT)
        swap(window);
    else
        unpool(window);
    for (size_t k = layers; k-- > 0;) {
        const struct sterna_track track = sterna_window_track(network, window, k);
        layer_backward(network, window, k, &track);
        swap(window); /* what the layer left for its input is the gradient from above for the next */
        if (k > 0 && window->training && window->mask) {
            const float *mask = window->mask + (k - 1) * window->steps * window->batch * window->hidden;
            for (size_t i = 0; i < states; i++)
                window->dh[i] *= mask[i];
        }
    }
    if (network->stack.shape.layers)
        stack_backward(network, window);
}
