/* codebook_fit.c - see codebook_fit.h. */
#include "codebook_fit.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "kmeans.h"

enum { KMEANS_ROUNDS = 40, ELEMENTS_MAX = STERNA_PRODUCT_CODE_ELEMENTS };

/* to [P, P] = from [cols, cols] in the order of the groups; no column: 0 */
static void arrange(const struct sterna_product_code *code, size_t padded, const double *from, double *to)
{
    for (size_t i = 0; i < padded; i++)
        for (size_t j = 0; j < padded; j++) {
            const size_t row = code->column[i], col = code->column[j];
            to[i * padded + j] = row < code->cols && col < code->cols ? from[row * code->cols + col] : 0.0;
        }
}

/* c [m, n] = a [m, n] x b' [n, n] */
static void multiply(size_t m, size_t n, const double *a, const double *b, double *c)
{
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)n, 1.0, a, (int)n, b, (int)n,
                0.0, c, (int)n);
}

enum sterna_status sterna_codebook_fit_new(struct sterna_product_code *code, const float *weights,
                                           const struct sterna_moments *moments,
                                           struct sterna_codebook_fit *fit, struct sterna_error *error)
{
    const size_t n = code->elements, P = code->groups * n, rows = code->rows;
    struct sterna_codebook_fit fresh = {.code = code, .padded = P};
    fresh.gram =
        sterna_buffer_new(P * P + 4 * rows * P + code->groups * (code->words + rows), sizeof(double));
    fresh.group = calloc(code->groups, sizeof *fresh.group);
    double *cross = sterna_buffer_new(P * P, sizeof *cross);
    if (!fresh.gram || !fresh.group || !cross) {
        sterna_codebook_fit_free(&fresh);
        free(cross);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory to fit %zu x %zu weights", rows,
                           code->cols);
    }
    fresh.target = fresh.gram + P * P;
    fresh.right = fresh.target + rows * P;
    fresh.value = fresh.right + rows * P;
    fresh.rest = fresh.value + rows * P;
    fresh.norm = fresh.rest + rows * P;
    fresh.lack = fresh.norm + code->groups * code->words;
    arrange(code, P, moments->gram, fresh.gram);
    arrange(code, P, moments->cross, cross);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < P; i++)
            if (code->column[i] < code->cols)
                fresh.target[r * P + i] = (double)weights[r * code->cols + code->column[i]];
    multiply(rows, P, fresh.target, cross, fresh.right);
    free(cross);
    *fit = fresh;
    return STERNA_OK;
}

void sterna_codebook_fit_free(struct sterna_codebook_fit *fit)
{
    free(fit->gram);
    free(fit->group);
    memset(fit, 0, sizeof *fit);
}

/* ---- the start ---- */

/* The sub-vectors of a book's groups to k-means, and what it says back to the code. */
static enum sterna_status start_book(struct sterna_codebook_fit *fit, size_t book, double *point,
                                     uint16_t *name, int8_t *sign, uint64_t seed, struct sterna_error *error)
{
    struct sterna_product_code *code = fit->code;
    const size_t n = code->elements;
    double *weight = point + code->rows * code->groups * n;
    size_t count = 0;
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            if (code->book[g] != book)
                continue;
            for (size_t j = 0; j < n; j++)
                point[count * n + j] = fit->target[r * fit->padded + g * n + j] / code->scale[r];
            weight[count++] = code->scale[r] * code->scale[r];
        }
    const struct sterna_kmeans problem = {.count = count,
                                          .size = n,
                                          .centers = code->words,
                                          .symmetric = code->shared,
                                          .rounds = KMEANS_ROUNDS,
                                          .seed = seed + book};
    enum sterna_status status =
        sterna_kmeans(&problem, point, weight, sterna_product_code_word(code, book, 0), name, sign, error);
    for (size_t r = 0, i = 0; status == STERNA_OK && r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++)
            if (code->book[g] == book) {
                code->name[sterna_product_code_place(code, r, g)] = name[i];
                code->sign[sterna_product_code_place(code, r, g)] = sign[i++];
            }
    return status;
}

enum sterna_status sterna_codebook_fit_start(struct sterna_codebook_fit *fit, uint64_t seed,
                                             struct sterna_error *error)
{
    struct sterna_product_code *code = fit->code;
    const size_t names = code->rows * code->groups;
    double *point = malloc(names * (code->elements + 1) * sizeof *point);
    uint16_t *name = malloc(names * sizeof *name);
    int8_t *sign = malloc(names);
    enum sterna_status status = STERNA_OK;
    if (!point || !name || !sign)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu sub-vectors", names);
    for (size_t r = 0; r < code->rows && code->shared; r++) {
        const double norm = cblas_dnrm2((int)fit->padded, fit->target + r * fit->padded, 1);
        code->scale[r] = norm > 0 ? norm / sqrt((double)code->cols) : 1.0;
    }
    for (size_t book = 0; book < code->books && status == STERNA_OK; book++)
        status = start_book(fit, book, point, name, sign, seed, error);
    free(point);
    free(name);
    free(sign);
    if (status == STERNA_OK)
        sterna_codebook_fit_refresh(fit);
    return status;
}

/* ---- the state ---- */

void sterna_codebook_fit_refresh(struct sterna_codebook_fit *fit)
{
    const struct sterna_product_code *code = fit->code;
    const size_t P = fit->padded, n = code->elements;
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = sterna_product_code_place(code, r, g);
            const double *word = sterna_product_code_word(code, code->book[g], code->name[at]),
                         factor = code->scale[r] * code->sign[at];
            for (size_t j = 0; j < n; j++)
                fit->value[r * P + g * n + j] = factor * word[j];
        }
    multiply(code->rows, P, fit->value, fit->gram, fit->rest);
    for (size_t i = 0; i < code->rows * P; i++)
        fit->rest[i] = fit->right[i] - fit->rest[i];
}

double sterna_codebook_fit_error(const struct sterna_codebook_fit *fit)
{
    double sum = 0; /* v' gram v - 2 v' right, gram v being right - rest */
    for (size_t i = 0; i < fit->code->rows * fit->padded; i++)
        sum -= fit->value[i] * (fit->right[i] + fit->rest[i]);
    return sum;
}

void sterna_codebook_fit_change(const struct sterna_codebook_fit *fit, size_t row, size_t group,
                                const double *by)
{
    const size_t P = fit->padded, n = fit->code->elements;
    for (size_t j = 0; j < n; j++) {
        if (by[j] == 0.0)
            continue;
        fit->value[row * P + group * n + j] += by[j];
        cblas_daxpy((int)P, -by[j], fit->gram + (group * n + j) * P, 1, fit->rest + row * P, 1);
    }
}

void sterna_codebook_fit_apply(const struct sterna_codebook_fit *fit, size_t group, const double *x,
                               double *y)
{
    const size_t n = fit->code->elements;
    for (size_t i = 0; i < n; i++)
        y[i] = sterna_codebook_dot(n, fit->gram + (group * n + i) * fit->padded + group * n, x);
}

/* ---- names ---- */

static void measure_words(const struct sterna_codebook_fit *fit)
{
    const struct sterna_product_code *code = fit->code;
    double applied[ELEMENTS_MAX];
    for (size_t g = 0; g < code->groups; g++)
        for (size_t k = 0; k < code->words; k++) {
            const double *word = sterna_product_code_word(code, code->book[g], k);
            sterna_codebook_fit_apply(fit, g, word, applied);
            fit->norm[g * code->words + k] = sterna_codebook_dot(code->elements, word, applied);
        }
}

static void name_group(const struct sterna_codebook_fit *fit, size_t row, size_t group)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements, at = sterna_product_code_place(code, row, group), K = code->words;
    const double scale = code->scale[row], *value = fit->value + row * fit->padded + group * n;
    const double *norm = fit->norm + group * K;
    double aim[ELEMENTS_MAX], by[ELEMENTS_MAX];
    sterna_codebook_fit_apply(fit, group, value, aim);
    for (size_t j = 0; j < n; j++)
        aim[j] += fit->rest[row * fit->padded + group * n + j];
    const double *word = sterna_product_code_word(code, code->book[group], 0);
    const size_t now = code->name[at];
    size_t best = now;
    double least = scale * norm[now] - 2 * code->sign[at] * sterna_codebook_dot(n, word + now * n, aim);
    int8_t sign = code->sign[at];
    for (size_t k = 0; k < K; k++) {
        const double along = sterna_codebook_dot(n, word + k * n, aim);
        const double error = scale * norm[k] - 2 * (code->shared ? fabs(along) : along);
        if (error < least) {
            least = error;
            best = k;
            sign = (int8_t)(code->shared && along < 0 ? -1 : 1);
        }
    }
    if (best == now && sign == code->sign[at])
        return;
    for (size_t j = 0; j < n; j++)
        by[j] = scale * sign * word[best * n + j] - value[j];
    code->name[at] = (uint16_t)best;
    code->sign[at] = sign;
    sterna_codebook_fit_change(fit, row, group, by);
}

void sterna_codebook_fit_names(struct sterna_codebook_fit *fit)
{
    measure_words(fit);
    for (size_t r = 0; r < fit->code->rows; r++)
        for (size_t g = 0; g < fit->code->groups; g++)
            name_group(fit, r, g);
}

/* ---- scales ---- */

void sterna_codebook_fit_scales(struct sterna_codebook_fit *fit)
{
    const size_t P = fit->padded;
    for (size_t r = 0; r < fit->code->rows && fit->code->shared; r++) {
        double *value = fit->value + r * P, *rest = fit->rest + r * P, *right = fit->right + r * P;
        const double along = sterna_codebook_dot(P, value, right),
                     norm = along - sterna_codebook_dot(P, value, rest); /* v' gram v */
        if (!(along > 0 && norm > 0))
            continue;
        const double factor = along / norm;
        fit->code->scale[r] *= factor;
        for (size_t i = 0; i < P; i++) {
            value[i] *= factor;
            rest[i] = right[i] - factor * (right[i] - rest[i]);
        }
    }
}
