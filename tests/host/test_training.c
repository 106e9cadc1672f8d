/* test_training.c - the state that training starts from and keeps. */
#include "tiny_training.h"

#include <math.h>

#include <check.h>

static struct scratch scratch;
static struct sterna_training training, other;
static struct sterna_feed feed;

static void set_up(void)
{
    scratch_open(&scratch);
}

static void tear_down(void)
{
    sterna_training_free(&training);
    sterna_training_free(&other);
    sterna_feed_close(&feed);
    scratch_close(&scratch);
}

START_TEST(first_state_follows_recipe_text_and_seed)
{
    struct sterna_recipe recipe = tiny_recipe(&scratch);
    ck_assert_int_eq(sterna_feed_open(&recipe, &feed, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_training_new(&recipe, &feed, &training, NULL), STERNA_OK);
    const struct sterna_text *text = &feed.text;
    ck_assert_uint_eq(training.updates, 0);
    ck_assert_uint_eq(training.data.symbols, text->symbols);
    ck_assert_uint_eq(training.data.size, text->length[STERNA_TRAIN]);
    ck_assert_mem_eq(training.data.alphabet, text->alphabet, text->symbols);
    ck_assert_uint_eq(training.network.ends.inputs, text->symbols);
    ck_assert_uint_eq(training.network.ends.outputs, text->symbols);
    ck_assert(training.network.ends.one_hot && training.network.ends.head == STERNA_HEAD_NEXT);
    recipe.seed++;
    ck_assert_int_eq(sterna_training_new(&recipe, &feed, &other, NULL), STERNA_OK);
    ck_assert_mem_ne(training.value, other.value, training.network.parameters.size * sizeof(float));
}
END_TEST

START_TEST(curve_grows_point_by_point)
{
    ck_assert_ptr_null(sterna_training_last(&training));
    for (size_t i = 0; i < 20; i++) {
        const struct sterna_point point = {(double)i, 3.0, 2.0 + (double)i, NAN, 0.1};
        ck_assert_int_eq(sterna_training_note(&training, &point, NULL), STERNA_OK);
        ck_assert(sterna_training_last(&training)->valid_bits == 2.0 + (double)i);
    }
    ck_assert_uint_eq(training.points, 20);
    for (size_t i = 0; i < 20; i++)
        ck_assert(training.curve[i].seen == (double)i);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("training");
    TCase *tcase = tcase_create("training");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, first_state_follows_recipe_text_and_seed);
    tcase_add_test(tcase, curve_grows_point_by_point);
    suite_add_tcase(suite, tcase);
    return suite;
}
