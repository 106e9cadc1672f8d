/* test_fast_matrix.c - the narrowest layout of those allowed is chosen, and every code stands where fast_matrix.h says. */
#include <stdlib.h>

#include "fast_kernel.h"

#include <check.h>

static void check_layout_of(unsigned layouts, int8_t first, int8_t second, enum sterna_fast_layout layout)
{
    const int8_t code[2] = {first, second};
    struct sterna_fast_matrix matrix;
    ck_assert_int_eq(sterna_fast_matrix_new(code, 1, 2, 8, layouts, &matrix, NULL), STERNA_OK);
    ck_assert_int_eq(matrix.layout, layout);
    sterna_fast_matrix_free(&matrix);
    sterna_fast_matrix_free(&matrix);
}

static void check_layout(int8_t first, int8_t second, enum sterna_fast_layout layout)
{
    check_layout_of(STERNA_FAST_ANY, first, second, layout);
}

START_TEST(the_narrowest_layout_that_takes_all_codes_is_chosen)
{
    check_layout(-1, 1, STERNA_FAST_BITS);
    check_layout(1, 0, STERNA_FAST_PAIRS);
    check_layout(1, 2, STERNA_FAST_NIBBLES);
    check_layout(-8, 7, STERNA_FAST_NIBBLES);
    check_layout(0, 8, STERNA_FAST_SMALL);
    check_layout(-9, 0, STERNA_FAST_SMALL);
    check_layout(64, -64, STERNA_FAST_SMALL);
    check_layout(65, 0, STERNA_FAST_BYTES);
    check_layout(-128, 127, STERNA_FAST_BYTES);
}
END_TEST

START_TEST(what_the_kernel_does_not_have_goes_to_the_next)
{
    const unsigned layouts = 1 << STERNA_FAST_LOOSE | 1 << STERNA_FAST_SMALL | 1 << STERNA_FAST_BYTES;
    check_layout_of(layouts, -1, 1, STERNA_FAST_LOOSE);
    check_layout_of(layouts, 1, 0, STERNA_FAST_LOOSE);
    check_layout_of(layouts, 1, 2, STERNA_FAST_SMALL);
    check_layout_of(layouts, 65, 0, STERNA_FAST_BYTES);
    check_layout_of(1 << STERNA_FAST_BYTES, -1, 1, STERNA_FAST_BYTES);
}
END_TEST

/* Read a field the way the comment of fast_matrix.h writes it: blocks of one field are interleaved by eight. */
static int field_at(const struct sterna_fast_matrix *matrix, size_t row, size_t col)
{
    static const size_t fields_of[STERNA_FAST_LAYOUTS] = {8, 4, 2, 2, 1, 1},
                        bits_of[STERNA_FAST_LAYOUTS] = {1, 2, 2, 4, 8, 8};
    const size_t fields = fields_of[matrix->layout], lanes = matrix->lanes;
    const size_t block = row / (fields * lanes), field = row / lanes % fields, lane = row % lanes,
                 group = col / 4;
    size_t line = block * matrix->groups + group;
    if (fields == 1) {
        const size_t first = block / 8 * 8, width = matrix->blocks - first < 8 ? matrix->blocks - first : 8;
        line = first * matrix->groups + group * width + block % 8;
    }
    const unsigned byte = matrix->line[(line * lanes + lane) * 4 + col % 4],
                   bits = (unsigned)bits_of[matrix->layout];
    return matrix->layout == STERNA_FAST_BYTES ? (int8_t)byte
                                               : (int)(byte >> (field * bits) & ((1u << bits) - 1));
}

START_TEST(every_code_has_its_place_and_the_rest_is_zero)
{
    static const int most[STERNA_FAST_LAYOUTS] = {1, 1, 1, 7, 64, 127},
                     offset[STERNA_FAST_LAYOUTS] = {0, 1, 1, 8, 64, 0};
    const size_t lanes = (size_t)4 << _i % 3, rows = 77, cols = 13;
    const enum sterna_fast_layout layout = (enum sterna_fast_layout)(_i / 3);
    struct sterna_fast_matrix matrix;
    int8_t code[77 * 13];
    for (size_t i = 0; i < rows * cols; i++)
        code[i] = (int8_t)((int)(i * 37 % (2 * (size_t)most[layout] + 1)) - most[layout]);
    for (size_t i = 0; i < rows * cols && layout == STERNA_FAST_BITS; i++)
        code[i] = i * 37 % 3 == 1 ? 1 : -1;
    ck_assert_int_eq(sterna_fast_matrix_new(code, rows, cols, lanes,
                                            (unsigned)STERNA_FAST_ANY >> layout << layout, &matrix, NULL),
                     STERNA_OK);
    ck_assert_int_eq(matrix.layout, layout);
    ck_assert_uint_eq(sterna_fast_inputs(&matrix), 16);
    ck_assert_uint_ge(sterna_fast_sums(&matrix), rows);
    for (size_t row = 0; row < sterna_fast_sums(&matrix); row++) {
        int sum = 0;
        for (size_t col = 0; col < 16; col++) {
            int expected = 0;
            if (row < rows && col < cols)
                expected = layout == STERNA_FAST_BITS ? code[row * cols + col] > 0
                                                      : code[row * cols + col] + offset[layout];
            ck_assert_int_eq(field_at(&matrix, row, col), expected);
            sum += row < rows && col < cols ? code[row * cols + col] : 0;
        }
        ck_assert_int_eq(matrix.excess[row], 128 * sum);
    }
    sterna_fast_matrix_free(&matrix);
}
END_TEST

START_TEST(the_start_takes_the_offsets_away)
{
    static const int8_t x[3] = {5, -7, 100};
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_BITS, x, 3), -98);
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_PAIRS, x, 3), -98);
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_LOOSE, x, 3), -98);
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_NIBBLES, x, 3), -8 * 98);
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_SMALL, x, 3), -64 * 98);
    ck_assert_int_eq(sterna_fast_start(STERNA_FAST_BYTES, x, 3), 0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_matrix");
    TCase *tests = tcase_create("fast_matrix");
    tcase_add_test(tests, the_narrowest_layout_that_takes_all_codes_is_chosen);
    tcase_add_test(tests, what_the_kernel_does_not_have_goes_to_the_next);
    tcase_add_loop_test(tests, every_code_has_its_place_and_the_rest_is_zero, 0, 3 * STERNA_FAST_LAYOUTS);
    tcase_add_test(tests, the_start_takes_the_offsets_away);
    suite_add_tcase(suite, tests);
    return suite;
}
