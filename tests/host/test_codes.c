/* test_codes.c - packed codes: bytes worked out by hand, and all 256 of them in every format. */
#include <string.h>

#include "../random_model.h"
#include "codes.h"

#include <check.h>

enum { COUNT_MAX = 40 };

static const enum sterna_format packing[] = {STERNA_FORMAT_TERNARY, STERNA_FORMAT_POW2, STERNA_FORMAT_BINARY,
                                             STERNA_FORMAT_INT4};
enum { PACKING = sizeof packing / sizeof packing[0] };

START_TEST(bytes_are_those_of_the_formula)
{
    static const struct {
        size_t count;
        enum sterna_format format;
        int8_t code[9];
        uint8_t byte[2];
    } known[] = {
        {5, STERNA_FORMAT_TERNARY, {1, 0, -1, 1, 1}, {2 + 3 * 1 + 9 * 0 + 27 * 2 + 81 * 2}},
        {6, STERNA_FORMAT_TERNARY, {-1, -1, -1, -1, -1, 1}, {0, 2 + 3 + 9 + 27 + 81}},
        {8, STERNA_FORMAT_BINARY, {1, -1, -1, 1, 1, 1, -1, 1}, {1 + 8 + 16 + 32 + 128}},
        {9, STERNA_FORMAT_BINARY, {-1, -1, -1, -1, -1, -1, -1, -1, 1}, {0, 1}},
        {2, STERNA_FORMAT_INT4, {-7, 3}, {1 + 16 * 11}},
        {3, STERNA_FORMAT_INT4, {7, -1, 5}, {15 + 16 * 7, 13 + 16 * 8}},
        {2, STERNA_FORMAT_POW2, {-64, 2}, {1 + 16 * 10}},
        {3, STERNA_FORMAT_POW2, {0, 64, -1}, {8 + 16 * 15, 7 + 16 * 8}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t byte[2] = {0};
        ck_assert_uint_le(sterna_codes_bytes(known[i].format, known[i].count), 2);
        sterna_codes_pack(known[i].format, known[i].code, known[i].count, byte);
        ck_assert_mem_eq(byte, known[i].byte, 2);
    }
}
END_TEST

START_TEST(codes_of_any_number_come_back)
{
    uint64_t seed = 1;
    for (size_t count = 1; count <= COUNT_MAX; count++) {
        int8_t code[COUNT_MAX], back[COUNT_MAX];
        uint8_t packed[COUNT_MAX];
        uint8_t scale_m[1] = {0}, scale_s[1] = {0};
        struct sterna_matrix row = {.format = packing[_i],
                                    .rows = 1,
                                    .cols = count,
                                    .code = code,
                                    .scale_m = scale_m,
                                    .scale_s = scale_s};
        size_t wrong = 0;
        random_matrix(&row, &seed);
        sterna_codes_pack(packing[_i], code, count, packed);
        ck_assert(sterna_codes_unpack(packing[_i], packed, count, back, &wrong));
        ck_assert_mem_eq(back, code, count);
    }
}
END_TEST

/* What is accepted is packed to the same byte again, and there are as many such bytes as vectors of codes. */
START_TEST(every_byte_is_refused_or_has_one_meaning)
{
    static const unsigned vectors[STERNA_FORMATS] = {[STERNA_FORMAT_TERNARY] = 243,
                                                     [STERNA_FORMAT_POW2] = 225,
                                                     [STERNA_FORMAT_BINARY] = 256,
                                                     [STERNA_FORMAT_INT4] = 225};
    const enum sterna_format format = packing[_i];
    unsigned accepted = 0;
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t byte = (uint8_t)value;
        const size_t count = sterna_codes_per_byte(format);
        uint8_t again = 0;
        int8_t code[8];
        size_t wrong = 99;
        if (!sterna_codes_unpack(format, &byte, count, code, &wrong)) {
            ck_assert_uint_eq(wrong, 0);
            continue;
        }
        accepted++;
        for (size_t k = 0; k < count; k++)
            ck_assert(sterna_format_has(format, code[k]));
        sterna_codes_pack(format, code, count, &again);
        ck_assert_uint_eq(again, byte);
    }
    ck_assert_uint_eq(accepted, vectors[format]);
}
END_TEST

START_TEST(a_rest_that_is_not_zero_is_refused)
{
    static const uint8_t ternary[2] = {0, 2 + 3 * 2}, binary[1] = {0x80}, int4[2] = {0x11, 0x78};
    int8_t code[8];
    size_t wrong = 99;
    ck_assert(!sterna_codes_unpack(STERNA_FORMAT_TERNARY, ternary, 6, code, &wrong));
    ck_assert_uint_eq(wrong, 1);
    ck_assert(!sterna_codes_unpack(STERNA_FORMAT_BINARY, binary, 7, code, &wrong));
    ck_assert_uint_eq(wrong, 0);
    ck_assert(!sterna_codes_unpack(STERNA_FORMAT_INT4, int4, 3, code, &wrong));
    ck_assert_uint_eq(wrong, 1);
    ck_assert(sterna_codes_unpack(STERNA_FORMAT_INT4, int4, 4, code, &wrong));
}
END_TEST

START_TEST(int8_has_no_packed_form)
{
    ck_assert_uint_eq(sterna_codes_per_byte(STERNA_FORMAT_INT8), 1);
    ck_assert_uint_eq(sterna_codes_bytes(STERNA_FORMAT_INT8, 7), 7);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codes");
    TCase *tests = tcase_create("codes");
    tcase_add_test(tests, bytes_are_those_of_the_formula);
    tcase_add_loop_test(tests, codes_of_any_number_come_back, 0, PACKING);
    tcase_add_loop_test(tests, every_byte_is_refused_or_has_one_meaning, 0, PACKING);
    tcase_add_test(tests, a_rest_that_is_not_zero_is_refused);
    tcase_add_test(tests, int8_has_no_packed_form);
    suite_add_tcase(suite, tests);
    return suite;
}
