/* bench.h - the parts of `sterna bench` that need no model; each returns the exit status. */
#ifndef STERNA_BENCH_H
#define STERNA_BENCH_H

#include "command.h"

/* bench train */
int sterna_bench_training(const struct sterna_options *options);

#endif
