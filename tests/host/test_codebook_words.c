/* test_codebook_words.c - the words' step: least squares, exactly; on a grid as well as one element at a time can. */
#include "cholesky.h"
#include "codebook_rig.h"

#include <check.h>

/* All words of a sub-space at once, from the samples: W^T of the sub-space's sub-vectors enter by their assignments; a system of K n unknowns. */
static void solve_fully(size_t group, double *word)
{
    enum { U = WORDS * N };
    double matrix[U * U] = {0}, right[U] = {0};
    float v[ROWS * COLS];
    sterna_product_code_expand(&code, v);
    for (size_t r = 0; r < ROWS; r++) {
        const size_t k = code.name[r * code.groups + group];
        double s_mean[N] = {0}, t_mean = 0, t[SAMPLES];
        for (size_t i = 0; i < SAMPLES; i++) {
            t[i] = 0; /* what is left for this group */
            for (size_t c = 0; c < COLS; c++)
                t[i] += (double)weights[r * COLS + c] * (double)original[i * COLS + c] -
                        (c / N == group ? 0.0 : (double)v[r * COLS + c] * (double)input[i * COLS + c]);
            t_mean += t[i] / SAMPLES;
            for (size_t j = 0; j < N; j++)
                s_mean[j] += (double)input[i * COLS + group * N + j] / SAMPLES;
        }
        for (size_t i = 0; i < SAMPLES; i++)
            for (size_t a = 0; a < N; a++) {
                const double s = (double)input[i * COLS + group * N + a] - s_mean[a];
                right[k * N + a] += s * (t[i] - t_mean);
                for (size_t b = 0; b < N; b++)
                    matrix[(k * N + a) * U + k * N + b] +=
                        s * ((double)input[i * COLS + group * N + b] - s_mean[b]);
            }
    }
    ck_assert(sterna_cholesky_factor(matrix, U, 1e-12));
    memcpy(word, right, sizeof right);
    sterna_cholesky_solve(matrix, U, word, 1);
}

START_TEST(words_of_a_sub_space_are_the_full_least_squares_solution)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        make(1, seed);
        double word[WORDS * N];
        sterna_codebook_fit_words(&fit);
        solve_fully(code.groups - 1, word); /* the last one's, all others being as they were then */
        for (size_t i = 0; i < WORDS * N; i++)
            ck_assert_double_eq_tol(code.word[(code.books - 1) * WORDS * N + i], word[i], 1e-4);
        free_all();
    }
}
END_TEST

/* A step to either side of any element of the word that moved last makes it worse (twice the tolerance of the ridge). */
START_TEST(a_shared_word_is_at_its_least_error)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        make(_i, seed);
        sterna_codebook_fit_words(&fit);
        const double found = response_error();
        for (size_t j = 0; j < N; j++)
            for (int s = -1; s <= 1; s += 2) {
                double *element = &code.word[((code.books - 1) * WORDS + WORDS - 1) * N + j];
                const double kept = *element;
                *element += s * 0.05;
                ck_assert_double_ge(response_error(), found);
                *element = kept;
            }
        free_all();
    }
}
END_TEST

START_TEST(words_stay_on_the_grid)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        make(3, seed);
        for (int sweep = 0; sweep < 3; sweep++) {
            sterna_codebook_fit_words(&fit);
            sterna_codebook_fit_scales(&fit);
            sterna_codebook_fit_names(&fit);
        }
        for (size_t i = 0; i < WORDS * N; i++)
            ck_assert_double_eq(code.word[i], sterna_codebook_grid_nearest(&grid, code.word[i]));
        free_all();
    }
}
END_TEST

/* A word that nobody names becomes the sub-vector that is served worst: with names fitted again it is used. */
START_TEST(an_empty_word_is_given_to_those_worst_off)
{
    make(1, 7);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t g = 0; g < code.groups; g++)
            code.name[r * code.groups + g] = 0;
    sterna_codebook_fit_refresh(&fit);
    const double before = sterna_codebook_fit_error(&fit);
    sterna_codebook_fit_words(&fit);
    sterna_codebook_fit_names(&fit);
    bool used = false;
    for (size_t i = 0; i < ROWS * code.groups; i++)
        used |= code.name[i] > 0;
    ck_assert(used);
    ck_assert_double_lt(sterna_codebook_fit_error(&fit), before);
    free_all();
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_words");
    TCase *tests = tcase_create("codebook_words");
    tcase_add_test(tests, words_of_a_sub_space_are_the_full_least_squares_solution);
    tcase_add_loop_test(tests, a_shared_word_is_at_its_least_error, 0, KINDS - 1);
    tcase_add_test(tests, words_stay_on_the_grid);
    tcase_add_test(tests, an_empty_word_is_given_to_those_worst_off);
    suite_add_tcase(suite, tests);
    return suite;
}
