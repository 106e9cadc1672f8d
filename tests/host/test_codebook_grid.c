/* test_codebook_grid.c - the grid holds the sums of few powers of two, and nothing else; its descent ends where no one element can do better. */
#include <math.h>
#include <stdlib.h>

#include "../random_model.h"
#include "codebook_grid.h"

#include <check.h>

START_TEST(grids_hold_sums_of_few_powers)
{
    static const int one[] = {0, 1, 2, 4, 8, 16, 32, 64},
                     two[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 17, 18, 20};
    struct sterna_codebook_grid grid;
    sterna_codebook_grid_make(1, 127, &grid);
    ck_assert_uint_eq(grid.values, sizeof one / sizeof *one);
    for (size_t i = 0; i < grid.values; i++)
        ck_assert_int_eq(grid.value[i], one[i]);
    sterna_codebook_grid_make(2, 20, &grid);
    ck_assert_uint_eq(grid.values, sizeof two / sizeof *two);
    for (size_t i = 0; i < grid.values; i++)
        ck_assert_int_eq(grid.value[i], two[i]);
}
END_TEST

START_TEST(the_nearest_value_is_the_nearest)
{
    struct sterna_codebook_grid grid;
    sterna_codebook_grid_make(2, 64, &grid);
    for (int i = -700; i <= 700; i++) {
        const double x = i / 9.0;
        const int nearest = sterna_codebook_grid_nearest(&grid, x);
        double least = 1e9;
        for (size_t v = 0; v < grid.values; v++)
            least = fmin(least, fmin(fabs(x - grid.value[v]), fabs(x + grid.value[v])));
        ck_assert_double_eq_tol(fabs(x - nearest), least, 1e-12);
    }
    ck_assert_int_eq(sterna_codebook_grid_nearest(&grid, -1.5), -1);
}
END_TEST

static double parabola(const double *matrix, const double *right, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            sum += x[i] * matrix[3 * i + j] * x[j];
        sum -= 2 * right[i] * x[i];
    }
    return sum;
}

START_TEST(descent_ends_where_no_element_can_do_better)
{
    uint64_t seed = 2;
    struct sterna_codebook_grid grid;
    sterna_codebook_grid_make(2, 16, &grid);
    for (int round = 0; round < 100; round++) {
        double a[9], matrix[9] = {0}, right[3], x[3], start[3];
        for (size_t i = 0; i < 9; i++)
            a[i] = (double)random_below(&seed, 21) - 10;
        for (size_t i = 0; i < 9; i++)
            for (size_t k = 0; k < 3; k++)
                matrix[i] += a[3 * k + i / 3] * a[3 * k + i % 3];
        for (size_t i = 0; i < 3; i++) {
            right[i] = (double)random_below(&seed, 2001) - 1000;
            start[i] = x[i] = grid.value[random_below(&seed, grid.values)];
        }
        sterna_codebook_grid_descend(&grid, 3, matrix, right, x);
        ck_assert_double_le(parabola(matrix, right, x), parabola(matrix, right, start));
        for (size_t j = 0; j < 3; j++)
            for (size_t v = 0; v < grid.values; v++)
                for (int sign = -1; sign <= 1; sign += 2) {
                    double other[3] = {x[0], x[1], x[2]};
                    other[j] = sign * grid.value[v];
                    ck_assert_double_ge(parabola(matrix, right, other), parabola(matrix, right, x) - 1e-9);
                }
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_grid");
    TCase *tests = tcase_create("codebook_grid");
    tcase_add_test(tests, grids_hold_sums_of_few_powers);
    tcase_add_test(tests, the_nearest_value_is_the_nearest);
    tcase_add_test(tests, descent_ends_where_no_element_can_do_better);
    suite_add_tcase(suite, tests);
    return suite;
}
