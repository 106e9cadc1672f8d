/* test_geometry.c - what a code can name follows from entries and bits; every byte of weight memory is of one word. */
#include <stdlib.h>

#include "geometry.h"

#include <check.h>

START_TEST(small_tables_name_few_weights)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    static const struct {
        unsigned entries_log2, table_w;
        size_t most[5];
    } cases[] = {{7, 16, {5, 2, 8, 2, 1}},  /* ternary, pow2, binary, int4, int8 */
                 {4, 16, {3, 1, 5, 1, 0}},  /* (27 + 1) / 2, (15 + 1) / 2, 2^4 of 16 entries */
                 {4, 11, {3, 0, 5, 1, 0}},  /* 64 x 127 is too large for 11 bits, 7 x 127 is not */
                 {4, 10, {3, 0, 4, 0, 0}},  /* 3 x 127 and 4 x 127 are not, 5 x 127 and 7 x 127 are */
                 {3, 16, {2, 1, 4, 1, 0}}}; /* (9 + 1) / 2, 2^3 of 8 */
    static const enum sterna_format format[] = {STERNA_FORMAT_TERNARY, STERNA_FORMAT_POW2,
                                                STERNA_FORMAT_BINARY, STERNA_FORMAT_INT4, STERNA_FORMAT_INT8};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 5; k++) {
            geometry.entries_log2 = cases[i].entries_log2;
            geometry.table_w = cases[i].table_w;
            ck_assert_msg(sterna_geometry_most(&geometry, format[k]) == cases[i].most[k],
                          "case %zu, format %zu", i, k);
        }
}
END_TEST

START_TEST(slices_of_words_fill_weight_memory)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.tables = 16;
    geometry.streams = 3;
    geometry.entries_log2 = 4;
    geometry.weight_bytes = 32 * 50 + 31; /* 240 bits are four slices; the rest is no word */
    ck_assert_uint_eq(sterna_geometry_word_bytes(&geometry), 32);
    ck_assert_uint_eq(sterna_geometry_words(&geometry), 50);
    bool *seen = calloc(geometry.weight_bytes, sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    for (size_t word = 0; word < 50; word++)
        for (size_t slice = 0; slice < 4; slice++)
            for (size_t i = 0; i < STERNA_SLICE_BYTES; i++) {
                const size_t at = sterna_geometry_slice_at(&geometry, word, slice) + i;
                ck_assert_uint_lt(at, 32 * 50);
                ck_assert(!seen[at]);
                seen[at] = true;
            }
    free(seen);
    geometry = *sterna_geometry_of("up5k"); /* one slice: words in their order */
    ck_assert_uint_eq(sterna_geometry_slice_at(&geometry, 77, 0), 8 * 77);
}
END_TEST

START_TEST(names_are_those_of_targets)
{
    char name[16];
    size_t targets = 0;
    for (const char *at = sterna_geometry_names(); *at; targets++) {
        size_t length = 0;
        while (at[length] && at[length] != ',')
            length++;
        ck_assert_uint_lt(length, sizeof name);
        for (size_t i = 0; i < length; i++)
            name[i] = at[i];
        name[length] = '\0';
        ck_assert_ptr_nonnull(sterna_geometry_of(name));
        ck_assert_str_eq(sterna_geometry_of(name)->name, name);
        at += at[length] ? length + 2 : length;
    }
    ck_assert_uint_ge(targets, 2);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("geometry");
    TCase *tests = tcase_create("geometry");
    tcase_add_test(tests, small_tables_name_few_weights);
    tcase_add_test(tests, slices_of_words_fill_weight_memory);
    tcase_add_test(tests, names_are_those_of_targets);
    suite_add_tcase(suite, tests);
    return suite;
}
