/* test_fast_kernel.c - every kernel that runs here computes the plain product of codes and activations. */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "buffer.h"
#include "fast_kernel.h"

#include <check.h>

enum { SHAPES = 60, MOST = 300 };

/* Largest code and whether 0 occurs, by layout. */
static const int largest[STERNA_FAST_LAYOUTS] = {1, 1, 7, 64, 127};

static void fill(enum sterna_fast_layout layout, bool extreme, uint64_t *seed, int8_t *code, size_t count)
{
    const size_t range = 2 * (size_t)largest[layout] + 1;
    for (size_t i = 0; i < count; i++) {
        const int value = (int)random_below(seed, range) - largest[layout];
        const bool full = extreme || layout == STERNA_FAST_BITS;
        code[i] = (int8_t)(!full ? value : value < 0 ? -largest[layout] : largest[layout]);
    }
    if (layout != STERNA_FAST_BITS) /* so that no narrower one would do */
        code[0] = 0, code[count - 1] = (int8_t)(layout == STERNA_FAST_PAIRS ? 0 : -largest[layout]);
}

static void check_product(const struct sterna_fast_kernel *kernel, enum sterna_fast_layout layout,
                          size_t rows, size_t cols, bool extreme, uint64_t *seed)
{
    struct sterna_fast_matrix matrix;
    int8_t *code = malloc(rows * cols + 1);
    fill(layout, extreme, seed, code, rows * cols);
    ck_assert_int_eq(sterna_fast_matrix_new(code, rows, cols, kernel->lanes, &matrix, NULL), STERNA_OK);
    if (rows * cols > 1)
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

START_TEST(products_are_exact_in_every_layout_and_shape)
{
    uint64_t seed = (uint64_t)_i + 1;
    for (size_t k = 0; sterna_fast_kernels[k] != NULL; k++)
        for (int shape = 0; shape < SHAPES && sterna_fast_kernels[k]->runs(); shape++)
            check_product(sterna_fast_kernels[k], (enum sterna_fast_layout)_i, 1 + random_below(&seed, MOST),
                          1 + random_below(&seed, MOST), shape % 3 == 0, &seed);
}
END_TEST

/* As many columns as a model may have, all at the ends of their range. */
START_TEST(the_longest_rows_do_not_overflow)
{
    uint64_t seed = 5;
    for (size_t k = 0; sterna_fast_kernels[k] != NULL; k++)
        if (sterna_fast_kernels[k]->runs())
            check_product(sterna_fast_kernels[k], (enum sterna_fast_layout)_i, 3, 16384, true, &seed);
}
END_TEST

static void multiply_wrongly(const struct sterna_fast_matrix *matrix, const int8_t *x, int32_t start,
                             int32_t *sums)
{
    sterna_fast_portable.multiply(matrix, x, start, sums);
    sums[149] += matrix->layout == STERNA_FAST_SMALL; /* the last row */
}

START_TEST(a_kernel_that_errs_once_is_found_out)
{
    struct sterna_fast_kernel wrong = sterna_fast_portable;
    wrong.multiply = multiply_wrongly;
    ck_assert(!sterna_fast_kernel_agrees(&wrong));
    ck_assert(sterna_fast_kernel_agrees(&sterna_fast_portable));
}
END_TEST

START_TEST(the_best_kernel_runs_and_agrees)
{
    const struct sterna_fast_kernel *best = sterna_fast_kernel_best();
    ck_assert(best->runs());
    ck_assert(sterna_fast_kernel_agrees(best));
#if defined(__x86_64__)
    if (!sterna_fast_vnni.runs() && __builtin_cpu_supports("avx2"))
        ck_assert_ptr_eq(best, &sterna_fast_avx2);
#endif
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_kernel");
    TCase *tests = tcase_create("fast_kernel");
    tcase_add_loop_test(tests, products_are_exact_in_every_layout_and_shape, 0, STERNA_FAST_LAYOUTS);
    tcase_add_loop_test(tests, the_longest_rows_do_not_overflow, 0, STERNA_FAST_LAYOUTS);
    tcase_add_test(tests, a_kernel_that_errs_once_is_found_out);
    tcase_add_test(tests, the_best_kernel_runs_and_agrees);
    suite_add_tcase(suite, tests);
    return suite;
}
