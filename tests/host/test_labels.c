/* test_labels.c - alphabets and names of classes as text and back, and texts that are neither. */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

static struct sterna_error error;

START_TEST(every_byte_goes_to_text_and_back)
{
    uint8_t all[STERNA_ALPHABET_MAX], again[STERNA_ALPHABET_MAX];
    char text[STERNA_ALPHABET_TEXT];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    sterna_alphabet_print(all, sizeof all, text);
    ck_assert_uint_eq(strlen(text), 512);
    ck_assert_int_eq(strncmp(text, "000102", 6), 0);
    ck_assert_str_eq(text + 506, "fdfeff");
    ck_assert_uint_eq(sterna_alphabet_read(text, again), sizeof all);
    ck_assert_mem_eq(again, all, sizeof all);
}
END_TEST

START_TEST(what_is_no_alphabet_is_refused)
{
    static const char *const texts[] = {"", "6", "616", "6g", "g6", "0A", "+1", " 1"};
    char longer[STERNA_ALPHABET_TEXT + 2];
    uint8_t alphabet[STERNA_ALPHABET_MAX];
    ck_assert_uint_eq(sterna_alphabet_read(texts[_i], alphabet), 0);
    memset(longer, '0', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ck_assert_uint_eq(sterna_alphabet_read(longer, alphabet), 0);
}
END_TEST

START_TEST(names_go_to_text_and_back)
{
    static char names[3][STERNA_CLASS_NAME] = {"T-shirt/top", "a", "1234567890123456789012345678901"};
    char(*again)[STERNA_CLASS_NAME] = NULL;
    size_t classes = 0;
    char *text = sterna_class_names_print(names, 3);
    ck_assert_str_eq(text, "T-shirt/top\na\n1234567890123456789012345678901");
    ck_assert_int_eq(sterna_class_names_read(text, &again, &classes, &error), STERNA_OK);
    ck_assert_uint_eq(classes, 3);
    for (size_t i = 0; i < classes; i++)
        ck_assert_str_eq(again[i], names[i]);
    free(again);
    free(text);
    text = sterna_class_names_print(names, 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

/* The second name is too short, or too long. */
START_TEST(a_name_of_no_or_too_many_bytes_is_refused)
{
    static const char *const texts[] = {"a\n\nb", "a\n", "a\n12345678901234567890123456789012"};
    char(*names)[STERNA_CLASS_NAME] = NULL;
    size_t classes = 0;
    ck_assert_int_eq(sterna_class_names_read(texts[_i], &names, &classes, &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "the name of class 1 has "));
    ck_assert_ptr_null(names);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("labels");
    TCase *tests = tcase_create("labels");
    tcase_add_test(tests, every_byte_goes_to_text_and_back);
    tcase_add_loop_test(tests, what_is_no_alphabet_is_refused, 0, 8);
    tcase_add_test(tests, names_go_to_text_and_back);
    tcase_add_loop_test(tests, a_name_of_no_or_too_many_bytes_is_refused, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
