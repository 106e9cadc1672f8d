#include "fast_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { CHECK_ROWS = 150, CHECK_COLS = 172, CHECK_SUMS = 256 };

const struct sterna_fast_kernel *const sterna_fast_kernels[] = {
#if defined(__x86_64__)
    &sterna_fast_vnni, &sterna_fast_avx2,
#elif defined(__aarch64__)
    &sterna_fast_neon,
#endif
    &sterna_fast_portable, NULL};

void sterna_fast_multiply(const struct sterna_fast_kernel *kernel, const struct sterna_fast_matrix *matrix,
                          const int8_t *x, int32_t *sums)
{
    kernel->multiply(matrix, x, sterna_fast_start(matrix->layout, x, sterna_fast_inputs(matrix)), sums);
}

/* Codes of +-most, all of them or in between; without 0 if most is 1 and full. */
static void draw_codes(int most, bool full, int8_t *code, size_t count)
{
    uint32_t random = 1;
    for (size_t i = 0; i < count; i++) {
        random = random * 1664525u + 1013904223u;
        const int range = 2 * most + 1, value = (int)((random >> 16) % (unsigned)range) - most;
        code[i] = (int8_t)(full ? (value < 0 ? -most : most) : value);
    }
}

/* The portable one's matrix has lanes of its own: the sums are in the same order all the same. */
static bool agrees_on(const struct sterna_fast_kernel *kernel, const int8_t *code, const int8_t *x)
{
    _Alignas(64) int32_t expected[CHECK_SUMS], sums[CHECK_SUMS];
    struct sterna_fast_matrix ours = {0}, theirs = {0};
    bool same = false;
    if (sterna_fast_matrix_new(code, CHECK_ROWS, CHECK_COLS, sterna_fast_portable.lanes,
                               sterna_fast_portable.layouts, &ours, NULL) == STERNA_OK &&
        sterna_fast_matrix_new(code, CHECK_ROWS, CHECK_COLS, kernel->lanes, kernel->layouts, &theirs, NULL) ==
            STERNA_OK &&
        sterna_fast_sums(&ours) <= CHECK_SUMS && sterna_fast_sums(&theirs) <= CHECK_SUMS) {
        sterna_fast_multiply(&sterna_fast_portable, &ours, x, expected);
        sterna_fast_multiply(kernel, &theirs, x, sums);
        same = memcmp(sums, expected, CHECK_ROWS * sizeof *sums) == 0;
    }
    sterna_fast_matrix_free(&ours);
    sterna_fast_matrix_free(&theirs);
    return same;
}

bool sterna_fast_kernel_agrees(const struct sterna_fast_kernel *kernel)
{
    static const int most[] = {1, 1, 7, 64, 127};
    _Alignas(64) int8_t x[(CHECK_COLS + 7) / 8 * 8] = {0};
    int8_t *code = malloc(CHECK_ROWS * CHECK_COLS);
    bool same = code != NULL;
    for (int k = 0; same && k < 4 * (int)(sizeof most / sizeof *most); k++) {
        draw_codes(most[k / 4], k / 4 == 0 || k % 4 == 3, code, CHECK_ROWS * CHECK_COLS);
        draw_codes(127, k % 4 > 1, x, CHECK_COLS);
        same = agrees_on(kernel, code, x);
    }
    free(code);
    return same;
}

const struct sterna_fast_kernel *sterna_fast_kernel_best(void)
{
    const struct sterna_fast_kernel *kernel = NULL;
    for (size_t i = 0; (kernel = sterna_fast_kernels[i]) != NULL && kernel != &sterna_fast_portable; i++)
        if (kernel->runs() && sterna_fast_kernel_agrees(kernel))
            return kernel;
    return &sterna_fast_portable;
}
