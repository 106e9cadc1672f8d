/* The gated recurrent unit, reset-after form (PyTorch, cuDNN), gates r, z, n:
 *
 *   r = sigmoid(x_r + h_r),  z = sigmoid(x_z + h_z),  n = tanh(x_n + r * h_n),  h' = n + z * (h - n)
 *
 * x_* = W_ih x + b_ih and h_* = W_hh h + b_hh; b_hh of r and z is added to x_* (the sum is the same). A step saves
 * [r | z | h_n | n]; backward overwrites it with the gradients [r | z | h_n | x_n] of the pre-activations. */
#include "activation.h"
#include "fixed_vector.h"

/* Each gate's row by a pointer of its own: so the compiler knows that they are apart. */
static void gates(size_t H, const float *restrict x, const float *restrict bias, float *restrict r_row,
                  float *restrict z_row, float *restrict hn_row, float *restrict n_row,
                  const float *restrict s, float *restrict s_next, float *restrict a_next)
{
    for (size_t u = 0; u < H; u++) {
        float r = sterna_sigmoid(x[u] + r_row[u]);
        float z = sterna_sigmoid(x[H + u] + z_row[u]);
        float hn = hn_row[u] + bias[u];
        float n = sterna_tanh(x[2 * H + u] + r * hn);
        float h = n + z * (s[u] - n);
        r_row[u] = r;
        z_row[u] = z;
        hn_row[u] = hn;
        n_row[u] = n;
        s_next[u] = h;
        a_next[u] = h;
    }
}

static void forward(size_t H, const float *x, const float *bias, const float *s, float *saved, float *s_next,
                    float *a_next)
{
    gates(H, x, bias, saved, saved + H, saved + 2 * H, saved + 3 * H, s, s_next, a_next);
}

static void fixed(size_t H, const struct sterna_fixed_row *row, const float *restrict state,
                  float *restrict saved, float *restrict s_next, float *restrict a_next)
{
    const int32_t *restrict x = row->x, *restrict sum = row->sum, *restrict m = row->m, *restrict s = row->s;
    const struct sterna_gate_tables *tables = row->tables;

    for (size_t u = 0; u < H; u++) {
        const size_t z_row = H + u, n_row = 2 * H + u;
        int32_t r_pre = sterna_vector_saturate(x[u] + sterna_vector_scale(sum[u], m[u], s[u]));
        int32_t z_pre =
            sterna_vector_saturate(x[z_row] + sterna_vector_scale(sum[z_row], m[z_row], s[z_row]));
        int32_t hn =
            sterna_vector_saturate(sterna_vector_scale(sum[n_row], m[n_row], s[n_row]) + row->bias[u]);
        int32_t r = sterna_vector_sigmoid(tables, r_pre), z = sterna_vector_sigmoid(tables, z_pre);
        int32_t n =
            sterna_vector_tanh(tables, sterna_vector_saturate(x[n_row] + sterna_vector_round(r * hn, 8)));
        int32_t h16 = (int32_t)(state[u] * 32768.0f);
        h16 = 256 * n + sterna_vector_round(z * (h16 - 256 * n), 8);
        saved[u] = (float)r * 0x1p-8f;
        saved[z_row] = (float)z * 0x1p-8f;
        saved[n_row] = (float)hn * 0x1p-11f;
        saved[3 * H + u] = (float)n * 0x1p-7f;
        s_next[u] = (float)h16 * 0x1p-15f;
        a_next[u] = (float)sterna_vector_clamp(sterna_vector_round(h16, 8), 127) * 0x1p-7f;
    }
}

static void backward(size_t H, const float *restrict s, const float *s_next, float *restrict saved,
                     float *restrict da, float *ds)
{
    (void)s_next, (void)ds;
    for (size_t u = 0; u < H; u++) {
        float r = saved[u], z = saved[H + u], hn = saved[2 * H + u], n = saved[3 * H + u], d = da[u];
        float dn = d * (1.0f - z) * (1.0f - n * n);
        saved[u] = dn * hn * r * (1.0f - r);
        saved[H + u] = d * (s[u] - n) * z * (1.0f - z);
        saved[2 * H + u] = dn * r;
        saved[3 * H + u] = dn;
        da[u] = d * z;
    }
}

static size_t input_gradient(size_t gate)
{
    return gate < 2 ? gate : 3;
}

const struct sterna_cell_type sterna_gru = {
    .name = "gru",
    .cell = STERNA_CELL_GRU,
    .gates = 3,
    .own_gates = 1,
    .saved = 4,
    .memory = true,
    .forward = forward,
    .fixed = fixed,
    .backward = backward,
    .input_gradient = input_gradient,
};
