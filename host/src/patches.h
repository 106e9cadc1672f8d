/* patches.h - the patches of a convolution, and poolings: between planes and the rows of a matrix product.
 *
 * Planes [height, width, channels] of several sequences lie one after the other. A convolution has an output place (sequence, y, x) for every row of its
 * product; rows are counted through all sequences. The row's patch is what the kernel covers there, [ky, kx, channels of the group], 0 beyond
 * the plane's edge.
 */
#ifndef STERNA_PATCHES_H
#define STERNA_PATCHES_H

#include "stack_shape.h"

/* Heights of the planes of `count` sequences in front of a layer, and behind it. */
struct sterna_planes {
    size_t count;
    const size_t *in, *out;
};

/* Output places of all sequences. */
size_t sterna_patches_rows(const struct sterna_stack_layer *layer, const struct sterna_planes *planes);
/* patch [count, layer->cols]: rows first .. first + count - 1 of a group. */
void sterna_patches_gather(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                           size_t group, const float *value, size_t first, size_t count, float *patch);
/* The way back: value += patches, where they came from. */
void sterna_patches_scatter(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                            size_t group, const float *patch, size_t first, size_t count, float *value);
/* One patch of int8 values of one plane of this height, at output place (y, x). */
void sterna_patches_gather_int8(const struct sterna_stack_layer *layer, size_t height, size_t group,
                                const int8_t *value, size_t y, size_t x, int8_t *patch);

/* Pooling of all planes. unit > 0: means are rounded to multiples of unit, half away from zero, as a device rounds them. */
void sterna_patches_pool(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                         float unit, const float *value, float *pooled);
/* dvalue (set) from dpooled; a maximum's gradient goes to the first place that has it. */
void sterna_patches_pool_backward(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                                  const float *value, const float *pooled, const float *dpooled,
                                  float *dvalue);

#endif
