/* The gated recurrent unit, reset-after form (PyTorch, cuDNN), gates r, z, n:
 *
 *   r = sigmoid(x_r + h_r),  z = sigmoid(x_z + h_z),  n = tanh(x_n + r * h_n),  h' = n + z * (h - n)
 *
 * x_* = W_ih x + b_ih and h_* = W_hh h + b_hh; b_hh of r and z is added to x_* (the sum is the same).
 * A step saves [r | z | h_n | n] per sequence; backward overwrites it with the gradients [r | z | h_n | x_n]
 * of the pre-activations. */
#include "activation.h"
#include "cell.h"
#include "product.h"

/* ---- forward ---- */

static void prepare(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh)
{
    const size_t H = layer->hidden, rows = 3 * H;

    if (layer->integer) {
        sterna_gru_fixed_prepare(layer, bias_ih, bias_hh);
        return;
    }
    for (size_t g = 0; g < rows; g++)
        layer->bias[g] = g < 2 * H ? bias_ih[g] + bias_hh[g] : bias_ih[g];
    for (size_t u = 0; u < H; u++)
        layer->bias[rows + u] = bias_hh[2 * H + u];
    sterna_product_transpose(rows, H, layer->hh.value, layer->h_matrix);
    sterna_product_transpose(rows, layer->inputs, layer->ih.value,
                             layer->one_hot ? layer->x_table : layer->x_matrix);
    for (size_t i = 0; layer->one_hot && i < layer->inputs; i++) {
        for (size_t g = 0; g < rows; g++)
            layer->x_table[i * rows + g] += layer->bias[g];
    }
}

/* One sequence, one step. saved: in the products h_*, out [r | z | h_n | n]. */
static void unit_row(size_t H, const float *restrict x, const float *restrict bias_hn,
                     const float *restrict h, float *restrict saved, float *restrict next)
{
    for (size_t u = 0; u < H; u++) {
        float r = sterna_sigmoid(x[u] + saved[u]);
        float z = sterna_sigmoid(x[H + u] + saved[H + u]);
        float hn = saved[2 * H + u] + bias_hn[u];
        float n = sterna_tanh(x[2 * H + u] + r * hn);
        saved[u] = r;
        saved[H + u] = z;
        saved[2 * H + u] = hn;
        saved[3 * H + u] = n;
        next[u] = n + z * (h[u] - n);
    }
}

/* The dense input's terms of all steps in one product. */
static void dense_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t rows = 3 * layer->hidden, count = track->steps * track->batch;

    sterna_product(count, rows, layer->inputs, track->input, layer->inputs, layer->x_matrix, rows, false,
                   track->terms, rows);
    for (size_t i = 0; i < count; i++) {
        for (size_t g = 0; g < rows; g++)
            track->terms[i * rows + g] += layer->bias[g];
    }
}

static void forward(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t H = layer->hidden, B = track->batch;

    if (layer->integer) {
        sterna_gru_fixed_forward(layer, track);
        return;
    }
    if (!layer->one_hot)
        dense_terms(layer, track);
    for (size_t t = 0; t < track->steps; t++) {
        const float *h = track->h + t * B * H;
        float *saved = track->saved + t * B * 4 * H, *next = track->h + (t + 1) * B * H;
        sterna_product(B, 3 * H, H, h, H, layer->h_matrix, 3 * H, false, saved, 4 * H);
        for (size_t b = 0; b < B; b++) {
            size_t i = t * B + b;
            const float *x =
                layer->one_hot ? layer->x_table + track->symbol[i] * 3 * H : track->terms + i * 3 * H;
            unit_row(H, x, layer->bias + 3 * H, h + b * H, saved + b * 4 * H, next + b * H);
        }
    }
}

/* ---- backward ---- */

/* One sequence, one step. dh: dL/dh' in, the part of dL/dh that does not go through the matrix out. */
static void unit_row_backward(size_t H, const float *restrict h, float *restrict saved,
                              const float *restrict above, float *restrict dh)
{
    for (size_t u = 0; u < H; u++) {
        float r = saved[u], z = saved[H + u], hn = saved[2 * H + u], n = saved[3 * H + u];
        float d = dh[u] + above[u];
        float dn = d * (1.0f - z) * (1.0f - n * n);
        saved[u] = dn * hn * r * (1.0f - r);
        saved[H + u] = d * (h[u] - n) * z * (1.0f - z);
        saved[2 * H + u] = dn * r;
        saved[3 * H + u] = dn;
        dh[u] = d * z;
    }
}

/* Add one step's gradient to the row of its symbol: r and z lie together, n is the last quarter of saved. */
static void add_symbol(size_t H, const float *restrict saved, float *restrict row)
{
    for (size_t g = 0; g < 2 * H; g++)
        row[g] += saved[g];
    for (size_t u = 0; u < H; u++)
        row[2 * H + u] += saved[3 * H + u];
}

/* dL/dW_ih and dL/dinput of a dense layer, all steps at once; gates r, z and gate n are apart in saved. */
static void dense_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                           const struct sterna_cell_gradient *gradient)
{
    const size_t H = layer->hidden, I = layer->inputs, count = track->steps * track->batch;
    const float *rz = track->saved, *n = track->saved + 3 * H;

    sterna_product_outer(2 * H, I, count, rz, 4 * H, track->input, I, gradient->ih, I);
    sterna_product_outer(H, I, count, n, 4 * H, track->input, I, gradient->ih + 2 * H * I, I);
    if (!gradient->input)
        return;
    sterna_product(count, I, 2 * H, rz, 4 * H, layer->ih.value, I, false, gradient->input, I);
    sterna_product(count, I, H, n, 4 * H, layer->ih.value + 2 * H * I, I, true, gradient->input, I);
}

/* All that needs the pre-activations' gradients of the whole window. */
static void weights_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                             const struct sterna_cell_gradient *gradient)
{
    const size_t H = layer->hidden, count = track->steps * track->batch;

    sterna_product_outer(3 * H, H, count, track->saved, 4 * H, track->a, H, gradient->hh, H);
    sterna_product_add_rows(count, 3 * H, track->saved, 4 * H, gradient->bias_hh);
    for (size_t g = 0; g < 2 * H; g++)
        gradient->bias_ih[g] += gradient->bias_hh[g];
    sterna_product_add_rows(count, H, track->saved + 3 * H, 4 * H, gradient->bias_ih + 2 * H);
    if (layer->one_hot) {
        for (size_t i = 0; i < count; i++)
            add_symbol(H, track->saved + i * 4 * H, gradient->ih + track->symbol[i] * 3 * H);
    } else {
        dense_backward(layer, track, gradient);
    }
}

static void backward(const struct sterna_recurrent *layer, const struct sterna_track *track, float *dh,
                     const struct sterna_cell_gradient *gradient)
{
    const size_t H = layer->hidden, B = track->batch;
    float *back = gradient->dh;

    for (size_t i = 0; i < B * H; i++)
        back[i] = 0.0f;
    for (size_t t = track->steps; t-- > 0;) {
        float *saved = track->saved + t * B * 4 * H;
        for (size_t b = 0; b < B; b++)
            unit_row_backward(H, track->h + (t * B + b) * H, saved + b * 4 * H, dh + (t * B + b) * H,
                              back + b * H);
        if (t > 0)
            sterna_product(B, H, 3 * H, saved, 4 * H, layer->hh.value, H, true, back, H);
    }
    weights_backward(layer, track, gradient);
}

const struct sterna_cell_type sterna_gru = {
    .name = "gru",
    .cell = STERNA_CELL_GRU,
    .gates = 3,
    .biases = 4,
    .saved = 4,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
