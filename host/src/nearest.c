/* nearest.c - "did you mean": Levenshtein's distance, one row of the table at a time. */
#include "smaller.h"
#include "sterna.h"

#include <string.h>

enum { LETTERS_MAX = 40 };

static size_t edits(const char *from, const char *to)
{
    size_t row[LETTERS_MAX + 1];
    size_t length = strlen(to);

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; from[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (from[i - 1] != to[j - 1]);
            diagonal = row[j];
            row[j] = sterna_smaller(replaced, sterna_smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

/* A word that only goes on where the typed one stops ("gen" for "generate") is what was meant, however long it is. */
static size_t distance(const char *typed, const char *candidate)
{
    size_t letters = strlen(typed);

    if (letters >= 2 && strncmp(typed, candidate, letters) == 0)
        return 1;
    return edits(typed, candidate);
}

void sterna_nearest_offer(struct sterna_nearest *nearest, const char *typed, const char *candidate)
{
    size_t letters = strlen(typed);
    if (letters == 0 || letters > LETTERS_MAX || strlen(candidate) > LETTERS_MAX)
        return;
    size_t away = distance(typed, candidate);
    if (nearest->word == NULL || away < nearest->distance)
        *nearest =
            (struct sterna_nearest){.word = candidate, .distance = away, .slip = away <= 1 + letters / 4};
}
