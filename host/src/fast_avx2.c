/* fast_avx2.c - the kernel of fast_kernel.h with AVX2: 32 products to the instruction (maddubs), by twos into 16-bit sums.
 *
 * No instruction saturates: a 16-bit sum takes as many steps as its worst case allows, then it is widened. Fields are
 * masked where they stand: a sum carries 1, 2, 4 or 8 times what it should, and is shifted once at the end. A byte's
 * upper half is shifted down first, or 16-bit sums would take too few steps.
 */
#include "fast_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum {
    LANES = 8,
    INTERLEAVE = STERNA_FAST_INTERLEAVE,
    X_MAX = 127,
    WINDOW = 16,      /* steps of bits and pairs */
    NIBBLE_WINDOW = 8 /* of nibbles */
};
_Static_assert(WINDOW * 2 * X_MAX * (2 << 2) <= INT16_MAX,
               "pairs: a field is at most 2, one of them 4 times that");
_Static_assert(WINDOW * 2 * X_MAX * (1 << 3) <= INT16_MAX,
               "bits: a field is at most 1, one of them 8 times that");
_Static_assert(NIBBLE_WINDOW * 2 * X_MAX * 15 <= INT16_MAX, "nibbles");
_Static_assert(2 * (STERNA_FAST_EXCESS + X_MAX) * 64 <= INT16_MAX, "small: one step");

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline
/* sum += value in its own register: compilers left alone move every sum about, which costs as much as the addition. */
#define ADD_TO(instruction, sum, value) __asm__(instruction " %1, %0, %0" : "+x"(sum) : "x"(value))
#define ADD16(sum, value)               ADD_TO("vpaddw", sum, value)
#define ADD32(sum, value)               ADD_TO("vpaddd", sum, value)

static bool runs(void)
{
    return __builtin_cpu_supports("avx2");
}

/* The four activations of a group, in all lanes. */
AVX2_INLINE __m256i broadcast(const int8_t *x)
{
    int32_t word;
    __builtin_memcpy(&word, x, sizeof word);
    return _mm256_set1_epi32(word);
}

/* 16-bit sums to 32-bit ones of the lanes. */
AVX2_INLINE __m256i widen(__m256i sum)
{
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
}

/* One line into the sums of its fields, of `bits` bits each. */
AVX2_INLINE void add_fields(int bits, const uint8_t *line, const int8_t *x, __m256i *sum)
{
    const __m256i low = _mm256_load_si256((const __m256i *)(const void *)line),
                  high = _mm256_srli_epi16(low, 4);
    const __m256i activations = broadcast(x);
    const int half = 4 / bits;
#pragma GCC unroll 4
    for (int f = 0; f < half; f++) {
        const __m256i mask = _mm256_set1_epi8((char)(((1 << bits) - 1) << (f * bits)));
        ADD16(sum[f], _mm256_maddubs_epi16(_mm256_and_si256(low, mask), activations));
        ADD16(sum[half + f], _mm256_maddubs_epi16(_mm256_and_si256(high, mask), activations));
    }
}

/* As many lines as 16-bit sums take, or fewer, into the 32-bit sums. */
AVX2_INLINE void add_window(int bits, size_t lines, const uint8_t *line, const int8_t *x, __m256i *to)
{
    const int fields = 8 / bits;
    __m256i sum[8];
    size_t k = 0;
#pragma GCC unroll 8
    for (int f = 0; f < fields; f++)
        sum[f] = _mm256_setzero_si256();
    for (; k + 4 <= lines; k += 4) {
        add_fields(bits, line + 32 * k, x + 4 * k, sum);
        add_fields(bits, line + 32 * k + 32, x + 4 * k + 4, sum);
        add_fields(bits, line + 32 * k + 64, x + 4 * k + 8, sum);
        add_fields(bits, line + 32 * k + 96, x + 4 * k + 12, sum);
    }
    for (; k < lines; k++)
        add_fields(bits, line + 32 * k, x + 4 * k, sum);
#pragma GCC unroll 8
    for (int f = 0; f < fields; f++)
        to[f] = _mm256_add_epi32(to[f], widen(sum[f]));
}

AVX2_INLINE void multiply_fields(int bits, size_t window, const struct sterna_fast_matrix *matrix,
                                 const int8_t *x, int32_t start, int32_t *sums)
{
    const int fields = 8 / bits, half = 4 / bits;
    const uint8_t *line = matrix->line;
    for (size_t block = 0; block < matrix->blocks; block++) {
        __m256i sum[8], *to = (__m256i *)(void *)(sums + block * (size_t)fields * LANES);
#pragma GCC unroll 8
        for (int f = 0; f < fields; f++)
            sum[f] = _mm256_setzero_si256();
        for (size_t group = 0, lines; group < matrix->groups; group += lines) {
            lines = matrix->groups - group < window ? matrix->groups - group : window;
            add_window(bits, lines, line, x + 4 * group, sum);
            line += 32 * lines;
        }
#pragma GCC unroll 8
        for (int f = 0; f < fields; f++) {
            const __m256i whole = _mm256_srai_epi32(sum[f], f % half * bits);
            to[f] = _mm256_add_epi32(_mm256_slli_epi32(whole, bits == 1), _mm256_set1_epi32(start));
        }
    }
}

/* ---- fields of a byte ---- */

/* Blocks of signed bytes. Two products fill 16 bits, so every pair is widened at once. */
AVX2_INLINE void multiply_small_of(size_t count, size_t stride, size_t groups, const __m256i *line,
                                   const int8_t *x, const int32_t *excess, __m256i *to)
{
    __m256i sum[INTERLEAVE];
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        sum[i] = _mm256_setzero_si256();
    for (size_t group = 0; group < groups; group++, line += stride) {
        const __m256i unsigned_x = _mm256_xor_si256(broadcast(x + 4 * group), _mm256_set1_epi8(INT8_MIN));
#pragma GCC unroll 8
        for (size_t i = 0; i < count; i++)
            ADD32(sum[i], widen(_mm256_maddubs_epi16(unsigned_x, line[i])));
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        to[i] = _mm256_sub_epi32(sum[i], ((const __m256i *)(const void *)excess)[i]);
}

AVX2 static void multiply_small(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t *sums)
{
    for (size_t block = 0; block < matrix->blocks;) {
        const __m256i *line = (const __m256i *)(const void *)sterna_fast_line(matrix, block, 0);
        const int32_t *excess = matrix->excess + LANES * block;
        const size_t stride = sterna_fast_width(matrix, block), left = stride - block % INTERLEAVE;
        __m256i *to = (__m256i *)(void *)(sums + LANES * block);
        if (left == INTERLEAVE)
            multiply_small_of(INTERLEAVE, stride, matrix->groups, line, x, excess, to);
        else if (left >= 4)
            multiply_small_of(4, stride, matrix->groups, line, x, excess, to);
        else
            multiply_small_of(1, stride, matrix->groups, line, x, excess, to);
        block += left == INTERLEAVE ? INTERLEAVE : left >= 4 ? 4 : 1;
    }
}

/* One line of `count` blocks: lanes 0 to 3 and 4 to 7 as 16-bit numbers, two sums to the lane. */
AVX2_INLINE void multiply_bytes_of(size_t count, size_t stride, size_t groups, const __m256i *line,
                                   const int8_t *x, __m256i *to)
{
    __m256i low[4], high[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++)
        low[i] = high[i] = _mm256_setzero_si256();
    for (size_t group = 0; group < groups; group++) {
        const __m256i four = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(broadcast(x + 4 * group)));
        const __m128i *w = (const __m128i *)(const void *)(line + stride * group);
#pragma GCC unroll 4
        for (size_t i = 0; i < count; i++) {
            ADD32(low[i], _mm256_madd_epi16(_mm256_cvtepi8_epi16(w[2 * i]), four));
            ADD32(high[i], _mm256_madd_epi16(_mm256_cvtepi8_epi16(w[2 * i + 1]), four));
        }
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++) {
        const __m256i lanes = _mm256_hadd_epi32(low[i], high[i]); /* 0 1 4 5 2 3 6 7 */
        to[i] = _mm256_permute4x64_epi64(lanes, 0xD8);
    }
}

AVX2 static void multiply_bytes(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t *sums)
{
    __m256i *to = (__m256i *)(void *)sums;
    for (size_t block = 0; block < matrix->blocks;) {
        const __m256i *line = (const __m256i *)(const void *)sterna_fast_line(matrix, block, 0);
        const size_t stride = sterna_fast_width(matrix, block);
        const size_t left = stride - block % INTERLEAVE, count = left >= 4 ? 4 : 1;
        if (count == 4)
            multiply_bytes_of(4, stride, matrix->groups, line, x, to + block);
        else
            multiply_bytes_of(1, stride, matrix->groups, line, x, to + block);
        block += count;
    }
}

AVX2 static void multiply(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start,
                          int32_t *sums)
{
    switch (matrix->layout) {
    case STERNA_FAST_BITS:
        multiply_fields(1, WINDOW, matrix, x, start, sums);
        break;
    case STERNA_FAST_PAIRS:
        multiply_fields(2, WINDOW, matrix, x, start, sums);
        break;
    case STERNA_FAST_NIBBLES:
        multiply_fields(4, NIBBLE_WINDOW, matrix, x, start, sums);
        break;
    case STERNA_FAST_SMALL:
        multiply_small(matrix, x, sums);
        break;
    default:
        multiply_bytes(matrix, x, sums);
        break;
    }
}

#define PEAK_STEP(sum)                                                                                       \
    "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\n\tvpaddw %%ymm13, %%ymm" #sum ", %%ymm" #sum "\n\t"

/* A product and its addition to one of eight sums; what is in the registers does not matter. */
AVX2 static size_t peak(size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        __asm__ volatile(PEAK_STEP(0) PEAK_STEP(1) PEAK_STEP(2) PEAK_STEP(3) PEAK_STEP(4) PEAK_STEP(5)
                             PEAK_STEP(6) PEAK_STEP(7)::
                                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm13");
    return rounds * 8 * 32;
}

const struct sterna_fast_kernel sterna_fast_avx2 = {"avx2", LANES, runs, multiply, peak};
#endif
