/* program_codebook.c - the step program of a learned codebook: its words in an order in which each is few steps from the last.
 *
 * The builder's T goes from 0 to word after word, each step adding +-(x_j << k): the distance of two words is the number of
 * steps, summed over their elements. A table entry serves a word and its negative, so each word may be visited as either.
 * The path is the nearest neighbours', then improved for as long as turning a stretch of it round, negating one, or both,
 * makes it shorter (2-opt; a stretch of one word moved elsewhere too).
 */
#include "program_codebook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codebook.h"

enum {
    WORDS = STERNA_CODEBOOK_WORDS,
    LARGEST_SHIFT = 6,
    LARGEST = 1 << LARGEST_SHIFT /* of a step */
};

/* A place of the path: a word, visited as itself or negated. Place 0 is the zero that T starts from. */
struct place {
    unsigned word; /* in `element` */
    bool negated;
};

struct path {
    size_t elements, words;                          /* words without 0 */
    int element[WORDS + 1][STERNA_PROGRAM_ELEMENTS]; /* 0: zeros */
    uint16_t distance[2][WORDS + 1][WORDS + 1];      /* [1]: to the other's negative */
    struct place place[WORDS + 1];
};

/* The steps that change an element: signed powers of two up to 64, as few as sum up to it. */
static unsigned steps_of(int change)
{
    unsigned rest = (unsigned)abs(change), steps = 0;
    for (; rest > LARGEST + LARGEST / 2; rest -= LARGEST)
        steps++;
    for (; rest > 0; rest >>= 1)
        if (rest & 1u) {
            steps++;
            rest = rest % 4 == 3 ? rest + 1 : rest - 1;
        }
    return steps;
}

static uint16_t distance_of(const struct path *path, size_t from, size_t to, int sign)
{
    unsigned steps = 0;
    for (size_t j = 0; j < path->elements; j++)
        steps += steps_of(sign * path->element[to][j] - path->element[from][j]);
    return (uint16_t)(steps > 0 ? steps : 1); /* an entry takes a step at least */
}

static unsigned distance(const struct path *path, const struct place *a, const struct place *b)
{
    return path->distance[a->negated != b->negated][a->word][b->word];
}

/* Whether word w of the book is the same sum as an earlier word of the path, or its negative: that word, or 0. */
static unsigned find_word(const struct path *path, const int8_t *word, bool *negated)
{
    for (unsigned k = 1; k <= path->words; k++)
        for (int sign = 1; sign >= -1; sign -= 2) {
            size_t j = 0;
            while (j < path->elements && path->element[k][j] == sign * word[j])
                j++;
            *negated = sign < 0;
            if (j == path->elements)
                return k;
        }
    return 0;
}

/* Takes the words that are used, each sum once. same[w]: the place's word of word w of the book, and whether negated. */
static void take_words(struct path *path, const struct sterna_matrix *matrix, struct place same[WORDS])
{
    bool used[WORDS];
    path->elements = matrix->book.elements;
    sterna_codebook_used(matrix, used);
    for (size_t w = 0; w < WORDS; w++) {
        const int8_t *word = matrix->book.word + w * path->elements;
        if (!used[w])
            continue;
        same[w].word = find_word(path, word, &same[w].negated);
        if (same[w].word > 0)
            continue;
        same[w] = (struct place){(unsigned)++path->words, false};
        for (size_t j = 0; j < path->elements; j++)
            path->element[path->words][j] = word[j];
    }
    for (size_t a = 0; a <= path->words; a++)
        for (size_t b = 0; b <= path->words; b++) {
            path->distance[0][a][b] = distance_of(path, a, b, 1);
            path->distance[1][a][b] = distance_of(path, a, b, -1);
        }
}

static void visit_nearest(struct path *path)
{
    bool visited[WORDS + 1] = {false};
    for (size_t at = 1; at <= path->words; at++) {
        unsigned nearest = UINT16_MAX + 1u;
        for (unsigned word = 1; word <= path->words; word++)
            for (unsigned negated = 0; negated < 2 && !visited[word]; negated++) {
                const struct place candidate = {word, negated != 0};
                const unsigned steps = distance(path, &path->place[at - 1], &candidate);
                if (steps < nearest) {
                    nearest = steps;
                    path->place[at] = candidate;
                }
            }
        visited[path->place[at].word] = true;
    }
}

/* Places first..last in the other order, or negated, or both, if that makes the path shorter. */
static bool turn(struct path *path, size_t first, size_t last, bool reverse, bool negate)
{
    struct place *place = path->place, start = place[reverse ? last : first],
                 end = place[reverse ? first : last];
    const bool ends = last == path->words;
    const unsigned before = distance(path, &place[first - 1], &place[first]) +
                            (ends ? 0 : distance(path, &place[last], &place[last + 1]));
    start.negated ^= negate;
    end.negated ^= negate;
    const unsigned after =
        distance(path, &place[first - 1], &start) + (ends ? 0 : distance(path, &end, &place[last + 1]));
    if (after >= before)
        return false;
    for (size_t a = first, b = last; reverse && a < b; a++, b--) {
        const struct place moved = place[a];
        place[a] = place[b];
        place[b] = moved;
    }
    for (size_t i = first; negate && i <= last; i++)
        place[i].negated = !place[i].negated;
    return true;
}

/* The place `from` to behind the place `behind` of the path without it, if that makes it shorter. */
static bool move(struct path *path, size_t from, size_t behind, bool negate)
{
    struct place *place = path->place, moved = place[from];
    const bool ends = from == path->words;
    if (behind == from || behind + 1 == from)
        return false;
    const bool last = behind == path->words;
    unsigned before = distance(path, &place[from - 1], &moved) +
                      (ends ? 0 : distance(path, &moved, &place[from + 1])) +
                      (last ? 0 : distance(path, &place[behind], &place[behind + 1]));
    moved.negated ^= negate;
    unsigned after = (ends ? 0 : distance(path, &place[from - 1], &place[from + 1])) +
                     distance(path, &place[behind], &moved) +
                     (last ? 0 : distance(path, &moved, &place[behind + 1]));
    if (after >= before)
        return false;
    if (behind < from) {
        memmove(&place[behind + 2], &place[behind + 1], (from - behind - 1) * sizeof *place);
        place[behind + 1] = moved;
    } else {
        memmove(&place[from], &place[from + 1], (behind - from) * sizeof *place);
        place[behind] = moved;
    }
    return true;
}

static void shorten(struct path *path)
{
    bool shorter = true;
    while (shorter) {
        shorter = false;
        for (size_t first = 1; first <= path->words; first++)
            for (size_t last = first; last <= path->words; last++) {
                shorter |= turn(path, first, last, true, false);
                shorter |= turn(path, first, last, true, true);
                shorter |= turn(path, first, last, false, true);
            }
        for (size_t from = 1; from <= path->words; from++)
            for (size_t behind = 0; behind <= path->words; behind++)
                if (move(path, from, behind, false) || move(path, from, behind, true))
                    shorter = true;
    }
}

static void put_step(struct sterna_program *program, unsigned step)
{
    assert(program->size < STERNA_PROGRAM_MAX);
    program->step[program->size++] = (uint8_t)step;
}

/* The steps of steps_of, the largest first. */
static void put_change(struct sterna_program *program, size_t element, int change)
{
    while (change != 0) {
        unsigned k = LARGEST_SHIFT;
        const bool negative = change < 0;
        while (k > 0 && steps_of(abs(change) - (1 << k)) >= steps_of(change))
            k--;
        put_step(program, (negative ? STERNA_STEP_SUBTRACT : 0u) | k << 3 | (unsigned)element);
        change += negative ? 1 << k : -(1 << k);
    }
}

static void put_path(struct sterna_program *program, const struct path *path)
{
    int at[STERNA_PROGRAM_ELEMENTS] = {0};
    for (size_t i = 1; i <= path->words; i++) {
        const struct place *place = &path->place[i];
        const size_t before = program->size;
        for (size_t j = 0; j < path->elements; j++) {
            const int element = path->element[place->word][j], to = place->negated ? -element : element;
            put_change(program, j, to - at[j]);
            at[j] = to;
        }
        if (program->size == before)
            put_step(program, STERNA_STEP_END);
        program->step[program->size - 1] |= STERNA_STEP_WRITE;
        program->entries++;
    }
}

/* The byte of each word: where on the path its sum is, and of which sign. */
static void name_words(struct sterna_program *program, const struct path *path, const struct place *same)
{
    for (size_t w = 0; w < WORDS; w++)
        for (size_t i = 1; i <= path->words && same[w].word > 0; i++)
            if (path->place[i].word == same[w].word)
                program->word[w] =
                    (uint8_t)((i - 1) |
                              (path->place[i].negated != same[w].negated ? STERNA_PROGRAM_NEGATE : 0u));
}

void sterna_program_codebook(const struct sterna_matrix *matrix, struct sterna_program *program)
{
    struct path path = {0};
    struct place same[WORDS] = {{0, false}};
    take_words(&path, matrix, same);
    visit_nearest(&path);
    shorten(&path);
    put_path(program, &path);
    name_words(program, &path, same);
}
