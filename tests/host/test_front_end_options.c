/* test_front_end_options.c - options by name. */
#include "front_end.h"

#include <string.h>

#include <check.h>

static struct sterna_error error;
static struct sterna_front_end_options options;

static void set_up(void)
{
    error.reason[0] = '\0';
    sterna_front_end_default(&options);
}

START_TEST(every_key_sets_its_field)
{
    static const char *const assignments[] = {"features=mfcc", "window_ms=25",    "hop_ms=10.5",
                                              "low_hz=50",     "high_hz=3500",    "bands=24",
                                              "deltas=2",      "coefficients=20", "adapt_ms=400"};
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++)
        ck_assert_msg(sterna_front_end_set(&options, assignments[i], &error) == STERNA_OK, "%s",
                      error.reason);
    ck_assert_str_eq(options.features, "mfcc");
    ck_assert_double_eq(options.window_ms, 25);
    ck_assert_double_eq(options.hop_ms, 10.5);
    ck_assert_double_eq(options.low_hz, 50);
    ck_assert_double_eq(options.high_hz, 3500);
    ck_assert_double_eq(options.adapt_ms, 400);
    ck_assert_uint_eq(options.bands, 24);
    ck_assert_uint_eq(options.coefficients, 20);
    ck_assert_uint_eq(options.deltas, 2);
}
END_TEST

START_TEST(unknown_key_suggests_the_nearest)
{
    ck_assert_int_eq(sterna_front_end_set(&options, "bnds=3", &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "unknown key \"bnds\" of the front end; the nearest is \"bands\"");
}
END_TEST

START_TEST(wrong_values_change_nothing)
{
    static const char *const wrong[] = {"bands",
                                        "bands=",
                                        "bands=-3",
                                        "bands=3x",
                                        "bands=1.5",
                                        "hop_ms=nan",
                                        "hop_ms=-1",
                                        "hop_ms=fast",
                                        "features=fft",
                                        "features=",
                                        "=",
                                        "",
                                        "bands=99999999999999999999"};
    char before[STERNA_FRONT_END_TEXT];
    char after[STERNA_FRONT_END_TEXT];
    sterna_front_end_describe(&options, before);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(sterna_front_end_set(&options, wrong[i], &error), STERNA_ERR_RANGE);
    sterna_front_end_describe(&options, after);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(description_tells_any_two_options_apart)
{
    static const char *const assignments[] = {"features=mfcc", "window_ms=32.000001", "hop_ms=15",
                                              "low_hz=61",     "high_hz=1",           "bands=31",
                                              "deltas=1",      "coefficients=12",     "adapt_ms=1"};
    enum { N = sizeof assignments / sizeof assignments[0] };
    char text[N + 1][STERNA_FRONT_END_TEXT];
    sterna_front_end_describe(&options, text[N]);
    for (size_t i = 0; i < N; i++) {
        sterna_front_end_default(&options);
        ck_assert_int_eq(sterna_front_end_set(&options, assignments[i], &error), STERNA_OK);
        sterna_front_end_describe(&options, text[i]);
    }
    for (size_t i = 0; i <= N; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(text[i], text[k]);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("front_end_options");
    TCase *tcase = tcase_create("front_end_options");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, every_key_sets_its_field);
    tcase_add_test(tcase, unknown_key_suggests_the_nearest);
    tcase_add_test(tcase, wrong_values_change_nothing);
    tcase_add_test(tcase, description_tells_any_two_options_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
