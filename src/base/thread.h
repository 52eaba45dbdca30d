/*
 * A small pool of worker threads with an ordered queue, for loaders. Compute does not use it (that is OpenMP's).
 */
#ifndef SECANT_BASE_THREAD_H
#define SECANT_BASE_THREAD_H
#include <secant/base.h>

typedef struct secant_pool secant_pool;
typedef void (*secant_job)(void *user, int64_t index);

/* `threads` workers, at least 1. NULL and err on failure. Nothing runs until pool_submit. */
secant_pool *secant_pool_new(int threads, secant_err *err);
/* Queues job(user, index) and returns at once; the caller bounds how much it queues. Thread-safe. */
secant_status secant_pool_submit(
	secant_pool *p, secant_job job, void *user, int64_t index, secant_err *err) SECANT_NODISCARD;
void secant_pool_wait(secant_pool *p); /* until all jobs are done */
void secant_pool_free(secant_pool *p); /* drops queued jobs, waits for running ones; NULL is fine */

/* What the machine has: online processors this process may use. */
int secant_cpu_count(void);
#endif
