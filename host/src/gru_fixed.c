/* The GRU as a device computes it, on many sequences at once: the same bits as sterna_fixed_gru_unit
 * (fixed.c), in loops that vectorise.
 *
 * Sums are exact: h is a multiple of 1/128 and levels are small integers, so a float product of up to 2^24 /
 * 127 columns has no rounding. The results are kept as the numbers they stand for (r / 256, n / 128, h /
 * 32768, ...), so that gru.c's backward serves both forward passes (straight-through). A negative row scale
 * is the same as a negated code row, since rounding and saturation are symmetric. */
#include "cell.h"
#include "fixed.h"
#include "product.h"

enum { LIMIT = 32767, TABLE_SIZE = 512 };

/* tanh at pre = 16 i and sigmoid - 128 at pre = 32 i: the entries of the device's table, through the
 * specification. */
struct tables {
    int32_t tanh[TABLE_SIZE], sigmoid[TABLE_SIZE];
};

static void fill_tables(struct tables *tables)
{
    for (int32_t i = 0; i < TABLE_SIZE; i++) {
        tables->tanh[i] = sterna_fixed_tanh(16 * i);
        tables->sigmoid[i] = sterna_fixed_sigmoid(32 * i) - 128;
    }
}

/* The helpers have no branches: selections between values only, which become vector code. */

static inline int32_t clamp(int32_t value, int32_t limit)
{
    value = value > limit ? limit : value;
    return value < -limit ? -limit : value;
}

static inline int32_t saturate(int32_t value)
{
    return clamp(value, LIMIT);
}

/* |value|, and value with the sign of another. */
static inline int32_t magnitude_of(int32_t value)
{
    const int32_t mask = -(value < 0);
    return (value ^ mask) - mask;
}

static inline int32_t with_sign_of(int32_t sign, int32_t value)
{
    const int32_t mask = -(sign < 0);
    return (value ^ mask) - mask;
}

/* round(value / 2^shift), half away from zero, |value| < 2^31 */
static inline int32_t round_shift(int32_t value, int32_t shift)
{
    uint32_t magnitude = (uint32_t)magnitude_of(value);
    return with_sign_of(value, (int32_t)((magnitude + ((1u << shift) >> 1)) >> shift));
}

/* A row's sum as a pre-activation term; |sum * m| < 2^31 (network.c sees to it). */
static inline int32_t scale(int32_t sum, int32_t m, int32_t s)
{
    return saturate(round_shift(sum * m, s));
}

/* Index of the table entry nearest to |pre| / 2^shift. */
static inline int32_t entry(int32_t pre, int shift)
{
    int32_t index = (magnitude_of(pre) + (1 << (shift - 1))) >> shift;
    return index < TABLE_SIZE ? index : TABLE_SIZE - 1;
}

/* The state's rounded top 8 bits. */
static inline int32_t top_bits(int32_t h16)
{
    return clamp(round_shift(h16, 8), 127);
}

/* In place: integer sums [count] of the input's rows to terms with their biases, those of gate n saturated by
 * themselves. */
static void input_terms(const struct sterna_recurrent *layer, float *row)
{
    const size_t H = layer->hidden;
    const int32_t *m = layer->ih.scale_m, *s = layer->ih.scale_s;

    for (size_t g = 0; g < 3 * H; g++) {
        int32_t term = scale((int32_t)row[g], m[g], s[g]) + (int32_t)layer->bias[g];
        row[g] = (float)(g < 2 * H ? term : saturate(term));
    }
}

void sterna_gru_fixed_prepare(struct sterna_recurrent *layer, const float *bias_ih, const float *bias_hh)
{
    const size_t H = layer->hidden, rows = 3 * H;

    for (size_t g = 0; g < rows; g++)
        layer->bias[g] = sterna_cell_round_bias(g < 2 * H ? bias_ih[g] + bias_hh[g] : bias_ih[g]);
    for (size_t u = 0; u < H; u++)
        layer->bias[rows + u] = sterna_cell_round_bias(bias_hh[2 * H + u]);
    sterna_product_transpose(rows, H, layer->hh.level, layer->h_matrix);
    float *x = layer->one_hot ? layer->x_table : layer->x_matrix;
    sterna_product_transpose(rows, layer->inputs, layer->ih.level, x);
    for (size_t i = 0; layer->one_hot && i < layer->inputs; i++) {
        for (size_t g = 0; g < rows; g++)
            x[i * rows + g] *= (float)STERNA_FIXED_ONE_HOT;
        input_terms(layer, x + i * rows);
    }
}

/* One sequence, one step. saved: in the products with h / 128, out [r | z | h_n | n]; next: h', top: its
 * upper 8 bits. */
static void unit_row(const struct sterna_recurrent *layer, const struct tables *tables,
                     const float *restrict x, const float *restrict h, float *restrict saved,
                     float *restrict next, float *restrict top)
{
    const size_t H = layer->hidden;
    const int32_t *restrict m = layer->hh.scale_m, *restrict s = layer->hh.scale_s;
    const float *restrict bias_hn = layer->bias + 3 * H;

    for (size_t u = 0; u < H; u++) {
        int32_t r_pre = saturate((int32_t)x[u] + scale((int32_t)(saved[u] * 128.0f), m[u], s[u]));
        int32_t z_pre =
            saturate((int32_t)x[H + u] + scale((int32_t)(saved[H + u] * 128.0f), m[H + u], s[H + u]));
        int32_t hn = saturate(scale((int32_t)(saved[2 * H + u] * 128.0f), m[2 * H + u], s[2 * H + u]) +
                              (int32_t)bias_hn[u]);
        int32_t r = 128 + with_sign_of(r_pre, tables->sigmoid[entry(r_pre, 5)]);
        int32_t z = 128 + with_sign_of(z_pre, tables->sigmoid[entry(z_pre, 5)]);
        int32_t n_pre = saturate((int32_t)x[2 * H + u] + round_shift(r * hn, 8));
        int32_t n = with_sign_of(n_pre, tables->tanh[entry(n_pre, 4)]);
        int32_t h16 = (int32_t)(h[u] * 32768.0f);
        h16 = 256 * n + round_shift(z * (h16 - 256 * n), 8);
        saved[u] = (float)r * 0x1p-8f;
        saved[H + u] = (float)z * 0x1p-8f;
        saved[2 * H + u] = (float)hn * 0x1p-11f;
        saved[3 * H + u] = (float)n * 0x1p-7f;
        next[u] = (float)h16 * 0x1p-15f;
        top[u] = (float)top_bits(h16) * 0x1p-7f;
    }
}

/* A state carried over from the float phase becomes what a device can hold; one that is already stays as it
 * is. */
static void round_state(size_t count, float *restrict h, float *restrict top)
{
    for (size_t i = 0; i < count; i++) {
        float scaled = h[i] * 32768.0f;
        int32_t h16 = saturate((int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f)));
        h[i] = (float)h16 * 0x1p-15f;
        top[i] = (float)top_bits(h16) * 0x1p-7f;
    }
}

/* The dense input (h of the layer below) of all steps: exact sums, then terms. */
static void dense_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t rows = 3 * layer->hidden, count = track->steps * track->batch;

    sterna_product(count, rows, layer->inputs, track->input, layer->inputs, layer->x_matrix, rows, false,
                   track->terms, rows);
    for (size_t i = 0; i < count; i++) {
        float *row = track->terms + i * rows;
        for (size_t g = 0; g < rows; g++)
            row[g] *= 128.0f;
        input_terms(layer, row);
    }
}

void sterna_gru_fixed_forward(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t H = layer->hidden, B = track->batch;
    struct tables tables;

    fill_tables(&tables);
    round_state(B * H, track->h, track->a);
    if (!layer->one_hot)
        dense_terms(layer, track);
    for (size_t t = 0; t < track->steps; t++) {
        const size_t now = t * B * H, then = (t + 1) * B * H;
        float *saved = track->saved + t * B * 4 * H;
        sterna_product(B, 3 * H, H, track->a + now, H, layer->h_matrix, 3 * H, false, saved, 4 * H);
        for (size_t b = 0; b < B; b++) {
            size_t i = t * B + b;
            const float *x =
                layer->one_hot ? layer->x_table + track->symbol[i] * 3 * H : track->terms + i * 3 * H;
            unit_row(layer, &tables, x, track->h + now + b * H, saved + b * 4 * H, track->h + then + b * H,
                     track->a + then + b * H);
        }
    }
}
