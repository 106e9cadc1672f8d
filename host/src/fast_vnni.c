/* fast_vnni.c - the kernel of fast_kernel.h with AVX-512 VNNI: 64 products to the instruction, by fours into 32-bit sums, which
 * nothing can overflow. A field is masked where it stands; its sum carries 4^field times (bits: 2^field, nibbles: 16^field)
 * what it should and is shifted once at the end.
 *
 * The machine that this was written on has no AVX-512: it was compiled, and never run. sterna_fast_kernel_best takes it
 * where the processor has it and it agrees with the portable kernel.
 */
#include "fast_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { LANES = 16, INTERLEAVE = STERNA_FAST_INTERLEAVE, LINE = 64 };

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

/* One line into the sums of its fields, of `bits` bits each. */
VNNI_INLINE void add_fields(int bits, const uint8_t *bytes, __m512i activations, __m512i *sum)
{
    __m512i line = _mm512_load_si512(bytes);
    __asm__("" : "+v"(line)); /* loaded once: compilers would read it again for each mask */
#pragma GCC unroll 8
    for (int f = 0; f < 8; f++) {
        if (f == 8 / bits)
            break;
        const __m512i mask = _mm512_set1_epi8((char)(((1 << bits) - 1) << (f * bits)));
        sum[f] = _mm512_dpbusd_epi32(sum[f], _mm512_and_si512(line, mask), activations);
    }
}

/* `count` blocks at once, which hides the latency of the products. */
VNNI_INLINE void multiply_fields_of(int bits, size_t count, const struct sterna_fast_matrix *matrix,
                                    size_t block, const int8_t *x, int32_t start, int32_t *sums)
{
    const int fields = 8 / bits;
    const uint8_t *line = sterna_fast_line(matrix, block, 0);
    __m512i sum[2][8];
#pragma GCC unroll 16
    for (int i = 0; i < (int)count * fields; i++)
        sum[i / fields][i % fields] = _mm512_setzero_si512();
    for (size_t group = 0; group < matrix->groups; group++) {
        const __m512i activations = broadcast(x + 4 * group);
        add_fields(bits, line + LINE * group, activations, sum[0]);
        if (count == 2)
            add_fields(bits, line + LINE * (matrix->groups + group), activations, sum[1]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < (int)count * fields; i++) {
        const __m512i whole = _mm512_srai_epi32(sum[i / fields][i % fields], (unsigned)(i % fields * bits));
        const __m512i doubled = _mm512_slli_epi32(whole, bits == 1);
        _mm512_store_si512(sums + i * LANES, _mm512_add_epi32(doubled, _mm512_set1_epi32(start)));
    }
}

VNNI_INLINE void multiply_fields(int bits, const struct sterna_fast_matrix *matrix, const int8_t *x,
                                 int32_t start, int32_t *sums)
{
    const size_t rows = (size_t)(8 / bits) * LANES;
    size_t block = 0;
    for (; block + 2 <= matrix->blocks; block += 2)
        multiply_fields_of(bits, 2, matrix, block, x, start, sums + block * rows);
    if (block < matrix->blocks)
        multiply_fields_of(bits, 1, matrix, block, x, start, sums + block * rows);
}

/* `count` blocks of signed bytes, `stride` lines apart: the other factor has to be without sign. */
VNNI_INLINE void multiply_bytes_of(size_t count, size_t stride, size_t groups, const uint8_t *line,
                                   const int8_t *x, const int32_t *excess, int32_t *sums)
{
    __m512i sum[INTERLEAVE];
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        sum[i] = _mm512_setzero_si512();
    for (size_t group = 0; group < groups; group++, line += LINE * stride) {
        const __m512i unsigned_x = _mm512_xor_si512(broadcast(x + 4 * group), _mm512_set1_epi8(INT8_MIN));
#pragma GCC unroll 8
        for (size_t i = 0; i < count; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], unsigned_x, _mm512_load_si512(line + LINE * i));
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        _mm512_store_si512(sums + i * LANES, _mm512_sub_epi32(sum[i], _mm512_load_si512(excess + i * LANES)));
}

VNNI_INLINE void multiply_bytes(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t *sums)
{
    for (size_t block = 0; block < matrix->blocks;) {
        const uint8_t *line = sterna_fast_line(matrix, block, 0);
        const int32_t *excess = matrix->excess + block * LANES;
        const size_t width = sterna_fast_width(matrix, block);
        if (width == INTERLEAVE)
            multiply_bytes_of(INTERLEAVE, width, matrix->groups, line, x, excess, sums + block * LANES);
        else
            multiply_bytes_of(1, width, matrix->groups, line, x, excess, sums + block * LANES);
        block += width == INTERLEAVE ? INTERLEAVE : 1;
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
    default:
        multiply_bytes(matrix, x, sums);
        break;
    }
}

#define PEAK_STEP(sum) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #sum "\n\t"

/* A product into one of eight sums; what is in the registers does not matter. */
VNNI static size_t peak(size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        __asm__ volatile(PEAK_STEP(0) PEAK_STEP(1) PEAK_STEP(2) PEAK_STEP(3) PEAK_STEP(4) PEAK_STEP(5)
                             PEAK_STEP(6) PEAK_STEP(7)::
                                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    return rounds * 8 * 64;
}

const struct sterna_fast_kernel sterna_fast_vnni = {"avx512-vnni", LANES, runs, multiply, peak};
#endif
