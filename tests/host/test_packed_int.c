/* test_packed_int.c - exact products against 64-bit sums, at the extremes where 16-bit sums are fullest. */
#include "packed_int.h"

#include "gradient_check.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { ROWS = 100, COLS = 35, INNER = 1100, BEYOND = 3, UNTOUCHED = 12345 };

static int8_t a[ROWS * (INNER + BEYOND)], code[COLS * INNER];
static int32_t sums[ROWS * (COLS + BEYOND)];

/* Each product of the layers that take other ways: bytes and every span, 16-bit words. */
static const int largest[] = {1, 2, 3, 7, 8, 15, 16, 17, 64, 127};
enum { LARGEST = sizeof largest / sizeof largest[0] };

typedef void product(size_t rows, const int8_t *a, size_t lda, const struct sterna_packed_int *b,
                     int32_t *sums, size_t ldc);
static product *const products[] = {sterna_packed_int_product, sterna_packed_int_product_portable};

static void fill_random(int top)
{
    uint64_t seed = (uint64_t)top;
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    for (size_t i = 0; i < sizeof code; i++)
        code[i] = (int8_t)((int)random_below(&seed, 2 * (uint32_t)top + 1) - top);
    code[0] = (int8_t)top;
}

static void multiply(product *multiplied, size_t rows, size_t cols, size_t inner)
{
    struct sterna_packed_int packed;

    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        sums[i] = UNTOUCHED;
    ck_assert_int_eq(sterna_packed_int_new(inner, cols, &packed, NULL), STERNA_OK);
    sterna_packed_int_fill(&packed, code);
    multiplied(rows, a, inner + BEYOND, &packed, sums, cols + BEYOND);
    sterna_packed_int_free(&packed);
}

static void check_way(product *multiplied, size_t rows, size_t cols, size_t inner)
{
    int wrong = 0; /* one assertion for all: each costs a write to a pipe */
    multiply(multiplied, rows, cols, inner);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        const size_t row = i / (cols + BEYOND), col = i % (cols + BEYOND);
        int64_t sum = 0;
        for (size_t k = 0; k < inner && row < rows && col < cols; k++)
            sum += (int64_t)a[row * (inner + BEYOND) + k] * code[col * inner + k];
        wrong += sums[i] != (row < rows && col < cols ? sum : UNTOUCHED);
    }
    ck_assert_int_eq(wrong, 0);
}

static void check(size_t rows, size_t cols, size_t inner)
{
    for (size_t way = 0; way < 2; way++)
        check_way(products[way], rows, cols, inner);
}

START_TEST(sums_are_exact_for_any_size)
{
    static const size_t size[][3] = {{1, 1, 1},    {1, 35, 1100}, {2, 16, 4},    {3, 17, 5},   {4, 15, 255},
                                     {5, 32, 256}, {6, 33, 257},  {7, 3, 510},   {8, 16, 512}, {9, 20, 513},
                                     {64, 32, 64}, {97, 5, 130},  {100, 2, 1027}};
    fill_random(largest[_i]);
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        check(size[i][0], size[i][1], size[i][2]);
}
END_TEST

/* All activations and codes at the ends of their ranges, in the four combinations of signs. */
START_TEST(extremes_do_not_overflow)
{
    const int top = largest[_i / 4];
    memset(a, _i % 2 ? 127 : -127, sizeof a);
    memset(code, _i / 2 % 2 ? top : -top, sizeof code);
    check(9, COLS, INNER);
    code[INNER / 2] = (int8_t)-code[INNER / 2];
    check(2, 2, INNER - 1);
}
END_TEST

START_TEST(refilling_with_wider_and_narrower_codes)
{
    struct sterna_packed_int packed;
    const int8_t wide[6] = {127, -127, 1, 2, 3, 4}, narrow[6] = {1, -1, 0, 1, 1, 1}, x[3] = {127, -127, 5};
    int32_t out[2];

    ck_assert_int_eq(sterna_packed_int_new(3, 2, &packed, NULL), STERNA_OK);
    sterna_packed_int_product(1, x, 3, &packed, out, 2);
    ck_assert(out[0] == 0 && out[1] == 0); /* a fresh matrix is zero */
    sterna_packed_int_fill(&packed, wide);
    sterna_packed_int_fill(&packed, narrow);
    sterna_packed_int_product(1, x, 3, &packed, out, 2);
    ck_assert(out[0] == 254 && out[1] == 5);
    sterna_packed_int_fill(&packed, wide);
    sterna_packed_int_product(1, x, 3, &packed, out, 2);
    ck_assert(out[0] == 2 * 127 * 127 + 5 && out[1] == 2 * 127 - 3 * 127 + 20);
    sterna_packed_int_free(&packed);
    sterna_packed_int_free(&packed);
}
END_TEST

START_TEST(sums_that_could_overflow_are_refused)
{
    struct sterna_packed_int packed;
    struct sterna_error error;
    ck_assert_int_eq(sterna_packed_int_new(STERNA_PACKED_INT_INNER + 1, 1, &packed, &error),
                     STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_packed_int_new(4, SIZE_MAX, &packed, &error), STERNA_ERR_MEMORY);
}
END_TEST

START_TEST(the_longest_sums_fit)
{
    static int8_t x[STERNA_PACKED_INT_INNER], w[STERNA_PACKED_INT_INNER];
    for (int top = 1; top <= 127; top += 126) {
        struct sterna_packed_int packed;
        int32_t out;
        memset(x, -127, sizeof x);
        memset(w, top, sizeof w);
        ck_assert_int_eq(sterna_packed_int_new(sizeof x, 1, &packed, NULL), STERNA_OK);
        sterna_packed_int_fill(&packed, w);
        sterna_packed_int_product(1, x, sizeof x, &packed, &out, 1);
        ck_assert_int_eq(out, -127 * top * STERNA_PACKED_INT_INNER);
        sterna_packed_int_free(&packed);
    }
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("packed_int");
    TCase *tcase = tcase_create("packed_int");
    tcase_add_loop_test(tcase, sums_are_exact_for_any_size, 0, LARGEST);
    tcase_add_loop_test(tcase, extremes_do_not_overflow, 0, 4 * LARGEST);
    tcase_add_test(tcase, refilling_with_wider_and_narrower_codes);
    tcase_add_test(tcase, sums_that_could_overflow_are_refused);
    tcase_add_test(tcase, the_longest_sums_fit);
    suite_add_tcase(suite, tcase);
    return suite;
}
