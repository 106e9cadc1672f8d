/* fast_gates.c - see fast_gates.h. Each stage is a loop of its own over all units: arithmetic, which compilers vectorise, and
 * lookups in tables, which they do not. The functions are compiled twice, without and with AVX2.
 *
 * fixed.h rounds half away from zero: to round half up after taking 1 from what is negative is the same, and needs no magnitude.
 */
#include "fast_gates.h"

#include "fixed.h"
#include "fixed_vector.h"

enum { H_MAX = 127, RELU_SHIFT = 6, SIGN_ONE = 64, SIGMOID_SHIFT = 5, TANH_SHIFT = 4 };

#define INLINE __attribute__((always_inline)) static inline

size_t sterna_fast_scratch(enum sterna_cell cell)
{
    return cell == STERNA_CELL_GRU ? 3 : cell == STERNA_CELL_LSTM ? 4 : 1;
}

static int32_t saturated(int32_t entry, int shift)
{
    return sterna_fixed_saturate((int64_t)entry * (1 << shift));
}

void sterna_fast_tables_fill(struct sterna_fast_tables *tables)
{
    for (int32_t i = -STERNA_FAST_TANHS; i <= STERNA_FAST_TANHS; i++)
        tables->tanh[STERNA_FAST_TANHS + i] = (int16_t)sterna_fixed_tanh(saturated(i, TANH_SHIFT));
    for (int32_t i = -STERNA_FAST_SIGMOIDS; i <= STERNA_FAST_SIGMOIDS; i++)
        tables->sigmoid[STERNA_FAST_SIGMOIDS + i] =
            (int16_t)sterna_fixed_sigmoid(saturated(i, SIGMOID_SHIFT));
}

/* round(value / 2^(less + 1)), half away from zero, for any value but the least */
INLINE int32_t rounded(int32_t value, int32_t less)
{
    return (((value - (value < 0)) >> less) + 1) >> 1;
}

/* Where a pre-activation's value stands in the table of a shift. */
INLINE int32_t entry(int32_t pre, int shift)
{
    return rounded(pre, shift - 1) + (shift == TANH_SHIFT ? STERNA_FAST_TANHS : STERNA_FAST_SIGMOIDS);
}

INLINE int32_t scaled(int32_t sum, int32_t m, int32_t less)
{
    return sterna_vector_saturate(rounded(sum * m, less));
}

/* pre [count] = x + h + b of the rows from `first` on; if shift is not 0 as a table's entries, which need no saturation. */
INLINE void add_terms(size_t first, size_t count, int shift, const struct sterna_fast_terms *x,
                      const struct sterna_fast_terms *h, const int16_t *restrict bias, int32_t *restrict pre)
{
    const int32_t *restrict x_sum = x->sum + first, *restrict h_sum = h->sum + first;
    const uint8_t *restrict x_m = x->m + first, *restrict x_less = x->less + first;
    const uint8_t *restrict h_m = h->m + first, *restrict h_less = h->less + first;
    for (size_t i = 0; i < count; i++) {
        const int32_t sum =
            scaled(x_sum[i], x_m[i], x_less[i]) + scaled(h_sum[i], h_m[i], h_less[i]) + bias[first + i];
        pre[i] = shift == 0 ? sterna_vector_saturate(sum) : entry(sum, shift);
    }
}

/* Entries to their values. */
INLINE void look_up(const int16_t *restrict table, size_t count, int32_t *restrict value)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        value[i] = table[value[i]];
}

/* n's entry, from r and the terms of both products. */
INLINE void gate_n(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                   const struct sterna_fast_terms *h, const int32_t *restrict r, int32_t *restrict n)
{
    const size_t H = gates->hidden, first = 2 * H;
    const int16_t *restrict x_bias = gates->bias + first, *restrict h_bias = gates->bias + 3 * H;
    const int32_t *restrict x_sum = x->sum + first, *restrict h_sum = h->sum + first;
    const uint8_t *restrict x_m = x->m + first, *restrict x_less = x->less + first;
    const uint8_t *restrict h_m = h->m + first, *restrict h_less = h->less + first;
    for (size_t u = 0; u < H; u++) {
        const int32_t pre_x = sterna_vector_saturate(scaled(x_sum[u], x_m[u], x_less[u]) + x_bias[u]);
        const int32_t pre_h = sterna_vector_saturate(scaled(h_sum[u], h_m[u], h_less[u]) + h_bias[u]);
        n[u] = entry(pre_x + rounded(r[u] * pre_h, 7), TANH_SHIFT);
    }
}

INLINE void finish_gru(size_t H, const int32_t *restrict z, const int32_t *restrict n,
                       int16_t *restrict state, int8_t *restrict activation)
{
    for (size_t u = 0; u < H; u++) {
        const int32_t next = 256 * n[u] + rounded(z[u] * (state[u] - 256 * n[u]), 7);
        state[u] = (int16_t)next;
        activation[u] = (int8_t)sterna_vector_clamp(rounded(next, 7), H_MAX);
    }
}

INLINE void run_gru(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                    const struct sterna_fast_terms *h, int16_t *state, int8_t *activation)
{
    const size_t H = gates->hidden;
    int32_t *r = gates->scratch, *z = r + H, *n = z + H;
    add_terms(0, 2 * H, SIGMOID_SHIFT, x, h, gates->bias, r);
    look_up(gates->tables->sigmoid, 2 * H, r);
    gate_n(gates, x, h, r, n);
    look_up(gates->tables->tanh, H, n);
    finish_gru(H, z, n, state, activation);
}

/* i becomes the entry of c'. */
INLINE void next_c(size_t H, int32_t *restrict i, const int32_t *restrict f, const int32_t *restrict g,
                   int16_t *restrict c)
{
    for (size_t u = 0; u < H; u++) {
        const int32_t kept = rounded(f[u] * c[u], 7);
        const int32_t added = rounded(i[u] * 16 * g[u], 7); /* 16 g is tanh in Q4.11 */
        const int32_t next = sterna_vector_saturate(kept + added);
        c[u] = (int16_t)next;
        i[u] = entry(next, TANH_SHIFT);
    }
}

INLINE void finish_lstm(size_t H, const int32_t *restrict o, const int32_t *restrict tanh_c,
                        int8_t *restrict activation)
{
    for (size_t u = 0; u < H; u++)
        activation[u] = (int8_t)rounded(o[u] * tanh_c[u], 7);
}

INLINE void run_lstm(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                     const struct sterna_fast_terms *h, int16_t *state, int8_t *activation)
{
    const size_t H = gates->hidden;
    int32_t *i = gates->scratch, *f = i + H, *g = f + H, *o = g + H;
    add_terms(0, 2 * H, SIGMOID_SHIFT, x, h, gates->bias, i);
    add_terms(2 * H, H, TANH_SHIFT, x, h, gates->bias, g);
    add_terms(3 * H, H, SIGMOID_SHIFT, x, h, gates->bias, o);
    look_up(gates->tables->sigmoid, 2 * H, i);
    look_up(gates->tables->tanh, H, g);
    look_up(gates->tables->sigmoid, H, o);
    next_c(H, i, f, g, state);
    look_up(gates->tables->tanh, H, i);
    finish_lstm(H, o, i, activation);
}

INLINE int32_t relu(int32_t pre)
{
    const int32_t value = rounded(pre > 0 ? pre : 0, RELU_SHIFT - 1);
    return value > H_MAX ? H_MAX : value;
}

INLINE void run_rnn(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                    const struct sterna_fast_terms *h, int8_t *restrict activation)
{
    const size_t H = gates->hidden;
    int32_t *restrict pre = gates->scratch;
    const bool tanh = gates->cell == STERNA_CELL_RNN_TANH, sign = gates->cell == STERNA_CELL_RNN_SIGN;
    add_terms(0, H, tanh ? TANH_SHIFT : 0, x, h, gates->bias, pre);
    if (tanh)
        look_up(gates->tables->tanh, H, pre);
    for (size_t u = 0; u < H; u++)
        activation[u] = (int8_t)(tanh ? pre[u] : sign ? (pre[u] >= 0 ? SIGN_ONE : -SIGN_ONE) : relu(pre[u]));
}

INLINE void run(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                const struct sterna_fast_terms *h, int16_t *state, int8_t *activation)
{
    if (gates->cell == STERNA_CELL_GRU)
        run_gru(gates, x, h, state, activation);
    else if (gates->cell == STERNA_CELL_LSTM)
        run_lstm(gates, x, h, state, activation);
    else
        run_rnn(gates, x, h, activation);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void run_avx2(const struct sterna_fast_gates *gates,
                                                     const struct sterna_fast_terms *x,
                                                     const struct sterna_fast_terms *h, int16_t *state,
                                                     int8_t *activation)
{
    run(gates, x, h, state, activation);
}
#endif

void sterna_fast_gates(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                       const struct sterna_fast_terms *h, int16_t *state, int8_t *activation)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        run_avx2(gates, x, h, state, activation);
        return;
    }
#endif
    run(gates, x, h, state, activation);
}
