/* test_kmeans.c - clusters against every partition there is, on problems small enough to try all. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "../random_model.h"
#include "kmeans.h"

#include <check.h>

enum { COUNT = 7, SIZE = 2, SEEDS = 40 };

static double point[COUNT * SIZE], weight[COUNT];
static struct sterna_error error;

static void draw_points(uint64_t seed)
{
    for (size_t i = 0; i < COUNT * SIZE; i++)
        point[i] = (double)random_below(&seed, 2001) / 1000 - 1;
    for (size_t i = 0; i < COUNT; i++)
        weight[i] = 0.25 + (double)random_below(&seed, 4);
}

/* The error of a partition with the best centers for it: names, and signs in the bits. */
static double partition_error(const unsigned *name, unsigned signs, unsigned centers)
{
    double error_of = 0;
    for (unsigned k = 0; k < centers; k++) {
        double mass = 0, sum[SIZE] = {0};
        for (size_t i = 0; i < COUNT; i++)
            for (size_t j = 0; j < SIZE && name[i] == k; j++) {
                sum[j] += weight[i] * (signs >> i & 1 ? -1 : 1) * point[i * SIZE + j];
                mass += j == 0 ? weight[i] : 0;
            }
        for (size_t i = 0; i < COUNT; i++)
            for (size_t j = 0; j < SIZE && name[i] == k; j++) {
                const double off = (signs >> i & 1 ? -1 : 1) * point[i * SIZE + j] - sum[j] / mass;
                error_of += weight[i] * off * off;
            }
    }
    return error_of;
}

/* The least of all partitions. */
static double least_error(unsigned centers, bool symmetric)
{
    unsigned all = 1;
    double least = DBL_MAX;
    for (size_t i = 0; i < COUNT; i++)
        all *= centers;
    for (unsigned code = 0; code < all; code++)
        for (unsigned signs = 0; signs < (symmetric ? 1u << COUNT : 1u); signs++) {
            unsigned name[COUNT];
            for (unsigned i = 0, rest = code; i < COUNT; i++, rest /= centers)
                name[i] = rest % centers;
            least = fmin(least, partition_error(name, signs, centers));
        }
    return least;
}

static double squared(const double *a, const double *b, int sign)
{
    double sum = 0;
    for (size_t j = 0; j < SIZE; j++)
        sum += (a[j] - sign * b[j]) * (a[j] - sign * b[j]);
    return sum;
}

/* Run it; every point has its nearest center. Returns the error. */
static double run(unsigned centers, bool symmetric, uint64_t seed)
{
    const struct sterna_kmeans problem = {COUNT, SIZE, centers, symmetric, 50, seed};
    double center[COUNT * SIZE], total = 0;
    uint16_t name[COUNT];
    int8_t sign[COUNT];
    ck_assert_int_eq(sterna_kmeans(&problem, point, weight, center, name, sign, &error), STERNA_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const double own = squared(point + i * SIZE, center + name[i] * SIZE, sign[i]);
        for (unsigned k = 0; k < centers; k++)
            for (int s = 1; s >= (symmetric ? -1 : 1); s -= 2)
                ck_assert_double_le(own, squared(point + i * SIZE, center + k * SIZE, s) + 1e-12);
        total += weight[i] * own;
    }
    return total;
}

START_TEST(the_best_of_some_starts_is_within_two_percent_of_all_partitions)
{
    for (uint64_t round = 0; round < 6; round++) {
        const unsigned centers = round % 2 ? 3 : 2;
        draw_points(round + 1);
        const double least = least_error(centers, _i);
        double best = DBL_MAX;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            const double found = run(centers, _i, seed);
            ck_assert_double_ge(found, least - 1e-12);
            best = fmin(best, found);
        }
        ck_assert_double_le(best, 1.02 * least);
    }
}
END_TEST

START_TEST(as_many_centers_as_points_leave_no_error)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        draw_points(seed);
        ck_assert_double_eq_tol(run(COUNT, _i, seed), 0, 1e-20);
    }
}
END_TEST

/* Points in two places only: a third center has no points of its own, and that is no error. */
START_TEST(more_centers_than_places_are_harmless)
{
    for (size_t i = 0; i < COUNT; i++) {
        point[i * SIZE] = i % 2 ? 1 : 3;
        point[i * SIZE + 1] = 2;
        weight[i] = 1;
    }
    ck_assert_double_eq_tol(run(3, _i, 1), 0, 1e-20);
}
END_TEST

START_TEST(more_centers_than_points_are_refused)
{
    const struct sterna_kmeans problem = {COUNT, SIZE, COUNT + 1, false, 50, 1};
    double center[1];
    uint16_t name[1];
    ck_assert_int_eq(sterna_kmeans(&problem, point, NULL, center, name, NULL, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "8 codewords for 7 sub-vectors: there can be no more words than those");
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("kmeans");
    TCase *tests = tcase_create("kmeans");
    tcase_add_loop_test(tests, the_best_of_some_starts_is_within_two_percent_of_all_partitions, 0, 2);
    tcase_add_loop_test(tests, as_many_centers_as_points_leave_no_error, 0, 2);
    tcase_add_loop_test(tests, more_centers_than_places_are_harmless, 0, 2);
    tcase_add_test(tests, more_centers_than_points_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
