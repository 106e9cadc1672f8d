/* product_code.c - see product_code.h. */
#include "product_code.h"

#include <stdlib.h>
#include <string.h>

#include "codebook.h"

enum { NAME_BITS = 8, ELEMENT_BITS = 8, FLOAT_BITS = 32, SCALE_BITS = 16 };

static enum sterna_status allocate(struct sterna_product_code *code, struct sterna_error *error)
{
    const size_t names = code->rows * code->groups;
    code->column = calloc(code->groups * code->elements, sizeof *code->column);
    code->book = calloc(code->groups, sizeof *code->book);
    code->word = calloc(code->books * code->words * code->elements, sizeof *code->word);
    code->name = calloc(names, sizeof *code->name);
    code->sign = malloc(names);
    code->scale = malloc(code->rows * sizeof *code->scale);
    if (!code->column || !code->book || !code->word || !code->name || !code->sign || !code->scale) {
        sterna_product_code_release(code);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the code of %zu x %zu weights",
                           code->rows, code->cols);
    }
    memset(code->sign, 1, names);
    for (size_t r = 0; r < code->rows; r++)
        code->scale[r] = 1.0;
    return STERNA_OK;
}

enum sterna_status sterna_product_code_shared(size_t rows, size_t cols, size_t elements, size_t words,
                                              struct sterna_product_code *code, struct sterna_error *error)
{
    if (elements < 1 || elements > STERNA_CODEBOOK_ELEMENTS || words < 1 || words > STERNA_CODEBOOK_WORDS)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "codewords of %zu weights, %zu of them: the engine takes 1 to %d weights, and 1 to %d words",
            elements, words, STERNA_CODEBOOK_ELEMENTS, STERNA_CODEBOOK_WORDS);
    struct sterna_product_code fresh = {.rows = rows,
                                        .cols = cols,
                                        .elements = elements,
                                        .groups = sterna_codebook_groups(cols, elements),
                                        .words = words,
                                        .books = 1,
                                        .shared = true};
    /* Groups that have no column at all are not kept: only the last block has such, at its end. */
    while (sterna_codebook_column(elements, fresh.groups - 1, 0) >= cols)
        fresh.groups--;
    if (words > rows * fresh.groups)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%zu codewords for %zu sub-vectors: there can be no more words than those", words,
                           rows * fresh.groups);
    enum sterna_status status = allocate(&fresh, error);
    if (status != STERNA_OK)
        return status;
    for (size_t g = 0; g < fresh.groups; g++)
        for (size_t j = 0; j < elements; j++) {
            const size_t column = sterna_codebook_column(elements, g, j);
            fresh.column[g * elements + j] = column < cols ? column : cols;
        }
    *code = fresh;
    return STERNA_OK;
}

enum sterna_status sterna_product_code_free(size_t rows, size_t cols, size_t period, size_t elements,
                                            size_t words, struct sterna_product_code *code,
                                            struct sterna_error *error)
{
    if (elements < 1 || elements > STERNA_PRODUCT_CODE_ELEMENTS || period % elements != 0)
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "sub-vectors of %zu weights do not divide the %zu inputs: choose a length that does, at most %d",
            elements, period, STERNA_PRODUCT_CODE_ELEMENTS);
    if (words < 1 || words > UINT16_MAX || words > rows * (cols / period))
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "%zu codewords for %zu sub-vectors of a sub-space: there can be no more words than those", words,
            rows * (cols / period));
    struct sterna_product_code fresh = {.rows = rows,
                                        .cols = cols,
                                        .elements = elements,
                                        .groups = cols / elements,
                                        .words = words,
                                        .books = period / elements};
    enum sterna_status status = allocate(&fresh, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < cols; i++)
        fresh.column[i] = i;
    for (size_t g = 0; g < fresh.groups; g++)
        fresh.book[g] = g % fresh.books;
    *code = fresh;
    return STERNA_OK;
}

void sterna_product_code_release(struct sterna_product_code *code)
{
    free(code->column);
    free(code->book);
    free(code->word);
    free(code->name);
    free(code->sign);
    free(code->scale);
    memset(code, 0, sizeof *code);
}

void sterna_product_code_expand(const struct sterna_product_code *code, float *weights)
{
    const size_t n = code->elements;
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = sterna_product_code_place(code, r, g);
            const double *word = sterna_product_code_word(code, code->book[g], code->name[at]);
            for (size_t j = 0; j < n; j++)
                if (code->column[g * n + j] < code->cols)
                    weights[r * code->cols + code->column[g * n + j]] =
                        (float)(code->scale[r] * code->sign[at] * word[j]);
        }
}

static void build_table(const struct sterna_product_code *code, size_t group, const double *input,
                        double *table)
{
    const size_t n = code->elements;
    for (size_t k = 0; k < code->words; k++) {
        const double *word = sterna_product_code_word(code, code->book[group], k);
        table[k] = 0;
        for (size_t j = 0; j < n; j++)
            if (code->column[group * n + j] < code->cols)
                table[k] += word[j] * input[code->column[group * n + j]];
    }
}

void sterna_product_code_respond(const struct sterna_product_code *code, const double *input, double *table,
                                 double *response)
{
    for (size_t g = 0; g < code->groups; g++)
        build_table(code, g, input, table + g * code->words);
    for (size_t r = 0; r < code->rows; r++) {
        double sum = 0;
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = sterna_product_code_place(code, r, g);
            sum += code->sign[at] * table[g * code->words + code->name[at]];
        }
        response[r] = code->scale[r] * sum;
    }
}

size_t sterna_product_code_bits(const struct sterna_product_code *code)
{
    size_t name_bits = NAME_BITS;
    if (!code->shared)
        for (name_bits = 0; (size_t)1 << name_bits < code->words;)
            name_bits++;
    return code->rows * code->groups * name_bits +
           code->books * code->words * code->elements * (code->shared ? ELEMENT_BITS : FLOAT_BITS) +
           (code->shared ? code->rows * SCALE_BITS : 0);
}

size_t sterna_product_code_operations(const struct sterna_product_code *code)
{
    return code->groups * (code->words * code->elements + code->rows);
}
