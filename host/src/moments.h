/* moments.h - what product quantization knows of a layer's inputs: second moments, instead of the samples themselves.
 *
 * Samples come in pairs: s, the layer's input behind layers that are quantized already, and f, the same in the original
 * network. With weights W the original's responses are W f, those of weights V are V s, and the mean squared difference over the
 * samples, their means taken away (a bias makes up for those), is of each row
 *
 *     v' gram v - 2 v' cross w + w' energy w        gram = mean s s',  cross = mean s f',  energy = mean f f'
 *
 * exactly; so the least-squares problems never touch the samples again.
 */
#ifndef STERNA_MOMENTS_H
#define STERNA_MOMENTS_H

#include "sterna.h"

struct sterna_moments {
    size_t cols;
    size_t samples;
    double *gram, *cross, *energy;      /* [cols, cols]: sums until _finish */
    double *mean_input, *mean_original; /* [cols]: likewise */
    double *wide;                       /* scratch */
};

STERNA_MUST_CHECK enum sterna_status sterna_moments_new(size_t cols, struct sterna_moments *moments,
                                                        struct sterna_error *error);
void sterna_moments_free(struct sterna_moments *moments);
/* Add samples: input [count, cols], original [count, cols]. */
void sterna_moments_add(struct sterna_moments *moments, size_t count, const float *input,
                        const float *original);
/* One-hot samples, the same on both sides: column index[i] is `value`. */
void sterna_moments_add_one_hot(struct sterna_moments *moments, size_t count, const uint8_t *index,
                                float value);
/* From sums to central moments. STERNA_ERR_RANGE if there are fewer samples than `least`: to fit to, as many as columns. */
STERNA_MUST_CHECK enum sterna_status sterna_moments_finish(struct sterna_moments *moments, size_t least,
                                                           struct sterna_error *error);
/* Every column of variance 1 and on its own: the error is that of the weights. */
void sterna_moments_identity(struct sterna_moments *moments);
/* Mean squared difference of responses, summed over the rows: weights [rows, cols] of the original, other of the quantized. */
double sterna_moments_error(const struct sterna_moments *moments, size_t rows, const float *weights,
                            const float *other);
/* The variance of the original's responses, summed over the rows: what no weights at all would be wrong by. */
double sterna_moments_energy(const struct sterna_moments *moments, size_t rows, const float *weights);
/* What a row's bias has to rise by for the means of both responses to agree. */
double sterna_moments_shift(const struct sterna_moments *moments, const float *weights, const float *other);

#endif
