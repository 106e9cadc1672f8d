#include "strip_int.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { ROWS = STERNA_STRIP_ROWS, COLS = STERNA_STRIP_COLS };

void sterna_strip_int_portable(size_t rows, size_t words, size_t span, const void *a, const void *b,
                               int32_t *sum)
{
    const uint8_t *bytes = a;
    const int8_t *codes = b;
    const int16_t *activations = a, *wide = b;

    for (size_t i = 0; i < words * rows * COLS; i++) {
        const size_t k = i / (rows * COLS), r = i / COLS % rows, n = i % COLS;
        const size_t x = k * rows + r, w = k * COLS + n;
        for (size_t j = 0; span > 0 && j < 4; j++)
            sum[r * COLS + n] += bytes[x * 4 + j] * codes[w * 4 + j];
        for (size_t j = 0; span == 0 && j < 2; j++)
            sum[r * COLS + n] += activations[x * 2 + j] * wide[w * 2 + j];
    }
}

#if defined(__x86_64__)
/* AVX2. Functions are inlined with constant ways and numbers of rows: loops over r unroll and the sums,
 * eight columns in low and eight in high, stay in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

/* How a word is multiplied: as 16-bit numbers; as bytes into 16-bit sums; or as bytes whose pairs, which
 * just fit 16 bits, go to 32-bit sums at once. */
enum way { WORDS, BYTES, PAIRS };

/* One row of the four below. Its two products go first, their additions after them. */
#define ROW(offset, low, high, multiply, widen, add)                                                         \
    "vpbroadcastd " offset "(%[a]), %%ymm12\n\t" multiply " %%ymm14, %%ymm12, %%ymm13\n\t" multiply          \
    " %%ymm15, %%ymm12, %%ymm12\n\t" widen add " %%ymm13, %[" low "], %[" low "]\n\t" add                    \
    " %%ymm12, %[" high "], %[" high "]\n\t"
#define WIDEN "vpmaddwd %[ones], %%ymm13, %%ymm13\n\tvpmaddwd %[ones], %%ymm12, %%ymm12\n\t"
#define ROWS_0_TO_3(multiply, widen, add)                                                                    \
    ROW("0", "l0", "h0", multiply, widen, add)                                                               \
    ROW("4", "l1", "h1", multiply, widen, add)                                                               \
    ROW("8", "l2", "h2", multiply, widen, add) ROW("12", "l3", "h3", multiply, widen, add)
#define LOAD_CODES "vmovdqa (%[code]), %%ymm14\n\tvmovdqa 32(%[code]), %%ymm15\n\t"
#define NEXT_WORD  "add $16, %[a]\n\tadd $64, %[code]\n\tdec %[words]\n\t"
/* Four rows, written out: compilers keep more copies of the sums than there are registers for and read the
 * codes once per row, which halves the speed. words is at least 1. */
#define FOUR_ROWS(words, a, code, low, high, steps)                                                          \
    __asm__ volatile(".p2align 5\n1:\n\t" LOAD_CODES steps NEXT_WORD "jnz 1b"                                \
                     : [words] "+r"(words), [a] "+r"(a), [code] "+r"(code), [l0] "+x"((low)[0]),             \
                       [l1] "+x"((low)[1]), [l2] "+x"((low)[2]), [l3] "+x"((low)[3]), [h0] "+x"((high)[0]),  \
                       [h1] "+x"((high)[1]), [h2] "+x"((high)[2]), [h3] "+x"((high)[3])                      \
                     : [ones] "x"(_mm256_set1_epi16(1))                                                      \
                     : "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc")

AVX2_INLINE void four_rows(enum way way, size_t words, const void *a, const __m256i *code, __m256i *low,
                           __m256i *high)
{
    if (way == WORDS)
        FOUR_ROWS(words, a, code, low, high, ROWS_0_TO_3("vpmaddwd", "", "vpaddd"));
    else if (way == BYTES)
        FOUR_ROWS(words, a, code, low, high, ROWS_0_TO_3("vpmaddubsw", "", "vpaddw"));
    else
        FOUR_ROWS(words, a, code, low, high, ROWS_0_TO_3("vpmaddubsw", WIDEN, "vpaddd"));
}

/* sum + x * code; x is the word at a, in all lanes. */
AVX2_INLINE __m256i multiply_add(enum way way, const void *a, __m256i code, __m256i sum)
{
    int32_t word;
    memcpy(&word, a, sizeof word);
    const __m256i x = _mm256_set1_epi32(word);
    if (way == WORDS)
        return _mm256_add_epi32(sum, _mm256_madd_epi16(x, code));
    const __m256i pairs = _mm256_maddubs_epi16(x, code);
    if (way == BYTES)
        return _mm256_add_epi16(sum, pairs);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* The sums start at zero; those of 16 bits are widened, pairwise, at the end. */
AVX2_INLINE void strip_part(enum way way, size_t rows, size_t words, const void *a, const __m256i *code,
                            __m256i *to)
{
    __m256i low[ROWS], high[ROWS];

    UNROLL
    for (size_t r = 0; r < rows; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    if (rows == ROWS)
        four_rows(way, words, a, code, low, high);
    for (size_t k = 0; rows < ROWS && k < words; k++) {
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            const void *x = (const char *)a + (k * rows + r) * 4;
            low[r] = multiply_add(way, x, code[2 * k], low[r]);
            high[r] = multiply_add(way, x, code[2 * k + 1], high[r]);
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        if (way == BYTES) {
            low[r] = _mm256_madd_epi16(low[r], _mm256_set1_epi16(1));
            high[r] = _mm256_madd_epi16(high[r], _mm256_set1_epi16(1));
        }
        to[2 * r] = _mm256_add_epi32(to[2 * r], low[r]);
        to[2 * r + 1] = _mm256_add_epi32(to[2 * r + 1], high[r]);
    }
}

AVX2_INLINE void strip_rows(size_t rows, size_t words, size_t span, const void *a, const void *b,
                            int32_t *sum)
{
    __m256i *to = (__m256i *)(void *)sum;

    if (span == 0)
        strip_part(WORDS, rows, words, a, b, to);
    else if (span == 1)
        strip_part(PAIRS, rows, words, a, b, to);
    for (size_t k = 0; span > 1 && k < words; k += span)
        strip_part(BYTES, rows, words - k < span ? words - k : span, (const char *)a + k * rows * 4,
                   (const __m256i *)b + 2 * k, to);
}

__attribute__((target("avx2"))) static void strip_avx2(size_t rows, size_t words, size_t span, const void *a,
                                                       const void *b, int32_t *sum)
{
    switch (rows) {
    case 1:
        strip_rows(1, words, span, a, b, sum);
        break;
    case 2:
        strip_rows(2, words, span, a, b, sum);
        break;
    case 3:
        strip_rows(3, words, span, a, b, sum);
        break;
    default:
        strip_rows(ROWS, words, span, a, b, sum);
        break;
    }
}
#endif

sterna_strip_int *sterna_strip_int_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return strip_avx2;
#endif
    return sterna_strip_int_portable;
}
