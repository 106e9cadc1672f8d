/* test_crc32.c - the published check value, and pieces that add up. */
#include "crc32.h"

#include <check.h>

static const uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};

START_TEST(check_value_is_the_published_one)
{
    ck_assert_uint_eq(sterna_crc32(0, digits, sizeof digits), 0xCBF43926);
}
END_TEST

START_TEST(nothing_has_crc_zero)
{
    ck_assert_uint_eq(sterna_crc32(0, digits, 0), 0);
}
END_TEST

START_TEST(pieces_give_the_crc_of_the_whole)
{
    for (size_t cut = 0; cut <= sizeof digits; cut++)
        ck_assert_uint_eq(sterna_crc32(sterna_crc32(0, digits, cut), digits + cut, sizeof digits - cut),
                          0xCBF43926);
}
END_TEST

START_TEST(equals_the_bitwise_definition)
{
    uint8_t bytes[256];
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 73 + 11);
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    ck_assert_uint_eq(sterna_crc32(0, bytes, sizeof bytes), ~crc);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("crc32");
    TCase *tests = tcase_create("crc32");
    tcase_add_test(tests, check_value_is_the_published_one);
    tcase_add_test(tests, nothing_has_crc_zero);
    tcase_add_test(tests, pieces_give_the_crc_of_the_whole);
    tcase_add_test(tests, equals_the_bitwise_definition);
    suite_add_tcase(suite, tests);
    return suite;
}
