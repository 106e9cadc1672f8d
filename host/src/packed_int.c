#include "packed_int.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "strip_int.h"

/* As in packed.c: a block of a panel, BLOCK bytes for each of its columns, stays in the first-level cache
 * while the strips of a chunk pass over it; the chunk, repacked so that a strip is one stream, stays in the
 * second level. */
enum { CHUNK = 96, BLOCK = 1024, OFFSET = 128, WIDTH = STERNA_STRIP_COLS };

/* Codes that reach +-largest: how often four products can be added, by twos, to a 16-bit sum. Below 4 times
 * that is slower than adding every pair to a 32-bit sum. */
static size_t span_of(int largest)
{
    const size_t span = largest == 0 ? 64 : 32767u / (2u * 255u * (unsigned)largest);
    return span < 4 ? span > 0 : span;
}

static size_t round_up(size_t value, size_t step)
{
    return (value + step - 1) / step * step;
}

enum sterna_status sterna_packed_int_new(size_t inner, size_t cols, struct sterna_packed_int *packed,
                                         struct sterna_error *error)
{
    struct sterna_packed_int fresh = {.inner = inner, .cols = cols, .span = 1};

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
    const uint32_t signs = 0x80808080u;

    for (size_t k = 0; k + 4 <= depth; k += 4) {
        for (size_t r = 0; r < rows; r++) {
            uint32_t word;
            memcpy(&word, a + r * lda + k, sizeof word);
            *to++ = word ^ signs;
        }
    }
    for (size_t r = 0; depth % 4 > 0 && r < rows; r++) {
        uint32_t word = 0;
        memcpy(&word, a + r * lda + depth / 4 * 4, depth % 4);
        *to++ = word ^ signs;
    }
}

/* to [depth/2][rows][2] */
static void pack_words(size_t rows, size_t depth, const int8_t *a, size_t lda, int16_t *to)
{
    for (size_t k = 0; k < depth; k += 2) {
        for (size_t r = 0; r < rows; r++) {
            *to++ = a[r * lda + k];
            *to++ = k + 1 < depth ? a[r * lda + k + 1] : 0;
        }
    }
}

/* ---- the product ---- */

/* to [width] = tile + or - what is there, or the excess: the first block of the inner dimension starts it. */
static void put_row(const int32_t *tile, size_t width, const int32_t *excess, int32_t *to)
{
    for (size_t n = 0; n < width; n++)
        to[n] = tile[n] + (excess ? -excess[n] : to[n]);
}

/* A strip of rows times the panel of column n. */
static void tile_product(sterna_strip_int *strip, size_t rows, size_t words, const void *a,
                         const struct sterna_packed_int *b, size_t n, const void *panel, bool add,
                         int32_t *sums, size_t ldc)
{
    const size_t width = b->cols - n < WIDTH ? b->cols - n : WIDTH;
    const int32_t *excess = add ? NULL : b->excess + n;
    _Alignas(32) int32_t tile[STERNA_STRIP_ROWS * WIDTH] = {0};

    strip(rows, words, b->span, a, panel, tile);
    for (size_t r = 0; r < rows; r++) {
        if (width == WIDTH)
            put_row(tile + r * WIDTH, WIDTH, excess, sums + r * ldc + n);
        else
            put_row(tile + r * WIDTH, width, excess, sums + r * ldc + n);
    }
}

/* At most CHUNK rows and depth of the inner dimension, from k0 on. Rows are spread evenly over the strips. */
static void chunk_product(sterna_strip_int *strip, size_t rows, size_t k0, size_t depth, const int8_t *a,
                          size_t lda, const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    _Alignas(64) uint32_t packed[CHUNK * BLOCK / sizeof(uint32_t)];
    const size_t strips = (rows + STERNA_STRIP_ROWS - 1) / STERNA_STRIP_ROWS, per_word = b->span > 0 ? 4 : 2;
    const size_t words = (depth + per_word - 1) / per_word;

    for (size_t s = 0; s < strips; s++) {
        const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
        uint32_t *to = packed + first * words;
        if (b->span > 0)
            pack_bytes(end - first, depth, a + first * lda + k0, lda, to);
        else
            pack_words(end - first, depth, a + first * lda + k0, lda, (int16_t *)(void *)to);
    }
    for (size_t n = 0; n < b->cols; n += WIDTH) {
        const char *panel =
            (const char *)b->panel + (n * round_up(b->inner, 4) + k0 * WIDTH) * (4 / per_word);
        for (size_t s = 0; s < strips; s++) {
            const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
            tile_product(strip, end - first, words, packed + first * words, b, n, panel, k0 > 0,
                         sums + first * ldc, ldc);
        }
    }
}

static void product(sterna_strip_int *strip, size_t rows, const int8_t *a, size_t lda,
                    const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    const size_t step = b->span > 0 ? BLOCK : BLOCK / 2;

    for (size_t first = 0; first < rows; first += CHUNK) {
        const size_t count = rows - first < CHUNK ? rows - first : CHUNK;
        for (size_t k0 = 0; k0 < b->inner; k0 += step)
            chunk_product(strip, count, k0, b->inner - k0 < step ? b->inner - k0 : step, a + first * lda, lda,
                          b, sums + first * ldc, ldc);
    }
}

void sterna_packed_int_product(size_t rows, const int8_t *a, size_t lda, const struct sterna_packed_int *b,
                               int32_t *sums, size_t ldc)
{
    product(sterna_strip_int_best(), rows, a, lda, b, sums, ldc);
}

void sterna_packed_int_product_portable(size_t rows, const int8_t *a, size_t lda,
                                        const struct sterna_packed_int *b, int32_t *sums, size_t ldc)
{
    product(sterna_strip_int_portable, rows, a, lda, b, sums, ldc);
}
