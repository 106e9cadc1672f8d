/* codebook_grid.c - see codebook_grid.h. */
#include "codebook_grid.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 50, VALUE_MAX = 127, SHIFT_MAX = 6, TERMS_MAX = 3 };

/* Whether value is a sum of at most `terms` signed powers of two that a step program can add. */
static bool is_sum(int value, size_t terms)
{
    if (value == 0)
        return true;
    for (int shift = 0; shift <= SHIFT_MAX && terms > 0; shift++)
        if (is_sum(value - (1 << shift), terms - 1) || is_sum(value + (1 << shift), terms - 1))
            return true;
    return false;
}

void sterna_codebook_grid_make(size_t terms, int top, struct sterna_codebook_grid *grid)
{
    assert(terms >= 1 && terms <= TERMS_MAX && top >= 1 && top <= VALUE_MAX);
    grid->values = 0;
    for (int value = 0; value <= top; value++)
        if (is_sum(value, terms))
            grid->value[grid->values++] = value;
}

int sterna_codebook_grid_nearest(const struct sterna_codebook_grid *grid, double value)
{
    const double magnitude = fabs(value);
    size_t i = 0;
    while (i + 1 < grid->values && magnitude - grid->value[i] > grid->value[i + 1] - magnitude)
        i++;
    return value < 0 ? -grid->value[i] : grid->value[i];
}

/* With one unknown the error is a parabola: its least value on the grid is the nearest to its least at all. */
static bool descend_element(const struct sterna_codebook_grid *grid, size_t n, const double *matrix,
                            const double *right, double *x, size_t j)
{
    const double curvature = matrix[j * n + j];
    double slope = right[j];
    for (size_t i = 0; i < n; i++)
        slope -= i == j ? 0 : matrix[j * n + i] * x[i];
    const double before = x[j];
    if (curvature > 0) {
        const double best = slope / curvature;
        const double nearest = sterna_codebook_grid_nearest(grid, best);
        if (fabs(nearest - best) < fabs(before - best))
            x[j] = nearest;
    }
    return x[j] < before || x[j] > before;
}

void sterna_codebook_grid_descend(const struct sterna_codebook_grid *grid, size_t n, const double *matrix,
                                  const double *right, double *x)
{
    bool moved = true;
    for (size_t round = 0; moved && round < ROUNDS; round++) {
        moved = false;
        for (size_t j = 0; j < n; j++)
            moved |= descend_element(grid, n, matrix, right, x, j);
    }
}
