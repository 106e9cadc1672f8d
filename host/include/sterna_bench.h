/* sterna_bench.h - how fast things run on this machine, and beside the accelerator.
 * Part of sterna.h, which is what programs include.
 *
 * Other work on the machine only ever makes a time longer: every time is the fastest of many.
 */
#ifndef STERNA_INCLUDE_BENCH_H
#define STERNA_INCLUDE_BENCH_H

#include "sterna_device.h"

struct sterna_bench_machine {
    char processor[128]; /* as the system calls it */
    unsigned cores;
    double
        gigahertz; /* cycles of one core: a chain of additions, each waiting for the one before; NaN: not known here */
    char kernel[16]; /* of the device "fast" */
    double ceiling;  /* products per cycle of its instructions on registers alone; NaN: not known */
    char compiler[96], openblas[160], date[16];
};

STERNA_MUST_CHECK enum sterna_status sterna_bench_machine(struct sterna_bench_machine *machine,
                                                          struct sterna_error *error);

/* 0..range-1, looking random, the same everywhere: Knuth's MMIX generator, whose state is *random. */
unsigned sterna_bench_draw(uint64_t *random, unsigned range);

/* The kernels of the device "fast" that run here, fastest first, which is the one it takes; NULL from the last on. */
const char *sterna_bench_kernel_name(size_t index);

/* A matrix of random weights times one random vector, by such a kernel. */
struct sterna_bench_kernel {
    char format[16], layout[16]; /* of the weights, and how they lie in memory (host/src/fast_matrix.h) */
    char kernel[16];
    size_t rows, columns;
    double ceiling; /* products per cycle of the kernel's instructions on registers alone; NaN: not known */
    double nanoseconds;       /* of a product */
    double gigahertz;         /* measured in between */
    double weights_per_cycle; /* NaN where cycles are not known */
};

enum { STERNA_BENCH_KERNELS = 15 };
/* All formats in three sizes: [5][3], sizes ascending. Each product is measured `repetitions` times, at least 1.
 * STERNA_ERR_MISSING if no kernel of this name runs here. */
STERNA_MUST_CHECK enum sterna_status sterna_bench_kernels(
    const char *kernel, size_t repetitions, struct sterna_bench_kernel result[STERNA_BENCH_KERNELS],
    struct sterna_error *error);

/* The same network on the same inputs, one sequence, a step at a time, one thread. */
struct sterna_bench_network {
    char name[64];
    size_t weights; /* that a step reads: of one-hot inputs, one column */
    double floating, reference,
        fast;         /* microseconds per step: 32-bit float by OpenBLAS, the two devices of this process */
    double gigahertz; /* of this machine's core meanwhile; NaN: not known */
    double float_rate, reference_rate, fast_rate; /* weights per cycle */
    double fast_share;                            /* of options->ceiling */
    char target[16];                              /* the simulated accelerator's, "" if there is none */
    bool fits;
    char reason[512]; /* if it does not fit */
    double megahertz; /* the target's stated clock */
    double cycles;    /* of a step, by its counters; the four below add up to it */
    double stream, build, gates, stall;
    double computed; /* microseconds: cycles at that clock */
    double rate;     /* weights per cycle */
    double share;    /* of the cycles that the recurrent layers need, had every byte the most weights */
    double board;    /* microseconds, measured, link included; NaN: there is none */
};

struct sterna_bench_options {
    const char *simulated; /* address of the simulated accelerator; NULL: none */
    const char *board;     /* address of a real one; NULL: none */
    size_t steps;          /* of a measurement, at least 1 */
    size_t repetitions;    /* of it, at least 1 */
    double ceiling;        /* of the machine */
};

/* A model that does not fit the accelerator is measured all the same. STERNA_ERR_FIT if it does not fit the board. */
STERNA_MUST_CHECK enum sterna_status sterna_bench_network(const struct sterna_model *model, const char *name,
                                                          const struct sterna_bench_options *options,
                                                          struct sterna_bench_network *result,
                                                          struct sterna_error *error);

/* One HTML page with pictures in it that needs no other file. subject: which networks; command: what to repeat it with. */
STERNA_MUST_CHECK enum sterna_status sterna_bench_page(const char *path, const char *subject,
                                                       const char *command, const char *version,
                                                       const struct sterna_bench_machine *machine,
                                                       const struct sterna_bench_network *network,
                                                       size_t networks, struct sterna_error *error);

#endif
