/* speed_table.h - the tables of the page of sterna_bench_page (sterna_bench.h). */
#ifndef STERNA_SPEED_TABLE_H
#define STERNA_SPEED_TABLE_H

#include <stdio.h>

#include "sterna.h"

/* A row for each network: of every side microseconds, steps per second and weights per cycle; how much of what is possible that is.
 * board: there is a column for one. */
void sterna_speed_table(FILE *out, const struct sterna_bench_network *network, size_t networks, bool board);
/* Where the accelerator's cycles go, of those that fit. */
void sterna_speed_cycles(FILE *out, const struct sterna_bench_network *network, size_t networks);

#endif
