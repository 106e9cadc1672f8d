/* test_scatter.c - points are where they belong, and labels cover nothing. */
#include "file.h"
#include "scatter.h"
#include "scratch.h"

#include <math.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static char path[SCRATCH_PATH];
static char *svg;

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "s.svg", path);
    svg = NULL;
}

static void tear_down(void)
{
    free(svg);
    scratch_close(&scratch);
}

static void draw(const struct sterna_scatter_point *points, size_t count, const char *const *series,
                 size_t kinds)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    const enum sterna_status status =
        sterna_plot_scatter(path, "T", "x", "y", points, count, series, kinds, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    svg = (char *)bytes;
    ck_assert_ptr_null(strstr(svg, "nan"));
    ck_assert_ptr_null(strstr(svg, "inf"));
}

static size_t occurrences(const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(svg, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

START_TEST(octaves_are_the_ticks)
{
    static const struct sterna_scatter_point points[] = {{1, 2, NAN, "a", 0}, {32, 1, 0.1, "b", 0}};
    draw(points, 2, NULL, 0);
    ck_assert_uint_eq(occurrences("<circle"), 2);
    ck_assert_uint_eq(occurrences(">1</text>"), 1);
    ck_assert_uint_eq(occurrences(">8</text>"), 1);
    ck_assert_uint_eq(occurrences(">64</text>"), 1);
    ck_assert_uint_eq(occurrences(">a</text>"), 1);
    ck_assert_uint_eq(occurrences("class=\"line c0\""), 1); /* the bar of b */
}
END_TEST

START_TEST(what_is_not_finite_is_left_out)
{
    static const struct sterna_scatter_point points[] = {
        {NAN, 2, NAN, "a", 0}, {0, 1, 1, "b", 0}, {4, INFINITY, 1, "c", 0}, {-1, 1, 1, "d", 0}};
    draw(points, 4, NULL, 0);
    ck_assert_uint_eq(occurrences("<circle"), 0);
    ck_assert_uint_eq(occurrences("no data"), 1);
}
END_TEST

START_TEST(series_beyond_the_colours_are_squares)
{
    static const char *const names[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6"};
    static const struct sterna_scatter_point points[] = {{1, 2, NAN, "a", 0}, {2, 1, NAN, "b", 6}};
    draw(points, 2, names, 7);
    ck_assert_uint_eq(occurrences("<circle"), 1 + 6); /* and the legend's */
    ck_assert_uint_eq(occurrences("<rect class=\"f0\""), 1 + 1);
    ck_assert_int_eq(sterna_plot_scatter(path, "T", "x", "y", points, 2, names, 13, &error),
                     STERNA_ERR_RANGE);
}
END_TEST

/* Ten points in one place: all labels are there, no two at the same one. */
START_TEST(labels_do_not_cover_each_other)
{
    struct sterna_scatter_point points[10];
    double x[10], y[10];
    size_t found = 0;
    for (size_t i = 0; i < 10; i++)
        points[i] = (struct sterna_scatter_point){4, 1, NAN, "label", 0};
    draw(points, 10, NULL, 0);
    for (const char *at = strstr(svg, "<text class=\"f0\""); at != NULL;
         at = strstr(at + 1, "<text class=\"f0\"")) {
        ck_assert_uint_lt(found, 10);
        ck_assert_int_eq(sscanf(at, "<text class=\"f0\" x=\"%lf\" y=\"%lf\"", &x[found], &y[found]), 2);
        for (size_t i = 0; i < found; i++)
            ck_assert(fabs(x[i] - x[found]) > 20 || fabs(y[i] - y[found]) > 14);
        found++;
    }
    ck_assert_uint_eq(found, 10);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("scatter");
    TCase *tcase = tcase_create("scatter");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, octaves_are_the_ticks);
    tcase_add_test(tcase, what_is_not_finite_is_left_out);
    tcase_add_test(tcase, series_beyond_the_colours_are_squares);
    tcase_add_test(tcase, labels_do_not_cover_each_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
