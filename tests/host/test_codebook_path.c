/* test_codebook_path.c - distances are the fewest steps there are; a path visits every word once, and is about as short as the best of all orders. */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "codebook_path.h"

#include <check.h>

enum { CHANGES = 255, REACH = 600, FEW = 6 };

static struct sterna_codebook_path path;

/* Breadth first over all sums of signed powers of two. */
START_TEST(changes_take_the_fewest_steps)
{
    static unsigned steps[2 * REACH + 1];
    bool found = true;
    memset(steps, 0xFF, sizeof steps);
    steps[REACH] = 0;
    for (unsigned round = 0; found; round++) {
        found = false;
        for (int at = -REACH; at <= REACH; at++)
            for (int k = 0; k <= 6 && steps[at + REACH] == round; k++)
                for (int sign = -1; sign <= 1; sign += 2) {
                    const int to = at + sign * (1 << k);
                    if (abs(to) <= REACH && steps[to + REACH] > round + 1) {
                        steps[to + REACH] = round + 1;
                        found = true;
                    }
                }
    }
    for (int change = -CHANGES + 1; change < CHANGES; change++)
        ck_assert_uint_eq(sterna_codebook_steps(change), steps[change + REACH]);
}
END_TEST

static void draw_words(size_t words, size_t elements, uint64_t *seed)
{
    memset(&path, 0, sizeof path);
    path.words = words;
    path.elements = elements;
    for (size_t w = 1; w <= words; w++)
        for (size_t j = 0; j < elements; j++)
            path.element[w][j] = (int)random_below(seed, 17) - 8;
}

static size_t steps_between(unsigned from, int from_sign, unsigned to, int to_sign)
{
    size_t steps = 0;
    for (size_t j = 0; j < path.elements; j++)
        steps += sterna_codebook_steps(to_sign * path.element[to][j] - from_sign * path.element[from][j]);
    return steps > 0 ? steps : 1;
}

START_TEST(every_word_is_visited_once)
{
    uint64_t seed = 3;
    for (size_t words = 1; words <= STERNA_CODEBOOK_WORDS; words += 9) {
        bool visited[STERNA_CODEBOOK_WORDS + 1] = {false};
        size_t length = 0;
        draw_words(words, 1 + words % 8, &seed);
        sterna_codebook_path_find(&path);
        for (size_t i = 1; i <= words; i++) {
            const struct sterna_codebook_step *at = &path.place[i], *last = &path.place[i - 1];
            ck_assert(!visited[at->word]);
            visited[at->word] = true;
            length += steps_between(last->word, last->negated ? -1 : 1, at->word, at->negated ? -1 : 1);
        }
        ck_assert_uint_eq(sterna_codebook_path_length(&path), length);
    }
}
END_TEST

/* The shortest way over the words that are not visited, of all orders and signs. */
static size_t shortest(unsigned at, int sign, unsigned visited)
{
    size_t best = SIZE_MAX;
    for (unsigned w = 1; w <= path.words; w++)
        for (int s = -1; s <= 1 && !(visited >> w & 1); s += 2) {
            const size_t rest = shortest(w, s, visited | 1u << w);
            const size_t length = steps_between(at, sign, w, s) + rest;
            best = length < best ? length : best;
        }
    return best == SIZE_MAX ? 0 : best;
}

START_TEST(a_path_is_nearly_as_short_as_the_best_of_all)
{
    uint64_t seed = 8;
    size_t found = 0, best = 0;
    for (int round = 0; round < 20; round++) {
        draw_words(FEW, 3, &seed);
        sterna_codebook_path_find(&path);
        const size_t length = sterna_codebook_path_length(&path), least = shortest(0, 1, 0);
        ck_assert_uint_ge(length, least);
        found += length;
        best += least;
    }
    ck_assert_uint_le(100 * found, 105 * best);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_path");
    TCase *tests = tcase_create("codebook_path");
    tcase_add_test(tests, changes_take_the_fewest_steps);
    tcase_add_test(tests, every_word_is_visited_once);
    tcase_add_test(tests, a_path_is_nearly_as_short_as_the_best_of_all);
    suite_add_tcase(suite, tests);
    return suite;
}
