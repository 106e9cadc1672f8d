/* fast_neon.c - the kernel of fast_kernel.h with NEON as every 64-bit Arm has it: 8 products to the instruction (smlal), each column into a
 * 16-bit sum of its own, which is widened as often as its worst case asks for. Fields are masked where they stand, as in fast_avx2.c.
 *
 * Tested under qemu-user only (`make test-neon`): how fast it is has not been measured.
 */
#include "fast_kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum {
    LANES = 4,
    LAYOUTS =
        1 << STERNA_FAST_BITS | 1 << STERNA_FAST_PAIRS | 1 << STERNA_FAST_NIBBLES | 1 << STERNA_FAST_BYTES,
    LINE = 16,
    X_MAX = 127,
    WINDOW = 32, /* steps of bits and pairs */
    NIBBLE_WINDOW = 16,
    BYTE_WINDOW = 2
};
_Static_assert(WINDOW *X_MAX *(2 << 2) <= INT16_MAX, "pairs: a field is at most 2, one of them 4 times that");
_Static_assert(WINDOW *X_MAX *(1 << 3) <= INT16_MAX, "bits: a field is at most 1, one of them 8 times that");
_Static_assert(NIBBLE_WINDOW *X_MAX * 15 <= INT16_MAX, "nibbles");
_Static_assert(BYTE_WINDOW *X_MAX * 128 <= INT16_MAX, "bytes");

#define INLINE __attribute__((always_inline)) static inline

/* 16-bit sums of lanes 0 and 1, and of 2 and 3, by column. */
struct sums16 {
    int16x8_t low, high;
};

static bool runs(void)
{
    return true;
}

INLINE void add(uint8x16_t field, int8x16_t x, struct sums16 *sum)
{
    const int8x16_t w = vreinterpretq_s8_u8(field);
    sum->low = vmlal_s8(sum->low, vget_low_s8(w), vget_low_s8(x));
    sum->high = vmlal_high_s8(sum->high, w, x);
}

/* One line into the sums of its fields, of `bits` bits each. */
INLINE void add_fields(int bits, const uint8_t *line, const int8_t *x, struct sums16 *sum)
{
    int32_t word;
    __builtin_memcpy(&word, x, sizeof word);
    const int8x16_t activations = vreinterpretq_s8_s32(vdupq_n_s32(word));
    const uint8x16_t low = vld1q_u8(line), high = vshrq_n_u8(low, 4);
    const int half = 4 / bits;
    if (bits == 8) {
        add(low, activations, &sum[0]);
        return;
    }
#pragma GCC unroll 4
    for (int f = 0; f < half; f++) {
        const uint8x16_t mask = vdupq_n_u8((uint8_t)(((1 << bits) - 1) << (f * bits)));
        add(vandq_u8(low, mask), activations, &sum[f]);
        add(vandq_u8(high, mask), activations, &sum[half + f]);
    }
}

/* `lines` of a block, `stride` lines apart, at most as many as 16-bit sums take; to: 32-bit sums, twice two lanes. */
INLINE void add_window(int bits, size_t lines, size_t stride, const uint8_t *line, const int8_t *x,
                       int32x4_t (*to)[2])
{
    struct sums16 sum[8];
#pragma GCC unroll 8
    for (int f = 0; f < 8 / bits; f++)
        sum[f].low = sum[f].high = vdupq_n_s16(0);
    for (size_t k = 0; k < lines; k++)
        add_fields(bits, line + LINE * stride * k, x + 4 * k, sum);
#pragma GCC unroll 8
    for (int f = 0; f < 8 / bits; f++) {
        to[f][0] = vpadalq_s16(to[f][0], sum[f].low);
        to[f][1] = vpadalq_s16(to[f][1], sum[f].high);
    }
}

INLINE void multiply_block(int bits, size_t window, const struct sterna_fast_matrix *matrix, size_t block,
                           const int8_t *x, int32_t start, int32_t *sums)
{
    const int fields = 8 / bits, half = bits == 8 ? 1 : 4 / bits;
    const size_t stride = sterna_fast_width(matrix, block);
    const uint8_t *line = sterna_fast_line(matrix, block, 0);
    int32x4_t sum[8][2];
#pragma GCC unroll 8
    for (int f = 0; f < fields; f++)
        sum[f][0] = sum[f][1] = vdupq_n_s32(0);
    for (size_t group = 0, lines; group < matrix->groups; group += lines) {
        lines = matrix->groups - group < window ? matrix->groups - group : window;
        add_window(bits, lines, stride, line + LINE * stride * group, x + 4 * group, sum);
    }
#pragma GCC unroll 8
    for (int f = 0; f < fields; f++) {
        const int32x4_t lanes = vpaddq_s32(sum[f][0], sum[f][1]);
        const int32x4_t whole = vshlq_s32(lanes, vdupq_n_s32((bits == 1) - f % half * bits));
        vst1q_s32(sums + f * LANES, vaddq_s32(whole, vdupq_n_s32(start)));
    }
}

static void multiply(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start, int32_t *sums)
{
    const size_t rows = sterna_fast_fields(matrix->layout) * LANES;
    for (size_t block = 0; block < matrix->blocks; block++, sums += rows) {
        switch (matrix->layout) {
        case STERNA_FAST_BITS:
            multiply_block(1, WINDOW, matrix, block, x, start, sums);
            break;
        case STERNA_FAST_PAIRS:
            multiply_block(2, WINDOW, matrix, block, x, start, sums);
            break;
        case STERNA_FAST_NIBBLES:
            multiply_block(4, NIBBLE_WINDOW, matrix, block, x, start, sums);
            break;
        default:
            multiply_block(8, BYTE_WINDOW, matrix, block, x, start, sums);
            break;
        }
    }
}

#define PEAK_STEP(sum) "smlal v" #sum ".8h, v16.8b, v17.8b\n\t"

/* A product into one of eight sums; what is in the registers does not matter. */
static size_t peak(size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        __asm__ volatile(PEAK_STEP(0) PEAK_STEP(1) PEAK_STEP(2) PEAK_STEP(3) PEAK_STEP(4) PEAK_STEP(5)
                             PEAK_STEP(6) PEAK_STEP(7)::
                                 : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7");
    return rounds * 8 * 8;
}

const struct sterna_fast_kernel sterna_fast_neon = {"neon", LANES, LAYOUTS, runs, multiply, peak};
#endif
