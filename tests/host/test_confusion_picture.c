/* test_confusion_picture.c - a confusion matrix as a picture: every count is there, and the picture is well-formed. */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "scratch.h"
#include "sterna.h"

#include <check.h>

enum { CLASSES = 3 };

static struct scratch scratch;
static char place[SCRATCH_PATH];
static struct sterna_error error;
static uint32_t confusion[CLASSES * CLASSES] = {11, 0, 2, 0, 23, 0, 5, 0, 37};
static char names[CLASSES][STERNA_CLASS_NAME] = {"zero", "a<b>&c", "\xC3\xA9l\xC3\xA8ve"};
static struct sterna_eval_result result = {
    .value = 91.0256, .sequences = 78, .classes = CLASSES, .confusion = confusion, .class_name = names};

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "confusion.svg", place);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static char *drawn(const char *title)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_msg(sterna_confusion_picture(place, title, &result, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_file_read(place, &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_eq(strlen((const char *)bytes), size);
    return (char *)bytes;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

START_TEST(every_count_and_name_is_drawn)
{
    static const char *const numbers[] = {">11<", ">2<", ">23<", ">5<", ">37<"};
    char *svg = drawn("digits");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ck_assert_uint_eq(count_of(svg, numbers[i]), 1);
    ck_assert_uint_eq(count_of(svg, ">0<"), 0); /* nothing is nothing */
    ck_assert_uint_eq(count_of(svg, ">zero<"), 2);
    ck_assert_uint_eq(count_of(svg, "\xC3\xA9l\xC3\xA8ve"), 2);
    ck_assert_ptr_nonnull(strstr(svg, "digits: 91.03 % of 78 right"));
    free(svg);
}
END_TEST

START_TEST(names_are_escaped)
{
    char *svg = drawn("<script> & text:/a'b");
    ck_assert_uint_eq(count_of(svg, "a&lt;b&gt;&amp;c"), 2);
    ck_assert_ptr_nonnull(strstr(svg, "&lt;script&gt; &amp; text:/a'b"));
    ck_assert_ptr_null(strstr(svg, "<script>"));
    free(svg);
}
END_TEST

START_TEST(picture_is_one_balanced_svg)
{
    char *svg = drawn("digits");
    ck_assert_int_eq(strncmp(svg, "<svg ", 5), 0);
    ck_assert_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    ck_assert_uint_eq(count_of(svg, "<text"), count_of(svg, "</text>"));
    ck_assert_uint_eq(count_of(svg, "<rect"), 1 + CLASSES * CLASSES);
    free(svg);
}
END_TEST

/* Shares are of the row: a class of which nothing was seen has none, and divides nothing by nothing. */
START_TEST(opacity_is_the_share_of_the_row)
{
    memset(confusion, 0, sizeof confusion);
    confusion[0] = 3;
    confusion[1] = 1;
    char *svg = drawn("digits");
    ck_assert_uint_eq(count_of(svg, "fill-opacity='0.750'"), 1);
    ck_assert_uint_eq(count_of(svg, "fill-opacity='0.250'"), 1);
    ck_assert_uint_eq(count_of(svg, "fill-opacity='0.000'"), 7);
    free(svg);
}
END_TEST

START_TEST(longest_names_and_most_classes_fit)
{
    static char many[256][STERNA_CLASS_NAME];
    static uint32_t counts[256 * 256];
    char title[600];
    const struct sterna_eval_result kept = result;
    memset(title, '&', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    for (size_t i = 0; i < 256; i++)
        memset(many[i], '<', STERNA_CLASS_NAME - 1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        counts[i] = UINT32_MAX;
    result.classes = 256;
    result.confusion = counts;
    result.class_name = many;
    char *svg = drawn(title);
    ck_assert_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    free(svg);
    result = kept;
}
END_TEST

START_TEST(result_of_a_text_has_no_picture)
{
    const struct sterna_eval_result text = {.value = 1.5};
    ck_assert_int_eq(sterna_confusion_picture(place, "x", &text, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "labelled sequences only"));
    ck_assert_int_eq(sterna_confusion_picture("/nowhere/x.svg", "x", &result, &error), STERNA_ERR_IO);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("confusion_picture");
    TCase *tcase = tcase_create("confusion_picture");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_count_and_name_is_drawn);
    tcase_add_test(tcase, names_are_escaped);
    tcase_add_test(tcase, picture_is_one_balanced_svg);
    tcase_add_test(tcase, longest_names_and_most_classes_fit);
    tcase_add_test(tcase, result_of_a_text_has_no_picture);
    tcase_add_test(tcase, opacity_is_the_share_of_the_row); /* changes the counts */
    suite_add_tcase(suite, tcase);
    return suite;
}
