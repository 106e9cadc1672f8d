/* fast_avx2.c - the kernel of fast_kernel.h with AVX2: 32 products to the instruction (maddubs), by twos into 16-bit sums.
 *
 * No product saturates; a 16-bit sum takes as many steps as its worst case allows, then it is widened. Masks, products and
 * additions cost the same here, so layouts are chosen that need few of them: two ternary codes to the byte, of which one product
 * takes both and another the lower one alone, and whole bytes for the rest.
 */
#include "fast_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

enum {
    LANES = 8,
    LAYOUTS = 1 << STERNA_FAST_LOOSE | 1 << STERNA_FAST_SMALL | 1 << STERNA_FAST_BYTES,
    INTERLEAVE = STERNA_FAST_INTERLEAVE,
    X_MAX = 127,
    WINDOW = 16, /* steps of loose fields */
    CHUNK = 256, /* groups of small bytes, an even number */
    AHEAD = 64   /* lines from the one in use to the one prefetched */
};
_Static_assert(2 * X_MAX * (2 + 4 * 2) <= INT16_MAX, "loose: a product of two fields as one number");
_Static_assert(WINDOW * 2 * X_MAX * (4 * 2) <= INT16_MAX,
               "loose: the sum of one field, which may be 4 times that");
_Static_assert(2 * X_MAX * 128 <= INT16_MAX, "small: a product of code + 64");
_Static_assert(4 * X_MAX * 64 <= INT16_MAX, "small: two products without that 64");

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

/* ---- loose: two fields of a byte ---- */

/* One line into the sums of its lower field, and of lower + 4 * upper. */
AVX2_INLINE void add_loose(const uint8_t *line, const int8_t *x, __m256i *sum)
{
    const __m256i both = _mm256_load_si256((const __m256i *)(const void *)line);
    const __m256i activations = broadcast(x), lower = _mm256_and_si256(both, _mm256_set1_epi8(3));
    ADD16(sum[0], _mm256_maddubs_epi16(lower, activations));
    ADD16(sum[1], _mm256_maddubs_epi16(both, activations));
}

/* As many lines as 16-bit sums take, or fewer, into the 32-bit sums of lower and 4 * upper fields. The sum of both may leave 16 bits;
 * what is left without the lower one is within them again. */
AVX2_INLINE void add_window(size_t lines, const uint8_t *line, const int8_t *x, __m256i *to)
{
    __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t k = 0;
#pragma GCC unroll 16
    for (; k < lines; k++)
        add_loose(line + 32 * k, x + 4 * k, sum);
    ADD32(to[0], widen(sum[0]));
    ADD32(to[1], widen(_mm256_sub_epi16(sum[1], sum[0])));
}

AVX2 static void multiply_loose(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start,
                                int32_t *sums)
{
    const uint8_t *line = matrix->line;
    for (size_t block = 0; block < matrix->blocks; block++) {
        __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        __m256i *to = (__m256i *)(void *)(sums + block * 2 * LANES);
        size_t group = 0;
        for (; group + WINDOW <= matrix->groups; group += WINDOW, line += 32 * WINDOW)
            add_window(WINDOW, line, x + 4 * group, sum);
        if (group < matrix->groups)
            add_window(matrix->groups - group, line, x + 4 * group, sum);
        line += 32 * (matrix->groups - group);
        const __m256i upper = _mm256_srai_epi32(sum[1], 2);
        to[0] = _mm256_add_epi32(sum[0], _mm256_set1_epi32(start));
        to[1] = _mm256_add_epi32(upper, _mm256_set1_epi32(start));
    }
}

/* ---- small: bytes of code + 64 ---- */

/* What the 64s add to the 16-bit sums of a group and the next one, for every other group. */
AVX2_INLINE void fill_surplus(const int8_t *x, size_t groups, int32_t *surplus)
{
    for (size_t group = 0; group < groups; group += 2) {
        const __m128i both = _mm_loadl_epi64((const __m128i *)(const void *)(x + 4 * group));
        const __m128i product = _mm_maddubs_epi16(_mm_set1_epi8(64), both);
        surplus[group] = _mm_cvtsi128_si32(_mm_add_epi16(product, _mm_srli_epi64(product, 32)));
    }
}

/* `count` blocks, lines `stride` apart. Sums of two groups may leave 16 bits, and are back within them without the surplus. */
AVX2_INLINE void add_small(size_t count, size_t stride, size_t groups, const __m256i *line, const int8_t *x,
                           const int32_t *surplus, bool first, __m256i *to)
{
    const __m256i *end = line + stride * groups;
    __m256i sum[INTERLEAVE];
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        sum[i] = first ? _mm256_setzero_si256() : to[i];
    for (size_t group = 0; line < end; group += 2, line += 2 * stride) {
        const __m256i a = broadcast(x + 4 * group), b = broadcast(x + 4 * group + 4);
        const __m256i less = _mm256_set1_epi32(surplus[group]);
#pragma GCC unroll 8
        for (size_t i = 0; i < count; i++)
            _mm_prefetch((const char *)(line + AHEAD + 2 * i), _MM_HINT_T0);
#pragma GCC unroll 8
        for (size_t i = 0; i < count; i++) {
            __m256i pair = _mm256_maddubs_epi16(line[i], a);
            pair = _mm256_sub_epi16(pair, less);
            pair = _mm256_add_epi16(pair, _mm256_maddubs_epi16(line[stride + i], b));
            ADD32(sum[i], widen(pair));
        }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        to[i] = sum[i];
}

AVX2 static void multiply_small(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t *sums)
{
    int32_t surplus[CHUNK];
    for (size_t from = 0, groups; from < matrix->groups; from += groups) {
        groups = matrix->groups - from < CHUNK ? matrix->groups - from : CHUNK;
        fill_surplus(x + 4 * from, groups, surplus);
        for (size_t block = 0, count; block < matrix->blocks; block += count) {
            const __m256i *line = (const __m256i *)(const void *)sterna_fast_line(matrix, block, from);
            const size_t stride = sterna_fast_width(matrix, block), left = stride - block % INTERLEAVE;
            __m256i *to = (__m256i *)(void *)(sums + LANES * block);
            count = left == INTERLEAVE ? INTERLEAVE : left >= 4 ? 4 : 1;
            if (count == INTERLEAVE)
                add_small(INTERLEAVE, INTERLEAVE, groups, line, x + 4 * from, surplus, from == 0, to);
            else if (count == 4)
                add_small(4, stride, groups, line, x + 4 * from, surplus, from == 0, to);
            else
                add_small(1, stride, groups, line, x + 4 * from, surplus, from == 0, to);
        }
    }
}

/* ---- bytes ---- */

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
    case STERNA_FAST_LOOSE:
        multiply_loose(matrix, x, start, sums);
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

const struct sterna_fast_kernel sterna_fast_avx2 = {"avx2", LANES, LAYOUTS, runs, multiply, peak};
#endif
