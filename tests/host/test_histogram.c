/* test_histogram.c - weights are counted where they are, each update once, and drawn. */
#include "file.h"
#include "histogram.h"
#include "scratch.h"

#include <math.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static char csv[SCRATCH_PATH], svg[SCRATCH_PATH];

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "histogram.csv", csv);
    scratch_path(&scratch, "histogram.svg", svg);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static uint8_t *bytes; /* not in the function: gcc 12 takes what comes back for its address */

static char *read_text(const char *path)
{
    size_t size = 0;
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    return (char *)bytes;
}

static void append(uint64_t update, const float *w, size_t n, float bound)
{
    const enum sterna_status status = sterna_histogram_append(csv, update, w, n, bound, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

/* The count in a bin of the line after the head. */
static long count_at(const char *text, size_t bin)
{
    const char *at = strchr(text, '\n');
    for (size_t comma = 0; comma < bin + 2; comma++)
        at = strchr(at + 1, ',');
    return strtol(at + 1, NULL, 10);
}

/* Bin 20 of 41 is the middle; a bin is 2/41 of the bound wide. */
START_TEST(weights_are_counted_where_they_are)
{
    static const float w[] = {0.0f, 0.02f, -0.02f, 0.03f, 1.0f, -1.0f, 5.0f, -5.0f};
    append(7, w, 8, 1.0f);
    char *text = read_text(csv);
    ck_assert_ptr_nonnull(strstr(text, "\n7,1,"));
    ck_assert_int_eq(count_at(text, 20), 3);
    ck_assert_int_eq(count_at(text, 21), 1);
    ck_assert_int_eq(count_at(text, 40), 2); /* the bound itself and what is outside */
    ck_assert_int_eq(count_at(text, 0), 2);
    free(text);
}
END_TEST

START_TEST(bound_is_the_largest_weight_unless_given)
{
    static const float w[] = {0.5f, -2.0f}, none[] = {0.0f};
    append(1, w, 2, 0.0f);
    char *text = read_text(csv);
    ck_assert_ptr_nonnull(strstr(text, "\n1,2,1,"));
    free(text);
    append(2, none, 1, 0.0f);
    append(3, w, 2, INFINITY);
    text = read_text(csv);
    ck_assert_ptr_nonnull(strstr(text, "\n2,1e-30,0,"));
    ck_assert_ptr_nonnull(strstr(text, "\n3,2,1,"));
    free(text);
}
END_TEST

START_TEST(update_told_again_replaces_what_follows_it)
{
    static const float w[] = {1.0f};
    append(10, w, 1, 1.0f);
    append(20, w, 1, 1.0f);
    append(30, w, 1, 1.0f);
    append(20, w, 1, 4.0f);
    char *text = read_text(csv);
    ck_assert_ptr_nonnull(strstr(text, "\n10,1,"));
    ck_assert_ptr_nonnull(strstr(text, "\n20,4,"));
    ck_assert_ptr_null(strstr(text, "\n20,1,"));
    ck_assert_ptr_null(strstr(text, "\n30,"));
    free(text);
    append(5, w, 1, 1.0f);
    text = read_text(csv);
    ck_assert_ptr_null(strstr(text, "\n10,"));
    ck_assert_int_eq(strncmp(text, "update,bound,counts\n5,", 22), 0);
    free(text);
}
END_TEST

START_TEST(map_has_a_column_per_update)
{
    static const float one[] = {0.0f, 0.0f}, two[] = {0.9f, -0.9f};
    append(100, one, 2, 1.0f);
    append(200, two, 2, 2.0f);
    ck_assert_int_eq(sterna_histogram_picture(csv, svg, "a < b", &error), STERNA_OK);
    char *text = read_text(svg);
    ck_assert_ptr_nonnull(strstr(text, "a &lt; b"));
    ck_assert_ptr_nonnull(strstr(text, ">100 %</text>")); /* all of the first update's weights in a cell */
    const char *map = strstr(text, "crispEdges");
    size_t cells = 0;
    for (const char *at = strstr(map, "<rect"); at != NULL; at = strstr(at + 1, "<rect"))
        cells++;
    ck_assert_uint_eq(cells, 3);
    ck_assert_ptr_null(strstr(text, "nan"));
    free(text);
}
END_TEST

START_TEST(thousands_of_updates_are_thinned_out)
{
    static const float w[] = {0.5f};
    char text[32768];
    size_t used = (size_t)snprintf(text, sizeof text, "update,bound,counts\n");
    for (int i = 1; i <= 320; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,1", i);
        for (int bin = 0; bin < STERNA_HISTOGRAM_BINS; bin++)
            used += (size_t)snprintf(text + used, sizeof text - used, ",%d", bin == 3);
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    ck_assert_int_eq(sterna_file_write(csv, text, used, &error), STERNA_OK);
    append(321, w, 1, 1.0f);
    ck_assert_int_eq(sterna_histogram_picture(csv, svg, "", &error), STERNA_OK);
    char *picture = read_text(svg);
    size_t cells = 0;
    for (const char *at = strstr(strstr(picture, "crispEdges"), "<rect"); at != NULL;
         at = strstr(at + 1, "<rect"))
        cells++;
    ck_assert_uint_eq(cells, 107); /* every third of 321 */
    free(picture);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const char *const wrong[] = {"a\nb\n", "update,bound,counts\n1,1,2\n",
                                        "update,bound,counts\n1,0\n", "x\n1,nan,1\n"};
    ck_assert_int_eq(sterna_file_write(csv, wrong[_i], strlen(wrong[_i]), &error), STERNA_OK);
    ck_assert_int_eq(sterna_histogram_picture(csv, svg, "", &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "histogram.csv: line 2: not a histogram's line"));
}
END_TEST

START_TEST(empty_and_missing_files_are_told_apart)
{
    ck_assert_int_eq(sterna_histogram_picture(csv, svg, "", &error), STERNA_ERR_IO);
    ck_assert_int_eq(sterna_file_write(csv, "update,bound,counts\n", 20, &error), STERNA_OK);
    ck_assert_int_eq(sterna_histogram_picture(csv, svg, "", &error), STERNA_OK);
    char *text = read_text(svg);
    ck_assert_ptr_nonnull(strstr(text, "no data"));
    free(text);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tcase = tcase_create("histogram");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, weights_are_counted_where_they_are);
    tcase_add_test(tcase, bound_is_the_largest_weight_unless_given);
    tcase_add_test(tcase, update_told_again_replaces_what_follows_it);
    tcase_add_test(tcase, map_has_a_column_per_update);
    tcase_add_test(tcase, thousands_of_updates_are_thinned_out);
    tcase_add_loop_test(tcase, other_files_are_refused, 0, 4);
    tcase_add_test(tcase, empty_and_missing_files_are_told_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
