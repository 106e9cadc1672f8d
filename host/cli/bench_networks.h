/* bench_networks.h - sterna bench: float, reference, fast and the accelerator side by side. */
#ifndef STERNA_BENCH_NETWORKS_H
#define STERNA_BENCH_NETWORKS_H

#include "option.h"

/* Measure the model options->argument[0], or networks of the usual sizes, and print what came of it; options->html: write a
 * page too; options->on: a board. Returns the exit status. */
int sterna_bench_networks(const struct sterna_options *options);

#endif
