/* codebook_grid.h - the elements that words without multiplication may have: whole numbers that are sums of at most t signed powers of two.
 */
#ifndef STERNA_CODEBOOK_GRID_H
#define STERNA_CODEBOOK_GRID_H

#include "sterna.h"

enum { STERNA_CODEBOOK_GRID_MAX = 128 };

struct sterna_codebook_grid {
    size_t values;
    int value[STERNA_CODEBOOK_GRID_MAX]; /* >= 0, ascending, from 0 on; each stands for its negative too */
};

/* Sums of at most `terms` (1..3) powers of two, up to top (1..127). */
void sterna_codebook_grid_make(size_t terms, int top, struct sterna_codebook_grid *grid);
/* The nearest of the grid's values to a real one; of two as near the smaller magnitude. */
int sterna_codebook_grid_nearest(const struct sterna_codebook_grid *grid, double value);
/* Minimise x' matrix x - 2 x' right over x [n] on the grid, one element at a time until none moves, from x on: it does not rise. */
void sterna_codebook_grid_descend(const struct sterna_codebook_grid *grid, size_t n, const double *matrix,
                                  const double *right, double *x);

#endif
