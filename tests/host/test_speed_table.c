/* test_speed_table.c - every side has its microseconds, steps and weights; what does not fit says why and has no cycles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "speed_table.h"

#include <check.h>

static const struct sterna_bench_network network[2] = {
    {.name = "this & that",
     .weights = 1000,
     .floating = 8,
     .float_rate = 1.5,
     .reference = 16,
     .reference_rate = 0.5,
     .fast = 2.5,
     .fast_rate = 20.5,
     .fast_share = 0.25,
     .target = "t5",
     .fits = true,
     .cycles = 4321,
     .stream = 4000,
     .build = 200,
     .gates = 100,
     .stall = 21,
     .computed = 50,
     .rate = 0.25,
     .share = 0.876,
     .board = NAN},
    {.name = "large", .target = "t5", .reason = "7 barrels <wanted>", .board = 80.5}};

static char *text_of(bool cycles, bool board)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (cycles)
        sterna_speed_cycles(out, network, 2);
    else
        sterna_speed_table(out, network, 2, board);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(every_side_has_its_time_its_steps_and_its_weights)
{
    char *text = text_of(false, false);
    ck_assert_ptr_nonnull(
        strstr(text, "<th>this &amp; that</th><td>1000</td><td>8.00</td><td>125000</td><td>1.5</td>"
                     "<td>16.0</td><td>62500</td><td>0.5</td><td>2.50</td><td>400000</td><td>20.5</td>"
                     "<td>25</td><td>50.0</td><td>20000</td><td>0.2</td><td>87.6</td></tr>"));
    ck_assert_ptr_nonnull(strstr(text, "7 barrels &lt;wanted&gt;</td></tr>"));
    ck_assert_ptr_null(strstr(text, "board"));
    free(text);
}
END_TEST

START_TEST(a_board_has_a_column_of_its_own)
{
    char *text = text_of(false, true);
    ck_assert_ptr_nonnull(strstr(text, "<th>board</th>"));
    ck_assert_ptr_nonnull(strstr(text, "<td>87.6</td><td>-</td></tr>"));
    ck_assert_ptr_nonnull(strstr(text, "</td><td>80.5</td></tr>"));
    free(text);
}
END_TEST

START_TEST(cycles_are_those_of_what_fits)
{
    char *text = text_of(true, false);
    ck_assert_ptr_nonnull(strstr(text, "<td>4321</td><td>4000</td><td>200</td><td>100</td><td>21</td></tr>"));
    ck_assert_ptr_null(strstr(text, "large"));
    free(text);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("speed_table");
    TCase *tests = tcase_create("speed_table");
    tcase_add_test(tests, every_side_has_its_time_its_steps_and_its_weights);
    tcase_add_test(tests, a_board_has_a_column_of_its_own);
    tcase_add_test(tests, cycles_are_those_of_what_fits);
    suite_add_tcase(suite, tests);
    return suite;
}
