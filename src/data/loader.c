/*
 * Batches, prepared ahead by threads. A ring of batch buffers is made once; each sample of a batch is one job, and what
 * a job does is the loader's work (work.h): pictures in loader_pictures.c, clouds in clouds/batches.c. What it draws is
 * keyed by seed, epoch and sample, so that it does not matter who does it, and when.
 *
 * The batch the caller holds and the ones under way are different slots of the ring: the next call gives the old one
 * back and queues one more.
 */
#include "data/work.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/thread.h"
#include <pthread.h>
#include <string.h>

enum { MOST_THREADS = 256, MOST_SLOTS = 64, EPOCH_BITS = 20, MOST_AGAIN = 0xfff };

typedef struct slot {
	data_place to;
	int *sample, *sizes;
	int n;
	int left; /* samples not done */
	int failed; /* place of the first sample in the batch that failed */
	secant_err err;
} slot;

struct data_loader {
	data_loader_work work;
	int batch, batches, threads;
	bool shuffle;
	uint64_t seed;
	int *order;
	double *upto; /* sums of the weights; NULL: every sample once */
	uint16_t *again; /* how often the sample at this place was drawn before in this epoch; where there are weights */
	int *drawn; /* of each sample, while drawing */
	slot *slots;
	int slot_count;
	int *free_desks, free_count;
	base_pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool cancelled;
	uint32_t epoch;
	int next, queued; /* batch numbers */
	secant_err failure; /* of this epoch; sticky */
};

/* ---- the queue ---- */

static void
run_job(void *user, int64_t index)
{
	data_loader *l = user;
	int batch = (int)(index / l->batch), place = (int)(index % l->batch);
	slot *to = &l->slots[batch % l->slot_count];
	secant_err err = { 0 };
	pthread_mutex_lock(&l->lock);
	bool cancelled = l->cancelled;
	int own = cancelled ? -1 : l->free_desks[--l->free_count];
	pthread_mutex_unlock(&l->lock);
	/* What is drawn for the k-th copy of a sample must not be what was drawn for the first: it counts as of another
	 * epoch. */
	uint32_t epoch = l->epoch + (l->again ? (uint32_t)l->again[index] << EPOCH_BITS : 0);
	secant_status s = cancelled
		? SECANT_OK
		: l->work.prepare(l->work.user, own, &to->to, place, to->sample[place], to->sizes + 2 * place, epoch, &err);
	pthread_mutex_lock(&l->lock);
	if (own >= 0)
		l->free_desks[l->free_count++] = own;
	if (s && place < to->failed) {
		to->failed = place;
		to->err = err;
		to->err.code = s;
	}
	if (--to->left == 0)
		pthread_cond_broadcast(&l->done);
	pthread_mutex_unlock(&l->lock);
}

/* Sets up the slot of a batch and queues its samples. */
static secant_status
queue_batch(data_loader *l, int batch, secant_err *err)
{
	slot *b = &l->slots[batch % l->slot_count];
	int first = batch * l->batch, n = l->work.samples - first < l->batch ? l->work.samples - first : l->batch;
	b->n = b->left = n;
	b->failed = l->batch;
	b->err = (secant_err){ 0 };
	memcpy(b->sample, l->order + first, (size_t)n * sizeof *b->sample);
	l->work.measure(l->work.user, b->sample[0], &b->to.height, &b->to.width);
	for (int i = 0; i < n; i++) {
		secant_status s = base_pool_submit(l->pool, run_job, l, (int64_t)batch * l->batch + i, err);
		if (s) {
			pthread_mutex_lock(&l->lock);
			b->left -= n - i;
			pthread_mutex_unlock(&l->lock);
			return s;
		}
	}
	return SECANT_OK;
}

static void
drain(data_loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->cancelled = true;
	pthread_mutex_unlock(&l->lock);
	base_pool_wait(l->pool);
	l->cancelled = false;
}

static void
draw_by_weight(data_loader *l, base_rng *rng)
{
	int n = l->work.samples;
	memset(l->drawn, 0, (size_t)n * sizeof *l->drawn);
	for (int i = 0; i < n; i++) {
		double at = base_rng_uniform(rng) * l->upto[n - 1];
		int low = 0, high = n - 1; /* the first whose sum lies above */
		while (low < high) {
			int middle = low + (high - low) / 2;
			if (l->upto[middle] > at)
				high = middle;
			else
				low = middle + 1;
		}
		l->order[i] = low;
		l->again[i] = (uint16_t)(l->drawn[low]++ & MOST_AGAIN);
	}
}

secant_status
data_loader_start(data_loader *l, uint32_t epoch, int first, secant_err *err)
{
	drain(l);
	if (first < 0 || first > l->batches)
		return secant_fail(
			err, SECANT_ERR_RANGE, "epoch %u has batches 0 to %d, not %d", (unsigned)epoch, l->batches - 1, first);
	l->epoch = epoch;
	for (int i = 0; i < l->work.samples; i++)
		l->order[i] = i;
	if (l->shuffle) {
		base_rng rng = base_rng_make(l->seed, BASE_FOR_SHUFFLE, epoch, 0);
		if (l->upto)
			draw_by_weight(l, &rng);
		else
			base_rng_shuffle(&rng, l->order, l->work.samples);
	}
	l->next = l->queued = first;
	l->failure = (secant_err){ 0 };
	return SECANT_OK;
}

secant_status
data_loader_next(data_loader *l, data_batch *b, bool *end, secant_err *err)
{
	*b = (data_batch){ 0 };
	*end = l->next >= l->batches && !l->failure.code;
	if (*end)
		return SECANT_OK;
	/* The slot given out last is free again: all of the ring may be under way. */
	while (!l->failure.code && l->queued < l->batches && l->queued < l->next + l->slot_count)
		if (!queue_batch(l, l->queued, &l->failure))
			l->queued++;
	if (l->failure.code)
		return secant_fail(err, l->failure.code, "%s", l->failure.msg);
	slot *s = &l->slots[l->next % l->slot_count];
	pthread_mutex_lock(&l->lock);
	while (s->left > 0)
		pthread_cond_wait(&l->done, &l->lock);
	pthread_mutex_unlock(&l->lock);
	if (s->err.code) {
		l->failure = s->err;
		return secant_fail(err, s->err.code, "%s", s->err.msg);
	}
	*b = (data_batch){ s->n, s->to.height, s->to.width, s->to.input, s->to.target, s->sample, s->sizes };
	l->next++;
	return SECANT_OK;
}

/* ---- making ---- */

static secant_status
make_slots(data_loader *l, secant_err *err)
{
	const data_loader_work *w = &l->work;
	size_t n = (size_t)l->batch;
	l->slot_count = 2 + (l->threads + l->batch - 1) / l->batch;
	l->slot_count = l->slot_count > MOST_SLOTS ? MOST_SLOTS : l->slot_count;
	l->slots = secant_calloc((size_t)l->slot_count, sizeof *l->slots);
	for (int i = 0; l->slots && i < l->slot_count; i++) {
		slot *s = &l->slots[i];
		s->to.input = base_alloc_aligned(n * w->input_bytes);
		s->to.target = w->target_bytes ? base_alloc_aligned(n * w->target_bytes) : NULL;
		s->sample = secant_calloc(n, sizeof *s->sample);
		s->sizes = secant_calloc(n, 2 * sizeof *s->sizes);
		if (!s->to.input || (w->target_bytes && !s->to.target) || !s->sample || !s->sizes)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d batches of %d samples of %zu bytes",
				l->slot_count, l->batch, w->input_bytes);
	}
	return l->slots ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d batches", l->slot_count);
}

static secant_status
take_weights(data_loader *l, const double *weights, secant_err *err)
{
	size_t n = (size_t)l->work.samples;
	l->upto = secant_calloc(n, sizeof *l->upto);
	l->again = secant_calloc(n, sizeof *l->again);
	l->drawn = secant_calloc(n, sizeof *l->drawn);
	if (!l->upto || !l->again || !l->drawn)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the weights of %zu samples", n);
	for (size_t i = 0; i < n; i++) {
		if (!(weights[i] >= 0 && weights[i] < 1e300))
			return secant_fail(err, SECANT_ERR_RANGE, "sample %zu has the weight %g", i, weights[i]);
		l->upto[i] = weights[i] + (i ? l->upto[i - 1] : 0);
	}
	return l->upto[n - 1] > 0 ? SECANT_OK
							  : secant_fail(err, SECANT_ERR_RANGE, "the weights of all %zu samples are 0", n);
}

static secant_status
make_queue(data_loader *l, const double *weights, secant_err *err)
{
	l->order = secant_calloc((size_t)l->work.samples, sizeof *l->order);
	l->free_desks = secant_calloc((size_t)l->threads, sizeof *l->free_desks);
	if (!l->order || !l->free_desks)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader of %d samples", l->work.samples);
	if (weights && l->shuffle && take_weights(l, weights, err))
		return err ? err->code : SECANT_ERR_ARG;
	for (l->free_count = 0; l->free_count < l->threads; l->free_count++)
		l->free_desks[l->free_count] = l->free_count;
	l->pool = base_pool_new(l->threads, err);
	return l->pool ? SECANT_OK : err ? err->code : SECANT_ERR_NOMEM;
}

int
data_loader_threads(int wanted)
{
	if (wanted < 1)
		wanted = base_cpu_count() > 1 ? base_cpu_count() - 1 : 1;
	return wanted > MOST_THREADS ? MOST_THREADS : wanted;
}

int
data_loader_count(int samples, int batch, bool drop_last, secant_err *err)
{
	if (batch < 1)
		return secant_fail(err, SECANT_ERR_RANGE, "--batch: %d is below 1", batch), 0;
	int batches = (int)(((int64_t)samples + (drop_last ? 0 : batch - 1)) / batch);
	if (!batches)
		secant_fail(err, SECANT_ERR_ARG, "%d samples do not fill one batch of %d (--batch)", samples, batch);
	return batches;
}

data_loader *
data_loader_make(const data_loader_work *work, const data_loader_options *o, secant_err *err)
{
	data_loader *l = secant_calloc(1, sizeof *l);
	if (!l) {
		work->release(work->user);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->done, NULL);
	l->work = *work;
	l->batch = o->batch;
	l->shuffle = o->shuffle;
	l->seed = o->seed;
	l->threads = data_loader_threads(o->threads);
	l->batches = data_loader_count(work->samples, o->batch, o->drop_last, err);
	if (!l->batches || make_slots(l, err) || make_queue(l, o->weights, err) || data_loader_start(l, 0, 0, err)) {
		data_loader_free(l);
		return NULL;
	}
	return l;
}

void
data_loader_free(data_loader *l)
{
	if (!l)
		return;
	if (l->pool)
		drain(l);
	base_pool_free(l->pool);
	for (int i = 0; l->slots && i < l->slot_count; i++) {
		secant_free(l->slots[i].to.input);
		secant_free(l->slots[i].to.target);
		secant_free(l->slots[i].sample);
		secant_free(l->slots[i].sizes);
	}
	secant_free(l->slots);
	secant_free(l->free_desks);
	secant_free(l->order);
	secant_free(l->upto);
	secant_free(l->again);
	secant_free(l->drawn);
	l->work.release(l->work.user);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	secant_free(l);
}

int
data_loader_batches(const data_loader *l)
{
	return l->batches;
}
