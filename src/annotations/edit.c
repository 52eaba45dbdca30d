/* Changing data sets: merge, remap, sample, and between polygons and masks. */
#include "annotations/dataset.h"
#include "annotations/paint.h"
#include "annotations/rle.h"
#include "annotations/trace.h"
#include "base/file.h"
#include "base/rng.h"
#include "draw/rings.h"
#include <stdio.h>
#include <stdlib.h>

secant_status
secant_dataset_prefix(secant_dataset *d, const char *prefix, secant_err *err)
{
	ann_set *s = &d->set;
	if (!*prefix || strpbrk(prefix, "/\\") || !base_path_is_safe(prefix))
		return secant_fail(err, SECANT_ERR_ARG, "prefix '%s' cannot stand in a file name", prefix);
	for (int i = 0; i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name), *base = base_path_name(name);
		char *text = base_format("%.*s%s_%s", (int)(base - name), name, prefix, base);
		if (!text)
			return ann_nomem(err);
		s->images[i].name = ann_store(s, text, strlen(text));
		secant_free(text);
	}
	return ann_compact(s, err); /* which looks names up anew */
}

secant_status
secant_dataset_merge(secant_dataset *d, const secant_dataset *other, secant_err *err)
{
	ann_set *s = &d->set;
	const ann_set *from = &other->set;
	int *class = secant_calloc((size_t)from->n_classes + 1, sizeof *class), split[ANN_SPLITS], base = s->n_images;
	secant_status status = class ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < from->n_classes; i++) {
		const char *name = ann_str(from, from->classes[i].name);
		int known = s->n_classes;
		class[i] = ann_class_named(s, name, strlen(name));
		if (class[i] >= known) {
			s->classes[class[i]].colour = from->classes[i].colour;
			s->classes[class[i]].is_void = from->classes[i].is_void;
			s->classes[class[i]].attributes = ann_copy_attributes(s, from, from->classes[i].attributes);
		}
	}
	for (int i = 0; !status && i < from->n_splits; i++) {
		const char *name = ann_str(from, from->splits[i]);
		split[i] = ann_split(s, name, strlen(name));
		if (split[i] < 0)
			status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "together they have more than %d lists", ANN_SPLITS);
	}
	for (int i = 0; !status && i < from->n_images; i++) {
		const ann_image *im = &from->images[i];
		const char *name = ann_str(from, im->name), *path = ann_str(from, im->path),
				   *source = ann_str(from, im->source);
		if (ann_find_image(s, name, strlen(name)) >= 0) {
			status = secant_fail(err, SECANT_ERR_FORMAT,
				"both %s and %s have a picture '%s': --prefix puts the name of its folder before each, or convert one "
				"with --names number",
				ann_str(s, s->root), ann_str(from, from->root), name);
			break;
		}
		int at = ann_add_image(s, name, strlen(name));
		if (at < 0) {
			status = ann_nomem(err);
			break;
		}
		ann_image *to = &s->images[at];
		ann_text kept = to->name;
		*to = *im;
		to->name = kept;
		to->path = ann_store(s, path, strlen(path));
		to->source = ann_intern(s, source, strlen(source));
		to->mask = 0;
		to->id = ANN_NO_ID;
		to->number = 0;
		to->attributes = ann_copy_attributes(s, from, im->attributes);
		to->splits = 0;
		for (int k = 0; k < from->n_splits; k++)
			s->images[at].splits |= (im->splits >> k & 1) << split[k];
	}
	for (int i = 0; !status && i < from->n_objects; i++) {
		const ann_object *o = &from->objects[i];
		ann_object *to = ann_add_object(s, base + o->image, o->class >= 0 ? class[o->class] : ANN_NO_CLASS);
		if (!to) {
			status = ann_nomem(err);
			break;
		}
		int32_t image = to->image, label = to->class;
		uint32_t attributes = ann_copy_attributes(s, from, o->attributes), shape = ann_copy_shape(s, from, o->shape);
		to = &s->objects[s->n_objects - 1];
		*to = *o;
		to->image = image, to->class = label, to->attributes = attributes, to->shape = shape, to->id = ANN_NO_ID;
	}
	for (int i = 0; i < s->n_classes; i++) /* numbers of two files do not go together */
		s->classes[i].id = ANN_NO_ID;
	for (int i = 0; i < s->n_images; i++)
		s->images[i].id = ANN_NO_ID;
	for (int i = 0; i < s->n_objects; i++)
		s->objects[i].id = ANN_NO_ID;
	secant_free(class);
	return status ? status : ann_index(s, err);
}

/* "old = new" lines: the class each class becomes, -1 dropped. New names are added in the order of the file. */
static secant_status
read_mapping(ann_set *s, int *to, int old_classes, const char *path, secant_err *err)
{
	char *data = NULL;
	size_t n;
	secant_status status = secant_file_read(&data, &n, path, 1 << 26, err);
	int others = -2;
	for (int i = 0; i < old_classes; i++)
		to[i] = -2;
	ann_lines l = ann_lines_of(data ? data : "", status ? 0 : n);
	while (!status && ann_next_line(&l)) {
		ann_field f = ann_trim(l.line, l.line + l.n);
		if (!ann_len(f) || base_is_comment(f.p, ann_len(f)))
			continue;
		const char *equal = memchr(f.p, '=', ann_len(f));
		if (!equal) {
			status = secant_fail(err, SECANT_ERR_FORMAT, "%s:%u: 'old = new' is needed", path, l.number);
			break;
		}
		ann_field old = ann_trim(f.p, equal), new = ann_trim(equal + 1, f.end);
		int at = ann_find_class(s, old.p, ann_len(old)),
			target = ann_len(new) ? ann_class_named(s, new.p, ann_len(new)) : -1;
		if (ann_is(old, "*"))
			others = target;
		else if (at < 0 || at >= old_classes)
			status = secant_fail(
				err, SECANT_ERR_FORMAT, "%s:%u: there is no class '%.*s'", path, l.number, (int)ann_len(old), old.p);
		else if (to[at] != -2)
			status = secant_fail(err, SECANT_ERR_FORMAT, "%s:%u: class '%.*s' is mapped twice", path, l.number,
				(int)ann_len(old), old.p);
		else
			to[at] = target;
	}
	for (int i = 0; !status && i < old_classes; i++)
		to[i] = to[i] == -2 ? others == -2 ? i : others : to[i];
	secant_free(data);
	return status;
}

secant_status
secant_dataset_remap(secant_dataset *d, const char *mapping_file, secant_err *err)
{
	ann_set *s = &d->set;
	int old = s->n_classes, n = 0, *to = secant_calloc((size_t)old + 1, sizeof *to);
	secant_status status = to ? read_mapping(s, to, old, mapping_file, err) : ann_nomem(err);
	int all = s->n_classes, *order = secant_calloc((size_t)all + 1, sizeof *order);
	bool *used = secant_calloc((size_t)all + 1, sizeof *used);
	if (!status && (!order || !used))
		status = ann_nomem(err);
	for (int i = 0; !status && i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		if (o->class < 0)
			continue;
		if (to[o->class] < 0)
			o->flags |= ANN_GONE;
		else
			o->class = to[o->class];
	}
	for (int i = 0; !status && i < old;
		 i++) /* classes stay in their order; new ones take the place of the first they replace */
		if (to[i] >= 0 && !used[to[i]]) {
			used[to[i]] = true;
			order[n++] = to[i];
		}
	for (int i = 0; !status && i < all; i++)
		if (!used[i])
			order[n++] = i;
	int keep = 0;
	for (int i = 0; !status && i < all; i++)
		keep += used[i];
	for (int i = 0; !status && i < s->n_objects; i++) /* dropped objects must not point behind the end of the list */
		if (s->objects[i].flags & ANN_GONE)
			s->objects[i].class = keep ? order[0] : ANN_NO_CLASS;
	if (!status)
		status = ann_reorder_classes(s, order, err);
	if (!status)
		status = ann_cut_classes(s, keep, err);
	for (int i = 0; !status && i < s->n_classes; i++)
		s->classes[i].id = ANN_NO_ID;
	secant_free(to), secant_free(order), secant_free(used);
	return status ? status : ann_compact(s, err);
}

typedef struct named {
	const char *name;
	int at;
} named;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

secant_status
secant_dataset_sample_down(secant_dataset *d, double n, int seed, secant_err *err)
{
	ann_set *s = &d->set;
	if (!(n > 0))
		return secant_fail(err, SECANT_ERR_ARG, "a sample of %g pictures", n);
	int keep = (int)fmin(s->n_images, nearbyint(n < 1 ? n * s->n_images : n));
	named *list = secant_calloc((size_t)s->n_images + 1, sizeof *list);
	int *shuffled = secant_calloc((size_t)s->n_images + 1, sizeof *shuffled);
	secant_status status = list && shuffled ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < s->n_images; i++) {
		list[i] = (named){ ann_str(s, s->images[i].name), i };
		shuffled[i] = i;
	}
	if (!status) {
		qsort(list, (size_t)s->n_images, sizeof *list, by_name);
		base_rng r = base_rng_make((uint64_t)seed, BASE_FOR_SAMPLE, 0, 0);
		base_rng_shuffle(&r, shuffled, s->n_images);
		for (int i = keep; i < s->n_images; i++)
			s->images[list[shuffled[i]].at].flags |= ANN_GONE;
	}
	secant_free(list), secant_free(shuffled);
	return status ? status : ann_compact(s, err);
}

secant_status
secant_dataset_to_masks(secant_dataset *d, secant_err *err)
{
	ann_set *s = &d->set;
	for (int i = 0; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		ann_rle r;
		if (o->flags & ANN_NO_BOX || ann_shape_kind(s, o->shape) == ANN_RLE)
			continue;
		secant_status status = ann_need_size(s, im, "a mask", err);
		uint8_t *layer = status ? NULL : secant_calloc((size_t)im->width * (size_t)im->height, 1);
		if (!status)
			status = layer ? ann_paint(s, o, false, im, layer, err) : ann_nomem(err);
		if (!status)
			status = ann_rle_from_pixels(&r, layer, (uint32_t)im->height, (uint32_t)im->width, err);
		secant_free(layer);
		if (status)
			return status;
		base_str t = { 0 };
		ann_rle_encode(&t, r.runs, r.n);
		o->shape = ann_rle_text(s, im->height, im->width, &t);
		base_str_free(&t);
		ann_rle_free(&r);
	}
	return ann_sound(s, err);
}

/* Corners of pixels of h x w masks that must stay (draw_junctions). */
typedef struct meeting {
	uint8_t *stays; /* NULL: none must */
	uint32_t h, w;
} meeting;

/* Traces the masks of a picture on trial until none vanishes. */
static secant_status
settle(const ann_set *s, int image, double tolerance, const meeting *m, secant_err *err)
{
	uint8_t *more = m->stays + ((size_t)m->h + 1) * ((size_t)m->w + 1);
	secant_err one = { 0 };
	do {
		*more = 0;
		for (uint32_t k = s->first[image]; !one.code && k < s->first[image + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			ann_set own;
			ann_rle r;
			if (ann_shape_kind(s, o->shape) != ANN_RLE || ann_rle_shape(&r, s, o->shape, m->h, m->w, NULL))
				continue; /* of another size: it is traced by itself */
			ann_init(&own);
			(void)ann_trace(&own, &r, tolerance, m->stays, &one);
			ann_free(&own);
			ann_rle_free(&r);
		}
	} while (*more && !one.code);
	return one.code ? secant_fail(err, one.code, "%s", one.msg) : SECANT_OK;
}

/* Where the masks of a picture meet, for borders that they share. */
static secant_status
meetings(const ann_set *s, int image, double tolerance, meeting *m, secant_err *err)
{
	uint32_t h = 0, w = 0, *region = NULL;
	secant_status status = SECANT_OK;
	for (uint32_t k = s->first[image]; !status && k < s->first[image + 1]; k++) {
		const ann_object *o = &s->objects[s->order[k]];
		if (o->flags & ANN_NO_BOX || ann_shape_kind(s, o->shape) != ANN_RLE)
			continue;
		uint32_t fh = (uint32_t)s->shapes[o->shape + 1], fw = (uint32_t)s->shapes[o->shape + 2];
		ann_rle r;
		if (!region && (region = secant_calloc((size_t)fh * fw + 1, sizeof *region)))
			h = fh, w = fw;
		if (!region)
			status = ann_nomem(err);
		else if (fh == h && fw == w && !(status = ann_rle_shape(&r, s, o->shape, h, w, err))) {
			uint64_t at = 0;
			for (size_t i = 0; i < r.n; at += r.runs[i++])
				for (uint64_t t = at; i & 1 && t < at + r.runs[i]; t++)
					region[t % h * w + t / h] = s->order[k] + 1;
			ann_rle_free(&r);
		}
	}
	*m = (meeting){ !status && region ? draw_junctions(region, (int)w, (int)h) : NULL, h, w };
	if (!status && region && !m->stays)
		status = ann_nomem(err);
	secant_free(region);
	return status || !m->stays ? status : settle(s, image, tolerance, m, err);
}

static secant_status
trace_object(ann_set *s, uint32_t at, double tolerance, const meeting *m, secant_err *err)
{
	ann_object *o = &s->objects[at];
	ann_rle r;
	secant_err one = { 0 };
	if (o->flags & ANN_NO_BOX || ann_shape_kind(s, o->shape) != ANN_RLE)
		return SECANT_OK;
	if (ann_rle_shape(&r, s, o->shape, (uint32_t)s->shapes[o->shape + 1], (uint32_t)s->shapes[o->shape + 2], &one))
		return secant_fail(err, one.code, "%s", one.msg);
	uint32_t shape = ann_trace(s, &r, tolerance, r.h == m->h && r.w == m->w ? m->stays : NULL, &one);
	ann_rle_free(&r);
	if (one.code)
		return secant_fail(err, one.code, "%s", one.msg);
	o->shape = shape;
	if (!shape)
		o->flags |= ANN_GONE; /* an empty mask has no polygon */
	return SECANT_OK;
}

secant_status
secant_dataset_to_polygons(secant_dataset *d, double tolerance, secant_err *err)
{
	ann_set *s = &d->set;
	secant_status status = ann_index(s, err);
	for (int i = 0; i < s->n_images && !status; i++) {
		meeting m = { .stays = NULL };
		if (tolerance > 0)
			status = meetings(s, i, tolerance, &m, err);
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
			status = trace_object(s, s->order[k], tolerance, &m, err);
		secant_free(m.stays);
	}
	return status ? status : ann_compact(s, err);
}
