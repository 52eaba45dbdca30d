/*
 * Pictures as the loader's work: a job decodes (or finds in the cache), cuts or scales, augments, normalises straight
 * into the batch.
 */
#include "data/work.h"
#include "base/mem.h"
#include "data/augment/augment.h"
#include <string.h>

/* What a job works with; as many as threads, taken and given back. */
typedef struct desk {
	data_picture decoded;
	data_frame frame;
} desk;

typedef struct pictures {
	const data_samples *s;
	data_loader_options o;
	int height, width; /* of samples; 0: each its own */
	desk *desks;
	int desk_count;
} pictures;

/* ---- one sample ---- */

typedef struct job {
	pictures *l;
	desk *d;
	int i;
} job;

/* What lies beside a picture that is smaller than its sample: what becomes 0 by normalisation. */
static data_outside
beside(const pictures *l, const data_frame *f)
{
	return (data_outside){ .border = DATA_BORDER_CONSTANT, .fill = f->fill, .label = (uint16_t)l->s->pad_label };
}

static int
draw_offset(base_rng *rng, int have, int want, bool center)
{
	int spare = have - want;
	if (center || spare == 0)
		return spare >= 0 ? spare / 2 : -(-spare / 2);
	return spare > 0 ? (int)base_rng_below(rng, (uint32_t)spare + 1) : -(int)base_rng_below(rng, (uint32_t)-spare + 1);
}

/* Brings a decoded sample to the size of `to`: by a step of the pipeline, scaled, cut. */
static void
fit(const pictures *l, const data_frame *f, const data_picture *from, data_picture *to, base_rng *rng)
{
	data_window w;
	data_outside outside = beside(l, f);
	if (data_augmentation_window(l->o.augmentation, rng, from->height, from->width, to->height, to->width, &w))
		data_place_scaled(from, to, w.x, w.y, w.width, w.height);
	else if (l->o.resize && l->height)
		data_place_scaled(from, to, 0, 0, from->width, from->height);
	else {
		int y = draw_offset(rng, from->height, to->height, l->o.center),
			x = draw_offset(rng, from->width, to->width, l->o.center);
		data_place_window(from, to, x, y, &outside);
	}
	to->bounded = from->bounded;
}

/* Pictures of other types than the sample's own come as floats or bytes like it. */
static void
match_type(const data_picture *from, data_picture *to)
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
		memcpy(to->labels, from->labels, data_picture_label_bytes(from));
}

static secant_status
partner(void *user, data_frame *f, data_picture *guest, secant_err *err)
{
	job *j = user;
	const pictures *l = j->l;
	const data_picture *p;
	int n = l->s->n, other = (int)base_rng_below(&f->mix, (uint32_t)n);
	if (n > 1 && other == j->i)
		other = (other + 1) % n;
	secant_status s = data_samples_decode(l->s, other, &j->d->decoded, &p, err);
	if (!s)
		s = data_picture_reserve(guest, f->now->width, f->now->height, p->channels, p->real, p->labels != NULL, err);
	if (s)
		return s;
	fit(l, f, p, guest, &f->mix);
	if (p->real == f->now->real)
		return SECANT_OK;
	/* The spare picture has the right type; swap memory with it. */
	match_type(guest, f->spare);
	data_picture t = *guest;
	*guest = *f->spare;
	*f->spare = t;
	return data_picture_reserve(
		f->spare, f->now->width, f->now->height, f->now->channels, f->now->real, f->now->labels != NULL, err);
}

static int
padded(int side, const data_loader_options *o)
{
	int m = o->multiple > 1 ? o->multiple : 1;
	return ((side < o->least ? o->least : side) + m - 1) / m * m;
}

static void
padded_size(const pictures *l, int *height, int *width)
{
	*height = padded(*height, &l->o);
	*width = padded(*width, &l->o);
}

/* Writes the finished sample into its place of the batch; whole pictures are extended by reflection, labels there are
 * left out. */
static secant_status
deliver(const pictures *l, desk *d, const data_place *to, int place, int *sizes, secant_err *err)
{
	const data_picture *p = d->frame.now;
	data_picture *wide = &d->frame.guest;
	int height = p->height, width = p->width;
	sizes[0] = height;
	sizes[1] = width;
	if (!l->height)
		padded_size(l, &height, &width);
	if (height != p->height || width != p->width) {
		const data_outside reflect = { .border = DATA_BORDER_REFLECT, .label = DATA_LABEL_IGNORE, .mark_labels = true };
		secant_status s = data_picture_reserve(wide, width, height, p->channels, p->real, p->labels != NULL, err);
		if (s)
			return s;
		data_place_window(p, wide, 0, 0, &reflect);
		p = wide;
	}
	size_t pixels = (size_t)place * (size_t)height * (size_t)width;
	data_samples_normalise(l->s, p, to->input + pixels * (size_t)p->channels, (size_t)width * (size_t)p->channels);
	if (to->target)
		data_samples_target(l->s, p, (char *)to->target + pixels * data_samples_target_size(l->s), (size_t)width);
	return SECANT_OK;
}

static void
fill_of_zero(const data_samples *s, float *fill)
{
	for (int c = 0; c < s->in_channels; c++)
		fill[c] = -s->shift[c] / s->scale[c];
}

static secant_status
prepare(void *user, int own, const data_place *to, int place, int i, int *sizes, uint32_t epoch, secant_err *err)
{
	pictures *l = user;
	desk *d = &l->desks[own];
	const data_picture *p;
	data_frame *f = &d->frame;
	secant_status s = data_samples_decode(l->s, i, &d->decoded, &p, err);
	if (s)
		return s;
	int height = l->height ? l->height : p->height, width = l->height ? l->width : p->width;
	s = data_frame_reserve(f, width, height, p->channels, p->real, p->labels != NULL, err);
	if (s)
		return s;
	job j = { l, d, i };
	f->rng = base_rng_make(l->o.seed, BASE_FOR_AUGMENT, epoch, (uint32_t)i);
	f->mix = base_rng_make(l->o.seed, BASE_FOR_MIX, epoch, (uint32_t)i);
	f->partner = partner;
	f->user = &j;
	f->pad_label = (uint16_t)l->s->pad_label;
	fill_of_zero(l->s, f->fill);
	base_rng where = base_rng_make(l->o.seed, BASE_FOR_SAMPLE, epoch, (uint32_t)i);
	fit(l, f, p, f->now, &where);
	s = data_augmentation_apply(l->o.augmentation, f, err);
	return s ? s : deliver(l, d, to, place, sizes, err);
}

static void
measure_first(void *user, int sample, int *height, int *width)
{
	const pictures *l = user;
	*height = l->height;
	*width = l->width;
	if (!l->height) {
		data_samples_size(l->s, sample, height, width);
		padded_size(l, height, width);
	}
}

/* ---- making ---- */

/* The largest sample, in pixels, after padding; an error where a batch would hold several sizes. */
static secant_status
measure_all(pictures *l, size_t *pixels, secant_err *err)
{
	int first_height = 0, first_width = 0;
	*pixels = (size_t)l->height * (size_t)l->width;
	for (int i = 0; !l->height && i < l->s->n; i++) {
		int height, width;
		data_samples_size(l->s, i, &height, &width);
		if (i == 0) {
			first_height = height;
			first_width = width;
		} else if (l->o.batch > 1 && (height != first_height || width != first_width))
			return secant_fail(err, SECANT_ERR_SHAPE,
				"%s is %dx%d, %s is %dx%d (height x width): pictures of several sizes need --size, or --batch 1",
				data_samples_image_path(l->s, 0), first_height, first_width, data_samples_image_path(l->s, i), height,
				width);
		padded_size(l, &height, &width);
		size_t n = (size_t)height * (size_t)width;
		*pixels = n > *pixels ? n : *pixels;
	}
	return SECANT_OK;
}

static void
release(void *user)
{
	pictures *l = user;
	for (int i = 0; l->desks && i < l->desk_count; i++) {
		data_picture_free(&l->desks[i].decoded);
		data_frame_free(&l->desks[i].frame);
	}
	secant_free(l->desks);
	secant_free(l);
}

static secant_status
set_up(pictures *l, data_loader_work *w, secant_err *err)
{
	size_t pixels;
	if (l->o.size.n == 2) {
		l->height = l->o.size.v[0];
		l->width = l->o.size.v[1];
		if (l->height < 1 || l->width < 1)
			return secant_fail(err, SECANT_ERR_RANGE, "--size: %dx%d is below 1x1", l->height, l->width);
	}
	if (!data_loader_count(l->s->n, l->o.batch, l->o.drop_last, err))
		return err ? err->code : SECANT_ERR_ARG;
	secant_status s = measure_all(l, &pixels, err);
	if (s)
		return s;
	l->desk_count = data_loader_threads(l->o.threads);
	l->desks = secant_calloc((size_t)l->desk_count, sizeof *l->desks);
	*w = (data_loader_work){
		.user = l,
		.samples = l->s->n,
		.input_bytes = pixels * (size_t)l->s->in_channels * sizeof(float),
		.target_bytes = pixels * data_samples_target_size(l->s),
		.measure = measure_first,
		.prepare = prepare,
		.release = release,
	};
	return l->desks ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader of %d samples", l->s->n);
}

data_loader *
data_loader_new(const data_samples *s, const data_loader_options *o, secant_err *err)
{
	pictures *l = secant_calloc(1, sizeof *l);
	data_loader_work w;
	secant_err own = { 0 };
	if (!l) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
		return NULL;
	}
	l->s = s;
	l->o = *o;
	if (set_up(l, &w, &own)) {
		release(l);
		secant_fail(err, own.code, "%s", own.msg);
		return NULL;
	}
	return data_loader_make(&w, o, err);
}
