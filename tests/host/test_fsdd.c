/* test_fsdd.c - who is in which split of the spoken digits. */
#include "sound_files.h"

#include "corpus.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_corpus corpus;

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&corpus, 0, sizeof corpus);
    corpus.source = "fsdd";
}

static void tear_down(void)
{
    sterna_corpus_free(&corpus);
    sound_close(&scratch);
}

static enum sterna_status list(const char *folder)
{
    char path[SCRATCH_PATH];
    sterna_corpus_free(&corpus);
    return sterna_source_fsdd.list(scratch_path(&scratch, folder, path), &corpus, &error);
}

/* Parts of the name of file i, by an own reading. */
static void parts_of(size_t i, unsigned *digit, char speaker[8], unsigned *index)
{
    const char *name = strrchr(corpus.file[i].path, '/') + 1;
    ck_assert_int_eq(sscanf(name, "%u_%4[a-z]_%u.wav", digit, speaker, index), 3);
}

START_TEST(official_split_is_by_index)
{
    size_t count[STERNA_SPLITS] = {0};
    sound_write_digits(&scratch, "digits");
    ck_assert_msg(list("digits") == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(corpus.files, 4 * 2 * 11);
    for (size_t i = 0; i < corpus.files; i++) {
        char speaker[8];
        unsigned digit = 0;
        unsigned index = 0;
        parts_of(i, &digit, speaker, &index);
        ck_assert_uint_eq(corpus.file[i].label, digit);
        ck_assert_int_eq(corpus.file[i].split, index < 5    ? STERNA_TEST
                                               : index < 10 ? STERNA_VALID
                                                            : STERNA_TRAIN);
        count[corpus.file[i].split]++;
    }
    ck_assert_uint_eq(count[STERNA_TEST], 4 * 2 * 5);
    ck_assert_uint_eq(count[STERNA_VALID], 4 * 2 * 5);
    ck_assert_uint_eq(corpus.classes, 10);
    ck_assert_str_eq(corpus.class_name[3], "three");
}
END_TEST

START_TEST(speaker_left_out_is_all_of_the_test)
{
    size_t tested = 0;
    sound_write_digits(&scratch, "digits");
    ck_assert_msg(list("digits@bert") == STERNA_OK, "%s", error.reason);
    for (size_t i = 0; i < corpus.files; i++) {
        char speaker[8];
        unsigned digit = 0;
        unsigned index = 0;
        parts_of(i, &digit, speaker, &index);
        bool bert = strcmp(speaker, "bert") == 0;
        ck_assert_int_eq(corpus.file[i].split, bert                       ? STERNA_TEST
                                               : index >= 5 && index < 10 ? STERNA_VALID
                                                                          : STERNA_TRAIN);
        tested += bert;
    }
    ck_assert_uint_eq(tested, 44);
}
END_TEST

START_TEST(no_file_is_listed_twice)
{
    sound_write_digits(&scratch, "digits");
    ck_assert_int_eq(list("digits"), STERNA_OK);
    for (size_t i = 1; i < corpus.files; i++)
        ck_assert_int_lt(strcmp(corpus.file[i - 1].path, corpus.file[i].path), 0);
}
END_TEST

START_TEST(repository_and_odd_names_are_understood)
{
    static const char *const odd[] = {"x_anna_0.wav", "11_anna_0.wav", "1__0.wav",
                                      "1_anna_.wav",  "1_anna_x.wav",  "anna.wav",
                                      "1_0.wav",      "1.wav",         "1_anna_0x.wav"};
    char name[64];
    sound_write_digits(&scratch, "re@po/recordings");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        (void)snprintf(name, sizeof name, "re@po/recordings/%s", odd[i]);
        sound_write_tone(&scratch, name, 500, 300);
    }
    sound_write_tone(&scratch, "re@po/recordings/9_van_der_berg_12.flac", 500, 300);
    ck_assert_msg(list("re@po/") == STERNA_OK, "%s",
                  error.reason); /* with a slash the @ is part of the name */
    ck_assert_uint_eq(corpus.files, 88 + 1);
    ck_assert_uint_eq(corpus.file[88].label, 9);
    ck_assert_msg(list("re@po/@van_der_berg") == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(corpus.file[88].split, STERNA_TEST);
}
END_TEST

START_TEST(missing_data_are_told_with_the_way_to_get_them)
{
    ck_assert_int_eq(list("nothing"), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nothing has no recordings"));
    ck_assert_ptr_nonnull(
        strstr(error.reason, "git clone https://github.com/Jakobovski/free-spoken-digit-dataset"));
    sound_write_tone(&scratch, "other/a.wav", 500, 300);
    ck_assert_int_eq(list("other"), STERNA_ERR_MISSING);
}
END_TEST

START_TEST(unknown_speaker_is_told)
{
    sound_write_digits(&scratch, "digits");
    ck_assert_int_eq(list("digits@carl"), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "has no recording by \"carl\""));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fsdd");
    TCase *tcase = tcase_create("fsdd");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, official_split_is_by_index);
    tcase_add_test(tcase, speaker_left_out_is_all_of_the_test);
    tcase_add_test(tcase, no_file_is_listed_twice);
    tcase_add_test(tcase, repository_and_odd_names_are_understood);
    tcase_add_test(tcase, missing_data_are_told_with_the_way_to_get_them);
    tcase_add_test(tcase, unknown_speaker_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
