/* test_speed_page.c - the page has every figure, says where and with what it was measured, what does not fit and why, and how to
 * repeat it; it needs no other file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "scratch.h"
#include "sterna.h"

#include <check.h>

static struct scratch scratch;
static char place[SCRATCH_PATH];
static struct sterna_error error;
static const struct sterna_bench_machine machine = {.processor = "Abacus <9>",
                                                    .cores = 3,
                                                    .gigahertz = 2.5,
                                                    .kernel = "beads",
                                                    .ceiling = 41.5,
                                                    .compiler = "cc 1",
                                                    .openblas = "BLAS 2",
                                                    .date = "2026-02-03"};
static struct sterna_bench_network network[2];

static void set_up(void)
{
    const struct sterna_bench_network fits = {.name = "one & only",
                                              .weights = 12345,
                                              .floating = 77.25,
                                              .reference = 88.5,
                                              .fast = 6.75,
                                              .gigahertz = 2.5,
                                              .float_rate = 3,
                                              .reference_rate = 2,
                                              .fast_rate = 23.5,
                                              .fast_share = 0.61,
                                              .target = "t5",
                                              .fits = true,
                                              .megahertz = 48,
                                              .cycles = 4321,
                                              .stream = 4000,
                                              .build = 200,
                                              .gates = 100,
                                              .stall = 21,
                                              .computed = 90.02,
                                              .rate = 2.9,
                                              .share = 0.876,
                                              .board = NAN};
    scratch_open(&scratch);
    scratch_path(&scratch, "page.html", place);
    network[0] = network[1] = fits;
    network[1].fits = false;
    (void)snprintf(network[1].name, sizeof network[1].name, "too large");
    (void)snprintf(network[1].reason, sizeof network[1].reason, "it needs 7 barrels");
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static char *written(size_t networks)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_msg(sterna_bench_page(place, "a <net>", "sterna bench <x>", "0.9", &machine, network, networks,
                                    &error) == STERNA_OK,
                  "%s", error.reason);
    ck_assert_int_eq(sterna_file_read(place, &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_eq(strlen((const char *)bytes), size);
    return (char *)bytes;
}

static void must_have(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "not in the page: %s", part);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

START_TEST(the_page_says_what_where_and_how)
{
    static const char *const parts[] = {"Abacus &lt;9&gt;, 3 cores",
                                        "2.50 GHz",
                                        "beads",
                                        "41.5 products",
                                        "sterna 0.9, cc 1, BLAS 2",
                                        "2026-02-03",
                                        "one &amp; only",
                                        "<td>12345</td><td>77.25</td><td>12945</td>",
                                        "<td>88.5</td><td>11299</td><td>2.0</td><td>6.75</td>",
                                        "Measured: a &lt;net&gt;.",
                                        "<td>4321</td><td>4000</td><td>200</td><td>100</td><td>21</td>",
                                        "<td>23.5</td><td>61</td>",
                                        "<td>90.0</td><td>11109</td><td>2.9</td>",
                                        "<td>87.6</td>",
                                        "it needs 7 barrels",
                                        "computed for 48 MHz",
                                        "sterna bench &lt;x&gt;"};
    char *page = written(2);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        must_have(page, parts[i]);
    ck_assert_uint_eq(count_of(page, "<svg "), 3);
    ck_assert_uint_eq(count_of(page, "</svg>"), 3);
    ck_assert_uint_eq(count_of(page, "does not fit</text>"), 2);
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_null(strstr(page, "inf"));
    ck_assert_ptr_null(strstr(page, "src="));
    ck_assert_ptr_null(strstr(page, "href="));
    free(page);
}
END_TEST

START_TEST(a_board_has_bars_of_its_own)
{
    char *page = written(2);
    ck_assert_ptr_null(strstr(page, "board, measured"));
    free(page);
    network[0].board = 123.4;
    page = written(2);
    must_have(page, "board, measured");
    must_have(page, "<td>123.4</td>");
    must_have(page, "not measured</text>");
    free(page);
}
END_TEST

START_TEST(without_an_accelerator_there_is_no_picture_of_it)
{
    network[0].target[0] = '\0';
    network[0].fits = false;
    char *page = written(1);
    ck_assert_uint_eq(count_of(page, "<svg "), 2);
    must_have(page, "not simulated");
    free(page);
}
END_TEST

START_TEST(nothing_measured_is_refused)
{
    ck_assert_int_eq(sterna_bench_page(place, "", "", "", &machine, network, 0, &error), STERNA_ERR_RANGE);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("speed_page");
    TCase *tests = tcase_create("speed_page");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_page_says_what_where_and_how);
    tcase_add_test(tests, a_board_has_bars_of_its_own);
    tcase_add_test(tests, without_an_accelerator_there_is_no_picture_of_it);
    tcase_add_test(tests, nothing_measured_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
