/*
 * A pool of threads that take jobs from one queue, first in first out. Not for compute.
 */
#include "base/thread.h"
#include "base/mem.h"
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

typedef struct job {
	base_job run;
	void *user;
	int64_t index;
} job;

struct base_pool {
	pthread_mutex_t lock;
	pthread_cond_t more, idle; /* a job is there; nothing is queued or running */
	job *queue; /* a ring of `capacity` jobs */
	int capacity, first, queued, running, threads;
	bool stop;
	pthread_t thread[];
};

static void *
work(void *arg)
{
	base_pool *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->queued == 0)
			pthread_cond_wait(&p->more, &p->lock);
		if (p->stop)
			break;
		job j = p->queue[p->first];
		p->first = (p->first + 1) % p->capacity;
		p->queued--;
		p->running++;
		pthread_mutex_unlock(&p->lock);
		j.run(j.user, j.index);
		pthread_mutex_lock(&p->lock);
		if (--p->running == 0 && p->queued == 0)
			pthread_cond_broadcast(&p->idle);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

base_pool *
base_pool_new(int threads, secant_err *err)
{
	if (threads < 1 || threads > 1024) {
		secant_fail(err, SECANT_ERR_RANGE, "thread pool: %d threads are outside 1 to 1024", threads);
		return NULL;
	}
	base_pool *p = secant_calloc(1, sizeof *p + (size_t)threads * sizeof p->thread[0]);
	if (!p) {
		secant_fail(err, SECANT_ERR_NOMEM, "thread pool: no memory");
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->idle, NULL);
	for (; p->threads < threads; p->threads++)
		if (pthread_create(&p->thread[p->threads], NULL, work, p)) {
			secant_fail(err, SECANT_ERR_IO, "thread pool: the system gives %d threads, wanted %d", p->threads, threads);
			base_pool_free(p);
			return NULL;
		}
	return p;
}

/* Doubles the ring; its jobs move to the front. */
static bool
queue_grow(base_pool *p)
{
	int more = p->capacity ? p->capacity * 2 : 16;
	job *q = p->capacity < INT32_MAX / 2 ? secant_calloc((size_t)more, sizeof *q) : NULL;
	if (!q)
		return false;
	for (int i = 0; i < p->queued; i++)
		q[i] = p->queue[(p->first + i) % p->capacity];
	secant_free(p->queue);
	p->queue = q;
	p->capacity = more;
	p->first = 0;
	return true;
}

secant_status
base_pool_submit(base_pool *p, base_job run, void *user, int64_t index, secant_err *err)
{
	pthread_mutex_lock(&p->lock);
	bool ok = p->queued < p->capacity || queue_grow(p);
	if (ok) {
		p->queue[(p->first + p->queued++) % p->capacity] = (job){ run, user, index };
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
	return ok ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "thread pool: no memory for another job");
}

void
base_pool_wait(base_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->queued || p->running)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void
base_pool_free(base_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	p->queued = 0;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	pthread_cond_destroy(&p->idle);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	secant_free(p->queue);
	secant_free(p);
}

int
base_cpu_count(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) ? (int)sysconf(_SC_NPROCESSORS_ONLN) : CPU_COUNT(&set);
	return n > 0 ? n : 1;
}
