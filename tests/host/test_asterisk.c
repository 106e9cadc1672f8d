/* test_asterisk.c - languages, speakers and splits of the telephone prompts. */
#include "sound_files.h"

#include "corpus.h"

#include <check.h>

static const char *const folders[] = {
    "en_US_f_Allison", "es_MX_f_Allison", "fr_CA_f_June", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU", "es", "fr",
    "it_IT_f_Menardi"};
enum { FOLDERS = sizeof folders / sizeof folders[0], TRAINING = 5, PROMPTS = 12 };

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_corpus corpus;

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&corpus, 0, sizeof corpus);
    corpus.source = "asterisk";
}

static void tear_down(void)
{
    sterna_corpus_free(&corpus);
    sound_close(&scratch);
}

static void write_all(void)
{
    char name[128];
    for (size_t f = 0; f < FOLDERS; f++)
        for (unsigned i = 0; i < PROMPTS; i++) {
            (void)snprintf(name, sizeof name, "sounds/%s/%sprompt-%u.%s", folders[f],
                           i % 2 == 0 ? "digits/" : "", i, strlen(folders[f]) == 2 ? "gsm" : "wav");
            sound_write_tone(&scratch, name, 500 + 20 * i, 160);
        }
}

static enum sterna_status list(void)
{
    char path[SCRATCH_PATH];
    return sterna_source_asterisk.list(scratch_path(&scratch, "sounds", path), &corpus, &error);
}

/* The folder that a file is in. */
static size_t folder_of(size_t i)
{
    const char *path = corpus.file[i].path + strlen(scratch.directory) + strlen("/sounds/");
    for (size_t f = 0; f < FOLDERS; f++)
        if (strncmp(path, folders[f], strlen(folders[f])) == 0 && path[strlen(folders[f])] == '/')
            return f;
    ck_abort_msg("%s is in no folder", path);
    return 0;
}

START_TEST(test_is_other_speakers_and_validation_every_tenth)
{
    static const uint8_t languages[FOLDERS] = {0, 1, 2, 3, 4, 1, 2, 3};
    size_t count[FOLDERS][STERNA_SPLITS] = {{0}};
    write_all();
    ck_assert_msg(list() == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(corpus.files, FOLDERS * PROMPTS);
    for (size_t i = 0; i < corpus.files; i++) {
        ck_assert_uint_eq(corpus.file[i].label, languages[folder_of(i)]);
        count[folder_of(i)][corpus.file[i].split]++;
    }
    for (size_t f = 0; f < FOLDERS; f++) {
        ck_assert_uint_eq(count[f][STERNA_TEST], f < TRAINING ? 0 : PROMPTS);
        ck_assert_uint_eq(count[f][STERNA_VALID], f < TRAINING ? 1 : 0);
    }
    ck_assert_uint_eq(corpus.classes, 5);
    ck_assert(corpus.telephone);
}
END_TEST

START_TEST(tones_and_silence_are_left_out)
{
    static const char *const others[] = {"beep.wav", "beeperr.wav", "silence/1.wav", "ascending-2tone.wav"};
    char name[128];
    write_all();
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof name, "sounds/it_IT_m_Carlo/%s", others[i]);
        sound_write_tone(&scratch, name, 500, 160);
    }
    sound_write_tone(&scratch, "sounds/it_IT_m_Carlo/beeper-is-busy.wav", 500, 160);
    ck_assert_int_eq(list(), STERNA_OK);
    ck_assert_uint_eq(corpus.files, FOLDERS * PROMPTS + 1);
}
END_TEST

START_TEST(missing_language_is_told_with_the_way_to_get_it)
{
    char path[SCRATCH_PATH];
    char hidden[SCRATCH_PATH];
    write_all();
    ck_assert_int_eq(
        rename(scratch_path(&scratch, "sounds/fr", path), scratch_path(&scratch, "hidden", hidden)), 0);
    ck_assert_int_eq(list(), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "sounds/fr is not there"));
    ck_assert_ptr_nonnull(strstr(error.reason, "apt-get install asterisk-core-sounds-en-wav"));
    ck_assert_ptr_nonnull(strstr(error.reason, "asterisk-prompt-it-menardi-wav")); /* whole */
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("asterisk");
    TCase *tcase = tcase_create("asterisk");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_is_other_speakers_and_validation_every_tenth);
    tcase_add_test(tcase, tones_and_silence_are_left_out);
    tcase_add_test(tcase, missing_language_is_told_with_the_way_to_get_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
