/* test_sequences_picture.c - the map of a class shows its average, the right way up. */
#include "sound_files.h"

#include "file.h"
#include "sterna.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static char text[1 << 16];

static void set_up(void)
{
    sound_open(&scratch);
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    sound_close(&scratch);
}

/* Two classes of one sequence each in every split, [2, 2]: the first all dark but for (step 1, feature 0),
 * the second all light. */
static void draw(uint32_t rate)
{
    size_t start[] = {0, 2, 4};
    uint8_t label[] = {0, 1};
    int8_t frames[] = {-127, -127, 127, -127, 127, 127, 127, 127};
    char names[2][STERNA_CLASS_NAME] = {"a<b&c", "second"};
    struct sterna_sequences sequences = {
        .features = 2, .fraction = 5, .classes = 2, .class_name = names, .rate = rate};
    char path[SCRATCH_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    for (int s = 0; s < STERNA_SPLITS; s++)
        sequences.split[s] = (struct sterna_sequence_set){2, start, label, frames};
    (void)scratch_path(&scratch, "map.svg", path);
    ck_assert_msg(sterna_sequences_picture(path, "title", &sequences, &error) == STERNA_OK, "%s",
                  error.reason);
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_lt(size, sizeof text);
    memcpy(text, bytes, size + 1);
    free(bytes);
    ck_assert_int_eq(sterna_sequences_picture("/nowhere/map.svg", "title", &sequences, &error),
                     STERNA_ERR_IO);
}

START_TEST(sound_runs_to_the_right_first_feature_at_the_bottom)
{
    draw(8000);
    ck_assert_ptr_nonnull(
        strstr(text, "d=\"M0 0h48v1h-48zM0 1h24v1h-24z\""));      /* dark: the top row, left half below */
    ck_assert_ptr_nonnull(strstr(text, "d=\"M24 1h24v1h-24z\"")); /* light */
    ck_assert_ptr_nonnull(strstr(text, "d=\"M0 0h48v1h-48zM0 1h48v1h-48z\"")); /* the second class */
}
END_TEST

START_TEST(image_is_itself)
{
    draw(0);
    ck_assert_ptr_nonnull(strstr(text, "d=\"M0 0h2v1h-2zM1 1h1v1h-1z\""));
    ck_assert_ptr_nonnull(strstr(text, "d=\"M0 1h1v1h-1z\""));
}
END_TEST

START_TEST(names_are_escaped)
{
    draw(0);
    ck_assert_ptr_nonnull(strstr(text, ">a&lt;b&amp;c</text>"));
    ck_assert_ptr_nonnull(strstr(text, ">second</text>"));
    ck_assert_ptr_nonnull(strstr(text, ">3.97</text>")); /* 127 / 2^5 */
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sequences_picture");
    TCase *tcase = tcase_create("sequences_picture");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, sound_runs_to_the_right_first_feature_at_the_bottom);
    tcase_add_test(tcase, image_is_itself);
    tcase_add_test(tcase, names_are_escaped);
    suite_add_tcase(suite, tcase);
    return suite;
}
