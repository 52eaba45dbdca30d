/*
 * One COCO file, in one pass and without a tree: pictures, categories, annotations with boxes, polygons, both forms of
 * run lengths, labels, captions, panoptic segments. Annotations that stand before the pictures they name are read in a
 * second pass.
 */
#include "annotations/coco.h"
#include "annotations/attributes.h"
#include "annotations/json_pull.h"
#include "annotations/rle.h"
#include "base/file.h"
#include "base/hash.h"
#include <secant/codec.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct reader {
	ann_set *s;
	json_pull *j;
	const char *path, *root;
	int split, old_classes; /* classes of files before this one */
	ann_table images, categories, ids;
	ann_segmentation segmentation; /* being read */
	int renumbered; /* classes that a file before numbers otherwise */
	int twice, flat; /* pictures that stand twice, boxes of no extent beside a shape */
	ann_text twice_first;
	secant_err *err;
	secant_status status; /* first failure that is not of the text itself */
} reader;

static void
fail(reader *r, secant_status status)
{
	if (status && !r->status) {
		r->status = status;
		if (!r->j->err.code)
			(void)secant_fail(&r->j->err, status, "stopped");
	}
}

static void
keep(reader *r, uint32_t *head, ann_field key)
{
	ann_field raw;
	char name[128];
	bool nothing = ann_pull_peek(r->j) == '0' && (ann_is(key, "area") || ann_is(key, "width") || ann_is(key, "height"));
	ann_pull_skip(r->j, &raw);
	if (nothing)
		return; /* null where the model has a place: not known */
	ann_pull_plain_key(r->j, key, "coco.", name, sizeof name);
	if (!r->j->err.code)
		ann_add_attribute(r->s, head, name, raw.p, ann_len(raw));
}

static void
read_flat(reader *r, uint32_t *head)
{
	ann_field key, raw;
	char name[200];
	if (ann_pull_peek(r->j) != 'o') {
		ann_pull_skip(r->j, NULL);
		return;
	}
	for (ann_pull_object(r->j); ann_pull_key(r->j, &key);) {
		ann_pull_plain_key(r->j, key, "", name, sizeof name);
		ann_pull_skip(r->j, &raw);
		if (!r->j->err.code)
			ann_add_attribute(r->s, head, name, raw.p, ann_len(raw));
	}
}

/* An id, which other writers leave as text, as a float or as a number beyond 64 bits: *key tells it apart from others,
 * *id (nullable) is set when it is a whole number that can be written again. */
static bool
read_id(reader *r, int64_t *key, int64_t *id)
{
	ann_field raw, plain;
	double v;
	char kind = ann_pull_peek(r->j);
	ann_pull_skip(r->j, &raw);
	if (r->j->err.code || (kind != 'n' && kind != 's'))
		return false;
	plain = kind == 's' ? (ann_field){ raw.p + 1, raw.end - 1 } : raw;
	bool whole = ann_integer(plain.p, plain.end, key);
	if (!whole && kind == 'n' && ann_real(plain.p, plain.end, &v) && fabs(v) < 9e15) {
		if (v != floor(v)) {
			ann_pull_fail(r->j, "found %.17g where a whole number should stand", v);
			return false;
		}
		*key = (int64_t)v;
		whole = true;
	}
	if (!whole)
		*key = (int64_t)(base_fnv1a(plain.p, ann_len(plain)) | 1ull << 62);
	else if (id)
		*id = *key;
	return true;
}

/* LVIS has no file_name but an address that ends in it. */
static void
name_of_url(reader *r, uint32_t head, uint32_t line, char name[1024])
{
	const char *json = head ? ann_get(r->s, head, "coco.coco_url") : NULL;
	base_str url = { 0 };
	if (json)
		ann_json_plain(&url, json);
	const char *last = url.p ? base_path_name(url.p) : "";
	if (*last)
		fail(r, ann_picture_name(r->s, last, strlen(last), r->path, line, name, r->err));
	base_str_free(&url);
}

static void
read_image(reader *r)
{
	ann_field key, text;
	char name[1024] = "";
	ann_image im = { .id = ANN_NO_ID };
	uint32_t line = ann_pull_line(r->j), head = 0;
	int64_t v, own = ANN_NO_ID;
	for (ann_pull_object(r->j); ann_pull_key(r->j, &key);) {
		if (ann_is(key, "id"))
			(void)read_id(r, &own, &im.id);
		else if (ann_is(key, "file_name") || (ann_is(key, "filename") && !*name && ann_pull_peek(r->j) == 's')) {
			if (ann_pull_string(r->j, &text))
				fail(r, ann_picture_name(r->s, text.p, ann_len(text), r->path, line, name, r->err));
		} else if ((ann_is(key, "width") || ann_is(key, "height")) && ann_pull_peek(r->j) == 'n') {
			if (ann_pull_integer(r->j, &v)) {
				if (v < 0 || v > 1 << 30)
					ann_pull_fail(r->j, "a size of %lld", (long long)v);
				*(ann_is(key, "width") ? &im.width : &im.height) = (int32_t)v;
			}
		} else
			keep(r, &head, key);
	}
	if (r->j->err.code)
		return;
	if (!*name)
		name_of_url(r, head, line, name);
	if (!*name) {
		if (im.id == ANN_NO_ID) {
			fail(r, ann_bad(r->s, "parse-error", r->path, line, 0, r->err, "a picture without file_name and number"));
			return;
		}
		snprintf(name, sizeof name, "%012lld.jpg", (long long)im.id);
	}
	uint32_t known;
	if (own != ANN_NO_ID && ann_table_get(&r->images, (uint64_t)own, &known)) {
		fail(r,
			ann_bad(r->s, "id-duplicate", r->path, line, 0, r->err, "picture id %lld stands twice: '%s' and '%s'",
				(long long)own, ann_str(r->s, r->s->images[known].name), name));
		return;
	}
	/* one picture in two files (train of one task, train of another) is one picture, and so is one that a file lists
	 * for each of its objects; two of one name and two sizes are not */
	int at = ann_find_image(r->s, name, strlen(name));
	if (at >= 0 && r->s->images[at].id != im.id && r->s->images[at].source
		&& !strcmp(ann_str(r->s, r->s->images[at].source), r->path) && r->s->images[at].width == im.width
		&& r->s->images[at].height == im.height) {
		if (!r->twice++)
			r->twice_first = r->s->images[at].name;
	} else if (at >= 0 && (r->s->images[at].id != im.id || r->s->images[at].source == 0))
		at = -1;
	if (at < 0) {
		at = ann_add_image(r->s, name, strlen(name));
		if (at < 0) {
			fail(r, ann_nomem(r->err));
			return;
		}
		ann_image *to = &r->s->images[at];
		to->id = im.id, to->width = im.width, to->height = im.height, to->attributes = head, to->line = line;
		to->source = ann_intern(r->s, r->path, strlen(r->path));
	}
	if (r->split >= 0)
		r->s->images[at].splits |= 1ull << r->split;
	if (own != ANN_NO_ID && !ann_table_put(&r->images, (uint64_t)own, (uint32_t)at))
		fail(r, ann_nomem(r->err));
}

static void
read_category(reader *r)
{
	ann_field key, text = { "", "" };
	char name[300] = "";
	int64_t id = ANN_NO_ID, own = ANN_NO_ID;
	uint32_t head = 0, line = ann_pull_line(r->j), known;
	for (ann_pull_object(r->j); ann_pull_key(r->j, &key);) {
		if (ann_is(key, "id"))
			(void)read_id(r, &own, &id);
		else if (ann_is(key, "name")) {
			if (ann_pull_peek(r->j) != 's') { /* a number or null: its text is the name */
				ann_pull_skip(r->j, &text);
				snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
			} else if (ann_pull_string(r->j, &text))
				snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		} else
			keep(r, &head, key);
	}
	if (r->j->err.code)
		return;
	if (own == ANN_NO_ID) {
		fail(r, ann_bad(r->s, "parse-error", r->path, line, 0, r->err, "category '%s' without id", name));
		return;
	}
	if (!*name) { /* its number is the name */
		snprintf(name, sizeof name, "%lld", (long long)own);
		ann_note(r->s, "%s: category %s has no name and is called by its number", r->path, name);
	}
	if (ann_table_get(&r->categories, (uint64_t)own, &known)) {
		fail(r,
			ann_bad(r->s, "id-duplicate", r->path, line, 0, r->err, "category id %lld stands twice: '%s' and '%s'",
				(long long)own, ann_str(r->s, r->s->classes[known].name), name));
		return;
	}
	/* Files number classes as they like: the name counts. Within one file two numbers are two classes. */
	int at = ann_find_class(r->s, name, strlen(name));
	if (at >= 0 && at < r->old_classes)
		r->renumbered += r->s->classes[at].id != id;
	else if (at < 0 || r->s->classes[at].id != id) {
		at = ann_add_class(r->s, name, strlen(name), id);
		if (at >= 0)
			r->s->classes[at].attributes = head;
	}
	if (at < 0 || !ann_table_put(&r->categories, (uint64_t)own, (uint32_t)at))
		fail(r, ann_nomem(r->err));
}

typedef struct found {
	ann_object o;
	int64_t image, category;
	bool has_box, has_shape, has_category, caption;
	uint32_t image_head;
	ann_field segments, file;
} found;

static void
read_box(reader *r, found *f)
{
	static const char *const names[] = { "x", "y", "width", "height", "left", "top", "w", "h" };
	double v;
	ann_field key;
	int n = 0;
	char kind = ann_pull_peek(r->j);
	if (kind == 'o') { /* by names */
		for (ann_pull_object(r->j); ann_pull_key(r->j, &key);) {
			size_t k = 0;
			while (k < 8 && !ann_is(key, names[k]))
				k++;
			if (k < 8)
				n += ann_pull_number_text(r->j, &f->o.box[k & 3]);
			else
				ann_pull_skip(r->j, NULL);
		}
		if (n != 4)
			ann_pull_fail(r->j, "a box without all of x, y, width, height");
		f->has_box = true;
		return;
	}
	if (kind != 'a' && kind != '0' && !r->j->err.code)
		ann_pull_fail(r->j, "a box is a list of four numbers: x, y, width, height");
	if (kind != 'a') {
		ann_pull_skip(r->j, NULL);
		return;
	}
	for (ann_pull_array(r->j); ann_pull_element(r->j) && ann_pull_number_text(r->j, &v); n++)
		if (n < 4)
			f->o.box[n] = v;
	if (n != 4 && n != 0)
		ann_pull_fail(r->j, "a box of %d numbers; x, y, width, height are needed", n);
	f->has_box = n == 4;
}

static void
read_member(reader *r, ann_field key, found *f)
{
	json_pull *j = r->j;
	int64_t v;
	ann_field raw;
	if (ann_is(key, "id"))
		(void)read_id(r, &v, &f->o.id);
	else if (ann_is(key, "image_id"))
		(void)read_id(r, &f->image, NULL);
	else if (ann_is(key, "category_id"))
		f->has_category = read_id(r, &f->category, NULL);
	else if (ann_is(key, "bbox"))
		read_box(r, f);
	else if (ann_is(key, "area") && ann_pull_peek(j) == 'n')
		(void)ann_pull_number(j, &f->o.area);
	else if (ann_is(key, "iscrowd") && ann_pull_peek(j) == 'n') {
		if (ann_pull_integer(j, &v) && v)
			f->o.flags |= ANN_CROWD;
	} else if (ann_is(key, "segmentation")) {
		ann_coco_segmentation(j, &r->segmentation);
		f->has_shape = true;
	} else if (ann_is(key, "attributes"))
		read_flat(r, &f->o.attributes);
	else if (ann_is(key, "segments_info"))
		ann_pull_skip(j, &f->segments);
	else if (ann_is(key, "file_name"))
		ann_pull_skip(j, &f->file);
	else if (ann_is(key, "score")) {
		ann_pull_skip(j, &raw);
		if (!j->err.code)
			ann_add_attribute(r->s, &f->o.attributes, "score", raw.p, ann_len(raw));
	} else {
		f->caption = f->caption || ann_is(key, "caption");
		keep(r, &f->o.attributes, key);
	}
}

/* Of an object that has nothing but keypoints x, y, visible: their extent, as pycocotools' loadRes takes it. */
static bool
box_of_keypoints(const ann_set *s, uint32_t head, double box[4])
{
	const char *value = head ? ann_get(s, head, "coco.keypoints") : NULL;
	double v[3] = { 0 }, e[4] = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	json_pull j;
	int n = 0;
	if (!value)
		return false;
	ann_pull_init(&j, value, strlen(value), "keypoints");
	for (ann_pull_array(&j); ann_pull_element(&j) && ann_pull_number(&j, &v[n % 3]); n++)
		if (n % 3 == 2 && v[2] > 0 && ann_finite(v, 2))
			for (int k = 0; k < 2; k++)
				e[k] = fmin(e[k], v[k]), e[k + 2] = fmax(e[k + 2], v[k]);
	bool good = !j.err.code && n % 3 == 0 && e[2] >= e[0];
	ann_pull_free(&j);
	for (int k = 0; k < 2 && good; k++)
		box[k] = e[k], box[k + 2] = ann_tidy(e[k + 2] - e[k]);
	return good;
}

static void read_panoptic(reader *r, int image, found *f, uint32_t line);

static void
read_annotation(reader *r)
{
	ann_field key;
	ann_set *s = r->s;
	uint32_t line = ann_pull_line(r->j), at, class = 0;
	found f = { .o = { .area = NAN, .id = ANN_NO_ID }, .image = ANN_NO_ID };
	for (ann_pull_object(r->j); ann_pull_key(r->j, &key);)
		read_member(r, key, &f);
	if (r->j->err.code || r->status)
		return;
	if (f.image == ANN_NO_ID && !r->status) {
		fail(r, ann_bad(s, "reference-dangling", r->path, line, 0, r->err, "an annotation without image_id"));
		return;
	}
	if (!ann_table_get(&r->images, (uint64_t)f.image, &at)) {
		fail(r,
			ann_bad(s, "reference-dangling", r->path, line, 0, r->err,
				"annotation %lld names picture %lld, which does not exist", (long long)f.o.id, (long long)f.image));
		return;
	}
	if (f.segments.p) {
		read_panoptic(r, (int)at, &f, line);
		return;
	}
	if (f.caption && !f.has_box && !f.has_shape) { /* captions describe the picture */
		const char *text = ann_get(s, f.o.attributes, "coco.caption");
		char *copy = text ? base_strdup(text) : NULL, name[32] = "caption";
		for (int n = 2; ann_get(s, s->images[at].attributes, name) && n < 1000; n++) /* several a picture is usual */
			snprintf(name, sizeof name, "caption.%d", n);
		if (copy)
			ann_add_attribute(s, &s->images[at].attributes, name, copy, strlen(copy));
		secant_free(copy);
		return;
	}
	if (!f.has_category || !ann_table_get(&r->categories, (uint64_t)f.category, &class)) {
		fail(r,
			ann_bad(s, "reference-dangling", r->path, line, 0, r->err,
				"annotation %lld names category %lld, which does not exist%s", (long long)f.o.id, (long long)f.category,
				r->categories.n ? "" : ": the file has no \"categories\", a list of id and name"));
		return;
	}
	if (f.has_box && !ann_finite(f.o.box, 4)) {
		fail(r,
			ann_bad(s, "value-not-finite", r->path, line, 0, r->err, "the box of annotation %lld is not finite",
				(long long)f.o.id));
		return;
	}
	if (s->collect && f.o.id != ANN_NO_ID) {
		uint32_t before;
		if (ann_table_get(&r->ids, (uint64_t)f.o.id, &before))
			fail(r,
				ann_find(s, "id-duplicate", -1, r->path, line, 0, "annotation id %lld stands in lines %u and %u",
					(long long)f.o.id, before, line));
		else if (!ann_table_put(&r->ids, (uint64_t)f.o.id, line))
			fail(r, ann_nomem(r->err));
	}
	if (!f.has_box && !f.has_shape)
		f.has_box = box_of_keypoints(s, f.o.attributes, f.o.box);
	secant_status made = SECANT_OK;
	uint32_t shape = f.has_shape ? ann_coco_shape(s, &r->segmentation, r->path, line, &made, r->err) : 0;
	fail(r, made);
	ann_object *o = r->status ? NULL : ann_add_object(s, (int)at, (int)class);
	if (!o) {
		fail(r, r->status ? r->status : ann_nomem(r->err));
		return;
	}
	if (shape && f.has_box && f.o.box[2] == 0
		&& f.o.box[3] == 0) { /* as scripts leave it that look at polygons alone */
		f.has_box = false;
		r->flat++;
	}
	f.o.image = o->image, f.o.class = o->class, f.o.shape = shape, f.o.line = line;
	f.o.flags |= f.has_box ? ANN_XYWH : shape ? ANN_BOX_DERIVED : ANN_NO_BOX;
	*o = f.o;
	if (o->attributes)
		ann_absorb(s, o);
}

/* Panoptic: a PNG beside the JSON whose pixel id = R + 256 G + 65536 B names the segment. */
static void
read_panoptic(reader *r, int image, found *f, uint32_t line)
{
	ann_set *s = r->s;
	secant_image im = { 0 };
	secant_err one = { 0 };
	char *stem = ann_with_extension(r->path, "x"), *png = NULL;
	base_str file = { 0 };
	if (stem && f->file.p) {
		char *raw = base_strndup(f->file.p, ann_len(f->file));
		if (raw)
			ann_json_plain(&file, raw);
		secant_free(raw);
		png = file.p && base_path_is_safe(file.p) ? base_format("%.*s/%s", (int)strlen(stem) - 2, stem, file.p) : NULL;
	}
	secant_image_read_options rgb = { .channels = 3, .to_u8 = true };
	bool have = png && secant_is_file(png) && !secant_image_read(&im, png, &rgb, &one);
	if (!have)
		fail(r,
			ann_bad(s, "image-missing", r->path, line, 0, r->err, "the panoptic mask '%s' cannot be read%s%s",
				png ? png : "?", one.code ? ": " : "", one.msg));
	size_t pixels = have ? (size_t)im.width * (size_t)im.height : 0;
	uint8_t *layer = secant_calloc(pixels + 1, 1);
	json_pull j;
	ann_field key;
	ann_pull_init(&j, f->segments.p, ann_len(f->segments), r->path);
	reader inner = { .s = s, .j = &j, .path = r->path, .err = r->err };
	for (ann_pull_array(&j); !r->status && ann_pull_element(&j);) {
		found g = { .o = { .area = NAN, .id = ANN_NO_ID } };
		uint32_t class;
		for (ann_pull_object(&j); ann_pull_key(&j, &key);)
			read_member(&inner, key, &g);
		if (j.err.code)
			break;
		if (!g.has_category || !ann_table_get(&r->categories, (uint64_t)g.category, &class)) {
			fail(r,
				ann_bad(s, "reference-dangling", r->path, line, 0, r->err,
					"segment %lld names category %lld, which does not exist", (long long)g.o.id,
					(long long)g.category));
			continue;
		}
		uint32_t shape = 0;
		ann_rle rle;
		for (size_t p = 0; layer && p < pixels; p++) {
			const uint8_t *c = (const uint8_t *)im.data + 3 * p;
			layer[p] = (int64_t)(c[0] | c[1] << 8 | c[2] << 16) == g.o.id;
		}
		if (have && layer && !ann_rle_from_pixels(&rle, layer, (uint32_t)im.height, (uint32_t)im.width, r->err)) {
			base_str text = { 0 };
			ann_rle_encode(&text, rle.runs, rle.n);
			shape = ann_rle_text(s, im.height, im.width, &text);
			base_str_free(&text);
			ann_rle_free(&rle);
		}
		ann_object *o = ann_add_object(s, image, (int)class);
		if (!o)
			break;
		g.o.image = image, g.o.class = (int)class, g.o.shape = shape, g.o.line = line;
		g.o.flags |= g.has_box ? ANN_XYWH : ANN_BOX_DERIVED;
		*o = g.o;
	}
	if (j.err.code)
		fail(r, secant_fail(r->err, j.err.code, "%s", j.err.msg));
	ann_pull_free(&j);
	ann_coco_segmentation_free(&inner.segmentation);
	secant_image_free(&im);
	secant_free(layer), secant_free(stem), secant_free(png);
	base_str_free(&file);
}

/* Pages that have been read are given back: a file of gigabytes does not stay in memory. */
static void
give_back(json_pull *j, const char **from)
{
	const size_t step = 8 << 20, page = 4096;
	if ((size_t)(j->p - *from) < 2 * step)
		return;
	uintptr_t a = ((uintptr_t)*from + page - 1) / page * page, b = ((uintptr_t)j->p - step) / page * page;
	if (b > a)
		(void)madvise((void *)a, b - a, MADV_DONTNEED);
	*from = (const char *)b;
}

static void
read_list(reader *r, void (*one)(reader *), bool mapped)
{
	if (ann_pull_peek(r->j) != 'a') {
		ann_pull_skip(r->j, NULL);
		return;
	}
	const char *from = r->j->p;
	for (ann_pull_array(r->j); ann_pull_element(r->j);) {
		one(r);
		if (mapped)
			give_back(r->j, &from);
	}
}

/* info, licenses, ...: the same in every file of a set; what differs is kept from the first file and noted. */
static void
keep_once(reader *r, ann_field key)
{
	ann_field raw;
	char name[128];
	ann_pull_skip(r->j, &raw);
	ann_pull_plain_key(r->j, key, "coco.", name, sizeof name);
	const char *before = ann_get(r->s, r->s->attributes_head, name);
	if (r->j->err.code)
		return;
	if (!before)
		ann_add_attribute(r->s, &r->s->attributes_head, name, raw.p, ann_len(raw));
	else if (strlen(before) != ann_len(raw) || memcmp(before, raw.p, ann_len(raw)))
		ann_note(r->s, "%s: its \"%s\" differs from that of the first file, which is kept", r->path, name + 5);
}

/* Roboflow writes the name of the project as a category of its own, which is the supercategory of the others. */
static void
say_supercategory(ann_set *s, const char *origin)
{
	for (int i = 0; i < s->n_classes && s->n_classes > 1; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		bool above = true, used = false;
		for (int k = 0; k < s->n_classes && above; k++) {
			const char *json = k == i ? NULL : ann_get(s, s->classes[k].attributes, "coco.supercategory");
			size_t n = strlen(name);
			above = k == i || (json && strlen(json) == n + 2 && !strncmp(json + 1, name, n));
		}
		for (int k = 0; k < s->n_objects && above && !used; k++)
			used = s->objects[k].class == i;
		if (above && !used)
			ann_note(s,
				"%s: class '%s' has no objects and is the supercategory of all others, as Roboflow writes it; `secant "
				"data "
				"remap` drops it",
				origin, name);
	}
}

secant_status
ann_coco_parse(ann_set *s, const char *data, size_t n, const char *origin, int split, bool mapped, secant_err *err)
{
	json_pull j;
	reader r = { .s = s, .j = &j, .path = origin, .split = split, .err = err };
	r.old_classes = s->n_classes;
	ann_field key;
	const char *later = NULL;
	bool images = false, categories = false, any = false;
	ann_pull_init(&j, data, n, origin);
	for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
		if (ann_is(key, "images"))
			images = true, read_list(&r, read_image, false);
		else if (ann_is(key, "categories"))
			categories = true, read_list(&r, read_category, false);
		else if (ann_is(key, "annotations") && images && categories)
			read_list(&r, read_annotation, mapped);
		else if (ann_is(key, "annotations")) {
			later = j.p;
			ann_pull_skip(&j, NULL);
		} else
			keep_once(&r, key);
		any = any || images || ann_is(key, "annotations");
	}
	ann_pull_end(&j);
	if (!any && !j.err.code)
		ann_pull_fail(&j, "this is JSON, but not COCO: it has neither images nor annotations");
	if (later && !j.err.code) {
		j.p = later;
		j.depth = 0;
		j.line_at = NULL;
		read_list(&r, read_annotation, mapped);
	}
	if (r.twice)
		ann_note(s, "%s lists %d picture%s more than once, the first is '%s': %s", origin, r.twice,
			r.twice > 1 ? "s" : "", ann_str(s, r.twice_first), "objects of one name are of one picture");
	if (r.flat)
		ann_note(s, "%s: %d box%s of no extent beside a shape: the shape's was taken", origin, r.flat,
			r.flat > 1 ? "es" : "");
	if (r.renumbered)
		ann_note(s, "%s numbers %d classes otherwise than the file before; they were joined by their names", origin,
			r.renumbered);
	say_supercategory(s, origin);
	secant_status status = r.status;
	if (!status && j.err.code)
		status = ann_unparsable(s, origin, &j.err, err);
	ann_pull_free(&j);
	ann_table_free(&r.images), ann_table_free(&r.categories), ann_table_free(&r.ids);
	ann_coco_segmentation_free(&r.segmentation);
	return status;
}
