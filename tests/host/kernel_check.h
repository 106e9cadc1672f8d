/* kernel_check.h - a kernel of fast_kernel.h against the plain product of codes and activations; for tests only. */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "buffer.h"
#include "fast_kernel.h"

#include <check.h>

enum { KERNEL_SHAPES = 60, KERNEL_SIZE = 300 };

/* Largest code and whether 0 occurs, by layout. */
static const int kernel_largest[STERNA_FAST_LAYOUTS] = {1, 1, 1, 7, 64, 127};

static inline void kernel_fill(enum sterna_fast_layout layout, bool extreme, uint64_t *seed, int8_t *code,
                               size_t count)
{
    const size_t range = 2 * (size_t)kernel_largest[layout] + 1;
    for (size_t i = 0; i < count; i++) {
        const int value = (int)random_below(seed, range) - kernel_largest[layout];
        const bool full = extreme || layout == STERNA_FAST_BITS;
        code[i] = (int8_t)(!full ? value : value < 0 ? -kernel_largest[layout] : kernel_largest[layout]);
    }
    if (layout != STERNA_FAST_BITS) /* so that no narrower one would do */
        code[0] = 0, code[count - 1] = (int8_t)(kernel_largest[layout] == 1 ? 0 : -kernel_largest[layout]);
}

static inline void kernel_check_product(const struct sterna_fast_kernel *kernel,
                                        enum sterna_fast_layout layout, size_t rows, size_t cols,
                                        bool extreme, uint64_t *seed)
{
    const unsigned layouts = kernel->layouts >> layout << layout; /* none before this one */
    struct sterna_fast_matrix matrix;
    int8_t *code = malloc(rows * cols + 1);
    kernel_fill(layout, extreme, seed, code, rows * cols);
    ck_assert_int_eq(sterna_fast_matrix_new(code, rows, cols, kernel->lanes, layouts, &matrix, NULL),
                     STERNA_OK);
    if (rows * cols > 1 && layouts >> layout & 1)
        ck_assert_int_eq(matrix.layout, layout);
    int8_t *x = sterna_buffer_new(sterna_fast_inputs(&matrix), 1);
    int32_t *sums = sterna_buffer_new(sterna_fast_sums(&matrix), sizeof *sums);
    for (size_t i = 0; i < cols; i++)
        x[i] = (int8_t)(extreme ? random_below(seed, 2) * 254 - 127 : random_below(seed, 255) - 127);
    if (random_below(seed, 4) == 0)
        memset(x, extreme ? 127 : -127, cols);
    sterna_fast_multiply(kernel, &matrix, x, sums);
    for (size_t row = 0; row < rows; row++) {
        int32_t sum = 0;
        for (size_t col = 0; col < cols; col++)
            sum += code[row * cols + col] * x[col];
        ck_assert_msg(sums[row] == sum, "%s, %s, %zu x %zu, row %zu: %d, not %d", kernel->name,
                      sterna_fast_layout_name(layout), rows, cols, row, sums[row], sum);
    }
    free(x);
    free(sums);
    free(code);
    sterna_fast_matrix_free(&matrix);
}

/* Random shapes, some of them at the ends of all ranges, and rows as long as a model may have. Codes of a layout that the kernel does not have
 * are laid out in a wider one. */
static inline void kernel_check(const struct sterna_fast_kernel *kernel, enum sterna_fast_layout layout)
{
    uint64_t seed = (uint64_t)layout + 1;
    for (int shape = 0; shape < KERNEL_SHAPES; shape++)
        kernel_check_product(kernel, layout, 1 + random_below(&seed, KERNEL_SIZE),
                             1 + random_below(&seed, KERNEL_SIZE), shape % 3 == 0, &seed);
    kernel_check_product(kernel, layout, 3, 16384, true, &seed);
}

#endif
