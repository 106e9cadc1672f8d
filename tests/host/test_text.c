/* test_text.c - where text comes from, how it is split, and how it is mapped to another alphabet. */
#include "file.h"
#include "scratch.h"
#include "sterna.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_text text;

static void set_up(void)
{
    scratch_open(&scratch);
    error.reason[0] = '\0';
    memset(&text, 0, sizeof text);
}

static void tear_down(void)
{
    sterna_text_close(&text);
    scratch_close(&scratch);
}

static enum sterna_status open_bytes(const uint8_t *bytes, size_t size)
{
    char path[SCRATCH_PATH];
    char source[SCRATCH_PATH + 8];
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "file", path), bytes, size, &error), STERNA_OK);
    (void)snprintf(source, sizeof source, "text:%s", path);
    return sterna_text_open(source, &text, &error);
}

/* The byte that symbol i of a split stands for. */
static uint8_t byte_at(enum sterna_split split, size_t i)
{
    ck_assert_uint_lt(i, text.length[split]);
    ck_assert_uint_lt(text.split[split][i], text.symbols);
    return text.alphabet[text.split[split][i]];
}

/* Open a text of `size` bytes and check each against the rule with this block. Bytes are counted, not asserted
 * one by one: Check notes every assertion in a file. */
static void check_split(size_t size, size_t block)
{
    uint8_t *bytes = malloc(size);
    size_t seen[STERNA_SPLITS] = {0};
    size_t right = 0;
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((i * 31 + i / 997) % 251);
    ck_assert_int_eq(open_bytes(bytes, size), STERNA_OK);
    for (size_t i = 0; i < size; i++) {
        size_t place = (i / block) % 20;
        enum sterna_split split = place == 19 ? STERNA_TEST : place == 18 ? STERNA_VALID : STERNA_TRAIN;
        size_t at = seen[split]++;
        right += at < text.length[split] && text.alphabet[text.split[split][at]] == bytes[i];
    }
    ck_assert_uint_eq(right, size);
    for (int s = 0; s < STERNA_SPLITS; s++)
        ck_assert_uint_eq(seen[s], text.length[s]);
    sterna_text_close(&text);
    free(bytes);
}

START_TEST(long_text_is_dealt_out_in_blocks_of_20000)
{
    check_split(400000, 20000);
    check_split(850001, 20000);
}
END_TEST

START_TEST(short_text_is_dealt_out_in_twentieths)
{
    check_split(20, 1);
    check_split(39, 1);
    check_split(40, 2);
    check_split(12345, 617);
    check_split(399999, 19999);
}
END_TEST

START_TEST(alphabet_is_ascending_and_has_what_occurs)
{
    static const uint8_t bytes[] = "zebra \xFF\x01 zebra zebra zebra";
    ck_assert_int_eq(open_bytes(bytes, sizeof bytes), STERNA_OK); /* with its NUL */
    static const uint8_t expected[] = {0, 1, ' ', 'a', 'b', 'e', 'r', 'z', 0xFF};
    ck_assert_uint_eq(text.symbols, sizeof expected);
    ck_assert_mem_eq(text.alphabet, expected, sizeof expected);
    ck_assert_uint_eq(byte_at(STERNA_TRAIN, 0), 'z');
}
END_TEST

START_TEST(all_256_bytes_are_symbols)
{
    uint8_t bytes[2560];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    ck_assert_int_eq(open_bytes(bytes, sizeof bytes), STERNA_OK);
    ck_assert_uint_eq(text.symbols, 256);
    ck_assert_uint_eq(byte_at(STERNA_TRAIN, 255), 255);
}
END_TEST

START_TEST(short_and_missing_files_are_told)
{
    ck_assert_int_eq(open_bytes((const uint8_t *)"", 0), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(
        strstr(error.reason, "/file: 0 characters are too few to split; at least 20 are needed"));
    ck_assert_int_eq(open_bytes((const uint8_t *)"nineteen characters", 19), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_text_open("text:/nowhere/at/all", &text, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/at/all: cannot open: No such file or directory"));
    ck_assert_int_eq(sterna_text_open("text:/tmp", &text, &error), STERNA_ERR_IO);
    ck_assert_uint_eq(text.symbols, 0);
}
END_TEST

START_TEST(unknown_source_is_told_the_known_ones)
{
    static const char *const sources[] = {"", "king james", "text:", "text", "ptb-char:", "kjv:"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        ck_assert_int_eq(sterna_text_open(sources[i], &text, &error), STERNA_ERR_RANGE);
        ck_assert_ptr_nonnull(strstr(error.reason, "use kjv, text:PATH or ptb-char:DIR"));
    }
}
END_TEST

START_TEST(three_files_of_a_directory_are_the_three_parts)
{
    char path[SCRATCH_PATH];
    char source[SCRATCH_PATH];
    (void)snprintf(source, sizeof source, "ptb-char:%s", scratch.directory);
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "train.txt", path), "banana", 6, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "valid.txt", path), "abc", 3, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_text_open(source, &text, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/test.txt: cannot open"));
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "test.txt", path), "", 0, &error), STERNA_OK);
    ck_assert_int_eq(sterna_text_open(source, &text, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "/test.txt: the file is empty"));
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "test.txt", path), "zn", 2, &error), STERNA_OK);
    ck_assert_int_eq(sterna_text_open(source, &text, &error), STERNA_OK);
    ck_assert_uint_eq(text.symbols, 5);
    ck_assert_mem_eq(text.alphabet, "abcnz", 5);
    ck_assert_uint_eq(text.length[STERNA_TRAIN], 6);
    ck_assert_mem_eq(text.split[STERNA_TRAIN], ((uint8_t[]){1, 0, 3, 0, 3, 0}), 6);
    ck_assert_mem_eq(text.split[STERNA_VALID], ((uint8_t[]){0, 1, 2}), 3);
    ck_assert_mem_eq(text.split[STERNA_TEST], ((uint8_t[]){4, 3}), 2);
}
END_TEST

START_TEST(map_keeps_the_characters)
{
    static const uint8_t bytes[] = "hello, world: hello again";
    static const uint8_t wider[] = " !,:abcdefghijklmnopqrstuvwxyz";
    ck_assert_int_eq(open_bytes(bytes, sizeof bytes - 1), STERNA_OK);
    ck_assert_int_eq(sterna_text_map(&text, wider, sizeof wider - 1, &error), STERNA_OK);
    ck_assert_uint_eq(text.symbols, sizeof wider - 1);
    for (size_t i = 0; i < 18; i++) /* blocks of one character: the first 18 train */
        ck_assert_uint_eq(byte_at(STERNA_TRAIN, i), bytes[i]);
}
END_TEST

START_TEST(map_refuses_a_missing_symbol_and_changes_nothing)
{
    static const uint8_t bytes[] = "abcabcabcabcabcabcabc\n";
    ck_assert_int_eq(open_bytes(bytes, sizeof bytes - 1), STERNA_OK);
    ck_assert_int_eq(sterna_text_map(&text, (const uint8_t *)"\nac", 3, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "the text has the character 'b', the model does not");
    ck_assert_int_eq(sterna_text_map(&text, (const uint8_t *)"abc", 3, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "the text has the byte 0x0A, the model does not");
    ck_assert_uint_eq(text.symbols, 4);
    ck_assert_uint_eq(byte_at(STERNA_TRAIN, 1), 'b');
}
END_TEST

START_TEST(kjv_is_the_whole_text_whatever_the_terminal)
{
    static const char beginning[] =
        "\nGenesis 1\n\n  1 In the beginning God created the heaven and the earth.\n";
    ck_assert_int_eq(setenv("COLUMNS", "200", 1), 0);
    enum sterna_status status = sterna_text_open("kjv", &text, &error);
    ck_assert_int_eq(unsetenv("COLUMNS"), 0);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(text.symbols, 73);
    ck_assert_uint_eq(text.length[0] + text.length[1] + text.length[2], 4298239);
    ck_assert_uint_eq(text.length[STERNA_TEST], 10 * 20000);
    ck_assert_uint_eq(text.length[STERNA_VALID], 10 * 20000);
    for (size_t i = 0; i < strlen(beginning); i++)
        ck_assert_uint_eq(byte_at(STERNA_TRAIN, i), (uint8_t)beginning[i]);
}
END_TEST

START_TEST(missing_kjv_is_told_with_the_way_to_get_it)
{
    const char *path = getenv("PATH");
    char *before = path != NULL ? strdup(path) : NULL;
    ck_assert_int_eq(setenv("PATH", scratch.directory, 1), 0);
    enum sterna_status status = sterna_text_open("kjv", &text, &error);
    ck_assert_int_eq(before != NULL ? setenv("PATH", before, 1) : unsetenv("PATH"), 0);
    free(before);
    ck_assert_int_eq(status, STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "apt-get install bible-kjv bible-kjv-text"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, long_text_is_dealt_out_in_blocks_of_20000);
    tcase_add_test(tcase, short_text_is_dealt_out_in_twentieths);
    tcase_add_test(tcase, alphabet_is_ascending_and_has_what_occurs);
    tcase_add_test(tcase, all_256_bytes_are_symbols);
    tcase_add_test(tcase, short_and_missing_files_are_told);
    tcase_add_test(tcase, unknown_source_is_told_the_known_ones);
    tcase_add_test(tcase, three_files_of_a_directory_are_the_three_parts);
    tcase_add_test(tcase, map_keeps_the_characters);
    tcase_add_test(tcase, map_refuses_a_missing_symbol_and_changes_nothing);
    tcase_add_test(tcase, kjv_is_the_whole_text_whatever_the_terminal);
    tcase_add_test(tcase, missing_kjv_is_told_with_the_way_to_get_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
