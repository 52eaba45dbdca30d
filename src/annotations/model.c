/*
 * The internal model: pools, and the index of objects by picture. Allocation failures are sticky
 * (ann_sound), so that readers stay short; everything added after one is dropped and the set is never used.
 */
#include "annotations/model.h"
#include "annotations/text.h"
#include "annotations/check.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

const char *const ann_empty = "";

static void
out_of_memory(ann_set *s)
{
	(void)secant_fail(
		&s->memory, SECANT_ERR_NOMEM, "out of memory after %d pictures and %d objects", s->n_images, s->n_objects);
}

/* Grows by a half: big sets reach their size with little to spare. */
static bool
grow(void **v, int *capacity, int n, size_t size)
{
	if (n < *capacity)
		return true;
	if (n >= INT_MAX - 64 - n / 2)
		return false;
	int next = n + n / 2 + 64;
	void *p = base_realloc(*v, (size_t)next, size);
	if (!p)
		return false;
	*v = p;
	*capacity = next;
	return true;
}

/* --- text
 * ----------------------------------------------------------------------------------------------------------------
 */

ann_text
ann_store(ann_set *s, const char *p, size_t n)
{
	if (!n)
		return 0;
	if (s->memory.code)
		return 0;
	if (n >= UINT32_MAX - s->text_n - 2) {
		out_of_memory(s);
		return 0;
	}
	if (s->text_n + n + 2 > s->text_capacity) {
		size_t next = s->text_capacity + s->text_capacity / 2 + n + 4096;
		bool own = s->text && p >= s->text && p < s->text + s->text_n; /* text of the set itself moves with it */
		size_t offset = own ? (size_t)(p - s->text) : 0;
		char *grown = base_realloc(s->text, next, 1);
		if (!grown) {
			out_of_memory(s);
			return 0;
		}
		p = own ? grown + offset : p;
		s->text = grown;
		s->text_capacity = next;
		if (!s->text_n)
			s->text[s->text_n++] = 0;
	}
	size_t at = s->text_n;
	memcpy(s->text + at, p, n);
	s->text[at + n] = 0;
	s->text_n = at + n + 1;
	return (ann_text)at;
}

/* Finds text equal to p[0..n) in a table that maps its hash (with a probe number) to `where(value)`. */
static uint64_t
hash_text(const char *p, size_t n, uint32_t probe)
{
	uint64_t h = 0xcbf29ce484222325u ^ n;
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t w;
		memcpy(&w, p, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; n; n--, p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3u;
	return (h ^ (h >> 32)) + probe * 0x9e3779b97f4a7c15u;
}

static bool
same_text(const ann_set *s, ann_text t, const char *p, size_t n)
{
	return t + n < s->text_n && !memcmp(s->text + t, p, n) && !s->text[t + n];
}

ann_text
ann_intern(ann_set *s, const char *p, size_t n)
{
	if (!n)
		return 0;
	for (uint32_t probe = 0;; probe++) {
		uint64_t key = hash_text(p, n, probe);
		uint32_t t;
		if (ann_table_get(&s->interned, key, &t)) {
			if (same_text(s, t, p, n))
				return t;
			continue;
		}
		t = ann_store(s, p, n);
		if (t && !ann_table_put(&s->interned, key, t))
			out_of_memory(s);
		return t;
	}
}

/* Looks a name up in a table name -> index; `key` receives the free key when it is not there. */
static int
find_name(const ann_set *s, const ann_table *t, bool images, const char *p, size_t n, uint64_t *key)
{
	for (uint32_t probe = 0;; probe++) {
		uint32_t i;
		*key = hash_text(p, n, probe);
		if (!ann_table_get(t, *key, &i))
			return -1;
		ann_text name = images ? s->images[i].name : s->classes[i].name;
		if (n ? same_text(s, name, p, n) : !name)
			return (int)i;
	}
}

/* --- pictures, classes, objects
 * -------------------------------------------------------------------------------------------------- */

void
ann_init(ann_set *s)
{
	*s = (ann_set){ .voc_origin = -1, .n_attributes = 1, .n_shapes = 1 };
}

int
ann_add_image(ann_set *s, const char *name, size_t n)
{
	if (s->memory.code || !grow((void **)&s->images, &s->images_capacity, s->n_images, sizeof *s->images)) {
		out_of_memory(s);
		return -1;
	}
	uint64_t key;
	bool known = find_name(s, &s->image_names, true, name, n, &key) >= 0;
	s->images[s->n_images] = (ann_image){ .name = ann_store(s, name, n), .id = ANN_NO_ID };
	if (s->memory.code || (!known && !ann_table_put(&s->image_names, key, (uint32_t)s->n_images))) {
		out_of_memory(s);
		return -1;
	}
	return s->n_images++;
}

int
ann_find_image(const ann_set *s, const char *name, size_t n)
{
	uint64_t key;
	return find_name(s, &s->image_names, true, name, n, &key);
}

int
ann_find_class(const ann_set *s, const char *name, size_t n)
{
	uint64_t key;
	return find_name(s, &s->class_names, false, name, n, &key);
}

int
ann_add_class(ann_set *s, const char *name, size_t n, int64_t id)
{
	if (s->memory.code || !grow((void **)&s->classes, &s->classes_capacity, s->n_classes, sizeof *s->classes)) {
		out_of_memory(s);
		return -1;
	}
	uint64_t key;
	bool known = find_name(s, &s->class_names, false, name, n, &key) >= 0;
	s->classes[s->n_classes] = (ann_class){ .name = ann_store(s, name, n), .id = id, .colour = -1 };
	if (s->memory.code || (!known && !ann_table_put(&s->class_names, key, (uint32_t)s->n_classes))) {
		out_of_memory(s);
		return -1;
	}
	return s->n_classes++;
}

int
ann_class_named(ann_set *s, const char *name, size_t n)
{
	int found = ann_find_class(s, name, n);
	return found >= 0 ? found : ann_add_class(s, name, n, ANN_NO_ID);
}

int
ann_class_listed(ann_set *s, const char *name, size_t n)
{
	int at = ann_class_named(s, name, n);
	if (at >= 0 && !s->classes[at].place)
		s->classes[at].place = ++s->listed;
	return at;
}

ann_object *
ann_add_object(ann_set *s, int image, int class)
{
	if (s->memory.code || !grow((void **)&s->objects, &s->objects_capacity, s->n_objects, sizeof *s->objects)) {
		out_of_memory(s);
		return NULL;
	}
	ann_object *o = &s->objects[s->n_objects++];
	*o = (ann_object){ .area = NAN, .id = ANN_NO_ID, .image = image, .class = class };
	return o;
}

int
ann_split(ann_set *s, const char *name, size_t n)
{
	for (int i = 0; i < s->n_splits; i++)
		if (same_text(s, s->splits[i], name, n))
			return i;
	if (s->n_splits == ANN_SPLITS || !n)
		return -1;
	s->splits[s->n_splits] = ann_intern(s, name, n);
	return s->n_splits++;
}

uint32_t
ann_add_attribute(ann_set *s, uint32_t *head, const char *key, const char *value, size_t n)
{
	if (s->memory.code
		|| !grow((void **)&s->attributes, &s->attributes_capacity, s->n_attributes, sizeof *s->attributes)) {
		out_of_memory(s);
		return 0;
	}
	uint32_t at = (uint32_t)s->n_attributes++;
	base_str sound = { 0 };
	bool other = ann_json_sound(&sound, value, n);
	if (other && sound.failed)
		out_of_memory(s);
	if (other)
		value = sound.p ? sound.p : "", n = sound.n;
	s->attributes[at] = (ann_attribute){
		ann_intern(s, key, strlen(key)),
		n <= 64 ? ann_intern(s, value, n) : ann_store(s, value, n),
		0,
	};
	base_str_free(&sound);
	/* A key stands once, so that every format can hold it: a second value is "key#2". */
	int again = 1;
	ann_text plain = s->attributes[at].key;
	for (uint32_t *link = head; *link; link = &s->attributes[*link].next)
		if (s->attributes[*link].key == s->attributes[at].key && again < 1000) {
			char name[400];
			int k = snprintf(name, sizeof name, "%.380s#%d", ann_str(s, plain), ++again);
			s->attributes[at].key = ann_intern(s, name, (size_t)k);
			link = head;
			if (s->attributes[*link].key == s->attributes[at].key)
				continue;
		}
	while (*head)
		head = &s->attributes[*head].next;
	*head = at;
	return at;
}

uint32_t
ann_attribute_text(ann_set *s, uint32_t *head, const char *key, const char *plain, size_t n)
{
	base_str json = { 0 };
	ann_json_string(&json, plain, n);
	uint32_t at = json.failed ? 0 : ann_add_attribute(s, head, key, json.p, json.n);
	if (json.failed)
		out_of_memory(s);
	base_str_free(&json);
	return at;
}

const char *
ann_get(const ann_set *s, uint32_t head, const char *key)
{
	for (; head; head = s->attributes[head].next)
		if (!strcmp(ann_str(s, s->attributes[head].key), key))
			return ann_str(s, s->attributes[head].value);
	return NULL;
}

void
ann_note(ann_set *s, const char *fmt, ...)
{
	char line[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (s->memory.code || !grow((void **)&s->notes, &s->notes_capacity, s->n_notes, sizeof *s->notes))
		out_of_memory(s);
	else
		s->notes[s->n_notes++] = ann_store(s, line, strlen(line));
}

void
ann_leave(ann_set *s, const char *name)
{
	ann_tally *t = &s->left;
	enum { ROOM = sizeof t->count / sizeof *t->count };
	int i = 0;
	while (i < t->n && strncmp(t->name[i], name, sizeof t->name[i] - 1))
		i++;
	if (i == ROOM)
		snprintf(t->name[i = ROOM - 1], sizeof t->name[i], "other");
	else if (i == t->n)
		snprintf(t->name[t->n++], sizeof t->name[i], "%s", *name ? name : "nameless");
	t->count[i]++;
}

/* --- shapes
 * ----------------------------------------------------------------------------------------------------------------
 */

static double *
shape_room(ann_set *s, size_t n)
{
	if (s->memory.code)
		return NULL;
	if (s->n_shapes + n > s->shapes_capacity) {
		size_t next = s->shapes_capacity + s->shapes_capacity / 2 + n + 256;
		double *p = next > UINT32_MAX ? NULL : base_realloc(s->shapes, next, sizeof *p);
		if (!p) {
			out_of_memory(s);
			return NULL;
		}
		s->shapes = p;
		s->shapes_capacity = next;
		s->shapes[0] = 0;
	}
	double *at = s->shapes + s->n_shapes;
	s->n_shapes += n;
	return at;
}

uint32_t
ann_polygon_begin(ann_set *s, int parts)
{
	double *p = shape_room(s, 2);
	if (!p)
		return 0;
	p[0] = ANN_POLYGONS;
	p[1] = parts;
	return (uint32_t)(p - s->shapes);
}

void
ann_polygon_part(ann_set *s, const double *xy, int n)
{
	double *p = shape_room(s, 1 + 2 * (size_t)n);
	if (p) {
		p[0] = n;
		if (n)
			memcpy(p + 1, xy, 2 * (size_t)n * sizeof *p);
	}
}

uint32_t
ann_points(ann_set *s, ann_kind kind, const double *xy, int n)
{
	uint32_t at = ann_polygon_begin(s, 1);
	ann_polygon_part(s, xy, n);
	if (s->memory.code)
		return 0;
	s->shapes[at] = kind;
	return at;
}

uint32_t
ann_polygon(ann_set *s, const double *xy, int n)
{
	return ann_points(s, ANN_POLYGONS, xy, n);
}

uint32_t
ann_rle_text(ann_set *s, int height, int width, const base_str *t)
{
	if (t->failed)
		return (void)secant_fail(&s->memory, SECANT_ERR_NOMEM, "no memory"), 0u;
	return ann_store_rle(s, height, width, t->p ? t->p : "", t->n, false);
}

uint32_t
ann_store_rle(ann_set *s, int height, int width, const char *counts, size_t n, bool uncompressed)
{
	ann_text t = ann_store(s, counts, n);
	double *p = shape_room(s, 5);
	if (!p)
		return 0;
	p[0] = ANN_RLE;
	p[1] = height;
	p[2] = width;
	p[3] = t;
	p[4] = uncompressed;
	return (uint32_t)(p - s->shapes);
}

const double *
ann_parts(const ann_set *s, uint32_t shape, int *parts)
{
	ann_kind kind = ann_shape_kind(s, shape);
	*parts = !shape || kind == ANN_RLE ? 0 : (int)s->shapes[shape + 1];
	return *parts ? s->shapes + shape + 2 : NULL; /* a set without shapes has no array of them */
}

const double *
ann_part(const double *p, const double **xy, int *n)
{
	*n = (int)p[0];
	*xy = p + 1;
	return p + 1 + 2 * *n;
}

double
ann_tidy(double v)
{
	double scaled = v * 1e6, whole = nearbyint(scaled);
	return fabs(scaled) < 1e13 && fabs(scaled - whole) < 1e-3 ? whole / 1e6 : v;
}

uint32_t
ann_copy_attributes(ann_set *to, const ann_set *from, uint32_t head)
{
	uint32_t copy = 0;
	for (; head; head = from->attributes[head].next) {
		const char *value = ann_str(from, from->attributes[head].value);
		ann_add_attribute(to, &copy, ann_str(from, from->attributes[head].key), value, strlen(value));
	}
	return copy;
}

uint32_t
ann_copy_shape(ann_set *to, const ann_set *from, uint32_t shape)
{
	if (!shape)
		return 0;
	const double *p = from->shapes + shape;
	if (p[0] == ANN_RLE) {
		const char *counts = ann_rle_counts(from, shape);
		return ann_store_rle(to, (int)p[1], (int)p[2], counts, strlen(counts), p[4] != 0);
	}
	size_t n = 2;
	for (int part = 0; part < (int)p[1]; part++)
		n += 1 + 2 * (size_t)p[n];
	double *q = shape_room(to, n);
	if (!q)
		return 0;
	memcpy(q, p, n * sizeof *q);
	return (uint32_t)(q - to->shapes);
}

uint32_t
ann_join_shapes(ann_set *s, const ann_object *o, int n)
{
	size_t room = 2;
	double parts = 0;
	for (int i = 0; i < n; i++) {
		const double *p = s->shapes + o[i].shape;
		size_t at = 2;
		for (int part = 0; part < (int)p[1]; part++)
			at += 1 + 2 * (size_t)p[at];
		room += at - 2;
		parts += p[1];
	}
	double *q = parts <= INT32_MAX ? shape_room(s, room) : NULL;
	if (!q)
		return 0;
	uint32_t place = (uint32_t)(q - s->shapes);
	*q++ = ANN_POLYGONS;
	*q++ = parts;
	for (int i = 0; i < n; i++) {
		const double *p = s->shapes + o[i].shape; /* the pool may have moved */
		size_t at = 2;
		for (int part = 0; part < (int)p[1]; part++)
			at += 1 + 2 * (size_t)p[at];
		memcpy(q, p + 2, (at - 2) * sizeof *q);
		q += at - 2;
	}
	return place;
}

/* --- the index
 * ----------------------------------------------------------------------------------------------------------------
 */

secant_status
ann_sound(const ann_set *s, secant_err *err)
{
	return s->memory.code ? secant_fail(err, s->memory.code, "%s", s->memory.msg) : SECANT_OK;
}

secant_status
ann_index(ann_set *s, secant_err *err)
{
	secant_free(s->order);
	secant_free(s->first);
	s->order = secant_calloc((size_t)s->n_objects + 1, sizeof *s->order);
	s->first = secant_calloc((size_t)s->n_images + 2, sizeof *s->first);
	if (!s->order || !s->first)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the index of %d objects", s->n_objects);
	for (int i = 0; i < s->n_objects; i++)
		s->first[s->objects[i].image + 2]++;
	for (int i = 0; i < s->n_images; i++)
		s->first[i + 2] += s->first[i + 1];
	for (int i = 0; i < s->n_objects; i++)
		s->order[s->first[s->objects[i].image + 1]++] = (uint32_t)i;
	return ann_sound(s, err);
}

secant_status
ann_compact(ann_set *s, secant_err *err)
{
	int *to = secant_calloc((size_t)s->n_images + 1, sizeof *to);
	if (!to)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d pictures", s->n_images);
	int n = 0;
	ann_table_free(&s->image_names);
	for (int i = 0; i < s->n_images; i++) {
		to[i] = s->images[i].flags & ANN_GONE ? -1 : n;
		if (to[i] < 0)
			continue;
		s->images[n] = s->images[i];
		const char *name = ann_str(s, s->images[n].name);
		uint64_t key;
		if (find_name(s, &s->image_names, true, name, strlen(name), &key) < 0
			&& !ann_table_put(&s->image_names, key, (uint32_t)n))
			out_of_memory(s);
		n++;
	}
	s->n_images = n;
	n = 0;
	for (int i = 0; i < s->n_objects; i++) {
		ann_object o = s->objects[i];
		if (o.flags & ANN_GONE || to[o.image] < 0)
			continue;
		o.image = to[o.image];
		s->objects[n++] = o;
	}
	s->n_objects = n;
	secant_free(to);
	return ann_index(s, err);
}

secant_status
ann_reorder_classes(ann_set *s, const int *order, secant_err *err)
{
	int n = s->n_classes, *to = secant_calloc((size_t)n + 1, sizeof *to);
	ann_class *old = secant_calloc((size_t)n + 1, sizeof *old);
	if (to && old) {
		if (n)
			memcpy(old, s->classes, (size_t)n * sizeof *old);
		ann_table_free(&s->class_names);
		for (int i = 0; i < n; i++) {
			uint64_t key;
			s->classes[i] = old[order[i]];
			to[order[i]] = i;
			const char *name = ann_str(s, s->classes[i].name);
			if (find_name(s, &s->class_names, false, name, strlen(name), &key) < 0
				&& !ann_table_put(&s->class_names, key, (uint32_t)i))
				out_of_memory(s);
		}
		for (int i = 0; i < s->n_objects; i++)
			if (s->objects[i].class >= 0)
				s->objects[i].class = to[s->objects[i].class];
	} else
		out_of_memory(s);
	secant_free(to);
	secant_free(old);
	return ann_sound(s, err);
}

secant_status
ann_cut_classes(ann_set *s, int n, secant_err *err)
{
	s->n_classes = n;
	ann_table_free(&s->class_names);
	for (int i = 0; i < n; i++) {
		uint64_t key;
		const char *name = ann_str(s, s->classes[i].name);
		if (find_name(s, &s->class_names, false, name, strlen(name), &key) < 0
			&& !ann_table_put(&s->class_names, key, (uint32_t)i))
			out_of_memory(s);
	}
	return ann_sound(s, err);
}

void
ann_free(ann_set *s)
{
	secant_free(s->text);
	ann_table_free(&s->interned);
	ann_table_free(&s->image_names);
	ann_table_free(&s->class_names);
	secant_free(s->images);
	secant_free(s->objects);
	secant_free(s->classes);
	secant_free(s->attributes);
	secant_free(s->shapes);
	secant_free(s->order);
	secant_free(s->first);
	secant_free(s->notes);
	secant_free(s->extra_name);
	secant_free(s->extra);
	ann_findings_free(s->findings);
	*s = (ann_set){ 0 };
}
