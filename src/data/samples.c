/*
 * Opening a list of samples: pairs are found, headers are read and compared, options checked; then nothing changes any
 * more except the cache. What a sample looks like to a network (normalised numbers, targets) is written here too.
 */
#include "data/samples.h"
#include "data/joined.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/layouts.h"
#include "data/pairs.h"
#include "kernels/picture.h"
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>
#include "codec/codec.h"

/* ---- opening ---- */

/* Channels without alpha, which the second and the fourth are in these formats; a TIFF's are bands, which nobody drops
 * in silence. */
static int
colours_of(const secant_image_info *info)
{
	return codec_of(info)->alpha && info->channels % 2 == 0 ? info->channels - 1 : info->channels;
}

static secant_status
check_channels(const data_samples *s, const char *path, const secant_image_info *info, secant_err *err)
{
	int have = info->channels, want = s->in_channels;
	if (have == want || colours_of(info) == want || (want == 3 && colours_of(info) == 1))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE,
		"%s: has %d channels, --in-channels is %d: --in-channels %d takes them all (gdal_translate -b N picks some)",
		path, have, want, have);
}

/* One entry, or one for each tile: the last of a row or column is moved back inside. */
static secant_status
add_entries(
	data_samples *s, const data_pair *pair, const secant_image_info *info, const secant_ints *tile, secant_err *err)
{
	int th = tile->n == 2 && tile->v[0] < info->height ? tile->v[0] : info->height,
		tw = tile->n == 2 && tile->v[1] < info->width ? tile->v[1] : info->width;
	for (int y = 0;; y += th) {
		int top = y + th > info->height ? info->height - th : y;
		for (int x = 0;; x += tw) {
			int left = x + tw > info->width ? info->width - tw : x;
			if (base_grow((void **)&s->v, &s->capacity, s->n, sizeof *s->v))
				return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d samples", s->n + 1);
			data_list_entry *e = &s->v[s->n];
			*e = (data_list_entry){ .picture = pair->picture,
				.x = left,
				.y = top,
				.width = tw,
				.height = th,
				.covered_top = y - top,
				.covered_left = x - left,
				.picture_width = info->width,
				.picture_height = info->height,
				.dtype = info->dtype };
			e->image = base_strdup(pair->image);
			e->label = pair->label ? base_strdup(pair->label) : NULL;
			s->n++;
			if (!e->image || (pair->label && !e->label))
				return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d samples", s->n);
			if (left + tw >= info->width)
				break;
		}
		if (top + th >= info->height)
			return SECANT_OK;
	}
}

static secant_status
check_label_header(data_samples *s, const data_pair *pair, const secant_image_info *image, secant_err *err)
{
	secant_image_info label;
	secant_status st = data_joined_probe(pair->label, &label, err);
	if (st)
		return st;
	s->voids |= label.nodata;
	if ((st = data_labels_fit(
			 s->rule.scale, pair->label, label.width, label.height, pair->image, image->width, image->height, err)))
		return st;
	if (s->kind != DATA_TARGET_MULTILABEL)
		return SECANT_OK;
	bool bands = label.channels > 1 && !label.palette;
	if (s->n == 0)
		s->rule.bands = bands;
	if (bands != s->rule.bands)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: has %d channels, the labels before have %s", pair->label,
			label.channels, bands ? "one" : "a band a class");
	if (bands && s->classes > DATA_LABEL_MOST_BANDS)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: multilabel pictures with a band a class hold at most %d classes, not %d", pair->label,
			DATA_LABEL_MOST_BANDS, s->classes);
	return SECANT_OK;
}

static secant_status
add_pair(data_samples *s, const data_pair *pair, const secant_ints *tile, secant_err *err)
{
	secant_image_info info;
	secant_status st = secant_image_probe(pair->image, &info, err);
	s->voids |= info.nodata || (info.alpha && s->in_channels < info.channels);
	if (!st)
		st = check_channels(s, pair->image, &info, err);
	if (!st && pair->label)
		st = s->annotated ? data_annotated_size(s->annotated, pair, info.width, info.height, err)
						  : check_label_header(s, pair, &info, err);
	return st ? st : add_entries(s, pair, &info, tile, err);
}

/* Pictures and label pictures in folders, or where they are not there, annotations in any format. */
static secant_status
find_pairs(data_samples *s, data_pairs *pairs, const data_samples_request *r, secant_err *err)
{
	const secant_data_options *o = r->options;
	const char *split = r->split ? r->split : "all";
	data_division how;
	secant_err plain = { 0 };
	bool none = false, found = false, labels = r->kind != DATA_TARGET_NONE;
	secant_status st = data_division_of(&how, o, r->seed, err);
	if (st)
		return st;
	if (!o->from && !data_pairs_find(pairs, r->path, split, labels, &how, &plain))
		return SECANT_OK;
	s->annotated = data_annotated_open(r->path, o, &none, err);
	if (none) {
		secant_err loose = { 0 };
		bool may = plain.code == SECANT_ERR_IO || plain.code == SECANT_ERR_FORMAT;
		if (may && !data_layout_find(pairs, r->path, split, labels, &how, &found, &loose) && found) {
			s->loose = true;
			return SECANT_OK;
		}
		const char *way = NULL,
				   *foreign = plain.code == SECANT_ERR_IO && !found ? data_annotated_foreign(r->path, &way) : NULL;
		if (foreign)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s, which is not read: %s", r->path, foreign, way);
		const secant_err *why = found && plain.code != SECANT_ERR_FORMAT ? &loose : &plain;
		return secant_fail(err, why->code, "%s", why->msg);
	}
	st = s->annotated ? data_annotated_pairs(s->annotated, split, labels, &how, pairs, err)
		: err         ? err->code
					  : SECANT_ERR_FORMAT;
	if (!st && labels && !s->rule.names && r->n_class_names > 0)
		st = data_label_rule_names(&s->rule, r->class_names, r->n_class_names, err);
	if (!st && labels)
		st = data_annotated_classes(s->annotated, &s->rule, o, r->kind, err);
	s->voids |= !st && labels && data_annotated_voids(s->annotated);
	return st;
}

/* ---- white ---- */

/* What is white in pictures of one type, by the evidence of some that are spread over the list. */
static secant_status
find_white(data_samples *s, secant_dtype dtype, char *note, secant_err *err)
{
	enum { MOST = 16 };
	int n = 0, seen = 0;
	codec_range r = { .dtype = dtype };
	secant_status st = SECANT_OK;
	for (int i = 0; i < s->n; i++)
		n += s->v[i].dtype == dtype;
	if (!n || codec_white_of(&s->whites, dtype) > 0)
		return SECANT_OK;
	for (int i = 0, step = (n + MOST - 1) / MOST; i < s->n && !st; i++)
		if (s->v[i].dtype == dtype && seen++ % step == 0)
			st = codec_range_look(&r, s->v[i].image, err);
	if (!st)
		codec_white_set(&s->whites, dtype, codec_white_guess(&r, note));
	return st;
}

static secant_status
find_whites(data_samples *s, const char *text, secant_err *err)
{
	static const secant_dtype types[] = { SECANT_U16, SECANT_I16, SECANT_F32 };
	secant_status st = codec_whites_parse(&s->whites, text, err);
	for (size_t k = 0; k < sizeof types / sizeof *types && !st; k++)
		st = find_white(s, types[k], s->white_note[k], err);
	return st;
}

/* ---- pages ---- */

/* Says what is remarked of a file with several pages: bands on pages of their own are not put together. */
static bool
has_pages(data_samples *s, const char *path)
{
	if (!path || codec_pages(path) < 2)
		return false;
	secant_raster *r = secant_raster_open(path, NULL, NULL);
	const secant_geo *geo = r ? secant_raster_about(r)->geo : NULL;
	const char *remark = geo ? secant_geo_remark(geo) : NULL;
	bool has = remark != NULL;
	if (has)
		(void)snprintf(s->pages_note, sizeof s->pages_note, "%.300s: %.360s", path, remark);
	secant_raster_close(r);
	return has;
}

/* Some pictures and labels, spread over the list. */
static void
look_at_pages(data_samples *s)
{
	enum { MOST = 16 };
	for (int i = 0, step = (s->n + MOST - 1) / MOST; i < s->n; i += step)
		if (has_pages(s, s->v[i].image) || has_pages(s, s->v[i].label))
			return;
}

static secant_status
open_list(data_samples *s, const data_samples_request *r, secant_err *err)
{
	const secant_data_options *o = r->options;
	if (r->in_channels < 1 || r->in_channels > DATA_MOST_CHANNELS)
		return secant_fail(
			err, SECANT_ERR_RANGE, "--in-channels: %d is outside 1 to %d", r->in_channels, DATA_MOST_CHANNELS);
	secant_status st = prepare_normalize_parse(o->normalize.normalize, r->in_channels, s->scale, s->shift, err);
	if (!st && r->kind != DATA_TARGET_NONE)
		st = data_label_rule_make(&s->rule, o, r->classes, r->kind, err);
	s->voids |= s->rule.ignores;
	if (s->rule.ignores)
		s->pad_label = DATA_LABEL_IGNORE;
	data_pairs pairs = { 0 };
	if (!st)
		st = find_pairs(s, &pairs, r, err);
	for (int i = 0; !st && i < pairs.n; i++)
		st = add_pair(s, &pairs.v[i], &o->tile, err);
	data_pairs_free(&pairs);
	if (!st)
		st = find_whites(s, o->normalize.white, err);
	if (st)
		return st;
	look_at_pages(s);
	s->cache = secant_calloc((size_t)s->n, sizeof *s->cache);
	return s->cache ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d samples", s->n);
}

data_samples *
data_samples_open(const data_samples_request *r, secant_err *err)
{
	data_samples *s = secant_calloc(1, sizeof *s);
	if (!s) {
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->path);
		return NULL;
	}
	s->in_channels = r->in_channels;
	s->classes = r->classes;
	s->kind = r->kind;
	s->pad_label = r->options->ignore_index >= 0 ? DATA_LABEL_IGNORE : 0;
	atomic_store(&s->cache_room, (size_t)(r->options->cache_mb > 0 ? r->options->cache_mb : 0) << 20);
	if (open_list(s, r, err)) {
		data_samples_free(s);
		return NULL;
	}
	if (!s->rule.colours && s->kind != DATA_TARGET_NONE && s->n && s->v[0].label)
		s->palette = data_labels_palette(&s->rule, s->v[0].label);
	return s;
}

void
data_samples_free(data_samples *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n; i++) {
		secant_free(s->v[i].image);
		secant_free(s->v[i].label);
		data_picture *p = s->cache ? (data_picture *)atomic_load(&s->cache[i]) : NULL;
		if (p)
			data_picture_free(p);
		secant_free(p);
	}
	secant_free((void *)s->cache);
	secant_free(s->v);
	secant_free(s->palette);
	data_label_rule_free(&s->rule);
	data_annotated_free(s->annotated);
	secant_free(s);
}

int
data_samples_count(const data_samples *s)
{
	return s->n;
}

int
data_samples_channels(const data_samples *s)
{
	return s->in_channels;
}

const char *
data_samples_image_path(const data_samples *s, int i)
{
	return i >= 0 && i < s->n ? s->v[i].image : NULL;
}

const char *
data_samples_label_path(const data_samples *s, int i)
{
	return i >= 0 && i < s->n ? s->v[i].label : NULL;
}

void
data_samples_size(const data_samples *s, int i, int *height, int *width)
{
	*height = s->v[i].height;
	*width = s->v[i].width;
}

void
data_samples_covered(const data_samples *s, int i, int *top, int *left)
{
	*top = s->v[i].covered_top;
	*left = s->v[i].covered_left;
}

bool
data_samples_are_guessed(const data_samples *s)
{
	return s->loose;
}

const char *
data_samples_note(const data_samples *s, int i)
{
	return s->annotated ? data_annotated_note(s->annotated, i) : NULL;
}

const char *
data_samples_white(const data_samples *s, char *text)
{
	codec_whites used = { 0 };
	for (int i = 0; i < s->n; i++)
		codec_white_set(&used, s->v[i].dtype, codec_white_of(&s->whites, s->v[i].dtype));
	return codec_whites_text(&used, text);
}

const char *
data_samples_white_note(const data_samples *s, int i)
{
	return i < (int)(sizeof s->white_note / sizeof *s->white_note) ? s->white_note[i] : NULL;
}

const char *
data_samples_pages_note(const data_samples *s)
{
	return s->pages_note;
}

bool
data_samples_have_voids(const data_samples *s)
{
	return s->voids;
}

int
data_samples_class_names(const data_samples *s, const char *const **names)
{
	*names = (const char *const *)s->rule.names;
	return s->rule.name_count;
}

int
data_samples_class_colours(const data_samples *s, const uint8_t (**colours)[3])
{
	*colours = (const uint8_t(*)[3])(s->rule.colours ? s->rule.colours : s->palette);
	return s->rule.colours ? s->rule.name_count : s->palette ? s->rule.classes : 0;
}

bool
data_samples_exists(const char *path, const char *split, const secant_data_options *o)
{
	char *folder = o && o->from ? NULL : base_path_join(path, split);
	bool there = folder && secant_is_dir(folder), none;
	secant_free(folder);
	data_annotated *a = there || !o ? NULL : data_annotated_open(path, o, &none, NULL);
	there = there || (a && data_annotated_has(a, split));
	if (!there && !a && !(o && o->from))
		there = data_layout_has(path, split);
	data_annotated_free(a);
	return there;
}

/* ---- numbers and targets ---- */

enum { PERIOD = 16 }; /* pixels after which the pattern of channels repeats at a vector's width */

static void
normalise_reals(const float *from, float *to, size_t n, size_t period, const float *scale, const float *shift)
{
	for (size_t i = 0; i < n; i += period)
		for (size_t k = 0; k < period && i + k < n; k++)
			to[i + k] = from[i + k] * scale[k] + shift[k];
}

void
data_samples_normalise(const data_samples *s, const data_picture *p, float *to, size_t stride)
{
	float scale[PERIOD * DATA_MOST_CHANNELS], shift[PERIOD * DATA_MOST_CHANNELS];
	size_t c = (size_t)p->channels, n = (size_t)p->width * c;
	for (size_t k = 0; k < PERIOD * c; k++) {
		scale[k] = s->scale[k % c];
		shift[k] = s->shift[k % c];
	}
	for (size_t y = 0; y < (size_t)p->height; y++) {
		if (p->real)
			normalise_reals((const float *)p->pixels + y * n, to + y * stride, n, PERIOD * c, scale, shift);
		else
			kernel_picture_best()->normalise(
				(const uint8_t *)p->pixels + y * n, to + y * stride, (int64_t)n, (int)(PERIOD * c), scale, shift);
	}
}

size_t
data_samples_target_size(const data_samples *s)
{
	return s->kind == DATA_TARGET_NONE      ? 0
		: s->kind == DATA_TARGET_MULTILABEL ? sizeof(float) * (size_t)s->classes
											: sizeof(float);
}

static void
write_multilabel(const data_samples *s, const uint16_t *labels, float *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < s->classes; c++) {
			bool on = s->rule.bands ? labels[i] >> c & 1 : s->classes == 1 ? labels[i] == 1 : labels[i] == c;
			to[i * (size_t)s->classes + (size_t)c] = labels[i] == DATA_LABEL_IGNORE ? -1 : on;
		}
}

void
data_samples_target(const data_samples *s, const data_picture *p, void *to, size_t stride)
{
	size_t n = (size_t)p->width, size = data_samples_target_size(s);
	for (int y = 0; size && y < p->height; y++) {
		const uint16_t *labels = p->labels + (size_t)y * n;
		char *row = (char *)to + (size_t)y * stride * size;
		if (s->kind == DATA_TARGET_MULTILABEL)
			write_multilabel(s, labels, (float *)row, n);
		else if (s->kind == DATA_TARGET_BINARY)
			for (size_t i = 0; i < n; i++)
				((float *)row)[i] = labels[i] == DATA_LABEL_IGNORE ? -1 : labels[i];
		else
			for (size_t i = 0; i < n; i++)
				((int32_t *)row)[i] = labels[i] == DATA_LABEL_IGNORE ? s->rule.ignore : labels[i];
	}
}

static secant_status
fill_tensors(const data_samples *s, const data_picture *p, secant_tensor *image, secant_tensor *target, secant_err *err)
{
	secant_shape shape = secant_shape_of(3, p->height, p->width, p->channels);
	secant_status st = secant_tensor_new(image, SECANT_F32, &shape, err);
	if (st)
		return st;
	data_samples_normalise(s, p, image->data, (size_t)p->width * (size_t)p->channels);
	if (s->kind == DATA_TARGET_NONE)
		return SECANT_OK;
	shape.dim[2] = s->kind == DATA_TARGET_MULTILABEL ? s->classes : 1;
	shape.rank = s->kind == DATA_TARGET_INDEX ? 2 : 3;
	st = secant_tensor_new(target, s->kind == DATA_TARGET_INDEX ? SECANT_I32 : SECANT_F32, &shape, err);
	if (st)
		secant_tensor_free(image);
	else
		data_samples_target(s, p, target->data, (size_t)p->width);
	return st;
}

secant_status
data_sample_load(const data_samples *s, int i, secant_tensor *image, secant_tensor *target, secant_err *err)
{
	*image = (secant_tensor){ 0 };
	*target = (secant_tensor){ 0 };
	if (i < 0 || i >= s->n)
		return secant_fail(err, SECANT_ERR_RANGE, "sample %d is outside 0 to %d", i, s->n - 1);
	data_picture own = { 0 };
	const data_picture *p;
	secant_status st = data_samples_decode(s, i, &own, &p, err);
	if (!st)
		st = fill_tensors(s, p, image, target, err);
	data_picture_free(&own);
	return st;
}
