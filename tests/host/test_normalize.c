/* test_normalize.c - row values by hand, gradients by differences. */
#include "gradient_check.h"
#include "normalize.h"

#include <stdio.h>
#include <string.h>

#include <check.h>

enum { COLS = 7 };

struct row {
    const struct sterna_normalizer *normalizer;
    float q[COLS], scale, gain; /* q = scale * level */
    float wanted[COLS];         /* the objective is <wanted, value> */
};

/* value = row(level) * level with level = q / scale */
static double objective(void *context)
{
    const struct row *row = context;
    float level[COLS];
    double sum = 0.0;
    for (int c = 0; c < COLS; c++)
        level[c] = row->q[c] / row->scale;
    float value = row->normalizer->row(level, COLS, row->scale, row->gain);
    for (int c = 0; c < COLS; c++)
        sum += (double)(row->wanted[c] * value * level[c]);
    return sum;
}

static struct row random_row(const char *name, uint64_t seed)
{
    struct row row = {.scale = 0.7f, .gain = 1.3f};
    ck_assert_int_eq(sterna_normalizer_find(name, &row.normalizer, NULL), STERNA_OK);
    random_values(row.q, COLS, 1.0f, &seed);
    random_values(row.wanted, COLS, 1.0f, &seed);
    return row;
}

START_TEST(gradients_match_differences)
{
    struct row row = random_row("weight", 3 + (uint64_t)_i);
    float level[COLS], gradient[COLS];
    for (int c = 0; c < COLS; c++) {
        level[c] = row.q[c] / row.scale;
        gradient[c] = row.wanted[c];
    }
    float gain_gradient = row.normalizer->backward(level, COLS, row.scale, row.gain, gradient);
    for (int c = 0; c < COLS; c++)
        ck_assert(gradients_agree(numeric_gradient(objective, &row, &row.q[c]), (double)gradient[c]));
    ck_assert(gradients_agree(numeric_gradient(objective, &row, &row.gain), (double)gain_gradient));
}
END_TEST

START_TEST(weight_normalized_row_has_the_gain_as_norm)
{
    const float level[] = {1, 0, -1, 1, 0, 1, 0};
    struct row row = random_row("weight", 1);
    float value = row.normalizer->row(level, COLS, 123.0f, 3.0f);
    ck_assert_float_eq_tol(value, 1.5f, 1e-6f); /* 3 / sqrt(4) */
    ck_assert_float_eq_tol(row.normalizer->row(level, COLS, 1.0f, -3.0f), -1.5f, 1e-6f);
}
END_TEST

START_TEST(row_of_zeros_is_zero_and_can_come_back)
{
    const float level[COLS] = {0};
    struct row row = random_row("weight", 1);
    float gradient[COLS] = {1, 2, 3, 4, 5, 6, 7};
    ck_assert(row.normalizer->row(level, COLS, 1.0f, 2.0f) == 0.0f);
    ck_assert(row.normalizer->backward(level, COLS, 1.0f, 2.0f, gradient) == 0.0f);
    for (int c = 0; c < COLS; c++)
        ck_assert(isfinite(gradient[c]) && gradient[c] > 0.0f);
}
END_TEST

/* Only weight normalization acts on rows; the others leave a row its scale, and no gain. */
START_TEST(row_has_its_scale_without_weight_normalization)
{
    static const struct {
        const char *name;
        enum sterna_normalizer_kind kind;
    } table[] = {{"none", STERNA_NORMALIZE_NONE},
                 {"layer", STERNA_NORMALIZE_LAYER},
                 {"batch", STERNA_NORMALIZE_BATCH}};
    const float level[COLS] = {1, 0, -1, 1, 0, 1, 0};
    for (int i = 0; i < 3; i++) {
        struct row row = random_row(table[i].name, 1);
        ck_assert_int_eq(row.normalizer->kind, table[i].kind);
        ck_assert(!row.normalizer->gain && !row.normalizer->backward);
        ck_assert(row.normalizer->row(level, COLS, 0.7f, 3.0f) == 0.7f);
    }
    struct row row = random_row("weight", 1);
    ck_assert(row.normalizer->kind == STERNA_NORMALIZE_ROWS && row.normalizer->gain);
}
END_TEST

START_TEST(the_list_of_names_is_that_of_the_methods)
{
    static const char *const names[] = {"none", "weight", "layer", "batch"};
    char list[64] = "";
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(random_row(names[i], 1).normalizer->name, names[i]);
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
    }
    ck_assert_str_eq(list, STERNA_NORMALIZER_NAMES);
}
END_TEST

START_TEST(unknown_name_is_refused)
{
    const struct sterna_normalizer *normalizer = NULL;
    struct sterna_error error;
    ck_assert_int_eq(sterna_normalizer_find("group", &normalizer, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_null(normalizer);
    ck_assert_ptr_nonnull(strstr(error.reason, "there are " STERNA_NORMALIZER_NAMES));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("normalize");
    TCase *tcase = tcase_create("normalize");
    tcase_add_loop_test(tcase, gradients_match_differences, 0, 5);
    tcase_add_test(tcase, weight_normalized_row_has_the_gain_as_norm);
    tcase_add_test(tcase, row_of_zeros_is_zero_and_can_come_back);
    tcase_add_test(tcase, row_has_its_scale_without_weight_normalization);
    tcase_add_test(tcase, the_list_of_names_is_that_of_the_methods);
    tcase_add_test(tcase, unknown_name_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
