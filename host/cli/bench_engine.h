/* bench_engine.h - sterna bench engine: how near the simulated engine comes to the limit of its weight memory. */
#ifndef STERNA_BENCH_ENGINE_H
#define STERNA_BENCH_ENGINE_H

#include "option.h"

/* Measure networks of the sizes people ask about, options->length steps of each (default 1000), and print a list. Returns
 * the exit status. */
int sterna_bench_engine(const struct sterna_options *options);

#endif
