#include "packed.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* A strip of rows times a panel of columns is what the registers hold (6 x 16: 12 of 16 vector registers).
 * DEPTH rows of a panel are 16 KB and stay in the first-level cache while the strips of a chunk pass over
 * them; the chunk itself, repacked so that a strip is one stream, stays in the second level. */
enum { WIDTH = 16, STRIP = 6, DEPTH = 256, CHUNK = 96, FETCHED = 5 };

enum sterna_status sterna_packed_new(size_t inner, size_t cols, struct sterna_packed *packed,
                                     struct sterna_error *error)
{
    const size_t panels = cols / WIDTH + (cols % WIDTH > 0);

    float *panel = NULL;
    if (panels <= SIZE_MAX / WIDTH && inner <= SIZE_MAX / sizeof(float))
        panel = sterna_buffer_new(panels * WIDTH, inner * sizeof(float));
    if (!panel)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", inner, cols);
    *packed = (struct sterna_packed){.inner = inner, .cols = cols, .panel = panel};
    return STERNA_OK;
}

void sterna_packed_free(struct sterna_packed *packed)
{
    free(packed->panel);
    memset(packed, 0, sizeof *packed);
}

/* ---- layout ---- */

/* Sixteen rows of w become sixteen columns: by squares, so that both sides stay in the cache. */
static void fill_transposed(size_t inner, size_t width, const float *w, size_t ldw, float *panel)
{
    for (size_t k0 = 0; k0 < inner; k0 += WIDTH) {
        const size_t k1 = k0 + WIDTH < inner ? k0 + WIDTH : inner;
        for (size_t n = 0; n < width; n++) {
            for (size_t k = k0; k < k1; k++)
                panel[k * WIDTH + n] = w[n * ldw + k];
        }
    }
}

void sterna_packed_fill(struct sterna_packed *packed, const float *w, size_t ldw, bool transposed)
{
    const size_t inner = packed->inner;

    for (size_t n = 0; n < packed->cols; n += WIDTH) {
        const size_t width = packed->cols - n < WIDTH ? packed->cols - n : WIDTH;
        float *panel = packed->panel + n * inner;
        if (transposed) {
            fill_transposed(inner, width, w + n * ldw, ldw, panel);
            continue;
        }
        for (size_t k = 0; k < inner; k++)
            memcpy(panel + k * WIDTH, w + k * ldw + n, width * sizeof(float));
    }
}

/* to [depth][rows] */
static void pack_strip(size_t rows, size_t depth, const float *a, size_t lda, float *to)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t k = 0; k < depth; k++)
            to[k * rows + r] = a[r * lda + k];
    }
}

/* ---- a strip [depth][rows] times a panel [depth][16] ---- */

typedef void strip_product(size_t rows, size_t depth, const float *a, const float *b, bool add, float *c,
                           size_t ldc);

static void strip_portable(size_t rows, size_t depth, const float *a, const float *b, bool add, float *c,
                           size_t ldc)
{
    for (size_t r = 0; r < rows; r++) {
        float sum[WIDTH] = {0};
        for (size_t k = 0; k < depth; k++) {
            for (size_t n = 0; n < WIDTH; n++)
                sum[n] += a[k * rows + r] * b[k * WIDTH + n];
        }
        for (size_t n = 0; n < WIDTH; n++)
            c[r * ldc + n] = add ? c[r * ldc + n] + sum[n] : sum[n];
    }
}

#if defined(__x86_64__)
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 6")
#endif

/* Inlined with a constant number of rows: the loops over r unroll and the sums stay in registers. */
__attribute__((target("avx2,fma"), always_inline)) static inline void strip_fma_rows(
    size_t rows, size_t depth, const float *a, const float *b, bool add, float *c, size_t ldc)
{
    __m256 low[STRIP], high[STRIP];

    UNROLL
    for (size_t r = 0; r < rows; r++)
        low[r] = high[r] = _mm256_setzero_ps();
    for (size_t k = 0; k < depth; k++, a += rows, b += WIDTH) {
        const __m256 b_low = _mm256_load_ps(b), b_high = _mm256_load_ps(b + 8);
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            const __m256 value = _mm256_broadcast_ss(a + r);
            low[r] = _mm256_fmadd_ps(value, b_low, low[r]);
            high[r] = _mm256_fmadd_ps(value, b_high, high[r]);
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++, c += ldc) {
        if (add) {
            low[r] = _mm256_add_ps(_mm256_loadu_ps(c), low[r]);
            high[r] = _mm256_add_ps(_mm256_loadu_ps(c + 8), high[r]);
        }
        _mm256_storeu_ps(c, low[r]);
        _mm256_storeu_ps(c + 8, high[r]);
    }
}

__attribute__((target("avx2,fma"))) static void strip_fma(size_t rows, size_t depth, const float *a,
                                                          const float *b, bool add, float *c, size_t ldc)
{
    switch (rows) {
    case 1:
        strip_fma_rows(1, depth, a, b, add, c, ldc);
        break;
    case 2:
        strip_fma_rows(2, depth, a, b, add, c, ldc);
        break;
    case 3:
        strip_fma_rows(3, depth, a, b, add, c, ldc);
        break;
    case 4:
        strip_fma_rows(4, depth, a, b, add, c, ldc);
        break;
    case 5:
        strip_fma_rows(5, depth, a, b, add, c, ldc);
        break;
    default:
        strip_fma_rows(STRIP, depth, a, b, add, c, ldc);
        break;
    }
}
#endif

static strip_product *best_strip(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return strip_fma;
#endif
    return strip_portable;
}

/* ---- the product ---- */

/* The last panel may be wider than c. */
static void strip_edge(strip_product *strip, size_t rows, size_t depth, const float *a, const float *b,
                       size_t width, bool add, float *c, size_t ldc)
{
    float tile[STRIP * WIDTH];

    strip(rows, depth, a, b, false, tile, WIDTH);
    for (size_t r = 0; r < rows; r++) {
        for (size_t n = 0; n < width; n++)
            c[r * ldc + n] = add ? c[r * ldc + n] + tile[r * WIDTH + n] : tile[r * WIDTH + n];
    }
}

/* Rows first to end of the next panel, while this one is multiplied; with few strips a share is too large to
 * arrive unnoticed. */
static void fetch(const float *panel, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++)
        __builtin_prefetch(panel + k * WIDTH, 0, 3);
}

/* At most CHUNK rows and DEPTH of the inner dimension, from k0 on. Rows are spread evenly over the strips. */
static void chunk_product(strip_product *strip, size_t rows, size_t k0, const float *a, size_t lda,
                          const struct sterna_packed *b, bool add, float *c, size_t ldc)
{
    _Alignas(64) float packed[CHUNK * DEPTH];
    const size_t depth = b->inner - k0 < DEPTH ? b->inner - k0 : DEPTH, strips = (rows + STRIP - 1) / STRIP;

    for (size_t s = 0; s < strips; s++) {
        const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
        pack_strip(end - first, depth, a + first * lda + k0, lda, packed + first * depth);
    }
    for (size_t n = 0; n < b->cols; n += WIDTH) {
        const float *panel = b->panel + n * b->inner + k0 * WIDTH;
        const size_t width = b->cols - n < WIDTH ? b->cols - n : WIDTH;
        for (size_t s = 0; s < strips; s++) {
            const size_t first = rows * s / strips, end = rows * (s + 1) / strips;
            float *to = c + first * ldc + n;
            if (strips >= FETCHED && n + WIDTH < b->cols)
                fetch(panel + b->inner * WIDTH, depth * s / strips, depth * (s + 1) / strips);
            if (width == WIDTH)
                strip(end - first, depth, packed + first * depth, panel, add, to, ldc);
            else
                strip_edge(strip, end - first, depth, packed + first * depth, panel, width, add, to, ldc);
        }
    }
}

static void product(strip_product *strip, size_t rows, const float *a, size_t lda,
                    const struct sterna_packed *b, bool add, float *c, size_t ldc)
{
    for (size_t first = 0; first < rows; first += CHUNK) {
        const size_t count = rows - first < CHUNK ? rows - first : CHUNK;
        for (size_t k0 = 0; k0 < b->inner; k0 += DEPTH)
            chunk_product(strip, count, k0, a + first * lda, lda, b, add || k0 > 0, c + first * ldc, ldc);
    }
}

void sterna_packed_product(size_t rows, const float *a, size_t lda, const struct sterna_packed *b, bool add,
                           float *c, size_t ldc)
{
    product(best_strip(), rows, a, lda, b, add, c, ldc);
}

void sterna_packed_product_portable(size_t rows, const float *a, size_t lda, const struct sterna_packed *b,
                                    bool add, float *c, size_t ldc)
{
    product(strip_portable, rows, a, lda, b, add, c, ldc);
}
