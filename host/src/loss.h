/* loss.h - soft-max cross-entropy over symbols. */
#ifndef STERNA_LOSS_H
#define STERNA_LOSS_H

#include "sterna.h"

/* Sum over rows of -ln softmax(logits)[target], in nats. */
double sterna_loss(size_t rows, size_t outputs, const float *logits, const uint8_t *target);
/* The same; logits [rows, outputs] becomes the gradient of factor times the sum: factor * (softmax -
 * one-hot). */
double sterna_loss_gradient(size_t rows, size_t outputs, float *logits, const uint8_t *target, float factor);
/* Rows whose largest logit is that of the target. */
size_t sterna_loss_correct(size_t rows, size_t outputs, const float *logits, const uint8_t *target);
/* Index of the first of the largest. */
size_t sterna_loss_best(size_t outputs, const float *logits);
/* Nats per character to bits per character. */
double sterna_loss_bits(double nats);

#endif
