/* test_codebook_fit.c - the steps of block coordinate descent against brute force: nothing they do may be undone by another choice. */
#include "codebook_rig.h"

#include <check.h>

/* The fit's idea of the error, and that of its rest, are those of the samples. */
static void check_state(void)
{
    const double constant = sterna_moments_energy(&moments, ROWS, weights);
    ck_assert_double_eq_tol(sterna_codebook_fit_error(&fit) + constant, response_error(), 1e-5);
    double *rest = malloc(ROWS * fit.padded * sizeof *rest);
    ck_assert_ptr_nonnull(rest);
    memcpy(rest, fit.rest, ROWS * fit.padded * sizeof *rest);
    sterna_codebook_fit_refresh(&fit);
    for (size_t i = 0; i < ROWS * fit.padded; i++)
        ck_assert_double_eq_tol(rest[i], fit.rest[i], 1e-9);
    free(rest);
}

START_TEST(no_sweep_lets_the_error_rise)
{
    for (uint64_t seed = 1; seed < 30; seed++) {
        make(_i, seed);
        check_state();
        double before = sterna_codebook_fit_error(&fit);
        for (int sweep = 0; sweep < 6; sweep++) {
            void (*const step[])(struct sterna_codebook_fit *) = {
                sterna_codebook_fit_words, sterna_codebook_fit_scales, sterna_codebook_fit_names};
            for (size_t i = 0; i < 3; i++) {
                step[i](&fit);
                const double after = sterna_codebook_fit_error(&fit);
                ck_assert_double_le(after, before + 1e-9);
                before = after;
            }
        }
        check_state();
        free_all();
    }
}
END_TEST

/* The last row and group that was named has, of all words and signs, the one with the least error. */
START_TEST(names_are_those_of_an_exhaustive_search)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        make(_i, seed);
        sterna_codebook_fit_names(&fit);
        for (size_t r = 0; r < ROWS;
             r++) { /* of a row the last group was named with all others as they are now */
            const size_t at = r * code.groups + code.groups - 1;
            const uint16_t name = code.name[at];
            const int8_t sign = code.sign[at];
            const double found = response_error();
            for (uint16_t k = 0; k < WORDS; k++)
                for (int s = 1; s >= (code.shared ? -1 : 1); s -= 2) {
                    code.name[at] = k;
                    code.sign[at] = (int8_t)s;
                    ck_assert_double_ge(response_error(), found - 1e-6);
                }
            code.name[at] = name;
            code.sign[at] = sign;
        }
        free_all();
    }
}
END_TEST

START_TEST(scales_are_at_their_least_error)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        make(0, seed);
        sterna_codebook_fit_scales(&fit);
        const double found = response_error();
        for (size_t r = 0; r < ROWS; r++)
            for (int s = -1; s <= 1; s += 2) {
                const double kept = code.scale[r];
                code.scale[r] *= 1 + 0.05 * s;
                ck_assert_double_ge(response_error(), found);
                code.scale[r] = kept;
            }
        free_all();
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_fit");
    TCase *tests = tcase_create("codebook_fit");
    tcase_add_loop_test(tests, no_sweep_lets_the_error_rise, 0, KINDS);
    tcase_add_loop_test(tests, names_are_those_of_an_exhaustive_search, 0, KINDS);
    tcase_add_test(tests, scales_are_at_their_least_error);
    suite_add_tcase(suite, tests);
    return suite;
}
