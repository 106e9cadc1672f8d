#include "predict.h"

#include "loss.h"

double sterna_predict(const struct sterna_network *network, struct sterna_window *window, const uint8_t *text,
                      size_t count, size_t stride, float *carry)
{
    const size_t B = window->batch;
    double nats = 0.0;

    for (size_t done = 0; done < count;) {
        size_t steps = count - done < window->steps ? count - done : window->steps;
        for (size_t t = 0; t < steps; t++) {
            for (size_t b = 0; b < B; b++) {
                const uint8_t *at = text + b * stride + done + t;
                window->symbol[t * B + b] = at[0];
                window->target[t * B + b] = at[1];
            }
        }
        sterna_window_forward(network, window, steps, carry, B * window->hidden);
        nats += sterna_loss(steps * B, window->outputs, window->logits, window->target);
        done += steps;
    }
    return nats;
}
