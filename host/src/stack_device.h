/* stack_device.h - a model's stack on a device. Each convolution is loaded as a network of its own, a layer rnn-relu without recurrence and an
 * output layer that hands its activations on, or as an output layer alone whose exact sums the host turns into activations, whichever takes fewer
 * cycles; its patches are the steps. What a device cannot hold at once is cut: filters into several networks, and patches longer than a request into
 * parts whose sums the host adds up. Poolings are the
 * host's, between the layers. All of it gives the same integers as stack_fixed.h.
 */
#ifndef STERNA_STACK_DEVICE_H
#define STERNA_STACK_DEVICE_H

#include "model.h"

/* Sequences on their way through, and what is counted. */
struct sterna_stack_device {
    const struct sterna_model *model;
    struct sterna_device *device;
    bool compare;                 /* with stack_fixed.c, layer by layer */
    uint64_t values, mismatches;  /* compared; those that differ */
    uint64_t steps, ideal_cycles; /* run; what the engine's own limit is for them */
    struct sterna_model *loaded;  /* the device's last network here; it is needed until another is loaded */
    int8_t *frames;               /* of the last run: sequence after sequence */
    size_t *start;                /* [count + 1] first frame of each */
};

/* The sequences first .. first + count - 1 of a set: frames and start are filled. STERNA_ERR_FIT if not even one filter of a layer fits the device. */
STERNA_MUST_CHECK enum sterna_status sterna_stack_device_run(struct sterna_stack_device *stack,
                                                             const struct sterna_sequence_set *set,
                                                             size_t first, size_t count,
                                                             struct sterna_error *error);
/* When the device has another model, or is closed. */
void sterna_stack_device_free(struct sterna_stack_device *stack);

#endif
