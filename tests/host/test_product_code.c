/* test_product_code.c - table lookup is the product with the weights that the code stands for; groups cover all columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "product_code.h"

#include <check.h>

enum { ROWS = 6 };

static struct sterna_error error;

/* Whole numbers, so that sums are exact in any order. */
static void randomize(struct sterna_product_code *code, uint64_t *seed)
{
    for (size_t i = 0; i < code->books * code->words * code->elements; i++)
        code->word[i] = (double)random_below(seed, 255) - 127;
    for (size_t i = 0; i < code->rows * code->groups; i++) {
        code->name[i] = (uint16_t)random_below(seed, code->words);
        code->sign[i] = code->shared && random_below(seed, 2) ? -1 : 1;
    }
    for (size_t r = 0; r < code->rows && code->shared; r++)
        code->scale[r] = (double)(1 + random_below(seed, 8)) / 4;
}

/* Every weight comes from one element of one word. */
static void check_lookup(struct sterna_product_code *code, uint64_t *seed)
{
    float *weights = malloc(code->rows * code->cols * sizeof *weights);
    double *table = malloc(code->groups * code->words * sizeof *table), response[ROWS], *input;
    input = malloc(code->cols * sizeof *input);
    ck_assert(weights && table && input);
    randomize(code, seed);
    for (size_t i = 0; i < code->rows * code->cols; i++)
        weights[i] = NAN;
    sterna_product_code_expand(code, weights);
    for (size_t c = 0; c < code->cols; c++)
        input[c] = (double)random_below(seed, 255) - 127;
    sterna_product_code_respond(code, input, table, response);
    for (size_t r = 0; r < code->rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < code->cols; c++)
            sum += (double)weights[r * code->cols + c] * input[c];
        ck_assert_double_eq(response[r], sum);
    }
    free(weights);
    free(table);
    free(input);
}

START_TEST(table_lookup_equals_the_product_exactly)
{
    uint64_t seed = 5;
    for (size_t cols = 1; cols < 40; cols += 3)
        for (size_t elements = 1; elements <= 8; elements++) {
            struct sterna_product_code code;
            ck_assert_int_eq(sterna_product_code_shared(ROWS, cols, elements, 5, &code, &error), STERNA_OK);
            check_lookup(&code, &seed);
            sterna_product_code_release(&code);
            ck_assert_int_eq(sterna_product_code_free(ROWS, 3 * cols * elements, cols * elements, elements, 5,
                                                      &code, &error),
                             STERNA_OK);
            check_lookup(&code, &seed);
            sterna_product_code_release(&code);
        }
}
END_TEST

/* 2 places of the kernel, 6 channels, sub-vectors of 3: groups 0 and 2 are of the same channels. */
START_TEST(a_convolution_has_its_codebooks_by_channels)
{
    struct sterna_product_code code;
    ck_assert_int_eq(sterna_product_code_free(ROWS, 12, 6, 3, 4, &code, &error), STERNA_OK);
    ck_assert_uint_eq(code.groups, 4);
    ck_assert_uint_eq(code.books, 2);
    for (size_t g = 0; g < 4; g++) {
        ck_assert_uint_eq(code.book[g], g % 2);
        ck_assert_uint_eq(code.column[3 * g], 3 * g);
    }
    sterna_product_code_release(&code);
}
END_TEST

/* 10 rows of 20 weights in groups of 5: shared, one block of 8 groups: 10 x 8 names of a byte, 16 words of 5 bytes, 10 scales of 2. Free: 10 x 4 names
 * of 3 bits, 4 codebooks of 5 words of 5 floats. */
START_TEST(sizes_and_operations_are_those_of_the_definition)
{
    struct sterna_product_code code;
    ck_assert_int_eq(sterna_product_code_shared(10, 40, 5, 16, &code, &error), STERNA_OK);
    ck_assert_uint_eq(sterna_product_code_bits(&code), 10 * 8 * 8 + 16 * 5 * 8 + 10 * 16);
    ck_assert_uint_eq(sterna_product_code_operations(&code), 8 * 16 * 5 + 8 * 10);
    sterna_product_code_release(&code);
    ck_assert_int_eq(sterna_product_code_free(10, 20, 20, 5, 5, &code, &error), STERNA_OK);
    ck_assert_uint_eq(sterna_product_code_bits(&code), 10 * 4 * 3 + 4 * 5 * 5 * 32);
    ck_assert_uint_eq(sterna_product_code_operations(&code), 4 * 5 * 5 + 4 * 10);
    sterna_product_code_release(&code);
}
END_TEST

START_TEST(what_makes_no_code_is_refused_with_the_reason)
{
    struct sterna_product_code code;
    ck_assert_int_eq(sterna_product_code_free(10, 20, 20, 6, 5, &code, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "sub-vectors of 6 weights do not divide the 20 inputs"));
    ck_assert_int_eq(sterna_product_code_free(10, 40, 20, 5, 21, &code, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "21 codewords for 20 sub-vectors of a sub-space"));
    ck_assert_int_eq(sterna_product_code_shared(2, 20, 5, 17, &code, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "17 codewords for 16 sub-vectors"));
    ck_assert_int_eq(sterna_product_code_shared(100, 20, 9, 17, &code, &error), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_product_code_shared(100, 20, 5, 129, &code, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "the engine takes 1 to 8 weights, and 1 to 128 words"));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("product_code");
    TCase *tests = tcase_create("product_code");
    tcase_add_test(tests, table_lookup_equals_the_product_exactly);
    tcase_add_test(tests, a_convolution_has_its_codebooks_by_channels);
    tcase_add_test(tests, sizes_and_operations_are_those_of_the_definition);
    tcase_add_test(tests, what_makes_no_code_is_refused_with_the_reason);
    suite_add_tcase(suite, tests);
    return suite;
}
