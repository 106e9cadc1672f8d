/* codebook_tune.h - fine-tuning of a quantized network: its codebooks, row scales and biases by back-propagation, on labelled batches. Names and
 * signs stay as they are.
 *
 * The network computes with words on their grid (codebook_grid.h); the gradient moves real masters behind them, as in training with
 * quantized weights. A word that its matrix's step program has no room for stays where it was.
 */
#ifndef STERNA_CODEBOOK_TUNE_H
#define STERNA_CODEBOOK_TUNE_H

#include "codebook_network.h"

/* The gradient of the loss by the code's elements [books, K, n] and by the logarithms of its rows' scales [rows], from that by the weights
 * [rows, cols] that it stands for: a word's is the sum of those of its uses. */
void sterna_codebook_gradient(const struct sterna_product_code *code, const float *weights, float *word,
                              float *scale);
/* As many updates as the network's options say, after sterna_codebook_quantize. STERNA_ERR_DIVERGED: the loss is no number. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_tune(const struct sterna_codebook_network *network,
                                                          struct sterna_error *error);

#endif
