/* float_step.c - see float_step.h. Weights, biases and cells are those of the network in float (network.h), but its products of many steps and
 * sequences at once would hide what one step of one sequence costs. */
#include "float_step.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "network.h"

/* One layer's buffers. */
struct track {
    float *x;     /* [rows] the input's terms */
    float *saved; /* [S*H] the recurrent products, and what the cell makes of them */
    float *s[2];  /* [H] the state before and after a step */
    float *a;     /* [H] */
};

struct sterna_float {
    struct sterna_network network;
    struct track *track;
};

static bool open_track(const struct sterna_recurrent *layer, struct track *track)
{
    const size_t H = layer->hidden;
    *track = (struct track){
        .x = sterna_buffer_new(layer->ih.rows, sizeof(float)),
        .saved = sterna_buffer_new(layer->type->saved * H, sizeof(float)),
        .s = {sterna_buffer_new(H, sizeof(float)), sterna_buffer_new(H, sizeof(float))},
        .a = sterna_buffer_new(H, sizeof(float)),
    };
    return track->x && track->saved && track->s[0] && track->s[1] && track->a;
}

enum sterna_status sterna_float_new(const struct sterna_model *model, struct sterna_float **network,
                                    struct sterna_error *error)
{
    struct sterna_float *fresh = calloc(1, sizeof *fresh);
    enum sterna_status status =
        fresh ? sterna_network_import(model, &fresh->network, error)
              : sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a network of floats");
    if (status == STERNA_OK) {
        fresh->track = calloc(model->layers, sizeof *fresh->track);
        for (size_t k = 0; status == STERNA_OK && k < model->layers; k++)
            if (!fresh->track || !open_track(&fresh->network.layer[k], &fresh->track[k]))
                status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a network of floats");
    }
    if (status != STERNA_OK) {
        sterna_float_free(fresh);
        return status;
    }
    *network = fresh;
    return STERNA_OK;
}

void sterna_float_free(struct sterna_float *network)
{
    if (!network)
        return;
    for (size_t k = 0; network->track && k < network->network.layers; k++) {
        struct track *track = &network->track[k];
        free(track->x);
        free(track->saved);
        free(track->s[0]);
        free(track->s[1]);
        free(track->a);
    }
    free(network->track);
    sterna_network_free(&network->network);
    free(network);
}

static void multiply(const struct sterna_weight *weight, const float *x, float *product)
{
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)weight->rows, (int)weight->cols, 1.0f, weight->value,
                (int)weight->cols, x, 1, 0.0f, product, 1);
}

/* below: what is underneath; NULL: one-hot of this index. */
static void step_layer(const struct sterna_recurrent *layer, struct track *track, const float *below,
                       size_t index)
{
    const size_t rows = layer->ih.rows;
    const float *x = layer->one_hot ? layer->x_table + index * rows : track->x;
    float *before = track->s[0];

    if (!layer->one_hot) {
        multiply(&layer->ih, below, track->x);
        cblas_saxpy((int)rows, 1.0f, layer->bias, 1, track->x, 1);
    }
    multiply(&layer->hh, track->a, track->saved);
    layer->type->forward(layer->hidden, x, layer->bias + rows, before, track->saved, track->s[1], track->a);
    track->s[0] = track->s[1];
    track->s[1] = before;
}

void sterna_float_step(struct sterna_float *network, const float *input, size_t index, float *logits)
{
    const struct sterna_network *of = &network->network;
    const float *below = input;
    for (size_t k = 0; k < of->layers; k++) {
        step_layer(&of->layer[k], &network->track[k], below, index);
        below = network->track[k].a;
    }
    multiply(&of->output.weight, below, logits);
    cblas_saxpy((int)of->output.outputs, 1.0f, of->output.bias, 1, logits, 1);
}
