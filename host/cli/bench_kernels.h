/* bench_kernels.h - sterna bench kernels: what this processor makes of matrices of few bits. */
#ifndef STERNA_BENCH_KERNELS_H
#define STERNA_BENCH_KERNELS_H

#include <cjson/cJSON.h>

#include "option.h"
#include "sterna.h"

/* Measure the products of the device "fast" in all formats and print a list; options->length is how often each is measured.
 * Returns the exit status. */
int sterna_bench_kernels_run(const struct sterna_options *options);
/* Of --length, or `usual` without it; bounded. */
size_t sterna_bench_repetitions(const struct sterna_options *options, size_t usual);
/* A value of an object; one that is not finite becomes null. false: out of memory. */
bool sterna_bench_add_number(cJSON *object, const char *key, double value);
/* The machine as an object; NULL: out of memory. */
cJSON *sterna_bench_machine_object(const struct sterna_bench_machine *machine);
/* Print the object, if it is complete, and release it. Returns the exit status, after a complaint if memory was short. */
int sterna_bench_print_object(cJSON *object, bool complete);
/* The same in lines for people. */
void sterna_bench_machine_print(const struct sterna_bench_machine *machine);

#endif
