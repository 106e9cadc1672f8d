/* Vanilla cells: h' = f(x + h) with f = tanh, ReLU, or the sign (binary activations, Courbariaux et al. 2016: the
 * gradient passes where |x + h| <= 1). There is no state beside the activation. A step saves the slope of f;
 * backward overwrites it with the gradient of the pre-activation. */
#include "activation.h"
#include "fixed_vector.h"

/* The pre-activation of a row. */
static inline int32_t pre_of(const struct sterna_fixed_row *row, size_t u)
{
    return sterna_vector_saturate(row->x[u] + sterna_vector_scale(row->sum[u], row->m[u], row->s[u]));
}

static void backward(size_t H, const float *s, const float *s_next, float *restrict saved, float *restrict da,
                     float *ds)
{
    (void)s, (void)s_next, (void)ds;
    for (size_t u = 0; u < H; u++) {
        saved[u] *= da[u];
        da[u] = 0.0f;
    }
}

/* ---- tanh ---- */

static void tanh_forward(size_t H, const float *restrict x, const float *bias, const float *s,
                         float *restrict saved, float *s_next, float *restrict a_next)
{
    (void)bias, (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        float h = sterna_tanh(x[u] + saved[u]);
        saved[u] = 1.0f - h * h;
        a_next[u] = h;
    }
}

static void tanh_fixed(size_t H, const struct sterna_fixed_row *row, const float *s, float *restrict saved,
                       float *s_next, float *restrict a_next)
{
    (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        float h = (float)sterna_vector_tanh(row->tables, pre_of(row, u)) * 0x1p-7f;
        saved[u] = 1.0f - h * h;
        a_next[u] = h;
    }
}

/* ---- ReLU: the device's h is 0 .. 127/32, and so is the float one's, lest training grow out of it ---- */

static const float RELU_TOP = 127.0f / 32.0f;

static void relu_forward(size_t H, const float *restrict x, const float *bias, const float *s,
                         float *restrict saved, float *s_next, float *restrict a_next)
{
    (void)bias, (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        float pre = x[u] + saved[u], h = pre > 0.0f ? pre : 0.0f;
        h = h > RELU_TOP ? RELU_TOP : h;
        saved[u] = h == pre ? 1.0f : 0.0f;
        a_next[u] = h;
    }
}

static void relu_fixed(size_t H, const struct sterna_fixed_row *row, const float *s, float *restrict saved,
                       float *s_next, float *restrict a_next)
{
    (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        int32_t pre = pre_of(row, u), positive = pre > 0 ? pre : 0;
        int32_t h = sterna_vector_round(positive, 6);
        saved[u] = pre > 0 && h <= 127 ? 1.0f : 0.0f;
        a_next[u] = (float)(h > 127 ? 127 : h) * 0x1p-5f;
    }
}

/* ---- sign ---- */

static void sign_forward(size_t H, const float *restrict x, const float *bias, const float *s,
                         float *restrict saved, float *s_next, float *restrict a_next)
{
    (void)bias, (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        float pre = x[u] + saved[u];
        saved[u] = pre <= 1.0f && pre >= -1.0f ? 1.0f : 0.0f;
        a_next[u] = pre >= 0.0f ? 1.0f : -1.0f;
    }
}

static void sign_fixed(size_t H, const struct sterna_fixed_row *row, const float *s, float *restrict saved,
                       float *s_next, float *restrict a_next)
{
    (void)s, (void)s_next;
    for (size_t u = 0; u < H; u++) {
        int32_t pre = pre_of(row, u);
        saved[u] = pre <= 2048 && pre >= -2048 ? 1.0f : 0.0f;
        a_next[u] = pre >= 0 ? 1.0f : -1.0f;
    }
}

#define VANILLA(the_name, the_cell, the_forward, the_fixed)                                                  \
    {                                                                                                        \
        .name = (the_name), .cell = (the_cell), .gates = 1, .saved = 1, .forward = (the_forward),            \
        .fixed = (the_fixed), .backward = backward, .input_gradient = sterna_cell_same_gradient,             \
    }

const struct sterna_cell_type sterna_rnn_tanh =
    VANILLA("rnn-tanh", STERNA_CELL_RNN_TANH, tanh_forward, tanh_fixed);
const struct sterna_cell_type sterna_rnn_relu =
    VANILLA("rnn-relu", STERNA_CELL_RNN_RELU, relu_forward, relu_fixed);
const struct sterna_cell_type sterna_rnn_sign =
    VANILLA("rnn-sign", STERNA_CELL_RNN_SIGN, sign_forward, sign_fixed);
