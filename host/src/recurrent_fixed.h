/* recurrent_fixed.h - the part of recurrent.h that runs as a device computes: the same bits as fixed.h, on many
 * sequences at once. What it leaves in s, a and saved are the numbers that the integers stand for, so that one backward
 * serves both forward passes (straight-through). */
#ifndef STERNA_RECURRENT_FIXED_H
#define STERNA_RECURRENT_FIXED_H

#include "recurrent.h"

/* Codes, terms of symbols and biases, from the weights and layer->bias. */
void sterna_recurrent_fixed_prepare(struct sterna_recurrent *layer);
void sterna_recurrent_fixed_forward(const struct sterna_recurrent *layer, const struct sterna_track *track);

#endif
