/* codebook_network.h - product quantization of a recurrent network, matrix after matrix: the inputs of each are those of the network as
 * far as it is quantized, the responses aimed at are the original's.
 */
#ifndef STERNA_CODEBOOK_NETWORK_H
#define STERNA_CODEBOOK_NETWORK_H

#include "codebook_samples.h"
#include "product_code.h"
#include "trial.h"

struct sterna_codebook_network {
    const struct sterna_product_options *options;
    const struct sterna_trial *trial;
    struct sterna_training *original,
        *quantized; /* the same checkpoint twice; the second's network takes the new weights and biases */
    struct sterna_product_code
        *code; /* [matrices] of the stack's layers, ih and hh of every recurrent one, the output's */
};

/* A matrix on its way. */
struct sterna_codebook_matrix {
    size_t layer; /* of the stack, or a recurrent one */
    enum sterna_codebook_place place;
    const struct sterna_product_part *part;
    const struct sterna_weight *original; /* NULL: a layer without a matrix */
    struct sterna_weight *quantized;
    const float *original_bias; /* [rows] as prepared */
    float *bias;                /* [rows] of the quantized network */
    size_t period;              /* of a free code's sub-spaces */
    struct sterna_product_code *code;
    char name[48];
};

size_t sterna_codebook_matrices(const struct sterna_network *network);
/* In the order of codes. */
struct sterna_codebook_matrix sterna_codebook_matrix_at(const struct sterna_codebook_network *network,
                                                        size_t index);
/* After a change of the quantized network's weights or biases of this matrix. */
void sterna_codebook_matrix_prepare(struct sterna_network *quantized,
                                    const struct sterna_codebook_matrix *matrix);
/* Both networks are prepared here. code: zeros; release each with sterna_product_code_release, whatever comes back. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_quantize(struct sterna_codebook_network *network,
                                                              struct sterna_error *error);
/* The model of shared codes. */
STERNA_MUST_CHECK enum sterna_status sterna_codebook_export(const struct sterna_codebook_network *network,
                                                            struct sterna_model **model,
                                                            struct sterna_error *error);
/* quantized's parameters become the weights and biases of its network, for a checkpoint. */
void sterna_codebook_restore(const struct sterna_codebook_network *network);

#endif
