/*
 * A small pool of worker threads with an ordered queue, for loaders. Compute does not use it (that is OpenMP's).
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H
#include <secant/base.h>

typedef struct base_pool base_pool;
typedef void (*base_job)(void *user, int64_t index);

/* `threads` workers, at least 1. NULL and err on failure. Nothing runs until pool_submit. */
base_pool *base_pool_new(int threads, secant_err *err);
/* Queues job(user, index) and returns at once; the caller bounds how much it queues. Thread-safe. */
secant_status base_pool_submit(base_pool *p, base_job job, void *user, int64_t index, secant_err *err) SECANT_NODISCARD;
void base_pool_wait(base_pool *p); /* until all jobs are done */
void base_pool_free(base_pool *p); /* drops queued jobs, waits for running ones; NULL is fine */

/* What the machine has: online processors this process may use. */
int base_cpu_count(void);
#endif
