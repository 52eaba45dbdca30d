/*
 * Batches, prepared ahead by threads. A ring of batch buffers is made once; each sample of a batch is one job; a job decodes (or finds in
 * the cache), cuts or scales, augments, normalises straight into the batch. What it draws is keyed by seed, epoch and sample, so that it
 * does not matter who does it, and when.
 *
 * The batch the caller holds and the ones under way are different slots of the ring: the next call gives the old one back and queues one more.
 */
#include "data/loader.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/augment/augment.h"
#include <pthread.h>
#include <string.h>

enum { MOST_THREADS = 256, MOST_SLOTS = 64 };

typedef struct slot {
	float *input;
	void *target;
	int *sample, *sizes;
	int n, height, width;
	int left;                    /* samples not done */
	int failed;                  /* place of the first sample in the batch that failed */
	secant_err err;
} slot;

/* What a job works with; as many as threads, taken and given back. */
typedef struct desk {
	secant_picture decoded;
	secant_frame frame;
} desk;

struct secant_loader {
	const secant_samples *s;
	secant_loader_options o;
	int height, width;           /* of samples; 0: each its own */
	int batches;
	int *order;
	slot *slots;
	int slot_count;
	desk *desks;
	int *free_desks, free_count;
	secant_pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool cancelled;
	uint32_t epoch;
	int next, queued;            /* batch numbers */
	secant_err failure;          /* of this epoch; sticky */
};

/* ---- one sample ---- */

typedef struct job { secant_loader *l; desk *d; int i; } job;

/* What lies beside a picture that is smaller than its sample: what becomes 0 by normalisation. */
static secant_outside
beside(const secant_loader *l, const secant_frame *f)
{
	return (secant_outside){ .border = SECANT_BORDER_CONSTANT, .fill = f->fill, .label = (uint16_t)l->s->pad_label };
}

static int
draw_offset(secant_rng *rng, int have, int want, bool center)
{
	int spare = have - want;
	if (center || spare == 0)
		return spare >= 0 ? spare / 2 : -(-spare / 2);
	return spare > 0 ? (int)secant_rng_below(rng, (uint32_t)spare + 1) : -(int)secant_rng_below(rng, (uint32_t)-spare + 1);
}

/* Brings a decoded sample to the size of `to`: by a step of the pipeline, scaled, cut. */
static void
fit(const secant_loader *l, const secant_frame *f, const secant_picture *from, secant_picture *to, secant_rng *rng)
{
	secant_window w;
	secant_outside outside = beside(l, f);
	if (secant_augmentation_window(l->o.augmentation, rng, from->height, from->width, to->height, to->width, &w))
		secant_place_scaled(from, to, w.x, w.y, w.width, w.height);
	else if (l->o.resize && l->height)
		secant_place_scaled(from, to, 0, 0, from->width, from->height);
	else {
		int y = draw_offset(rng, from->height, to->height, l->o.center), x = draw_offset(rng, from->width, to->width, l->o.center);
		secant_place_window(from, to, x, y, &outside);
	}
	to->bounded = from->bounded;
}

/* Pictures of other types than the sample's own come as floats or bytes like it. */
static void
match_type(const secant_picture *from, secant_picture *to)
{
	size_t n = (size_t)from->width * (size_t)from->height * (size_t)from->channels;
	for (size_t i = 0; i < n; i++) {
		if (to->real)
			((float *)to->pixels)[i] = ((const uint8_t *)from->pixels)[i];
		else {
			float v = ((const float *)from->pixels)[i];
			((uint8_t *)to->pixels)[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
		}
	}
	if (from->labels && to->labels)
		memcpy(to->labels, from->labels, secant_picture_label_bytes(from));
}

static secant_status
partner(void *user, secant_frame *f, secant_picture *guest, secant_err *err)
{
	job *j = user;
	const secant_loader *l = j->l;
	const secant_picture *p;
	int n = l->s->n, other = (int)secant_rng_below(&f->mix, (uint32_t)n);
	if (n > 1 && other == j->i)
		other = (other + 1) % n;
	secant_status s = secant_samples_decode(l->s, other, &j->d->decoded, &p, err);
	if (!s)
		s = secant_picture_reserve(guest, f->now->width, f->now->height, p->channels, p->real, p->labels != NULL, err);
	if (s)
		return s;
	fit(l, f, p, guest, &f->mix);
	if (p->real == f->now->real)
		return SECANT_OK;
	/* The spare picture has the right type; swap memory with it. */
	match_type(guest, f->spare);
	secant_picture t = *guest;
	*guest = *f->spare;
	*f->spare = t;
	return secant_picture_reserve(f->spare, f->now->width, f->now->height, f->now->channels, f->now->real, f->now->labels != NULL, err);
}

static void
padded_size(const secant_loader *l, int *height, int *width)
{
	int m = l->o.multiple > 1 ? l->o.multiple : 1;
	*height = (*height + m - 1) / m * m;
	*width = (*width + m - 1) / m * m;
}

/* Writes the finished sample into its place of the batch; whole pictures are extended by reflection, labels there are left out. */
static secant_status
deliver(const secant_loader *l, desk *d, slot *to, int place, secant_err *err)
{
	const secant_picture *p = d->frame.now;
	secant_picture *wide = &d->frame.guest;
	int height = p->height, width = p->width;
	to->sizes[2 * place] = height;
	to->sizes[2 * place + 1] = width;
	if (!l->height)
		padded_size(l, &height, &width);
	if (height != p->height || width != p->width) {
		const secant_outside reflect = { .border = SECANT_BORDER_REFLECT, .label = SECANT_LABEL_IGNORE, .mark_labels = true };
		secant_status s = secant_picture_reserve(wide, width, height, p->channels, p->real, p->labels != NULL, err);
		if (s)
			return s;
		secant_place_window(p, wide, 0, 0, &reflect);
		p = wide;
	}
	size_t pixels = (size_t)place * (size_t)height * (size_t)width;
	secant_samples_normalise(l->s, p, to->input + pixels * (size_t)p->channels, (size_t)width * (size_t)p->channels);
	if (to->target)
		secant_samples_target(l->s, p, (char *)to->target + pixels * secant_samples_target_size(l->s), (size_t)width);
	return SECANT_OK;
}

static void
fill_of_zero(const secant_samples *s, float *fill)
{
	for (int c = 0; c < s->in_channels; c++)
		fill[c] = -s->shift[c] / s->scale[c];
}

static secant_status
prepare(secant_loader *l, desk *d, slot *to, int place, secant_err *err)
{
	int i = to->sample[place];
	const secant_picture *p;
	secant_frame *f = &d->frame;
	secant_status s = secant_samples_decode(l->s, i, &d->decoded, &p, err);
	if (s)
		return s;
	int height = l->height ? l->height : p->height, width = l->height ? l->width : p->width;
	s = secant_frame_reserve(f, width, height, p->channels, p->real, p->labels != NULL, err);
	if (s)
		return s;
	job j = { l, d, i };
	f->rng = secant_rng_make(l->o.seed, SECANT_FOR_AUGMENT, l->epoch, (uint32_t)i);
	f->mix = secant_rng_make(l->o.seed, SECANT_FOR_MIX, l->epoch, (uint32_t)i);
	f->partner = partner;
	f->user = &j;
	f->pad_label = (uint16_t)l->s->pad_label;
	fill_of_zero(l->s, f->fill);
	secant_rng where = secant_rng_make(l->o.seed, SECANT_FOR_SAMPLE, l->epoch, (uint32_t)i);
	fit(l, f, p, f->now, &where);
	s = secant_augmentation_apply(l->o.augmentation, f, err);
	return s ? s : deliver(l, d, to, place, err);
}

/* ---- the queue ---- */

static void
run_job(void *user, int64_t index)
{
	secant_loader *l = user;
	int batch = (int)(index / l->o.batch), place = (int)(index % l->o.batch);
	slot *to = &l->slots[batch % l->slot_count];
	secant_err err = { 0 };
	pthread_mutex_lock(&l->lock);
	bool cancelled = l->cancelled;
	int own = cancelled ? -1 : l->free_desks[--l->free_count];
	pthread_mutex_unlock(&l->lock);
	secant_status s = cancelled ? SECANT_OK : prepare(l, &l->desks[own], to, place, &err);
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
queue_batch(secant_loader *l, int batch, secant_err *err)
{
	slot *b = &l->slots[batch % l->slot_count];
	int first = batch * l->o.batch, n = l->s->n - first < l->o.batch ? l->s->n - first : l->o.batch;
	b->n = b->left = n;
	b->failed = l->o.batch;
	b->err = (secant_err){ 0 };
	memcpy(b->sample, l->order + first, (size_t)n * sizeof *b->sample);
	b->height = l->height;
	b->width = l->width;
	if (!l->height) {
		secant_samples_size(l->s, b->sample[0], &b->height, &b->width);
		padded_size(l, &b->height, &b->width);
	}
	for (int i = 0; i < n; i++) {
		secant_status s = secant_pool_submit(l->pool, run_job, l, (int64_t)batch * l->o.batch + i, err);
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
drain(secant_loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->cancelled = true;
	pthread_mutex_unlock(&l->lock);
	secant_pool_wait(l->pool);
	l->cancelled = false;
}

secant_status
secant_loader_start(secant_loader *l, uint32_t epoch, int first, secant_err *err)
{
	drain(l);
	if (first < 0 || first > l->batches)
		return secant_fail(err, SECANT_ERR_RANGE, "epoch %u has batches 0 to %d, not %d", (unsigned)epoch, l->batches - 1, first);
	l->epoch = epoch;
	for (int i = 0; i < l->s->n; i++)
		l->order[i] = i;
	if (l->o.shuffle) {
		secant_rng rng = secant_rng_make(l->o.seed, SECANT_FOR_SHUFFLE, epoch, 0);
		secant_rng_shuffle(&rng, l->order, l->s->n);
	}
	l->next = l->queued = first;
	l->failure = (secant_err){ 0 };
	return SECANT_OK;
}

secant_status
secant_loader_next(secant_loader *l, secant_batch *b, bool *end, secant_err *err)
{
	*b = (secant_batch){ 0 };
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
	*b = (secant_batch){ s->n, s->height, s->width, s->input, s->target, s->sample, s->sizes };
	l->next++;
	return SECANT_OK;
}

/* ---- making ---- */

/* The largest sample, in pixels, after padding; an error where a batch would hold several sizes. */
static secant_status
measure(secant_loader *l, size_t *pixels, secant_err *err)
{
	int first_height = 0, first_width = 0;
	*pixels = (size_t)l->height * (size_t)l->width;
	for (int i = 0; !l->height && i < l->s->n; i++) {
		int height, width;
		secant_samples_size(l->s, i, &height, &width);
		if (i == 0) {
			first_height = height;
			first_width = width;
		} else if (l->o.batch > 1 && (height != first_height || width != first_width))
			return secant_fail(err, SECANT_ERR_SHAPE, "%s is %dx%d, %s is %dx%d (height x width): pictures of several sizes need --size, or --batch 1",
				secant_samples_image_path(l->s, 0), first_height, first_width, secant_samples_image_path(l->s, i), height, width);
		padded_size(l, &height, &width);
		size_t n = (size_t)height * (size_t)width;
		*pixels = n > *pixels ? n : *pixels;
	}
	return SECANT_OK;
}

static secant_status
make_slots(secant_loader *l, size_t pixels, secant_err *err)
{
	size_t n = (size_t)l->o.batch, target = secant_samples_target_size(l->s);
	l->slot_count = 2 + (l->o.threads + l->o.batch - 1) / l->o.batch;
	l->slot_count = l->slot_count > MOST_SLOTS ? MOST_SLOTS : l->slot_count;
	l->slots = secant_calloc((size_t)l->slot_count, sizeof *l->slots);
	for (int i = 0; l->slots && i < l->slot_count; i++) {
		slot *s = &l->slots[i];
		s->input = secant_alloc_aligned(n * pixels * (size_t)l->s->in_channels * sizeof(float));
		s->target = target ? secant_alloc_aligned(n * pixels * target) : NULL;
		s->sample = secant_calloc(n, sizeof *s->sample);
		s->sizes = secant_calloc(n, 2 * sizeof *s->sizes);
		if (!s->input || (target && !s->target) || !s->sample || !s->sizes)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d batches of %d samples of %zu pixels", l->slot_count, l->o.batch, pixels);
	}
	return l->slots ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d batches", l->slot_count);
}

static secant_status
make_desks(secant_loader *l, secant_err *err)
{
	int n = l->o.threads;
	l->order = secant_calloc((size_t)l->s->n, sizeof *l->order);
	l->desks = secant_calloc((size_t)n, sizeof *l->desks);
	l->free_desks = secant_calloc((size_t)n, sizeof *l->free_desks);
	if (!l->order || !l->desks || !l->free_desks)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader of %d samples", l->s->n);
	for (l->free_count = 0; l->free_count < n; l->free_count++)
		l->free_desks[l->free_count] = l->free_count;
	l->pool = secant_pool_new(n, err);
	return l->pool ? SECANT_OK : err ? err->code : SECANT_ERR_NOMEM;
}

static secant_status
set_up(secant_loader *l, secant_err *err)
{
	size_t pixels;
	if (l->o.batch < 1)
		return secant_fail(err, SECANT_ERR_RANGE, "--batch: %d is below 1", l->o.batch);
	if (l->o.threads < 1)
		l->o.threads = secant_cpu_count() > 1 ? secant_cpu_count() - 1 : 1;
	l->o.threads = l->o.threads > MOST_THREADS ? MOST_THREADS : l->o.threads;
	if (l->o.size.n == 2) {
		l->height = l->o.size.v[0];
		l->width = l->o.size.v[1];
		if (l->height < 1 || l->width < 1)
			return secant_fail(err, SECANT_ERR_RANGE, "--size: %dx%d is below 1x1", l->height, l->width);
	}
	l->batches = (l->s->n + (l->o.drop_last ? 0 : l->o.batch - 1)) / l->o.batch;
	if (!l->batches)
		return secant_fail(err, SECANT_ERR_ARG, "%d samples do not fill one batch of %d (--batch)", l->s->n, l->o.batch);
	secant_status s = measure(l, &pixels, err);
	if (!s)
		s = make_slots(l, pixels, err);
	return s ? s : make_desks(l, err);
}

secant_loader *
secant_loader_new(const secant_samples *s, const secant_loader_options *o, secant_err *err)
{
	secant_loader *l = secant_calloc(1, sizeof *l);
	if (!l) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->done, NULL);
	l->s = s;
	l->o = *o;
	if (set_up(l, err) || secant_loader_start(l, 0, 0, err)) {
		secant_loader_free(l);
		return NULL;
	}
	return l;
}

void
secant_loader_free(secant_loader *l)
{
	if (!l)
		return;
	if (l->pool)
		drain(l);
	secant_pool_free(l->pool);
	for (int i = 0; l->slots && i < l->slot_count; i++) {
		secant_free(l->slots[i].input);
		secant_free(l->slots[i].target);
		secant_free(l->slots[i].sample);
		secant_free(l->slots[i].sizes);
	}
	for (int i = 0; l->desks && i < l->o.threads; i++) {
		secant_picture_free(&l->desks[i].decoded);
		secant_frame_free(&l->desks[i].frame);
	}
	secant_free(l->slots);
	secant_free(l->desks);
	secant_free(l->free_desks);
	secant_free(l->order);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	secant_free(l);
}

int
secant_loader_batches(const secant_loader *l)
{
	return l->batches;
}
