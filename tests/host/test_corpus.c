/* test_corpus.c - listings are complete and in one order; files carry what tells a change. */
#include "sound_files.h"

#include "corpus.h"
#include "file.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_listing listing;

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&listing, 0, sizeof listing);
}

static void tear_down(void)
{
    sterna_listing_free(&listing);
    sound_close(&scratch);
}

static void write_text(const char *name, const char *text)
{
    char path[SCRATCH_PATH];
    sound_make_place(&scratch, name);
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, name, path), text, strlen(text), NULL),
                     STERNA_OK);
}

static const char *const endings[] = {".wav", ".flac", NULL};

START_TEST(listing_is_ascending_and_of_these_endings)
{
    static const char *const expected[] = {"B.wav", "a.flac", "a.wav", "sub/c.wav", "sub/deep/d.wav"};
    static const char *const others[] = {"a.txt", ".hidden.wav", "wav", ".wav", "sub/x.wav.txt"};
    for (size_t i = 5; i-- > 0;)
        write_text(expected[i], "x");
    for (size_t i = 0; i < 5; i++)
        write_text(others[i], "x");
    ck_assert_int_eq(sterna_listing_read(scratch.directory, endings, true, &listing, &error), STERNA_OK);
    ck_assert_uint_eq(listing.count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(listing.path[i], expected[i]);
    sterna_listing_free(&listing);
    ck_assert_int_eq(sterna_listing_read(scratch.directory, endings, false, &listing, &error), STERNA_OK);
    ck_assert_uint_eq(listing.count, 3);
}
END_TEST

START_TEST(many_files_are_all_listed)
{
    char name[64];
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof name, "%03u.wav", i * 7 % 300);
        write_text(name, "x");
    }
    ck_assert_int_eq(sterna_listing_read(scratch.directory, endings, false, &listing, &error), STERNA_OK);
    ck_assert_uint_eq(listing.count, 300);
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof name, "%03u.wav", i);
        ck_assert_str_eq(listing.path[i], name);
    }
}
END_TEST

START_TEST(missing_directory_is_told)
{
    ck_assert_int_eq(sterna_listing_read("/nowhere/at/all", endings, true, &listing, &error), STERNA_ERR_IO);
    ck_assert_str_eq(error.reason, "/nowhere/at/all: No such file or directory");
}
END_TEST

START_TEST(file_carries_size_and_label)
{
    struct sterna_corpus corpus = {.source = "test"};
    char path[SCRATCH_PATH];
    write_text("a.wav", "hello");
    ck_assert_int_eq(
        sterna_corpus_add(&corpus, scratch_path(&scratch, "a.wav", path), 3, STERNA_TEST, &error), STERNA_OK);
    ck_assert_int_eq(
        sterna_corpus_add(&corpus, scratch_path(&scratch, "b.wav", path), 3, STERNA_TEST, &error),
        STERNA_ERR_IO);
    ck_assert_uint_eq(corpus.files, 1);
    ck_assert_uint_eq(corpus.file[0].size, 5);
    ck_assert_uint_eq(corpus.file[0].label, 3);
    ck_assert_int_eq(corpus.file[0].split, STERNA_TEST);
    sterna_corpus_free(&corpus);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("corpus");
    TCase *tcase = tcase_create("corpus");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, listing_is_ascending_and_of_these_endings);
    tcase_add_test(tcase, many_files_are_all_listed);
    tcase_add_test(tcase, missing_directory_is_told);
    tcase_add_test(tcase, file_carries_size_and_label);
    suite_add_tcase(suite, tcase);
    return suite;
}
