#include "loss.h"

#include <math.h>

#include "activation.h"

/* Sums are kept in LANES parts, in a fixed order: the compiler may not reorder a sum of floats itself. */
enum { LANES = 8, BLOCK = 64 };

/* The bits of x as an integer that orders as the floats do: gcc makes vector code of its maximum, not of
 * theirs. A NaN may be above or below all; it reaches the sum in any case. */
static int32_t order_of(float x)
{
    const int32_t bits = (int32_t)sterna_float_bits(x);
    return bits ^ (bits >> 31 & INT32_MAX);
}

static float largest(size_t outputs, const float *row)
{
    int32_t top = order_of(row[0]);
    for (size_t o = 1; o < outputs; o++) {
        const int32_t order = order_of(row[o]);
        top = order > top ? order : top;
    }
    return sterna_bits_float((uint32_t)(top ^ (top >> 31 & INT32_MAX)));
}

/* to = e^(row - top), which may be the row itself; returns their sum. */
static float exponentials(size_t count, const float *row, float top, float *to)
{
    float part[LANES] = {0}, sum = 0.0f;
    size_t o = 0;

    for (size_t i = 0; i < count; i++)
        to[i] = sterna_exp(row[i] - top);
    for (; o + LANES <= count; o += LANES) {
        for (size_t lane = 0; lane < LANES; lane++)
            part[lane] += to[o + lane];
    }
    for (; o < count; o++)
        sum += to[o];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += part[lane];
    return sum;
}

double sterna_loss(size_t rows, size_t outputs, const float *logits, const uint8_t *target)
{
    float block[BLOCK];
    double sum = 0.0;

    for (size_t i = 0; i < rows; i++) {
        const float *row = logits + i * outputs, top = largest(outputs, row);
        double total = 0.0;
        for (size_t o = 0; o < outputs; o += BLOCK)
            total += (double)exponentials(outputs - o < BLOCK ? outputs - o : BLOCK, row + o, top, block);
        sum += log(total) - (double)(row[target[i]] - top);
    }
    return sum;
}

double sterna_loss_gradient(size_t rows, size_t outputs, float *logits, const uint8_t *target, float factor)
{
    double sum = 0.0;

    for (size_t i = 0; i < rows; i++) {
        float *row = logits + i * outputs, top = largest(outputs, row);
        const float wanted = row[target[i]] - top, total = exponentials(outputs, row, top, row);
        const float scale = factor / total;
        for (size_t o = 0; o < outputs; o++)
            row[o] *= scale;
        row[target[i]] -= factor;
        sum += log((double)total) - (double)wanted;
    }
    return sum;
}

size_t sterna_loss_best(size_t outputs, const float *logits)
{
    size_t best = 0;
    for (size_t o = 1; o < outputs; o++)
        best = logits[o] > logits[best] ? o : best;
    return best;
}

size_t sterna_loss_correct(size_t rows, size_t outputs, const float *logits, const uint8_t *target)
{
    size_t correct = 0;
    for (size_t i = 0; i < rows; i++)
        correct += sterna_loss_best(outputs, logits + i * outputs) == target[i];
    return correct;
}

double sterna_loss_bits(double nats)
{
    return nats / 0.69314718055994530942;
}
