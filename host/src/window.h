/* window.h - a shard of sequences over one window of time: the buffers, and forward and backward through the
 * whole network.
 *
 * One thread works on a window; windows share nothing but the prepared network, which they only read.
 */
#ifndef STERNA_WINDOW_H
#define STERNA_WINDOW_H

#include "network.h"

struct sterna_window {
    size_t steps, batch; /* T, B */
    size_t layers, hidden, outputs;
    uint8_t *symbol;            /* [T, B] to be set by the caller */
    uint8_t *target;            /* [T, B] likewise */
    struct sterna_track *track; /* per layer */
    float *logits;              /* [T, B, O]; after a backward: their gradient */
    float *gradient;            /* of the network's parameters; NULL without training */
    float *dh, *da;             /* [T, B, H] scratch */
    float *dh_step;             /* [B, H] scratch */
    float *table;  /* [I, G*H] scratch: gradient of the first layer's input weights, transposed */
    float *memory; /* what all the floats above lie in */
};

STERNA_MUST_CHECK enum sterna_status sterna_window_new(const struct sterna_network *network, size_t steps,
                                                       size_t batch, bool training,
                                                       struct sterna_window *window,
                                                       struct sterna_error *error);
void sterna_window_free(struct sterna_window *window);

/* Fill symbol and target from a text read as a ring: sequence b from place start + b * stride on, each target the symbol
 * after. */
void sterna_window_load(struct sterna_window *window, const uint8_t *text, size_t length, uint64_t start,
                        size_t stride);

/* Run the first `steps` steps of the window (at most window->steps) to the logits. carry: h of layer k and
 * sequence b at carry[k * layer_stride + b * H], read and replaced by the last step's. */
void sterna_window_forward(const struct sterna_network *network, struct sterna_window *window, size_t steps,
                           float *carry, size_t layer_stride);
/* After a forward of all steps: *loss is the sum of -ln p(target), window->gradient the gradient of factor
 * times it, of the effective weights (sterna_network_finish_gradient comes next). */
void sterna_window_backward(const struct sterna_network *network, struct sterna_window *window, float factor,
                            double *loss);

#endif
