/* codebook_words.c - the words' step of codebook_fit.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cholesky.h"
#include "codebook_fit.h"

enum { ELEMENTS_MAX = STERNA_PRODUCT_CODE_ELEMENTS, TOLL_ROUNDS = 3 };
static const double RIDGE = 1e-6;

/* The groups of a row where a word stands. */
static size_t find_groups(const struct sterna_product_code *code, size_t row, size_t book, size_t word,
                          size_t *group)
{
    size_t found = 0;
    for (size_t g = 0; g < code->groups; g++)
        if (code->name[sterna_product_code_place(code, row, g)] == word && code->book[g] == book)
            group[found++] = g;
    return found;
}

size_t sterna_codebook_fit_normal(const struct sterna_codebook_fit *fit, size_t book, size_t word,
                                  double *matrix, double *slope)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements, P = fit->padded;
    size_t places = 0, *group = fit->group;
    memset(matrix, 0, n * n * sizeof *matrix);
    memset(slope, 0, n * sizeof *slope);
    for (size_t r = 0; r < code->rows; r++) {
        const size_t found = find_groups(code, r, book, word, group);
        const double scale = code->scale[r];
        places += found;
        for (size_t a = 0; a < found; a++) {
            const int8_t sign = code->sign[sterna_product_code_place(code, r, group[a])];
            for (size_t j = 0; j < n; j++)
                slope[j] += scale * sign * fit->rest[r * P + group[a] * n + j];
            for (size_t b = 0; b < found; b++) {
                const double factor =
                    scale * scale * sign * code->sign[sterna_product_code_place(code, r, group[b])];
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++)
                        matrix[i * n + j] += factor * fit->gram[(group[a] * n + i) * P + group[b] * n + j];
            }
        }
    }
    return places;
}

/* A word moves, and so do all the groups where it stands. */
static void move_word(const struct sterna_codebook_fit *fit, size_t book, size_t word, const double *by)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements;
    double *element = sterna_product_code_word(code, book, word), change_by[ELEMENTS_MAX];
    for (size_t j = 0; j < n; j++)
        element[j] += by[j];
    for (size_t r = 0; r < code->rows; r++) {
        const size_t found = find_groups(code, r, book, word, fit->group);
        for (size_t a = 0; a < found; a++) {
            const double factor =
                code->scale[r] * code->sign[sterna_product_code_place(code, r, fit->group[a])];
            for (size_t j = 0; j < n; j++)
                change_by[j] = factor * by[j];
            sterna_codebook_fit_change(fit, r, fit->group[a], change_by);
        }
    }
}

/* x' matrix x - 2 x' right */
static double parabola(size_t n, const double *matrix, const double *right, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * (sterna_codebook_dot(n, matrix + i * n, x) - 2 * right[i]);
    return sum;
}

void sterna_codebook_fit_path(const struct sterna_product_code *code, struct sterna_codebook_path *path)
{
    memset(path, 0, sizeof *path);
    path->elements = code->elements;
    path->words = code->words;
    for (size_t k = 0; k < code->words; k++)
        for (size_t j = 0; j < code->elements; j++)
            path->element[k + 1][j] = (int)code->word[k * code->elements + j];
    sterna_codebook_path_find(path);
}

/* Elements of the places before and behind a word on the path, as the word's own sign has them: near[0], near[1] [n]. Returns how many there are. */
static size_t find_neighbours(const struct sterna_codebook_path *path, size_t word, int near[2][ELEMENTS_MAX])
{
    size_t at = 1, found = 0;
    while (path->place[at].word != word + 1)
        at++;
    for (size_t other = at - 1; other <= at + 1 && other <= path->words; other += 2) {
        const int sign = path->place[other].negated == path->place[at].negated ? 1 : -1;
        for (size_t j = 0; j < path->elements; j++)
            near[found][j] = sign * path->element[path->place[other].word][j];
        found++;
    }
    return found;
}

/* The element's best value on the grid, the steps to both neighbours counted. */
static double best_element(const struct sterna_codebook_fit *fit, double curvature, double best, size_t j,
                           int near[2][ELEMENTS_MAX], size_t neighbours)
{
    double least = INFINITY, found = 0;
    for (size_t i = 0; i < fit->grid->values; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const int value = sign * fit->grid->value[i];
            double cost = curvature * (value - best) * (value - best);
            for (size_t k = 0; k < neighbours; k++)
                cost += fit->toll * sterna_codebook_steps(value - near[k][j]);
            if (cost < least) {
                least = cost;
                found = value;
            }
        }
    return found;
}

/* A word's elements, one at a time, in view of the way to the words beside it. */
static void descend_with_toll(const struct sterna_codebook_fit *fit, size_t word, const double *matrix,
                              const double *right, double *x)
{
    const size_t n = fit->code->elements;
    int near[2][ELEMENTS_MAX];
    const size_t neighbours = find_neighbours(fit->path, word, near);
    for (size_t round = 0; round < TOLL_ROUNDS; round++)
        for (size_t j = 0; j < n; j++) {
            const double slope =
                right[j] - sterna_codebook_dot(n, matrix + j * n, x) + matrix[j * n + j] * x[j];
            if (matrix[j * n + j] > 0)
                x[j] = best_element(fit, matrix[j * n + j], slope / matrix[j * n + j], j, near, neighbours);
        }
    for (size_t j = 0; j < n; j++)
        fit->path->element[word + 1][j] = (int)x[j];
}

/* From the word as it is, and from where it would best be: the better end. */
static void solve_on_grid(const struct sterna_codebook_fit *fit, size_t index, const double *word,
                          const double *matrix, const double *slope, double *by)
{
    const size_t n = fit->code->elements;
    double right[ELEMENTS_MAX], stay[ELEMENTS_MAX], jump[ELEMENTS_MAX];
    for (size_t j = 0; j < n; j++) {
        right[j] = slope[j] + sterna_codebook_dot(n, matrix + j * n, word);
        stay[j] = word[j];
        jump[j] = sterna_codebook_grid_nearest(fit->grid, word[j] + by[j]);
    }
    sterna_codebook_grid_descend(fit->grid, n, matrix, right, stay);
    sterna_codebook_grid_descend(fit->grid, n, matrix, right, jump);
    const bool better = parabola(n, matrix, right, jump) < parabola(n, matrix, right, stay);
    if (better)
        memcpy(stay, jump, sizeof stay);
    if (fit->toll > 0)
        descend_with_toll(fit, index, matrix, right, stay);
    for (size_t j = 0; j < n; j++)
        by[j] = stay[j] - word[j];
}

/* Where the code is worst off: the place with the largest error of its own is a word's new home, if the names agree. */
static void reseed(const struct sterna_codebook_fit *fit, size_t book, double *word)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements;
    size_t worst = 0;
    for (size_t at = 0; at < code->rows * code->groups; at++)
        if (code->book[at % code->groups] == book &&
            (code->book[worst % code->groups] != book || fit->lack[at] > fit->lack[worst]))
            worst = at;
    const size_t row = worst / code->groups, group = worst % code->groups;
    for (size_t j = 0; j < n; j++) {
        const double element = fit->target[row * fit->padded + group * n + j] / code->scale[row];
        word[j] = fit->grid ? sterna_codebook_grid_nearest(fit->grid, element) : element;
    }
    fit->lack[worst] = 0;
}

static void measure_lack(const struct sterna_codebook_fit *fit)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements;
    for (size_t r = 0; r < code->rows; r++)
        for (size_t g = 0; g < code->groups; g++) {
            const size_t at = r * fit->padded + g * n;
            double lack[ELEMENTS_MAX], applied[ELEMENTS_MAX];
            for (size_t j = 0; j < n; j++)
                lack[j] = fit->target[at + j] - fit->value[at + j];
            sterna_codebook_fit_apply(fit, g, lack, applied);
            fit->lack[sterna_product_code_place(code, r, g)] = sterna_codebook_dot(n, lack, applied);
        }
}

static void fit_book(const struct sterna_codebook_fit *fit, size_t book)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements, P = fit->padded;
    double matrix[ELEMENTS_MAX * ELEMENTS_MAX], factor[ELEMENTS_MAX * ELEMENTS_MAX], slope[ELEMENTS_MAX],
        by[ELEMENTS_MAX];
    const bool once = !code->shared && code->books == code->groups; /* group and book are one */
    bool solvable = true;
    for (size_t i = 0; i < n * n && once; i++) /* the sub-space's own, for all its words */
        factor[i] = fit->gram[(book * n + i / n) * P + book * n + i % n];
    if (once)
        solvable = sterna_cholesky_factor(factor, n, RIDGE);
    for (size_t k = 0; k < code->words; k++) {
        double *word = sterna_product_code_word(code, book, k);
        const size_t places = sterna_codebook_fit_normal(fit, book, k, matrix, slope);
        if (places == 0) {
            if (fit->toll > 0) /* a word that nobody wants is no detour */
                memset(word, 0, n * sizeof *word);
            else
                reseed(fit, book, word);
            continue;
        }
        memcpy(by, slope, n * sizeof *by);
        for (size_t j = 0; j < n && once; j++)
            by[j] /= (double)places;
        if (!once) {
            memcpy(factor, matrix, n * n * sizeof *factor);
            solvable = sterna_cholesky_factor(factor, n, RIDGE);
        }
        if (!solvable)
            continue;
        sterna_cholesky_solve(factor, n, by, 1);
        if (fit->grid)
            solve_on_grid(fit, k, word, matrix, slope, by);
        move_word(fit, book, k, by);
    }
}

void sterna_codebook_fit_words(struct sterna_codebook_fit *fit)
{
    measure_lack(fit);
    if (fit->toll > 0)
        sterna_codebook_fit_path(fit->code, fit->path);
    for (size_t book = 0; book < fit->code->books; book++)
        fit_book(fit, book);
}
