/*
 * The checks that need the whole set: pictures, boxes, shapes, classes, lists. What a reader can see alone (bad lines,
 * unknown classes, double ids) it reports itself. Pictures are probed by their headers; --deep decodes them.
 */
#include "annotations/masks.h"
#include "annotations/dataset.h"
#include "annotations/rle.h"
#include "base/file.h"
#include "base/hash.h"
#include <secant/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

static const secant_opt rows[] = {
	SECANT_OPT(secant_dataset_checking, deep, BOOL, "deep", "false", 1, 0,
		"decode every picture and mask; look for near-duplicates"),
	SECANT_OPT_CHOICE(secant_dataset_checking, format, "format", "text", "text|json|sarif|html", "of the report"),
	SECANT_OPT(secant_dataset_checking, limit, INT, "limit", "10", 1, 1000000,
		"findings of each rule shown in the text report"),
	SECANT_OPT(secant_dataset_checking, few, INT, "few", "10", 0, 1000000, "class-few: below so many objects"),
	SECANT_OPT(secant_dataset_checking, imbalance, REAL, "imbalance", "50", 1, 1e9,
		"class-imbalance: most frequent over rarest class above this"),
	SECANT_OPT(secant_dataset_checking, tiny, REAL, "tiny", "4", 0, 1e6, "box-tiny: a side below so many pixels"),
	SECANT_OPT(secant_dataset_checking, outlier, REAL, "outlier", "4", 1, 100,
		"box-outlier: beyond so many deviations of the logarithm of its size"),
	SECANT_OPT(secant_dataset_checking, near, INT, "near", "5", 0, 7,
		"near-duplicate-image: distance of 64-bit perceptual hashes"),
	SECANT_OPT(secant_dataset_checking, profile, STR, "profile", NULL, 1, 0,
		"count-profile: nwpu-text, nwpu-paper or nwpu-coco"),
	SECANT_OPT(secant_dataset_checking, ignore, STRS, "ignore", NULL, 1, 0, "a rule not to report; may be given again"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_checking_options = { "checking", sizeof(secant_dataset_checking), rows };

typedef struct checker {
	ann_set *s;
	const secant_dataset_checking *o;
	const secant_watch *watch;
	secant_err *err;
	secant_status status;
} checker;

#define FIND(c, rule, level, file, line, ...) \
	((c)->status = (c)->status ? (c)->status : ann_find((c)->s, rule, level, file, line, 0, __VA_ARGS__))

static const char *
source(const ann_set *s, const ann_image *im)
{
	return ann_str(s, im->source ? im->source : im->path ? im->path : im->name);
}

/* --- pictures
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
picture_size(checker *c, const ann_image *im)
{
	const char *file = source(c->s, im), *name = ann_str(c->s, im->name);
	int w = im->real_width, h = im->real_height;
	if (im->orientation > 1)
		FIND(c, "exif-rotated", -1, ann_str(c->s, im->path), 0, "EXIF orientation %d: shown upright it is %d x %d",
			im->orientation, w, h);
	if (im->width <= 0 || !w || (im->width == w && im->height == h)) {
		if (w && im->depth > 0 && im->real_depth && im->depth != im->real_depth)
			FIND(c, "size-mismatch", -1, file, im->line, "'%s' is declared with depth %d, the picture has %d channels",
				name, im->depth, im->real_depth);
		return;
	}
	if (im->width == h && im->height == w)
		FIND(c, "size-swapped", -1, file, im->line, "'%s' is declared %d x %d, the picture is %d x %d", name, im->width,
			im->height, w, h);
	else
		FIND(c, "size-mismatch", -1, file, im->line, "'%s' is declared %d x %d, the picture is %d x %d", name,
			im->width, im->height, w, h);
}

static void
check_pictures(checker *c)
{
	ann_set *s = c->s;
	bool lists = s->n_splits > 0;
	int missing = 0;
	for (int i = 0; i < s->n_images; i++)
		missing += !s->images[i].path;
	for (int i = 0; i < s->n_images && !c->status; i++) {
		ann_image *im = &s->images[i];
		secant_err one = { 0 };
		if (!im->path) {
			if (missing < s->n_images || i == 0)
				FIND(c, "image-missing", missing == s->n_images ? SECANT_FINDING_WARNING : -1, source(s, im), im->line,
					missing == s->n_images ? "there is no picture '%s', nor any other" : "there is no picture '%s'",
					ann_str(s, im->name));
			continue;
		}
		if (ann_probe(s, i, &one)) {
			if (!(im->flags & ANN_UNREADABLE))
				c->status = ann_unreadable(s, i, ann_str(s, im->path), &one, c->err);
			continue;
		}
		picture_size(c, im);
		if (lists && !im->splits)
			FIND(c, "orphan-file", -1, ann_str(s, im->path), 0, "no list names this picture");
		secant_image_info info;
		if (im->mask && !secant_image_probe(ann_str(s, im->mask), &info, &one)) {
			if (info.width != im->real_width || info.height != im->real_height)
				FIND(c, "mask-size", -1, ann_str(s, im->mask), 0, "the mask is %d x %d, the picture %d x %d",
					info.width, info.height, im->real_width, im->real_height);
			int values = info.lossy ? ann_mask_values_of(ann_str(s, im->mask)) : 0;
			if (values > 2)
				FIND(c, "mask-lossy", -1, ann_str(s, im->mask), 0,
					"the mask is a lossy picture (JPEG) with %d grey values: write masks as PNG", values);
			if (!info.palette && ann_find_format(ann_str(s, s->format))->palette_masks)
				FIND(c, "mask-palette-lost", -1, ann_str(s, im->mask), 0, "the mask is no indexed picture");
		} else if (im->mask)
			c->status = s->images[i].flags & ANN_UNREADABLE_MASK
				? c->status
				: ann_unreadable(s, -1, ann_str(s, im->mask), &one, c->err);
		if (i % 256 == 255)
			c->status = ann_call_watch(c->watch, c->err);
	}
}

typedef struct keyed {
	uint64_t key;
	const char *name;
	int at;
} keyed;

static int
by_key(const void *a, const void *b)
{
	const keyed *p = a, *q = b;
	return p->key != q->key ? p->key > q->key ? 1 : -1 : p->at > q->at ? 1 : p->at < q->at ? -1 : 0;
}

/* Names that collide in a flat folder, or differ by case only. */
static void
check_names(checker *c, keyed *k)
{
	ann_set *s = c->s;
	char lower[1100];
	for (int pass = 0; pass < 2 && !c->status; pass++) {
		for (int i = 0; i < s->n_images; i++) {
			const char *full = ann_str(s, s->images[i].name), *name = pass ? full : base_path_name(full),
					   *dot = pass ? NULL : strrchr(name, '.');
			size_t n = dot ? (size_t)(dot - name) : strlen(name);
			n = n < sizeof lower ? n : sizeof lower;
			for (size_t j = 0; j < n; j++)
				lower[j] = pass && name[j] >= 'A' && name[j] <= 'Z' ? (char)(name[j] + 32) : name[j];
			k[i] = (keyed){ base_fnv1a(lower, n), full, i };
		}
		qsort(k, (size_t)s->n_images, sizeof *k, by_key);
		for (int i = 1; i < s->n_images && !c->status; i++) {
			if (k[i].key != k[i - 1].key)
				continue;
			bool nwpu = !strcmp(
				ann_str(s, s->format), "nwpu"); /* there the collision is part of the format, and numbered away */
			const char *file = source(s, &s->images[k[i].at]);
			if (!pass && !nwpu)
				FIND(c, "stem-collision", strchr(k[i].name, '/') ? SECANT_FINDING_WARNING : -1, file, 0,
					"'%s' and '%s' would get one name in a flat folder", k[i - 1].name, k[i].name);
			else if (pass && strcmp(k[i].name, k[i - 1].name) && !strcasecmp(k[i].name, k[i - 1].name))
				FIND(c, "path-portable", -1, file, 0, "'%s' and '%s' differ by case only", k[i - 1].name, k[i].name);
		}
	}
}

static bool
apart(const ann_image *a, const ann_image *b)
{
	return a->splits && b->splits && !(a->splits & b->splits);
}

/* Equal bytes: files of one size are hashed, others cannot be equal. */
static void
check_equal(checker *c, keyed *k)
{
	ann_set *s = c->s;
	int n = 0;
	struct stat st;
	for (int i = 0; i < s->n_images; i++)
		if (s->images[i].path && !stat(ann_str(s, s->images[i].path), &st) && st.st_size > 0)
			k[n++] = (keyed){ (uint64_t)st.st_size, NULL, i };
	qsort(k, (size_t)n, sizeof *k, by_key);
	int m = 0;
	for (int i = 0; i < n && !c->status; i++) {
		bool alone = (i == 0 || k[i].key != k[i - 1].key) && (i + 1 == n || k[i].key != k[i + 1].key);
		secant_bytes b;
		if (alone || base_file_map(&b, ann_str(s, s->images[k[i].at].path), NULL))
			continue;
		uint64_t h = 0x9e3779b97f4a7c15u ^ k[i].key;
		for (size_t at = 0; at < b.size; at += 8) {
			uint64_t w = 0;
			memcpy(&w, b.data + at, b.size - at < 8 ? b.size - at : 8);
			h = (h ^ w) * 0xff51afd7ed558ccdu;
			h ^= h >> 32;
		}
		base_file_unmap(&b);
		k[m].name = NULL;
		k[m++] = (keyed){ h, NULL, k[i].at }; /* m <= i: places already used up */
		if (i % 256 == 255)
			c->status = ann_call_watch(c->watch, c->err);
	}
	qsort(k, (size_t)m, sizeof *k, by_key);
	for (int i = 1; i < m && !c->status; i++)
		if (k[i].key == k[i - 1].key) {
			const ann_image *a = &s->images[k[i - 1].at], *b = &s->images[k[i].at];
			FIND(c, "duplicate-image", apart(a, b) ? SECANT_FINDING_ERROR : -1, ann_str(s, b->path), 0,
				apart(a, b) ? "same bytes as '%s', which is in another list" : "same bytes as '%s'",
				ann_str(s, a->name));
		}
}

/* Difference hash: is each of 8 x 8 areas of the grey picture brighter than its right neighbour? 0 for pictures without
 * contrast. */
static uint64_t
difference_hash(const secant_image *im, secant_err *err)
{
	secant_image grey = { 0 }, small = { 0 };
	uint64_t h = 0;
	if (!secant_image_convert(&grey, im, 1, SECANT_U8, err)
		&& !secant_image_resize(&small, &grey, 9, 8, SECANT_FILTER_AREA, err))
		for (int y = 0; y < 8; y++)
			for (int x = 0; x < 8; x++)
				h = h << 1 | (((uint8_t *)small.data)[y * 9 + x] > ((uint8_t *)small.data)[y * 9 + x + 1]);
	secant_image_free(&grey);
	secant_image_free(&small);
	return h;
}

/* Hashes within 7 bits of each other agree in one of their 8 bytes: those are looked up. */
static void
check_near(checker *c)
{
	ann_set *s = c->s;
	uint64_t *hash = secant_calloc((size_t)s->n_images + 1, sizeof *hash);
	int *last = secant_calloc(8 * 256, sizeof *last), *next = secant_calloc(8 * (size_t)s->n_images + 1, sizeof *next);
	if (!hash || !last || !next)
		c->status = ann_nomem(c->err);
	for (int i = 0; i < s->n_images && !c->status; i++) {
		ann_image *im = &s->images[i];
		secant_image picture = { 0 };
		secant_err one = { 0 };
		secant_image_read_options read = { .to_u8 = true };
		if (!im->path || !im->real_width)
			continue;
		if (secant_image_read(&picture, ann_str(s, im->path), &read, &one)) {
			c->status = ann_unreadable(s, i, ann_str(s, im->path), &one, c->err);
			continue;
		}
		hash[i] = difference_hash(&picture, &one);
		secant_image_free(&picture);
		int near = -1;
		for (int b = 0; b < 8 && hash[i]; b++) {
			int *head = &last[b * 256 + (int)(hash[i] >> 8 * b & 255)], tries = 0;
			for (int k = *head; k && tries < 2000 && near < 0; k = next[8 * (k - 1) + b], tries++)
				if (__builtin_popcountll(hash[k - 1] ^ hash[i]) <= c->o->near)
					near = k - 1;
			next[8 * i + b] = *head;
			*head = i + 1;
		}
		if (near >= 0)
			FIND(c, "near-duplicate-image", apart(&s->images[near], im) ? SECANT_FINDING_WARNING : -1,
				ann_str(s, im->path), 0, "looks like '%s' (distance %d of 64)%s", ann_str(s, s->images[near].name),
				__builtin_popcountll(hash[near] ^ hash[i]),
				apart(&s->images[near], im) ? ", which is in another list" : "");
		c->status = c->status ? c->status : ann_call_watch(c->watch, c->err);
	}
	secant_free(hash), secant_free(last), secant_free(next);
}

/* --- objects
 * ----------------------------------------------------------------------------------------------------------------
 */

static bool
crosses(const double *a, const double *b, const double *p, const double *q)
{
	double d1 = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]),
		   d2 = (b[0] - a[0]) * (q[1] - a[1]) - (b[1] - a[1]) * (q[0] - a[0]);
	double d3 = (q[0] - p[0]) * (a[1] - p[1]) - (q[1] - p[1]) * (a[0] - p[0]),
		   d4 = (q[0] - p[0]) * (b[1] - p[1]) - (q[1] - p[1]) * (b[0] - p[0]);
	return ((d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0)) && ((d3 > 0 && d4 < 0) || (d3 < 0 && d4 > 0));
}

/* Pairs of sides; rings of more than 2000 points are left alone (it would take seconds each). */
static bool
self_intersects(const double *xy, int n)
{
	for (int i = 0; i < n && n <= 2000; i++)
		for (int j = i + 2; j < n; j++) {
			if (i == 0 && j == n - 1)
				continue;
			if (crosses(xy + 2 * i, xy + 2 * ((i + 1) % n), xy + 2 * j, xy + 2 * ((j + 1) % n)))
				return true;
		}
	return false;
}

static void
check_shape(checker *c, const ann_object *o, const char *file, const ann_image *im)
{
	ann_set *s = c->s;
	ann_kind kind = ann_shape_kind(s, o->shape);
	double box[4];
	if (kind == ANN_RLE) {
		if (im->width > 0 && (s->shapes[o->shape + 1] != im->height || s->shapes[o->shape + 2] != im->width))
			FIND(c, "rle-size", -1, file, o->line, "a mask of %g x %g on a picture of %d x %d", s->shapes[o->shape + 2],
				s->shapes[o->shape + 1], im->width, im->height);
	} else {
		int parts, n;
		const double *xy, *p = ann_parts(s, o->shape, &parts);
		for (int i = 0; i < parts; i++) {
			p = ann_part(p, &xy, &n);
			if (kind > ANN_QUAD)
				continue;
			if (n < 3)
				FIND(c, "polygon-short", -1, file, o->line, "a polygon of %d points", n);
			else if (kind != ANN_LINE && self_intersects(xy, n))
				FIND(c, "polygon-self-intersection", -1, file, o->line, "sides of a polygon of %d points cross", n);
		}
		if (!(o->flags & (ANN_BOX_DERIVED | ANN_NO_BOX)) && kind != ANN_POINTS && ann_extent(s, o->shape, box)
			&& (fabs(box[0] - ann_x0(o)) > 1 || fabs(box[1] - ann_y0(o)) > 1 || fabs(box[2] - ann_x1(o)) > 1
				|| fabs(box[3] - ann_y1(o)) > 1))
			FIND(c, "polygon-bbox-mismatch", -1, file, o->line,
				"the polygon spans %g, %g to %g, %g, the box %g, %g to %g, %g", box[0], box[1], box[2], box[3],
				ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o));
	}
	if (!isnan(o->area) && kind <= ANN_QUAD) {
		double area = ann_shape_area(s, o->shape);
		int parts;
		(void)ann_parts(s, o->shape, &parts);
		if (parts < 2 && fabs(area - o->area) > fmax(2, 0.05 * fmax(area, o->area)))
			FIND(c, "area-mismatch", -1, file, o->line, "stored area %g, the shape has %g", o->area, area);
	}
}

static void
check_box(checker *c, const ann_object *o, const char *file, const ann_image *im)
{
	double x0 = ann_x0(o), y0 = ann_y0(o), x1 = ann_x1(o), y1 = ann_y1(o), w = im->width, h = im->height;
	const char *class = o->class >= 0 ? ann_str(c->s, c->s->classes[o->class].name) : "";
	if (x1 < x0 || y1 < y0)
		FIND(c, "box-inverted", -1, file, o->line, "'%s': %g, %g to %g, %g", class, x0, y0, x1, y1);
	else if ((x1 == x0 || y1 == y0) && ann_shape_kind(c->s, o->shape) != ANN_POINTS
		&& ann_shape_kind(c->s, o->shape) != ANN_LINE)
		FIND(c, "box-empty", -1, file, o->line, "'%s': %g, %g to %g, %g has no area", class, x0, y0, x1, y1);
	else if (w > 0 && (x1 <= 0 || y1 <= 0 || x0 >= w || y0 >= h))
		FIND(c, "box-outside", -1, file, o->line, "'%s': %g, %g to %g, %g on a picture of %g x %g", class, x0, y0, x1,
			y1, w, h);
	else if (w > 0
		&& (x0 < -1e-3 || y0 < -1e-3 || x1 > w + 1e-3 || y1 > h + 1e-3)) /* shares of six decimals are that near */
		FIND(c, "box-clipped", -1, file, o->line, "'%s': %g, %g to %g, %g reaches out of %g x %g", class, x0, y0, x1,
			y1, w, h);
	else if (x1 - x0 < c->o->tiny || y1 - y0 < c->o->tiny)
		FIND(c, "box-tiny", -1, file, o->line, "'%s': %g x %g pixels", class, x1 - x0, y1 - y0);
}

static bool
same_box(const ann_object *a, const ann_object *b)
{
	return a->class == b->class && ann_x0(a) == ann_x0(b) && ann_y0(a) == ann_y0(b) && ann_x1(a) == ann_x1(b)
		&& ann_y1(a) == ann_y1(b);
}

static void
check_objects(checker *c)
{
	ann_set *s = c->s;
	for (int i = 0; i < s->n_images && !c->status; i++) {
		const ann_image *im = &s->images[i];
		const char *file = source(s, im);
		for (uint32_t k = s->first[i]; k < s->first[i + 1] && !c->status; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			if (!(o->flags & ANN_BOX_DERIVED && ann_shape_kind(s, o->shape) == ANN_RLE))
				check_box(c, o, file, im);
			if (o->shape)
				check_shape(c, o, file, im);
			uint32_t from = k > s->first[i] + 400
				? k - 400
				: s->first[i]; /* neighbours in the file; the n^2 of a hostile picture is bounded */
			for (uint32_t j = from; j < k; j++)
				if (same_box(o, &s->objects[s->order[j]]) && !o->shape) {
					FIND(c, "box-duplicate", -1, file, o->line, "'%s': %g, %g to %g, %g stands twice (line %u)",
						o->class >= 0 ? ann_str(s, s->classes[o->class].name) : "", ann_x0(o), ann_y0(o), ann_x1(o),
						ann_y1(o), s->objects[s->order[j]].line);
					break;
				}
		}
	}
}

/* --- classes and lists
 * ----------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int count[10];
	int sum;
} profiles[] = {
	{ "nwpu-text", { 757, 302, 655, 390, 524, 159, 163, 224, 124, 598 }, 3896 },
	{ "nwpu-paper", { 757, 302, 655, 390, 524, 159, 163, 224, 124, 477 }, 3775 },
	{ "nwpu-coco", { 757, 298, 662, 391, 524, 159, 163, 239, 124, 604 }, 3921 },
};

static void
check_profile(checker *c, const int *count)
{
	ann_set *s = c->s;
	int best = -1, differ = 0;
	bool asked = c->o->profile != NULL;
	for (int p = 0; p < 3; p++)
		if (asked ? !strcmp(c->o->profile, profiles[p].name)
				  : abs(s->n_objects - profiles[p].sum) < 30 && s->n_classes == 10
					&& (best < 0 || abs(s->n_objects - profiles[p].sum) < abs(s->n_objects - profiles[best].sum)))
			best = p;
	if (asked && best < 0) {
		c->status = secant_fail(
			c->err, SECANT_ERR_ARG, "--profile: '%s' is not nwpu-text, nwpu-paper or nwpu-coco", c->o->profile);
		return;
	}
	bool own = s->n_classes == 10 && (ann_find_class(s, "airplane", 8) == 0);
	if (best < 0 || (!asked && !own))
		return;
	for (int i = 0; i < s->n_classes && i < 10; i++)
		if (count[i] != profiles[best].count[i]) {
			differ++;
			FIND(c, "count-profile", -1, ann_str(s, s->root), 0, "'%s': %d objects, profile %s has %d",
				ann_str(s, s->classes[i].name), count[i], profiles[best].name, profiles[best].count[i]);
		}
	if (!differ)
		ann_note(s, "counts are those of profile %s", profiles[best].name);
}

static void
check_outliers(checker *c, const int *count)
{
	ann_set *s = c->s;
	double *sum = secant_calloc(2 * (size_t)s->n_classes + 1, sizeof *sum);
	if (!sum)
		c->status = ann_nomem(c->err);
	for (int pass = 0; pass < 2 && !c->status; pass++)
		for (int i = 0; i < s->n_objects && !c->status; i++) {
			const ann_object *o = &s->objects[i];
			double area = ann_w(o) * ann_h(o);
			if (o->class < 0 || o->flags & (ANN_NO_BOX | ANN_VOID) || !(area > 0) || count[o->class] < 20)
				continue;
			double v = log(area) / 2, n = count[o->class], mean = sum[2 * o->class] / n;
			double deviation = sqrt(fmax(0, sum[2 * o->class + 1] / n - mean * mean));
			if (!pass) {
				sum[2 * o->class] += v;
				sum[2 * o->class + 1] += v * v;
			} else if (deviation > 1e-6 && fabs(v - mean) > c->o->outlier * deviation)
				FIND(c, "box-outlier", -1, source(s, &s->images[o->image]), o->line,
					"'%s': side %.1f where the class has %.1f on average", ann_str(s, s->classes[o->class].name),
					exp(v), exp(mean));
		}
	secant_free(sum);
}

static void
check_classes(checker *c)
{
	ann_set *s = c->s;
	const char *file = ann_str(s, s->root);
	int *count = secant_calloc((size_t)s->n_classes + 1, sizeof *count), most = 0, least = 0;
	int64_t lowest = INT64_MAX, highest = INT64_MIN;
	bool ids = s->n_classes > 0;
	if (!count) {
		c->status = ann_nomem(c->err);
		return;
	}
	for (int i = 0; i < s->n_objects; i++)
		if (s->objects[i].class >= 0)
			count[s->objects[i].class]++;
	bool undecoded = !s->n_objects && s->n_images && s->images[0].mask; /* masks are decoded by --deep only */
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		size_t n = strlen(name);
		if (undecoded || s->classes[i].is_background || s->classes[i].is_void)
			continue;
		if (!count[i])
			FIND(c, "class-unused", -1, file, 0, "class '%s' has no objects", name);
		else if (count[i] < c->o->few)
			FIND(c, "class-few", -1, file, 0, "class '%s' has %d objects", name, count[i]);
		if (n && (name[0] == ' ' || name[n - 1] == ' ' || strstr(name, "  ")))
			FIND(c, "class-name-space", -1, file, 0, "class '%s'", name);
		most = count[i] > count[most] ? i : most;
		least = count[i] && (!count[least] || count[i] < count[least]) ? i : least;
		ids = ids && s->classes[i].id != ANN_NO_ID;
		lowest = s->classes[i].id < lowest ? s->classes[i].id : lowest;
		highest = s->classes[i].id > highest ? s->classes[i].id : highest;
	}
	if (s->n_classes > 1 && count[least] && (double)count[most] / count[least] > c->o->imbalance)
		FIND(c, "class-imbalance", -1, file, 0, "'%s' has %d objects, '%s' %d", ann_str(s, s->classes[most].name),
			count[most], ann_str(s, s->classes[least].name), count[least]);
	if (ids && ann_find_format(ann_str(s, s->format))->keeps_ids && lowest != 1)
		FIND(c, "class-id-origin", -1, file, 0, "the smallest category id is %lld where 1 is usual", (long long)lowest);
	if (ids && ann_find_format(ann_str(s, s->format))->keeps_ids && highest - lowest + 1 != s->n_classes)
		FIND(c, "class-id-origin", SECANT_FINDING_INFO, file, 0,
			"category ids %lld to %lld for %d classes: there are gaps", (long long)lowest, (long long)highest,
			s->n_classes);
	check_profile(c, count);
	check_outliers(c, count);
	secant_free(count);
}

static void
check_lists(checker *c)
{
	ann_set *s = c->s;
	static const char *const exclusive[] = { "train", "val", "valid", "test" };
	uint64_t apart_bits = 0;
	for (int i = 0; i < s->n_splits; i++)
		for (int k = 0; k < 4; k++)
			apart_bits |= !strcmp(ann_str(s, s->splits[i]), exclusive[k]) ? 1ull << i : 0;
	for (int i = 0; i < s->n_images && !c->status; i++)
		if (__builtin_popcountll(s->images[i].splits & apart_bits) > 1)
			FIND(c, "split-overlap", -1, source(s, &s->images[i]), 0, "'%s' is in %d lists that should be apart",
				ann_str(s, s->images[i].name), __builtin_popcountll(s->images[i].splits & apart_bits));
	uint64_t *where = secant_calloc((size_t)s->n_classes + 1, sizeof *where);
	for (int i = 0; where && i < s->n_objects; i++)
		if (s->objects[i].class >= 0)
			where[s->objects[i].class] |= s->images[s->objects[i].image].splits;
	for (int k = 0; where && k < s->n_splits; k++)
		for (int i = 0; i < s->n_classes; i++)
			if (where[i] && !(where[i] >> k & 1))
				FIND(c, "split-class-missing", -1, ann_str(s, s->root), 0, "list '%s' has no '%s'",
					ann_str(s, s->splits[k]), ann_str(s, s->classes[i].name));
	secant_free(where);
}

secant_status
ann_check_set(ann_set *s, const secant_dataset_checking *o, const secant_watch *watch, secant_err *err)
{
	checker c = { s, o, watch, err, SECANT_OK };
	keyed *k = secant_calloc((size_t)s->n_images + 1, sizeof *k);
	if (!k)
		return ann_nomem(err);
	check_pictures(&c);
	check_names(&c, k);
	check_equal(&c, k);
	if (o->deep)
		check_near(&c);
	check_objects(&c);
	check_classes(&c);
	check_lists(&c);
	secant_free(k);
	return c.status ? secant_fail(err, c.status, "the check could not be finished") : SECANT_OK;
}

/* --- the public face
 * ------------------------------------------------------------------------------------------------------------- */

struct secant_check {
	secant_dataset *d;
};

secant_check *
secant_dataset_check(const char *path, const secant_dataset_reading *reading, const secant_dataset_checking *options,
	const secant_watch *watch, secant_err *err)
{
	secant_dataset_reading r = reading ? *reading : (secant_dataset_reading){ .probe = true };
	secant_dataset_checking o;
	secant_check *c = secant_calloc(1, sizeof *c);
	r.masks = options && options->deep;
	if (!c) {
		(void)ann_nomem(err);
		return NULL;
	}
	const char *ids[128] = { NULL };
	for (int i = 0; i < 127 && secant_check_rule(i, &ids[i], NULL, NULL); i++)
		;
	for (int i = 0; options && i < options->ignore.n; i++) {
		int at = 0;
		while (ids[at] && strcmp(ids[at], options->ignore.v[i]))
			at++;
		if (!ids[at]) {
			const char *near = secant_nearest(options->ignore.v[i], ids);
			(void)secant_fail(err, SECANT_ERR_ARG, "--ignore: there is no rule '%s'%s%s%s", options->ignore.v[i],
				near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
			secant_free(c);
			return NULL;
		}
	}
	if (options)
		o = *options;
	else if (secant_opts_init(&secant_dataset_checking_options, &o, err)) {
		secant_free(c);
		return NULL;
	}
	c->d = ann_open(path, &r, watch, true, err);
	if (!c->d || ann_check_set(&c->d->set, &o, watch, err)) {
		secant_check_free(c);
		c = NULL;
	}
	if (!options)
		secant_opts_free(&secant_dataset_checking_options, &o);
	ann_findings *f = c ? c->d->set.findings : NULL;
	for (int i = 0; f && options && i < options->ignore.n; i++) {
		int n = 0;
		for (int k = 0; k < f->n; k++) {
			bool drop = !strcmp(ann_rules[f->v[k].rule].id, options->ignore.v[i]);
			f->count[f->v[k].level] -= drop;
			f->per_rule[f->v[k].rule] -= drop;
			if (!drop)
				f->v[n++] = f->v[k];
		}
		f->n = n;
	}
	return c;
}

void
secant_check_free(secant_check *c)
{
	if (c)
		secant_dataset_free(c->d);
	secant_free(c);
}

int
secant_check_count(const secant_check *c, secant_finding_level level)
{
	return c->d->set.findings ? c->d->set.findings->count[level] : 0;
}

int
secant_check_findings(const secant_check *c)
{
	return c->d->set.findings ? c->d->set.findings->n : 0;
}

bool
secant_check_finding(const secant_check *c, int i, secant_finding *to)
{
	const ann_set *s = &c->d->set;
	if (i < 0 || i >= secant_check_findings(c))
		return false;
	const ann_finding *f = &s->findings->v[i];
	*to = (secant_finding){ ann_rules[f->rule].id, (secant_finding_level)f->level, ann_finding_text(s, f->file),
		(int)f->line, (int)f->column, ann_finding_text(s, f->message) };
	return true;
}

char *
secant_check_report(const secant_check *c, const secant_dataset_checking *options)
{
	return ann_check_report(&c->d->set, options);
}

static bool
clip(ann_object *o, const ann_image *im)
{
	double x0 = ann_x0(o), y0 = ann_y0(o), x1 = ann_x1(o), y1 = ann_y1(o), w = im->width, h = im->height;
	if (w <= 0 || (x0 >= 0 && y0 >= 0 && x1 <= w && y1 <= h) || x1 <= 0 || y1 <= 0 || x0 >= w || y0 >= h)
		return false;
	ann_corners(o, fmax(0, x0), fmax(0, y0), fmin(w, x1), fmin(h, y1));
	o->area = o->shape ? o->area : NAN;
	return true;
}

secant_dataset *
secant_check_fix(secant_check *c, int *fixed, secant_err *err)
{
	ann_set *s = &c->d->set;
	*fixed = 0;
	s->collect = false;
	for (int i = 0; i < s->n_images; i++) {
		ann_image *im = &s->images[i];
		if (im->real_width
			&& (im->width != im->real_width || im->height != im->real_height || im->depth != im->real_depth)) {
			im->width = im->real_width, im->height = im->real_height, im->depth = im->real_depth;
			++*fixed;
		}
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			ann_object *o = &s->objects[s->order[k]];
			if (o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			for (uint32_t j = s->first[i]; j < k && !o->shape; j++)
				if (!(s->objects[s->order[j]].flags & ANN_GONE) && same_box(o, &s->objects[s->order[j]])) {
					o->flags |= ANN_GONE;
					++*fixed;
					break;
				}
			if (!(o->flags & ANN_GONE))
				*fixed += clip(o, im);
		}
	}
	return ann_compact(s, err) ? NULL : c->d;
}
