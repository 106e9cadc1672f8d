#include "loss.h"

#include <math.h>

#include "activation.h"

static float largest(size_t outputs, const float *row)
{
    float top = row[0];
    for (size_t o = 1; o < outputs; o++)
        top = row[o] > top ? row[o] : top;
    return top;
}

double sterna_loss(size_t rows, size_t outputs, const float *logits, const uint8_t *target)
{
    double sum = 0.0;

    for (size_t i = 0; i < rows; i++) {
        const float *row = logits + i * outputs, top = largest(outputs, row);
        double total = 0.0;
        for (size_t o = 0; o < outputs; o++)
            total += (double)sterna_exp(row[o] - top);
        sum += log(total) - (double)(row[target[i]] - top);
    }
    return sum;
}

double sterna_loss_gradient(size_t rows, size_t outputs, float *logits, const uint8_t *target, float factor)
{
    double sum = 0.0;

    for (size_t i = 0; i < rows; i++) {
        float *row = logits + i * outputs, top = largest(outputs, row), total = 0.0f;
        const float wanted = row[target[i]] - top;
        for (size_t o = 0; o < outputs; o++)
            row[o] = sterna_exp(row[o] - top);
        for (size_t o = 0; o < outputs; o++)
            total += row[o];
        for (size_t o = 0; o < outputs; o++)
            row[o] *= factor / total;
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
