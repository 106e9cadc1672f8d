#include "workers.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

struct sterna_workers {
    pthread_mutex_t lock;
    pthread_cond_t start, finish;
    unsigned threads; /* started, besides the caller */
    pthread_t *thread;
    void (*task)(void *context, size_t index);
    void *context;
    size_t count, next; /* tasks of this round; the next not yet taken */
    size_t running;     /* taken and not done */
    bool quit;
};

/* Take and run tasks until none is left. Called with the lock held. */
static void work(struct sterna_workers *workers)
{
    while (workers->next < workers->count) {
        size_t index = workers->next++;
        workers->running++;
        pthread_mutex_unlock(&workers->lock);
        workers->task(workers->context, index);
        pthread_mutex_lock(&workers->lock);
        workers->running--;
    }
    if (workers->running == 0)
        pthread_cond_signal(&workers->finish);
}

static void *thread_main(void *argument)
{
    struct sterna_workers *workers = argument;

    pthread_mutex_lock(&workers->lock);
    while (!workers->quit) {
        work(workers);
        if (!workers->quit)
            pthread_cond_wait(&workers->start, &workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static unsigned processors(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < THREADS_MAX ? (unsigned)online : 1;
}

enum sterna_status sterna_workers_new(unsigned threads, struct sterna_workers **workers,
                                      struct sterna_error *error)
{
    if (threads > THREADS_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%u threads: at most %d are possible", threads,
                           THREADS_MAX);
    const unsigned extra = (threads ? threads : processors()) - 1;
    struct sterna_workers *fresh = calloc(1, sizeof *fresh);
    pthread_t *thread = calloc(extra + 1, sizeof *thread);
    if (!fresh || !thread) {
        free(fresh);
        free(thread);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %u threads", extra);
    }
    fresh->thread = thread;
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_cond_init(&fresh->start, NULL);
    pthread_cond_init(&fresh->finish, NULL);
    /* A thread that cannot be started only costs time: the others do its tasks. */
    while (fresh->threads < extra &&
           pthread_create(&fresh->thread[fresh->threads], NULL, thread_main, fresh) == 0)
        fresh->threads++;
    *workers = fresh;
    return STERNA_OK;
}

void sterna_workers_free(struct sterna_workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->quit = true;
    pthread_cond_broadcast(&workers->start);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->threads; i++)
        pthread_join(workers->thread[i], NULL);
    pthread_cond_destroy(&workers->finish);
    pthread_cond_destroy(&workers->start);
    pthread_mutex_destroy(&workers->lock);
    free(workers->thread);
    free(workers);
}

void sterna_workers_run(struct sterna_workers *workers, size_t count,
                        void (*task)(void *context, size_t index), void *context)
{
    if (!workers) {
        for (size_t i = 0; i < count; i++)
            task(context, i);
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->task = task;
    workers->context = context;
    workers->next = 0;
    workers->count = count;
    pthread_cond_broadcast(&workers->start);
    work(workers);
    while (workers->running > 0)
        pthread_cond_wait(&workers->finish, &workers->lock);
    workers->count = 0;
    workers->next = 0;
    pthread_mutex_unlock(&workers->lock);
}
