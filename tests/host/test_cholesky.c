/* test_cholesky.c - a solution solves; what is not positive definite is refused. */
#include <math.h>

#include "cholesky.h"

#include <check.h>

START_TEST(solutions_solve)
{
    /* a' a of a = [[2, 0, 0], [1, 3, 0], [-1, 2, 1]], transposed: symmetric, positive */
    const double matrix[9] = {4, 2, -2, 2, 10, 5, -2, 5, 6};
    double factor[9], right[6] = {1, 2, 3, -4, 0, 7};
    for (int i = 0; i < 9; i++)
        factor[i] = matrix[i];
    ck_assert(sterna_cholesky_factor(factor, 3, 0));
    sterna_cholesky_solve(factor, 3, right, 2);
    const double wanted[6] = {1, 2, 3, -4, 0, 7};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 3; i++) {
            double sum = 0;
            for (int j = 0; j < 3; j++)
                sum += matrix[3 * i + j] * right[3 * k + j];
            ck_assert_double_eq_tol(sum, wanted[3 * k + i], 1e-12);
        }
}
END_TEST

START_TEST(a_ridge_makes_a_singular_matrix_solvable)
{
    double matrix[4] = {1, 1, 1, 1}, right[2] = {1, 1};
    ck_assert(sterna_cholesky_factor(matrix, 2, 1e-6));
    sterna_cholesky_solve(matrix, 2, right, 1);
    ck_assert_double_eq_tol(right[0] + right[1], 1, 1e-5);
    double zero[4] = {0}, nothing[2] = {0};
    ck_assert(sterna_cholesky_factor(zero, 2, 1e-6));
    sterna_cholesky_solve(zero, 2, nothing, 1);
    ck_assert_double_eq_tol(nothing[0], 0, 1e-12);
}
END_TEST

START_TEST(what_is_not_positive_definite_is_refused)
{
    double negative[4] = {1, 2, 2, 1}, none[4] = {NAN, 0, 0, 1};
    ck_assert(!sterna_cholesky_factor(negative, 2, 1e-9));
    ck_assert(!sterna_cholesky_factor(none, 2, 1e-9));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("cholesky");
    TCase *tests = tcase_create("cholesky");
    tcase_add_test(tests, solutions_solve);
    tcase_add_test(tests, a_ridge_makes_a_singular_matrix_solvable);
    tcase_add_test(tests, what_is_not_positive_definite_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
