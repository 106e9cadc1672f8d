/* program_codebook.c - the step program of a learned codebook: its words along a short path (codebook_path.h). */
#include "program_codebook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codebook_path.h"

enum { WORDS = STERNA_CODEBOOK_WORDS };

/* Whether word w of the book is the same sum as an earlier word of the path, or its negative: that word, or 0. */
static unsigned find_word(const struct sterna_codebook_path *path, const int8_t *word, bool *negated)
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

/* Takes the words, each sum once. same[w]: the place's word of word w of the book, and whether negated. */
static void take_words(struct sterna_codebook_path *path, const struct sterna_matrix *matrix,
                       struct sterna_codebook_step same[WORDS])
{
    path->elements = matrix->book.elements;
    for (size_t w = 0; w < WORDS; w++) {
        const int8_t *word = matrix->book.word + w * path->elements;
        same[w].word = find_word(path, word, &same[w].negated);
        if (same[w].word > 0)
            continue;
        same[w] = (struct sterna_codebook_step){(unsigned)++path->words, false};
        for (size_t j = 0; j < path->elements; j++)
            path->element[path->words][j] = word[j];
    }
}

static void put_step(struct sterna_program *program, unsigned step)
{
    assert(program->size < STERNA_PROGRAM_MAX);
    program->step[program->size++] = (uint8_t)step;
}

/* The steps of sterna_codebook_steps, the largest first. */
static void put_change(struct sterna_program *program, size_t element, int change)
{
    while (change != 0) {
        unsigned k = STERNA_CODEBOOK_SHIFT_MAX;
        const bool negative = change < 0;
        while (k > 0 && sterna_codebook_steps(abs(change) - (1 << k)) >= sterna_codebook_steps(change))
            k--;
        put_step(program, (negative ? STERNA_STEP_SUBTRACT : 0u) | k << 3 | (unsigned)element);
        change += negative ? 1 << k : -(1 << k);
    }
}

static void put_path(struct sterna_program *program, const struct sterna_codebook_path *path)
{
    int at[STERNA_PROGRAM_ELEMENTS] = {0};
    for (size_t i = 1; i <= path->words; i++) {
        const struct sterna_codebook_step *place = &path->place[i];
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
static void name_words(struct sterna_program *program, const struct sterna_codebook_path *path,
                       const struct sterna_codebook_step *same)
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
    struct sterna_codebook_path path = {0};
    struct sterna_codebook_step same[WORDS] = {{0, false}};
    take_words(&path, matrix, same);
    sterna_codebook_path_find(&path);
    put_path(program, &path);
    name_words(program, &path, same);
}
