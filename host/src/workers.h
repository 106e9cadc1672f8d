/* workers.h - threads that share out numbered tasks. Which thread runs a task must not matter for its result.
 * */
#ifndef STERNA_WORKERS_H
#define STERNA_WORKERS_H

#include "sterna.h"

struct sterna_workers;

/* threads: 0: one per processor. The calling thread is one of them. */
STERNA_MUST_CHECK enum sterna_status sterna_workers_new(unsigned threads, struct sterna_workers **workers,
                                                        struct sterna_error *error);
void sterna_workers_free(struct sterna_workers *workers);
/* Run task(context, i) for i < count, each once, and return when all are done. workers NULL: all here, in
 * order. */
void sterna_workers_run(struct sterna_workers *workers, size_t count,
                        void (*task)(void *context, size_t index), void *context);

#endif
