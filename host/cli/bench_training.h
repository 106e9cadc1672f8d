/* bench_training.h - sterna bench train: what an update costs. */
#ifndef STERNA_BENCH_TRAINING_H
#define STERNA_BENCH_TRAINING_H

#include "option.h"

/* Updates of a GRU and an LSTM, options->length repetitions of each (default 7). Returns the exit status. */
int sterna_bench_training(const struct sterna_options *options);

#endif
