/*
 * DOTA (Xia and others: DOTA, CVPR 2018): labelTxt/STEM.txt (or annfiles, as MMRotate has it) with "x1 y1 x2 y2 x3 y3
 * x4 y4 class difficult", optional header lines "imagesource:..." and "gsd:...", pictures in images; also one such pair
 * of folders for each of train, val, test. Class names have no spaces there: '-' stands for them.
 */
#include "annotations/trace.h"
#include "annotations/find.h"
#include "annotations/put.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const lists[] = { "", "train", "val", "test", "trainval", NULL };
static const char *const folders[] = { "labelTxt", "labelTxt-v1.0", "labelTxt-v1.5", "labelTxt-v2.0", "annfiles",
	NULL };

/* The folders of labels: in the root, in the usual lists, in a list of any other name. */
static secant_status
find_lists(base_names *found, const char *path, secant_err *err)
{
	base_names names = { 0 };
	secant_status status = base_dir_list(&names, path, BASE_DIR_FOLDERS, err);
	for (int i = 0; !status && lists[i]; i++)
		if (ann_has_folder(path, (const char *const[]){ lists[i], NULL }, folders) && base_names_add(found, lists[i]))
			status = ann_nomem(err);
	for (int i = 0; !status && i < names.n; i++) {
		bool usual = false;
		for (int k = 0; lists[k] && !usual; k++)
			usual = !strcmp(lists[k], names.v[i]);
		if (!usual && ann_has_folder(path, (const char *const[]){ names.v[i], NULL }, folders)
			&& base_names_add(found, names.v[i]))
			status = ann_nomem(err);
	}
	base_names_free(&names);
	return status;
}

static int
detect(const char *path, const char **why)
{
	base_names found = { 0 };
	*why = "it has labelTxt";
	bool is = secant_is_dir(path) && !find_lists(&found, path, NULL) && found.n;
	base_names_free(&found);
	return is ? 90 : 0;
}

static secant_status
parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		ann_field f[40], whole = ann_trim(l.line, l.line + l.n);
		if (!ann_len(whole))
			continue;
		const char *colon = memchr(whole.p, ':', ann_len(whole));
		if (colon && (ann_starts(whole, "imagesource") || ann_starts(whole, "gsd"))) {
			ann_field v = ann_trim(colon + 1, whole.end);
			ann_attribute_text(
				s, &s->images[image].attributes, *whole.p == 'g' ? "dota.gsd" : "dota.imagesource", v.p, ann_len(v));
			continue;
		}
		int m = ann_fields(l.line, l.n, 0, f, 40);
		double xy[8], difficult = 0;
		bool good = m >= 9 && m <= 40, last = good && m > 9 && ann_real(f[m - 1].p, f[m - 1].end, &difficult);
		for (int i = 0; i < 8 && good; i++)
			good = ann_real(f[i].p, f[i].end, &xy[i]);
		secant_status status = SECANT_OK;
		if (!good)
			status = ann_bad(s, "parse-error", origin, l.number, 0, err,
				"found %d fields; eight coordinates, class, difficult are needed", m);
		else if (!ann_finite(xy, 8))
			status = ann_bad(s, "value-not-finite", origin, l.number, 0, err, "a coordinate is not finite");
		else {
			const char *end = f[m - 1 - last].end;
			int class = ann_class_named(s, f[8].p, (size_t)(end - f[8].p));
			uint32_t shape = ann_points(s, ANN_QUAD, xy, 4);
			ann_object *o = class >= 0 ? ann_add_object(s, image, class) : NULL;
			if (!o)
				return ann_nomem(err);
			o->shape = shape;
			o->line = l.number;
			o->flags = ANN_BOX_DERIVED | (difficult != 0 ? ANN_DIFFICULT : 0u);
			if (difficult > 1) {
				base_str t = { 0 };
				ann_put_number(&t, difficult);
				if (t.p)
					ann_add_attribute(s, &o->attributes, "dota.difficult", t.p, t.n);
				base_str_free(&t);
			}
		}
		if (status)
			return status;
	}
	return SECANT_OK;
}

static secant_status
read_pair(ann_set *s, const char *root, const char *list, const char *labels, secant_err *err)
{
	char *pictures = base_format("%s%simages", list, *list ? "/" : ""),
		 *full = base_path_join(root, pictures ? pictures : ""), *text = NULL;
	base_names files = { 0 };
	int split = *list ? ann_split(s, list, strlen(list)) : -1, first = s->n_images;
	secant_status status = pictures && full ? SECANT_OK : ann_nomem(err);
	if (!status && secant_is_dir(full))
		status = ann_add_pictures(s, pictures, split, true, err);
	text = base_format("%s/%s%s%s", root, list, *list ? "/" : "", labels);
	char *inner = text ? base_path_join(text, "labelTxt") : NULL; /* beside upright boxes, as DOTA is published */
	if (inner && secant_is_dir(inner)) {
		secant_free(text);
		text = inner, inner = NULL;
	}
	secant_free(inner);
	if (!status)
		status = text ? ann_walk(&files, text, "txt", 8, err) : ann_nomem(err);
	bool have = s->n_images > first;
	for (int i = 0; !status && i < files.n; i++) {
		char *path = base_path_join(text, files.v[i]), *name = ann_with_extension(files.v[i], "png");
		int at = ann_find_stem(s, files.v[i], strlen(files.v[i]) - 4);
		if (at < 0 && name && path) {
			at = ann_add_image(s, name, strlen(name));
			if (at >= 0 && split >= 0)
				s->images[at].splits |= 1ull << split;
			if (have)
				status = ann_find(s, "image-missing", -1, path, 0, 0, "there is no picture '%s'", name);
		}
		if (!status)
			status = at >= 0 && path ? ann_read_text(s, at, path, parse, err) : ann_nomem(err);
		secant_free(path), secant_free(name);
	}
	base_names_free(&files);
	secant_free(pictures), secant_free(full), secant_free(text);
	return status;
}

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	char *names = base_path_join(path, "classes.txt");
	secant_status status = ann_read_option_names(s, o, err);
	if (!status && !s->n_classes && names && secant_is_file(names))
		status = ann_read_names(s, names, err);
	secant_free(names);
	int fixed = s->n_classes;
	base_names found = { 0 };
	if (!status)
		status = find_lists(&found, path, err);
	for (int i = 0; !status && i < found.n; i++)
		for (int k = 0; !status && folders[k]; k++) {
			char *p = base_format("%s/%s%s%s", path, found.v[i], *found.v[i] ? "/" : "", folders[k]);
			bool is = p && secant_is_dir(p);
			secant_free(p);
			if (!is)
				continue;
			status = read_pair(s, path, found.v[i], folders[k], err);
			break;
		}
	base_names_free(&found);
	return status ? status : ann_sort_classes(s, fixed, err);
}

static secant_status
write(ann_set *s, ann_out *out, secant_err *err)
{
	base_str t = { 0 };
	int more = 0;
	secant_status status = ann_name_classes(s, out, " ", '-', err);
	for (int i = 0; i < s->n_classes; i++)
		base_str_addf(&t, "%s\n", ann_written(s, i));
	status = status ? status : ann_out_str(out, "classes.txt", &t, err);
	for (int i = 0; !status && i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		const char *split = ann_one_split(s, im, &more);
		for (int k = 0; k < 2; k++) {
			const char *key = k ? "gsd" : "imagesource",
					   *v = ann_get(s, im->attributes, k ? "dota.gsd" : "dota.imagesource");
			if (v) {
				base_str_addf(&t, "%s:", key);
				ann_json_plain(&t, v);
				base_str_add(&t, "\n");
			}
		}
		for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++) {
			const ann_object *o = &s->objects[s->order[k]];
			double xy[8];
			if (o->class < 0 || o->flags & (ANN_NO_BOX | ANN_VOID))
				continue;
			status = ann_corners_of(s, o, xy, err);
			for (int j = 0; j < 8; j++) {
				ann_put_number(&t, xy[j]);
				base_str_add(&t, " ");
			}
			const char *level = ann_get(s, o->attributes, "dota.difficult");
			base_str_addf(&t, "%s %s\n", ann_written(s, o->class),
				level                          ? level
					: o->flags & ANN_DIFFICULT ? "1"
											   : "0");
		}
		char *labels = base_format("%s%slabelTxt/", split, *split ? "/" : "");
		char *pictures = base_format("%s%simages/", split, *split ? "/" : "");
		if (!status)
			status = labels && pictures ? ann_put_pair(s, out, im, labels, "txt", &t, pictures, err) : ann_nomem(err);
		secant_free(labels), secant_free(pictures);
	}
	if (more)
		ann_out_lose(out, more, "second list of a picture (it goes to the first)");
	base_str_free(&t);
	return status;
}

static secant_status
parse_one(ann_set *s, const char *d, size_t n, const char *o, secant_err *e)
{
	return parse(s, 0, d, n, o, e);
}

const ann_format ann_format_dota = {
	.name = "dota",
	.brief = "DOTA: labelTxt with oriented boxes",
	.prefix = "dota.",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_DIFFICULT | ANN_HOLDS_FRACTIONS,
	.detect = detect,
	.read = read,
	.write = write,
	.parse = parse_one,
};
