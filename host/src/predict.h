/* predict.h - how well a network predicts a text, in float or integer as it was prepared. */
#ifndef STERNA_PREDICT_H
#define STERNA_PREDICT_H

#include "window.h"

/* Sum of -ln p over the window's B streams of `count` predictions each: stream b predicts text[b * stride + i
 * + 1] from the symbols up to text[b * stride + i], i < count. carry [layers, B, H] is the state before and
 * after. */
double sterna_predict(const struct sterna_network *network, struct sterna_window *window, const uint8_t *text,
                      size_t count, size_t stride, float *carry);

#endif
