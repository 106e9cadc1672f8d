#include "weight.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { SCALE_M_MAX = 255, SCALE_S_MAX = 31 };

enum sterna_status sterna_weight_new(size_t rows, size_t cols, size_t blocks,
                                     const struct sterna_quantizer *quantizer, const struct sterna_grid *grid,
                                     const struct sterna_normalizer *normalizer, struct sterna_weight *weight,
                                     struct sterna_error *error)
{
    assert(blocks > 0 && rows % blocks == 0 && cols > 0);
    struct sterna_weight fresh = {
        .rows = rows,
        .cols = cols,
        .blocks = blocks,
        .quantizer = quantizer,
        .normalizer = normalizer,
        .grid = *grid,
        .level = sterna_buffer_new(rows * cols, sizeof(float)),
        .row = sterna_buffer_new(rows, sizeof(float)),
        .value = sterna_buffer_new(rows * cols, sizeof(float)),
        .scale = sterna_buffer_new(rows, sizeof(float)),
        .code = sterna_buffer_new(rows * cols, sizeof(int8_t)),
        .scale_m = sterna_buffer_new(rows, sizeof(int32_t)),
        .scale_s = sterna_buffer_new(rows, sizeof(int32_t)),
    };
    if (!fresh.level || !fresh.row || !fresh.value || !fresh.scale || !fresh.code || !fresh.scale_m ||
        !fresh.scale_s) {
        sterna_weight_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a matrix of %zu x %zu", rows, cols);
    }
    *weight = fresh;
    return STERNA_OK;
}

void sterna_weight_free(struct sterna_weight *weight)
{
    free(weight->level);
    free(weight->row);
    free(weight->value);
    free(weight->scale);
    free(weight->code);
    free(weight->scale_m);
    free(weight->scale_s);
    memset(weight, 0, sizeof *weight);
}

static bool has_codes(const struct sterna_weight *weight)
{
    return weight->quantizer->format(&weight->grid) != STERNA_FORMATS;
}

/* count weights from place first on. The random numbers are those of the places in the whole matrix. */
static float quantize(const struct sterna_weight *weight, size_t first, size_t count,
                      const struct sterna_preparation *preparation, const float *master)
{
    const struct sterna_quantizer *by = weight->quantizer;
    const float *w = master + first;
    float *level = weight->level + first;

    if (preparation->integer && by->deploy)
        return by->deploy(w, count, &weight->grid, level);
    if (preparation->draw && by->sample)
        return by->sample(w, count, &weight->grid, preparation->draw, first, level);
    return by->round(w, count, &weight->grid, level);
}

static void quantize_block(struct sterna_weight *weight, size_t block,
                           const struct sterna_preparation *preparation, const float *master)
{
    const size_t rows = weight->rows / weight->blocks, cols = weight->cols, first = block * rows;
    const size_t step = weight->quantizer->by_row ? 1 : rows;

    for (size_t r = first; r < first + rows; r += step) {
        const float scale = quantize(weight, r * cols, step * cols, preparation, master);
        for (size_t i = 0; i < step; i++)
            weight->scale[r + i] = scale;
    }
}

static void code_row(const float *level, size_t n, int8_t *code)
{
    for (size_t i = 0; i < n; i++)
        code[i] = (int8_t)level[i];
}

void sterna_weight_round_scale(float value, int32_t *m, int32_t *s)
{
    const double magnitude = fabs((double)value);
    int exponent = 0;

    *m = 0;
    *s = 0;
    if (!(magnitude > 0.0))
        return;
    (void)frexp(magnitude, &exponent); /* magnitude = f * 2^exponent, f in [0.5, 1): m = f * 2^8 */
    int shift = 8 - exponent;
    shift = shift < 0 ? 0 : shift > SCALE_S_MAX ? SCALE_S_MAX : shift;
    double rounded = round(ldexp(magnitude, shift));
    if (rounded > SCALE_M_MAX && shift > 0)
        rounded = round(ldexp(magnitude, --shift));
    if (rounded > SCALE_M_MAX)
        rounded = SCALE_M_MAX;
    *m = value < 0.0f ? -(int32_t)rounded : (int32_t)rounded;
    *s = shift;
}

void sterna_weight_prepare(struct sterna_weight *weight, size_t block,
                           const struct sterna_preparation *preparation, float one, const float *master,
                           const float *gain)
{
    const size_t rows = weight->rows / weight->blocks, cols = weight->cols;
    const bool integer = preparation->integer && has_codes(weight);

    quantize_block(weight, block, preparation, master);
    for (size_t r = block * rows; r < (block + 1) * rows; r++) {
        weight->row[r] =
            weight->normalizer->row(weight->level + r * cols, cols, weight->scale[r], gain ? gain[r] : 1.0f);
        if (!integer)
            continue;
        code_row(weight->level + r * cols, cols, weight->code + r * cols);
        sterna_weight_round_scale(weight->row[r] * 2048.0f / one, &weight->scale_m[r], &weight->scale_s[r]);
        weight->row[r] = ldexpf((float)weight->scale_m[r], -weight->scale_s[r]) * one / 2048.0f;
    }
    sterna_weight_expand(weight, block);
}

void sterna_weight_expand(struct sterna_weight *weight, size_t block)
{
    const size_t rows = weight->rows / weight->blocks, cols = weight->cols;

    for (size_t r = block * rows; r < (block + 1) * rows; r++) {
        const float row = weight->row[r], *level = weight->level + r * cols;
        float *value = weight->value + r * cols;
        for (size_t c = 0; c < cols; c++)
            value[c] = row * level[c];
    }
}

void sterna_weight_backward(const struct sterna_weight *weight, size_t block, const float *gain,
                            float *gradient, float *gain_gradient)
{
    const size_t rows = weight->rows / weight->blocks, cols = weight->cols;

    for (size_t r = block * rows; weight->normalizer->backward && r < (block + 1) * rows; r++) {
        float along = weight->normalizer->backward(weight->level + r * cols, cols, weight->scale[r],
                                                   gain ? gain[r] : 1.0f, gradient + r * cols);
        if (gain_gradient)
            gain_gradient[r] = along;
    }
}
