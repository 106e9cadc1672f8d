/* test_program_codebook.c - running a codebook's program as the table builders do gives each byte its word, in few steps. */
#include <string.h>

#include "../random_model.h"
#include "program.h"

#include <check.h>

enum { ROWS = 128, ENTRIES = 128, VALUES = 255, ROUNDS = 60 };

static int8_t weights[ROWS * 8];
static uint8_t scales[2 * ROWS];
static struct sterna_program program;

/* A matrix of one group to the row: row w is word w. */
static struct sterna_matrix book_of(size_t elements)
{
    struct sterna_matrix matrix = {.format = STERNA_FORMAT_TERNARY,
                                   .rows = ROWS,
                                   .cols = 1,
                                   .code = weights,
                                   .scale_m = scales,
                                   .scale_s = scales + ROWS};
    ck_assert_int_eq(sterna_codebook_new(&matrix, elements, NULL), STERNA_OK);
    for (size_t w = 0; w < ROWS; w++)
        matrix.book.name[w * 8] = (uint8_t)w;
    return matrix;
}

/* What the hardware sums, symbolically: the entries as factors of x. */
static size_t expand(int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS])
{
    int sum[STERNA_PROGRAM_ELEMENTS] = {0};
    size_t next = 0;
    for (size_t i = 0; i < program.size; i++) {
        const unsigned step = program.step[i], k = step >> 3 & 7;
        if (k != 7)
            sum[step & 7] += (step & 0x40 ? -1 : 1) * (1 << k);
        else if (!(step & 0x80)) {
            ck_assert_uint_eq(i + 1, program.size);
            break;
        }
        if (step & 0x80) {
            ck_assert_uint_lt(next, ENTRIES);
            memcpy(entry[next++], sum, sizeof sum);
        }
    }
    return next;
}

static void check_words(const struct sterna_matrix *matrix)
{
    int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS];
    sterna_program_of(matrix, matrix->book.elements, &program);
    ck_assert_uint_ge(program.size, 9);
    ck_assert_uint_eq(expand(entry), program.entries);
    for (size_t w = 0; w < ROWS; w++) {
        const uint8_t byte = program.word[w];
        for (size_t j = 0; j < matrix->book.elements; j++)
            ck_assert_int_eq((byte & 0x80 ? -1 : 1) * entry[byte & 0x7F][j],
                             matrix->book.word[w * matrix->book.elements + j]);
    }
}

START_TEST(every_byte_names_the_sum_of_its_word)
{
    uint64_t seed = 1 + (uint64_t)_i;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const size_t elements = 1 + random_below(&seed, 8), span = 1 + random_below(&seed, 127);
        struct sterna_matrix matrix = book_of(elements);
        for (size_t i = 0; i < ROWS * elements; i++)
            matrix.book.word[i] = (int8_t)((int)random_below(&seed, 2 * span + 1) - (int)span);
        check_words(&matrix);
        sterna_codebook_free(&matrix);
    }
}
END_TEST

/* Many words alike, or each other's negatives: one entry. */
START_TEST(equal_sums_share_an_entry)
{
    struct sterna_matrix matrix = book_of(2);
    for (size_t w = 0; w < ROWS; w++) {
        matrix.book.word[2 * w] = (int8_t)(w % 4 < 2 ? 3 : -3);
        matrix.book.word[2 * w + 1] = (int8_t)(w % 2 ? 5 : w % 4 ? -5 : 5);
    }
    check_words(&matrix); /* (3, 5), (-3, -5), and (-3, 5) */
    sterna_codebook_free(&matrix);
    matrix = book_of(2);
    check_words(&matrix); /* zeros alone */
    for (size_t w = 0; w < ROWS; w++)
        ck_assert_uint_eq(program.word[w], 0);
    sterna_codebook_free(&matrix);
}
END_TEST

/* All 122 ternary vectors of five, up to sign, in an order that tells nothing: program.c's own path takes one step to the
 * word, and one is the least; a fifth more is what a search may lose. */
START_TEST(a_path_close_to_the_shortest_is_found)
{
    struct sterna_matrix matrix = book_of(5);
    for (size_t w = 0; w < 122; w++) {
        size_t rest = w * 37 % 122;
        for (size_t j = 0; j < 5; j++, rest /= 3)
            matrix.book.word[5 * w + j] = (int8_t)((int)(rest % 3) - 1);
    }
    check_words(&matrix);
    ck_assert_uint_eq(program.entries, 122);
    ck_assert_uint_le(program.size, 122 * 6 / 5);
    sterna_codebook_free(&matrix);
}
END_TEST

/* The largest elements, each far from the last: 7 steps per element at most. */
START_TEST(no_codebook_is_too_long_for_a_program)
{
    struct sterna_matrix matrix = book_of(8);
    uint64_t seed = 4;
    for (size_t i = 0; i < 8 * ROWS; i++)
        matrix.book.word[i] = (int8_t)(random_below(&seed, 2) ? 127 - (int)random_below(&seed, 40)
                                                              : (int)random_below(&seed, 40) - 127);
    check_words(&matrix);
    ck_assert_uint_le(program.size, 7 * 8 * 128 + 1);
    sterna_codebook_free(&matrix);
}
END_TEST

START_TEST(other_formats_have_the_program_of_their_format)
{
    struct sterna_program other;
    const struct sterna_matrix matrix = {.format = STERNA_FORMAT_POW2};
    ck_assert_uint_eq(sterna_program_widest(&matrix), 2);
    ck_assert_uint_eq(sterna_program_narrowest(&matrix), 1);
    sterna_program_of(&matrix, 2, &program);
    sterna_program_make(STERNA_FORMAT_POW2, 2, &other);
    ck_assert_uint_eq(program.size, other.size);
    ck_assert_mem_eq(program.step, other.step, other.size);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("program_codebook");
    TCase *tests = tcase_create("program_codebook");
    tcase_add_loop_test(tests, every_byte_names_the_sum_of_its_word, 0, 4);
    tcase_add_test(tests, equal_sums_share_an_entry);
    tcase_add_test(tests, a_path_close_to_the_shortest_is_found);
    tcase_add_test(tests, no_codebook_is_too_long_for_a_program);
    tcase_add_test(tests, other_formats_have_the_program_of_their_format);
    suite_add_tcase(suite, tests);
    return suite;
}
