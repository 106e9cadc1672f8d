/* test_checkpoint.c - nothing is lost in a checkpoint, and what is none is refused. */
#include "safetensors.h"
#include "tiny_training.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_training training, loaded;
static struct sterna_error error;
static char place[SCRATCH_PATH];

static void set_up(void)
{
    struct sterna_feed feed = {0};
    scratch_open(&scratch);
    scratch_path(&scratch, "checkpoint.safetensors", place);
    const struct sterna_recipe recipe = tiny_recipe(&scratch);
    ck_assert_int_eq(sterna_feed_open(&recipe, &feed, &error), STERNA_OK);
    ck_assert_int_eq(sterna_training_new(&recipe, &feed, &training, &error), STERNA_OK);
    sterna_feed_close(&feed);
    for (size_t i = 0; i < training.network.parameters.size; i++) {
        training.mean[i] = (float)i * 0x1p-30f;
        training.square[i] = 1.0f / (float)(i + 1);
    }
    training.carry[7] = -0.3f;
    training.updates = 12345;
    training.train_nats = 1.0 / 3.0;
}

static void tear_down(void)
{
    sterna_training_free(&training);
    sterna_training_free(&loaded);
    scratch_close(&scratch);
}

START_TEST(everything_comes_back_to_the_bit)
{
    const struct sterna_point point = {1e6, 2.5, 2.75, 60.5, 0.001};
    const size_t bytes = training.network.parameters.size * sizeof(float);
    ck_assert_int_eq(sterna_training_note(&training, &point, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_save(&training, place, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_load(place, &loaded, &error), STERNA_OK);
    ck_assert_mem_eq(training.value, loaded.value, bytes);
    ck_assert_mem_eq(training.mean, loaded.mean, bytes);
    ck_assert_mem_eq(training.square, loaded.square, bytes);
    ck_assert(loaded.carry[7] == -0.3f);
    ck_assert_uint_eq(loaded.updates, 12345);
    ck_assert(loaded.train_nats == 1.0 / 3.0);
    ck_assert_uint_eq(loaded.data.symbols, training.data.symbols);
    ck_assert_mem_eq(loaded.data.alphabet, training.data.alphabet, training.data.symbols);
    ck_assert_uint_eq(loaded.data.size, training.data.size);
    ck_assert_uint_eq(loaded.points, 1);
    ck_assert(loaded.curve[0].seen == point.seen && loaded.curve[0].train_bits == point.train_bits);
    ck_assert(loaded.curve[0].valid_bits == point.valid_bits && loaded.curve[0].rate == point.rate);
    ck_assert(loaded.curve[0].valid_accuracy == point.valid_accuracy);
    ck_assert(sterna_training_last(&loaded)->valid_bits == 2.75);
    ck_assert_uint_eq(loaded.recipe.hidden, training.recipe.hidden);
    ck_assert_str_eq(loaded.recipe.data, training.recipe.data);
}
END_TEST

START_TEST(no_validation_yet_is_no_point)
{
    ck_assert_int_eq(sterna_checkpoint_save(&training, place, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_load(place, &loaded, &error), STERNA_OK);
    ck_assert_ptr_null(sterna_training_last(&loaded));
}
END_TEST

START_TEST(tensors_have_pytorch_names)
{
    struct sterna_tensors *tensors = NULL;
    ck_assert_int_eq(sterna_checkpoint_save(&training, place, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_open(place, &tensors, &error), STERNA_OK);
    const struct sterna_tensor *hh = sterna_tensors_find(tensors, "weight_hh_l0");
    ck_assert_ptr_nonnull(hh);
    ck_assert_uint_eq(hh->shape[0], 3 * training.recipe.hidden);
    ck_assert_uint_eq(hh->shape[1], training.recipe.hidden);
    ck_assert_ptr_nonnull(sterna_tensors_find(tensors, "adam.mean.linear.bias"));
    sterna_tensors_close(tensors);
}
END_TEST

/* Change one thing of a good file's copy and look at what is said. */
START_TEST(files_that_are_no_checkpoint_are_refused)
{
    static const struct {
        const char *key, *value, *said;
    } wrong[] = {{"format", "sterna-model", "not a checkpoint"},
                 {"recipe", "hidden = 24\nhiden = 3\n", "hiden"},
                 {"alphabet", "6162zz", "alphabet"},
                 {"alphabet", "6261", "alphabet"},
                 {"updates", "-1", "updates"},
                 {"updates", "many", "updates"},
                 {"recipe", "hidden = 25\n", "weight_ih_l0"},
                 {"version", "1", "version 1"},
                 {"input", "dense", "classes"}};
    struct sterna_tensors *good = NULL, *bad = NULL;
    static const char *const keys[] = {"format",     "version", "recipe", "alphabet",
                                       "train_nats", "updates", "size",   "input"};
    ck_assert_int_eq(sterna_checkpoint_save(&training, place, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_open(place, &good, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_new(&bad, &error), STERNA_OK);
    for (size_t i = 0; i < sterna_tensors_count(good); i++) {
        const struct sterna_tensor *tensor = sterna_tensors_at(good, i);
        ck_assert_int_eq(sterna_tensors_add(bad, tensor->name, tensor->dtype, tensor->rank, tensor->shape,
                                            tensor->data, &error),
                         STERNA_OK);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value =
            strcmp(keys[i], wrong[_i].key) == 0 ? wrong[_i].value : sterna_tensors_metadata(good, keys[i]);
        ck_assert_int_eq(sterna_tensors_set_metadata(bad, keys[i], value, &error), STERNA_OK);
    }
    ck_assert_int_eq(sterna_tensors_save(bad, place, &error), STERNA_OK);
    sterna_tensors_close(bad);
    sterna_tensors_close(good);
    ck_assert_int_ne(sterna_checkpoint_load(place, &loaded, &error), STERNA_OK);
    ck_assert_msg(strstr(error.reason, wrong[_i].said) != NULL, "%s", error.reason);
    ck_assert_ptr_null(loaded.value);
}
END_TEST

START_TEST(missing_file_is_told)
{
    ck_assert_int_eq(sterna_checkpoint_load("/nowhere/checkpoint", &loaded, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/nowhere/checkpoint"));
}
END_TEST

START_TEST(failed_save_leaves_the_old_checkpoint)
{
    ck_assert_int_ne(sterna_checkpoint_save(&training, "/proc/checkpoint", &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_save(&training, place, &error), STERNA_OK);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 2); /* the text and the checkpoint, no temporary file */
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tcase = tcase_create("checkpoint");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, everything_comes_back_to_the_bit);
    tcase_add_test(tcase, no_validation_yet_is_no_point);
    tcase_add_test(tcase, tensors_have_pytorch_names);
    tcase_add_loop_test(tcase, files_that_are_no_checkpoint_are_refused, 0, 9);
    tcase_add_test(tcase, missing_file_is_told);
    tcase_add_test(tcase, failed_save_leaves_the_old_checkpoint);
    suite_add_tcase(suite, tcase);
    return suite;
}
