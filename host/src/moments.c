/* moments.c - see moments.h. */
#include "moments.h"

#include <assert.h>
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { CHUNK = 256 }; /* samples widened to double at a time */

enum sterna_status sterna_moments_new(size_t cols, struct sterna_moments *moments, struct sterna_error *error)
{
    const size_t square = cols * cols;
    double *memory = sterna_buffer_new(3 * square + 2 * cols + 2 * CHUNK * cols, sizeof *memory);
    if (!memory)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the moments of %zu columns", cols);
    *moments = (struct sterna_moments){.cols = cols,
                                       .gram = memory,
                                       .cross = memory + square,
                                       .energy = memory + 2 * square,
                                       .mean_input = memory + 3 * square,
                                       .mean_original = memory + 3 * square + cols,
                                       .wide = memory + 3 * square + 2 * cols};
    return STERNA_OK;
}

void sterna_moments_free(struct sterna_moments *moments)
{
    free(moments->gram);
    memset(moments, 0, sizeof *moments);
}

/* sum += a' b, of a and b [count, cols] */
static void add_product(size_t count, size_t cols, const double *a, const double *b, double *sum)
{
    const int n = (int)cols;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, n, (int)count, 1.0, a, n, b, n, 1.0, sum, n);
}

static void widen(size_t count, size_t cols, const float *from, double *to, double *sum)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < cols; c++) {
            to[i * cols + c] = (double)from[i * cols + c];
            sum[c] += to[i * cols + c];
        }
}

void sterna_moments_add(struct sterna_moments *moments, size_t count, const float *input,
                        const float *original)
{
    const size_t cols = moments->cols;
    double *wide = moments->wide, *other = wide + CHUNK * cols;
    for (size_t first = 0; first < count; first += CHUNK) {
        const size_t part = count - first < CHUNK ? count - first : CHUNK;
        widen(part, cols, input + first * cols, wide, moments->mean_input);
        widen(part, cols, original + first * cols, other, moments->mean_original);
        add_product(part, cols, wide, wide, moments->gram);
        add_product(part, cols, wide, other, moments->cross);
        add_product(part, cols, other, other, moments->energy);
    }
    moments->samples += count;
}

void sterna_moments_add_one_hot(struct sterna_moments *moments, size_t count, const uint8_t *index,
                                float value)
{
    const double one = (double)value;
    for (size_t i = 0; i < count; i++) {
        const size_t c = index[i], diagonal = c * moments->cols + c;
        assert(c < moments->cols);
        moments->gram[diagonal] += one * one;
        moments->cross[diagonal] += one * one;
        moments->energy[diagonal] += one * one;
        moments->mean_input[c] += one;
        moments->mean_original[c] += one;
    }
    moments->samples += count;
}

/* product [n, n] / samples - a b' */
static void centre(size_t n, double samples, const double *a, const double *b, double *product)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            product[i * n + j] = product[i * n + j] / samples - a[i] * b[j];
}

enum sterna_status sterna_moments_finish(struct sterna_moments *moments, size_t least,
                                         struct sterna_error *error)
{
    const size_t n = moments->cols;
    const double samples = (double)moments->samples;
    if (moments->samples < least)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%zu samples are too few to know %zu inputs by: calibrate with %zu at least",
                           moments->samples, n, least);
    for (size_t c = 0; c < n; c++) {
        moments->mean_input[c] /= samples;
        moments->mean_original[c] /= samples;
    }
    centre(n, samples, moments->mean_input, moments->mean_input, moments->gram);
    centre(n, samples, moments->mean_input, moments->mean_original, moments->cross);
    centre(n, samples, moments->mean_original, moments->mean_original, moments->energy);
    return STERNA_OK;
}

void sterna_moments_identity(struct sterna_moments *moments)
{
    const size_t n = moments->cols;
    memset(moments->gram, 0, (3 * n * n + 2 * n) * sizeof *moments->gram);
    for (size_t i = 0; i < n * n; i += n + 1)
        moments->gram[i] = moments->cross[i] = moments->energy[i] = 1.0;
    moments->samples = n;
}

/* a' product b, of vectors of the moments' columns */
static double form(size_t n, const float *a, const double *product, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row += product[i * n + j] * (double)b[j];
        sum += (double)a[i] * row;
    }
    return sum;
}

double sterna_moments_error(const struct sterna_moments *moments, size_t rows, const float *weights,
                            const float *other)
{
    const size_t n = moments->cols;
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
        const float *w = weights + r * n, *v = other + r * n;
        sum +=
            form(n, v, moments->gram, v) - 2 * form(n, v, moments->cross, w) + form(n, w, moments->energy, w);
    }
    return sum;
}

double sterna_moments_energy(const struct sterna_moments *moments, size_t rows, const float *weights)
{
    const size_t n = moments->cols;
    double sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += form(n, weights + r * n, moments->energy, weights + r * n);
    return sum;
}

double sterna_moments_shift(const struct sterna_moments *moments, const float *weights, const float *other)
{
    double sum = 0;
    for (size_t c = 0; c < moments->cols; c++)
        sum += (double)weights[c] * moments->mean_original[c] - (double)other[c] * moments->mean_input[c];
    return sum;
}
