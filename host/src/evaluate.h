/* evaluate.h - what sterna_eval (evaluate.c) and sterna_compare (compare.c) share. */
#ifndef STERNA_EVALUATE_H
#define STERNA_EVALUATE_H

#include "model.h"

/* Run the model over a text of its own symbols (indices below model->symbols) on the device options->on, and
 * predict text[i + 1] from text[0 .. i]: length - 1 steps. Uses on, stop, progress and context of the
 * options.
 *
 * STERNA_ERR_RANGE if length is below 2 or the model is none of text; STERNA_ERR_INTERRUPTED when stop is
 * set. */
STERNA_MUST_CHECK enum sterna_status sterna_eval_on_device(const struct sterna_model *model,
                                                           const uint8_t *text, size_t length,
                                                           const struct sterna_eval_options *options,
                                                           struct sterna_eval_result *result,
                                                           struct sterna_error *error);

/* -log2 of the soft-max of logits [count] at index next. */
double sterna_surprise(const float *logits, size_t count, size_t next);

#endif
