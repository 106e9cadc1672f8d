/* test_packed.c - packed products against the triple loop in double: every number of rows, odd sizes, sizes
 * over the blocks of the kernel. */
#include "packed.h"

#include "gradient_check.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { ROWS = 100, COLS = 70, INNER = 530, BEYOND = 3 };

static float a[ROWS * (INNER + BEYOND)], w[INNER * (INNER + BEYOND)];
static float c[ROWS * (COLS + BEYOND)], before[ROWS * (COLS + BEYOND)];

static void set_up(void)
{
    uint64_t seed = 21;
    random_values(a, sizeof a / sizeof a[0], 1.0f, &seed);
    random_values(w, sizeof w / sizeof w[0], 1.0f, &seed);
    random_values(before, sizeof before / sizeof before[0], 1.0f, &seed);
}

typedef void product(size_t rows, const float *a, size_t lda, const struct sterna_packed *b, bool add,
                     float *c, size_t ldc);

static void multiply(product *multiplied, size_t rows, size_t cols, size_t inner, bool transposed, bool add)
{
    struct sterna_packed packed;

    memcpy(c, before, sizeof c);
    ck_assert_int_eq(sterna_packed_new(inner, cols, &packed, NULL), STERNA_OK);
    sterna_packed_fill(&packed, w, (transposed ? inner : cols) + BEYOND, transposed);
    multiplied(rows, a, inner + BEYOND, &packed, add, c, cols + BEYOND);
    sterna_packed_free(&packed);
}

static double element(size_t row, size_t col, size_t cols, size_t inner, bool transposed)
{
    double sum = 0.0;
    for (size_t k = 0; k < inner; k++)
        sum += (double)a[row * (inner + BEYOND) + k] *
               (double)(transposed ? w[col * (inner + BEYOND) + k] : w[k * (cols + BEYOND) + col]);
    return sum;
}

/* c must be the product (plus what was there), and nothing beyond its columns or rows may change. */
static void check_way(product *multiplied, size_t rows, size_t cols, size_t inner, bool transposed, bool add)
{
    int wrong = 0; /* one assertion for all: each costs a write to a pipe */
    multiply(multiplied, rows, cols, inner, transposed, add);
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        const size_t row = i / (cols + BEYOND), col = i % (cols + BEYOND);
        if (row >= rows || col >= cols) {
            wrong += c[i] != before[i];
            continue;
        }
        double sum = element(row, col, cols, inner, transposed) + (add ? (double)before[i] : 0.0);
        wrong += !(fabs((double)c[i] - sum) < 1e-4);
    }
    ck_assert_int_eq(wrong, 0);
}

static void check(size_t rows, size_t cols, size_t inner, bool transposed, bool add)
{
    check_way(sterna_packed_product, rows, cols, inner, transposed, add);
    check_way(sterna_packed_product_portable, rows, cols, inner, transposed, add);
}

START_TEST(product_is_the_triple_loop_for_any_size)
{
    static const size_t size[][3] = {{1, 1, 1},    {1, 70, 530}, {5, 16, 256},  {6, 17, 257},
                                     {7, 33, 511}, {13, 3, 530}, {64, 64, 512}, {100, 70, 530}};
    const size_t *s = size[_i / 4];
    check(s[0], s[1], s[2], _i % 2, _i / 2 % 2);
}
END_TEST

START_TEST(every_number_of_rows_up_to_twenty)
{
    check((size_t)_i, 21, 37, true, false);
}
END_TEST

START_TEST(rows_do_not_depend_on_their_neighbours)
{
    float together[ROWS * (COLS + BEYOND)];
    multiply(sterna_packed_product, ROWS, COLS, INNER, true, false);
    memcpy(together, c, sizeof together);
    for (size_t rows = 1; rows < ROWS; rows += 5) {
        multiply(sterna_packed_product, rows, COLS, INNER, true, false);
        for (size_t r = 0; r < rows; r++)
            ck_assert_mem_eq(c + r * (COLS + BEYOND), together + r * (COLS + BEYOND), COLS * sizeof(float));
    }
}
END_TEST

START_TEST(refilling_replaces_everything)
{
    struct sterna_packed packed;
    const float zero[4] = {0}, one[2] = {1.0f, 1.0f};
    float out[2];
    ck_assert_int_eq(sterna_packed_new(2, 2, &packed, NULL), STERNA_OK);
    sterna_packed_fill(&packed, w, 2, false);
    sterna_packed_fill(&packed, zero, 2, true);
    sterna_packed_product(1, one, 2, &packed, false, out, 2);
    ck_assert(out[0] == 0.0f && out[1] == 0.0f);
    sterna_packed_free(&packed);
    sterna_packed_free(&packed);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    struct sterna_packed packed;
    ck_assert_int_eq(sterna_packed_new(SIZE_MAX / 2, 16, &packed, NULL), STERNA_ERR_MEMORY);
    ck_assert_int_eq(sterna_packed_new(2, SIZE_MAX, &packed, NULL), STERNA_ERR_MEMORY);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("packed");
    TCase *tcase = tcase_create("packed");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, product_is_the_triple_loop_for_any_size, 0, 32);
    tcase_add_loop_test(tcase, every_number_of_rows_up_to_twenty, 1, 21);
    tcase_add_test(tcase, rows_do_not_depend_on_their_neighbours);
    tcase_add_test(tcase, refilling_replaces_everything);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
