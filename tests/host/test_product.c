/* test_product.c - products against the plain triple loop, with row distances and odd sizes. */
#include "product.h"

#include "gradient_check.h"

#include <check.h>

enum { ROWS = 19, COLS = 23, INNER = 17, LD = 40 };

static float a[LD * LD], b[LD * LD], c[LD * LD], before[LD * LD];

static void set_up(void)
{
    uint64_t seed = 5;
    sterna_product_setup();
    random_values(a, LD * LD, 1.0f, &seed);
    random_values(b, LD * LD, 1.0f, &seed);
    random_values(c, LD * LD, 1.0f, &seed);
    for (int i = 0; i < LD * LD; i++)
        before[i] = c[i];
}

/* c - before (or c) must be the sum over inner of a(r, k) b(k, c). */
static void check_product(size_t rows, bool add, bool transposed)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t col = 0; col < COLS; col++) {
            double sum = add ? (double)before[r * LD + col] : 0.0;
            for (size_t k = 0; k < INNER; k++)
                sum += (double)(transposed ? a[k * LD + r] : a[r * LD + k]) * (double)b[k * LD + col];
            ck_assert_double_lt(fabs((double)c[r * LD + col] - sum), 1e-5);
        }
    }
    for (size_t col = COLS; col < LD; col++)
        ck_assert(c[col] == before[col]);
}

START_TEST(product_is_the_triple_loop)
{
    const size_t rows = _i % 2 ? ROWS : 1; /* one row goes another way */
    const bool add = _i / 2;
    sterna_product(rows, COLS, INNER, a, LD, b, LD, add, c, LD);
    check_product(rows, add, false);
}
END_TEST

START_TEST(outer_product_adds_over_examples)
{
    sterna_product_outer(ROWS, COLS, INNER, a, LD, b, LD, c, LD);
    check_product(ROWS, true, true);
}
END_TEST

/* Integers below 2^24 have no rounding: the integer forward pass rests on this. */
START_TEST(integer_sums_are_exact)
{
    enum { N = 256 };
    static float levels[N * N], h[N];
    float sums[N];
    uint64_t seed = 8;
    for (int i = 0; i < N * N; i++)
        levels[i] = (float)random_below(&seed, 3) - 1.0f;
    for (int i = 0; i < N; i++)
        h[i] = ((float)random_below(&seed, 255) - 127.0f) / 128.0f;
    sterna_product(1, N, N, h, N, levels, N, false, sums, N);
    for (int col = 0; col < N; col++) {
        long sum = 0;
        for (int k = 0; k < N; k++)
            sum += (long)(h[k] * 128.0f) * (long)levels[k * N + col];
        ck_assert(sums[col] * 128.0f == (float)sum);
    }
}
END_TEST

START_TEST(transpose_and_row_sums)
{
    float t[COLS * ROWS], sum[COLS] = {0};
    sterna_product_transpose(ROWS, COLS, a, t);
    for (int r = 0; r < ROWS; r++) {
        for (int col = 0; col < COLS; col++)
            ck_assert(t[col * ROWS + r] == a[r * COLS + col]);
    }
    sterna_product_add_rows(2, COLS, a, LD, sum);
    for (int col = 0; col < COLS; col++)
        ck_assert(sum[col] == a[col] + a[LD + col]);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("product");
    TCase *tcase = tcase_create("product");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, product_is_the_triple_loop, 0, 4);
    tcase_add_test(tcase, outer_product_adds_over_examples);
    tcase_add_test(tcase, integer_sums_are_exact);
    tcase_add_test(tcase, transpose_and_row_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
