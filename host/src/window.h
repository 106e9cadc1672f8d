/* window.h - a shard of sequences over one window of time: the buffers, and forward and backward through the
 * whole network.
 *
 * One thread works on a window; windows share nothing but the prepared network, which they only read.
 *
 * A window of text is a cut through a stream: all sequences run all steps, every step has a target, and the state is carried
 * from window to window. A window of labelled sequences holds them whole, the longest first: the state begins at zero, and
 * a sequence has one target.
 */
#ifndef STERNA_WINDOW_H
#define STERNA_WINDOW_H

#include "network.h"

struct sterna_window {
    size_t room;         /* steps of input that there is room for */
    size_t steps, batch; /* T, B: frames and sequences that there is room for; steps = room without a stack */
    size_t layers, hidden, inputs, outputs;
    size_t frame, top; /* values of a frame, and in front of the output layer */
    enum sterna_head head;
    /* To be set by the caller before a run. */
    size_t run_steps;        /* at most room */
    size_t run_batch;        /* sequences, at most batch */
    size_t *active;          /* [T] sequences that step t runs, non-increasing (text: all) */
    uint8_t *symbol;         /* [T, run_batch] of text */
    int8_t *input8;          /* [T, run_batch, I] of dense inputs; 0 where a sequence has ended */
    uint8_t *target;         /* [T, run_batch] of text; [run_batch] labels of sequences */
    size_t *length;          /* [run_batch] of sequences: steps */
    size_t *index;           /* [batch] room for the caller's list of sequences */
    struct sterna_draw draw; /* of dropout and noise: seed and step; shards differ by tensor */
    /* The rest is the window's own. */
    bool training;                      /* of the run: dropout and noise */
    struct sterna_track *track;         /* per layer */
    struct sterna_product_trace *trace; /* [2 * layers] of normalized products */
    float *input;                       /* [room, B, I] of dense inputs */
    struct sterna_stack_run stack;      /* of the stack, if there is one */
    size_t frames;                      /* steps of the recurrent layers in this run */
    size_t *frame_active;               /* [T] as active, of frames */
    size_t *frame_length;               /* [B] as length */
    float *from_stack;                  /* [T, B, frame] what the stack gives */
    int8_t *from_stack8;                /* the same as the device sees it */
    float *keep;                        /* [T, B] of text with dropout of inputs */
    float *mask;                        /* [layers - 1][T, B, H] dropout between layers */
    float *above;                       /* [layers - 1][T, B, H] a after dropout */
    float *pooled;                      /* [B, top] what the output layer sees of sequences */
    float *logits;            /* [T, B, O] of text, [B, O] of sequences; after a backward: their gradient */
    float *gradient;          /* of the network's parameters; NULL without training */
    float *dh, *da;           /* [T, B, H or what is wider] scratch */
    float *da_step, *ds_step; /* [B, H] scratch */
    float *quantized;         /* [T, B, max(I, H)] scratch of quantized back-propagation; NULL without */
    float *table;             /* [I, G*H] scratch: gradient of the first layer's input weights, transposed */
    int32_t *sums;            /* [B, G*H] scratch of the integer pass */
    int8_t *bytes;            /* a8 of all layers */
    float *memory;            /* what all the floats above lie in */
};

/* training: with all that backward needs. */
STERNA_MUST_CHECK enum sterna_status sterna_window_new(const struct sterna_network *network, size_t steps,
                                                       size_t batch, bool training,
                                                       struct sterna_window *window,
                                                       struct sterna_error *error);
void sterna_window_free(struct sterna_window *window);

/* Number of floats that a network carries over per sequence: a and s of every layer. */
size_t sterna_window_carry(const struct sterna_network *network);

/* Run the window to the logits. carry: NULL: from zero; else a of layer k, sequence b at carry[2 k stride + b * H], s at
 * carry[(2 k + 1) stride + b * H], read and replaced by the last step's. training: with dropout and noise (in float only). */
void sterna_window_forward(const struct sterna_network *network, struct sterna_window *window, bool training,
                           float *carry, size_t stride);
/* Number of predictions that the logits hold. */
size_t sterna_window_predictions(const struct sterna_window *window);
/* What the output layer sees in front of every prediction, [predictions, top]. */
const float *sterna_window_top(const struct sterna_window *window);
/* What it would see of every step, [T, B, top]. */
const float *sterna_window_steps_of_top(const struct sterna_window *window);
/* Layer k's buffers as this run uses them. */
struct sterna_track sterna_window_track(const struct sterna_network *network,
                                        const struct sterna_window *window, size_t k);
/* After a forward for training: *loss is the sum of -ln p(target), window->gradient the gradient of factor
 * times it, of the effective weights (sterna_network_finish_gradient comes next). */
void sterna_window_backward(const struct sterna_network *network, struct sterna_window *window, float factor,
                            double *loss);

#endif
