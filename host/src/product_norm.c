#include "product_norm.h"

#include <math.h>
#include <string.h>

static const float EPSILON = 1e-5f;

enum sterna_normalizer_kind sterna_product_norm_of(const struct sterna_normalizer *normalizer)
{
    return normalizer->kind == STERNA_NORMALIZE_ROWS ? STERNA_NORMALIZE_NONE : normalizer->kind;
}

float sterna_product_norm_inverse(float variance)
{
    return 1.0f / sqrtf(variance + EPSILON);
}

/* ---- layer ---- */

/* Mean and variance of a row, in two passes. */
static void moments(const float *p, size_t n, float *mean, float *variance)
{
    float sum = 0.0f, square = 0.0f;

    for (size_t i = 0; i < n; i++)
        sum += p[i];
    *mean = sum / (float)n;
    for (size_t i = 0; i < n; i++) {
        float away = p[i] - *mean;
        square += away * away;
    }
    *variance = square / (float)n;
}

void sterna_layer_norm_start(struct sterna_product_trace *trace)
{
    trace->sum[0] = trace->sum[1] = trace->count = 0.0;
}

void sterna_layer_norm_step(size_t count, size_t rows, const float *gain, float *p, size_t ldp, float *normal,
                            float *inverse, struct sterna_product_trace *trace)
{
    for (size_t b = 0; b < count; b++) {
        float *row = p + b * ldp, *hat = normal + b * rows, mean = 0.0f, variance = 0.0f;
        moments(row, rows, &mean, &variance);
        const float factor = sterna_product_norm_inverse(variance);
        for (size_t r = 0; r < rows; r++) {
            hat[r] = (row[r] - mean) * factor;
            row[r] = gain[r] * hat[r];
        }
        inverse[b] = factor;
        trace->sum[0] += (double)mean;
        trace->sum[1] += (double)variance;
    }
    trace->count += (double)count;
}

void sterna_layer_norm_finish(size_t rows, struct sterna_product_trace *trace)
{
    for (size_t r = 0; r < rows; r++) {
        trace->mean[r] = (float)(trace->sum[0] / trace->count);
        trace->variance[r] = (float)(trace->sum[1] / trace->count);
    }
}

/* With dn = gain dy: dL/dp = inverse (dn - mean(dn) - normal mean(dn normal)). */
void sterna_layer_norm_step_backward(size_t count, size_t rows, const float *gain, const float *dy,
                                     size_t ldy, const float *inverse, float *normal, float *gain_gradient)
{
    for (size_t b = 0; b < count; b++) {
        const float *d = dy + b * ldy;
        float *hat = normal + b * rows, sum = 0.0f, along = 0.0f;
        for (size_t r = 0; r < rows; r++) {
            gain_gradient[r] += d[r] * hat[r];
            sum += gain[r] * d[r];
            along += gain[r] * d[r] * hat[r];
        }
        sum /= (float)rows;
        along /= (float)rows;
        for (size_t r = 0; r < rows; r++)
            hat[r] = inverse[b] * (gain[r] * d[r] - sum - hat[r] * along);
    }
}

/* ---- batch ---- */

static double measure(size_t steps, size_t batch, const size_t *active, size_t rows, const float *p,
                      struct sterna_product_trace *trace)
{
    double count = 0.0;

    memset(trace->mean, 0, rows * sizeof *trace->mean);
    memset(trace->variance, 0, rows * sizeof *trace->variance);
    for (size_t t = 0; t < steps; t++) {
        count += (double)active[t];
        for (size_t b = 0; b < active[t]; b++)
            for (size_t r = 0; r < rows; r++)
                trace->mean[r] += p[(t * batch + b) * rows + r];
    }
    for (size_t r = 0; r < rows; r++)
        trace->mean[r] /= (float)count;
    for (size_t t = 0; t < steps; t++) {
        for (size_t b = 0; b < active[t]; b++) {
            for (size_t r = 0; r < rows; r++) {
                float away = p[(t * batch + b) * rows + r] - trace->mean[r];
                trace->variance[r] += away * away;
            }
        }
    }
    for (size_t r = 0; r < rows; r++)
        trace->variance[r] /= (float)count;
    return count;
}

void sterna_batch_norm(size_t steps, size_t batch, const size_t *active, size_t rows,
                       const struct sterna_product_scale *by, struct sterna_product_trace *trace)
{
    const float *mean = by ? by->mean : trace->mean, *variance = by ? by->variance : trace->variance;

    if (!by)
        trace->count = measure(steps, batch, active, rows, trace->normal, trace);
    for (size_t r = 0; r < rows; r++)
        trace->inverse[r] = sterna_product_norm_inverse(variance[r]);
    for (size_t t = 0; t < steps; t++) {
        for (size_t b = 0; b < active[t]; b++) {
            float *row = trace->normal + (t * batch + b) * rows;
            for (size_t r = 0; r < rows; r++)
                row[r] = (row[r] - mean[r]) * trace->inverse[r];
        }
    }
}

/* As for layer, the means being over steps and sequences: they stand in mean (of dn) and variance (of dn normal). */
void sterna_batch_norm_backward(size_t steps, size_t batch, const size_t *active, size_t rows,
                                const float *gain, const float *dy, struct sterna_product_trace *trace,
                                float *gain_gradient)
{
    const float share = 1.0f / (float)trace->count;
    float *restrict sum = trace->mean, *restrict along = trace->variance;

    memset(sum, 0, rows * sizeof *sum);
    memset(along, 0, rows * sizeof *along);
    for (size_t t = 0; t < steps; t++) {
        for (size_t i = t * batch * rows; i < (t * batch + active[t]) * rows; i += rows) {
            for (size_t r = 0; r < rows; r++) {
                sum[r] += dy[i + r];
                along[r] += dy[i + r] * trace->normal[i + r];
            }
        }
    }
    for (size_t r = 0; r < rows; r++) {
        gain_gradient[r] += along[r];
        sum[r] *= share;
        along[r] *= share;
    }
    for (size_t t = 0; t < steps; t++) {
        for (size_t i = t * batch * rows; i < (t * batch + active[t]) * rows; i += rows) {
            float *restrict normal = trace->normal + i;
            for (size_t r = 0; r < rows; r++)
                normal[r] = gain[r] * trace->inverse[r] * (dy[i + r] - sum[r] - normal[r] * along[r]);
        }
    }
}

/* ---- as constants of a row ---- */

static float frozen_row(const float *level, size_t n, float scale, float gain)
{
    (void)level, (void)n;
    return scale * gain;
}

static float frozen_backward(const float *level, size_t n, float scale, float gain, float *gradient)
{
    float along = 0.0f;

    for (size_t i = 0; i < n; i++) {
        along += gradient[i] * scale * level[i];
        gradient[i] *= gain;
    }
    return along;
}

const struct sterna_normalizer sterna_normalizer_frozen = {.name = "frozen",
                                                           .kind = STERNA_NORMALIZE_ROWS,
                                                           .gain = true,
                                                           .row = frozen_row,
                                                           .backward = frozen_backward};
