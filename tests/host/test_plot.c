/* test_plot.c - plots are well-formed whatever the numbers and names. */
#include <ctype.h>
#include <math.h>

#include "file.h"
#include "plot.h"
#include "scratch.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;
static char path[SCRATCH_PATH];
static char *svg;

static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "plot.svg", path);
    svg = NULL;
}

static void tear_down(void)
{
    free(svg);
    scratch_close(&scratch);
}

/* Every tag is closed in order, outside tags there is no '<' or bare '&', and one element holds all. */
static void expect_well_formed(const char *text)
{
    char open[32][32];
    size_t depth = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '&')
            ck_assert(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 ||
                      strncmp(c, "&gt;", 4) == 0 || strncmp(c, "&quot;", 6) == 0);
        ck_assert(isprint((unsigned char)*c) || *c == '\n' || (unsigned char)*c >= 0x80);
        if (*c != '<')
            continue;
        const char *end = strchr(c, '>');
        ck_assert_ptr_nonnull(end);
        size_t length = strcspn(c + 1, " />");
        if (c[1] == '/') {
            ck_assert_uint_gt(depth, 0);
            depth--;
            ck_assert_uint_eq(strlen(open[depth]), (size_t)(end - c - 2));
            ck_assert_mem_eq(open[depth], c + 2, (size_t)(end - c - 2));
            ck_assert(depth > 0 || strcmp(end, ">\n") == 0);
        } else if (end[-1] != '/') {
            ck_assert(depth < 32 && length < 32);
            (void)snprintf(open[depth++], 32, "%.*s", (int)length, c + 1);
        }
        c = end;
    }
    ck_assert_uint_eq(depth, 0);
}

/* Draw into `svg` and check what holds for every plot. */
static void draw(const char *title, const struct sterna_curve *curves, size_t count)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sterna_status status = sterna_plot_curves(path, title, "x", "y", curves, count, &error);
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    free(svg);
    svg = (char *)bytes;
    ck_assert_uint_eq(strlen(svg), size);
    expect_well_formed(svg);
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

START_TEST(nothing_is_drawn_as_no_data)
{
    static const double gaps[3] = {NAN, INFINITY, -INFINITY};
    static const double ones[3] = {1, 1, 1};
    draw("Empty", NULL, 0);
    ck_assert_uint_eq(occurrences("no data"), 1);
    draw("Empty", &(struct sterna_curve){"none", NULL, NULL, 0}, 1);
    ck_assert_uint_eq(occurrences("no data"), 1);
    draw("Empty", (struct sterna_curve[]){{"x", gaps, ones, 3}, {"y", ones, gaps, 3}}, 2);
    ck_assert_uint_eq(occurrences("no data"), 1);
}
END_TEST

START_TEST(one_point_is_a_dot_with_its_value)
{
    static const double x = 3;
    static const double y = 1.72;
    draw("One", &(struct sterna_curve){"one", &x, &y, 1}, 1);
    ck_assert_uint_eq(occurrences("<circle"), 1);
    ck_assert_uint_eq(occurrences(">1.72</text>"), 1);
}
END_TEST

START_TEST(gap_interrupts_the_line)
{
    enum { COUNT = 100 };
    double x[COUNT];
    double y[COUNT];
    for (int i = 0; i < COUNT; i++) {
        x[i] = i;
        y[i] = i == 40 || i == 42 ? NAN : 2 + sin(i);
    }
    draw("Gap", &(struct sterna_curve){"gap", x, y, COUNT}, 1);
    const char *line = strstr(svg, "<g clip-path");
    ck_assert_ptr_nonnull(line);
    size_t pieces = 0;
    for (const char *c = strchr(line, 'M'); c != NULL && c < strstr(line, "/>"); c = strchr(c + 1, 'M'))
        pieces++;
    ck_assert_uint_eq(pieces, 3);
    ck_assert_uint_eq(occurrences("<circle"), 1); /* the point between two gaps */
}
END_TEST

START_TEST(names_are_escaped)
{
    static const double x[2] = {0, 1};
    draw("a < b & \"c\" > d\n\x1B",
         (struct sterna_curve[]){{"</text><script>", x, x, 2}, {"\xFF\xC3\xA9", x, x, 2}}, 2);
    ck_assert_uint_eq(occurrences("a &lt; b &amp; &quot;c&quot; &gt; d??"), 2);
    ck_assert_uint_eq(occurrences("&lt;/text&gt;&lt;script&gt;"), 1);
    ck_assert_uint_eq(occurrences(">??"
                                  "?</text>"),
                      1);
    draw("caf\xC3\xA9", NULL, 0);
    ck_assert_uint_eq(occurrences("caf\xC3\xA9"), 2);
}
END_TEST

START_TEST(any_range_of_numbers_is_drawn)
{
    static const double ranges[][2] = {{0, 0},         {5, 5},           {-3, -3},       {1e-300, 2e-300},
                                       {-1e99, 1e99},  {1e15, 1e15 + 1}, {1, 1 + 1e-16}, {-0.001, 0.002},
                                       {0, 123456789}, {1e300, -1e300}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        draw("Range", &(struct sterna_curve){"range", ranges[i], ranges[i], 2}, 1);
        ck_assert_uint_ge(occurrences("class=\"grid\"") + occurrences("class=\"axis\""), 3);
        ck_assert_uint_lt(occurrences("<text"), 40);
    }
}
END_TEST

START_TEST(high_beginning_does_not_press_the_rest_flat)
{
    enum { COUNT = 200 };
    double x[COUNT];
    double y[COUNT];
    for (int i = 0; i < COUNT; i++) {
        x[i] = i;
        y[i] = i < 10 ? 1000 : 2 - i / 400.0;
    }
    draw("Loss", &(struct sterna_curve){"loss", x, y, COUNT}, 1);
    ck_assert_uint_eq(occurrences(">2.0</text>"), 1);
    ck_assert_uint_eq(occurrences(">1000"), 0);
}
END_TEST

START_TEST(too_many_curves_are_refused_and_the_old_plot_stays)
{
    static const struct sterna_curve curves[STERNA_PLOT_CURVES_MAX + 1];
    draw("Old", NULL, 0);
    ck_assert_int_eq(sterna_plot_curves(path, "New", "", "", curves, STERNA_PLOT_CURVES_MAX + 1, &error),
                     STERNA_ERR_RANGE);
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    ck_assert_str_eq((char *)bytes, svg);
    free(bytes);
}
END_TEST

/* Seven curves, and names too long for a line: a column at the right, in the order of the ends. */
START_TEST(many_curves_are_named_at_their_ends)
{
    static const double x[2] = {0, 1};
    static const double ends[7][2] = {{9, 1}, {9, 4}, {9, 2}, {9, 7}, {9, 3}, {9, NAN}, {9, 5}};
    static const char *const order[] = {"n3", "n6", "n1", "n4", "n2", "n0"}; /* 7, 5, 4, 3, 2, 1 */
    struct sterna_curve curves[7];
    static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6"};
    for (size_t i = 0; i < 7; i++)
        curves[i] = (struct sterna_curve){names[i], x, ends[i], 2};
    draw("Many", curves, 7);
    ck_assert_uint_eq(occurrences("dashed\" d="), 2); /* the seventh, and its sample */
    const char *at = svg;
    for (size_t i = 0; i < 6; i++) {
        char part[16];
        (void)snprintf(part, sizeof part, ">%s</text>", order[i]);
        at = strstr(at, part);
        ck_assert_msg(at != NULL, "%s", part);
    }
    ck_assert_uint_eq(occurrences(">n5</text>"), 1);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("plot");
    TCase *tcase = tcase_create("plot");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, nothing_is_drawn_as_no_data);
    tcase_add_test(tcase, one_point_is_a_dot_with_its_value);
    tcase_add_test(tcase, gap_interrupts_the_line);
    tcase_add_test(tcase, names_are_escaped);
    tcase_add_test(tcase, any_range_of_numbers_is_drawn);
    tcase_add_test(tcase, high_beginning_does_not_press_the_rest_flat);
    tcase_add_test(tcase, many_curves_are_named_at_their_ends);
    tcase_add_test(tcase, too_many_curves_are_refused_and_the_old_plot_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
