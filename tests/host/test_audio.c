/* test_audio.c - recordings of every kind give the samples that were put in, and bad ones a reason. */
#include "sound_files.h"

#include "audio.h"
#include "file.h"

#include <check.h>

enum { COUNT = 4800 };

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_audio audio;
static int16_t tone[2 * COUNT];

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&audio, 0, sizeof audio);
    sound_tone(tone, 2 * COUNT, 440, 8000, 3);
}

static void tear_down(void)
{
    sterna_audio_free(&audio);
    sound_close(&scratch);
}

static enum sterna_status read_name(const char *name)
{
    char path[SCRATCH_PATH];
    sterna_audio_free(&audio);
    return sterna_audio_read(scratch_path(&scratch, name, path), &audio, &error);
}

/* Samples that differ from tone[i * stride]. */
static size_t count_wrong(size_t stride)
{
    size_t wrong = 0;
    for (size_t i = 0; i < audio.count; i++)
        wrong += audio.samples[i] != (float)tone[i * stride] / 32768;
    return wrong;
}

START_TEST(wav_and_flac_give_the_samples_back)
{
    static const char *const names[] = {"a.wav", "a.flac"};
    for (size_t i = 0; i < 2; i++) {
        sound_write(&scratch, names[i], tone, COUNT, 1, 16000);
        ck_assert_msg(read_name(names[i]) == STERNA_OK, "%s", error.reason);
        ck_assert_uint_eq(audio.count, COUNT);
        ck_assert_uint_eq(audio.rate, 16000);
        ck_assert_uint_eq(count_wrong(1), 0);
    }
}
END_TEST

START_TEST(channels_are_mixed_to_their_mean)
{
    sound_write(&scratch, "stereo.wav", tone, COUNT, 2, 8000);
    ck_assert_int_eq(read_name("stereo.wav"), STERNA_OK);
    ck_assert_uint_eq(audio.count, COUNT);
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT; i++)
        wrong += audio.samples[i] != (float)(tone[2 * i] + tone[2 * i + 1]) / 65536;
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* How much of the first tone is in what was read: 1 is all, 0 is nothing. */
static double likeness(void)
{
    double product = 0;
    double a = 0;
    double b = 0;
    for (size_t i = 0; i < audio.count && i < COUNT; i++) {
        product += (double)audio.samples[i] * tone[i];
        a += (double)audio.samples[i] * audio.samples[i];
        b += (double)tone[i] * tone[i];
    }
    return product / sqrt(a * b);
}

START_TEST(telephone_is_heard_and_is_the_gsm_file)
{
    sound_write(&scratch, "a.wav", tone, COUNT, 1, 8000);
    sound_write(&scratch, "a.gsm", tone, COUNT, 1, 8000);
    ck_assert_int_eq(read_name("a.gsm"), STERNA_OK);
    struct sterna_audio coded = audio;
    audio = (struct sterna_audio){NULL, 0, 0};
    ck_assert_int_eq(read_name("a.wav"), STERNA_OK);
    ck_assert_int_eq(sterna_audio_telephone("a.wav", &audio, &error), STERNA_OK);
    ck_assert_uint_eq(audio.count, COUNT);
    ck_assert_uint_eq(coded.count, COUNT);
    ck_assert_uint_eq(coded.rate, 8000);
    ck_assert_uint_gt(count_wrong(1), COUNT / 2);
    ck_assert_double_gt(likeness(), 0.9);
    ck_assert_mem_eq(audio.samples, coded.samples, COUNT * sizeof *audio.samples);
    sterna_audio_free(&coded);
}
END_TEST

START_TEST(telephone_keeps_any_length)
{
    for (size_t count = 1; count < 500; count += 53) {
        sound_write(&scratch, "a.wav", tone, count, 1, 8000);
        ck_assert_int_eq(read_name("a.wav"), STERNA_OK);
        ck_assert_msg(sterna_audio_telephone("a", &audio, &error) == STERNA_OK, "%s", error.reason);
        ck_assert_uint_eq(audio.count, count);
    }
    audio.rate = 16000;
    ck_assert_int_eq(sterna_audio_telephone("a", &audio, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "a: 16000 Hz, a telephone takes 8000");
}
END_TEST

START_TEST(empty_recording_is_empty)
{
    sound_write(&scratch, "empty.wav", tone, 0, 1, 8000);
    ck_assert_msg(read_name("empty.wav") == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(audio.count, 0);
}
END_TEST

START_TEST(what_is_no_recording_is_told)
{
    char path[SCRATCH_PATH];
    ck_assert_int_eq(read_name("nothing.wav"), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nothing.wav: cannot open: No such file or directory"));
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "text.wav", path), "hello", 5, NULL),
                     STERNA_OK);
    ck_assert_int_eq(read_name("text.wav"), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "/text.wav: no recording that can be read"));
    ck_assert_ptr_null(audio.samples);
}
END_TEST

START_TEST(cut_off_flac_is_told)
{
    char path[SCRATCH_PATH];
    struct stat facts;
    sound_write(&scratch, "a.flac", tone, COUNT, 1, 8000);
    ck_assert_int_eq(stat(scratch_path(&scratch, "a.flac", path), &facts), 0);
    ck_assert_int_eq(truncate(path, facts.st_size / 2), 0);
    ck_assert_int_eq(read_name("a.flac"), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "is cut off"));
}
END_TEST

START_TEST(samples_that_are_not_finite_are_told)
{
    char path[SCRATCH_PATH];
    float samples[16] = {0};
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    samples[9] = NAN;
    SNDFILE *file = sf_open(scratch_path(&scratch, "nan.wav", path), SFM_WRITE, &info);
    ck_assert_int_eq(sf_writef_float(file, samples, 16), 16);
    ck_assert_int_eq(sf_close(file), 0);
    ck_assert_int_eq(read_name("nan.wav"), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "not finite"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("audio");
    TCase *tcase = tcase_create("audio");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, wav_and_flac_give_the_samples_back);
    tcase_add_test(tcase, channels_are_mixed_to_their_mean);
    tcase_add_test(tcase, telephone_is_heard_and_is_the_gsm_file);
    tcase_add_test(tcase, telephone_keeps_any_length);
    tcase_add_test(tcase, empty_recording_is_empty);
    tcase_add_test(tcase, what_is_no_recording_is_told);
    tcase_add_test(tcase, cut_off_flac_is_told);
    tcase_add_test(tcase, samples_that_are_not_finite_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
