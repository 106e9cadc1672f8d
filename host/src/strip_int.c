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
/* AVX2. Functions are inlined with a constant number of rows: loops over r unroll and the sums, eight columns in low
 * and eight in high, stay in registers. */
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

/* Four rows, written out: compilers keep more copies of the sums than there are registers for and read the codes
 * once per row, which halves the speed. The two products of a row go first, their additions after them. */
#define ROW(offset, low, high, multiply, add)                                                                \
    "vpbroadcastd " offset "(%[a]), %%ymm12\n\t" multiply " %%ymm14, %%ymm12, %%ymm13\n\t" multiply          \
    " %%ymm15, %%ymm12, %%ymm12\n\t" add " %%ymm13, %[" low "], %[" low "]\n\t" add " %%ymm12, %[" high      \
    "], %[" high "]\n\t"
#define FOUR_ROWS(words, a, code, low, high, multiply, add)                                                  \
    __asm__ volatile(".p2align 5\n"                                                                          \
                     "1:\n\t"                                                                                \
                     "vmovdqa (%[code]), %%ymm14\n\t"                                                        \
                     "vmovdqa 32(%[code]), %%ymm15\n\t" ROW("0", "l0", "h0", multiply, add)                  \
                         ROW("4", "l1", "h1", multiply, add) ROW("8", "l2", "h2", multiply, add)             \
                             ROW("12", "l3", "h3", multiply, add) "add $16, %[a]\n\t"                        \
                                                                  "add $64, %[code]\n\t"                     \
                                                                  "dec %[words]\n\t"                         \
                                                                  "jnz 1b"                                   \
                     : [words] "+r"(words), [a] "+r"(a), [code] "+r"(code), [l0] "+x"((low)[0]),             \
                       [l1] "+x"((low)[1]), [l2] "+x"((low)[2]), [l3] "+x"((low)[3]), [h0] "+x"((high)[0]),  \
                       [h1] "+x"((high)[1]), [h2] "+x"((high)[2]), [h3] "+x"((high)[3])                      \
                     :                                                                                       \
                     : "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc")

/* The word at index, in all lanes. */
AVX2_INLINE __m256i spread(const void *a, size_t index)
{
    int32_t word;
    memcpy(&word, (const char *)a + index * sizeof word, sizeof word);
    return _mm256_set1_epi32(word);
}

AVX2_INLINE void strip_words(size_t rows, size_t words, const void *a, const __m256i *code, __m256i *to)
{
    __m256i low[ROWS], high[ROWS];

#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        low[r] = _mm256_load_si256(to + 2 * r);
        high[r] = _mm256_load_si256(to + 2 * r + 1);
    }
    if (rows == ROWS)
        FOUR_ROWS(words, a, code, low, high, "vpmaddwd", "vpaddd");
    for (size_t k = 0; rows < ROWS && k < words; k++) {
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            const __m256i x = spread(a, k * rows + r);
            low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(x, code[2 * k]));
            high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(x, code[2 * k + 1]));
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        _mm256_store_si256(to + 2 * r, low[r]);
        _mm256_store_si256(to + 2 * r + 1, high[r]);
    }
}

/* At most span words: the 16-bit sums start at zero and are added, pairwise, to the 32-bit ones. */
AVX2_INLINE void strip_bytes(size_t rows, size_t words, const void *a, const __m256i *code, __m256i *to)
{
    __m256i low[ROWS], high[ROWS];
    const __m256i ones = _mm256_set1_epi16(1);

#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    if (rows == ROWS)
        FOUR_ROWS(words, a, code, low, high, "vpmaddubsw", "vpaddw");
    for (size_t k = 0; rows < ROWS && k < words; k++) {
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            const __m256i x = spread(a, k * rows + r);
            low[r] = _mm256_add_epi16(low[r], _mm256_maddubs_epi16(x, code[2 * k]));
            high[r] = _mm256_add_epi16(high[r], _mm256_maddubs_epi16(x, code[2 * k + 1]));
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        to[2 * r] = _mm256_add_epi32(to[2 * r], _mm256_madd_epi16(low[r], ones));
        to[2 * r + 1] = _mm256_add_epi32(to[2 * r + 1], _mm256_madd_epi16(high[r], ones));
    }
}

AVX2_INLINE void strip_rows(size_t rows, size_t words, size_t span, const void *a, const void *b,
                            int32_t *sum)
{
    __m256i *to = (__m256i *)(void *)sum;

    if (span == 0) {
        strip_words(rows, words, a, b, to);
        return;
    }
    for (size_t k = 0; k < words; k += span)
        strip_bytes(rows, words - k < span ? words - k : span, (const char *)a + k * rows * 4,
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
