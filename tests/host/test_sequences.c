/* test_sequences.c - data sets by name: known and unknown ones, and that no recording is in two splits. */
#include "sound_files.h"

#include "sterna.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_sequences sequences;

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&sequences, 0, sizeof sequences);
}

static void tear_down(void)
{
    sterna_sequences_close(&sequences);
    sound_close(&scratch);
}

START_TEST(names_of_sequences_are_known_and_others_not)
{
    ck_assert(sterna_sequences_known("fsdd:x"));
    ck_assert(sterna_sequences_known("asterisk"));
    ck_assert(sterna_sequences_known("fashion-mnist:/place"));
    ck_assert(!sterna_sequences_known("kjv"));
    ck_assert(!sterna_sequences_known("text:fsdd"));
    ck_assert(!sterna_sequences_known("fsd"));
    ck_assert(!sterna_sequences_known("asterisks"));
    ck_assert(!sterna_sequences_known(""));
}
END_TEST

START_TEST(unknown_source_is_told_the_known_ones)
{
    static const char *const wrong[] = {"", "fsdd", "fsdd:", "mnist", "kjv"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(sterna_sequences_open(wrong[i], NULL, &sequences, &error), STERNA_ERR_RANGE);
        ck_assert_ptr_nonnull(strstr(error.reason, "use fsdd:DIR, asterisk or fashion-mnist"));
    }
}
END_TEST

START_TEST(options_decide_the_features)
{
    struct sterna_front_end_options options;
    char source[SCRATCH_PATH];
    sound_write_digits(&scratch, "digits");
    (void)snprintf(source, sizeof source, "fsdd:%s/digits", scratch.directory);
    ck_assert_msg(sterna_sequences_open(source, NULL, &sequences, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(sequences.features, 32);
    ck_assert_uint_eq(sequences.split[STERNA_TRAIN].count, 8);
    ck_assert_uint_eq(sequences.split[STERNA_TEST].count, 40);
    sterna_sequences_close(&sequences);
    sterna_front_end_default(&options);
    ck_assert_int_eq(sterna_front_end_set(&options, "features=mfcc", &error), STERNA_OK);
    ck_assert_int_eq(sterna_front_end_set(&options, "deltas=1", &error), STERNA_OK);
    ck_assert_int_eq(sterna_sequences_open(source, &options, &sequences, &error), STERNA_OK);
    ck_assert_uint_eq(sequences.features, 26);
    ck_assert_str_eq(sequences.front_end.features, "mfcc");
    sterna_sequences_close(&sequences);
    options.bands = 0;
    ck_assert_int_eq(sterna_sequences_open(source, &options, &sequences, &error), STERNA_ERR_RANGE);
    ck_assert_uint_eq(sequences.features, 0);
}
END_TEST

/* Sequences of split a that are, frame for frame, in split b too. */
static size_t count_shared(enum sterna_split a, enum sterna_split b)
{
    const struct sterna_sequence_set *x = &sequences.split[a];
    const struct sterna_sequence_set *y = &sequences.split[b];
    size_t n = sequences.features;
    size_t shared = 0;
    for (size_t i = 0; i < x->count; i++)
        for (size_t k = 0; k < y->count; k++) {
            size_t steps = x->start[i + 1] - x->start[i];
            shared += steps == y->start[k + 1] - y->start[k] &&
                      memcmp(x->frames + x->start[i] * n, y->frames + y->start[k] * n, steps * n) == 0;
        }
    return shared;
}

/* On the data set itself, where somebody has it: STERNA_FSDD names the folder. */
START_TEST(real_digits_are_split_2400_300_300_without_overlap)
{
    const char *place = getenv("STERNA_FSDD");
    char source[SCRATCH_PATH];
    if (place == NULL || access(place, R_OK) != 0) {
        (void)printf("skipped: no data at %s\n", place != NULL ? place : "$STERNA_FSDD");
        return;
    }
    (void)snprintf(source, sizeof source, "fsdd:%.400s", place);
    ck_assert_msg(sterna_sequences_open(source, NULL, &sequences, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(sequences.split[STERNA_TRAIN].count, 2400);
    ck_assert_uint_eq(sequences.split[STERNA_VALID].count, 300);
    ck_assert_uint_eq(sequences.split[STERNA_TEST].count, 300);
    ck_assert_uint_eq(count_shared(STERNA_TRAIN, STERNA_TEST), 0);
    ck_assert_uint_eq(count_shared(STERNA_TRAIN, STERNA_VALID), 0);
    ck_assert_uint_eq(count_shared(STERNA_VALID, STERNA_TEST), 0);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sequences");
    TCase *tcase = tcase_create("sequences");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, names_of_sequences_are_known_and_others_not);
    tcase_add_test(tcase, unknown_source_is_told_the_known_ones);
    tcase_add_test(tcase, options_decide_the_features);
    tcase_add_test(tcase, real_digits_are_split_2400_300_300_without_overlap);
    suite_add_tcase(suite, tcase);
    return suite;
}
