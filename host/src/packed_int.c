#include "packed_int.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* As in packed.c: the registers hold a strip of rows times a panel of columns, and the words to multiply. DEPTH rows of a panel are 8 KB as
 * bytes and 16 KB as 16-bit numbers; CHUNK rows of activations are at most 96 KB. Both divide by 4. */
enum { WIDTH = 16, STRIP = 4, DEPTH = 512, CHUNK = 96, OFFSET = 128, NARROW = 4 };

/* Codes that reach +-largest: how often four products can be added, by twos, to a 16-bit sum. */
static size_t span_of(int largest)
{
    const size_t span = largest == 0 ? 64 : 32767u / (2u * 255u * (unsigned)largest);
    return span < NARROW ? 0 : span;
}

static size_t round_up(size_t value, size_t step)
{
    return (value + step - 1) / step * step;
}

enum sterna_status sterna_packed_int_new(size_t inner, size_t cols, struct sterna_packed_int *packed,
                                         struct sterna_error *error)
{
    struct sterna_packed_int fresh = {.inner = inner, .cols = cols, .span = NARROW};

    if (inner > STERNA_PACKED_INT_INNER)
        return sterna_fail(error, STERNA_ERR_RANGE, "sums over %zu products could overflow; at most %d",
                           inner, STERNA_PACKED_INT_INNER);
    if (cols <= SIZE_MAX - WIDTH) {
        fresh.panel = sterna_buffer_new(round_up(cols, WIDTH), round_up(inner, 4) * sizeof(int16_t));
        fresh.excess = sterna_buffer_new(round_up(cols, WIDTH), sizeof(int32_t));
    }
    if (!fresh.panel || !fresh.excess) {
        sterna_packed_int_free(&fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", inner, cols);
    }
    *packed = fresh;
    return STERNA_OK;
}

void sterna_packed_int_free(struct sterna_packed_int *packed)
{
    free(packed->panel);
    free(packed->excess);
    memset(packed, 0, sizeof *packed);
}

/* ---- layout of the codes ---- */

static int largest_code(const int8_t *code, size_t count)
{
    int largest = 0;
    for (size_t i = 0; i < count; i++) {
        const int size = code[i] < 0 ? -code[i] : code[i];
        largest = size > largest ? size : largest;
    }
    return largest;
}

/* Column n of its panel; the rest of the last group of rows stays zero. */
static void fill_bytes(size_t inner, const int8_t *code, int8_t *to)
{
    for (size_t k = 0; k < inner; k++)
        to[k / 4 * 4 * WIDTH + k % 4] = code[k];
}

static void fill_words(size_t inner, const int8_t *code, int16_t *to)
{
    for (size_t k = 0; k < inner; k++)
        to[k / 2 * 2 * WIDTH + k % 2] = code[k];
}

void sterna_packed_int_fill(struct sterna_packed_int *packed, const int8_t *code)
{
    const size_t inner = packed->inner, rows = round_up(inner, 4), cols = round_up(packed->cols, WIDTH);

    packed->span = span_of(largest_code(code, packed->cols * inner));
    memset(packed->panel, 0, cols * rows * (packed->span > 0 ? sizeof(int8_t) : sizeof(int16_t)));
    for (size_t n = 0; n < packed->cols; n++) {
        const size_t start = n / WIDTH * WIDTH * rows;
        int32_t sum = 0;
        if (packed->span > 0)
            fill_bytes(inner, code + n * inner, (int8_t *)packed->panel + start + n % WIDTH * 4);
        else
            fill_words(inner, code + n * inner, (int16_t *)packed->panel + start + n % WIDTH * 2);
        for (size_t k = 0; k < inner; k++)
            sum += code[n * inner + k];
        packed->excess[n] = packed->span > 0 ? OFFSET * sum : 0;
    }
}

/* ---- layout of the activations: what is multiplied together lies in one 32-bit word ---- */

/* to [depth/4][rows][4], activation + 128 (which is its sign bit turned); zero beyond depth. */
static void pack_bytes(size_t rows, size_t depth, const int8_t *a, size_t lda, uint32_t *to)
{
    for (size_t r = 0; r < rows; r++, a += lda) {
        for (size_t k = 0; k < depth; k += 4) {
            uint32_t word = 0;
            memcpy(&word, a + k, depth - k < 4 ? depth - k : 4);
            to[k / 4 * rows + r] = word ^ 0x80808080u;
        }
    }
}

/* to [depth/2][rows][2] */
static void pack_words(size_t rows, size_t depth, const int8_t *a, size_t lda, int16_t *to)
{
    for (size_t r = 0; r < rows; r++, a += lda) {
        for (size_t k = 0; k < depth; k += 2) {
            to[(k / 2 * rows + r) * 2] = a[k];
            to[(k / 2 * rows + r) * 2 + 1] = k + 1 < depth ? a[k + 1] : 0;
        }
    }
}

/* ---- a strip times a panel: sum [rows, 16] += ---- */

/* words: 32-bit words of the inner dimension; span as in sterna_packed_int. */
typedef void strip_product(size_t rows, size_t words, size_t span, const void *a, const void *b,
                           int32_t *sum);

static void strip_portable(size_t rows, size_t words, size_t span, const void *a, const void *b, int32_t *sum)
{
    const uint8_t *bytes = a;
    const int8_t *codes = b;
    const int16_t *activations = a, *wide = b;

    for (size_t i = 0; i < words * rows * WIDTH; i++) {
        const size_t k = i / (rows * WIDTH), r = i / WIDTH % rows, n = i % WIDTH;
        const size_t x = k * rows + r, w = k * WIDTH + n;
        for (size_t j = 0; span > 0 && j < 4; j++)
            sum[r * WIDTH + n] += bytes[x * 4 + j] * codes[w * 4 + j];
        for (size_t j = 0; span == 0 && j < 2; j++)
            sum[r * WIDTH + n] += activations[x * 2 + j] * wide[w * 2 + j];
    }
}

#if defined(__x86_64__)
#define AVX2_ROWS __attribute__((target("avx2"), always_inline)) static inline void

#define AVX2_VALUE __attribute__((target("avx2"), always_inline)) static inline __m256i

/* The word of every row at k, in all lanes. */
AVX2_VALUE spread(const void *a, size_t index)
{
    int32_t word;
    memcpy(&word, (const char *)a + index * sizeof word, sizeof word);
    return _mm256_set1_epi32(word);
}

/* Multiply, then add in place. Written out because compilers keep one more copy of each sum than there are
 * registers for, and read a code from memory once per row: half the speed. */
AVX2_VALUE add_bytes(__m256i sum, __m256i x, __m256i code)
{
    __m256i products;
    __asm__("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0" : "+x"(sum), "=&x"(products) : "x"(x), "x"(code));
    return sum;
}

AVX2_VALUE add_words(__m256i sum, __m256i x, __m256i code)
{
    __m256i products;
    __asm__("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(products) : "x"(x), "x"(code));
    return sum;
}

AVX2_ROWS strip_words_rows(size_t rows, size_t words, const void *a, const void *b, int32_t *sum)
{
    __m256i low[STRIP], high[STRIP], *to = (__m256i *)(void *)sum;
    const __m256i *code = b;

#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        low[r] = _mm256_load_si256(to + 2 * r);
        high[r] = _mm256_load_si256(to + 2 * r + 1);
    }
    for (size_t k = 0; k < words; k++, code += 2) {
        const __m256i code_low = _mm256_load_si256(code), code_high = _mm256_load_si256(code + 1);
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            const __m256i x = spread(a, k * rows + r);
            low[r] = add_words(low[r], x, code_low);
            high[r] = add_words(high[r], x, code_high);
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        _mm256_store_si256(to + 2 * r, low[r]);
        _mm256_store_si256(to + 2 * r + 1, high[r]);
    }
}

/* At most span words: the 16-bit sums start at zero and are added, pairwise, to the 32-bit ones. */
AVX2_ROWS strip_bytes_rows(size_t rows, size_t words, const void *a, const __m256i *code, __m256i *to)
{
    __m256i low[STRIP], high[STRIP];
    const __m256i ones = _mm256_set1_epi16(1);

#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    for (size_t k = 0; k < words; k++, code += 2) {
        const __m256i code_low = _mm256_load_si256(code), code_high = _mm256_load_si256(code + 1);
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            const __m256i x = spread(a, k * rows + r);
            low[r] = add_bytes(low[r], x, code_low);
            high[r] = add_bytes(high[r], x, code_high);
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        to[2 * r] = _mm256_add_epi32(to[2 * r], _mm256_madd_epi16(low[r], ones));
        to[2 * r + 1] = _mm256_add_epi32(to[2 * r + 1], _mm256_madd_epi16(high[r], ones));
    }
}

/* Inlined with a constant number of rows: the loops over r unroll and the sums stay in registers. */
AVX2_ROWS strip_rows(size_t rows, size_t words, size_t span, const void *a, const void *b, int32_t *sum)
{
    if (span == 0) {
        strip_words_rows(rows, words, a, b, sum);
        return;
    }
    for (size_t k = 0; k < words; k += span)
        strip_bytes_rows(rows, words - k < span ? words - k : span, (const char *)a + k * rows * 4,
                         (const __m256i *)b + 2 * k, (__m256i *)(void *)sum);
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
        strip_rows(STRIP, words, span, a, b, sum);
        break;
    }
}
#endif

static strip_product *best_strip(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return strip_avx2;
#endif
    return strip_portable;
}

/* ---- the product ---- */

/* to [width] = tile + or - what is there, or the excess: the first block of the inner dimension starts it. */
static void put_row(const int32_t *tile, size_t width, const int32_t *excess, int32_t *to)
{
    for (size_t n = 0; n < width; n++)
        to[n] = tile[n] + (excess ? -excess[n] : to[n]);
}

/* A strip of rows times the panel of column n. */
static void tile_product(strip_product *strip, size_t rows, size_t words, const void *a,
                         const struct sterna_packed_int *b, size_t n, const void *panel, bool add,
                         int32_t *sums, size_t ldc)
{
    const size_t width = b->cols - n < WIDTH ? b->cols - n : WIDTH;
    const int32_t *excess = add ? NULL : b->excess + n;
    _Alignas(32) int32_t tile[STRIP * WIDTH] = {0};

    strip(rows, words, b->span, a, panel, tile);
    for (size_t r = 0; r < rows; r++) {
        if (width == WIDTH)
            put_row(tile + r * WIDTH, WIDTH, excess, sums + r * ldc + n);
        else
            put_row(tile + r * WIDTH, width, excess, sums + r * ldc + n);
    }
}

/* At most CHUNK rows and DEPTH of the inner dimension, from k0 on. Rows are spread evenly over the strips. */
static void chunk_product(strip_product *strip, size_t rows, size_t k0, const int8_t *a, size_t lda,
                          const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    _Alignas(64) int16_t packed[CHUNK * DEPTH];
    const size_t depth = b->inner - k0 < DEPTH ? b->inner - k0 : DEPTH, strips = (rows + STRIP - 1) / STRIP;
    const size_t per_word = b->span > 0 ? 4 : 2, words = (depth + per_word - 1) / per_word;

    for (size_t s = 0; s < strips; s++) {
        const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
        int16_t *to = packed + first * words * 2;
        if (b->span > 0)
            pack_bytes(end - first, depth, a + first * lda + k0, lda, (uint32_t *)(void *)to);
        else
            pack_words(end - first, depth, a + first * lda + k0, lda, to);
    }
    for (size_t n = 0; n < b->cols; n += WIDTH) {
        const char *panel =
            (const char *)b->panel + (n * round_up(b->inner, 4) + k0 * WIDTH) * (4 / per_word);
        for (size_t s = 0; s < strips; s++) {
            const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
            tile_product(strip, end - first, words, packed + first * words * 2, b, n, panel, k0 > 0,
                         sums + first * ldc, ldc);
        }
    }
}

static void product(strip_product *strip, size_t rows, const int8_t *a, size_t lda,
                    const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    for (size_t first = 0; first < rows; first += CHUNK) {
        const size_t count = rows - first < CHUNK ? rows - first : CHUNK;
        for (size_t k0 = 0; k0 < b->inner; k0 += DEPTH)
            chunk_product(strip, count, k0, a + first * lda, lda, b, sums + first * ldc, ldc);
    }
}

void sterna_packed_int_product(size_t rows, const int8_t *a, size_t lda, const struct sterna_packed_int *b,
                               int32_t *sums, size_t ldc)
{
    product(best_strip(), rows, a, lda, b, sums, ldc);
}

void sterna_packed_int_product_portable(size_t rows, const int8_t *a, size_t lda,
                                        const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    product(strip_portable, rows, a, lda, b, sums, ldc);
}
