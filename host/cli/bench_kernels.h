/* bench_kernels.h - sterna bench kernels: what this processor makes of matrices of few bits. */
#ifndef STERNA_BENCH_KERNELS_H
#define STERNA_BENCH_KERNELS_H

#include <cjson/cJSON.h>

#include "option.h"
#include "sterna.h"

/* Measure the products of the device "fast" in all formats and print a list; options->length is how often each is measured.
 * Returns the exit status. */
int sterna_bench_kernels_run(const struct sterna_options *options);
/* The machine as an object; NULL: out of memory. */
cJSON *sterna_bench_machine_object(const struct sterna_bench_machine *machine);
/* The same in lines for people. */
void sterna_bench_machine_print(const struct sterna_bench_machine *machine);

#endif
