/* codebook.c - see codebook.h. */
#include "codebook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t sterna_codebook_groups(size_t cols, size_t elements)
{
    const size_t block = STERNA_CODEBOOK_STRIDE * elements;
    return (cols + block - 1) / block * STERNA_CODEBOOK_STRIDE;
}

size_t sterna_codebook_column(size_t elements, size_t group, size_t j)
{
    const size_t block = group / STERNA_CODEBOOK_STRIDE;
    return (block * elements + j) * STERNA_CODEBOOK_STRIDE + group % STERNA_CODEBOOK_STRIDE;
}

enum sterna_status sterna_codebook_new(struct sterna_matrix *matrix, size_t elements,
                                       struct sterna_error *error)
{
    assert(elements >= 1 && elements <= STERNA_CODEBOOK_ELEMENTS);
    struct sterna_codebook fresh = {.elements = elements,
                                    .groups = sterna_codebook_groups(matrix->cols, elements)};
    fresh.word = calloc(STERNA_CODEBOOK_WORDS * elements, sizeof *fresh.word);
    fresh.name = calloc(matrix->rows * fresh.groups, sizeof *fresh.name);
    if (fresh.word == NULL || fresh.name == NULL) {
        free(fresh.word);
        free(fresh.name);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the codebook of %zu x %zu weights",
                           matrix->rows, matrix->cols);
    }
    sterna_codebook_free(matrix);
    matrix->format = STERNA_FORMAT_CODEBOOK;
    matrix->book = fresh;
    memset(matrix->code, 0, matrix->rows * matrix->cols);
    return STERNA_OK;
}

void sterna_codebook_free(struct sterna_matrix *matrix)
{
    free(matrix->book.word);
    free(matrix->book.name);
    memset(&matrix->book, 0, sizeof matrix->book);
}

/* The weight that a row's name of a group gives to element j. */
static int weight_of(const struct sterna_codebook *book, size_t row, size_t group, size_t j)
{
    const uint8_t name = book->name[row * book->groups + group];
    const int element = book->word[(name & (STERNA_CODEBOOK_WORDS - 1)) * book->elements + j];
    return name & STERNA_CODEBOOK_NEGATE ? -element : element;
}

void sterna_codebook_expand(struct sterna_matrix *matrix)
{
    const struct sterna_codebook *book = &matrix->book;
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t group = 0; group < book->groups; group++)
            for (size_t j = 0; j < book->elements; j++) {
                const size_t column = sterna_codebook_column(book->elements, group, j);
                if (column < matrix->cols)
                    matrix->code[row * matrix->cols + column] = (int8_t)weight_of(book, row, group, j);
            }
}

void sterna_codebook_used(const struct sterna_matrix *matrix, bool *used)
{
    const struct sterna_codebook *book = &matrix->book;
    memset(used, 0, STERNA_CODEBOOK_WORDS * sizeof *used);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t group = 0; group < book->groups; group++)
            if (sterna_codebook_column(book->elements, group, 0) < matrix->cols)
                used[book->name[row * book->groups + group] & (STERNA_CODEBOOK_WORDS - 1)] = true;
}

bool sterna_codebook_same(const struct sterna_matrix *one, const struct sterna_matrix *other)
{
    const size_t elements = one->book.elements;
    return elements == other->book.elements &&
           memcmp(one->book.word, other->book.word, STERNA_CODEBOOK_WORDS * elements) == 0;
}

static enum sterna_status check_row(const struct sterna_matrix *matrix, size_t row, const char *name,
                                    struct sterna_error *error)
{
    const struct sterna_codebook *book = &matrix->book;
    for (size_t group = 0; group < book->groups; group++) {
        if (sterna_codebook_column(book->elements, group, 0) >= matrix->cols &&
            book->name[row * book->groups + group] != 0)
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "%s: group %zu of row %zu has no column, but the name %u, expected 0", name,
                               group, row, book->name[row * book->groups + group]);
        for (size_t j = 0; j < book->elements; j++) {
            const size_t column = sterna_codebook_column(book->elements, group, j);
            if (column < matrix->cols &&
                matrix->code[row * matrix->cols + column] != weight_of(book, row, group, j))
                return sterna_fail(error, STERNA_ERR_RANGE,
                                   "%s: weight %zu of row %zu is not what its codebook says", name, column,
                                   row);
        }
    }
    return STERNA_OK;
}

enum sterna_status sterna_codebook_check(const struct sterna_matrix *matrix, const char *name,
                                         struct sterna_error *error)
{
    const struct sterna_codebook *book = &matrix->book;
    if (matrix->rows > 0 && (matrix->format == STERNA_FORMAT_CODEBOOK) != (book->elements > 0))
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: weights of format %s %s a codebook", name,
                           sterna_format_name(matrix->format), book->elements > 0 ? "with" : "without");
    for (size_t i = 0; i < STERNA_CODEBOOK_WORDS * book->elements; i++)
        if (book->word[i] == INT8_MIN)
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: word %zu of the codebook has the element -128",
                               name, i / book->elements);
    enum sterna_status status = STERNA_OK;
    for (size_t row = 0; row < matrix->rows && book->elements > 0 && status == STERNA_OK; row++)
        status = check_row(matrix, row, name, error);
    return status;
}
