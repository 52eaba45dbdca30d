/*
 * KITTI object detection (Geiger, Lenz, Urtasun: Are we ready for autonomous driving?, CVPR 2012): label_2/STEM.txt
 * with 15 fields
 *
 *     type truncated occluded alpha left top right bottom height width length x y z rotation_y [score]
 *
 * and pictures in image_2, below training or not (or labels and images, as NVIDIA's TAO has them); and its tracking
 * set: label_02/SEQUENCE.txt, where a frame and a track stand before these fields, with image_02/SEQUENCE/FRAME.png.
 * Boxes are 0-based pixels. DontCare rows mark regions not to be judged. Fields that say "unknown" (-1, -10, -1000) are
 * not stored; class names have '_' for spaces.
 */
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>

static const char *const roots[] = { "", "training", NULL }, *const folders[] = { "label_2", "label_02", NULL };
static const struct {
	const char *key;
	int field, n;
	const char *unknown;
} extra[] = {
	{ "truncated", 1, 1, "0" },
	{ "occluded", 2, 1, "0" },
	{ "kitti.alpha", 3, 1, "-10" },
	{ "kitti.dimensions", 8, 3, "-1" },
	{ "kitti.location", 11, 3, "-1000" },
	{ "kitti.rotation_y", 14, 1, "-10" },
	{ "score", 15, 1, "" },
};

/* Is the first row of a text a type and fourteen or fifteen numbers? *empty: it has none. */
static bool
is_rows(const char *path, bool *empty)
{
	secant_bytes b;
	ann_field f[17];
	double v;
	if (base_file_map(&b, path, NULL))
		return false;
	ann_lines l = ann_lines_of((const char *)b.data, b.size);
	*empty = !ann_next_line(&l);
	int m = *empty ? 0 : ann_fields(l.line, l.n, 0, f, 17);
	bool is = (m == 15 || m == 16) && !ann_real(f[0].p, f[0].end, &v);
	for (int i = 1; i < m && is; i++)
		is = ann_real(f[i].p, f[i].end, &v);
	base_file_unmap(&b);
	return is;
}

/* labels and images, as NVIDIA's TAO has KITTI's rows: the first text that has any says so. */
static bool
has_plain(const char *root)
{
	char *labels = base_path_join(root, "labels"), *images = base_path_join(root, "images");
	base_names files = { 0 };
	bool is = false, empty = true;
	if (labels && images && secant_is_dir(labels) && secant_is_dir(images) && !ann_walk(&files, labels, "txt", 8, NULL))
		for (int i = 0; i < files.n && empty; i++) {
			char *file = base_path_join(labels, files.v[i]);
			is = file && is_rows(file, &empty);
			secant_free(file);
		}
	base_names_free(&files);
	secant_free(labels), secant_free(images);
	return is;
}

static int
detect(const char *path, const char **why)
{
	*why = "it has label_2 or label_02";
	if (ann_has_folder(path, roots, folders))
		return 90;
	*why = "it has rows of KITTI in labels";
	return has_plain(path) ? 88 : 0;
}

/* The 15 or 16 fields of an object; *good: they are an object of the set. */
static secant_status
parse_row(
	ann_set *s, int image, const ann_field *f, int m, const char *origin, uint32_t line, bool *good, secant_err *err)
{
	double v[16] = { 0 };
	*good = m == 15 || m == 16;
	for (int i = 1; i < m && *good; i++)
		*good = ann_real(f[i].p, f[i].end, &v[i]);
	if (!*good)
		return ann_bad(
			s, "parse-error", origin, line, 0, err, "found %d fields; a type and 14 or 15 numbers are needed", m);
	*good = ann_finite(v, m);
	if (!*good)
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a number is not finite");
	int class = ann_class_named(s, f[0].p, ann_len(f[0]));
	ann_object *o = class >= 0 ? ann_add_object(s, image, class) : NULL;
	if (!o)
		return ann_nomem(err);
	memcpy(o->box, v + 4, sizeof o->box);
	o->line = line;
	if (ann_is(f[0], "DontCare")) {
		o->flags |= ANN_VOID;
		s->classes[class].is_void = true;
	}
	for (size_t k = 0; k < sizeof extra / sizeof *extra; k++) {
		base_str t = { 0 };
		bool known = false;
		double unknown = NAN;
		(void)ann_real(extra[k].unknown, extra[k].unknown + strlen(extra[k].unknown), &unknown);
		if (extra[k].field >= m)
			continue;
		for (int i = 0; i < extra[k].n; i++) {
			double x = v[extra[k].field + i];
			known = known || (x != unknown && !(o->flags & ANN_VOID && x == -1));
			base_str_add(&t, i ? "," : extra[k].n > 1 ? "[" : "");
			ann_put_number(&t, x);
		}
		base_str_add(&t, extra[k].n > 1 ? "]" : "");
		if (known && t.p)
			ann_add_attribute(s, &o->attributes, extra[k].key, t.p, t.n);
		base_str_free(&t);
	}
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	secant_status status = SECANT_OK;
	while (!status && ann_next_line(&l)) {
		ann_field f[17];
		int m = ann_fields(l.line, l.n, 0, f, 17);
		bool good;
		if (m)
			status = parse_row(s, image, f, m, origin, l.number, &good, err);
	}
	return status;
}

/* --- tracking
 * ---------------------------------------------------------------------------------------------------------------- */

/* The picture SEQUENCE/FRAME, which joins the set where it is not there. */
static int
frame_of(ann_set *s, const char *sequence, int64_t frame, const char *origin, secant_status *status, secant_err *err)
{
	char name[300] = "";
	int n = snprintf(name, sizeof name, "%.200s/%06lld", sequence, (long long)frame),
		at = ann_find_stem(s, name, (size_t)n);
	if (at >= 0)
		return at;
	(void)snprintf(name + n, sizeof name - (size_t)n, ".png");
	at = ann_add_image(s, name, strlen(name));
	*status = at < 0 ? ann_nomem(err)
					 : ann_find(s, "image-missing", -1, origin, 0, 0, "there is no picture '%s'", name);
	return at;
}

static secant_status
parse_tracks(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	char *sequence = base_path_stem(origin);
	secant_status status = sequence ? SECANT_OK : ann_nomem(err);
	while (!status && ann_next_line(&l)) {
		ann_field f[19];
		int m = ann_fields(l.line, l.n, 0, f, 19);
		int64_t frame = -1, track = -1;
		bool good = false;
		if (!m)
			continue;
		if (m < 3 || !ann_integer(f[0].p, f[0].end, &frame) || !ann_integer(f[1].p, f[1].end, &track) || frame < 0) {
			status = ann_bad(
				s, "parse-error", origin, l.number, 0, err, "a frame and a track are needed before the type");
			continue;
		}
		int image = frame_of(s, sequence, frame, origin, &status, err);
		if (!status)
			status = parse_row(s, image, f + 2, m - 2, origin, l.number, &good, err);
		if (!status && good && track >= 0)
			ann_add_attribute(s, &s->objects[s->n_objects - 1].attributes, "track_id", f[1].p, ann_len(f[1]));
	}
	secant_free(sequence);
	return status;
}

/* label_02/SEQUENCE.txt and image_02/SEQUENCE/FRAME.png below `base`. */
static secant_status
read_tracks(ann_set *s, const char *path, const char *base, const secant_watch *watch, secant_err *err)
{
	char *labels = base_format("%s/%slabel_02", path, base), *pictures = base_format("%simage_02", base),
		 *full = base_format("%s/%simage_02", path, base);
	base_names files = { 0 };
	secant_status status = labels && pictures && full ? SECANT_OK : ann_nomem(err);
	if (!status && secant_is_dir(full))
		status = ann_add_pictures(s, pictures, -1, true, err);
	if (!status)
		status = ann_walk(&files, labels, "txt", 0, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(labels, files.v[i]), *data = NULL;
		size_t n = 0;
		status = file ? ann_load_text(s, file, &data, &n, err) : ann_nomem(err);
		if (!status && data)
			status = parse_tracks(s, data, n, file, err);
		if (!status)
			status = ann_call_watch(watch, err);
		secant_free(file), secant_free(data);
	}
	base_names_free(&files);
	secant_free(labels), secant_free(pictures), secant_free(full);
	return status;
}

/* --- detection
 * ---------------------------------------------------------------------------------------------------------------- */

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_option_names(s, o, err);
	int fixed = s->n_classes;
	for (int i = 0; !status && roots[i]; i++) {
		char *base = base_format("%s%s", roots[i], i ? "/" : ""),
			 *full = base ? base_format("%s/%slabel_02", path, base) : NULL;
		bool tracks = full && secant_is_dir(full);
		if (tracks)
			status = read_tracks(s, path, base, watch, err);
		secant_free(base), secant_free(full);
		if (tracks)
			return status ? status : ann_sort_classes(s, fixed, err);
	}
	char *below = base_path_join(path, "training/label_2");
	const char *base = below && secant_is_dir(below) ? "training/" : "";
	bool plain = !ann_has_folder(path, roots, folders);
	char *labels = base_format("%s/%s%s", path, base, plain ? "labels" : "label_2"),
		 *pictures = base_format("%s%s", base, plain ? "images" : "image_2"),
		 *full = base_path_join(path, pictures ? pictures : "");
	base_names files = { 0 };
	if (!status)
		status = labels && pictures && full ? SECANT_OK : ann_nomem(err);
	if (!status && secant_is_dir(full))
		status = ann_add_pictures(s, pictures, -1, true, err);
	bool have = s->n_images > 0;
	if (!status)
		status = ann_walk(&files, labels, "txt", 8, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(labels, files.v[i]), *name = ann_with_extension(files.v[i], "png");
		int at = ann_find_stem(s, files.v[i], strlen(files.v[i]) - 4);
		if (at < 0 && name) {
			at = ann_add_image(s, name, strlen(name));
			if (have)
				status = ann_find(s, "image-missing", -1, file, 0, 0, "there is no picture '%s'", name);
		}
		if (!status)
			status = at >= 0 && file ? ann_read_text(s, at, file, parse, err) : ann_nomem(err);
		secant_free(file), secant_free(name);
	}
	base_names_free(&files);
	secant_free(below), secant_free(labels), secant_free(pictures), secant_free(full);
	for (int i = 0; !status && i < 2; i++) { /* ImageSets/train.txt, as several trainers want it */
		static const char *const lists[] = { "train", "val" };
		char *list = base_format("%s/ImageSets/%s.txt", path, lists[i]);
		if (list && secant_is_file(list))
			status = ann_read_list(s, list, lists[i], false, NULL, err);
		secant_free(list);
	}
	return status ? status : ann_sort_classes(s, fixed, err);
}

static void
put_object(base_str *t, const ann_set *s, const ann_object *o)
{
	base_str_add(t, ann_written(s, o->class));
	for (int k = 0; k < 7; k++) {
		const char *value = o->attributes ? ann_get(s, o->attributes, extra[k].key) : NULL;
		if (k == 3) {
			const double box[4] = { ann_x0(o), ann_y0(o), ann_x1(o), ann_y1(o) };
			for (int i = 0; i < 4; i++) {
				base_str_add(t, " ");
				ann_put_number(t, box[i]);
			}
		}
		base_str plain = { 0 };
		double v[3];
		if (value)
			ann_json_plain(&plain, *value == '[' ? value + 1 : value);
		const char *p = plain.p ? plain.p : "", *end = p + plain.n;
		bool good = value != NULL;
		for (int i = 0; i < extra[k].n && good; i++) {
			while (p < end && (*p == ' ' || *p == ','))
				p++;
			good = (p = ann_number(p, end, &v[i])) != NULL;
		}
		for (int i = 0; i < extra[k].n && (good || *extra[k].unknown); i++) {
			base_str_add(t, " ");
			if (good)
				ann_put_number(t, v[i]);
			else
				base_str_add(t, o->flags & ANN_VOID && k < 2 ? "-1" : extra[k].unknown);
		}
		base_str_free(&plain);
	}
	base_str_add(t, "\n");
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	secant_status status = ann_name_classes(s, out, " ", '_', err);
	for (int i = 0; !status && i < s->n_images; i++) {
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			if (o->class >= 0 && !(o->flags & ANN_NO_BOX))
				put_object(&t, s, o);
		}
		status = ann_put_pair(s, out, &s->images[i], "training/label_2/", "txt", &t, "training/image_2/", err);
	}
	for (int k = 0; !status && k < s->n_splits; k++) {
		char name[300];
		for (int i = 0; i < s->n_images; i++)
			if (s->images[i].splits >> k & 1) {
				char *stem = ann_with_extension(ann_str(s, s->images[i].name), "");
				base_str_addn(&t, stem ? stem : "", stem ? strlen(stem) - 1 : 0);
				base_str_add(&t, "\n");
				secant_free(stem);
			}
		snprintf(name, sizeof name, "ImageSets/%s.txt", ann_str(s, s->splits[k]));
		status = ann_out_str(out, name, &t, err);
	}
	base_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, d, n, o, e);
}

const ann_format ann_format_kitti = {
	.name = "kitti",
	.brief = "KITTI: label_2 with fifteen fields a line",
	.prefix = "kitti.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_VOID,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};
