/* test_model_random.c - a random model is valid, repeatable, and does something. */
#include <string.h>

#include "codebook.h"
#include "fixed.h"

#include <check.h>

enum { SYMBOLS = 20, HIDDEN = 40 };

static struct sterna_model *make(uint64_t seed)
{
    struct sterna_model *model = NULL;
    ck_assert_int_eq(sterna_model_random(SYMBOLS, HIDDEN, seed, &model, NULL), STERNA_OK);
    return model;
}

START_TEST(model_is_valid_and_follows_the_seed)
{
    struct sterna_model *one = make(1), *same = make(1), *other = make(2);
    const struct sterna_matrix *hh = &one->layer[0].hh;
    const size_t codes = hh->rows * hh->cols;
    ck_assert_int_eq(sterna_model_check(one, NULL), STERNA_OK);
    ck_assert_mem_eq(hh->code, same->layer[0].hh.code, codes);
    ck_assert(memcmp(hh->code, other->layer[0].hh.code, codes) != 0);
    sterna_model_free(one);
    sterna_model_free(same);
    sterna_model_free(other);
}
END_TEST

START_TEST(outputs_move_from_step_to_step)
{
    struct sterna_model *model = make(3);
    struct sterna_fixed_state state;
    ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
    int32_t before[SYMBOLS] = {0}, sums[SYMBOLS];
    for (size_t step = 0; step < 50; step++) {
        sterna_fixed_step_one_hot(model, &state, step % SYMBOLS, sums);
        ck_assert(memcmp(before, sums, sizeof sums) != 0);
        memcpy(before, sums, sizeof sums);
    }
    sterna_fixed_free(&state);
    sterna_model_free(model);
}
END_TEST

/* Words that no name uses are free to have; each of those that there are is used. */
START_TEST(codebooks_are_valid_and_use_all_their_words)
{
    struct sterna_model *model = NULL;
    bool used[STERNA_CODEBOOK_WORDS];
    ck_assert_int_eq(sterna_model_random_codebook("lstm", 12, 60, 3, 3, 20, 5, &model, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_model_check(model, NULL), STERNA_OK);
    ck_assert_int_eq(model->layer[0].hh.format, STERNA_FORMAT_CODEBOOK);
    sterna_codebook_used(&model->layer[0].hh, used);
    for (size_t w = 0; w < STERNA_CODEBOOK_WORDS; w++)
        ck_assert_int_eq(used[w], w < 20);
    sterna_model_free(model);
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    struct sterna_model *model = NULL;
    ck_assert_int_eq(sterna_model_random(257, HIDDEN, 1, &model, NULL), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_model_random_codebook("gru", 4, 4, 4, 9, 20, 1, &model, NULL), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_model_random_codebook("gru", 4, 4, 4, 5, 129, 1, &model, NULL), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_model_random(SYMBOLS, 0, 1, &model, NULL), STERNA_ERR_RANGE);
    ck_assert_ptr_null(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model_random");
    TCase *tests = tcase_create("model_random");
    tcase_add_test(tests, model_is_valid_and_follows_the_seed);
    tcase_add_test(tests, outputs_move_from_step_to_step);
    tcase_add_test(tests, codebooks_are_valid_and_use_all_their_words);
    tcase_add_test(tests, impossible_sizes_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
