/* test_fashion_mnist.c - images of the MNIST format, compressed or not, whole or damaged. */
#include "sound_files.h"

#include "file.h"
#include "sterna.h"

#include <zlib.h>

#include <check.h>

enum { PIXELS = 784, TRAIN = 7, TEST = 3 };

static const char *const names[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
static struct scratch scratch;
static struct sterna_error error;
static struct sterna_sequences sequences;
static uint8_t bytes[16 + TRAIN * PIXELS];

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

/* Pixel p of image i. */
static uint8_t pixel(size_t i, size_t p)
{
    return (uint8_t)(i * 37 + p * 3);
}

/* The file's bytes; returns how many. */
static size_t make_file(size_t which, size_t count)
{
    bool images = which % 2 == 0;
    size_t at = images ? 16 : 8;
    memset(bytes, 0, sizeof bytes);
    bytes[2] = 8;
    bytes[3] = images ? 3 : 1;
    bytes[7] = (uint8_t)count;
    bytes[11] = 28;
    bytes[15] = 28;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < (images ? PIXELS : 1); p++)
            bytes[at++] = images ? pixel(i, p) : (uint8_t)((i * 3 + which) % 10);
    return at;
}

static void write_file(size_t which, size_t size, bool compressed)
{
    char path[SCRATCH_PATH];
    gzFile file = gzopen(scratch_path(&scratch, names[which], path), compressed ? "wb" : "wbT");
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static void write_all(bool compressed)
{
    for (size_t which = 0; which < 4; which++)
        write_file(which, make_file(which, which < 2 ? TRAIN : TEST), compressed);
}

static enum sterna_status open_all(void)
{
    char source[SCRATCH_PATH];
    (void)snprintf(source, sizeof source, "fashion-mnist:%s", scratch.directory);
    return sterna_sequences_open(source, NULL, &sequences, &error);
}

START_TEST(images_become_rows_at_half_brightness)
{
    size_t wrong = 0;
    write_all(_i == 0);
    ck_assert_msg(open_all() == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(sequences.features, 28);
    ck_assert_uint_eq(sequences.fraction, 7);
    ck_assert_uint_eq(sequences.rate, 0);
    const struct sterna_sequence_set *test = &sequences.split[STERNA_TEST];
    ck_assert_uint_eq(test->count, TEST);
    ck_assert_uint_eq(test->start[TEST], TEST * 28);
    for (size_t i = 0; i < TEST; i++)
        for (size_t p = 0; p < PIXELS; p++) {
            double half = pixel(i, p) / 2.0;
            double expected = half > 127 ? 127 : floor(half + 0.5);
            wrong += test->frames[i * PIXELS + p] != (int8_t)expected;
        }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_mem_eq(test->label, ((uint8_t[]){3, 6, 9}), 3);
}
END_TEST

START_TEST(end_of_training_is_validation)
{
    write_all(true);
    ck_assert_int_eq(open_all(), STERNA_OK);
    ck_assert_uint_eq(sequences.split[STERNA_TRAIN].count, 4); /* few images: half */
    ck_assert_uint_eq(sequences.split[STERNA_VALID].count, 3);
    ck_assert_mem_eq(sequences.split[STERNA_TRAIN].label, ((uint8_t[]){1, 4, 7, 0}), 4);
    ck_assert_mem_eq(sequences.split[STERNA_VALID].label, ((uint8_t[]){3, 6, 9}), 3);
    ck_assert_int_eq(sequences.split[STERNA_VALID].frames[1], (pixel(4, 1) + 1) / 2);
}
END_TEST

START_TEST(missing_file_is_told_with_the_way_to_get_it)
{
    char path[SCRATCH_PATH];
    write_all(true);
    ck_assert_int_eq(unlink(scratch_path(&scratch, names[3], path)), 0);
    ck_assert_int_eq(open_all(), STERNA_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(error.reason, "t10k-labels-idx1-ubyte.gz is not there"));
    ck_assert_ptr_nonnull(strstr(error.reason, "apt-get install dataset-fashion-mnist"));
}
END_TEST

START_TEST(damaged_files_are_told)
{
    char path[SCRATCH_PATH];
    struct stat facts;
    write_all(true);
    write_file(2, make_file(2, TEST) - 1, true);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "is cut off or damaged"));
    write_all(true);
    ck_assert_int_eq(stat(scratch_path(&scratch, names[0], path), &facts), 0);
    ck_assert_int_eq(truncate(path, facts.st_size / 2), 0);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    write_all(true);
    size_t size = make_file(0, TRAIN);
    bytes[11] = 27;
    write_file(0, size, true);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "images of 27 x 28, expected 28 x 28"));
    write_all(true);
    write_file(1, make_file(1, TRAIN - 1), true);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "6 labels for 7 images"));
    size = make_file(1, TRAIN);
    bytes[9] = 10;
    write_file(1, size, true);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "label 10 is not below 10"));
    make_file(1, TRAIN);
    bytes[4] = 0xFF; /* more labels than any file has */
    write_file(1, size, true);
    ck_assert_int_eq(open_all(), STERNA_ERR_FORMAT);
    ck_assert_uint_eq(sequences.features, 0);
}
END_TEST

START_TEST(debian_package_is_60000_and_10000)
{
    static const char place[] = "/usr/share/datasets/fashion-mnist";
    if (access(place, R_OK) != 0) {
        (void)printf("skipped: no data at %s\n", place);
        return;
    }
    ck_assert_msg(sterna_sequences_open("fashion-mnist", NULL, &sequences, &error) == STERNA_OK, "%s",
                  error.reason);
    ck_assert_uint_eq(sequences.split[STERNA_TRAIN].count, 55000);
    ck_assert_uint_eq(sequences.split[STERNA_VALID].count, 5000);
    ck_assert_uint_eq(sequences.split[STERNA_TEST].count, 10000);
    size_t boots = 0;
    for (size_t i = 0; i < 10000; i++)
        boots += sequences.split[STERNA_TEST].label[i] == 9;
    ck_assert_uint_eq(boots, 1000);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fashion_mnist");
    TCase *tcase = tcase_create("fashion_mnist");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, images_become_rows_at_half_brightness, 0, 2);
    tcase_add_test(tcase, end_of_training_is_validation);
    tcase_add_test(tcase, missing_file_is_told_with_the_way_to_get_it);
    tcase_add_test(tcase, damaged_files_are_told);
    tcase_add_test(tcase, debian_package_is_60000_and_10000);
    suite_add_tcase(suite, tcase);
    return suite;
}
