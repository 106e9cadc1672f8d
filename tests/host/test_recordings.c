/* test_recordings.c - from files to frames: scaled over the training split, cut in pieces, of one rate. */
#include "sound_files.h"

#include "audio.h"
#include "corpus.h"
#include "front_end.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_corpus corpus;
static struct sterna_sequences sequences;

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&corpus, 0, sizeof corpus);
    memset(&sequences, 0, sizeof sequences);
    corpus.source = "these";
    sterna_front_end_default(&sequences.front_end);
}

static void tear_down(void)
{
    sterna_sequences_close(&sequences);
    sterna_corpus_free(&corpus);
    sound_close(&scratch);
}

static void add(const char *name, size_t label, enum sterna_split split)
{
    char path[SCRATCH_PATH];
    ck_assert_msg(sterna_corpus_add(&corpus, scratch_path(&scratch, name, path), label, split, &error) ==
                      STERNA_OK,
                  "%s", error.reason);
}

/* Two tones to train, one for each of the other splits. */
static void add_four(void)
{
    sound_write_tone(&scratch, "a.wav", 500, 2000);
    sound_write_tone(&scratch, "b.wav", 1500, 4000);
    sound_write_tone(&scratch, "c.wav", 700, 1000);
    sound_write_tone(&scratch, "d.wav", 900, 300);
    add("a.wav", 0, STERNA_TRAIN);
    add("b.wav", 1, STERNA_TRAIN);
    add("c.wav", 0, STERNA_VALID);
    add("d.wav", 1, STERNA_TEST);
}

static void read_all(void)
{
    ck_assert_msg(sterna_recordings_read(&corpus, &sequences, &error) == STERNA_OK, "%s", error.reason);
}

START_TEST(sequences_have_their_lengths_and_labels)
{
    add_four();
    read_all();
    ck_assert_uint_eq(sequences.features, 32);
    ck_assert_uint_eq(sequences.fraction, 5);
    ck_assert_uint_eq(sequences.rate, 8000);
    const struct sterna_sequence_set *train = &sequences.split[STERNA_TRAIN];
    ck_assert_uint_eq(train->count, 2);
    ck_assert_uint_eq(train->start[0], 0);
    ck_assert_uint_eq(train->start[1], (2000 - 256) / 128 + 1);
    ck_assert_uint_eq(train->start[2], train->start[1] + (4000 - 256) / 128 + 1);
    ck_assert_uint_eq(train->label[0], 0);
    ck_assert_uint_eq(train->label[1], 1);
    ck_assert_uint_eq(sequences.split[STERNA_VALID].count, 1);
    ck_assert_uint_eq(sequences.split[STERNA_TEST].start[1], 1);
    ck_assert_uint_eq(sequences.split[STERNA_TEST].label[0], 1);
}
END_TEST

/* Mean and mean square of a feature over the training split, in deviations. */
static void moments(size_t feature, double *mean, double *square)
{
    const struct sterna_sequence_set *set = &sequences.split[STERNA_TRAIN];
    size_t steps = set->start[set->count];
    *mean = 0;
    *square = 0;
    for (size_t t = 0; t < steps; t++) {
        double value = set->frames[t * sequences.features + feature] / 32.0;
        *mean += value / (double)steps;
        *square += value * value / (double)steps;
    }
}

START_TEST(training_split_has_mean_0_and_deviation_1)
{
    double worst = 0;
    add_four();
    read_all();
    for (size_t i = 0; i < 32; i++) {
        double mean = 0;
        double square = 0;
        moments(i, &mean, &square);
        worst = fmax(worst, fmax(fabs(mean), fabs(square - 1)));
    }
    ck_assert_double_lt(worst, 0.02); /* rounding to 1/32 */
}
END_TEST

START_TEST(frames_are_those_of_the_front_end)
{
    struct sterna_audio audio;
    struct sterna_front_end *front_end = NULL;
    char path[SCRATCH_PATH];
    float feature[32];
    int8_t frame[32];
    size_t frames = 0;
    add_four();
    read_all();
    ck_assert_int_eq(sterna_audio_read(scratch_path(&scratch, "c.wav", path), &audio, &error), STERNA_OK);
    ck_assert_int_eq(sterna_front_end_new(&sequences.front_end, 8000, &front_end, &error), STERNA_OK);
    const float *samples = audio.samples;
    for (; sterna_front_end_push(front_end, &samples, &audio.count, feature); frames++) { /* as live */
        sterna_front_end_quantize(32, sequences.mean, sequences.deviation, feature, frame);
        ck_assert_mem_eq(frame, sequences.split[STERNA_VALID].frames + 32 * frames, 32);
    }
    ck_assert_uint_eq(frames, sequences.split[STERNA_VALID].start[1]);
    sterna_front_end_free(front_end);
    sterna_audio_free(&audio);
}
END_TEST

START_TEST(wav_and_flac_give_the_same_frames)
{
    struct sterna_sequences other = {0};
    add_four();
    read_all();
    sterna_corpus_free(&corpus);
    corpus.source = "these";
    sound_write_tone(&scratch, "b.flac", 1500, 4000);
    add("a.wav", 0, STERNA_TRAIN);
    add("b.flac", 1, STERNA_TRAIN);
    add("c.wav", 0, STERNA_VALID);
    add("d.wav", 1, STERNA_TEST);
    sterna_front_end_default(&other.front_end);
    ck_assert_int_eq(sterna_recordings_read(&corpus, &other, &error), STERNA_OK);
    const struct sterna_sequence_set *a = &sequences.split[STERNA_TRAIN];
    const struct sterna_sequence_set *b = &other.split[STERNA_TRAIN];
    ck_assert_uint_eq(a->start[2], b->start[2]);
    ck_assert_mem_eq(a->frames, b->frames, a->start[2] * 32);
    sterna_sequences_close(&other);
}
END_TEST

START_TEST(long_recordings_are_cut_and_short_ends_left_out)
{
    sound_write_tone(&scratch, "long.wav", 500, 8000 * 5 + 400); /* 5.05 s: 2 + 2 + 1.05 */
    sound_write_tone(&scratch, "end.wav", 500, 8000 * 2 + 7999); /* 2 and 0.9999 */
    sound_write_tone(&scratch, "short.wav", 500, 7999);
    add("long.wav", 0, STERNA_TRAIN);
    add("end.wav", 1, STERNA_TRAIN);
    add("short.wav", 1, STERNA_TRAIN);
    add("end.wav", 1, STERNA_VALID);
    add("end.wav", 1, STERNA_TEST);
    corpus.piece_seconds = 2;
    corpus.least_seconds = 1;
    read_all();
    const struct sterna_sequence_set *train = &sequences.split[STERNA_TRAIN];
    ck_assert_uint_eq(train->count, 4);
    ck_assert_mem_eq(train->label, ((uint8_t[]){0, 0, 0, 1}), 4);
    ck_assert_uint_eq(train->start[1], (16000 - 256) / 128 + 1);
    ck_assert_uint_eq(train->start[3] - train->start[2], (8400 - 256) / 128 + 1);
}
END_TEST

START_TEST(empty_recording_gives_no_sequence)
{
    int16_t none = 0;
    add_four();
    sound_write(&scratch, "empty.wav", &none, 0, 1, 8000);
    add("empty.wav", 0, STERNA_TRAIN);
    read_all();
    ck_assert_uint_eq(sequences.split[STERNA_TRAIN].count, 2);
}
END_TEST

START_TEST(constant_feature_is_zero)
{
    static const int16_t silence[1000] = {0};
    static const char *const names[] = {"a.wav", "b.wav", "c.wav"};
    for (size_t i = 0; i < 3; i++) {
        sound_write(&scratch, names[i], silence, 1000, 1, 8000);
        add(names[i], i % 2, (enum sterna_split)i);
    }
    read_all();
    for (size_t i = 0; i < 32; i++) {
        ck_assert_float_eq(sequences.deviation[i], 1);
        ck_assert_int_eq(sequences.split[STERNA_TEST].frames[i], 0);
    }
}
END_TEST

START_TEST(another_rate_is_refused)
{
    static const int16_t silence[1000] = {0};
    add_four();
    sound_write(&scratch, "e.wav", silence, 1000, 1, 11025);
    add("e.wav", 0, STERNA_TEST);
    ck_assert_int_eq(sterna_recordings_read(&corpus, &sequences, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "/e.wav: 11025 samples a second, "));
    ck_assert_ptr_nonnull(strstr(error.reason, "/a.wav has 8000: resample it"));
}
END_TEST

START_TEST(split_without_recordings_is_refused)
{
    sound_write_tone(&scratch, "a.wav", 500, 2000);
    add("a.wav", 0, STERNA_TRAIN);
    add("a.wav", 0, STERNA_TEST);
    ck_assert_int_eq(sterna_recordings_read(&corpus, &sequences, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "these: there is no recording for the validation split");
}
END_TEST

START_TEST(telephone_changes_what_is_no_gsm_already)
{
    struct sterna_sequences direct = {0};
    sound_write_tone(&scratch, "a.wav", 500, 1600);
    sound_write_tone(&scratch, "a.gsm", 500, 1600);
    add("a.wav", 0, STERNA_TRAIN);
    add("a.gsm", 0, STERNA_VALID);
    add("a.wav", 0, STERNA_TEST);
    sterna_front_end_default(&direct.front_end);
    ck_assert_int_eq(sterna_recordings_read(&corpus, &direct, &error), STERNA_OK);
    corpus.telephone = true;
    read_all();
    size_t bytes = sequences.split[0].start[1] * 32;
    ck_assert_mem_eq(sequences.split[STERNA_VALID].frames, sequences.split[STERNA_TEST].frames, bytes);
    ck_assert_mem_ne(direct.split[STERNA_VALID].frames, direct.split[STERNA_TEST].frames, bytes);
    sterna_sequences_close(&direct);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("recordings");
    TCase *tcase = tcase_create("recordings");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, sequences_have_their_lengths_and_labels);
    tcase_add_test(tcase, training_split_has_mean_0_and_deviation_1);
    tcase_add_test(tcase, frames_are_those_of_the_front_end);
    tcase_add_test(tcase, wav_and_flac_give_the_same_frames);
    tcase_add_test(tcase, long_recordings_are_cut_and_short_ends_left_out);
    tcase_add_test(tcase, empty_recording_gives_no_sequence);
    tcase_add_test(tcase, constant_feature_is_zero);
    tcase_add_test(tcase, another_rate_is_refused);
    tcase_add_test(tcase, split_without_recordings_is_refused);
    tcase_add_test(tcase, telephone_changes_what_is_no_gsm_already);
    suite_add_tcase(suite, tcase);
    return suite;
}
