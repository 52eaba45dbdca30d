/*
 * PASCAL VOC detection: Annotations/STEM.xml, JPEGImages, ImageSets/Main/LIST.txt (Everingham and others: The PASCAL
 * Visual Object Classes Challenge 2012 development kit). The kit counts pixels from 1 and includes both borders; others
 * do not: see --voc-origin.
 *
 *     word               x0         x1        who
 *     0-exclusive        xmin       xmax      most converters, NWPU's recipe
 *     1-inclusive        xmin - 1   xmax      the development kit
 *     0-inclusive        xmin       xmax + 1
 *     1-all-minus-one    xmin - 1   xmax - 1
 *
 * auto: what secant.json says where this library wrote the folder; else 1-inclusive when the numbers show it (a
 * smallest number of 1 together with boxes that end exactly at the border), else 0-exclusive. Elements nobody knows are
 * kept as attributes "voc.NAME".
 */
#include "annotations/voc.h"
#include "annotations/attributes.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

const double secant_voc_shift[][2] = { { 0, 0 }, { 0, 0 }, { -1, 0 }, { 0, 1 },
	{ -1, -1 } }; /* by index of SECANT_VOC_ORIGINS */
static const char *const origin_words[] = { "auto", "0-exclusive", "1-inclusive", "0-inclusive", "1-all-minus-one" };

/* --- reading
 * ----------------------------------------------------------------------------------------------------------------
 */

static int
detect(const char *path, const char **why)
{
	/* A folder or file that cannot be read, or that is no XML, may be VOC: then the reader says what is wrong with it,
	 * before the pictures alone are taken for a set of masks. */
	enum { SURE = 90, PERHAPS = 60 };
	char *folder = secant_path_join(path, "Annotations"), *sets = secant_path_join(path, "ImageSets"), *data = NULL;
	secant_names files = { 0 };
	secant_err ignored = { 0 };
	int sure = 0, damaged = 0;
	bool there = folder && secant_is_dir(folder);
	if (there && secant_ann_walk(&files, folder, "xml", 3, &ignored))
		damaged++;
	for (int i = 0; i < files.n && i < 20 && sure < 50; i++) {
		char *file = secant_path_join(folder, files.v[i]);
		size_t n;
		if (file && secant_file_read(&data, &n, file, 1 << 24, &ignored))
			damaged++;
		else if (file) {
			bool labelme = strstr(data, "<imagesize>") || strstr(data, "<polygon>") || strstr(data, "<sourceImage>");
			damaged += !strstr(data, "<annotation") || !strstr(data, "</annotation>");
			sure = strstr(data, "<annotation") && !labelme
				? strstr(data, "<bndbox>") || strstr(data, "<size>") ? SURE : 30
				: 0;
			secant_free(data);
		}
		secant_free(file);
	}
	if (sure < PERHAPS && damaged)
		sure = PERHAPS;
	else if (sets && secant_is_dir(sets) && (sure || (there && !files.n)))
		sure = sure ? SURE : 40;
	secant_names_free(&files);
	secant_free(folder);
	secant_free(sets);
	*why = "it has Annotations with VOC XML";
	return sure;
}

/* `name` "000001" or "a.b": value of one element that nobody knows, as attribute voc.NAME. */
static void
keep(ann_set *s, xml_pull *x, ann_field tag, uint32_t *head)
{
	secant_str json = { 0 };
	char key[128];
	snprintf(key, sizeof key, "voc.%.*s", (int)(ann_len(tag) > 100 ? 100 : ann_len(tag)), tag.p);
	secant_xml_json(x, &json);
	if (json.p && !json.failed && !x->err.code)
		secant_ann_attribute(s, head, key, json.p, json.n);
	secant_str_free(&json);
}

static void
read_box(xml_pull *x, double box[4], unsigned *seen)
{
	static const char *const tags[] = { "xmin", "ymin", "xmax", "ymax" };
	ann_field tag;
	while (secant_xml_child(x, &tag)) {
		int i = 0;
		while (i < 4 && !ann_is(tag, tags[i]))
			i++;
		if (i == 4) {
			secant_xml_skip(x);
			continue;
		}
		if (*seen >> i & 1)
			secant_xml_fail(x, "<%s> stands twice", tags[i]);
		*seen |= 1u << i;
		(void)secant_xml_real(x, &box[i]);
	}
}

typedef struct reading {
	ann_object object;
	char class[300];
	unsigned seen;
	bool named;
} reading;

static void
read_member(ann_set *s, xml_pull *x, ann_field tag, reading *r)
{
	ann_field text;
	if (ann_is(tag, "name")) {
		if (secant_xml_text(x, &text)) {
			r->named = true;
			snprintf(r->class, sizeof r->class, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
		}
	} else if (ann_is(tag, "bndbox"))
		read_box(x, r->object.box, &r->seen);
	else if (ann_is(tag, "difficult")) {
		if (secant_xml_text(x, &text) && (ann_is(text, "1") || ann_is(text, "true")))
			r->object.flags |= ANN_DIFFICULT;
	} else if (ann_is(tag, "attributes"))
		(void)secant_ann_attributes_read(s, x, &r->object.attributes);
	else if (ann_is(tag, "pose")) {
		if (secant_xml_text(x, &text) && !ann_is(text, "unspecified") && ann_len(text))
			secant_ann_attribute_text(s, &r->object.attributes, "voc.pose", text.p, ann_len(text));
	} else if (ann_is(tag, "truncated") || ann_is(tag, "occluded")) {
		const char *key = ann_is(tag, "truncated") ? "truncated" : "occluded";
		if (secant_xml_text(x, &text) && !ann_is(text, "0") && ann_len(text))
			secant_ann_attribute_text(s, &r->object.attributes, key, text.p, ann_len(text));
		if (r->object.attributes) { /* numbers as numbers */
			ann_attribute *a = &s->attributes[s->n_attributes - 1];
			double v;
			secant_str plain = { 0 };
			secant_ann_json_plain(&plain, ann_str(s, a->value));
			if (plain.p && secant_ann_number(plain.p, plain.p + plain.n, &v) == plain.p + plain.n)
				a->value = secant_ann_intern(s, plain.p, plain.n);
			secant_str_free(&plain);
		}
	} else
		keep(s, x, tag, &r->object.attributes);
}

static secant_status
read_object(ann_set *s, xml_pull *x, int image, secant_err *err)
{
	reading r = { .object = { .area = NAN } };
	ann_field tag;
	uint32_t line = secant_xml_line(x);
	while (secant_xml_child(x, &tag))
		read_member(s, x, tag, &r);
	if (x->err.code)
		return SECANT_OK;
	if (!r.named || (r.seen && r.seen != 15))
		return secant_ann_bad(s, "parse-error", x->origin, line, 0, err,
			!r.named ? "an object without <name>" : "a <bndbox> without all of xmin, ymin, xmax, ymax");
	if (!secant_ann_finite(r.object.box, 4))
		return secant_ann_bad(
			s, "value-not-finite", x->origin, line, 0, err, "a coordinate of '%s' is not finite", r.class);
	int class = secant_ann_class(s, r.class, strlen(r.class));
	ann_object *o = class >= 0 ? secant_ann_add_object(s, image, class) : NULL;
	if (!o)
		return secant_ann_nomem(err);
	memcpy(o->box, r.object.box, sizeof o->box);
	o->flags = r.object.flags | (r.seen ? 0u : ANN_NO_BOX);
	o->attributes = r.object.attributes;
	o->line = line;
	secant_ann_absorb(s, o);
	return SECANT_OK;
}

static void
read_size(ann_set *s, xml_pull *x, int image)
{
	ann_field tag;
	double v;
	while (secant_xml_child(x, &tag)) {
		int32_t *to = ann_is(tag, "width") ? &s->images[image].width
			: ann_is(tag, "height")        ? &s->images[image].height
			: ann_is(tag, "depth")         ? &s->images[image].depth
										   : NULL;
		if (!to)
			secant_xml_skip(x);
		else if (secant_xml_real(x, &v)) {
			if (!(v >= 0 && v < 1e9))
				secant_xml_fail(x, "a size of %g", v);
			else
				*to = (int32_t)v;
		}
	}
}

/* Pictures are found by the name of the XML file; a <filename> that leads elsewhere is only worth a word. */
static secant_status
judge_filename(ann_set *s, xml_pull *x, const char *origin)
{
	ann_field text;
	char name[300];
	uint32_t line = secant_xml_line(x);
	if (!secant_xml_text(x, &text) || !ann_len(text))
		return SECANT_OK;
	snprintf(name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
	return secant_path_is_safe(name)
		? SECANT_OK
		: secant_ann_find(s, "path-portable", -1, origin, line, 0, "<filename> is '%s', which leads elsewhere", name);
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	secant_status status = SECANT_OK;
	secant_xml_init(&x, data, n, origin);
	if (secant_xml_root(&x, &tag) && !ann_is(tag, "annotation"))
		secant_xml_fail(
			&x, "the first element is <%.*s>, not <annotation>", (int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p);
	while (!status && secant_xml_child(&x, &tag)) {
		if (ann_is(tag, "object"))
			status = read_object(s, &x, image, err);
		else if (ann_is(tag, "size"))
			read_size(s, &x, image);
		else if (ann_is(tag, "filename"))
			status = judge_filename(s, &x, origin);
		else if (ann_is(tag, "folder"))
			secant_xml_skip(&x);
		else if (ann_is(tag, "attributes"))
			(void)secant_ann_attributes_read(s, &x, &s->images[image].attributes);
		else
			keep(s, &x, tag, &s->images[image].attributes);
	}
	if (!status)
		secant_xml_end(&x);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	secant_xml_free(&x);
	return status;
}

/* The extension that <filename> names, for a picture that is not there. */
static void
filename_extension(const char *data, char ext[16])
{
	snprintf(ext, 16, "jpg");
	const char *from = strstr(data, "<filename>"), *to = from ? strstr(from, "</filename>") : NULL;
	if (to && to - from < 1000) {
		const char *dot = NULL;
		for (const char *p = from + 10; p < to; p++)
			dot = *p == '.' ? p : dot;
		if (dot && to - dot > 1 && to - dot < 12)
			snprintf(ext, 16, "%.*s", (int)(to - dot - 1), dot + 1);
	}
}

/* Pictures by stem, so that each XML finds its own whatever its extension. */
static secant_status
stems(ann_set *s, ann_set *pictures, secant_err *err)
{
	for (int i = 0; i < s->n_images; i++) {
		const char *name = ann_str(s, s->images[i].name), *dot = strrchr(name, '.');
		if (secant_ann_find_image(pictures, name, dot ? (size_t)(dot - name) : strlen(name)) < 0) {
			int at = secant_ann_add_image(pictures, name, dot ? (size_t)(dot - name) : strlen(name));
			if (at < 0)
				return secant_ann_nomem(err);
			pictures->images[at].number = i;
		}
	}
	return SECANT_OK;
}

/* The XML of picture `at`; -1: its picture is not there, and has the name that the XML says. */
static secant_status
read_one(ann_set *s, int at, const char *path, const char *file, bool pictures, secant_err *err)
{
	char *data = NULL, ext[16];
	size_t n = 0;
	secant_status status = secant_ann_load_text(s, path, &data, &n, err);
	if (status || !data)
		return status;
	if (at < 0) {
		filename_extension(data, ext);
		char *name = secant_format("%.*s.%s", (int)strlen(file) - 4, file, ext);
		at = name ? secant_ann_add_image(s, name, strlen(name)) : -1;
		status = at < 0 ? secant_ann_nomem(err)
			: pictures
			? secant_ann_find(s, "image-missing", -1, path, 0, 0, "there is no picture '%s' in JPEGImages", name)
			: SECANT_OK;
		secant_free(name);
	}
	if (!status)
		status = secant_ann_parse_text(s, at, path, data, n, parse, err);
	secant_free(data);
	return status;
}

static secant_status
read_annotations(ann_set *s, const char *root, const secant_watch *watch, secant_err *err)
{
	secant_names files = { 0 };
	ann_set by_stem;
	char *folder = secant_path_join(root, "Annotations");
	secant_ann_init(&by_stem);
	secant_status status = folder ? secant_ann_walk(&files, folder, "xml", 8, err) : secant_ann_nomem(err);
	if (!status)
		status = stems(s, &by_stem, err);
	int pictures = s->n_images;
	for (int i = 0; !status && i < files.n; i++) {
		int at = secant_ann_find_image(&by_stem, files.v[i], strlen(files.v[i]) - 4);
		char *path = secant_path_join(folder, files.v[i]);
		status = path ? read_one(s, at >= 0 ? by_stem.images[at].number : -1, path, files.v[i], pictures > 0, err)
					  : secant_ann_nomem(err);
		secant_free(path);
		if (!status && i % 512 == 511)
			status = secant_ann_watch(watch, err);
	}
	for (int i = 0; !status && i < pictures; i++)
		if (!s->images[i].source)
			status = secant_ann_find(s, "annotation-missing", -1, ann_str(s, s->images[i].path), 0, 0,
				"a picture without an XML file: no objects");
	if (!pictures && s->n_images)
		secant_ann_note(s, "JPEGImages holds no pictures");
	secant_ann_free(&by_stem);
	secant_names_free(&files);
	secant_free(folder);
	return status;
}

/* ImageSets/Main/LIST.txt; CLASS_LIST.txt follow from the objects and are not lists of their own. trainval is train and
 * val together. */
static secant_status
read_lists(ann_set *s, const char *root, secant_err *err)
{
	char *folder = secant_path_join(root, "ImageSets/Main");
	secant_names files = { 0 };
	secant_status status = SECANT_OK;
	int derived = 0;
	if (folder && secant_is_dir(folder))
		status = secant_ann_walk(&files, folder, "txt", 0, err);
	for (int i = 0; !status && i < files.n; i++) {
		size_t n = strlen(files.v[i]) - 4;
		bool of_class = false;
		const char *under = memrchr(files.v[i], '_', n);
		if (under) {
			size_t list = n - (size_t)(under + 1 - files.v[i]);
			for (int k = 0; k < files.n && !of_class; k++)
				of_class = strlen(files.v[k]) == list + 4 && !strncmp(files.v[k], under + 1, list);
		}
		if (of_class) {
			derived++;
			continue;
		}
		char *name = secant_strndup(files.v[i], n), *path = secant_path_join(folder, files.v[i]);
		status = name && path ? secant_ann_read_list(s, path, name, false, NULL, err) : secant_ann_nomem(err);
		secant_free(name);
		secant_free(path);
	}
	if (derived)
		secant_ann_note(s, "%d lists CLASS_LIST.txt follow from the objects and were not read", derived);
	secant_names_free(&files);
	secant_free(folder);
	return status;
}

/* Drops the list trainval when it only repeats others, or is the only one. */
static void
drop_trainval(ann_set *s)
{
	int at = -1;
	for (int i = 0; i < s->n_splits; i++)
		if (!strcmp(ann_str(s, s->splits[i]), "trainval"))
			at = i;
	if (at < 0)
		return;
	uint64_t bit = 1ull << at, others = 0;
	for (int i = 0; i < s->n_splits; i++)
		if (!strcmp(ann_str(s, s->splits[i]), "train") || !strcmp(ann_str(s, s->splits[i]), "val"))
			others |= 1ull << i;
	bool repeats = true;
	for (int i = 0; i < s->n_images && repeats; i++)
		repeats = others ? !(s->images[i].splits & bit) == !(s->images[i].splits & others)
						 : (s->images[i].splits & bit) != 0;
	if (!repeats)
		return;
	for (int i = 0; i < s->n_images; i++) {
		uint64_t low = s->images[i].splits & (bit - 1), high = at == 63 ? 0 : s->images[i].splits >> (at + 1) << at;
		s->images[i].splits = low | high;
	}
	memmove(&s->splits[at], &s->splits[at + 1], (size_t)(s->n_splits - at - 1) * sizeof *s->splits);
	s->n_splits--;
}

static secant_status
labelmap_parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = secant_ann_lines(data, n);
	while (secant_ann_next_line(&l)) {
		ann_field f = secant_ann_trim(l.line, l.line + l.n), part[4], rgb[3];
		if (!ann_len(f) || *f.p == '#')
			continue;
		int parts = secant_ann_fields(f.p, ann_len(f), ':', part, 4),
			at = secant_ann_class(s, part[0].p, ann_len(part[0]));
		if (at < 0)
			return secant_ann_nomem(err);
		int64_t c[3];
		if (parts > 1 && secant_ann_fields(part[1].p, ann_len(part[1]), ',', rgb, 3) == 3
			&& secant_ann_integer(rgb[0].p, rgb[0].end, &c[0]) && secant_ann_integer(rgb[1].p, rgb[1].end, &c[1])
			&& secant_ann_integer(rgb[2].p, rgb[2].end, &c[2]) && !((c[0] | c[1] | c[2]) & ~255LL))
			s->classes[at].colour = (int32_t)(c[0] << 16 | c[1] << 8 | c[2]);
	}
	return SECANT_OK;
}

static secant_status
nwpu_classes(ann_set *s, const char *path, secant_err *err)
{
	char *data = NULL;
	size_t n;
	secant_status status = secant_file_read(&data, &n, path, 1 << 24, err);
	if (status)
		return status;
	json_pull j;
	ann_field key;
	int64_t id;
	secant_pull_init(&j, data, n, path);
	for (secant_pull_object(&j); secant_pull_key(&j, &key);)
		if (secant_pull_integer(&j, &id) && secant_ann_find_class(s, key.p, ann_len(key)) < 0
			&& secant_ann_add_class(s, key.p, ann_len(key), id) < 0)
			break;
	if (j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	secant_pull_free(&j);
	secant_free(data);
	return status;
}

static secant_status
read_classes(ann_set *s, const char *root, const secant_dataset_reading *o, secant_err *err)
{
	secant_status status = secant_ann_read_option_names(s, o, err);
	char *json = secant_path_join(root, "nwpu_classes.json"), *map = secant_path_join(root, "labelmap.txt");
	if (!status && !s->n_classes && json && secant_is_file(json))
		status = nwpu_classes(s, json, err);
	if (!status && !s->n_classes && map && secant_is_file(map))
		status = secant_ann_read_text(s, -1, map, labelmap_parse, err);
	secant_free(json);
	secant_free(map);
	return status;
}

/* Applies the reading of the numbers. */
static secant_status
set_origin(ann_set *s, int wanted, secant_err *err)
{
	int origin = wanted ? wanted : s->voc_origin > 0 ? s->voc_origin : 0;
	double least = INFINITY;
	int64_t at_border = 0, zeros = 0;
	for (int i = 0; i < s->n_objects; i++) {
		const ann_object *o = &s->objects[i];
		const ann_image *im = &s->images[o->image];
		if (o->flags & ANN_NO_BOX)
			continue;
		least = fmin(least, fmin(o->box[0], o->box[1]));
		zeros += o->box[0] == 0 || o->box[1] == 0;
		at_border += im->width > 0 && (o->box[2] == im->width || o->box[3] == im->height);
	}
	bool from_one = least == 1 && at_border > 0;
	if (!origin) {
		origin = from_one ? 2 : 1;
		if (from_one)
			secant_ann_note(s,
				"boxes are read as 1-inclusive: no number is below 1, and %lld boxes end exactly at the picture's "
				"border; "
				"--voc-origin 0-exclusive takes them as they stand",
				(long long)at_border);
	}
	if (origin != 1 && zeros && (origin == 2 || origin == 4))
		(void)secant_ann_find(s, "box-origin", -1, ann_str(s, s->root), 0, 0,
			"%lld boxes have a 0, which %s does not know", (long long)zeros, origin_words[origin]);
	else if (origin == 1 && from_one)
		(void)secant_ann_find(s, "box-origin", -1, ann_str(s, s->root), 0, 0,
			"no number is below 1 and %lld boxes end exactly at the border: these look 1-inclusive, and are read as "
			"0-exclusive",
			(long long)at_border);
	s->voc_origin = origin;
	for (int i = 0; i < s->n_objects; i++) {
		ann_object *o = &s->objects[i];
		if (o->flags & ANN_NO_BOX)
			continue;
		for (int k = 0; k < 4; k++)
			if (secant_voc_shift[origin][k / 2] != 0)
				o->box[k] = secant_ann_tidy(o->box[k] + secant_voc_shift[origin][k / 2]);
	}
	return secant_ann_sound(s, err);
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = read_classes(s, path, o, err);
	int fixed = s->n_classes;
	char *pictures = secant_path_join(path, "JPEGImages");
	s->voc_origin = 0;
	if (!status && o->images)
		status = secant_ann_add_pictures(s, o->images, -1, true, err);
	else if (!status && pictures && secant_is_dir(pictures))
		status = secant_ann_add_pictures(s, "JPEGImages", -1, true, err);
	secant_free(pictures);
	if (!status)
		status = read_annotations(s, path, watch, err);
	if (!status)
		status = secant_ann_sort_classes(s, fixed, err);
	if (!status)
		status = read_lists(s, path, err);
	if (!status)
		drop_trainval(s);
	if (!status)
		status = secant_ann_read_manifest(s, path, err);
	if (!status)
		status = secant_ann_probe_all(s, o, watch, err);
	return status ? status : set_origin(s, o->voc_origin, err);
}

static secant_status
parse_one(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	return parse(s, 0, data, n, origin, err);
}

const ann_format secant_ann_format_voc = {
	.name = "voc",
	.brief = "PASCAL VOC detection: Annotations/*.xml, JPEGImages, ImageSets/Main",
	.prefix = "voc.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_DIFFICULT | ANN_HOLDS_IMAGE_ATTRIBUTES
		| ANN_HOLDS_FRACTIONS | ANN_HOLDS_LABELS | ANN_HOLDS_CROWD,
	.detect = detect,
	.read = read,
	.write = secant_voc_write,
	.parse = parse_one,
};
