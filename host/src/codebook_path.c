/* codebook_path.c - see codebook_path.h. The nearest neighbours' path, then improved for as long as turning a stretch of it round, negating
 * one, or both, makes it shorter (2-opt; a stretch of one word moved elsewhere too). */
#include "codebook_path.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORDS = STERNA_CODEBOOK_WORDS,
    LARGEST = 1 << STERNA_CODEBOOK_SHIFT_MAX /* of a step */
};

/* The steps that change an element: signed powers of two up to 64, as few as sum up to it. */
unsigned sterna_codebook_steps(int change)
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

static uint16_t distance_of(const struct sterna_codebook_path *path, size_t from, size_t to, int sign)
{
    unsigned steps = 0;
    for (size_t j = 0; j < path->elements; j++)
        steps += sterna_codebook_steps(sign * path->element[to][j] - path->element[from][j]);
    return (uint16_t)(steps > 0 ? steps : 1); /* an entry takes a step at least */
}

static unsigned distance(const struct sterna_codebook_path *path, const struct sterna_codebook_step *a,
                         const struct sterna_codebook_step *b)
{
    return path->distance[a->negated != b->negated][a->word][b->word];
}

static void visit_nearest(struct sterna_codebook_path *path)
{
    bool visited[WORDS + 1] = {false};
    for (size_t at = 1; at <= path->words; at++) {
        unsigned nearest = UINT16_MAX + 1u;
        for (unsigned word = 1; word <= path->words; word++)
            for (unsigned negated = 0; negated < 2 && !visited[word]; negated++) {
                const struct sterna_codebook_step candidate = {word, negated != 0};
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
static bool turn(struct sterna_codebook_path *path, size_t first, size_t last, bool reverse, bool negate)
{
    struct sterna_codebook_step *place = path->place, start = place[reverse ? last : first],
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
        const struct sterna_codebook_step moved = place[a];
        place[a] = place[b];
        place[b] = moved;
    }
    for (size_t i = first; negate && i <= last; i++)
        place[i].negated = !place[i].negated;
    return true;
}

/* The place `from` to behind the place `behind` of the path without it, if that makes it shorter. */
static bool move(struct sterna_codebook_path *path, size_t from, size_t behind, bool negate)
{
    struct sterna_codebook_step *place = path->place, moved = place[from];
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

static void shorten(struct sterna_codebook_path *path)
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

void sterna_codebook_path_find(struct sterna_codebook_path *path)
{
    path->place[0] = (struct sterna_codebook_step){0, false};
    for (size_t a = 0; a <= path->words; a++)
        for (size_t b = 0; b <= path->words; b++) {
            path->distance[0][a][b] = distance_of(path, a, b, 1);
            path->distance[1][a][b] = distance_of(path, a, b, -1);
        }
    visit_nearest(path);
    shorten(path);
}

size_t sterna_codebook_path_length(const struct sterna_codebook_path *path)
{
    size_t steps = 0;
    for (size_t i = 1; i <= path->words; i++)
        steps += distance(path, &path->place[i - 1], &path->place[i]);
    return steps;
}
