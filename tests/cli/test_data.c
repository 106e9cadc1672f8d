/* test_data.c - sterna data as a user calls it. */
#include "child.h"

#include "../host/sound_files.h"

static struct child child;
static struct scratch scratch;
static char source[SCRATCH_PATH];

static void set_up(void)
{
    child_prepare();
    sound_open(&scratch);
    sound_write_digits(&scratch, "digits");
    (void)snprintf(source, sizeof source, "fsdd:%s/digits", scratch.directory);
}

static void tear_down(void)
{
    sound_close(&scratch);
    child_clean();
}

static double number(const cJSON *object, const char *group, const char *key)
{
    const cJSON *from = group != NULL ? cJSON_GetObjectItem(object, group) : object;
    const cJSON *item = cJSON_GetObjectItem(from, key);
    ck_assert_msg(cJSON_IsNumber(item), "no number %s", key);
    return item->valuedouble;
}

START_TEST(json_has_splits_lengths_and_classes)
{
    sterna(&child, "data", source, "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *object = cJSON_Parse(child.out);
    ck_assert_ptr_nonnull(object);
    ck_assert_double_eq(number(object, NULL, "features"), 32);
    ck_assert_double_eq(number(object, NULL, "fraction_bits"), 5);
    ck_assert_double_eq(number(object, NULL, "samples_per_second"), 8000);
    ck_assert_double_eq(number(object, "train", "sequences"), 8);
    ck_assert_double_eq(number(object, "test", "sequences"), 40);
    ck_assert_double_eq(number(object, "test", "steps_min"), 5); /* of 800 samples */
    ck_assert_double_eq(number(object, "test", "steps_max"), 7); /* of 1040 */
    ck_assert_double_lt(number(object, "train", "clipped_percent"), 1);
    ck_assert_double_eq(number(cJSON_GetObjectItem(object, "valid"), "classes", "three"), 10);
    ck_assert_double_eq(number(cJSON_GetObjectItem(object, "valid"), "classes", "one"), 0);
    cJSON_Delete(object);
}
END_TEST

START_TEST(people_get_a_table_of_classes)
{
    sterna(&child, "data", source);
    ck_assert_int_eq(child.status, 0);
    ck_assert_str_eq(child.err, "");
    ck_assert_has(child.out, "  three                              2        10        10\n");
}
END_TEST

START_TEST(picture_is_drawn)
{
    char path[CHILD_PATH_MAX];
    char text[64];
    child_path(path, "map.svg");
    sterna(&child, "data", source, "--picture", path, "--set", "features=mfcc");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_has(child.out, "13"); /* features */
    (void)child_read(path, text, sizeof text);
    ck_assert_has(text, "<svg ");
    sterna(&child, "data", source, "--picture", "/nowhere/map.svg");
    child_complained(&child, 1, "sterna: data: /nowhere/map.svg: ");
}
END_TEST

START_TEST(texts_are_described_too)
{
    char path[CHILD_PATH_MAX];
    char text[CHILD_PATH_MAX + 8];
    child_path(path, "text");
    child_write(path, "twenty and one characters, and more of them");
    (void)snprintf(text, sizeof text, "text:%s", path);
    sterna(&child, "data", text);
    ck_assert_int_eq(child.status, 0);
    ck_assert_has(child.out, "symbols");
    sterna(&child, "data", text, "--picture", "x.svg");
    child_complained(&child, 2, "sterna: data: text:");
}
END_TEST

START_TEST(wrong_sources_and_settings_are_told)
{
    sterna(&child, "data", "mnist");
    child_complained(&child, 1, "sterna: data: \"mnist\" is no known data set");
    sterna(&child, "data", "fsdd:/nowhere");
    child_complained(&child, 1, "sterna: data: fsdd: /nowhere has no recordings");
    sterna(&child, "data", source, "--set", "band=3");
    child_complained(&child, 1,
                     "sterna: data: unknown key \"band\" of the front end; the nearest is \"bands\"");
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("data");
    TCase *tcase = tcase_create("data");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, json_has_splits_lengths_and_classes);
    tcase_add_test(tcase, people_get_a_table_of_classes);
    tcase_add_test(tcase, picture_is_drawn);
    tcase_add_test(tcase, texts_are_described_too);
    tcase_add_test(tcase, wrong_sources_and_settings_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
