/*
 * From files to decoded samples, and the cache of them. The cache fills until its memory is used up and then stays as
 * it is: in a shuffled epoch no policy of eviction does better, and nothing depends on who comes first except time.
 */
#include "base/mem.h"
#include "data/samples.h"
#include "data/joined.h"
#include <math.h>
#include <string.h>
#include <secant/codec.h>

size_t
data_picture_pixel_bytes(const data_picture *p)
{
	return (size_t)p->width * (size_t)p->height * (size_t)p->channels * (p->real ? sizeof(float) : 1);
}

size_t
data_picture_label_bytes(const data_picture *p)
{
	return (size_t)p->width * (size_t)p->height * sizeof(uint16_t);
}

static bool
ensure(void **block, size_t *room, size_t bytes)
{
	if (*block && *room >= bytes)
		return true;
	secant_free(*block);
	*block = base_alloc_aligned(bytes);
	*room = *block ? bytes : 0;
	return *block != NULL;
}

secant_status
data_picture_reserve(data_picture *p, int width, int height, int channels, bool real, bool labels, secant_err *err)
{
	p->width = width;
	p->height = height;
	p->channels = channels;
	p->real = real;
	if (ensure(&p->pixels, &p->pixel_room, data_picture_pixel_bytes(p) + DATA_PICTURE_SLACK)
		&& (!labels || ensure((void **)&p->labels, &p->label_room, data_picture_label_bytes(p))))
		return SECANT_OK;
	return secant_fail(
		err, SECANT_ERR_NOMEM, "no memory for a picture of %dx%d with %d channels", height, width, channels);
}

void
data_picture_free(data_picture *p)
{
	secant_free(p->pixels);
	secant_free(p->labels);
	*p = (data_picture){ 0 };
}

/* ---- channels ---- */

/* The channel of the file for each channel of the network; false when they do not fit. Whether a second or fourth
 * channel is alpha was decided when the header was read. */
static bool
map_channels(int from, int to, int map[DATA_MOST_CHANNELS])
{
	for (int c = 0; c < to; c++)
		map[c] = from <= 2 && to != 2 ? 0 : c;
	return from == to || (to == 3 && (from <= 2 || from == 4)) || (to == 1 && from == 2);
}

static float
number_at(const secant_image *im, size_t i)
{
	if (im->dtype == SECANT_U8)
		return ((const uint8_t *)im->data)[i];
	if (im->dtype == SECANT_U16)
		return (float)((const uint16_t *)im->data)[i] / 257.f;
	return im->dtype == SECANT_I16 ? (float)((const int16_t *)im->data)[i] / 257.f
								   : ((const float *)im->data)[i] * 255.f;
}

static void
copy_pixels(data_picture *p, const secant_image *im, const int *map)
{
	size_t n = (size_t)p->width * (size_t)p->height, from = (size_t)im->channels, to = (size_t)p->channels;
	if (!p->real && from == to) {
		memcpy(p->pixels, im->data, n * to);
		return;
	}
	const uint8_t *bytes = im->data;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < to; c++) {
			if (p->real)
				((float *)p->pixels)[i * to + c] = number_at(im, i * from + (size_t)map[c]);
			else
				((uint8_t *)p->pixels)[i * to + c] = bytes[i * from + (size_t)map[c]];
		}
}

/* ---- files ---- */

static bool
is_window(const data_list_entry *e)
{
	return e->width != e->picture_width || e->height != e->picture_height;
}

/* A picture, or the window of one, with its georeference for what it says of pixels without data. */
static secant_status
read_part(
	secant_image *im, const data_list_entry *e, const char *path, const secant_image_read_options *how, secant_err *err)
{
	if (!is_window(e))
		return secant_image_read(im, path, how, err);
	secant_raster *r = secant_raster_open(path, how, err);
	if (!r)
		return err ? err->code : SECANT_ERR_IO;
	secant_status s = secant_raster_read_window(r, e->x, e->y, e->width, e->height, im, err);
	if (!s && (s = secant_image_set_geo(im, secant_raster_about(r)->geo, err)))
		secant_image_free(im);
	secant_raster_close(r);
	return s;
}

/* NaN where nothing is declared is a mistake that would end the training, infinity one in any case. */
static secant_status
check_finite(const secant_image *im, const prepare_voids *v, const data_list_entry *e, secant_err *err)
{
	int64_t n = (int64_t)im->width * im->height * im->channels;
	const float *x = im->data;
	for (int64_t i = 0; i < n && im->dtype == SECANT_F32; i++)
		if (isinf(x[i]) ? !v->declared || x[i] != (float)v->value : isnan(x[i]) && !v->declared)
			if (!im->voids || !(im->voids[i / im->channels] & v->heed))
				return secant_fail(err, SECANT_ERR_RANGE, "%s: the number at (%lld, %lld), channel %d, is %s%s",
					e->image, (long long)(e->x + i / im->channels % im->width),
					(long long)(e->y + i / im->channels / im->width), (int)(i % im->channels) + 1,
					isinf(x[i]) ? "infinite" : "none (NaN), and the file declares no value for no data",
					isinf(x[i]) ? ""
								: "; in a GeoTIFF that says so (gdal_edit.py -a_nodata nan) such pixels are left out");
	return SECANT_OK;
}

/* Deals with pixels without data before anything else sees them. *where, fresh memory, tells which they are; NULL:
 * there are none. */
static secant_status
take_out_voids(
	const data_samples *s, secant_image *im, const data_list_entry *e, bool mark, uint8_t **where, secant_err *err)
{
	prepare_voids v = prepare_voids_of(secant_image_geo(im), im->channels, s->in_channels);
	secant_status st = check_finite(im, &v, e, err);
	if (st)
		return st;
	if (prepare_voids_find(&v, im) < 0)
		return SECANT_OK;
	if (!(*where = secant_calloc((size_t)im->width * (size_t)im->height, 1)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %dx%d pixels", im->height, im->width);
	prepare_voids_fill(&v, im, s->in_channels, mark && im->dtype == SECANT_F32 ? NULL : s->scale, s->shift, *where);
	return SECANT_OK;
}

/* A window of labels that lie in several files, or have another size: of all of them, joined or scaled. */
static secant_status
read_whole_window(const data_samples *s, const data_list_entry *e, data_picture *p, secant_err *err)
{
	size_t n = (size_t)e->picture_width * (size_t)e->picture_height;
	uint16_t *whole = secant_calloc(n + 1, sizeof *whole);
	if (!whole)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for its labels", e->label);
	secant_status st = data_labels_read(&s->rule, e->label, e->picture_width, e->picture_height, whole, err);
	for (int y = 0; y < e->height && !st; y++)
		memcpy(p->labels + (size_t)y * (size_t)e->width, whole + (size_t)(e->y + y) * (size_t)e->picture_width + e->x,
			(size_t)e->width * sizeof *whole);
	secant_free(whole);
	return st;
}

static secant_status
read_labels(const data_samples *s, const data_list_entry *e, data_picture *p, secant_err *err)
{
	if (s->annotated)
		return data_annotated_plane(
			s->annotated, &s->rule, e->picture, e->x, e->y, e->width, e->height, p->labels, err);
	if (!is_window(e))
		return data_labels_read(&s->rule, e->label, p->width, p->height, p->labels, err);
	if (s->rule.scale || data_joined_is(e->label))
		return read_whole_window(s, e, p, err);
	secant_image im;
	secant_image_read_options how = data_labels_reading(&s->rule);
	secant_image_info info;
	secant_status st = secant_image_probe(e->label, &info, err);
	if (!st && !(st = read_part(&im, e, e->label, &how, err)))
		st = data_labels_decode(&s->rule, &im, e->label, &info, p->labels, err);
	else
		return st;
	secant_image_free(&im);
	return st;
}

static void
leave_out(data_picture *p, const uint8_t *where, bool mark, bool labels)
{
	size_t n = (size_t)p->width * (size_t)p->height, c = (size_t)p->channels;
	for (size_t i = 0; i < n; i++) {
		if (where[i] && labels)
			p->labels[i] = DATA_LABEL_IGNORE;
		for (size_t k = 0; k < c && mark && where[i]; k++)
			((float *)p->pixels)[i * c + k] = NAN;
	}
}

/* `mark`: no data becomes NaN, in a picture of floats, instead of a neutral number. */
static secant_status
decode_file(const data_samples *s, const data_list_entry *e, bool mark, data_picture *p, secant_err *err)
{
	secant_image im = { 0 };
	int map[DATA_MOST_CHANNELS];
	uint8_t *where = NULL;
	secant_image_read_options how = { .white = codec_white_of(&s->whites, e->dtype) };
	secant_status st = read_part(&im, e, e->image, &how, err);
	if (st)
		return st;
	if (im.width != e->width || im.height != e->height)
		st = secant_fail(err, SECANT_ERR_SHAPE,
			"%s: is %dx%d now and was %dx%d when the data set was opened (height x width)", e->image, im.height,
			im.width, e->height, e->width);
	if (!st && !map_channels(im.channels, s->in_channels, map))
		st = secant_fail(
			err, SECANT_ERR_SHAPE, "%s: has %d channels, --in-channels is %d", e->image, im.channels, s->in_channels);
	if (!st)
		st = take_out_voids(s, &im, e, mark, &where, err);
	if (!st)
		st = data_picture_reserve(
			p, im.width, im.height, s->in_channels, mark || im.dtype != SECANT_U8, e->label != NULL, err);
	if (!st) {
		p->bounded = im.dtype == SECANT_U8 || im.dtype == SECANT_U16;
		copy_pixels(p, &im, map);
	}
	secant_image_free(&im);
	if (!st && e->label)
		st = read_labels(s, e, p, err);
	if (!st && where)
		leave_out(p, where, mark, e->label != NULL);
	secant_free(where);
	return st;
}

secant_status
data_samples_decode_marked(const data_samples *s, int i, data_picture *p, secant_err *err)
{
	data_list_entry e = s->v[i];
	e.label = NULL;
	return decode_file(s, &e, true, p, err);
}

/* ---- cache ---- */

static const data_picture *
keep(data_samples *s, int i, const data_picture *p)
{
	size_t pixels = data_picture_pixel_bytes(p), labels = p->labels ? data_picture_label_bytes(p) : 0,
		   all = pixels + labels + sizeof *p;
	size_t room = atomic_load(&s->cache_room);
	do
		if (room < all)
			return NULL;
	while (!atomic_compare_exchange_weak(&s->cache_room, &room, room - all));
	data_picture *copy = secant_calloc(1, sizeof *copy);
	if (!copy || data_picture_reserve(copy, p->width, p->height, p->channels, p->real, labels > 0, NULL)) {
		if (copy)
			data_picture_free(copy);
		secant_free(copy);
		atomic_store(&s->cache_room, 0); /* memory is short: no more of this */
		return NULL;
	}
	copy->bounded = p->bounded;
	memcpy(copy->pixels, p->pixels, pixels);
	if (labels)
		memcpy(copy->labels, p->labels, labels);
	const data_picture *none = NULL;
	if (!atomic_compare_exchange_strong(&s->cache[i], &none, (const data_picture *)copy)) {
		data_picture_free(copy);
		secant_free(copy);
		atomic_fetch_add(&s->cache_room, all);
		return none;
	}
	return copy;
}

secant_status
data_samples_decode(const data_samples *s, int i, data_picture *p, const data_picture **out, secant_err *err)
{
	*out = atomic_load(&s->cache[i]);
	if (*out)
		return SECANT_OK;
	secant_err own = { 0 };
	secant_status st = decode_file(s, &s->v[i], false, p, &own);
	if (st) {
		if (!strstr(own.msg, s->v[i].image) && !(s->v[i].label && strstr(own.msg, s->v[i].label)))
			secant_err_prefix(&own, "%s", s->v[i].image);
		return secant_fail(err, st, "%s", own.msg);
	}
	const data_picture *kept = keep((data_samples *)s, i, p);
	*out = kept ? kept : p;
	return SECANT_OK;
}
