/* test_sequences_cache.c - a hit is what a miss would be; nothing that happens to the cache is an error. */
#include "sound_files.h"

#include "file.h"
#include "sequences_cache.h"

#include <fcntl.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_sequences first, again;
static char source[SCRATCH_PATH];

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
    memset(&first, 0, sizeof first);
    memset(&again, 0, sizeof again);
    sound_write_digits(&scratch, "digits");
    (void)snprintf(source, sizeof source, "fsdd:%s/digits", scratch.directory);
}

static void tear_down(void)
{
    sterna_sequences_close(&first);
    sterna_sequences_close(&again);
    sound_close(&scratch);
}

static void open_as(struct sterna_sequences *sequences)
{
    sterna_sequences_close(sequences);
    ck_assert_msg(sterna_sequences_open(source, NULL, sequences, &error) == STERNA_OK, "%s", error.reason);
}

static bool same_set(const struct sterna_sequence_set *a, const struct sterna_sequence_set *b,
                     size_t features)
{
    return a->count == b->count && memcmp(a->start, b->start, (a->count + 1) * sizeof *a->start) == 0 &&
           memcmp(a->label, b->label, a->count) == 0 &&
           memcmp(a->frames, b->frames, a->start[a->count] * features) == 0;
}

static bool same(void)
{
    bool equal = first.features == again.features && first.classes == again.classes &&
                 first.fraction == again.fraction && first.rate == again.rate &&
                 memcmp(first.class_name, again.class_name, first.classes * STERNA_CLASS_NAME) == 0 &&
                 memcmp(first.mean, again.mean, first.features * sizeof *first.mean) == 0 &&
                 memcmp(first.deviation, again.deviation, first.features * sizeof *first.mean) == 0 &&
                 first.front_end.bands == again.front_end.bands;
    for (int s = 0; s < STERNA_SPLITS && equal; s++)
        equal = same_set(&first.split[s], &again.split[s], first.features);
    return equal;
}

/* The only file of the cache. */
static const char *cache_file(char path[SCRATCH_PATH])
{
    static const char *const endings[] = {".safetensors", NULL};
    struct sterna_listing listing = {NULL, 0};
    char name[128];
    (void)scratch_path(&scratch, "cache/sterna", path);
    ck_assert_msg(sterna_listing_read(path, endings, true, &listing, &error) == STERNA_OK, "%s",
                  error.reason);
    ck_assert_uint_eq(listing.count, 1);
    (void)snprintf(name, sizeof name, "cache/sterna/%.100s", listing.path[0]);
    sterna_listing_free(&listing);
    return scratch_path(&scratch, name, path);
}

/* Write other sound under a file's name, size and time: only who reads the cache does not notice. */
static void change_unnoticed(const char *name)
{
    char path[SCRATCH_PATH];
    struct stat before;
    ck_assert_int_eq(stat(scratch_path(&scratch, name, path), &before), 0);
    sound_write_tone(&scratch, name, 3000, ((size_t)before.st_size - 44) / 2);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, (struct timespec[]){before.st_atim, before.st_mtim}, 0), 0);
}

START_TEST(hit_is_what_the_miss_was)
{
    open_as(&first);
    change_unnoticed("digits/3_anna_10.wav");
    open_as(&again);
    ck_assert(same());
}
END_TEST

START_TEST(changed_file_is_noticed)
{
    open_as(&first);
    change_unnoticed("digits/3_anna_10.wav");
    char path[SCRATCH_PATH];
    ck_assert_int_eq(utimensat(AT_FDCWD, scratch_path(&scratch, "digits/3_anna_10.wav", path),
                               (struct timespec[]){{1, 0}, {1, 0}}, 0),
                     0);
    open_as(&again);
    ck_assert(!same());
    (void)cache_file(path); /* replaced, not added */
}
END_TEST

START_TEST(added_file_is_noticed)
{
    open_as(&first);
    sound_write_tone(&scratch, "digits/3_anna_11.wav", 900, 1000);
    open_as(&again);
    ck_assert_uint_eq(again.split[STERNA_TRAIN].count, first.split[STERNA_TRAIN].count + 1);
}
END_TEST

START_TEST(other_options_are_another_file)
{
    struct sterna_front_end_options options;
    open_as(&first);
    sterna_front_end_default(&options);
    options.hop_ms = 10;
    ck_assert_int_eq(sterna_sequences_open(source, &options, &again, &error), STERNA_OK);
    ck_assert_uint_gt(again.split[0].start[1], first.split[0].start[1]);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 2); /* digits, cache */
    struct scratch cache;
    (void)snprintf(cache.directory, sizeof cache.directory, "%.200s/cache/sterna", scratch.directory);
    ck_assert_uint_eq(scratch_files(&cache, 0), 2);
    open_as(&again);
    ck_assert(same());
}
END_TEST

/* Put `size` of the bytes into the cache's file, and expect the same result as ever. */
static void check_damage(const char *path, const uint8_t *bytes, size_t size)
{
    ck_assert_int_eq(sterna_file_write(path, bytes, size, &error), STERNA_OK);
    open_as(&again);
    ck_assert(same());
}

START_TEST(damaged_cache_is_made_anew)
{
    char path[SCRATCH_PATH];
    uint8_t *bytes = NULL;
    uint8_t *now = NULL;
    size_t size = 0;
    size_t size_now = 0;
    open_as(&first);
    ck_assert_int_eq(sterna_file_read(cache_file(path), &bytes, &size, &error), STERNA_OK);
    for (size_t i = 0; i < 20; i++) {
        size_t at = (size * i / 20 + 13 * i) % size;
        bytes[at] ^= 0x11;
        check_damage(path, bytes, size);
        bytes[at] ^= 0x11;
        ck_assert_int_eq(sterna_file_read(path, &now, &size_now, &error), STERNA_OK);
        bool whole = size_now == size && memcmp(now, bytes, size) == 0; /* repaired */
        free(now);
        ck_assert_msg(whole, "damage at %zu of %zu stays", at, size);
    }
    check_damage(path, bytes, size / 2);
    check_damage(path, bytes, 0);
    free(bytes);
}
END_TEST

START_TEST(unwritable_cache_is_no_error)
{
    char path[SCRATCH_PATH];
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "cache", path), "a file", 6, &error),
                     STERNA_OK);
    open_as(&first);
    ck_assert_int_eq(unsetenv("XDG_CACHE_HOME"), 0);
    const char *home = getenv("HOME");
    char *before = home != NULL ? strdup(home) : NULL;
    ck_assert_int_eq(unsetenv("HOME"), 0);
    open_as(&again);
    ck_assert(same());
    if (before != NULL)
        ck_assert_int_eq(setenv("HOME", before, 1), 0);
    free(before);
}
END_TEST

START_TEST(home_has_the_cache_if_nothing_else_is_said)
{
    char path[SCRATCH_PATH];
    const char *home = getenv("HOME");
    char *before = home != NULL ? strdup(home) : NULL;
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", "relative", 1), 0);
    ck_assert_int_eq(setenv("HOME", scratch.directory, 1), 0);
    open_as(&first);
    ck_assert_int_eq(before != NULL ? setenv("HOME", before, 1) : unsetenv("HOME"), 0);
    free(before);
    ck_assert_int_eq(access(scratch_path(&scratch, ".cache/sterna", path), R_OK), 0);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sequences_cache");
    TCase *tcase = tcase_create("sequences_cache");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, hit_is_what_the_miss_was);
    tcase_add_test(tcase, changed_file_is_noticed);
    tcase_add_test(tcase, added_file_is_noticed);
    tcase_add_test(tcase, other_options_are_another_file);
    tcase_add_test(tcase, damaged_cache_is_made_anew);
    tcase_add_test(tcase, unwritable_cache_is_no_error);
    tcase_add_test(tcase, home_has_the_cache_if_nothing_else_is_said);
    suite_add_tcase(suite, tcase);
    return suite;
}
