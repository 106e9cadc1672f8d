/* bench_train.h - what training is measured by: the matrix products it cannot avoid, done plainly, and the
 * machine.
 *
 * Both run in turn with the trainer, so that all see the machine in the same state; of each, the fastest
 * repetition counts. Single-threaded.
 */
#ifndef STERNA_BENCH_TRAIN_H
#define STERNA_BENCH_TRAIN_H

#include "sterna.h"

/* One recurrent layer: gates x hidden rows, over inputs and over the state. */
struct sterna_bench_shape {
    size_t gates, inputs, hidden, batch, steps;
};

struct sterna_bench_train {
    double trainer; /* ms of one call */
    double plain;   /* ms of the products, by sterna_bench_gemms */
    double
        peak; /* GFLOP/s: the faster of a large square product and of a loop of multiply-adds in registers */
};

/* Multiplications and additions of one update's products, in 1e9. */
double sterna_bench_work(const struct sterna_bench_shape *shape);

struct sterna_bench_gemms; /* matrices filled with small numbers */
STERNA_MUST_CHECK
enum sterna_status sterna_bench_gemms_new(const struct sterna_bench_shape *shape,
                                          struct sterna_bench_gemms **gemms, struct sterna_error *error);
void sterna_bench_gemms_free(struct sterna_bench_gemms *gemms);
/* One update's products by OpenBLAS in the obvious layout, a step at a time: forward x W^T and h U^T, then
 * backward dx, dh, dW += and dU +=. Returns milliseconds. */
double sterna_bench_gemms(struct sterna_bench_gemms *gemms);

/* Call train(context), which makes one update, repetitions times, and the others in between. */
STERNA_MUST_CHECK
enum sterna_status sterna_bench_train(const struct sterna_bench_shape *shape, size_t repetitions,
                                      void (*train)(void *context), void *context,
                                      struct sterna_bench_train *result, struct sterna_error *error);

#endif
