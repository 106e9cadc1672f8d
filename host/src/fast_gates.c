/* fast_gates.c - see fast_gates.h. Each stage is a loop of its own over all units: arithmetic, which compilers vectorise, and
 * lookups in tables, which they do not. The functions are compiled twice, without and with AVX2. */
#include "fast_gates.h"

#include "fixed.h"
#include "fixed_vector.h"

enum { H_MAX = 127, RELU_SHIFT = 6, SIGN_ONE = 64, SIGMOID_SHIFT = 5, TANH_SHIFT = 4 };

#define INLINE __attribute__((always_inline)) static inline

size_t sterna_fast_scratch(enum sterna_cell cell)
{
    return cell == STERNA_CELL_GRU ? 3 : cell == STERNA_CELL_LSTM ? 4 : 1;
}

void sterna_fast_tables_fill(struct sterna_fast_tables *tables)
{
    for (int32_t i = -STERNA_FAST_ENTRIES; i <= STERNA_FAST_ENTRIES; i++) {
        tables->tanh[STERNA_FAST_ENTRIES + i] = (int16_t)sterna_fixed_tanh(i * (1 << TANH_SHIFT));
        tables->sigmoid[STERNA_FAST_ENTRIES + i] = (int16_t)sterna_fixed_sigmoid(i * (1 << SIGMOID_SHIFT));
    }
}

/* Where a pre-activation's value stands in a table. */
INLINE int32_t entry(int32_t pre, int shift)
{
    return STERNA_FAST_ENTRIES + sterna_vector_sign(pre, sterna_vector_entry(pre, shift));
}

/* pre [count] = sat16(x + h + b) of the rows from `first` on, as a table's entries unless shift is 0. */
INLINE void add_terms(size_t first, size_t count, int shift, const struct sterna_fast_terms *x,
                      const struct sterna_fast_terms *h, const int16_t *restrict bias, int32_t *restrict pre)
{
    const int32_t *restrict x_sum = x->sum + first, *restrict h_sum = h->sum + first;
    const uint8_t *restrict x_m = x->m + first, *restrict x_s = x->s + first;
    const uint8_t *restrict h_m = h->m + first, *restrict h_s = h->s + first;
    for (size_t i = 0; i < count; i++) {
        const int32_t sum =
            sterna_vector_saturate(sterna_vector_scale(x_sum[i], x_m[i], x_s[i]) +
                                   sterna_vector_scale(h_sum[i], h_m[i], h_s[i]) + bias[first + i]);
        pre[i] = shift == 0 ? sum : entry(sum, shift);
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
    const uint8_t *restrict x_m = x->m + first, *restrict x_s = x->s + first;
    const uint8_t *restrict h_m = h->m + first, *restrict h_s = h->s + first;
    for (size_t u = 0; u < H; u++) {
        const int32_t pre_x =
            sterna_vector_saturate(sterna_vector_scale(x_sum[u], x_m[u], x_s[u]) + x_bias[u]);
        const int32_t pre_h =
            sterna_vector_saturate(sterna_vector_scale(h_sum[u], h_m[u], h_s[u]) + h_bias[u]);
        const int32_t pre = sterna_vector_saturate(pre_x + sterna_vector_round(r[u] * pre_h, 8));
        n[u] = entry(pre, TANH_SHIFT);
    }
}

INLINE void finish_gru(size_t H, const int32_t *restrict z, const int32_t *restrict n,
                       int16_t *restrict state, int8_t *restrict activation)
{
    for (size_t u = 0; u < H; u++) {
        const int32_t next = 256 * n[u] + sterna_vector_round(z[u] * (state[u] - 256 * n[u]), 8);
        state[u] = (int16_t)next;
        activation[u] = (int8_t)sterna_vector_clamp(sterna_vector_round(next, 8), H_MAX);
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
        const int32_t kept = sterna_vector_round(f[u] * c[u], 8);
        const int32_t added = sterna_vector_round(i[u] * 16 * g[u], 8); /* 16 g is tanh in Q4.11 */
        const int32_t next = sterna_vector_saturate(kept + added);
        c[u] = (int16_t)next;
        i[u] = entry(next, TANH_SHIFT);
    }
}

INLINE void finish_lstm(size_t H, const int32_t *restrict o, const int32_t *restrict tanh_c,
                        int8_t *restrict activation)
{
    for (size_t u = 0; u < H; u++)
        activation[u] = (int8_t)sterna_vector_round(o[u] * tanh_c[u], 8);
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
    const int32_t value = sterna_vector_round(pre > 0 ? pre : 0, RELU_SHIFT);
    return value > H_MAX ? H_MAX : value;
}

INLINE void run_rnn(const struct sterna_fast_gates *gates, const struct sterna_fast_terms *x,
                    const struct sterna_fast_terms *h, int8_t *restrict activation)
{
    const size_t H = gates->hidden;
    int32_t *restrict pre = gates->scratch;
    const bool tanh = gates->cell == STERNA_CELL_RNN_TANH, sign = gates->cell == STERNA_CELL_RNN_SIGN;
    add_terms(0, H, 0, x, h, gates->bias, pre);
    if (tanh) {
        for (size_t u = 0; u < H; u++)
            pre[u] = entry(pre[u], TANH_SHIFT);
        look_up(gates->tables->tanh, H, pre);
    }
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
