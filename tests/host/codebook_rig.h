/* codebook_rig.h - a small matrix to fit a code to, with samples to check every claim by; for test_codebook_fit.c and test_codebook_words.c. */
#ifndef CODEBOOK_RIG_H
#define CODEBOOK_RIG_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "codebook_fit.h"

#include <check.h>

enum { ROWS = 5, COLS = 6, SAMPLES = 40, WORDS = 3, N = 2, KINDS = 4 };

static float input[SAMPLES * COLS], original[SAMPLES * COLS], weights[ROWS * COLS];
static struct sterna_moments moments;
static struct sterna_product_code code;
static struct sterna_codebook_fit fit;
static struct sterna_codebook_grid grid;
static struct sterna_error error;

static inline float draw(uint64_t *seed)
{
    return (float)((double)random_below(seed, 2001) / 1000 - 1);
}

/* Kind 0: shared; 1: free; 2: a free one of a convolution, two groups to the codebook; 3: shared, on a grid. */
static inline void make(int kind, uint64_t seed)
{
    for (size_t i = 0; i < SAMPLES * COLS; i++) {
        original[i] = draw(&seed);
        input[i] = original[i] + 0.3f * draw(&seed);
    }
    for (size_t i = 0; i < ROWS * COLS; i++)
        weights[i] = draw(&seed);
    ck_assert_int_eq(sterna_moments_new(COLS, &moments, &error), STERNA_OK);
    sterna_moments_add(&moments, SAMPLES, input, original);
    ck_assert_int_eq(sterna_moments_finish(&moments, COLS, &error), STERNA_OK);
    if (kind == 0 || kind == 3)
        ck_assert_int_eq(sterna_product_code_shared(ROWS, COLS, N, WORDS, &code, &error), STERNA_OK);
    else
        ck_assert_int_eq(sterna_product_code_free(ROWS, COLS, kind == 1 ? COLS : N, N, WORDS, &code, &error),
                         STERNA_OK);
    ck_assert_int_eq(sterna_codebook_fit_new(&code, weights, &moments, &fit, &error), STERNA_OK);
    ck_assert_int_eq(sterna_codebook_fit_start(&fit, seed, &error), STERNA_OK);
    if (kind < 3)
        return;
    sterna_codebook_grid_make(2, 8, &grid);
    fit.grid = &grid;
    for (size_t i = 0; i < WORDS * N; i++)
        code.word[i] = sterna_codebook_grid_nearest(&grid, 4 * code.word[i]);
    for (size_t r = 0; r < ROWS; r++)
        code.scale[r] /= 4;
    sterna_codebook_fit_refresh(&fit);
}

static inline void free_all(void)
{
    sterna_codebook_fit_free(&fit);
    sterna_product_code_release(&code);
    sterna_moments_free(&moments);
}

/* Over the samples themselves: the variance of the difference of responses, summed over the rows. */
static inline double response_error(void)
{
    float v[ROWS * COLS];
    double sum = 0;
    sterna_product_code_expand(&code, v);
    for (size_t r = 0; r < ROWS; r++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < SAMPLES; i++) {
            double off = 0;
            for (size_t c = 0; c < COLS; c++)
                off += (double)weights[r * COLS + c] * (double)original[i * COLS + c] -
                       (double)v[r * COLS + c] * (double)input[i * COLS + c];
            mean += off / SAMPLES;
            square += off * off / SAMPLES;
        }
        sum += square - mean * mean;
    }
    return sum;
}

#endif
