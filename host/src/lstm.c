/* Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate), gates i, f, g, o:
 *
 *   i, f, o = sigmoid(x + h),  g = tanh(x_g + h_g),  c' = f c + i g,  h' = o tanh(c')
 *
 * The state s is c, the activation a is h. A step saves [i | f | g | o | tanh c']; backward overwrites the first
 * four with the gradients of the pre-activations. */
#include "activation.h"
#include "fixed_vector.h"

/* Each gate's row by a pointer of its own: so the compiler knows that they are apart. */
static void gates(size_t H, const float *restrict x, float *restrict i_row, float *restrict f_row,
                  float *restrict g_row, float *restrict o_row, float *restrict t_row,
                  const float *restrict s, float *restrict s_next, float *restrict a_next)
{
    for (size_t u = 0; u < H; u++) {
        float i = sterna_sigmoid(x[u] + i_row[u]);
        float f = sterna_sigmoid(x[H + u] + f_row[u]);
        float g = sterna_tanh(x[2 * H + u] + g_row[u]);
        float o = sterna_sigmoid(x[3 * H + u] + o_row[u]);
        float c = f * s[u] + i * g;
        float t = sterna_tanh(c);
        i_row[u] = i;
        f_row[u] = f;
        g_row[u] = g;
        o_row[u] = o;
        t_row[u] = t;
        s_next[u] = c;
        a_next[u] = o * t;
    }
}

static void forward(size_t H, const float *x, const float *bias, const float *s, float *saved, float *s_next,
                    float *a_next)
{
    (void)bias;
    gates(H, x, saved, saved + H, saved + 2 * H, saved + 3 * H, saved + 4 * H, s, s_next, a_next);
}

/* The pre-activation of one row. */
static inline int32_t pre(const struct sterna_fixed_row *row, size_t r)
{
    return sterna_vector_saturate(row->x[r] + sterna_vector_scale(row->sum[r], row->m[r], row->s[r]));
}

static void fixed(size_t H, const struct sterna_fixed_row *row, const float *restrict state,
                  float *restrict saved, float *restrict s_next, float *restrict a_next)
{
    const struct sterna_gate_tables *tables = row->tables;

    for (size_t u = 0; u < H; u++) {
        int32_t i = sterna_vector_sigmoid(tables, pre(row, u));
        int32_t f = sterna_vector_sigmoid(tables, pre(row, H + u));
        int32_t g = sterna_vector_tanh(tables, pre(row, 2 * H + u));
        int32_t o = sterna_vector_sigmoid(tables, pre(row, 3 * H + u));
        int32_t c = (int32_t)(state[u] * 2048.0f);
        c = sterna_vector_saturate(sterna_vector_round(f * c, 8) + sterna_vector_round(i * 16 * g, 8));
        int32_t t = sterna_vector_tanh(tables, c);
        saved[u] = (float)i * 0x1p-8f;
        saved[H + u] = (float)f * 0x1p-8f;
        saved[2 * H + u] = (float)g * 0x1p-7f;
        saved[3 * H + u] = (float)o * 0x1p-8f;
        saved[4 * H + u] = (float)t * 0x1p-7f;
        s_next[u] = (float)c * 0x1p-11f;
        a_next[u] = (float)sterna_vector_round(o * t, 8) * 0x1p-7f;
    }
}

static void backward(size_t H, const float *restrict s, const float *s_next, float *restrict saved,
                     float *restrict da, float *restrict ds)
{
    (void)s_next;
    for (size_t u = 0; u < H; u++) {
        float i = saved[u], f = saved[H + u], g = saved[2 * H + u], o = saved[3 * H + u];
        float t = saved[4 * H + u];
        float dc = ds[u] + da[u] * o * (1.0f - t * t);
        saved[u] = dc * g * i * (1.0f - i);
        saved[H + u] = dc * s[u] * f * (1.0f - f);
        saved[2 * H + u] = dc * i * (1.0f - g * g);
        saved[3 * H + u] = da[u] * t * o * (1.0f - o);
        ds[u] = dc * f;
        da[u] = 0.0f;
    }
}

const struct sterna_cell_type sterna_lstm = {
    .name = "lstm",
    .cell = STERNA_CELL_LSTM,
    .gates = 4,
    .saved = 5,
    .memory = true,
    .forget = 1.0f,
    .forward = forward,
    .fixed = fixed,
    .backward = backward,
    .input_gradient = sterna_cell_same_gradient,
};
