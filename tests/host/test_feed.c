/* test_feed.c - data on their way into windows: which update sees what, and how it stands in a window. */
#include "tiny_sequences.h"

#include "feed.h"

#include <check.h>

enum { SIZE = 24 }; /* of the training split of tiny_sequences */

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_feed feed, other;
static struct sterna_network network;
static struct sterna_window window;
static struct sterna_error error;

static void set_up(void)
{
    sound_open(&scratch);
    recipe = tiny_sequences(&scratch);
}

static void tear_down(void)
{
    sterna_window_free(&window);
    sterna_network_free(&network);
    sterna_feed_close(&feed);
    sterna_feed_close(&other);
    sound_close(&scratch);
}

static void open_feed(struct sterna_feed *opened)
{
    ck_assert_msg(sterna_feed_open(&recipe, opened, &error) == STERNA_OK, "%s", error.reason);
}

static void open_window(void)
{
    ck_assert_int_eq(sterna_network_new(&recipe, &feed.ends, false, &network, &error), STERNA_OK);
    ck_assert_int_eq(sterna_window_new(&network, feed.longest, recipe.shard, false, &window, &error),
                     STERNA_OK);
}

static size_t length_of(const struct sterna_sequence_set *set, size_t i)
{
    return set->start[i + 1] - set->start[i];
}

/* Batches of a divisor of the size, the size itself, and one that straddles epochs: after whole epochs all are even. */
START_TEST(every_sequence_is_seen_once_an_epoch)
{
    static const size_t batch[] = {8, 24, 10, 1}, updates[] = {3, 1, 12, 24}, epochs[] = {1, 1, 5, 1};
    size_t seen[SIZE] = {0};
    recipe.batch = batch[_i];
    open_feed(&feed);
    ck_assert_uint_eq(feed.size, SIZE);
    for (uint64_t u = 0; u < 3 * updates[_i]; u++) {
        sterna_feed_choose(&feed, u);
        for (size_t i = 0; i < batch[_i]; i++)
            seen[feed.pick[i]]++;
        for (size_t i = 0; (u + 1) % updates[_i] == 0 && i < SIZE; i++)
            ck_assert_uint_eq(seen[i], (u + 1) / updates[_i] * epochs[_i]);
    }
}
END_TEST

START_TEST(epochs_have_different_orders)
{
    size_t same = 0;
    recipe.batch = 1;
    open_feed(&feed);
    for (uint64_t u = 0; u < SIZE; u++) {
        sterna_feed_choose(&feed, u);
        const size_t first = feed.pick[0];
        sterna_feed_choose(&feed, u + SIZE);
        same += feed.pick[0] == first;
        same += first == u;
    }
    ck_assert_uint_lt(same, SIZE / 2);
}
END_TEST

/* A run that begins with update 7 sees there what one sees that began with 0. */
START_TEST(what_an_update_sees_follows_from_seed_and_number)
{
    size_t differ = 0;
    open_feed(&feed);
    open_feed(&other);
    for (uint64_t u = 0; u < 12; u++) {
        sterna_feed_choose(&feed, u);
        if (u >= 7) {
            sterna_feed_choose(&other, u);
            ck_assert_mem_eq(feed.pick, other.pick, recipe.batch * sizeof *feed.pick);
        }
    }
    sterna_feed_choose(&feed, 7);
    sterna_feed_choose(&other, 7);
    ck_assert_mem_eq(feed.pick, other.pick, recipe.batch * sizeof *feed.pick);
    sterna_feed_close(&other);
    recipe.seed++;
    open_feed(&other);
    for (uint64_t u = 0; u < 12; u++) {
        sterna_feed_choose(&feed, u);
        sterna_feed_choose(&other, u);
        differ += memcmp(feed.pick, other.pick, recipe.batch * sizeof *feed.pick) != 0;
    }
    ck_assert_uint_ge(differ, 11);
}
END_TEST

/* The window's sequence b against the data's. */
static void check_sequence(const struct sterna_sequence_set *set, size_t index, size_t b)
{
    const size_t F = feed.sequences.features, B = window.run_batch, length = length_of(set, index);
    static const int8_t nothing[64];
    ck_assert_uint_eq(window.length[b], length);
    ck_assert_uint_eq(window.target[b], set->label[index]);
    for (size_t t = 0; t < window.run_steps; t++) {
        const int8_t *frame = t < length ? set->frames + (set->start[index] + t) * F : nothing;
        ck_assert_mem_eq(window.input8 + (t * B + b) * F, frame, F);
    }
}

START_TEST(windows_hold_the_batch_longest_first)
{
    open_feed(&feed);
    open_window();
    const struct sterna_sequence_set *set = &feed.sequences.split[STERNA_TRAIN];
    ck_assert_uint_eq(sterna_feed_shards(&feed), 3);
    for (uint64_t update = 0; update < 5; update++) {
        size_t loaded = 0;
        sterna_feed_choose(&feed, update);
        for (size_t shard = 0; shard < 3; shard++, loaded += window.run_batch) {
            sterna_feed_load(&feed, update, shard, &window);
            ck_assert_uint_eq(window.run_batch, shard < 2 ? 4 : 2);
            ck_assert_uint_eq(window.run_steps, window.length[0]);
            for (size_t b = 0; b < window.run_batch; b++) {
                check_sequence(set, feed.pick[loaded + b], b);
                ck_assert(b == 0 || window.length[b] <= window.length[b - 1]);
            }
            for (size_t t = 0; t < window.run_steps; t++) {
                size_t running = 0;
                for (size_t b = 0; b < window.run_batch; b++)
                    running += t < window.length[b];
                ck_assert_uint_eq(window.active[t], running);
            }
        }
        ck_assert_uint_eq(loaded, recipe.batch);
    }
}
END_TEST

/* What a longer sequence left in the window does not show. */
START_TEST(windows_may_be_filled_again)
{
    open_feed(&feed);
    open_window();
    const struct sterna_sequence_set *set = &feed.sequences.split[STERNA_VALID];
    size_t longest[2] = {0, 1}, shortest = 0;
    for (size_t i = 0; i < set->count; i++) {
        longest[0] = length_of(set, i) > length_of(set, longest[0]) ? i : longest[0];
        shortest = length_of(set, i) < length_of(set, shortest) ? i : shortest;
    }
    longest[1] = shortest;
    ck_assert_uint_eq(sterna_feed_longest(set), length_of(set, longest[0]));
    ck_assert_uint_lt(length_of(set, shortest), length_of(set, longest[0]));
    size_t index[2] = {shortest, longest[0]};
    sterna_feed_load_sequences(set, feed.sequences.features, index, 2, &window);
    ck_assert_uint_eq(index[0], longest[0]); /* sorted in place */
    check_sequence(set, longest[0], 0);
    check_sequence(set, shortest, 1);
    sterna_feed_load_sequences(set, feed.sequences.features, &index[1], 1, &window);
    ck_assert_uint_eq(window.run_steps, length_of(set, shortest));
    check_sequence(set, shortest, 0);
}
END_TEST

/* ---- texts ---- */

START_TEST(text_goes_on_from_update_to_update)
{
    recipe = tiny_recipe(&scratch);
    open_feed(&feed);
    open_window();
    const uint8_t *text = feed.text.split[STERNA_TRAIN];
    const size_t stride = feed.size / recipe.batch;
    ck_assert_uint_eq(sterna_feed_shards(&feed), 3);
    for (uint64_t update = 0; update < 700; update += 233) { /* the last ones go round the ring's end */
        for (size_t shard = 0; shard < 3; shard++) {
            sterna_feed_choose(&feed, update);
            sterna_feed_load(&feed, update, shard, &window);
            for (size_t t = 0; t < recipe.steps; t++) {
                ck_assert_uint_eq(window.active[t], window.run_batch);
                for (size_t b = 0; b < window.run_batch; b++) {
                    const size_t at = (shard * recipe.shard + b) * stride + update * recipe.steps + t;
                    ck_assert_uint_eq(window.symbol[t * window.run_batch + b], text[at % feed.size]);
                    ck_assert_uint_eq(window.target[t * window.run_batch + b], text[(at + 1) % feed.size]);
                }
            }
        }
    }
}
END_TEST

START_TEST(text_is_mapped_to_another_alphabet)
{
    uint8_t alphabet[32] = {0};
    recipe = tiny_recipe(&scratch);
    open_feed(&feed);
    const size_t symbols = feed.text.symbols;
    const uint8_t first = feed.text.alphabet[feed.text.split[STERNA_TRAIN][0]];
    alphabet[0] = 1;
    memcpy(alphabet + 1, feed.text.alphabet, symbols);
    ck_assert_int_eq(sterna_feed_map(&feed, alphabet, symbols + 1, &error), STERNA_OK);
    ck_assert_uint_eq(feed.ends.inputs, symbols + 1);
    ck_assert_uint_eq(feed.ends.outputs, symbols + 1);
    ck_assert_uint_eq(alphabet[feed.text.split[STERNA_TRAIN][0]], first);
    ck_assert_int_eq(sterna_feed_map(&feed, alphabet, 2, &error), STERNA_ERR_RANGE);
}
END_TEST

START_TEST(shards_draw_different_numbers)
{
    open_feed(&feed);
    open_window();
    sterna_feed_choose(&feed, 5);
    sterna_feed_load(&feed, 5, 0, &window);
    const struct sterna_draw first = window.draw;
    sterna_feed_load(&feed, 5, 1, &window);
    ck_assert_uint_eq(first.seed, recipe.seed);
    ck_assert_uint_eq(first.step, 5);
    ck_assert_uint_eq(window.draw.step, 5);
    ck_assert_uint_ne(first.tensor, window.draw.tensor);
}
END_TEST

START_TEST(too_little_data_and_missing_data_are_told)
{
    recipe = tiny_recipe(&scratch);
    recipe.batch = 4000;
    ck_assert_int_eq(sterna_feed_open(&recipe, &feed, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "lower batch"));
    (void)snprintf(recipe.data, sizeof recipe.data, "fsdd:/nowhere");
    ck_assert_int_eq(sterna_feed_open(&recipe, &feed, &error), STERNA_ERR_MISSING);
    ck_assert_ptr_null(feed.pick);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("feed");
    TCase *tcase = tcase_create("feed");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_sequence_is_seen_once_an_epoch, 0, 4);
    tcase_add_test(tcase, epochs_have_different_orders);
    tcase_add_test(tcase, what_an_update_sees_follows_from_seed_and_number);
    tcase_add_test(tcase, windows_hold_the_batch_longest_first);
    tcase_add_test(tcase, windows_may_be_filled_again);
    tcase_add_test(tcase, text_goes_on_from_update_to_update);
    tcase_add_test(tcase, text_is_mapped_to_another_alphabet);
    tcase_add_test(tcase, shards_draw_different_numbers);
    tcase_add_test(tcase, too_little_data_and_missing_data_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
