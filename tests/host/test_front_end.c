/* test_front_end.c - frames against the formulas of sterna.h written out with a plain Fourier sum, and the
 * one property that live use rests on: however the samples arrive, the frames are the same bits. */
#include "front_end.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { RATE = 8000, COUNT = 4000, VALUES_MAX = 128 };

static const double turn = 6.28318530717958647692;
static struct sterna_error error;
static struct sterna_front_end *front_end;
static struct sterna_front_end_options options;
static float samples[COUNT];

static void set_up(void)
{
    uint32_t seed = 7;
    error.reason[0] = '\0';
    front_end = NULL;
    sterna_front_end_default(&options);
    for (size_t i = 0; i < COUNT; i++) { /* a rising tone and noise */
        seed = seed * 1664525U + 1013904223U;
        samples[i] = (float)(0.3 * sin(turn * (400 + 0.2 * (double)i) * (double)i / RATE) +
                             0.02 * ((double)(seed >> 16) / 65536 - 0.5));
    }
}

static void tear_down(void)
{
    sterna_front_end_free(front_end);
}

static void make(uint32_t rate)
{
    ck_assert_msg(sterna_front_end_new(&options, rate, &front_end, &error) == STERNA_OK, "%s", error.reason);
}

static void set(const char *assignment)
{
    ck_assert_msg(sterna_front_end_set(&options, assignment, &error) == STERNA_OK, "%s", error.reason);
}

/* All frames of count samples, malloc'ed. */
static float *run_all(size_t count, size_t *frames)
{
    *frames = sterna_front_end_frames(front_end, count);
    float *feature = malloc(*frames * sterna_front_end_features(front_end) * sizeof *feature);
    ck_assert_ptr_nonnull(feature);
    sterna_front_end_run(front_end, samples, count, feature);
    return feature;
}

/* ---- the formulas, the long way ------------------------------------------------------------------------ */

static double power_at(const float *x, size_t window, size_t transform, size_t k)
{
    double real = 0;
    double imaginary = 0;
    double squares = 0;
    for (size_t n = 0; n < window; n++) {
        double w = 0.5 - 0.5 * cos(turn * (double)n / (double)window);
        real += w * x[n] * cos(turn * (double)(k * n % transform) / (double)transform);
        imaginary -= w * x[n] * sin(turn * (double)(k * n % transform) / (double)transform);
        squares += w * w;
    }
    return (real * real + imaginary * imaginary) / squares;
}

static double edge_at(double low, double high, size_t bands, size_t i)
{
    double from = 2595 * log10(1 + low / 700);
    double to = 2595 * log10(1 + high / 700);
    return 700 * (pow(10, (from + (to - from) * (double)i / (double)(bands + 1)) / 2595) - 1);
}

/* v of one frame. */
static void expect_mel(const float *x, size_t window, size_t transform, size_t bands, double low, double high,
                       double *v)
{
    double power[VALUES_MAX * 4];
    for (size_t k = 0; k <= transform / 2; k++)
        power[k] = power_at(x, window, transform, k);
    for (size_t b = 0; b < bands; b++) {
        double left = edge_at(low, high, bands, b);
        double top = edge_at(low, high, bands, b + 1);
        double right = edge_at(low, high, bands, b + 2);
        double sum = 1e-7;
        for (size_t k = 0; k <= transform / 2; k++) {
            double f = (double)k * RATE / (double)transform;
            if (f > left && f < right)
                sum += power[k] * (f <= top ? (f - left) / (top - left) : (right - f) / (right - top));
        }
        v[b] = log(sum);
    }
}

START_TEST(log_mel_is_the_formula)
{
    size_t frames = 0;
    double expected[VALUES_MAX];
    double worst = 0;
    set("window_ms=25"); /* 200 samples: the transform is longer */
    set("hop_ms=10");
    set("bands=20");
    set("low_hz=100");
    set("high_hz=3800");
    make(RATE);
    ck_assert_uint_eq(sterna_front_end_features(front_end), 20);
    ck_assert_uint_eq(sterna_front_end_window(front_end), 200);
    ck_assert_uint_eq(sterna_front_end_hop(front_end), 80);
    float *feature = run_all(COUNT, &frames);
    ck_assert_uint_eq(frames, (COUNT - 200) / 80 + 1);
    for (size_t t = 0; t < frames; t++) {
        expect_mel(samples + 80 * t, 200, 256, 20, 100, 3800, expected);
        for (size_t b = 0; b < 20; b++)
            worst = fmax(worst, fabs(expected[b] - feature[t * 20 + b]));
    }
    free(feature);
    ck_assert_double_lt(worst, 2e-4);
}
END_TEST

START_TEST(mfcc_is_the_cosine_transform_of_log_mel)
{
    size_t frames = 0;
    double worst = 0;
    make(RATE);
    float *band = run_all(COUNT, &frames);
    sterna_front_end_free(front_end);
    front_end = NULL;
    set("features=mfcc");
    set("coefficients=12");
    make(RATE);
    ck_assert_uint_eq(sterna_front_end_features(front_end), 12);
    float *coefficient = run_all(COUNT, &frames);
    for (size_t t = 0; t < frames; t++)
        for (size_t i = 0; i < 12; i++) {
            double sum = 0;
            for (size_t b = 0; b < 32; b++)
                sum += band[t * 32 + b] * cos(turn / 2 * (double)i * ((double)b + 0.5) / 32);
            sum *= sqrt((i == 0 ? 1.0 : 2.0) / 32);
            worst = fmax(worst, fabs(sum - coefficient[t * 12 + i]));
        }
    free(band);
    free(coefficient);
    ck_assert_double_lt(worst, 1e-4);
}
END_TEST

/* v_t of a feature, the first frame standing for all before it. */
static double value_at(const float *v, size_t stride, long t)
{
    return v[(size_t)(t > 0 ? t : 0) * stride];
}

START_TEST(slopes_are_the_regression_over_five_frames)
{
    size_t frames = 0;
    double worst = 0;
    set("deltas=2");
    make(RATE);
    ck_assert_uint_eq(sterna_front_end_features(front_end), 96);
    float *feature = run_all(COUNT, &frames);
    for (size_t i = 0; i < 64; i++)
        for (long t = 0; t < (long)frames; t++) {
            const float *v = feature + i; /* slopes of it are 32 further on */
            double slope = 0;
            for (int k = 1; k <= 2; k++)
                slope += k * (value_at(v, 96, t - 2 + k) - value_at(v, 96, t - 2 - k)) / 10;
            worst = fmax(worst, fabs(slope - value_at(v + 32, 96, t)));
        }
    free(feature);
    ck_assert_double_lt(worst, 1e-5);
}
END_TEST

START_TEST(adaptation_takes_off_the_running_mean)
{
    size_t frames = 0;
    double worst = 0;
    make(RATE);
    float *plain = run_all(COUNT, &frames);
    sterna_front_end_free(front_end);
    front_end = NULL;
    set("adapt_ms=200");
    make(RATE);
    float *adapted = run_all(COUNT, &frames);
    double a = 1 - exp(-16.0 / 200);
    for (size_t i = 0; i < 32; i++) {
        double level = plain[i];
        for (size_t t = 0; t < frames; t++) {
            level += a * (plain[t * 32 + i] - level);
            worst = fmax(worst, fabs(plain[t * 32 + i] - level - adapted[t * 32 + i]));
        }
    }
    free(plain);
    free(adapted);
    ck_assert_double_lt(worst, 1e-4);
}
END_TEST

START_TEST(silence_is_the_floor)
{
    float feature[32];
    memset(samples, 0, sizeof samples);
    make(RATE);
    sterna_front_end_run(front_end, samples, 256, feature);
    for (size_t b = 0; b < 32; b++)
        ck_assert_float_eq_tol(feature[b], (float)log(1e-7), 1e-5F);
}
END_TEST

/* ---- a tone, loudness ---------------------------------------------------------------------------------- */

START_TEST(tone_lands_in_its_band)
{
    make(RATE);
    for (size_t b = 0; b < 32; b++) {
        double hertz = edge_at(60, 4000, 32, b + 1);
        float feature[32];
        size_t loudest = 0;
        for (size_t i = 0; i < 256; i++)
            samples[i] = (float)(0.5 * sin(turn * hertz * (double)i / RATE));
        sterna_front_end_run(front_end, samples, 256, feature);
        for (size_t i = 1; i < 32; i++)
            if (feature[i] > feature[loudest])
                loudest = i;
        /* the lowest bands are narrower than a line of the spectrum */
        ck_assert_uint_le(loudest > b ? loudest - b : b - loudest, hertz < 500 ? 1 : 0);
    }
}
END_TEST

START_TEST(ten_times_louder_is_a_constant_more)
{
    float quiet[32];
    float loud[32];
    make(RATE);
    sterna_front_end_run(front_end, samples, 256, quiet);
    for (size_t i = 0; i < 256; i++)
        samples[i] *= 10;
    sterna_front_end_run(front_end, samples, 256, loud);
    for (size_t b = 0; b < 32; b++)
        ck_assert_float_eq_tol(loud[b] - quiet[b], (float)log(100), 0.05F); /* but for the floor */
}
END_TEST

/* ---- streaming ----------------------------------------------------------------------------------------- */

/* Push in pieces of 1 to `most` samples, and compare with the whole. */
static void check_pieces(size_t most, uint32_t seed)
{
    size_t frames = 0;
    float *whole = run_all(COUNT, &frames);
    size_t features = sterna_front_end_features(front_end);
    float frame[VALUES_MAX];
    size_t got = 0;
    size_t equal = 0;
    sterna_front_end_reset(front_end);
    for (size_t at = 0; at < COUNT;) {
        seed = seed * 1664525U + 1013904223U;
        size_t count = 1 + (seed >> 8) % most;
        count = count < COUNT - at ? count : COUNT - at;
        const float *piece = samples + at;
        at += count;
        for (; sterna_front_end_push(front_end, &piece, &count, frame); got++)
            equal += got < frames && memcmp(frame, whole + got * features, features * sizeof *frame) == 0;
        ck_assert_uint_eq(count, 0);
        ck_assert_ptr_eq(piece, samples + at);
    }
    free(whole);
    ck_assert_uint_eq(got, frames);
    ck_assert_uint_eq(equal, frames);
}

START_TEST(frames_do_not_depend_on_the_pieces)
{
    static const char *const variants[][3] = {
        {"bands=32", "hop_ms=16", "deltas=0"},
        {"features=mfcc", "hop_ms=10", "deltas=2"},
        {"adapt_ms=300", "hop_ms=40", "deltas=1"}, /* a hop longer than the window */
        {"window_ms=25.3", "hop_ms=7.1", "deltas=1"},
    };
    for (size_t i = 0; i < 3; i++)
        set(variants[_i][i]);
    make(RATE);
    check_pieces(1, 1);
    check_pieces(7, 2);
    check_pieces(300, 3);
    check_pieces(3000, 4);
    check_pieces(COUNT * 4, 5);
}
END_TEST

START_TEST(stream_in_progress_is_forgotten_by_reset)
{
    float first[96];
    float again[96];
    const float *piece = samples + 1000;
    size_t count = 700;
    set("deltas=2");
    set("adapt_ms=100");
    make(RATE);
    sterna_front_end_run(front_end, samples, 256, first);
    while (sterna_front_end_push(front_end, &piece, &count, again))
        ;
    sterna_front_end_run(front_end, samples, 256, again);
    ck_assert_mem_eq(first, again, sizeof first);
}
END_TEST

START_TEST(short_recording_is_filled_with_silence)
{
    float filled[32];
    float whole[32];
    make(RATE);
    ck_assert_uint_eq(sterna_front_end_frames(front_end, 1), 1);
    ck_assert_uint_eq(sterna_front_end_frames(front_end, 256), 1);
    ck_assert_uint_eq(sterna_front_end_frames(front_end, 383), 1);
    ck_assert_uint_eq(sterna_front_end_frames(front_end, 384), 2);
    sterna_front_end_run(front_end, samples, 100, filled);
    memset(samples + 100, 0, 156 * sizeof *samples);
    sterna_front_end_run(front_end, samples, 256, whole);
    ck_assert_mem_eq(filled, whole, sizeof filled);
}
END_TEST

/* ---- int8 ---------------------------------------------------------------------------------------------- */

START_TEST(int8_is_32_a_deviation_rounded_and_clipped)
{
    static const float feature[] = {10, 14, 6, 10.0625F, 9.9375F, 10.06F, 100, -100, 17.9375F};
    static const int8_t expected[] = {0, 64, -64, 1, -1, 1, 127, -127, 127};
    enum { N = sizeof expected };
    float mean[N];
    float deviation[N];
    int8_t frame[N];
    for (size_t i = 0; i < N; i++) {
        mean[i] = 10;
        deviation[i] = 2;
    }
    sterna_front_end_quantize(N, mean, deviation, feature, frame);
    ck_assert_mem_eq(frame, expected, N);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------------------ */

START_TEST(impossible_options_are_told)
{
    static const struct {
        const char *assignment, *reason;
    } wrong[] = {
        {"window_ms=0", "the window should have 2 to"},
        {"hop_ms=0", "the hop at least one"},
        {"hop_ms=0.01", "the hop at least one"},
        {"bands=0", "bands should be"},
        {"bands=129", "bands should be 1 to 128"},
        {"deltas=3", "deltas should be 0, 1 or 2"},
        {"coefficients=0", "coefficients should be"},
        {"high_hz=4001", "end at half the rate, 4000"},
        {"low_hz=4000", "should rise"},
        {"bands=128", "falls between two lines of the spectrum"},
        {"adapt_ms=1e7", "adapt_ms 1e+07 should be"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sterna_front_end_default(&options);
        set(wrong[i].assignment);
        ck_assert_int_eq(sterna_front_end_new(&options, RATE, &front_end, &error), STERNA_ERR_RANGE);
        ck_assert_msg(strstr(error.reason, wrong[i].reason) != NULL, "%s: %s", wrong[i].assignment,
                      error.reason);
    }
    sterna_front_end_default(&options);
    set("features=mfcc");
    set("coefficients=33");
    ck_assert_int_eq(sterna_front_end_new(&options, RATE, &front_end, &error), STERNA_ERR_RANGE);
    sterna_front_end_default(&options);
    ck_assert_int_eq(sterna_front_end_new(&options, 0, &front_end, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(front_end);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("front_end");
    TCase *tcase = tcase_create("front_end");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, log_mel_is_the_formula);
    tcase_add_test(tcase, mfcc_is_the_cosine_transform_of_log_mel);
    tcase_add_test(tcase, slopes_are_the_regression_over_five_frames);
    tcase_add_test(tcase, adaptation_takes_off_the_running_mean);
    tcase_add_test(tcase, silence_is_the_floor);
    tcase_add_test(tcase, tone_lands_in_its_band);
    tcase_add_test(tcase, ten_times_louder_is_a_constant_more);
    tcase_add_loop_test(tcase, frames_do_not_depend_on_the_pieces, 0, 4);
    tcase_add_test(tcase, stream_in_progress_is_forgotten_by_reset);
    tcase_add_test(tcase, short_recording_is_filled_with_silence);
    tcase_add_test(tcase, int8_is_32_a_deviation_rounded_and_clipped);
    tcase_add_test(tcase, impossible_options_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
