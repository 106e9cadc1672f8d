/* fast_vnni.c - the kernel of fast_kernel.h with AVX-512 VNNI: 64 products to the instruction, by fours into 32-bit sums, which
 * nothing can overflow.
 *
 * A mask costs as much as a product, so the uppermost field of a byte has none: what is multiplied is the whole byte, then the byte
 * without its uppermost field, and so on down to the lowest alone. A field's sum is the difference of two of these, which carries
 * 2^(bits * field) times what it should and is shifted once at the end.
 */
#include "fast_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum {
    LANES = 16,
    LAYOUTS = STERNA_FAST_ANY & ~(1 << STERNA_FAST_LOOSE),
    INTERLEAVE = STERNA_FAST_INTERLEAVE,
    LINE = 64,
    SUMS = 8
};

#define VNNI        __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define VNNI_INLINE __attribute__((target("avx512f,avx512bw,avx512vnni"), always_inline)) static inline

static bool runs(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vnni");
}

/* The four activations of a group, in all lanes. */
VNNI_INLINE __m512i broadcast(const int8_t *x)
{
    int32_t word;
    __builtin_memcpy(&word, x, sizeof word);
    return _mm512_set1_epi32(word);
}

/* One line into the sums of its lowest field, of its two lowest and so on, of `bits` bits each. */
VNNI_INLINE void add_fields(int bits, const uint8_t *bytes, __m512i activations, __m512i *sum)
{
    const int fields = 8 / bits;
    __m512i line = _mm512_load_si512(bytes);
    __asm__("" : "+v"(line)); /* loaded once: compilers would read it again for each mask */
#pragma GCC unroll 8
    for (int f = 0; f + 1 < fields; f++) {
        const __m512i mask = _mm512_set1_epi8((char)((1 << (bits * (f + 1))) - 1));
        sum[f] = _mm512_dpbusd_epi32(sum[f], _mm512_and_si512(line, mask), activations);
    }
    sum[fields - 1] = _mm512_dpbusd_epi32(sum[fields - 1], line, activations);
}

/* `count` blocks at once, each by `split` groups at once: eight sums, which hide the latency of the products. */
VNNI_INLINE void multiply_fields_of(int bits, size_t count, size_t split,
                                    const struct sterna_fast_matrix *matrix, size_t block, const int8_t *x,
                                    int32_t start, int32_t *sums)
{
    const size_t fields = (size_t)(8 / bits), all = count * fields, stride = LINE * matrix->groups;
    const uint8_t *line = sterna_fast_line(matrix, block, 0);
    __m512i sum[SUMS];
#pragma GCC unroll 8
    for (size_t i = 0; i < split * all; i++)
        sum[i] = _mm512_setzero_si512();
    for (size_t group = 0; group < matrix->groups; group += split) {
#pragma GCC unroll 2
        for (size_t s = 0; s < split; s++, line += LINE) {
            const __m512i activations = broadcast(x + 4 * (group + s));
#pragma GCC unroll 4
            for (size_t b = 0; b < count; b++)
                add_fields(bits, line + b * stride, activations, sum + s * all + b * fields);
        }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < all && split == 2; i++)
        sum[i] = _mm512_add_epi32(sum[i], sum[all + i]);
#pragma GCC unroll 8
    for (size_t i = 0; i < all; i++) {
        const size_t field = i % fields;
        const __m512i own = field > 0 ? _mm512_sub_epi32(sum[i], sum[i - 1]) : sum[i];
        const __m512i whole = _mm512_srai_epi32(own, (unsigned)field * (unsigned)bits);
        const __m512i doubled = _mm512_slli_epi32(whole, bits == 1);
        _mm512_store_si512(sums + i * LANES, _mm512_add_epi32(doubled, _mm512_set1_epi32(start)));
    }
}

VNNI_INLINE void multiply_fields(int bits, const struct sterna_fast_matrix *matrix, const int8_t *x,
                                 int32_t start, int32_t *sums)
{
    const size_t rows = (size_t)(8 / bits) * LANES, most = (size_t)bits;
    size_t block = 0;
    for (; block + most <= matrix->blocks; block += most)
        multiply_fields_of(bits, most, 1, matrix, block, x, start, sums + block * rows);
    for (; block < matrix->blocks; block++)
        multiply_fields_of(bits, 1, 2, matrix, block, x, start, sums + block * rows);
}

/* `count` blocks of one field, `stride` lines apart, each by `split` groups at once. Bytes have signs, so x must not: `excess`;
 * small ones have none: excess is NULL. */
VNNI_INLINE void multiply_bytes_of(size_t count, size_t split, size_t stride, size_t groups,
                                   const uint8_t *line, const int8_t *x, int32_t start, const int32_t *excess,
                                   int32_t *sums)
{
    __m512i sum[SUMS];
#pragma GCC unroll 8
    for (size_t i = 0; i < split * count; i++)
        sum[i] = _mm512_setzero_si512();
    for (size_t group = 0; group < groups; group += split) {
#pragma GCC unroll 2
        for (size_t s = 0; s < split; s++, line += LINE * stride) {
            const __m512i four = broadcast(x + 4 * (group + s)),
                          unsigned_four = _mm512_xor_si512(four, _mm512_set1_epi8(INT8_MIN));
#pragma GCC unroll 8
            for (size_t i = 0; i < count; i++) {
                const __m512i codes = _mm512_load_si512(line + LINE * i);
                sum[s * count + i] = excess ? _mm512_dpbusd_epi32(sum[s * count + i], unsigned_four, codes)
                                            : _mm512_dpbusd_epi32(sum[s * count + i], codes, four);
            }
        }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++) {
        const __m512i all = split == 2 ? _mm512_add_epi32(sum[i], sum[count + i]) : sum[i];
        const __m512i less = excess ? _mm512_load_si512(excess + i * LANES) : _mm512_set1_epi32(-start);
        _mm512_store_si512(sums + i * LANES, _mm512_sub_epi32(all, less));
    }
}

VNNI_INLINE void multiply_bytes(bool small, const struct sterna_fast_matrix *matrix, const int8_t *x,
                                int32_t start, int32_t *sums)
{
    for (size_t block = 0, count; block < matrix->blocks; block += count) {
        const uint8_t *line = sterna_fast_line(matrix, block, 0);
        const int32_t *excess = small ? NULL : matrix->excess + block * LANES;
        const size_t stride = sterna_fast_width(matrix, block), left = stride - block % INTERLEAVE;
        int32_t *to = sums + block * LANES;
        count = left == INTERLEAVE ? INTERLEAVE : left >= 4 ? 4 : 1;
        if (count == INTERLEAVE)
            multiply_bytes_of(INTERLEAVE, 1, stride, matrix->groups, line, x, start, excess, to);
        else if (count == 4)
            multiply_bytes_of(4, 2, stride, matrix->groups, line, x, start, excess, to);
        else
            multiply_bytes_of(1, 2, stride, matrix->groups, line, x, start, excess, to);
    }
}

VNNI static void multiply(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start,
                          int32_t *sums)
{
    switch (matrix->layout) {
    case STERNA_FAST_BITS:
        multiply_fields(1, matrix, x, start, sums);
        break;
    case STERNA_FAST_PAIRS:
        multiply_fields(2, matrix, x, start, sums);
        break;
    case STERNA_FAST_NIBBLES:
        multiply_fields(4, matrix, x, start, sums);
        break;
    case STERNA_FAST_SMALL:
        multiply_bytes(true, matrix, x, start, sums);
        break;
    default:
        multiply_bytes(false, matrix, x, start, sums);
        break;
    }
}

#define PEAK_STEP(sum) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #sum "\n\t"

/* A product into one of sixteen sums; what is in the registers does not matter. */
VNNI static size_t peak(size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        __asm__ volatile(PEAK_STEP(0) PEAK_STEP(1) PEAK_STEP(2) PEAK_STEP(3) PEAK_STEP(4) PEAK_STEP(5)
                             PEAK_STEP(6) PEAK_STEP(7) PEAK_STEP(8) PEAK_STEP(9) PEAK_STEP(10) PEAK_STEP(11)
                                 PEAK_STEP(12) PEAK_STEP(13) PEAK_STEP(14) PEAK_STEP(15)::
                                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return rounds * 16 * 64;
}

const struct sterna_fast_kernel sterna_fast_vnni = {"avx512-vnni", LANES, LAYOUTS, runs, multiply, peak};
#endif
